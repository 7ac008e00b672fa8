"""L91: every way to be right is right, and every way to be wrong is told apart."""

from __future__ import annotations

import math
from typing import Any

import pytest

from lambda_lab import teach
from lambda_lab.rds.proxy.pinning import reason_to_pin
from lambda_lab.teach import Verdict

PINS = {
    "SELECT * FROM orders WHERE id = 7": "free",
    "SET search_path TO shop": "pins",
    "SELECT pg_try_advisory_xact_lock(7)": "free",
    "CREATE TEMP TABLE basket (id int)": "pins",
    "SELECT nextval('order_numbers')": "pins",
    "CALL ship(7)": "free",
}


def verdict(exercise: str, answer: Any) -> Verdict:
    return teach.check(exercise, answer).verdict


def test_what_pins_is_what_the_proxy_pins() -> None:
    assert verdict("L91.1", PINS) is Verdict.RIGHT
    for sql, said in PINS.items():
        assert (reason_to_pin(sql.encode()) is not None) == (said == "pins")


@pytest.mark.parametrize("sql", PINS)
def test_one_wrong_case_is_named(sql: str) -> None:
    wrong = PINS | {sql: "free" if PINS[sql] == "pins" else "pins"}
    outcome = teach.check("L91.1", wrong)
    assert outcome.verdict is Verdict.NOT_YET


@pytest.mark.parametrize("answer", [80, 80.0])
def test_the_right_share(answer: Any) -> None:
    assert verdict("L91.2", answer) is Verdict.RIGHT


@pytest.mark.parametrize(
    "answer", [160, 100, 20, 81, 79, 0, -5, 80.5, "80", True, math.nan, math.inf, [80]]
)
def test_a_wrong_share(answer: Any) -> None:
    assert verdict("L91.2", answer) is Verdict.NOT_YET


@pytest.mark.parametrize(
    "query",
    [
        "SET statement_timeout = '3s'",
        "set statement_timeout='3s';",
        "SET SESSION statement_timeout TO 3000",
        "SET statement_timeout = '3000ms'",
    ],
)
def test_the_cure(query: str) -> None:
    assert verdict("L91.3", {"InitQuery": query}) is Verdict.RIGHT


@pytest.mark.parametrize(
    "answer",
    [
        {"SessionPinningFilters": ["EXCLUDE_VARIABLE_SETS"]},
        {"ConnectionBorrowTimeout": 300},
        {"InitQuery": "SET statement_timeout = '30s'"},
        {"InitQuery": "SET statement_timeout = 3"},
        {"InitQuery": 7},
        {"InitQuery": "SELECT 1"},
        "SET statement_timeout = '3s'",
        7,
    ],
)
def test_no_cure(answer: Any) -> None:
    assert verdict("L91.3", answer) is Verdict.NOT_YET


@pytest.mark.parametrize("exercise", ["L91.1", "L91.2", "L91.3"])
def test_untouched_is_not_attempted(exercise: str) -> None:
    assert verdict(exercise, ...) is Verdict.NOT_ATTEMPTED
    assert verdict("L91.1", dict.fromkeys(PINS, ...)) is Verdict.NOT_ATTEMPTED
