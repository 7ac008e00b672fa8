"""A lab in IPython itself: ``%%function``, cells that fail, and what a closed lab leaves behind."""

from __future__ import annotations

import os
import types
from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

OPEN = (
    "import boto3\nfrom lambda_lab import Lab\nlab = Lab('cells')\nclient = boto3.client('lambda')"
)
Run = Callable[[str], str]


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Run a cell, and return what it printed."""
    saved, session = dict(os.environ), boto3.DEFAULT_SESSION
    cells = types.ModuleType("cells")  # else IPython would take the place of __main__
    settings = Config({"HistoryManager": {"enabled": False}})
    shell = InteractiveShell.instance(
        config=settings, ipython_dir=str(tmp_path), user_module=cells, colors="nocolor"
    )

    def run_cell(cell: str) -> str:
        shell.run_cell(cell, store_history=False)
        return capsys.readouterr().out

    try:
        yield run_cell
    finally:
        run_cell("lab.close()")
        InteractiveShell.clear_instance()
        os.environ.clear()
        os.environ.update(saved)
        boto3.DEFAULT_SESSION = session


def test_cells_in_any_order(run: Run) -> None:
    assert run(OPEN) == ""
    assert "A cell above this one makes 'call'" in run("call('hello')")
    assert "A cell above makes it" in run("client.invoke(FunctionName='hello')")
    assert run("%%function hello\ndef handler(event, context): return 1\n") == "hello is Active.\n"
    make = "_ = boto3.client('sqs').create_queue(QueueName='q', Attributes={'DelaySeconds': '%s'})"
    assert run(make % 1) == ""
    assert "A cell has made this before" in run(make % 2)


def test_an_exercise_that_went_wrong_brings_its_hint(run: Run) -> None:
    run(OPEN)
    for answer, reason in {
        "answer = (1,": "The cell is not Python yet",
        "answer = REPORT": "Python knows no name 'REPORT'",
        "answer = 1 / 0": "ended before the check, with ZeroDivisionError",
        "answer = 'START'": "Not yet.",
    }.items():
        said = run(f'{answer}\nlab.check("L00.2", answer)')
        assert reason in said
        assert "Hint: " in said
    assert "Not attempted." in run('answer = None\nlab.check("L00.2", answer)')


def test_a_closed_lab_keeps_boto3_from_an_account(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a-real-one")
    run(OPEN)
    assert "Nothing is left behind" in run("lab.close()")
    assert os.environ["AWS_ACCESS_KEY_ID"] == "LAMBDALABEXAMPLE"
    assert "the-lab-is-closed" in run("print(boto3.client('dynamodb').meta.endpoint_url)")
    assert "The lab is closed. To begin anew" in run("lab.client('lambda')")
    assert "No lab is open." in run("%%function hello\ndef handler(event, context): return 1\n")
    run(OPEN)
    assert run("print(client.list_functions()['Functions'])") == "[]\n"


def test_a_magic_that_makes_no_sense(run: Run) -> None:
    run(OPEN)
    for line in ("", "f --timeout", "f --timeout soon", 'f "', "f --memroy 256", "f you"):
        said = run(f"%%function {line}\ndef handler(event, context): return 1\n")
        assert said.startswith("%%function NAME [--timeout 3]")
        assert "Traceback" not in said
