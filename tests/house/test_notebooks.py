"""Pages and labs run side by side, and each is what it would be alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
import yaml

import book
import nbmake_on_sockets
import notebooks
from repository import ROOT

CONFIG: dict[str, Any] = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))


def lab(path: Path, *cells: str) -> notebooks.Page:
    """Write a lab of *cells* and return it as the build reads it."""
    written = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbformat.write(written, path)
    page = notebooks.read(path)
    assert page is not None
    return page


def test_labs_that_run_at_once_do_not_meet(tmp_path: Path) -> None:
    leaves = "open('here', 'x').close()\nimport os; print(sorted(os.listdir()))"
    pages = [
        lab(tmp_path / "a.ipynb", "name = 'a'", f"{leaves}\nprint(name)"),
        lab(
            tmp_path / "b.ipynb", f"{leaves}\nprint('name' in globals())", "1 / 0", "print('after')"
        ),
    ]
    ran = {one.page.path.stem: one for one in notebooks.run(pages, 2, 60)}
    assert ran["a"].page.notebook.cells[1].outputs[0].text == "['here']\na\n"
    assert ran["b"].page.notebook.cells[0].outputs[0].text == "['here']\nFalse\n"
    assert ran["a"].problem is None
    problem = ran["b"].problem
    assert problem is not None
    assert "1 / 0" in problem
    assert "ZeroDivisionError" in problem
    assert ran["b"].page.notebook.cells[2].outputs == []


def test_a_kernel_that_dies_is_a_problem_of_its_page(tmp_path: Path) -> None:
    page = lab(tmp_path / "a.ipynb", "import os; os._exit(1)")
    (ran,) = notebooks.run([page], 1, 60)
    assert ran.problem is not None
    assert "DeadKernelError" in ran.problem


def test_a_kernel_under_nbmake_has_no_port_that_could_be_taken(tmp_path: Path) -> None:
    asks = "import ipykernel; print(open(ipykernel.get_connection_file()).read())"
    client = nbmake_on_sockets.Client(lab(tmp_path / "a.ipynb", asks).notebook, timeout=60)
    client.execute()
    settings = json.loads(client.nb.cells[0].outputs[0].text)
    assert settings["transport"] == "ipc"
    assert not Path(settings["ip"]).parent.exists()


def test_every_page_with_cells_runs() -> None:
    """A page that were left out would run in Sphinx, one at a time: right, and slow."""
    found = {page.path for page in book.pages(CONFIG)}
    with_cells = {
        path
        for path in [ROOT / "intro.md", *(ROOT / "chapters").rglob("*.md")]
        if "\n```{code-cell}" in path.read_text(encoding="utf-8")
    }
    left_out = (with_cells | set((ROOT / "labs").glob("*.ipynb"))) - found
    assert left_out == set(), "These stand in no table of contents: add them to _toc.yml."
    assert found == with_cells | set((ROOT / "labs").glob("*.ipynb"))


def test_the_configuration_of_the_book() -> None:
    assert book.check_configuration(CONFIG) is None


@pytest.mark.parametrize(
    ("execute", "said"),
    [
        ({"execute_notebooks": "auto"}, "'auto'"),
        ({"execute_notebooks": "off"}, "'off'"),
        ({"execute_notebooks": "cache", "cache": ".cache/outputs"}, "'.cache/outputs'"),
        ({}, "None"),
    ],
)
def test_outputs_of_an_earlier_build_are_refused(execute: dict[str, str], said: str) -> None:
    problem = book.check_configuration({"execute": execute})
    assert problem is not None
    assert said in problem
