"""Exercises of the labs on queues, beyond what every exercise is tested for."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from lambda_lab import facts, teach
from lambda_lab.teach import Verdict
from lambda_lab.teach.exercises import REGISTRY

Handler = Callable[[Any, Any], Any]


def answer_of(exercise: str) -> dict[str, Any]:
    """Return a copy of the dict that solves *exercise*."""
    cell: dict[str, Any] = {}
    exec(REGISTRY[exercise].solution_source, cell)
    return dict(cell["answer"])


@pytest.mark.parametrize("seconds", [270, 270.0, 6 * 40 + 30])
def test_the_visibility_timeout_that_aws_advises(seconds: float) -> None:
    assert teach.check("L40.1", seconds).right


@pytest.mark.parametrize("seconds", [271, 30, -270, True, "270", [270], float("inf")])
def test_another_visibility_timeout(seconds: Any) -> None:
    assert teach.check("L40.1", seconds).verdict is Verdict.NOT_YET


def test_weights_are_judged_by_the_largest_request() -> None:
    most = facts.value("payload.sync.request")
    assert 80 * 200_000 > most > 3 * 900_000
    assert answer_of("L40.2")["80 messages of 200 KB wait"] == "size"


@pytest.mark.parametrize("exercise", ["L40.2", "L40.3", "L41.2"])
def test_each_case_is_looked_at(exercise: str) -> None:
    solution = answer_of(exercise)
    for case in solution:
        outcome = teach.check(exercise, {**solution, case: "something else"})
        assert outcome.verdict is Verdict.NOT_YET
        assert repr(case) in outcome.reason
        partial = {name: value for name, value in solution.items() if name != case}
        assert "missing" in teach.check(exercise, partial).reason


@pytest.mark.parametrize("exercise", ["L40.2", "L40.3", "L41.2"])
def test_case_and_further_entries_do_not_matter(exercise: str) -> None:
    solution = {case: str(word).upper() for case, word in answer_of(exercise).items()}
    assert teach.check(exercise, {**solution, "a note of mine": ...}).right


def amount_of(body: str) -> float:
    amount: float = json.loads(body)["amount"]
    if amount <= 0:
        raise ValueError(amount)
    return amount


def reports(event: Any, context: Any) -> Any:
    failed = []
    for record in event["Records"]:
        try:
            amount_of(record["body"])
        except Exception:  # noqa: BLE001 - a handler that reports catches everything
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}


def leaves_out_texts(event: Any, context: Any) -> Any:
    """Catch bad JSON only: a body that is JSON and no order still raises."""
    failed = []
    for record in event["Records"]:
        try:
            json.loads(record["body"])
        except ValueError:
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}


def reports_bodies(event: Any, context: Any) -> Any:
    return {"batchItemFailures": [{"itemIdentifier": r["body"]} for r in event["Records"]]}


def first_only(event: Any, context: Any) -> Any:
    return {"batchItemFailures": reports(event, context)["batchItemFailures"][:1]}


def misspelt(event: Any, context: Any) -> Any:
    return {"batchItemFailure": reports(event, context)["batchItemFailures"]}


def bare_list(event: Any, context: Any) -> Any:
    return reports(event, context)["batchItemFailures"]


def by_body(event: Any, context: Any) -> Any:
    """Take messages with one body for one message."""
    named = {record["body"]: record["messageId"] for record in event["Records"]}
    bad = {r["messageId"]: r["body"] for r in event["Records"]}
    failures = reports(event, context)["batchItemFailures"]
    ids = {named[bad[entry["itemIdentifier"]]] for entry in failures}
    return {"batchItemFailures": [{"itemIdentifier": name} for name in sorted(ids)]}


def test_a_handler_that_reports_is_right() -> None:
    assert teach.check("L41.1", reports).right


WRONG: list[tuple[Handler, str]] = [
    (leaves_out_texts, "is bad, and its message is not reported"),
    (reports_bodies, "not in the batch"),
    (first_only, "not reported"),
    (misspelt, "batchItemFailures"),
    (bare_list, "batchItemFailures"),
    (by_body, "not reported"),
    (lambda event, context: {"batchItemFailures": None}, "batchItemFailures"),
    (lambda event, context: {"batchItemFailures": [{"itemIdentifier": 1}]}, "itemIdentifier"),
    (lambda event, context: {"batchItemFailures": [{"id": "m1"}]}, "itemIdentifier"),
]


@pytest.mark.parametrize("number", range(len(WRONG)))
def test_a_handler_that_does_not(number: int) -> None:
    handler, said = WRONG[number]
    outcome = teach.check("L41.1", handler)
    assert outcome.verdict is Verdict.NOT_YET
    assert said in outcome.reason


def test_the_time_until_the_dead_letter_queue() -> None:
    assert teach.check("L41.3", 300).right
    for wrong in (299, 360, 240, -300, "300", True, None):
        assert not teach.check("L41.3", wrong).right
