"""Scheduled actions that change provisioned concurrency: up in the morning, down in the evening."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from live_region import LiveRegion
from scaling_tools import Scaled


@pytest.mark.fidelity("autoscaling")
def test_a_day(lab: LiveRegion) -> None:
    scaled = Scaled(lab, 0, 0)
    assert scaled.provisioned() is None
    scaled.schedule("morning", "cron(0 7 * * ? *)", MinCapacity=3, MaxCapacity=3)
    scaled.schedule("evening", "cron(0 20 * * ? *)", MinCapacity=0, MaxCapacity=0)
    scaled.until(7)
    assert (scaled.capacity, scaled.status) == (3, "IN_PROGRESS")
    assert lab.call(scaled.name, Qualifier="live").value == "on-demand"
    scaled.later(minutes=3)
    assert scaled.status == "READY"
    assert lab.call(scaled.name, Qualifier="live").value == "provisioned-concurrency"
    assert scaled.target["MinCapacity"] == 3
    scaled.until(20)
    assert scaled.provisioned() is None
    assert scaled.target["MaxCapacity"] == 0
    scaled.later(minutes=30)
    assert lab.call(scaled.name, Qualifier="live").value == "on-demand"
    scaled.until(7, 5)
    assert (scaled.capacity, scaled.status) == (3, "READY")


def test_what_is_told(lab: LiveRegion) -> None:
    scaled = Scaled(lab, 1, 2)
    began = len(scaled.activities())
    scaled.schedule("more", "rate(1 hour)", MinCapacity=2, MaxCapacity=4)
    planned = scaled.now() + timedelta(hours=1)
    scaled.later(hours=1, minutes=2)
    bounds, change = scaled.activities()[began:]
    assert bounds["Description"] == "Setting min capacity to 2 and max capacity to 4"
    assert bounds["Cause"] == "scheduled action name more was triggered"
    assert bounds["StatusCode"] == "Successful"
    assert abs(bounds["StartTime"] - planned) < timedelta(seconds=5)
    assert change["Description"] == "Setting desired concurrency to 2."
    assert change["Cause"] == "minimum capacity was set to 2"
    assert change["StatusCode"] == "Successful"
    assert timedelta(seconds=60) <= change["EndTime"] - change["StartTime"] < timedelta(minutes=2)


def test_only_one_of_the_bounds(lab: LiveRegion) -> None:
    scaled = Scaled(lab, 2, 5)
    scaled.schedule("more", "rate(1 hour)", MinCapacity=4)
    scaled.later(hours=1, minutes=2)
    target = scaled.target
    assert (target["MinCapacity"], target["MaxCapacity"], scaled.capacity) == (4, 5, 4)
    scaled.schedule("more", "rate(1 hour)", MinCapacity=6)
    scaled.later(hours=1, minutes=2)
    assert scaled.target["MinCapacity"] == 4
    failed = scaled.activities()[-1]
    assert failed["StatusCode"] == "Failed"
    assert "cannot be less than minimum capacity" in failed["StatusMessage"]


def test_a_time_zone(lab: LiveRegion) -> None:
    scaled = Scaled(lab, 1, 5)
    there = scaled.now().astimezone(ZoneInfo("Asia/Kolkata")) + timedelta(hours=2)
    scaled.schedule(
        "once", f"at({there:%Y-%m-%dT%H:%M}:00)", Timezone="Asia/Kolkata", MinCapacity=2
    )
    scaled.later(hours=1, minutes=58)
    assert scaled.capacity == 1
    scaled.later(minutes=3)
    assert scaled.capacity == 2


def test_start_and_end(lab: LiveRegion) -> None:
    scaled = Scaled(lab, 1, 9)
    now = scaled.now()
    first, end = now + timedelta(hours=3), now + timedelta(hours=5)
    scaled.schedule("some", "rate(1 hour)", MinCapacity=2, StartTime=first, EndTime=end)

    def fired() -> int:
        cause = "scheduled action name some was triggered"
        return sum(each["Cause"] == cause for each in scaled.activities())

    scaled.later(hours=2, minutes=59)
    assert fired() == 0
    scaled.later(minutes=2)
    assert fired() == 1
    scaled.later(hours=9)
    assert fired() == 3  # at the start, an hour later, and at the end


def test_a_change_and_a_deletion(lab: LiveRegion) -> None:
    scaled = Scaled(lab, 1, 9)
    scaled.schedule("some", "rate(1 hour)", MinCapacity=2, EndTime=scaled.now())
    scaled.schedule("some", "rate(2 hours)")  # without times the old ones are deleted
    told = scaled.client.describe_scheduled_actions(ServiceNamespace="lambda", **_of(scaled))
    (action,) = told["ScheduledActions"]
    assert action["Schedule"] == "rate(2 hours)"
    assert action["ScalableTargetAction"] == {"MinCapacity": 2}
    assert "EndTime" not in action
    scaled.later(hours=1, minutes=5)
    assert scaled.capacity == 1
    scaled.later(hours=1)
    assert scaled.capacity == 2
    scaled.schedule("other", "rate(1 hour)", MinCapacity=3)
    scaled.client.delete_scheduled_action(**scaled.key, ScheduledActionName="other")
    scaled.later(hours=3)
    assert scaled.capacity == 2


def _of(scaled: Scaled) -> dict[str, Any]:
    return {"ResourceId": scaled.resource_id, "ScalableDimension": scaled.key["ScalableDimension"]}


def test_suspended_and_resumed(lab: LiveRegion) -> None:
    scaled = Scaled(lab, 1, 9)
    scaled.schedule("some", "rate(1 hour)", MinCapacity=2)
    scaled.register(SuspendedState={"ScheduledScalingSuspended": True})
    scaled.later(hours=2)
    assert scaled.capacity == 1
    assert scaled.target["SuspendedState"] == {
        "DynamicScalingInSuspended": False,
        "DynamicScalingOutSuspended": False,
        "ScheduledScalingSuspended": True,
    }
    scaled.register(SuspendedState={"ScheduledScalingSuspended": False})
    scaled.later(hours=1)
    assert scaled.capacity == 2


def test_a_refusal_of_lambda_is_told(lab: LiveRegion) -> None:
    scaled = Scaled(lab, 1, 9)
    lab.lam.put_function_concurrency(FunctionName=scaled.name, ReservedConcurrentExecutions=2)
    scaled.schedule("some", "rate(1 hour)", MinCapacity=3)
    scaled.later(hours=1, minutes=5)
    assert scaled.capacity == 1
    failed = scaled.activities()[-1]
    assert failed["StatusCode"] == "Failed"
    assert "reservedConcurrentExecution" in failed["StatusMessage"]
    lab.lam.delete_function_concurrency(FunctionName=scaled.name)


def test_an_alias_that_is_gone(lab: LiveRegion) -> None:
    scaled = Scaled(lab, 0, 9)
    scaled.schedule("some", "rate(1 hour)", MinCapacity=3)
    lab.lam.delete_alias(FunctionName=scaled.name, Name="live")
    scaled.later(hours=1, minutes=5)
    failed = scaled.activities()[-1]
    assert failed["StatusCode"] == "Failed"
    assert "Cannot find alias arn" in failed["StatusMessage"]


def test_deregistering_ends_it_and_keeps_the_capacity(lab: LiveRegion) -> None:
    scaled = Scaled(lab, 1, 9)
    scaled.schedule("some", "rate(1 hour)", MinCapacity=3)
    scaled.client.deregister_scalable_target(**scaled.key)
    scaled.later(hours=2)
    assert scaled.capacity == 1
    told = scaled.client.describe_scheduled_actions(ServiceNamespace="lambda", **_of(scaled))
    assert told["ScheduledActions"] == []
