"""What a role may do: the rules of IAM, on documents and through a region's IAM."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lambda_lab.aws.permissions import allows

ROLE = "arn:aws:iam::123456789012:role/r"
QUEUE = "arn:aws:sqs:us-east-1:123456789012:orders"
SEND = "sqs:SendMessage"


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def one(**members: Any) -> str:
    return document({"Effect": "Allow", "Action": SEND, "Resource": QUEUE} | members)


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({}, True),
        ({"Action": "sqs:*"}, True),
        ({"Action": "*"}, True),
        ({"Action": "SQS:sendmessage"}, True),
        ({"Action": ["sns:Publish", "sqs:Send??ssage"]}, True),
        ({"Action": "sqs:SendMessageBatch"}, False),
        ({"Action": "sqs.SendMessage"}, False),
        ({"Action": []}, False),
        ({"Resource": "*"}, True),
        ({"Resource": "arn:aws:sqs:*:*:ord*"}, True),
        ({"Resource": "arn:aws:sqs:us-east-1:123456789012:order?"}, True),
        ({"Resource": "arn:aws:sqs:us-east-1:123456789012:Orders"}, False),
        ({"Resource": "arn:aws:sqs:us-east-1:123456789012:order[s]"}, False),
        ({"Resource": []}, False),
        ({"Effect": "Deny"}, False),
        ({"Effect": "allow"}, False),
    ],
)
def test_one_statement(members: dict[str, Any], expected: bool) -> None:
    assert allows([one(**members)], ROLE, SEND, QUEUE) is expected


def test_no_policy_allows_nothing() -> None:
    assert not allows([], ROLE, SEND, QUEUE)


def test_a_deny_wins_wherever_it_stands() -> None:
    allow, deny = one(), one(Effect="Deny", Action="sqs:*", Resource="*")
    assert not allows([allow, deny], ROLE, SEND, QUEUE)
    assert not allows([deny, allow], ROLE, SEND, QUEUE)
    elsewhere = one(Effect="Deny", Resource=f"{QUEUE}-other")
    assert allows([allow, elsewhere], ROLE, SEND, QUEUE)


def test_what_is_not_named() -> None:
    not_action = document({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"})
    assert allows([not_action], ROLE, SEND, QUEUE)
    assert not allows([not_action], ROLE, "iam:PassRole", "*")
    not_resource = document({"Effect": "Allow", "Action": "*", "NotResource": QUEUE})
    assert not allows([not_resource], ROLE, SEND, QUEUE)
    assert allows([not_resource], ROLE, SEND, f"{QUEUE}-other")


def test_a_statement_alone_needs_no_list() -> None:
    bare = json.dumps({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})
    assert allows([bare], ROLE, SEND, QUEUE)


@pytest.mark.parametrize("broken", ["", "null", "[]", "{}", '{"Statement": 3}', "{"])
def test_a_broken_document_allows_nothing(broken: str) -> None:
    assert not allows([broken], ROLE, SEND, QUEUE)


@pytest.mark.parametrize(
    ("condition", "allowed", "denied"),
    [
        ({"StringEquals": {"aws:ResourceAccount": "123456789012"}}, True, True),
        ({"StringEquals": {"aws:ResourceAccount": "999999999999"}}, False, False),
        ({"StringNotEquals": {"AWS:RequestedRegion": ["eu-west-1"]}}, True, True),
        ({"StringLike": {"aws:RequestedRegion": "us-*"}}, True, True),
        ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/r"}}, True, True),
        ({"Bool": {"aws:SecureTransport": False}}, False, False),
        ({"Bool": {"aws:SecureTransport": "true"}}, True, True),
        # Only a function's own code has this key; these are requests of Lambda itself.
        ({"ArnEquals": {"lambda:SourceFunctionArn": "arn:aws:lambda:*"}}, False, False),
        ({"ArnNotEquals": {"lambda:SourceFunctionArn": "arn:aws:lambda:*"}}, True, True),
        ({"ArnLikeIfExists": {"lambda:SourceFunctionArn": "arn:aws:lambda:*"}}, True, True),
        ({"Null": {"lambda:SourceFunctionArn": "true"}}, True, True),
        ({"Null": {"lambda:SourceFunctionArn": "false"}}, False, False),
        # What is not known neither allows nor lets through.
        ({"DateLessThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}}, False, True),
        ({"StringEquals": {"aws:PrincipalOrgID": "o-1"}}, False, True),
    ],
)
def test_conditions(condition: dict[str, Any], allowed: bool, denied: bool) -> None:
    assert allows([one(Condition=condition)], ROLE, SEND, QUEUE) is allowed
    deny = one(Effect="Deny", Condition=condition)
    assert allows([one(), deny], ROLE, SEND, QUEUE) is not denied
