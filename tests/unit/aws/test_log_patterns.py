"""Filter patterns of CloudWatch Logs, mostly those of AWS's page."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lambda_lab.aws.pushes.log_patterns import LogPattern
from lambda_lab.errors import NotModelledError

LINES = [
    "[ERROR 400] BAD REQUEST",
    "[ERROR 401] UNAUTHORIZED REQUEST",
    "[ERROR 419] MISSING ARGUMENTS",
    "[ERROR 420] INVALID ARGUMENTS",
]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("", [0, 1, 2, 3]),
        ("ERROR", [0, 1, 2, 3]),
        ("error", []),
        ("ERROR ARGUMENTS", [2, 3]),
        ("ARGUMENTS ERROR", [2, 3]),
        ('"BAD REQUEST"', [0]),
        ("ERROR -ARGUMENTS", [0, 1]),
        ('ERROR -"BAD REQUEST" -INVALID', [1, 2]),
        ("?MISSING ?INVALID", [2, 3]),
        ("?MISSING ?INVALID REQUEST", [0, 1]),
        ("%4[12]0%", [3]),
        ("-ERROR", []),
        ("   ", [0, 1, 2, 3]),
    ],
)
def test_terms(pattern: str, expected: list[int]) -> None:
    found = [number for number, line in enumerate(LINES) if LogPattern(pattern).matches(line)]
    assert found == expected


EVENT = {
    "eventType": "UpdateTrail",
    "sourceIPAddress": "111.111.111.111",
    "arrayKey": ["value", "another value"],
    "objectList": [{"name": "a", "id": 1}, {"name": "b", "id": 2}],
    "SomeObject": None,
    "cluster.name": "c",
    "ok": True,
    "took": 3.5,
    "nested": {"deep": {"er": "x"}},
}


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ('{ $.eventType = "UpdateTrail" }', True),
        ('{$.eventType="UpdateTrail"}', True),
        ("{ $.eventType = UpdateTrail }", True),
        ('{ $.eventType = "Update*" }', True),
        ('{ $.eventType = "*Trail" }', True),
        ('{ $.eventType != "NoTrail" }', True),
        ('{ $.eventType != "UpdateTrail" }', False),
        ("{ $.sourceIPAddress != 123.123.* }", True),
        ("{ $.sourceIPAddress = 111.111.* }", True),
        ('{ $.arrayKey[0] = "value" }', True),
        ('{ $.arrayKey[1] = "value" }', False),
        ('{ $.arrayKey[7] = "value" }', False),
        ('{ $.arrayKey[*] = "another value" }', True),
        ("{ $.objectList[1].id = 2 }", True),
        ("{ $.objectList[*].id > 1 }", True),
        ("{ $.SomeObject IS NULL }", True),
        ("{ $.eventType IS NULL }", False),
        ("{ $.SomeOtherObject NOT EXISTS }", True),
        ("{ $.eventType NOT EXISTS }", False),
        ("{ $.ok IS TRUE }", True),
        ("{ $.ok IS FALSE }", False),
        ("{ $.took >= 3.5 }", True),
        ("{ $.took < 3.5 }", False),
        ("{ $.took = 3.5 }", True),
        ('{ $.took = "3.5" }', False),
        ("{ $.eventType > 3 }", False),
        ("{ $.missing != 3 }", False),
        ("{ $.nested.deep.er = x }", True),
        ("{ $['cluster.name'] = c }", True),
        ("{ $.eventType = %^Update% }", True),
        ('{ $.ok IS TRUE && $.took > 9 || $.eventType = "UpdateTrail" }', True),
        ('{ $.ok IS TRUE && ($.took > 9 || $.eventType = "No") }', False),
        ("{ ($.ok IS TRUE) && ($.took > 3) }", True),
    ],
)
def test_json(pattern: str, expected: bool) -> None:
    assert LogPattern(pattern).matches(json.dumps(EVENT) + "\n") is expected


@pytest.mark.parametrize("message", ["plain text", "[1, 2]", "3", "", '{"a": ', "[" * 100_000])
def test_what_is_no_json_object_does_not_match(message: str) -> None:
    assert not LogPattern("{ $.a NOT EXISTS }").matches(message)


@pytest.mark.parametrize(
    "pattern",
    [
        *("{", "{ }", "{ $.a }", "{ $.a = }", "{ = 1 }", "{ $.a = 1 } more", "{ ($.a = 1 }"),
        *("{ $.a = 1 || }", "{ $.a > many }", "{ $.a = 1 $.b = 2 }", "{ $.a = %(% }", "%(%"),
        "{" + "(" * 5000 + "$.a = 1" + ")" * 5000 + "}",
    ],
)
def test_what_is_no_pattern(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        LogPattern(pattern)


@pytest.mark.fidelity("log-filter-columns")
def test_what_is_not_modelled() -> None:
    with pytest.raises(NotModelledError):
        LogPattern("[ip, user, ...]")


def test_a_deep_selector_into_something_else() -> None:
    event: Any = {"a": 1}
    assert LogPattern("{ $.a.b.c NOT EXISTS }").matches(json.dumps(event))
