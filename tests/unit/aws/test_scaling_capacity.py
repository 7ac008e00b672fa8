"""Changing a capacity: the range, the activity that tells of it, and a service that takes time."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from lambda_lab.aws.autoscaling.capacity import State
from lambda_lab.aws.autoscaling.resources import DIMENSION, Resource
from lambda_lab.aws.autoscaling.scaling import FOLLOW_SECONDS, Scaling, Target
from lambda_lab.clock import SECOND, Clock
from lambda_lab.errors import AwsError
from lambda_lab.ids import Ids
from lambda_lab.invoke.workers import Workers

REFUSAL = AwsError("InvalidParameterValueException", "not so many")


class FakeCapacity:
    """A service that takes a minute, and refuses more than a hundred."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.requested = 0
        self.ready_ns = 0
        self.failure = ""
        self.asked: list[int] = []

    def exists(self, region: str, resource: Resource) -> bool:
        return True

    def read(self, region: str, resource: Resource) -> State:
        if self.failure:
            return State(self.requested, "FAILED", self.failure)
        waits = self.clock.now_ns() < self.ready_ns
        return State(self.requested, "IN_PROGRESS" if waits else "READY")

    def set(self, region: str, resource: Resource, capacity: int) -> None:
        self.asked.append(capacity)
        if capacity > 100:
            raise REFUSAL
        self.requested = capacity
        self.ready_ns = self.clock.now_ns() + 60 * SECOND


class Bench:
    """A target with moto's part of it left out."""

    def __init__(self, minimum: int, maximum: int) -> None:
        self.clock = Clock(real_time_ns=lambda: 0)
        self.workers = Workers()
        self.clock.on_settle(self.workers.wait_idle)
        self.capacity = FakeCapacity(self.clock)
        self.scaling = Scaling(self.capacity, self.clock, self.workers, Ids(1))
        self.record = SimpleNamespace(
            resource_id="function:f:live",
            scalable_dimension=DIMENSION,
            min_capacity=minimum,
            max_capacity=maximum,
            suspended_state={},
        )
        backend = SimpleNamespace(region_name="us-east-1", targets={})
        self.target = Target(backend, self.record, Resource("f", "live"))

    def told(self) -> list[dict[str, Any]]:
        """Return the activities, newest first."""
        now_ns = self.clock.now_ns()
        return [each.described() for each in self.target.journal.latest_first(now_ns)]

    def statuses(self) -> list[str]:
        return [each["StatusCode"] for each in self.told()]


@pytest.fixture
def bench() -> Any:
    made = Bench(5, 20)
    yield made
    made.workers.close()


def test_what_is_outside_is_brought_in(bench: Bench) -> None:
    bench.scaling.into_bounds(bench.target)
    assert bench.capacity.asked == [5]
    (told,) = bench.told()
    assert told["Description"] == "Setting desired concurrency to 5."
    assert told["Cause"] == "minimum capacity was set to 5"
    assert told["StatusCode"] == "InProgress"
    assert "EndTime" not in told
    assert "Waiting for change to be fulfilled by lambda." in told["StatusMessage"]
    bench.clock.advance(60)
    (told,) = bench.told()
    assert told["StatusCode"] == "Successful"
    assert told["EndTime"] == 60
    assert "Change successfully fulfilled by lambda." in told["StatusMessage"]
    assert bench.target.settled_ns == 60 * SECOND


def test_what_is_inside_stays(bench: Bench) -> None:
    bench.capacity.requested = 20
    bench.scaling.into_bounds(bench.target)
    assert bench.capacity.asked == []
    assert bench.told() == []


def test_what_is_too_much_comes_down(bench: Bench) -> None:
    bench.capacity.requested = 50
    bench.scaling.into_bounds(bench.target)
    assert bench.capacity.asked == [20]
    assert bench.told()[0]["Cause"] == "maximum capacity was set to 20"


def test_a_later_change_overrides_one_that_is_not_done(bench: Bench) -> None:
    done: list[int] = []
    bench.scaling.set(bench.target, 6, "first", done.append)
    bench.clock.advance(FOLLOW_SECONDS * 3)
    bench.scaling.set(bench.target, 7, "second", done.append)
    assert bench.statuses() == ["InProgress", "Overridden"]
    bench.clock.advance(minutes=5)
    assert bench.statuses() == ["Successful", "Overridden"]
    assert done == [90 * SECOND]


def test_a_refusal_and_a_failure_are_told(bench: Bench) -> None:
    bench.scaling.set(bench.target, 101, "asked for")
    assert bench.told()[0]["StatusCode"] == "Failed"
    assert bench.told()[0]["StatusMessage"].endswith("Reason: not so many")
    bench.scaling.set(bench.target, 9, "asked for")
    bench.capacity.failure = "FUNCTION_ERROR_INIT_FAILURE"
    bench.clock.advance(FOLLOW_SECONDS)
    assert bench.told()[0]["StatusCode"] == "Failed"
    assert "FUNCTION_ERROR_INIT_FAILURE" in bench.told()[0]["StatusMessage"]
    assert bench.target.settled_ns == 0


def test_activities_are_kept_for_six_weeks(bench: Bench) -> None:
    bench.scaling.set(bench.target, 6, "old")
    bench.clock.advance(days=42)
    assert len(bench.told()) == 1
    bench.clock.advance(1)
    assert bench.told() == []
    bench.scaling.set(bench.target, 7, "new")
    assert [each["Cause"] for each in bench.told()] == ["new"]


def test_why_nothing_was_done_is_told_once(bench: Bench) -> None:
    reason = {"Code": "AlreadyAtMaxCapacity", "MaxCapacity": 20}
    for _ in range(3):
        bench.scaling.leave(bench.target, reason, "an alarm")
    (told,) = bench.told()
    assert told["NotScaledReasons"] == [reason]
    assert told["Description"] == "Attempting to scale due to alarm triggered"
    bench.scaling.set(bench.target, 6, "changed")
    bench.scaling.leave(bench.target, reason, "an alarm")
    assert len(bench.told()) == 3
