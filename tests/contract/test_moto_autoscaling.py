"""Each private name of moto's that auto scaling of provisioned concurrency goes through."""

from __future__ import annotations

import inspect
from typing import Any

import moto.applicationautoscaling.responses as moto_responses
import pytest
from moto.applicationautoscaling.models import (
    ApplicationAutoscalingBackend,
    FakeApplicationAutoscalingPolicy,
    applicationautoscaling_backends,
)
from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from moto.cloudwatch.models import MetricAggregatedDatum, MetricDatum, cloudwatch_backends
from moto.core.models import DEFAULT_ACCOUNT_ID

REGION = "eu-west-3"
RESOURCE, DIMENSION = "function:f:live", "lambda:function:ProvisionedConcurrency"


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        (
            ApplicationAutoscalingBackend.register_scalable_target,
            "self namespace r_id dimension min_capacity max_capacity role_arn suspended_state",
        ),
        (
            ApplicationAutoscalingBackend.deregister_scalable_target,
            "self namespace r_id dimension",
        ),
        (
            ApplicationAutoscalingBackend.put_scaling_policy,
            (
                "self policy_name service_namespace resource_id scalable_dimension policy_body "
                "policy_type"
            ),
        ),
        (
            ApplicationAutoscalingBackend.delete_scaling_policy,
            "self policy_name service_namespace resource_id scalable_dimension",
        ),
        (
            ApplicationAutoscalingBackend.put_scheduled_action,
            (
                "self service_namespace schedule timezone scheduled_action_name resource_id "
                "scalable_dimension start_time end_time scalable_target_action"
            ),
        ),
        (
            ApplicationAutoscalingBackend.delete_scheduled_action,
            "self service_namespace scheduled_action_name resource_id scalable_dimension",
        ),
        (
            FakeApplicationAutoscalingPolicy.formulate_key,
            "service_namespace resource_id scalable_dimension policy_name",
        ),
        (moto_responses._build_target, "t"),
        (moto_responses._build_policy, "p"),
        (moto_responses._build_scheduled_action, "a"),
        (ApplicationAutoScalingResponse._validate_params, "self"),
    ],
)
def test_methods_have_the_parameters_we_use(method: Any, expected: str) -> None:
    names = [*inspect.signature(method).parameters]
    assert names == expected.split(), "moto changed: look at aws/autoscaling/opened.py, listings.py"


def test_activities_are_still_missing() -> None:
    assert not hasattr(ApplicationAutoScalingResponse, "describe_scaling_activities"), (
        "moto has scaling activities now: see aws/autoscaling/listings.py"
    )


def test_moto_keeps_what_we_read_and_makes_no_alarms_for_lambda() -> None:
    backend = applicationautoscaling_backends[DEFAULT_ACCOUNT_ID][REGION]
    target = backend.register_scalable_target("lambda", RESOURCE, DIMENSION, 1, 5, "", None)
    assert backend.targets[DIMENSION][RESOURCE] is target
    assert (target.min_capacity, target.max_capacity) == (1, 5)
    config = {"TargetValue": 0.7}
    policy = backend.put_scaling_policy(
        "p", "lambda", RESOURCE, DIMENSION, config, "TargetTrackingScaling"
    )
    assert policy.target_tracking_scaling_policy_configuration is config
    assert policy._policy_body is config
    assert str(policy._guid) in policy.policy_arn
    assert policy.alarms == [], "moto makes alarms for Lambda now: see aws/autoscaling/alarms.py"
    backend.put_scheduled_action(
        "lambda", "rate(1 day)", None, "a", RESOURCE, DIMENSION, None, None, {"MinCapacity": 1}
    )
    (action,) = backend.scheduled_actions
    assert action.scalable_target_action == {"MinCapacity": 1}
    assert action.arn.endswith("a")
    applicationautoscaling_backends.reset()


def test_cloudwatch_keeps_points_in_the_order_they_came() -> None:
    backend = cloudwatch_backends[DEFAULT_ACCOUNT_ID][REGION]
    backend.put_metric_data(
        "Own",
        [
            {"MetricName": "m", "Value": 2.0},
            {
                "MetricName": "m",
                "StatisticValues": {"SampleCount": 2, "Sum": 3.0, "Minimum": 1, "Maximum": 2},
            },
        ],
    )
    one, two = backend.metric_data
    assert isinstance(one, MetricDatum)
    assert one.value == 2.0
    assert isinstance(two, MetricAggregatedDatum)
    assert [float(each) for each in (two.sample_count, two.sum, two.min, two.max)] == [2, 3, 1, 2]
    cloudwatch_backends.reset()


@pytest.mark.fidelity("alarms")
def test_an_alarm_can_be_made_and_deleted() -> None:
    backend = cloudwatch_backends[DEFAULT_ACCOUNT_ID][REGION]
    alarm = backend.put_metric_alarm(
        name="n",
        namespace="AWS/Lambda",
        metric_name="m",
        comparison_operator="GreaterThanThreshold",
        evaluation_periods=3,
        period=60,
        threshold=0.7,
        statistic="Average",
        unit=None,
        description="d",
        dimensions=[{"Name": "FunctionName", "Value": "f"}],
        alarm_actions=["arn"],
    )
    assert backend.alarms["n"] is alarm
    assert alarm.actions_enabled
    alarm.update_state("reason", "{}", "ALARM")
    assert alarm.state_value == "ALARM"
    backend.delete_alarms(["n", "not there"])
    assert not backend.alarms
    cloudwatch_backends.reset()
