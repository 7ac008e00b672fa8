"""Hold the ledger of claims against the study notes, where they are at hand.

The notes are not part of the repository. Of each paragraph the ledger keeps its number, its first
words and a hash, in ``src/lambda_lab/facts/claims/paragraphs.toml``; this says whether they fit.

    python tools/notes.py FOLDER      the folder with notes-000.txt and its sisters
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lambda_lab import facts

__all__ = [
    "FIRST_WORDS",
    "RUNNING",
    "NotesParagraph",
    "compare",
    "first_words",
    "main",
    "paragraphs",
    "prose",
    "shingle",
    "shingles",
    "words",
]

FENCE = re.compile(r"^\s*```")
MARKS = re.compile(r"[^0-9a-z]+")
RUNNING = 9
"""So many words running are a copy; what the book says, it says in its own."""
FIRST_WORDS = 4
"""How many words of a paragraph the ledger keeps: enough to find it, too few to be a copy."""


@dataclass(frozen=True, slots=True)
class NotesParagraph:
    """One paragraph of a note: its number, the line it begins on, and its text."""

    number: int
    line: int
    text: str

    @property
    def digest(self) -> str:
        """SHA-256 of the text with each run of white space made one space."""
        return hashlib.sha256(" ".join(self.text.split()).encode()).hexdigest()


def paragraphs(text: str) -> list[NotesParagraph]:
    r"""Split a note into paragraphs.

    The notes are lists, so a paragraph is a line with something on it. Between code fences it is
    what stands between two blank lines: a command with its continuation lines is one paragraph.

    Examples
    --------
    >>> [one.text for one in paragraphs("# One\n- two\n\n```\naws \\\n  lambda\n\nls\n```\n")]
    ['# One', '- two', 'aws \\\n  lambda', 'ls']
    """
    found: list[NotesParagraph] = []
    for line, block in _blocks(text):
        found.append(NotesParagraph(len(found) + 1, line, block))
    return found


def _blocks(text: str) -> Iterator[tuple[int, str]]:
    fenced = False
    start, held = 0, list[str]()
    for number, line in enumerate([*text.splitlines(), ""], start=1):
        fence = bool(FENCE.match(line))
        if held and (fence or not line.strip()):
            yield start, "\n".join(held)
            held = []
        if fence:
            fenced = not fenced
        elif line.strip() and not fenced:
            yield number, line
        elif line.strip():
            start = start if held else number
            held.append(line)


def words(text: str) -> list[str]:
    """Return the words of a text, in lower case and without marks.

    Examples
    --------
    >>> words("- **RAM** : `128 MB`")
    ['ram', '128', 'mb']
    """
    return MARKS.sub(" ", text.lower()).split()


def first_words(text: str) -> str:
    """Return the first few words, by which a reader of the notes finds the paragraph."""
    return " ".join(words(text)[:FIRST_WORDS])


def shingle(words_running: list[str]) -> str:
    """Return a short hash of some words running."""
    return hashlib.sha256(" ".join(words_running).encode()).hexdigest()[:10]


def shingles(text: str) -> set[str]:
    """Return the hash of every nine words running of a text.

    Examples
    --------
    >>> len(shingles("one two three four five six seven eight nine ten"))
    2
    """
    every = words(text)
    return {shingle(every[at : at + RUNNING]) for at in range(len(every) - RUNNING + 1)}


def prose(note: str) -> str:
    """Return a note without what stands between code fences: a command may be quoted."""
    fenced, kept = False, []
    for line in note.splitlines():
        if FENCE.match(line):
            fenced = not fenced
        elif not fenced:
            kept.append(line)
    return "\n".join(kept)


def compare(folder: Path) -> list[str]:
    """Return every difference between the notes in *folder* and the ledger's list of paragraphs."""
    differences = []
    kept = {(one.note, one.number): one for one in facts.paragraphs()}
    for note in sorted({note for note, _ in kept}):
        path = folder / f"notes-{note}.txt"
        if not path.is_file():
            differences.append(f"{path} is not there.")
            continue
        read = {(note, one.number): one for one in paragraphs(path.read_text(encoding="utf-8"))}
        listed = {key for key in kept if key[0] == note}
        differences += [
            f"notes {note}, paragraph {key[1]}: only in the {'notes' if key in read else 'list'}."
            for key in sorted(listed ^ read.keys())
        ]
        differences += [
            f"notes {note}, paragraph {key[1]}: the text is another one."
            for key in sorted(listed & read.keys())
            if (kept[key].sha256, kept[key].starts)
            != (read[key].digest, first_words(read[key].text))
        ]
    return differences


def main(arguments: list[str]) -> int:
    """Print the differences; 0 when there are none."""
    if len(arguments) != 1 or not Path(arguments[0]).is_dir():
        print("Name the folder of the notes: python tools/notes.py FOLDER", file=sys.stderr)
        return 2
    differences = compare(Path(arguments[0]))
    for line in differences:
        print(line)
    print(f"{len(facts.paragraphs())} paragraphs, {len(differences)} differences.")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
