"""What a notebook says below a cell that failed, and where boto3 leads once a lab is closed."""

from __future__ import annotations

import builtins
import os
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, EndpointConnectionError

from lambda_lab import notebook
from lambda_lab.notebook import Aid, advice, exercise_in


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "Operation")


@pytest.mark.parametrize(
    "code",
    ["ResourceConflictException", "EntityAlreadyExists", "BucketAlreadyOwnedByYou",
     "ResourceInUseException", "InvalidPermission.Duplicate", "DBParameterGroupAlreadyExists"],
)  # fmt: skip
def test_what_is_there_already_was_made_by_a_cell(code: str) -> None:
    said = advice(refused(code))
    assert said.startswith("A cell has made this before")
    assert "Lab(...) opens an empty region" in said


@pytest.mark.parametrize(
    "code",
    ["ResourceNotFoundException", "NoSuchEntity", "NoSuchBucket", "DBInstanceNotFound",
     "AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"],
)  # fmt: skip
def test_what_is_missing_is_made_by_a_cell_above(code: str) -> None:
    said = advice(refused(code))
    assert said.startswith("What is asked for is not there.")
    assert "Run All Above Selected Cell" in said


def test_a_missing_name_is_made_by_a_cell_above() -> None:
    assert "makes 'call'" in advice(NameError("no", name="call"))
    assert "Run All Above Selected Cell" in advice(NameError("no"))
    assert "makes 'call'" in advice(NameError("no", name="call"), closed=True)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SyntaxError("no")])
def test_a_reader_knows_what_those_mean(error: BaseException) -> None:
    assert advice(error, closed=True, again=True, repeated=True) == ""


class Odd(Exception):
    response = "text"


@pytest.mark.parametrize("error", [ValueError("own"), Odd(), refused("AccessDenied"), refused("")])
def test_an_error_of_the_readers_own_is_left_alone(error: BaseException) -> None:
    assert advice(error) == ""
    assert advice(error, again=True).startswith("This cell has run before.")
    assert advice(error, repeated=True).startswith("Cells ran more than once")
    assert advice(error, closed=True, again=True).startswith("The lab is closed.")


@pytest.mark.parametrize(
    ("cell", "exercise"),
    [
        ('answer = REPORT\nlab.check("L00.2", answer)\n# lab.hint("L00.2")', "L00.2"),
        ("_ = lab.check('L91.3', answer)", "L91.3"),
        ('# lab.check("L00.2", answer)', ""),
        ('answer = 1  # lab.check("L00.2")', ""),
        ("lab.check(name, answer)", ""),
        ("collab.check('L00.2')", ""),
        ("", ""),
    ],
)
def test_the_exercise_of_a_cell(cell: str, exercise: str) -> None:
    assert exercise_in(cell) == exercise


def ran(cell: str | None, *, before: Any = None, during: Any = None) -> SimpleNamespace:
    info = SimpleNamespace(raw_cell=cell)
    return SimpleNamespace(info=info, error_before_exec=before, error_in_exec=during)


def test_cells_are_remembered_until_a_lab_opens(capsys: pytest.CaptureFixture[str]) -> None:
    lab: Any = object()
    aid = Aid(lambda: lab, lambda *_: None)
    failed = ran("raise ValueError", during=ValueError())

    def said(result: Any) -> str:
        aid.after(result)
        return capsys.readouterr().out.strip()

    assert said(ran("a = 1")) == ""
    assert said(failed) == ""
    assert said(ran("a = 1\n")) == ""
    assert said(failed).startswith("Cells ran more than once")
    assert said(ran("a = 1", during=ValueError())).startswith("This cell has run before.")
    aid.opened()
    assert said(failed) == ""
    lab = None
    assert said(failed).startswith("The lab is closed.")
    assert said(ran(None, before=SyntaxError())) == ""
    assert said(SimpleNamespace(info=None, error_before_exec=None, error_in_exec=None)) == ""


def test_a_cell_with_a_check_says_what_the_exercise_says(
    capsys: pytest.CaptureFixture[str],
) -> None:
    aid = Aid(lambda: None, lambda exercise, error: f"{exercise} {type(error).__name__}")
    aid.after(ran('answer = (\nlab.check("L00.2", answer)', before=SyntaxError()))
    assert "L00.2 SyntaxError" in capsys.readouterr().out


def test_outside_a_notebook_nothing_is_attached() -> None:
    assert not hasattr(builtins, "get_ipython")
    assert notebook.attach(lambda: None, lambda *_: None) is False


@pytest.fixture
def settings_put_back(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    saved, session = dict(os.environ), boto3.DEFAULT_SESSION
    yield
    monkeypatch.undo()
    os.environ.clear()
    os.environ.update(saved)
    boto3.DEFAULT_SESSION = session


@pytest.mark.usefixtures("settings_put_back")
@pytest.mark.parametrize("service", ["dynamodb", "s3", "iam", "lambda"])
def test_a_cell_that_runs_after_the_lab_reaches_no_account(
    service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "mine")
    monkeypatch.setenv(f"AWS_ENDPOINT_URL_{service.upper()}", f"https://{service}.example")
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:8080")
    notebook.point_nowhere("eu-central-1")
    client: Any = boto3.client(service, config=Config(retries={"total_max_attempts": 1}))
    assert client.meta.endpoint_url == notebook.NOWHERE
    assert client.meta.region_name == "eu-central-1"
    ask = {"dynamodb": "list_tables", "s3": "list_buckets", "iam": "list_roles"}
    with pytest.raises(EndpointConnectionError, match="the-lab-is-closed"):
        getattr(client, ask.get(service, "list_functions"))()
