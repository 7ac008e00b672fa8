"""Whether a resource-based policy lets a service in, statement by statement."""

from __future__ import annotations

from typing import Any

import pytest

from lambda_lab.aws.policy import make_statement
from lambda_lab.aws.policy_check import lets_in

ACCOUNT = "123456789012"
BUCKET = "arn:aws:s3:::photos"
RULE = f"arn:aws:events:us-east-1:{ACCOUNT}:rule/nightly"


def statement(principal: str = "s3.amazonaws.com", **params: Any) -> dict[str, Any]:
    """Return a statement as ``AddPermission`` writes it."""
    asked = {
        "StatementId": "s",
        "Action": "lambda:InvokeFunction",
        "Principal": principal,
        **params,
    }
    return make_statement("arn:f", asked)


def asks(
    *statements: dict[str, Any],
    service: str = "s3.amazonaws.com",
    source: str | None = BUCKET,
    account: str | None = ACCOUNT,
) -> bool:
    return lets_in(statements, service=service, source_arn=source, source_account=account)


def test_no_statement_lets_nobody_in() -> None:
    assert not asks()


@pytest.mark.parametrize(
    ("principal", "expected"),
    [
        ("s3.amazonaws.com", True),
        ("*", True),
        ("sns.amazonaws.com", False),
        (ACCOUNT, False),
        (f"arn:aws:iam::{ACCOUNT}:role/s3.amazonaws.com", False),
    ],
)
def test_the_principal(principal: str, expected: bool) -> None:
    assert asks(statement(principal)) is expected


def test_everybody_may_be_written_as_any_account() -> None:
    assert asks({**statement(), "Principal": {"AWS": "*"}})
    assert asks(
        {**statement(), "Principal": {"Service": ["sns.amazonaws.com", "s3.amazonaws.com"]}}
    )


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("lambda:InvokeFunction", True),
        ("lambda:*", True),
        ("lambda:Invoke*", True),
        ("LAMBDA:invokefunction", True),
        ("lambda:InvokeFunctionUrl", False),
        ("lambda:GetFunction", False),
    ],
)
def test_the_action(action: str, expected: bool) -> None:
    assert asks(statement(Action=action)) is expected


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (BUCKET, True),
        ("arn:aws:s3:::*", True),
        ("arn:aws:s3:::photo?", True),
        ("arn:aws:s3:::letters", False),
        ("arn:aws:s3:::photo", False),
        ("arn:*:s3:::photos", True),
        # A wildcard does not reach over a colon of the first five parts.
        ("arn:*:photos", False),
    ],
)
@pytest.mark.fidelity("push-permissions")
def test_the_source(wanted: str, expected: bool) -> None:
    assert asks(statement(SourceArn=wanted)) is expected


def test_a_source_with_region_and_account() -> None:
    one = statement("events.amazonaws.com", SourceArn=RULE)
    assert asks(one, service="events.amazonaws.com", source=RULE)
    assert not asks(one, service="events.amazonaws.com", source=RULE + "x")
    assert not asks(one, service="events.amazonaws.com", source=None)


def test_the_account_of_the_source() -> None:
    one = statement(SourceAccount=ACCOUNT)
    assert asks(one)
    assert not asks(one, account="210987654321")
    # A bucket's ARN does not name an account, so the service must say it.
    assert not asks(one, account=None)


def test_every_condition_must_hold() -> None:
    one = statement(SourceArn=BUCKET, SourceAccount=ACCOUNT)
    assert asks(one)
    assert not asks(one, source="arn:aws:s3:::letters")
    assert not asks(one, account="210987654321")


@pytest.mark.parametrize(
    "params",
    [
        {"EventSourceToken": "amzn1.ask.skill.x"},
        {"PrincipalOrgID": "o-abcdefghij"},
        {"FunctionUrlAuthType": "NONE"},
        {"InvokedViaFunctionUrl": True},
    ],
)
def test_a_condition_about_something_else_does_not_let_a_service_in(params: Any) -> None:
    assert not asks(statement("*", **params))


def test_one_of_several_statements_is_enough() -> None:
    assert asks(statement("sns.amazonaws.com"), statement(SourceArn=BUCKET))


def test_a_deny_wins() -> None:
    assert not asks(statement(), {**statement(), "Effect": "Deny"})


def test_an_operator_that_is_not_known_does_not_match() -> None:
    odd = {**statement(), "Condition": {"IpAddress": {"aws:SourceArn": BUCKET}}}
    assert not asks(odd)
