"""Secrets Manager rotating a secret by a function."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from botocore.exceptions import ClientError

from event_tools import unused
from lambda_lab.timeline import Kind
from live_region import LiveRegion
from push_tools import arn_of, got, keeper, let_in, logs

SERVICE = "secretsmanager"
ROTATES = """
import boto3, os

def handler(event, context):
    client = boto3.client("secretsmanager")
    arn, token, step = event["SecretId"], event["ClientRequestToken"], event["Step"]
    print("STEP", step)
    if step == os.environ.get("FAILS_IN"):
        raise RuntimeError("cannot " + step)
    told = client.describe_secret(SecretId=arn)
    if not told["RotationEnabled"]:
        raise ValueError("rotation is off")
    stages = told["VersionIdsToStages"]
    if "AWSPENDING" not in stages[token]:
        raise ValueError("the version is not pending")
    if step == "createSecret":
        current = client.get_secret_value(SecretId=arn, VersionStage="AWSCURRENT")
        try:
            client.get_secret_value(SecretId=arn, VersionId=token, VersionStage="AWSPENDING")
        except client.exceptions.ResourceNotFoundException:
            client.put_secret_value(
                SecretId=arn, ClientRequestToken=token, VersionStages=["AWSPENDING"],
                SecretString=current["SecretString"] + "!",
            )
    elif step in ("setSecret", "testSecret"):
        client.get_secret_value(SecretId=arn, VersionId=token, VersionStage="AWSPENDING")
    else:
        old = next(name for name, labels in stages.items() if "AWSCURRENT" in labels)
        client.update_secret_version_stage(
            SecretId=arn, VersionStage="AWSCURRENT", MoveToVersionId=token,
            RemoveFromVersionId=old,
        )
"""
STEPS = ["createSecret", "setSecret", "testSecret", "finishSecret"]


def rotator(lab: LiveRegion, **environment: str) -> str:
    name = lab.deploy(ROTATES, Environment={"Variables": environment})
    let_in(lab, name, SERVICE)
    return name


def secret(lab: LiveRegion) -> str:
    made = lab.client(SERVICE).create_secret(Name=unused("secret"), SecretString="old")
    return str(made["ARN"])


def rotate(lab: LiveRegion, arn: str, name: str, **more: Any) -> str:
    """Ask for a rotation and wait for its end; returns the new version's id."""
    asked = lab.client(SERVICE).rotate_secret(SecretId=arn, RotationLambdaARN=arn_of(name), **more)
    lab.region.settle()
    assert asked["ARN"] == arn
    return str(asked["VersionId"])


def value(lab: LiveRegion, arn: str, **which: str) -> str:
    return str(lab.client(SERVICE).get_secret_value(SecretId=arn, **which)["SecretString"])


def steps(lab: LiveRegion, name: str) -> list[str]:
    return [line.split()[1] for line in logs(lab, name) if line.startswith("STEP")]


def stages(lab: LiveRegion, arn: str) -> dict[str, list[str]]:
    told: dict[str, list[str]] = lab.client(SERVICE).describe_secret(SecretId=arn)[
        "VersionIdsToStages"
    ]
    return told


@pytest.mark.fidelity("from-secrets")
def test_four_steps_in_order_give_a_new_value(lab: LiveRegion) -> None:
    name, arn = rotator(lab), secret(lab)
    (before,) = stages(lab, arn)
    token = rotate(lab, arn, name)
    assert steps(lab, name) == STEPS
    assert value(lab, arn) == "old!"
    assert value(lab, arn, VersionStage="AWSCURRENT") == "old!"
    assert value(lab, arn, VersionStage="AWSPREVIOUS") == "old"
    assert "AWSCURRENT" in stages(lab, arn)[token]
    assert stages(lab, arn)[before] == ["AWSPREVIOUS"]
    told = lab.client(SERVICE).describe_secret(SecretId=arn)
    assert told["RotationEnabled"] is True
    assert told["RotationLambdaARN"] == arn_of(name)
    assert abs((told["LastRotatedDate"] - lab.region.clock.now()).total_seconds()) < 60


def test_what_the_function_is_sent(lab: LiveRegion) -> None:
    name, arn = keeper(lab, SERVICE), secret(lab)
    token = rotate(lab, arn, name, ClientRequestToken="t" * 32)
    assert token == "t" * 32
    events = got(lab, name)
    assert events == [
        {"Step": step, "SecretId": arn, "ClientRequestToken": token} for step in STEPS
    ]
    assert len(lab.region.timeline.of(name, [Kind.INVOKE])) == 4


def test_again_and_again(lab: LiveRegion) -> None:
    name, arn = rotator(lab), secret(lab)
    rotate(lab, arn, name)
    lab.client(SERVICE).rotate_secret(SecretId=arn)  # the function is known by now
    lab.region.settle()
    assert value(lab, arn) == "old!!"


def test_a_step_that_fails_ends_the_rotation(
    lab: LiveRegion, caplog: pytest.LogCaptureFixture
) -> None:
    name, arn = rotator(lab, FAILS_IN="setSecret"), secret(lab)
    with caplog.at_level(logging.WARNING, "lambda_lab"):
        token = rotate(lab, arn, name)
    assert steps(lab, name) == ["createSecret", "setSecret"]
    assert any("failed in setSecret" in line for line in caplog.messages)
    assert value(lab, arn) == "old"
    assert stages(lab, arn)[token] == ["AWSPENDING"]
    with pytest.raises(ClientError, match="A previous rotation isn't complete") as refused:
        rotate(lab, arn, name)
    assert refused.value.response["Error"]["Code"] == "InvalidRequestException"


