"""What Application Auto Scaling takes and refuses, and what it lists."""

from __future__ import annotations

from typing import Any

import pytest

from live_region import LiveRegion
from release_tools import refusal
from scaling_tools import DIMENSION, UTILIZATION, Scaled

VALIDATION = (400, "ValidationException")
NOT_FOUND = (400, "ObjectNotFoundException")
TRACKING = {"TargetValue": 0.7, "PredefinedMetricSpecification": UTILIZATION}


@pytest.fixture(scope="module")
def scaled(lab: LiveRegion) -> Scaled:
    return Scaled(lab, 1, 5)


def test_a_target_as_it_is_described(scaled: Scaled) -> None:
    told = scaled.target
    arn = scaled.register()
    assert arn == told["ScalableTargetARN"]
    assert ":scalable-target/" in arn
    assert told["RoleARN"].endswith("/AWSServiceRoleForApplicationAutoScaling_LambdaConcurrency")
    assert (told["MinCapacity"], told["MaxCapacity"]) == (1, 5)
    assert told["ScalableDimension"] == DIMENSION
    assert abs((scaled.now() - told["CreationTime"]).total_seconds()) < 3600
    assert set(told["SuspendedState"].values()) == {False}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"MinCapacity": 6}, "Maximum capacity cannot be less than minimum capacity"),
        ({"MaxCapacity": 0}, "Maximum capacity cannot be less than minimum capacity"),
        ({"MinCapacity": -1}, "Minimum capacity cannot be less than 0"),
        ({"ResourceId": "function:{name}"}, "Unsupported service namespace"),
        ({"ResourceId": "function:{name}:$LATEST"}, "Unsupported service namespace"),
        ({"ResourceId": "{name}:live"}, "Unsupported service namespace"),
        ({"ResourceId": "service/a/b"}, "Unsupported service namespace"),
        ({"ScalableDimension": "ecs:service:DesiredCount"}, "Unsupported service namespace"),
        ({"ResourceId": "function:{name}:x", "MinCapacity": 1, "MaxCapacity": 2}, "doesn't exist"),
        ({"ResourceId": "function:{name}:9", "MinCapacity": 1, "MaxCapacity": 2}, "doesn't exist"),
        ({"ResourceId": "function:no:live", "MinCapacity": 1, "MaxCapacity": 2}, "doesn't exist"),
        ({"ResourceId": "function:{name}:1", "MinCapacity": 1}, "Maximum capacity is required"),
        ({"ResourceId": "function:{name}:1", "MaxCapacity": 1}, "Minimum capacity is required"),
    ],
)
def test_targets_that_are_refused(scaled: Scaled, change: dict[str, Any], words: str) -> None:
    asked = {
        key: value.format(name=scaled.name) if isinstance(value, str) else value
        for key, value in {**scaled.key, **change}.items()
    }
    *answer, message = refusal(scaled.client.register_scalable_target, **asked)
    assert tuple(answer) == VALIDATION
    assert words in message
    assert (scaled.target["MinCapacity"], scaled.target["MaxCapacity"]) == (1, 5)


def test_a_change_brings_the_capacity_into_the_range(lab: LiveRegion) -> None:
    scaled = Scaled(lab, 2, 5)
    scaled.lab.lam.put_provisioned_concurrency_config(
        FunctionName=scaled.name, Qualifier="live", ProvisionedConcurrentExecutions=8
    )
    scaled.later(hours=1)
    assert scaled.capacity == 8  # nothing has triggered anything
    scaled.register()
    assert scaled.capacity == 5
    scaled.register(MinCapacity=0, MaxCapacity=0)
    assert scaled.provisioned() is None
    assert scaled.activities()[-1]["StatusCode"] == "Successful"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"PolicyType": "StepScaling"}, "StepScaling is not supported"),
        ({"PolicyType": "PredictiveScaling"}, "PredictiveScaling is not supported"),
        ({"PolicyType": "Simple"}, "failed to satisfy constraint"),
        ({"TargetTrackingScalingPolicyConfiguration": {**TRACKING, "TargetValue": 70}}, "between"),
        ({"TargetTrackingScalingPolicyConfiguration": {"TargetValue": 0.7}}, "Exactly one of"),
    ],
)
def test_policies_that_are_refused(scaled: Scaled, change: dict[str, Any], words: str) -> None:
    asked = {
        **scaled.key,
        "PolicyName": "refused",
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": TRACKING,
        **change,
    }
    *answer, message = refusal(scaled.client.put_scaling_policy, **asked)
    assert tuple(answer) == VALIDATION
    assert words in message


