"""The operators of event patterns on a bus, one by one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lambda_lab.aws.pushes.event_patterns import EventPatternError, check_event_pattern, matches

EVENT = {
    "source": "aws.ec2",
    "detail-type": "State Change",
    "resources": ["arn:one", "arn:two"],
    "detail": {
        "state": "RUNNING",
        "file": "dir/Photo.PNG",
        "ip": "10.0.0.7",
        "ip6": "2001:db8::1",
        "count": 300,
        "share": 0.5,
        "yes": True,
        "nothing": None,
        "empty": "",
        "star": "a*b",
        "lines": "one\ntwo",
        "items": [{"sku": "a", "n": 1}, {"sku": "b", "n": 2}],
        "tags": ["red", "green"],
    },
}


def asks(field: str, *alternatives: Any) -> bool:
    return matches(json.dumps({"detail": {field: list(alternatives)}}), EVENT)


@pytest.mark.parametrize(
    ("field", "alternative", "expected"),
    [
        ("state", "RUNNING", True),
        ("state", "running", False),
        ("state", {"equals-ignore-case": "running"}, True),
        ("state", {"prefix": "RUN"}, True),
        ("state", {"prefix": "run"}, False),
        ("state", {"prefix": {"equals-ignore-case": "run"}}, True),
        ("file", {"suffix": ".PNG"}, True),
        ("file", {"suffix": ".png"}, False),
        ("file", {"suffix": {"equals-ignore-case": ".png"}}, True),
        ("state", {"anything-but": "RUNNING"}, False),
        ("state", {"anything-but": ["STOPPED", "RUNNING"]}, False),
        ("state", {"anything-but": ["STOPPED"]}, True),
        ("state", {"anything-but": {"prefix": "RUN"}}, False),
        ("state", {"anything-but": {"prefix": ["STOP", "RUN"]}}, False),
        ("state", {"anything-but": {"suffix": "ING"}}, False),
        ("state", {"anything-but": {"suffix": "ED"}}, True),
        ("state", {"anything-but": {"equals-ignore-case": "running"}}, False),
        ("state", {"anything-but": {"equals-ignore-case": ["stopped", "running"]}}, False),
        ("file", {"anything-but": {"wildcard": "*/Photo.*"}}, False),
        ("file", {"anything-but": {"wildcard": "*.jpg"}}, True),
        ("absent", {"anything-but": "RUNNING"}, False),
        ("count", {"anything-but": 300}, False),
        ("count", {"anything-but": [1, 2]}, True),
        ("file", {"wildcard": "dir/*.PNG"}, True),
        ("file", {"wildcard": "*Photo*"}, True),
        ("file", {"wildcard": "*photo*"}, False),
        ("star", {"wildcard": "a\\*b"}, True),
        ("file", {"wildcard": "dir\\*"}, False),
        ("lines", {"wildcard": "one*two"}, True),
        ("ip", {"cidr": "10.0.0.0/24"}, True),
        ("ip", {"cidr": "10.0.1.0/24"}, False),
        ("ip6", {"cidr": "2001:db8::/32"}, True),
        ("state", {"cidr": "10.0.0.0/24"}, False),
        ("count", {"numeric": [">", 299, "<=", 300]}, True),
        ("count", {"numeric": ["=", 3e2]}, True),
        ("share", {"numeric": ["<", 0.5]}, False),
        ("yes", {"numeric": ["=", 1]}, False),
        ("yes", 1, False),
        ("yes", True, True),
        ("count", "300", False),
        ("count", 300, True),
        ("nothing", None, True),
        ("empty", "", True),
        ("empty", None, False),
        ("absent", None, False),
        ("absent", {"exists": False}, True),
        ("state", {"exists": False}, False),
        ("state", {"exists": True}, True),
        ("tags", "green", True),
        ("tags", {"prefix": "gr"}, True),
        ("tags", {"anything-but": "red"}, True),
    ],
)
@pytest.mark.fidelity("from-eventbridge")
def test_one_operator(field: str, alternative: Any, expected: bool) -> None:
    assert asks(field, alternative) is expected


def test_alternatives_and_fields() -> None:
    assert asks("state", "STOPPED", "RUNNING")
    assert asks("absent", "x", {"exists": False})
    assert matches('{"source": ["aws.ec2"], "detail": {"state": ["RUNNING"]}}', EVENT)
    assert not matches('{"source": ["aws.ec2"], "detail": {"state": ["STOPPED"]}}', EVENT)
    assert matches('{"resources": ["arn:two"]}', EVENT)
    assert not matches('{"account": ["1"]}', EVENT)


def test_or_joins_patterns() -> None:
    either = '{"detail": {"$or": [{"state": ["NO"]}, {"count": [{"numeric": [">", 1]}]}]}}'
    assert matches(either, EVENT)
    assert not matches('{"detail": {"$or": [{"state": ["NO"]}, {"count": [1]}]}}', EVENT)
    assert matches('{"$or": [{"source": ["x"]}, {"detail": {"state": ["RUNNING"]}}]}', EVENT)


def test_fields_of_a_list_of_objects_belong_together() -> None:
    assert matches('{"detail": {"items": {"sku": ["a"], "n": [1]}}}', EVENT)
    assert not matches('{"detail": {"items": {"sku": ["a"], "n": [2]}}}', EVENT)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "not valid JSON"),
        ("[]", "not an object"),
        ('"x"', "not an object"),
        ("{}", "Empty objects"),
        ('{"source": {}}', "Empty objects"),
        ('{"source": []}', "Empty arrays"),
        ('{"source": "x"}', "'source' must be an object or an array"),
        ('{"source": null}', "'source' must be an object or an array"),
        ('{"source": [["x"]]}', "Match value must be"),
        ('{"source": [{"like": "x"}]}', "Unrecognized match type like"),
        ('{"source": [{"prefix": "x", "suffix": "y"}]}', "Only one key"),
        ('{"source": [{}]}', "Only one key"),
        ('{"source": [{"prefix": {"suffix": "y"}}]}', "prefix match pattern must be a string"),
        ('{"source": [{"prefix": 1}]}', "cannot have"),
        ('{"source": [{"wildcard": 1}]}', "wildcard match pattern"),
        ('{"source": [{"wildcard": "a**"}]}', "Consecutive wildcard"),
        ('{"source": [{"cidr": "10.0.0.0/99"}]}', "Malformed CIDR"),
        ('{"source": [{"cidr": 10}]}', "Malformed CIDR"),
        ('{"source": [{"anything-but": {"numeric": ["=", 1]}}]}', "Unsupported anything-but"),
        ('{"source": [{"anything-but": {"prefix": [1]}}]}', "must be strings"),
        ('{"source": [{"anything-but": []}]}', "cannot have"),
        ('{"source": [{"numeric": [">"]}]}', "cannot have"),
        ('{"source": [{"exists": "yes"}]}', "cannot have"),
        ('{"source": [NaN]}', "not valid JSON"),
        ('{"a":' * 200 + '["x"]' + "}" * 200, "too many levels"),
        ("[" * 100_000, "not valid JSON"),
    ],
)
def test_what_is_no_pattern(text: str, reason: str) -> None:
    with pytest.raises(EventPatternError, match=reason):
        check_event_pattern(text)
