"""Target tracking on real calls: out under load, in after it, and not at all without calls."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from live_region import LiveRegion
from scaling_tools import Scaled

MAXIMUM = {
    "Namespace": "AWS/Lambda",
    "MetricName": "ProvisionedConcurrencyUtilization",
    "Statistic": "Maximum",
}


def started_as(scaled: Scaled) -> str:
    """Make one call; returns how its environment was made."""
    return str(scaled.lab.call(scaled.name, Qualifier="live").value)


def minutes_of(scaled: Scaled, minutes: int, value: float) -> None:
    """Let each of so many minutes have one data point of the alias's utilization."""
    for _ in range(minutes):
        put(scaled, value)
        scaled.later(minutes=1)


def put(scaled: Scaled, value: float) -> None:
    dimensions = [
        {"Name": "FunctionName", "Value": scaled.name},
        {"Name": "Resource", "Value": f"{scaled.name}:live"},
    ]
    scaled.lab.client("cloudwatch").put_metric_data(
        Namespace="AWS/Lambda",
        MetricData=[
            {
                "MetricName": "ProvisionedConcurrencyUtilization",
                "Dimensions": dimensions,
                "Value": value,
                "Timestamp": scaled.now(),
            }
        ],
    )


def ready(lab: LiveRegion, minimum: int, maximum: int, **policy: Any) -> Scaled:
    """Return a target with a policy, just after a full minute."""
    scaled = Scaled(lab, minimum, maximum)
    scaled.track(**policy)
    scaled.to_full_minute()
    return scaled


@pytest.mark.fidelity("autoscaling")
def test_real_load_scales_out_and_its_end_does_not_scale_in(lab: LiveRegion) -> None:
    scaled = ready(lab, 1, 10)
    for _ in range(3):
        assert scaled.capacity == 1
        assert started_as(scaled) == "provisioned-concurrency"  # one of one: all are in use
        scaled.later(minutes=1)
    assert scaled.states()["High"] == "ALARM"
    assert (scaled.capacity, scaled.status) == (2, "IN_PROGRESS")
    scaled.later(minutes=2)
    assert (scaled.capacity, scaled.status) == (2, "READY")
    change = scaled.activities()[-1]
    assert change["Description"] == "Setting desired concurrency to 2."
    assert change["Cause"].startswith(
        f"monitor alarm TargetTracking-{scaled.resource_id}-AlarmHigh-"
    )
    assert change["Cause"].endswith(" in state ALARM triggered policy policy")
    assert change["StatusCode"] == "Successful"
    # Nobody calls: no data, no scale-in, and the bill goes on.
    scaled.later(hours=12)
    assert scaled.states() == {"High": "INSUFFICIENT_DATA", "Low": "INSUFFICIENT_DATA"}
    assert scaled.capacity == 2


def test_some_calls_scale_in_step_by_step(lab: LiveRegion) -> None:
    scaled = Scaled(lab, 4, 10)
    scaled.register(MinCapacity=1)
    scaled.track()
    scaled.to_full_minute()
    capacities = []
    for _ in range(20):
        assert started_as(scaled) == "provisioned-concurrency"
        scaled.later(minutes=1)
        capacities.append(scaled.capacity)
    assert capacities[:14] == [4] * 14
    assert capacities[14] == 3  # the fifteenth minute below 63 percent
    assert all(one - two in (0, 1) for one, two in pairwise(capacities))
    assert capacities[-1] == 2  # one of one in use would be above the target
    told = scaled.activities(IncludeNotScaledActivities=True)
    assert "-AlarmLow-" in told[-1]["Cause"]


