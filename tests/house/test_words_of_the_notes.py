"""Facts carry over from the study notes, sentences never do: no nine words running of theirs.

The notes are not in the repository; ``shingles-of-the-notes.txt`` holds a hash of each nine words
running of their prose. Where the notes are at hand (``LAMBDA_LAB_NOTES`` names their folder), the
hashes are compared with them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import notes
from lambda_lab import facts
from repository import ROOT, text_files

KEPT = frozenset((Path(__file__).parent / "shingles-of-the-notes.txt").read_text("utf-8").split())
LONGEST = notes.RUNNING


def copied(text: str) -> list[str]:
    """Return every nine words running of *text* that the notes have too."""
    every = notes.words(text)
    runs = (every[at : at + LONGEST] for at in range(len(every) - LONGEST + 1))
    return [" ".join(run) for run in runs if notes.shingle(run) in KEPT]


def written() -> Iterator[tuple[str, str]]:
    """Yield what a reader reads: pages, the text of labs, and the sentences of the ledger."""
    for path, text in text_files():
        name = str(path.relative_to(ROOT))
        if path.suffix == ".md":
            yield name, text
        elif path.suffix == ".ipynb":
            for number, cell in enumerate(json.loads(text)["cells"]):
                if cell["cell_type"] == "markdown":
                    yield f"{name}, cell {number}", "".join(cell["source"])
    for claim in facts.claims():
        yield f"{claim.id}, claim", claim.claim
        yield f"{claim.id}, right", claim.right


def test_nothing_is_copied() -> None:
    texts = dict(written())
    assert any(name.endswith(".md") for name in texts)
    assert {name: found for name, text in texts.items() if (found := copied(text))} == {}


def test_the_rule_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    sentence = "A dog that barks at night wakes more than the thief."
    monkeypatch.setitem(globals(), "KEPT", notes.shingles(sentence))
    assert copied("They say: *a dog that barks at night*, wakes more than the thief.")
    assert not copied("A dog that barks at night wakes more people.")


def test_there_is_something_to_compare_with() -> None:
    assert len(KEPT) > 5_000
    assert all(len(one) == 10 for one in KEPT)


def test_the_hashes_are_those_of_the_notes() -> None:
    folder = os.environ.get("LAMBDA_LAB_NOTES")
    if not folder:
        pytest.skip("The notes are not here: LAMBDA_LAB_NOTES names no folder.")
    texts = [path.read_text(encoding="utf-8") for path in sorted(Path(folder).glob("notes-*.txt"))]
    assert texts
    assert set().union(*(notes.shingles(notes.prose(text)) for text in texts)) == KEPT
