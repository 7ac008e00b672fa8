"""When a scheduled action of Application Auto Scaling is due, and which settings are none."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from lambda_lab.aws.autoscaling.checks import (
    check_action,
    check_bounds,
    check_policy,
    read_schedule,
    read_zone,
)
from lambda_lab.aws.autoscaling.timetable import Timetable
from lambda_lab.aws.schedule_expressions import parse
from lambda_lab.clock import SECOND
from lambda_lab.errors import AwsError, NotModelledError

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def ns(moment: datetime) -> int:
    return int(moment.timestamp()) * SECOND


def due(text: str, after: datetime = NOON, **settings: Any) -> str | None:
    """Return when an action made at noon is next due."""
    table = Timetable(parse(text, once=True), ns(NOON), **settings)
    found = table.next_after(ns(after))
    return None if found is None else f"{datetime.fromtimestamp(found / SECOND, UTC):%d %H:%M}"


def at(hour: int, day: int = 21) -> int:
    return ns(NOON.replace(day=day, hour=hour))


def test_once() -> None:
    assert due("at(2026-11-21T18:00:00)") == "21 18:00"
    assert due("at(2026-11-21T18:00:00)", zone=ZoneInfo("America/New_York")) == "21 23:00"
    assert due("at(2026-11-21T11:59:59)") is None
    assert due("at(2026-11-21T18:00:00)", end_ns=at(13)) == "21 18:00"


def test_recurring() -> None:
    assert due("cron(0 7 * * ? *)") == "22 07:00"
    assert due("cron(0 7 ? * MON-FRI *)") == "23 07:00"
    assert due("cron(0 7 * * ? *)", zone=ZoneInfo("Europe/Paris")) == "22 06:00"
    assert due("cron(0 7 * * ? *)", start_ns=at(8, 22)) == "23 07:00"
    assert due("cron(0 7 * * ? *)", start_ns=at(7, 23)) == "23 07:00"
    assert due("cron(0 7 * * ? *)", end_ns=at(7, 22)) == "22 07:00"
    assert due("cron(0 7 * * ? *)", end_ns=at(6, 22)) is None
    assert due("cron(0 7 * * ? *)", end_ns=0) is None


def test_a_rate() -> None:
    assert due("rate(6 hours)", after=NOON.replace(hour=11)) == "21 18:00"
    assert due("rate(6 hours)", after=NOON.replace(hour=18)) == "22 00:00"
    assert due("rate(6 hours)", start_ns=at(14)) == "21 14:00"
    assert due("rate(6 hours)", start_ns=at(14), after=NOON.replace(hour=14)) == "21 20:00"
    assert due("rate(6 hours)", start_ns=at(14), end_ns=at(13)) is None


# -- refusals --------------------------------------------------------------------------------------


def refused(check: Any, *values: Any) -> str:
    with pytest.raises(AwsError) as caught:
        check(*values)
    assert caught.value.code == "ValidationException"
    return caught.value.message


@pytest.mark.parametrize(
    ("minimum", "maximum"),
    [(None, 1), (1, None), (-1, 1), (1, -1), (2, 1), (1, 2**31), (0.5, 1), (True, 1), ("1", 2),
     (float("nan"), 1)],
)  # fmt: skip
def test_bounds_that_are_none(minimum: Any, maximum: Any) -> None:
    assert "apacity" in refused(check_bounds, minimum, maximum)


def test_bounds_may_be_zero_and_equal() -> None:
    assert check_bounds(0, 0).hold(5) == 0


@pytest.mark.parametrize("text", ["", "rate(0 minutes)", "rate(1 minutes)", "cron(0 7 * * *)",
                                  "at(tomorrow)", "every day", "cron(0 7 * * * *)"])  # fmt: skip
def test_schedules_that_are_none(text: str) -> None:
    assert text in refused(read_schedule, text)


@pytest.mark.parametrize("name", ["Europe/Atlantis", "../etc/passwd", "/etc/passwd", "a\0b"])
def test_zones_that_are_none(name: str) -> None:
    assert "Invalid time zone" in refused(read_zone, name)


def test_no_zone_is_utc() -> None:
    assert read_zone(None) is UTC
    assert read_zone("") is UTC


@pytest.mark.parametrize(
    ("action", "schedule", "known"),
    [
        (None, "rate(1 day)", False),
        ({"MinCapacity": 1}, None, False),
        ({}, "rate(1 day)", False),
        ({}, None, True),
        ({"MinCapacity": 2, "MaxCapacity": 1}, "rate(1 day)", False),
        ({"MinCapacity": -1}, "rate(1 day)", True),
        ({"MaxCapacity": 1.5}, "rate(1 day)", True),
    ],
)
def test_actions_that_are_none(action: Any, schedule: str | None, known: bool) -> None:
    refused(check_action, action, schedule, known)


def test_an_action_may_be_changed_in_parts() -> None:
    check_action(None, "rate(1 day)", True)
    check_action({"MaxCapacity": 4}, None, True)


PREDEFINED = {
    "PredefinedMetricSpecification": {
        "PredefinedMetricType": "LambdaProvisionedConcurrencyUtilization"
    }
}
CUSTOM = {
    "CustomizedMetricSpecification": {
        "Namespace": "AWS/Lambda",
        "MetricName": "ProvisionedConcurrencyUtilization",
        "Statistic": "Maximum",
    }
}


def custom(**settings: Any) -> dict[str, Any]:
    return {"CustomizedMetricSpecification": CUSTOM["CustomizedMetricSpecification"] | settings}


@pytest.mark.parametrize("target", [0.1, 0.7, 0.9])
def test_targets_of_the_documented_range(target: float) -> None:
    check_policy("TargetTrackingScaling", {"TargetValue": target, **PREDEFINED})


def test_a_metric_of_ones_own_may_have_any_target() -> None:
    check_policy("TargetTrackingScaling", {"TargetValue": 50, **CUSTOM})


@pytest.mark.parametrize(
    ("kind", "config"),
    [
        (None, {"TargetValue": 0.7, **PREDEFINED}),
        ("SimpleScaling", {"TargetValue": 0.7, **PREDEFINED}),
        ("StepScaling", {"AdjustmentType": "ChangeInCapacity"}),
        ("PredictiveScaling", {"MetricSpecifications": []}),
        ("TargetTrackingScaling", None),
        ("TargetTrackingScaling", PREDEFINED),
        ("TargetTrackingScaling", {"TargetValue": 0.7}),
        ("TargetTrackingScaling", {"TargetValue": 0.7, **PREDEFINED, **CUSTOM}),
        *(
            ("TargetTrackingScaling", {"TargetValue": target, **PREDEFINED})
            for target in (0, 0.09, 0.91, 70, -0.7, float("nan"), float("inf"), True, "0.7", None)
        ),
        *(
            ("TargetTrackingScaling", {"TargetValue": target, **CUSTOM})
            for target in (0, -1, float("nan"), float("inf"), 2.0**361, 10**400)
        ),
        (
            "TargetTrackingScaling",
            {
                "TargetValue": 0.7,
                "PredefinedMetricSpecification": {
                    "PredefinedMetricType": "ECSServiceAverageCPUUtilization"
                },
            },
        ),
        ("TargetTrackingScaling", {"TargetValue": 0.7, "ScaleInCooldown": -1, **PREDEFINED}),
        ("TargetTrackingScaling", {"TargetValue": 0.7, "ScaleOutCooldown": 1.5, **PREDEFINED}),
        ("TargetTrackingScaling", {"TargetValue": 0.7, **custom(Statistic="p90")}),
        ("TargetTrackingScaling", {"TargetValue": 0.7, **custom(Namespace="")}),
    ],
)
def test_policies_that_are_none(kind: str | None, config: Mapping[str, Any] | None) -> None:
    refused(check_policy, kind, config)


def test_metric_math_is_not_modelled() -> None:
    config = {"TargetValue": 1, "CustomizedMetricSpecification": {"Metrics": [{"Id": "m1"}]}}
    with pytest.raises(NotModelledError, match="metric math"):
        check_policy("TargetTrackingScaling", config)
