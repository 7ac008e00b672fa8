"""L70 and L71: every way to be right is right, and every way to be wrong is told apart."""

from __future__ import annotations

import math
from typing import Any

import pytest

from lambda_lab import teach
from lambda_lab.teach import Verdict

HELD = {
    "environment variables": "version",
    "reserved concurrency": "function",
    "layers": "version",
    "tags": "function",
    "execution role": "version",
}
WEIGHTS = {"RoutingConfig": {"AdditionalVersionWeights": {"8": 0.05}}}
DIMENSIONS = {"FunctionName": "cart", "Resource": "cart:live", "ExecutedVersion": "8"}


def verdict(exercise: str, answer: Any) -> Verdict:
    return teach.check(exercise, answer).verdict


@pytest.mark.parametrize("answer", [[1, 1, 2, 2, 3], (1, 1, 2, 2, 3), ["1", "1", "2", "2", "3"]])
def test_numbers_as_text_or_not(answer: Any) -> None:
    assert verdict("L70.1", answer) is Verdict.RIGHT


@pytest.mark.parametrize(
    "answer",
    [[1, 1, 2, 2], [1, 1, 2, 2, 4], [True, 1, 2, 2, 3], [1, 1, 2, 2, ...], "1, 1, 2, 2, 3", 5,
     {1, 2, 3}, [1, 1, 2, 2, math.nan], [[1], 1, 2, 2, 3]],
)  # fmt: skip
def test_other_numbers_are_not_yet(answer: Any) -> None:
    assert verdict("L70.1", answer) is Verdict.NOT_YET


def test_each_thing_that_a_version_holds() -> None:
    assert verdict("L70.2", HELD) is Verdict.RIGHT
    for case, held in HELD.items():
        other = "function" if held == "version" else "version"
        outcome = teach.check("L70.2", HELD | {case: other})
        assert outcome.verdict is Verdict.NOT_YET
        assert case in outcome.reason


def test_both_guards_may_be_used() -> None:
    def both(tested: dict[str, str]) -> dict[str, str]:
        names = ("FunctionName", "RevisionId", "CodeSha256")
        return {name: tested[name] for name in names} | {"Description": "tested"}

    assert verdict("L70.3", both) is Verdict.RIGHT
    assert (
        verdict(
            "L70.3",
            lambda tested: {
                "FunctionName": tested["FunctionArn"],
                "RevisionId": tested["RevisionId"],
            },
        )
        is Verdict.RIGHT
    )


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda tested: {"RevisionId": tested["RevisionId"]}, "FunctionName"),
        (lambda tested: {"FunctionName": tested["FunctionName"]}, "Nothing in the parameters"),
        (lambda tested: {"FunctionName": "menu", "RevisionId": "revision of menu"}, "FunctionName"),
        (
            lambda tested: {"FunctionName": tested["FunctionName"], "RevisionId": "x"},
            "RevisionId should be",
        ),
        (
            lambda tested: {key: tested[key] for key in ("FunctionName", "RevisionId", "Version")},
            "no parameter 'Version'",
        ),
        (lambda tested: [tested], "should return a dict"),
        (lambda: 1, "raised"),
        ({"FunctionName": "menu", "RevisionId": "x"}, "the function itself"),
    ],
)  # fmt: skip
def test_parameters_that_guard_nothing(answer: Any, reason: str) -> None:
    outcome = teach.check("L70.3", answer)
    assert outcome.verdict is Verdict.NOT_YET
    assert reason in outcome.reason


def test_a_learners_code_cannot_change_what_is_checked() -> None:
    def clears(tested: dict[str, str]) -> dict[str, str]:
        tested.clear()
        return tested

    assert verdict("L70.3", clears) is Verdict.NOT_YET
    assert verdict("L70.3", lambda tested: {k: tested[k] for k in ("FunctionName", "RevisionId")})


@pytest.mark.parametrize("answer", [WEIGHTS, {"FunctionVersion": "7"} | WEIGHTS])
def test_a_weight_for_one_version(answer: Any) -> None:
    assert verdict("L71.1", answer) is Verdict.RIGHT


@pytest.mark.parametrize(
    "answer",
    [
        {"RoutingConfig": {"AdditionalVersionWeights": {"8": 0.5}}},
        {"RoutingConfig": {"AdditionalVersionWeights": {8: 0.05}}},
        {"RoutingConfig": {"AdditionalVersionWeights": {"9": 0.05}}},
        {"RoutingConfig": ["8"]},
        {"RoutingConfig": {"AdditionalVersionWeights": "8"}},
        {"FunctionVersion": "9"} | WEIGHTS,
        WEIGHTS | {"Name": "live"},
        0.05,
        [WEIGHTS],
    ],
)
def test_other_routings_are_not_yet(answer: Any) -> None:
    assert verdict("L71.1", answer) is Verdict.NOT_YET


@pytest.mark.parametrize("answer", [2_995, 2_985, 3_005, 2_995.0, 3_000])
def test_about_as_many_calls(answer: Any) -> None:
    assert verdict("L71.2", answer) is Verdict.RIGHT


@pytest.mark.parametrize("answer", [2_984, 3_006, 0, -1, True, "2995", [2_995], math.inf, math.nan])
def test_too_few_or_too_many_calls(answer: Any) -> None:
    assert verdict("L71.2", answer) is Verdict.NOT_YET


def test_three_dimensions_and_no_other() -> None:
    assert verdict("L71.3", DIMENSIONS) is Verdict.RIGHT
    for name in DIMENSIONS:
        less = {key: value for key, value in DIMENSIONS.items() if key != name}
        assert verdict("L71.3", less) is Verdict.NOT_YET
        assert verdict("L71.3", DIMENSIONS | {name: "x"}) is Verdict.NOT_YET
    assert verdict("L71.3", DIMENSIONS | {"Version": "8"}) is Verdict.NOT_YET
    assert verdict("L71.3", list(DIMENSIONS)) is Verdict.NOT_YET
