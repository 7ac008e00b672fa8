"""What is measured must not show on a page; nor may the speed of the machine that printed it."""

from __future__ import annotations

import io

import nbformat
import pytest
from nbclient import NotebookClient

from lambda_lab import steady
from notebooks import kernels_on_sockets

SLOW_TALK = """
from threading import Event
from lambda_lab import steady
steady.whole_output()
for word in ("one", "two", "three"):
    print(word, end="\\n\\n")
    Event().wait(0.3)  # longer than ipykernel keeps what was printed
"""


def pieces(source: str) -> list[str]:
    """Run *source* in a kernel of its own; return the pieces in which its output came."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    with kernels_on_sockets() as config:
        NotebookClient(notebook, timeout=60, kernel_name="python3", config=config).execute()
    return [output.text for output in notebook.cells[0].outputs]


def test_a_cell_that_prints_slowly_is_one_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAMBDA_LAB_STEADY", "1")
    assert pieces(SLOW_TALK) == ["one\n\ntwo\n\nthree\n\n"]


def test_a_reader_sees_output_as_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LAMBDA_LAB_STEADY", raising=False)
    assert len(pieces(SLOW_TALK)) > 1


def test_streams_that_are_no_kernels_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAMBDA_LAB_STEADY", "1")
    stream = io.StringIO()
    monkeypatch.setattr("sys.stdout", stream)
    steady.whole_output()
    assert not hasattr(stream, "flush_interval")