def test_the_alarms(lab: LiveRegion) -> None:
    scaled = Scaled(lab, 1, 10)
    answer = scaled.track(0.7)
    alarms = lab.client("cloudwatch").describe_alarms(
        AlarmNames=[alarm["AlarmName"] for alarm in answer["Alarms"]]
    )["MetricAlarms"]
    high, low = sorted(alarms, key=lambda alarm: str(alarm["AlarmName"]))
    assert high["AlarmName"].startswith(f"TargetTracking-{scaled.resource_id}-AlarmHigh-")
    assert low["AlarmName"].startswith(f"TargetTracking-{scaled.resource_id}-AlarmLow-")
    assert (high["Threshold"], high["ComparisonOperator"]) == (0.7, "GreaterThanThreshold")
    assert abs(low["Threshold"] - 0.63) < 1e-9
    assert low["ComparisonOperator"] == "LessThanThreshold"
    assert (high["EvaluationPeriods"], low["EvaluationPeriods"]) == (3, 15)
    for alarm in (high, low):
        assert alarm["Period"] == 60
        assert alarm["Statistic"] == "Average"
        assert alarm["StateValue"] == "INSUFFICIENT_DATA"
        assert alarm["AlarmActions"][0].startswith(answer["PolicyARN"])
        assert {one["Name"]: one["Value"] for one in alarm["Dimensions"]} == {
            "FunctionName": scaled.name,
            "Resource": f"{scaled.name}:live",
        }


def test_a_policy_that_is_changed_keeps_its_names(lab: LiveRegion) -> None:
    scaled = Scaled(lab, 1, 10)
    before = scaled.track(0.7)
    after = scaled.track(0.5, DisableScaleIn=True)
    assert after["PolicyARN"] == before["PolicyARN"]
    assert after["Alarms"] == [one for one in before["Alarms"] if "AlarmHigh" in one["AlarmName"]]
    assert set(scaled.states()) == {"High"}
    assert set(scaled.track(0.5)["Alarms"][1]) == {"AlarmName", "AlarmARN"}
    assert scaled.track(0.6)["Alarms"] == before["Alarms"]
    scaled.client.delete_scaling_policy(**scaled.key, PolicyName="policy")
    assert scaled.states() == {}


def test_in_proportion_up_to_the_maximum(lab: LiveRegion) -> None:
    scaled = ready(lab, 10, 16)
    minutes_of(scaled, 3, 1.0)
    assert scaled.capacity == 15
    minutes_of(scaled, 3, 1.0)
    assert scaled.capacity == 16
    minutes_of(scaled, 4, 1.0)
    assert scaled.capacity == 16
    (left,) = (
        each
        for each in scaled.activities(IncludeNotScaledActivities=True)
        if "NotScaledReasons" in each
    )
    assert left["NotScaledReasons"] == [{"Code": "AlreadyAtMaxCapacity", "MaxCapacity": 16}]
    assert left["StatusCode"] == "Failed"
    assert all("NotScaledReasons" not in each for each in scaled.activities())


def test_a_change_that_is_not_done_is_waited_for(lab: LiveRegion) -> None:
    scaled = ready(lab, 10, 100)
    minutes_of(scaled, 3, 1.0)
    assert (scaled.capacity, scaled.status) == (15, "IN_PROGRESS")
    minutes_of(scaled, 1, 1.0)
    # Ready now, but the load of this minute was measured against ten.
    assert (scaled.capacity, scaled.status) == (15, "READY")
    minutes_of(scaled, 1, 1.0)
    assert scaled.capacity == 22


def test_a_cooldown_holds_the_same_load_back(lab: LiveRegion) -> None:
    scaled = ready(lab, 10, 100, ScaleOutCooldown=600)
    minutes_of(scaled, 8, 0.9)
    assert scaled.capacity == 13
    minutes_of(scaled, 1, 1.0)  # a larger one is not held back
    assert scaled.capacity == 15
    minutes_of(scaled, 13, 1.0)
    assert scaled.capacity > 15


def test_a_cooldown_of_scaling_in(lab: LiveRegion) -> None:
    scaled = Scaled(lab, 20, 100)
    scaled.register(MinCapacity=1)
    scaled.track(ScaleInCooldown=300)
    scaled.to_full_minute()
    minutes_of(scaled, 15, 0.3)
    assert scaled.capacity == 18
    minutes_of(scaled, 4, 0.3)
    assert scaled.capacity == 18
    minutes_of(scaled, 4, 0.3)
    assert scaled.capacity == 17


