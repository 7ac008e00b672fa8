"""A check of an answer that loops for ever, or whose cell stopped before the check."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from lambda_lab import teach
from lambda_lab.teach import Verdict, session
from lambda_lab.teach.exercises import REGISTRY
from lambda_lab.teach.patience import TooLong, patience

HANDLERS = [one for one in REGISTRY.values() if "def " in one.placeholder]
LONG = 0.05


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(session, "CPU_SECONDS", LONG)
    teach.forget()
    yield
    teach.forget()


def endless(*_: Any) -> None:
    while True:
        try:
            raise ValueError
        except Exception:  # noqa: BLE001 - as in an answer that hides its mistakes
            continue


@pytest.mark.parametrize("exercise", HANDLERS, ids=lambda one: one.id)
def test_a_loop_without_an_end_is_stopped(exercise: teach.Exercise) -> None:
    outcome = teach.check(exercise.id, endless)
    assert outcome.verdict is Verdict.NOT_YET
    assert "loop that never ends" in outcome.reason
    assert outcome.hint


def test_nothing_of_the_timer_is_left() -> None:
    before = signal.getsignal(signal.SIGVTALRM)
    with pytest.raises(TooLong), patience(LONG):
        endless()
    with patience(60):
        pass
    assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0, 0)
    assert signal.getsignal(signal.SIGVTALRM) is before


def test_another_thread_checks_without_a_timer() -> None:
    said: list[teach.Outcome] = []
    other = threading.Thread(target=lambda: said.append(teach.check("L30.3", "the caller")))
    other.start()
    other.join()
    assert said[0].right


def syntax_error() -> SyntaxError:
    try:
        compile("answer = (1,\nlab", "cell", "exec")
    except SyntaxError as error:
        return error
    raise AssertionError("that is no Python")


class Unprintable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (NameError("no", name="REPORT"), "no name 'REPORT'. Text stands in quotation marks"),
        (NameError("no"), "NameError: no"),
        (syntax_error(), "The cell is not Python yet"),
        (KeyboardInterrupt(), "The cell was stopped before the check."),
        (ValueError("<b>"), "with ValueError: <b>."),
        (Unprintable(), "with Unprintable."),
    ],
    ids=["name", "nameless", "syntax", "interrupt", "value", "unprintable"],
)
def test_a_cell_that_ended_early_brings_the_hint(error: BaseException, reason: str) -> None:
    for exercise in REGISTRY.values():
        outcome = teach.stopped(exercise.id, error)
        assert outcome.verdict is Verdict.NOT_YET
        assert reason in outcome.reason
        assert outcome.hint == exercise.hints[0]
        assert "<b>" not in outcome._repr_html_()


def test_an_exercise_that_is_not_there() -> None:
    assert "Did you mean L10.1?" in teach.stopped("L1O.1", ValueError()).reason
