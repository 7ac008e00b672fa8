"""L60 to L63: every way to be right is right, and every way to be wrong is told apart."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import pytest

from lambda_lab import teach
from lambda_lab.simulate import erlang_b
from lambda_lab.teach import Verdict

ACTION = {"ScalableTargetAction": {"MinCapacity": 20, "MaxCapacity": 20}}
KEPT = {
    "a synchronous call": "caller",
    "an asynchronous event": "Lambda's queue",
    "a batch of an SQS mapping": "the source queue",
}
NUMBERS = ["L60.1", "L61.1", "L61.3", "L62.2", "L62.3", "L63.1", "L63.2"]


def verdict(exercise: str, answer: Any) -> Verdict:
    return teach.check(exercise, answer).verdict


@pytest.mark.parametrize(
    ("exercise", "answer"),
    [("L60.1", 20), ("L60.1", 20.0), ("L61.1", 350), ("L61.3", 18), ("L62.2", 11), ("L62.2", 11.0),
     ("L62.3", 54), ("L62.3", 54.01), ("L62.3", Decimal("54.00")), ("L63.1", 71), ("L63.2", 1500)],
)  # fmt: skip
def test_the_right_numbers(exercise: str, answer: Any) -> None:
    assert verdict(exercise, answer) is Verdict.RIGHT


def test_erlangs_limits_are_the_smallest() -> None:
    assert erlang_b(18, 10) <= 0.01 < erlang_b(17, 10)
    assert erlang_b(71, 50) <= 0.001 < erlang_b(70, 50)


@pytest.mark.parametrize("exercise", NUMBERS)
@pytest.mark.parametrize(
    "answer",
    [
        -1,
        0,
        10**9,
        math.nan,
        math.inf,
        -math.inf,
        12.5,
        True,
        "20",
        [20],
        {"a": 1},
        object(),
        1e308,
    ],
)
def test_other_answers_are_not_yet(exercise: str, answer: Any) -> None:
    assert verdict(exercise, answer) is Verdict.NOT_YET


def test_needed_keeps_both_limits() -> None:
    def needed(rate: int, milliseconds: int) -> int:
        return max(-(-rate * milliseconds // 1000), -(-rate // 10))

    assert verdict("L60.2", needed) is Verdict.RIGHT
    assert verdict("L60.2", lambda rate, ms: float(needed(rate, ms))) is Verdict.RIGHT


@pytest.mark.parametrize(
    "answer",
    [lambda rate, ms: rate * ms / 1000, lambda rate, ms: -(-rate * ms // 1000), lambda rate: rate,
     lambda rate, ms: "50", lambda rate, ms: 1 / 0, lambda rate, ms: math.nan,
     lambda rate, ms: True, 50, "needed", [1]],
)  # fmt: skip
def test_needed_in_other_ways(answer: Any) -> None:
    assert verdict("L60.2", answer) is Verdict.NOT_YET


def test_who_keeps_the_request() -> None:
    assert verdict("L61.2", KEPT) is Verdict.RIGHT
    for case, kept in KEPT.items():
        for other in {*KEPT.values()} - {kept}:
            outcome = teach.check("L61.2", KEPT | {case: other})
            assert outcome.verdict is Verdict.NOT_YET
            assert case in outcome.reason
    assert verdict("L61.2", list(KEPT)) is Verdict.NOT_YET


@pytest.mark.parametrize(
    "answer",
    [{}, {"ScalableTargetAction": {}}, {"ScalableTargetAction": 20}, {"MinCapacity": 20},
     {"ScalableTargetAction": {"MinCapacity": 20, "MaxCapacity": 21}}, 20, [ACTION],
     ACTION | {"Schedule": "rate(1 day)"}],
)  # fmt: skip
def test_actions_that_keep_other_numbers(answer: Any) -> None:
    assert verdict("L62.1", answer) is not Verdict.RIGHT


def test_the_action_that_keeps_twenty() -> None:
    assert verdict("L62.1", ACTION) is Verdict.RIGHT


def test_outcomes_of_the_simulator() -> None:
    right = {
        "two are provisioned and busy, and a third request comes": "spillover_cold",
        "ten are reserved and busy, and one more comes": "THROTTLED_RESERVED",
        "1,500 requests come at once to a function that was idle": "THROTTLED_SCALING",
    }
    assert verdict("L63.3", right) is Verdict.RIGHT
    for case in right:
        assert verdict("L63.3", right | {case: "WARM"}) is Verdict.NOT_YET
