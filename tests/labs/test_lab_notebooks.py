"""Every lab has the parts a learner relies on; `make labs` runs them, this reads them."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest

from lambda_lab import teach

ROOT = Path(__file__).resolve().parents[2]
LABS = sorted((ROOT / "labs").glob("*.ipynb"))
MOST_LINES = 12
"""Lines of code, blank ones not counted, that a reader takes in at one look."""
HEADINGS = ("Break it", "Your turn", "On real AWS", "Cost", "Clean up")
MYST = re.compile(r"```\{|^:{3,}|\{[a-z-]+\}`|\{\{", re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")
FIGURE = re.compile(
    r"^(lab\.(timeline|sequence|events_figure|batches|reach)|show\.(curve|canary_share|concurrency|stall))\("
)


def _cells(notebook: Path, kind: str) -> list[str]:
    content: Any = nbformat.read(notebook, as_version=4)
    return [cell.source for cell in content.cells if cell.cell_type == kind]


def _lab_id(notebook: Path) -> str:
    return notebook.stem.partition("-")[0]


each_lab = pytest.mark.parametrize("notebook", LABS, ids=[path.stem for path in LABS])


def test_every_lab_with_exercises_has_a_notebook() -> None:
    assert {exercise.lab for exercise in teach.exercises()} == {_lab_id(path) for path in LABS}


@each_lab
def test_the_file_is_clean(notebook: Path) -> None:
    content: Any = nbformat.read(notebook, as_version=nbformat.NO_CONVERT)
    nbformat.validate(content)
    assert (content.nbformat, content.nbformat_minor) == (4, 5)
    assert content.metadata.kernelspec.name == "python3"
    for cell in content.cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None


@each_lab
def test_title_and_sections_stand_in_their_order(notebook: Path) -> None:
    texts = _cells(notebook, "markdown")
    assert texts[0].startswith(f"# {_lab_id(notebook)} · ")
    headings = re.findall(r"^## (.+)$", "\n".join(texts), re.MULTILINE)
    assert [heading for heading in headings if heading in HEADINGS] == list(HEADINGS)


@each_lab
def test_a_learner_predicts_observes_and_learns_why(notebook: Path) -> None:
    text = "\n".join(_cells(notebook, "markdown"))
    for word in ("**Predict", "**Observe.**", "**Why?**"):
        assert text.count(word) >= 3, word


@each_lab
def test_the_text_is_plain_commonmark(notebook: Path) -> None:
    for text in _cells(notebook, "markdown"):
        assert not MYST.search(text), text


@each_lab
def test_links_lead_to_files_of_the_book(notebook: Path) -> None:
    for text in _cells(notebook, "markdown"):
        for target in LINK.findall(text):
            assert (notebook.parent / target).is_file(), target


@each_lab
def test_cells_are_short_and_python(notebook: Path) -> None:
    for source in _cells(notebook, "code"):
        lines = [line for line in source.splitlines() if line.strip()]
        assert len(lines) <= MOST_LINES, source
        ast.parse(source.partition("\n")[2] if source.startswith("%%") else source)


@each_lab
def test_a_figure_is_drawn_and_the_end_proves_itself(notebook: Path) -> None:
    code = _cells(notebook, "code")
    assert any(FIGURE.match(source.splitlines()[-1]) for source in code)
    assert code[-1] == "lab.close()"


@pytest.mark.parametrize("exercise", teach.exercises(), ids=lambda exercise: exercise.id)
def test_an_exercise_is_asked_as_it_is_registered(exercise: Any) -> None:
    (notebook,) = [path for path in LABS if _lab_id(path) == exercise.lab]
    asked = f"**{exercise.id}** {exercise.question}"
    assert asked in _cells(notebook, "markdown")
    cell = f'{exercise.placeholder}\nlab.check("{exercise.id}", answer)\n'
    ways_on = f'# lab.hint("{exercise.id}")\n# lab.solution("{exercise.id}")'
    assert cell + ways_on in _cells(notebook, "code")