def test_a_policy_needs_its_type_and_configuration_once(scaled: Scaled) -> None:
    put = scaled.client.put_scaling_policy
    asked = {**scaled.key, "PolicyName": "parts"}
    assert refusal(put, **asked)[:2] == VALIDATION
    scaled.track(name="parts")
    put(**asked)  # nothing changes
    (told,) = scaled.client.describe_scaling_policies(
        ServiceNamespace="lambda", PolicyNames=["parts"]
    )["ScalingPolicies"]
    assert told["TargetTrackingScalingPolicyConfiguration"] == TRACKING
    assert len(told["Alarms"]) == 2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"Schedule": "every day"}, "Invalid schedule expression"),
        ({"Timezone": "Mars/Olympus"}, "Invalid time zone"),
        ({"ScalableTargetAction": {}}, "MinCapacity, a MaxCapacity or both"),
        ({"ScalableTargetAction": {"MinCapacity": 3, "MaxCapacity": 2}}, "less than minimum"),
        ({"StartTime": 2_000_000_000, "EndTime": 1_900_000_000}, "before the end time"),
    ],
)
def test_actions_that_are_refused(scaled: Scaled, change: dict[str, Any], words: str) -> None:
    asked = {
        **scaled.key,
        "ScheduledActionName": "refused",
        "Schedule": "rate(1 day)",
        "ScalableTargetAction": {"MinCapacity": 1},
        **change,
    }
    *answer, message = refusal(scaled.client.put_scheduled_action, **asked)
    assert tuple(answer) == VALIDATION
    assert words in message


def test_what_is_not_there(lab: LiveRegion) -> None:
    scaled = Scaled(lab)
    named = (
        f"for service namespace: lambda, resource ID: {scaled.resource_id}, "
        f"scalable dimension: {DIMENSION}"
    )
    client, key = scaled.client, scaled.key
    policy = {"PolicyName": "p", "PolicyType": "TargetTrackingScaling"}
    registered = (*NOT_FOUND, f"No scalable target registered {named}")
    asked = {**key, **policy, "TargetTrackingScalingPolicyConfiguration": TRACKING}
    assert refusal(client.put_scaling_policy, **asked) == registered
    action = {"ScheduledActionName": "a", "Schedule": "rate(1 day)"}
    asked = {**key, **action, "ScalableTargetAction": {"MinCapacity": 1}}
    assert refusal(client.put_scheduled_action, **asked) == registered
    found = (*NOT_FOUND, f"No scalable target found {named}")
    assert refusal(client.deregister_scalable_target, **key) == found
    assert refusal(client.delete_scaling_policy, **key, PolicyName="p") == (
        *NOT_FOUND,
        f"No scaling policy found {named}, policy name: p",
    )
    assert refusal(client.delete_scheduled_action, **key, ScheduledActionName="a") == (
        *NOT_FOUND,
        f"No scheduled action found {named}, scheduled action name: a",
    )


def test_tags_are_not_modelled(scaled: Scaled) -> None:
    asked = {**scaled.key, "Tags": {"team": "one"}}
    assert refusal(scaled.client.register_scalable_target, **asked)[:2] == (
        501,
        "NotModelledException",
    )


def test_lists_come_in_pages(lab: LiveRegion) -> None:
    scaled = Scaled(lab, 1, 5)
    for number in range(5):
        scaled.schedule(f"action-{number}", "rate(1 day)", MinCapacity=number)
    pages = scaled.client.get_paginator("describe_scheduled_actions").paginate(
        ServiceNamespace="lambda", ResourceId=scaled.resource_id, PaginationConfig={"PageSize": 2}
    )
    listed = [[one["ScheduledActionName"] for one in page["ScheduledActions"]] for page in pages]
    assert [len(page) for page in listed] == [2, 2, 1]
    assert [name for page in listed for name in page] == [f"action-{number}" for number in range(5)]
    describe = scaled.client.describe_scheduled_actions
    assert refusal(describe, ServiceNamespace="lambda", MaxResults=51)[:2] == VALIDATION
    bad = refusal(describe, ServiceNamespace="lambda", NextToken="what?")
    assert bad[:2] == (400, "InvalidNextTokenException")
    alone = refusal(describe, ServiceNamespace="lambda", ScalableDimension=DIMENSION)
    assert alone[:2] == VALIDATION


def test_other_services_keep_what_moto_does(lab: LiveRegion) -> None:
    lab.client("dynamodb").create_table(
        TableName="orders",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    client = lab.client("application-autoscaling")
    key = {
        "ServiceNamespace": "dynamodb",
        "ResourceId": "table/orders",
        "ScalableDimension": "dynamodb:table:ReadCapacityUnits",
    }
    client.register_scalable_target(**key, MinCapacity=1, MaxCapacity=5)
    answer = client.put_scaling_policy(
        **key,
        PolicyName="reads",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={"TargetValue": 70.0},
    )
    assert len(answer["Alarms"]) == 4
    client.put_scheduled_action(
        **key,
        ScheduledActionName="a",
        Schedule="rate(1 day)",
        ScalableTargetAction={"MinCapacity": 1},
    )
    (target,) = client.describe_scalable_targets(ServiceNamespace="dynamodb")["ScalableTargets"]
    assert target["ResourceId"] == "table/orders"
    client.delete_scheduled_action(**key, ScheduledActionName="a")
    client.delete_scaling_policy(**key, PolicyName="reads")
    client.deregister_scalable_target(**key)