def test_suspended(lab: LiveRegion) -> None:
    scaled = ready(lab, 10, 100)
    scaled.register(SuspendedState={"DynamicScalingOutSuspended": True})
    minutes_of(scaled, 5, 1.0)
    assert scaled.states()["High"] == "ALARM"
    assert scaled.capacity == 10
    scaled.register(SuspendedState={"DynamicScalingOutSuspended": False})
    minutes_of(scaled, 1, 1.0)
    assert scaled.capacity == 15


def test_the_maximum_sees_short_bursts(lab: LiveRegion) -> None:
    scaled = Scaled(lab, 10, 100)
    dimensions = [
        {"Name": "FunctionName", "Value": scaled.name},
        {"Name": "Resource", "Value": f"{scaled.name}:live"},
    ]
    metric = {**MAXIMUM, "Dimensions": dimensions}
    config = {"TargetValue": 0.7, "CustomizedMetricSpecification": metric}
    scaled.client.put_scaling_policy(
        **scaled.key,
        PolicyName="bursts",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration=config,
    )
    scaled.to_full_minute()
    for _ in range(3):
        for value in (0.1, 0.1, 0.9):
            put(scaled, value)
        scaled.later(minutes=1)
    assert scaled.capacity == 13


def test_two_policies_agree_before_scaling_in(lab: LiveRegion) -> None:
    scaled = Scaled(lab, 10, 100)
    scaled.register(MinCapacity=1)
    scaled.track(0.7, "loose")
    scaled.track(0.2, "tight")
    scaled.to_full_minute()
    minutes_of(scaled, 17, 0.19)  # far below the one, at the other
    assert scaled.capacity == 10
    scaled.client.delete_scaling_policy(**scaled.key, PolicyName="tight")
    minutes_of(scaled, 1, 0.19)
    assert scaled.capacity == 9


def test_alarms_without_actions_and_without_themselves(lab: LiveRegion) -> None:
    scaled = ready(lab, 10, 100)
    names = [
        alarm["AlarmName"]
        for policy in scaled.client.describe_scaling_policies(
            ServiceNamespace="lambda", ResourceId=scaled.resource_id
        )["ScalingPolicies"]
        for alarm in policy["Alarms"]
    ]
    cloudwatch = lab.client("cloudwatch")
    cloudwatch.disable_alarm_actions(AlarmNames=names)
    minutes_of(scaled, 4, 1.0)
    assert scaled.states()["High"] == "ALARM"
    assert scaled.capacity == 10
    cloudwatch.enable_alarm_actions(AlarmNames=names)
    cloudwatch.delete_alarms(AlarmNames=names)
    minutes_of(scaled, 4, 1.0)
    assert scaled.capacity == 10


def test_the_schedule_moves_the_bounds_of_the_policy(lab: LiveRegion) -> None:
    scaled = ready(lab, 10, 12)
    minutes_of(scaled, 3, 1.0)
    assert scaled.capacity == 12
    scaled.schedule("more", "rate(1 hour)", MaxCapacity=30)
    scaled.later(hours=1)
    minutes_of(scaled, 4, 1.0)
    assert 12 < scaled.capacity <= 30


def test_a_version_by_number(lab: LiveRegion) -> None:
    scaled = Scaled(lab)
    scaled.resource_id = f"function:{scaled.name}:1"
    scaled.register(MinCapacity=1, MaxCapacity=3)
    told = lab.lam.get_provisioned_concurrency_config(FunctionName=scaled.name, Qualifier="1")
    assert told["RequestedProvisionedConcurrentExecutions"] == 1
    assert scaled.track()["Alarms"][0]["AlarmName"].startswith(
        f"TargetTracking-function:{scaled.name}:1-AlarmHigh-"
    )
