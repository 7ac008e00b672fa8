"""L42: every way to keep the order is right, and every way to lose it is told apart."""

from __future__ import annotations

from typing import Any

import pytest

from lambda_lab import teach
from lambda_lab.teach import Verdict


def _entry(record: dict[str, Any]) -> dict[str, str]:
    return {"itemIdentifier": record["messageId"]}


def _with_a_flag(event: Any, context: Any) -> dict[str, Any]:
    failed: list[dict[str, str]] = []
    for record in event["Records"]:
        if failed:
            failed.append(_entry(record))
            continue
        try:
            int(record["body"])
        except ValueError:
            failed.append(_entry(record))
    return {"batchItemFailures": failed}


def _by_broken_groups(event: Any, context: Any) -> dict[str, Any]:
    """Skip the rest of the group only: as good, because the batch has one group."""
    failed, broken = [], set()
    for record in event["Records"]:
        group = record["attributes"]["MessageGroupId"]
        if group in broken or not record["body"].isdecimal():
            broken.add(group)
            failed.append(_entry(record))
    return {"batchItemFailures": failed}


def _named_twice(event: Any, context: Any) -> dict[str, Any]:
    failures = _with_a_flag(event, context)["batchItemFailures"]
    return {"batchItemFailures": failures + failures}


def _bare(event: Any, context: Any) -> list[str]:
    return ["message-1"]


def _strange_name(event: Any, context: Any) -> dict[str, Any]:
    return {"batchItemFailures": [{"itemIdentifier": "nobody"}]}


def _bodies(event: Any, context: Any) -> dict[str, Any]:
    failures = _with_a_flag(event, context)["batchItemFailures"]
    return {"batchItemFailures": [entry["itemIdentifier"] for entry in failures]}


def _nothing(event: Any, context: Any) -> dict[str, Any]:
    return {"batchItemFailures": []}


@pytest.mark.parametrize("answer", [_with_a_flag, _by_broken_groups, _named_twice])
def test_an_order_that_holds_is_right(answer: Any) -> None:
    assert teach.check("L42.2", answer).verdict is Verdict.RIGHT


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (_bare, "batchItemFailures"),
        (_strange_name, "no messageId of the batch"),
        (_bodies, "itemIdentifier"),
        (_nothing, "would be deleted"),
        (lambda event: event["Records"], "raised TypeError"),
        ("drop", "check it with lab.check"),
        (42, "should be a handler"),
    ],
)
def test_an_order_that_breaks_is_not_yet(answer: Any, reason: str) -> None:
    outcome = teach.check("L42.2", answer)
    assert outcome.verdict is Verdict.NOT_YET
    assert reason in outcome.reason


@pytest.mark.parametrize("wrong", ["30", None, True, [30], 29.5, -1])
def test_seconds_are_numbers(wrong: Any) -> None:
    answer = {"T1 soup": 30, "T1 cake": wrong, "T2 soup": 0, "T2 cake": 0}
    assert teach.check("L42.1", answer).verdict is Verdict.NOT_YET
    assert teach.check("L42.1", answer | {"T1 cake": 30.0}).verdict is Verdict.RIGHT


def test_a_missing_case_is_named() -> None:
    outcome = teach.check("L42.3", {"1 table, 500 messages": 1})
    assert "'4 tables, 500 messages' is missing" in outcome.reason
