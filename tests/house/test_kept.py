"""A number that changes alone, in a sentence that stays, is seen until somebody signs for it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kept import KEPT, changed, keep, sayings
from repository import ROOT

DATA = "src/lambda_lab/facts/data/a.toml"
LEDGER = "src/lambda_lab/facts/claims/a.toml"
EXERCISE = "src/lambda_lab/teach/exercises/l99.py"


def test_the_book_says_what_it_said() -> None:
    assert list(changed(ROOT)) == []


def test_all_kinds_of_pages_are_kept() -> None:
    pages = {one.page for one in sayings(ROOT)}
    for begins, least in {"chapters/": 40, "labs/": 30, "src/lambda_lab/facts/": 20}.items():
        assert len([one for one in pages if one.startswith(begins)]) >= least, begins


def book(folder: Path, page: str, text: str) -> None:
    path = folder / page
    path.parent.mkdir(parents=True, exist_ok=True)
    if page.endswith(".ipynb"):
        text = json.dumps({"cells": [{"cell_type": "markdown", "source": [text]}]})
    path.write_text(text, encoding="utf-8")


def complaints(folder: Path, page: str, before: str, after: str) -> list[str]:
    (folder / KEPT).parent.mkdir(parents=True, exist_ok=True)
    book(folder, page, before)
    keep(folder)
    assert list(changed(folder)) == []
    book(folder, page, after)
    return list(changed(folder))


@pytest.mark.parametrize(
    ("page", "before", "after"),
    [
        ("chapters/a.md", "AWS advises at least five.", "AWS advises at least eight."),
        ("chapters/a.md", "It is {{ timeout_maximum }}.", "It is {{ timeout_default }}."),
        ("chapters/a.md", "It is {{ timeout_maximum }}.", "It is 16 minutes."),
        ("chapters/a.md", "A copy of 6 MB.", "A copy of 6 GB."),
        ("chapters/a.md", "Look at `Throttles`.", "Look at `Errors`."),
        ("chapters/a.md", "| a | 3 |\n| b | 4 |", "| a | 3 |\n| b | 5 |"),
        ("chapters/a.md", "| 3 |\n| 4 |", "| 3 |\n| 3 |"),
        ("chapters/a.md", "```{quiz}\n  - text: Six\n```", "```{quiz}\n  - text: Nine\n```"),
        ("chapters/a.md", "![Two of 3 calls](a.png)", "![Two of 4 calls](a.png)"),
        ("chapters/a.md", "It came in March 2025.", "It came in May 2025."),
        (
            "chapters/a.md",
            "```{code-cell} python3\na()  # at most 5\n```",
            "```{code-cell} python3\na()  # at most 6\n```",
        ),
        (
            "chapters/a.md",
            "```{code-cell} python3\nprint('after 12 hours')\n```",
            "```{code-cell} python3\nprint('after 13 hours')\n```",
        ),
        ("labs/L99-a.ipynb", "Four calls.", "Five calls."),
        (EXERCISE, 'ask = "Stopped after 3 s?"', 'ask = "Stopped after 4 s?"'),
        (DATA, '[fact]\n"a.b" = { value = 3 }', '[fact]\n"a.b" = { value = 4 }'),
        (DATA, '[fact]\n"a.b" = { unit = "s" }', '[fact]\n"a.b" = { unit = "ms" }'),
        (
            LEDGER,
            '[[claim]]\nid = "N1"\nverdict = "wrong"',
            '[[claim]]\nid = "N1"\nverdict = "holds"',
        ),
    ],
)
def test_a_number_that_changes_alone_is_found(
    tmp_path: Path, page: str, before: str, after: str
) -> None:
    assert len(complaints(tmp_path, page, before, after)) == 1


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Two calls come.", "Three calls arrive."),
        ("Two calls come.", "A call comes."),
        ("Two calls come.", "Two calls come.\nFour calls go."),
        ("Two calls come.\nThree calls go.", "Three calls go."),
        ("| 3 |\n| 4 |", "| 3 |\n| 4 |\n| 5 |"),
        ("| 3 |\n| 4 |", "| 4 |"),
        ("Two calls.", "Two   calls."),
        ("```{code-cell} python3\nwait(3)\n```", "```{code-cell} python3\nwait(4)\n```"),
        ("---\nversion: 3\n---\n\nTwo.", "---\nversion: 4\n---\n\nTwo."),
    ],
)
def test_who_writes_a_sentence_anew_is_not_asked(tmp_path: Path, before: str, after: str) -> None:
    assert complaints(tmp_path, "chapters/a.md", before, after) == []


def test_the_complaint_says_what_was_kept_and_how_to_keep_the_new(tmp_path: Path) -> None:
    found = complaints(tmp_path, "chapters/a.md", "\nAt least five runs.", "\nAt least six runs.")
    assert found == [
        (
            "chapters/a.md:2: 'At least # runs.' says 'six' and said 'five', in the same words. "
            "If that is meant, run: python tools/truth.py --keep"
        )
    ]
    assert keep(tmp_path) == 1
    assert list(changed(tmp_path)) == []
