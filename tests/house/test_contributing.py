"""The templates of CONTRIBUTING.md are right as they stand there."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

import nbformat
import pytest

from lambda_lab import facts, teach
from lambda_lab.facts.loader import build_fact
from lambda_lab.teach.records import Verdict
from passages import markdown_page
from repository import ROOT
from truth import wrong_numbers

TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def template(language: str, holds: str) -> str:
    """Return the only fence of one *language* whose text has the word *holds* in it."""
    fences = re.findall(rf"^(`{{3,}}){language}\n(.*?)\n\1$", TEXT, re.MULTILINE | re.DOTALL)
    (found,) = [text for _, text in fences if holds in text]
    return f"{found}\n"


def test_the_exercise(monkeypatch: pytest.MonkeyPatch) -> None:
    space: dict[str, Any] = {"__name__": "template"}
    exec(compile(template("python", "EXERCISES"), "CONTRIBUTING.md", "exec"), space)
    (exercise,) = space["EXERCISES"]
    monkeypatch.setattr("lambda_lab.teach.session.REGISTRY", {"L35.1": exercise})
    answers: dict[str, Any] = {}
    exec(exercise.solution_source, answers)
    assert teach.check(exercise.id, answers["answer"]).right
    assert teach.check(exercise.id).verdict is Verdict.NOT_ATTEMPTED
    for wrong in ("later", 7, ["event"]):
        assert teach.check(exercise.id, wrong).verdict is Verdict.NOT_YET
    (mistake,) = exercise.mistakes
    assert teach.check(exercise.id, mistake.answer).hint == mistake.hint


def test_the_numbers_of_the_chapter() -> None:
    page = markdown_page("chapters/function/template.md", template("markdown", "(ch-timeout)="))
    assert len(page.passages) > 10
    assert list(wrong_numbers([page], [])) == []


def test_what_the_chapter_leads_to() -> None:
    labels = {
        label
        for page in (ROOT / "chapters").rglob("*.md")
        for label in re.findall(r"^\((ch-[\w-]+)\)=$", page.read_text(encoding="utf-8"), re.M)
    }
    chapter = template("markdown", "(ch-timeout)=")
    led_to = set(re.findall(r"\{ref\}`[^`]*<(ch-[\w-]+)>`", chapter))
    assert led_to
    assert led_to <= labels
    keys = set(re.findall(r"\{\{ (\w+) \}\}", chapter))
    assert keys
    assert keys <= facts.substitutions().keys()


def test_the_fact() -> None:
    ((key, entry),) = tomllib.loads(template("toml", "source ="), parse_float=Decimal).items()
    ours = facts.all()[key]
    shared = {"checked": ours.checked, "confidence": "H", "adjustable": False, "scope": "function"}
    assert build_fact(key, {**shared, **entry}, "CONTRIBUTING.md").value == ours.value


@pytest.mark.parametrize(
    "path", re.findall(r"`((?:src|tests|tools|chapters|docs)/[^`<> ]+)`", TEXT)
)
def test_the_files_it_names(path: str) -> None:
    assert (ROOT / path).exists()


def test_stripping_takes_what_ran_and_keeps_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "a.ipynb"
    cells = [nbformat.v4.new_code_cell("print(2)", id=name) for name in ("nine", "4", "7-b")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    written = path.read_text(encoding="utf-8")
    for cell in cells:
        cell.execution_count = 9
        cell.outputs = [nbformat.v4.new_output("stream", text="2\n")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    assert path.read_text(encoding="utf-8") != written
    subprocess.run([sys.executable, ROOT / "tools/strip.py", path], check=True, timeout=60)
    assert path.read_text(encoding="utf-8") == written