def test_every_few_days(lab: LiveRegion) -> None:
    name, arn = rotator(lab), secret(lab)
    rotate(lab, arn, name, RotationRules={"AutomaticallyAfterDays": 10})
    told = lab.client(SERVICE).describe_secret(SecretId=arn)
    days = (told["NextRotationDate"] - lab.region.clock.now()).total_seconds() / 86_400
    assert round(days) == 10
    assert told["RotationRules"] == {"AutomaticallyAfterDays": 10}
    lab.region.clock.advance(days=25)
    assert value(lab, arn) == "old!!!"
    lab.client(SERVICE).cancel_rotate_secret(SecretId=arn)
    lab.region.clock.advance(days=25)
    assert value(lab, arn) == "old!!!"


def test_a_failed_rotation_goes_on_at_its_next_date(lab: LiveRegion) -> None:
    name, arn = rotator(lab, FAILS_IN="testSecret"), secret(lab)
    token = rotate(lab, arn, name, RotationRules={"AutomaticallyAfterDays": 1})
    lab.lam.update_function_configuration(FunctionName=name, Environment={"Variables": {}})
    lab.region.clock.advance(hours=25)
    assert value(lab, arn) == "old!"
    assert "AWSCURRENT" in stages(lab, arn)[token]
    lab.client(SERVICE).delete_secret(SecretId=arn, ForceDeleteWithoutRecovery=True)
    before = len(steps(lab, name))
    lab.region.clock.advance(days=3)
    assert len(steps(lab, name)) == before


def test_not_at_once_is_only_a_test(lab: LiveRegion) -> None:
    name, arn = keeper(lab, SERVICE), secret(lab)
    rotate(lab, arn, name, RotateImmediately=False)
    assert [event["Step"] for event in got(lab, name)] == ["testSecret"]
    assert value(lab, arn) == "old"
    assert len(stages(lab, arn)) == 1


def test_a_function_that_lets_nobody_in(lab: LiveRegion) -> None:
    name, arn = keeper(lab), secret(lab)
    with pytest.raises(ClientError) as refused:
        rotate(lab, arn, name)
    error = refused.value.response["Error"]
    assert error["Code"] == "AccessDeniedException"
    assert "secretsmanager.amazonaws.com" in error["Message"]
    assert len(stages(lab, arn)) == 1
    assert "RotationEnabled" not in lab.client(SERVICE).describe_secret(SecretId=arn)


def test_a_permission_for_this_secret(lab: LiveRegion) -> None:
    name, arn, other = keeper(lab), secret(lab), secret(lab)
    let_in(lab, name, SERVICE, SourceArn=arn)
    rotate(lab, arn, name)
    assert len(got(lab, name)) == 4
    with pytest.raises(ClientError, match="cannot invoke"):
        rotate(lab, other, name)


def test_a_function_that_does_not_exist(lab: LiveRegion) -> None:
    with pytest.raises(ClientError) as refused:
        rotate(lab, secret(lab), "no-such")
    assert refused.value.response["Error"]["Code"] == "ResourceNotFoundException"


def test_a_function_that_is_deleted_later(
    lab: LiveRegion, caplog: pytest.LogCaptureFixture
) -> None:
    name, arn = rotator(lab), secret(lab)
    rotate(lab, arn, name, RotationRules={"AutomaticallyAfterDays": 1})
    lab.lam.delete_function(FunctionName=name)
    with caplog.at_level(logging.WARNING, "lambda_lab"):
        lab.region.clock.advance(days=1)
    assert any("failed in createSecret" in line for line in caplog.messages)
    assert value(lab, arn) == "old!"


def test_no_function_at_all(lab: LiveRegion) -> None:
    with pytest.raises(ClientError, match="No Lambda rotation function") as refused:
        lab.client(SERVICE).rotate_secret(SecretId=secret(lab))
    assert refused.value.response["Error"]["Code"] == "InvalidRequestException"


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ({"AutomaticallyAfterDays": 1001}, "ValidationException"),  # a bound of the model's
        ({"ScheduleExpression": "rate(4 hours)"}, "NotModelledException"),
    ],
)
def test_rules_that_are_refused(lab: LiveRegion, rules: Any, code: str) -> None:
    name = keeper(lab, SERVICE)
    with pytest.raises(ClientError) as refused:
        rotate(lab, secret(lab), name, RotationRules=rules)
    assert refused.value.response["Error"]["Code"] == code


def test_a_secret_that_is_not_there_or_marked_for_deletion(lab: LiveRegion) -> None:
    name, arn = keeper(lab, SERVICE), secret(lab)
    with pytest.raises(ClientError) as refused:
        rotate(lab, "no-such-secret", name)
    assert refused.value.response["Error"]["Code"] == "ResourceNotFoundException"
    lab.client(SERVICE).delete_secret(SecretId=arn)
    with pytest.raises(ClientError) as refused:
        rotate(lab, arn, name)
    assert refused.value.response["Error"]["Code"] == "InvalidRequestException"


def test_a_secret_without_a_value(lab: LiveRegion) -> None:
    name = keeper(lab, SERVICE)
    arn = lab.client(SERVICE).create_secret(Name=unused("secret"))["ARN"]
    rotate(lab, arn, name)
    assert [event["Step"] for event in got(lab, name)] == STEPS
