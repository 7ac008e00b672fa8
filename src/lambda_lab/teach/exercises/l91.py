"""Lab L91, pooling and pinning: what pins, the proxy's share, and the query that cures."""

from __future__ import annotations

import re
from typing import Any

from lambda_lab.teach.cases import judged, says
from lambda_lab.teach.records import Exercise, HasClient, Mistake, Outcome
from lambda_lab.teach.trying import not_yet, right, shown

__all__ = ["EXERCISES"]

# -- L91.1: what pins ------------------------------------------------------------------------------

_PINS = {
    "SELECT * FROM orders WHERE id = 7": "free",
    "SET search_path TO shop": "pins",
    "SELECT pg_try_advisory_xact_lock(7)": "free",
    "CREATE TEMP TABLE basket (id int)": "pins",
    "SELECT nextval('order_numbers')": "pins",
    "CALL ship(7)": "free",
}


def _pins(answer: Any, _lab: HasClient | None) -> Outcome:
    return judged(answer, _PINS, "What outlives the transaction on the connection pins.")


# -- L91.2: the proxy's share ----------------------------------------------------------------------

_ALLOWED, _KEPT = 200, 40
_PERCENT = 100 * (_ALLOWED - _KEPT) // _ALLOWED


def _share(answer: Any, _lab: HasClient | None) -> Outcome:
    if isinstance(answer, bool) or not isinstance(answer, int | float) or answer % 1:
        return not_yet(f"The answer should be a whole number of percent; it is {shown(answer)}.")
    if answer == _PERCENT:
        return right("The proxy takes 160 at most, and never the forty.")
    if not 1 <= answer <= 100:
        return not_yet("MaxConnectionsPercent is from 1 to 100.")
    if answer > _PERCENT:
        left = _ALLOWED - _ALLOWED * int(answer) // 100
        return not_yet(f"At {shown(answer)} % only {left} are left for the tools.")
    return not_yet(f"{shown(answer)} % is safe, and not the largest.")


# -- L91.3: the cure -------------------------------------------------------------------------------

_SETS = re.compile(
    r"\s*SET\s+(?:SESSION\s+)?statement_timeout\s*(?:=|\s+TO\s)\s*(?:'3\s*s'|'?3000(?:\s*ms)?'?)\s*;?\s*",
    re.IGNORECASE,
)


def _cured(answer: Any, _lab: HasClient | None) -> Outcome:
    if not isinstance(answer, dict):
        return not_yet(f"The answer should be a dict; it is {shown(answer)}.")
    if "SessionPinningFilters" in answer:
        return not_yet("SessionPinningFilters exist for the MySQL family only.")
    if "InitQuery" not in answer:
        return not_yet("One setting runs SQL on each connection that the proxy opens.")
    query = answer["InitQuery"]
    if isinstance(query, str) and _SETS.fullmatch(query):
        return right("Every connection has the limit from the start, and no client need set it.")
    return not_yet(f"{shown(query)} does not set statement_timeout to three seconds.")


EXERCISES = (
    Exercise(
        id="L91.1",
        question='Which of these pin a client of PostgreSQL? Set each to `"pins"` or `"free"`.',
        check=_pins,
        hints=(
            "What would the next client find on the connection?",
            "A lock with `xact` in its name ends with the transaction.",
            "The proxy reads the SQL it is sent; it does not look into procedures.",
        ),
        solution_source=(
            "answer = {\n"
            + "".join(f'    "{case}": "{value}",\n' for case, value in _PINS.items())
            + "}\n"
        ),
        mistakes=tuple(
            Mistake(_PINS | {case: wrong}, hint, says(case, wrong))
            for case, wrong, hint in (
                (
                    "SELECT pg_try_advisory_xact_lock(7)",
                    "pins",
                    "This lock is gone when the transaction is.",
                ),
                (
                    "SELECT nextval('order_numbers')",
                    "free",
                    "The session remembers its last value: `currval` would tell it.",
                ),
                ("CALL ship(7)", "pins", "Procedures do not pin; the proxy does not run them."),
            )
        ),
        placeholder="answer = {\n" + "".join(f'    "{case}": ...,\n' for case in _PINS) + "}",
    ),
    Exercise(
        id="L91.2",
        question=(
            "A database allows 200 connections, and tools that do not go through the proxy must "
            "always find 40. What is the largest `MaxConnectionsPercent`? Set `answer` to a whole "
            "number."
        ),
        check=_share,
        hints=(
            "How many may the proxy take?",
            "160 of 200, in percent.",
        ),
        solution_source="answer = 100 * (200 - 40) // 200\n",
        mistakes=(
            Mistake(160, "The setting is a percentage, not a count."),
            Mistake(100, "That is the default: the tools would find nothing on a busy day."),
            Mistake(20, "That is the tools' share."),
        ),
    ),
    Exercise(
        id="L91.3",
        question=(
            "Every handler begins with a `SET` that gives `statement_timeout` three seconds, and "
            "so every client is pinned. Which `ConnectionPoolConfig` makes the line unnecessary? "
            "Set `answer` to a dict with one entry."
        ),
        check=_cured,
        hints=(
            "The connections should be alike from the start.",
            "`InitQuery` takes SQL.",
        ),
        solution_source='answer = {"InitQuery": "SET statement_timeout = \'3s\'"}\n',
        mistakes=(
            Mistake(
                {"SessionPinningFilters": ["EXCLUDE_VARIABLE_SETS"]},
                "This filter is for the MySQL family only.",
            ),
            Mistake(
                {"ConnectionBorrowTimeout": 300},
                "Waiting longer does not free a pinned connection.",
            ),
        ),
    ),
)
