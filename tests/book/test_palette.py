"""The colours of the book: readable in light and dark, and the same in code and in CSS."""

from __future__ import annotations

import pytest

from lambda_lab.show.style import MARKS
from palette import contrast, palette
from repository import ROOT

COLOURS = palette(ROOT / "_static" / "lambda-lab.css")
THEMES = {"light": 0, "dark": 1}
SURFACES = ("page", "paper", "sunk")
WORDS = ("text", "soft", "accent", "predict", "aws", "cost", "notes", "exam", "good", "bad")
CODE = tuple(name for name in COLOURS if name.startswith("code-"))
TEXT, CONTROL = 4.5, 3.0
"""WCAG 2.2 level AA: success criteria 1.4.3 and 1.4.11."""

PAIRS = [
    *((word, surface, TEXT) for word in WORDS for surface in SURFACES),
    *((word, surface, TEXT) for word in CODE for surface in ("paper", "sunk")),
    ("accent", "accent-wash", TEXT),
    ("text", "accent-wash", TEXT),
    ("code-plain", "accent-wash", TEXT),
    ("on-accent", "accent", TEXT),
    *(("edge", surface, CONTROL) for surface in SURFACES),
]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("front", "back", "least"), PAIRS)
def test_contrast(theme: str, front: str, back: str, least: float) -> None:
    at = THEMES[theme]
    ratio = contrast(COLOURS[front][at], COLOURS[back][at])
    assert ratio >= least, f"{front} on {back}, {theme}: {ratio:.2f}, needs {least}"


def test_the_palette_was_read() -> None:
    assert len(COLOURS) > 30
    assert len(CODE) == 7


def test_states_look_the_same_in_figures_and_on_the_page() -> None:
    drawn = {key: (mark.light, mark.dark) for key, mark in MARKS.items()}
    assert {key: COLOURS.get(key) for key in drawn} == drawn


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [("#000000", "#ffffff", 21.0), ("#ffffff", "#ffffff", 1.0), ("#767676", "#ffffff", 4.54)],
)
def test_the_measure_itself(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == pytest.approx(ratio, abs=0.01)
    assert contrast(other, one) == pytest.approx(ratio, abs=0.01)
