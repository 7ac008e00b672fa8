"""Labs L80 and L81: what counts as a repair, and what does not."""

from __future__ import annotations

from typing import Any

import pytest

from lambda_lab import teach
from lambda_lab.teach import Verdict
from lambda_lab.teach.practice_network import IDS, PracticeEc2


def verdict(exercise: str, answer: Any) -> Verdict:
    return teach.check(exercise, answer).verdict


def test_the_faults_show_one_behind_the_other() -> None:
    found = []
    for faults in (("route", "exit", "acl"), ("exit", "acl"), ("acl",), ()):
        told = PracticeEc2(*faults).verdict()
        found.append((told.failing.component if told.failing else None, told.code))
    assert found == [
        ("rtb-back", "NO_ROUTE_TO_DESTINATION"),
        ("rtb-exit", "NO_ROUTE_TO_DESTINATION"),
        ("acl-back", "SUBNET_ACL_RESTRICTION"),
        (None, None),
    ]


def _entry(ec2: Any, ids: dict[str, str], **other: Any) -> None:
    rule = {
        "NetworkAclId": ids["back acl"],
        "RuleNumber": 50,
        "Protocol": "-1",
        "RuleAction": "allow",
        "Egress": False,
        "CidrBlock": "0.0.0.0/0",
    }
    ec2.create_network_acl_entry(**rule | other)


def test_other_rules_that_let_answers_in_are_right() -> None:
    assert verdict("L81.3", _entry) is Verdict.RIGHT
    assert verdict("L81.3", lambda e, i: _entry(e, i, RuleNumber=100)) is Verdict.RIGHT


@pytest.mark.parametrize(
    "other",
    [
        {"RuleAction": "deny"},
        {"CidrBlock": "10.0.0.0/16"},
        {"NetworkAclId": "acl-other"},
        {"Protocol": "17"},
        {"Egress": True},
    ],
)
def test_rules_that_do_not_help(other: dict[str, Any]) -> None:
    assert verdict("L81.3", lambda e, i: _entry(e, i, **other)) is Verdict.NOT_YET


@pytest.mark.parametrize(
    "answer",
    [
        "create_route",
        7,
        lambda ec2, ids: ec2.delete_vpc(VpcId=ids["shop"]),
        lambda ec2, ids: ec2.create_route(RouteTableId=ids["back table"]),
        lambda ec2, ids: ids["nobody"],
        lambda ec2, ids: 1,
    ],
)
@pytest.mark.parametrize("exercise", ["L81.1", "L81.2", "L81.3"])
def test_what_is_no_repair(exercise: str, answer: Any) -> None:
    assert verdict(exercise, answer) is Verdict.NOT_YET


def test_the_copy_has_all_that_the_lab_names() -> None:
    assert {"back table", "exit table", "nat", "gateway", "back acl"} <= set(IDS)


def test_eight_cases_and_three_errors() -> None:
    right = {"A": "no", "B": "Yes", "C": "NO", "D": "yes"}
    assert verdict("L80.1", right) is Verdict.RIGHT
    assert verdict("L80.1", right | {"B": "no"}) is Verdict.NOT_YET
    assert verdict("L80.2", "an Interface Endpoint.") is Verdict.RIGHT
    assert verdict("L80.2", "peering") is Verdict.NOT_YET
    assert verdict("L80.3", {"timed out": "dropped"}) is Verdict.NOT_YET
