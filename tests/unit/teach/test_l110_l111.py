"""L110 and L111: sums in any form that is a number, functions of any kind."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from lambda_lab import teach
from lambda_lab.teach import Verdict
from lambda_lab.teach.exercises import l110, l111

WRONG_KINDS = [
    "2.47",
    None.__class__,
    [2.47],
    {"a": 1},
    True,
    math.nan,
    math.inf,
    10**400,
    1j,
    b"1",
]


@pytest.mark.parametrize(
    "exercise", [*l110.EXERCISES, *l111.EXERCISES], ids=lambda exercise: exercise.id
)
def test_each_is_right_solved_and_not_attempted_untouched(exercise: Any) -> None:
    scope: dict[str, Any] = {}
    exec(exercise.solution_source, scope)
    assert teach.check(exercise.id, scope["answer"]).verdict is Verdict.RIGHT
    blank: dict[str, Any] = {}
    exec(exercise.placeholder, blank)
    assert teach.check(exercise.id, blank["answer"]).verdict is Verdict.NOT_ATTEMPTED
    for mistake in exercise.mistakes:
        outcome = teach.check(exercise.id, mistake.answer)
        assert outcome.verdict is Verdict.NOT_YET
        assert outcome.hint == mistake.hint


@pytest.mark.parametrize("answer", WRONG_KINDS, ids=range(len(WRONG_KINDS)))
@pytest.mark.parametrize("exercise", ["L110.1", "L110.2", "L110.3", "L111.1", "L111.2", "L111.3"])
def test_answers_of_the_wrong_kind(exercise: str, answer: Any) -> None:
    assert teach.check(exercise, answer).verdict is Verdict.NOT_YET


# 5,000,000 x 0.2 s x 0.5 GB = 500,000 GB-s, 100,000 of them paid: 1.67 and 0.80.
@pytest.mark.parametrize("answer", [2.47, Decimal("2.47"), 2.46667, 2.4667])
def test_the_month_of_l110(answer: Any) -> None:
    assert teach.check("L110.2", answer).verdict is Verdict.RIGHT


@pytest.mark.parametrize("answer", [2.45, 2.48, 0, 9.33, 0.8, 1.67, -2.47, 247])
def test_other_sums_are_not_yet(answer: Any) -> None:
    assert teach.check("L110.2", answer).verdict is Verdict.NOT_YET


def raises(*_: Any) -> float:
    raise ZeroDivisionError("no")


@pytest.mark.parametrize("answer", [raises, lambda: 1, lambda *_: "1", lambda *_: 0, print])
@pytest.mark.parametrize("exercise", ["L110.3", "L111.3"])
def test_functions_that_fail_or_answer_nonsense(exercise: str, answer: Callable[..., Any]) -> None:
    outcome = teach.check(exercise, answer)
    assert outcome.verdict is Verdict.NOT_YET


# 59.568 / (0.0000002 + 1 x 0.3 x 0.0000133334) = 14.18 million.
@pytest.mark.parametrize("answer", [14_182_000, 14.2e6, 14_100_000])
def test_the_crossing_of_l111(answer: Any) -> None:
    assert teach.check("L111.1", answer).verdict is Verdict.RIGHT


@pytest.mark.parametrize("answer", [13_900_000, 14_500_000, 14.18, 0, -14_182_000])
def test_another_crossing_is_not_yet(answer: Any) -> None:
    assert teach.check("L111.1", answer).verdict is Verdict.NOT_YET
