"""Answers to labs L34 and L35 that are right in another way, and wrong ones that look right."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote_plus

import pytest

from lambda_lab import teach
from lambda_lab.teach import Verdict

ORDER = {"source": ["lab.shop"], "detail-type": ["order placed"]}
SHOP, TOTAL = [{"prefix": "rome-"}], [{"numeric": [">", 100]}]
NOON = "at noon on the first day of each month"
WEEKDAYS, QUARTERS = "at 18:00 from Monday to Friday", "every 15 minutes"
TIMES = {
    QUARTERS: "rate(15 minutes)",
    WEEKDAYS: "cron(0 18 ? * MON-FRI *)",
    NOON: "cron(0 12 1 * ? *)",
}


def verdict(exercise: str, answer: Any) -> Verdict:
    return teach.check(exercise, answer).verdict


def decoded(event: Any, context: Any) -> list[str]:
    keys = []
    for record in event["Records"]:
        keys += [unquote_plus(record["s3"]["object"]["key"])]
    return keys


def without_folders(event: Any, context: Any) -> list[str]:
    return [key.rpartition("/")[2] for key in decoded(event, context)]


def as_dict(event: Any, context: Any) -> dict[str, list[str]]:
    return {"keys": decoded(event, context)}


def test_keys_may_be_decoded_in_any_way() -> None:
    assert verdict("L34.1", decoded) is Verdict.RIGHT
    assert verdict("L34.1", lambda event, _: tuple(decoded(event, _))) is Verdict.RIGHT


@pytest.mark.parametrize("wrong", [without_folders, as_dict, lambda event, _: []])
def test_keys_must_be_whole_and_in_a_list(wrong: Any) -> None:
    outcome = teach.check("L34.1", wrong)
    assert outcome.verdict is Verdict.NOT_YET
    assert "in/summer days.jpg" in outcome.reason


@pytest.mark.parametrize(
    "detail",
    [
        {"shop": SHOP, "total": TOTAL},
        {"shop": [{"wildcard": "rome-*"}], "total": TOTAL},
        {"shop": SHOP, "total": [{"numeric": [">", 100, "<", 1_000_000]}]},
    ],
)
def test_a_pattern_is_judged_by_what_it_matches(detail: Any) -> None:
    assert verdict("L35.1", ORDER | {"detail": detail}) is Verdict.RIGHT


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        (ORDER | {"detail": {"shop": ["rome-2"], "total": TOTAL}}, "should match"),
        (ORDER | {"detail": {"shop": [{"prefix": "rome"}], "total": TOTAL}}, "should not match"),
        (ORDER | {"detail": {"shop": SHOP}}, "should not match"),
        (ORDER | {"detail": {"shop": SHOP, "total": [120]}}, "should match"),
        (ORDER | {"detail": {"shop": [{"startswith": "rome-"}]}}, "would refuse"),
        (ORDER | {"detail": []}, "would refuse"),
        ("source = lab.shop", "should be a dict"),
    ],
)
def test_a_pattern_that_is_not_it_yet(pattern: Any, reason: str) -> None:
    outcome = teach.check("L35.1", pattern)
    assert outcome.verdict is Verdict.NOT_YET
    assert reason in outcome.reason


@pytest.mark.parametrize(
    "other",
    [
        {QUARTERS: "cron(0/15 * * * ? *)"},
        {QUARTERS: "cron(0,15,30,45 * ? * * *)"},
        {WEEKDAYS: "cron(0 18 ? * 2-6 *)"},
        {WEEKDAYS: " cron(00 18 ? * mon-fri *) "},
        {NOON: "cron(0 12 1 1-12 ? *)"},
    ],
)
def test_an_expression_is_judged_by_its_times(other: dict[str, str]) -> None:
    assert verdict("L35.2", TIMES | other) is Verdict.RIGHT


@pytest.mark.parametrize(
    "other",
    [
        {QUARTERS: "cron(15 * * * ? *)"},
        {QUARTERS: "rate(900 seconds)"},
        {WEEKDAYS: "cron(0 18 ? * MON-SAT *)"},
        {WEEKDAYS: "cron(0 6 ? * MON-FRI *)"},
        {NOON: "cron(0 12 ? * 2#1 *)"},
        {NOON: "cron(0 12 1 * ? 2027)"},
        {NOON: "cron(0 12 1 * ? 2020)"},
        {NOON: 12},
    ],
)
def test_an_expression_with_other_times(other: dict[str, Any]) -> None:
    outcome = teach.check("L35.2", TIMES | other)
    assert outcome.verdict is Verdict.NOT_YET
    assert repr(next(iter(other))) in outcome.reason
