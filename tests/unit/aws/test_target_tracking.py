"""What capacity follows from which metric, on the examples of AWS's pages and at the edges."""

from __future__ import annotations

import itertools
import math

import pytest

from lambda_lab.aws.autoscaling.resources import Bounds, parse_resource_id
from lambda_lab.aws.autoscaling.tracking import (
    EXTRA_PERIODS,
    Decision,
    Reading,
    alarm_state,
    decide,
    scaled_in,
    scaled_out,
)

WIDE = Bounds(1, 1000)


@pytest.mark.parametrize(
    ("row", "state"),
    [
        # CloudWatch, "Configuring how CloudWatch alarms treat missing data": 3 out of 3.
        ("0 - X - X", "OK"),
        ("0 - - - -", "OK"),
        ("- - - - -", "INSUFFICIENT_DATA"),
        ("0 X X - X", "ALARM"),
        ("- - X - -", "ALARM"),
        # Ours.
        ("X X X X X", "ALARM"),
        ("X X X X 0", "OK"),
        ("0 0 X X X", "ALARM"),
        ("0 0 0 X X", "OK"),
        ("- - - X X", None),
        ("- - - - X", None),
        ("X - - - -", "ALARM"),
        ("- - - 0 X", "OK"),
    ],
)
def test_an_alarm_with_three_periods(row: str, state: str | None) -> None:
    values = [{"X": 0.9, "0": 0.1, "-": None}[mark] for mark in row.split()]
    assert len(values) == 3 + EXTRA_PERIODS
    assert alarm_state(values, 3, lambda value: value > 0.7) == state


def test_a_value_at_the_threshold_is_not_beyond_it() -> None:
    assert alarm_state([0.7] * 5, 3, lambda value: value > 0.7) == "OK"


@pytest.mark.parametrize(
    ("capacity", "value", "target", "wanted"),
    [
        (100, 1.0, 0.7, 143),
        (100, 0.7, 0.7, 100),
        (100, 0.71, 0.7, 102),
        (1, 1.0, 0.9, 2),
        (7, 0.9, 0.9, 7),
        (1000, 1.0, 0.1, 10_000),
    ],
)
def test_out_in_proportion(capacity: int, value: float, target: float, wanted: int) -> None:
    assert scaled_out(capacity, value, target) == wanted


def test_in_by_a_tenth_at_most_and_never_above_the_target() -> None:
    for capacity, percent in itertools.product((1, 2, 3, 9, 10, 11, 50, 99, 1000), range(1, 64)):
        value = percent / 100
        smaller = scaled_in(capacity, value, 0.7)
        assert capacity - max(1, capacity // 10) <= smaller <= capacity
        assert value * capacity / smaller <= 0.7 + 1e-9


def test_capacity_comes_to_rest_where_the_load_is_at_the_target() -> None:
    load, capacity = 35.0, 10
    for _ in range(50):
        value = min(1.0, load / capacity)
        reading = Reading("p", 0.7, value, high=value > 0.7, low=value < 0.63)
        decision = decide([reading], capacity, WIDE)
        if decision is not None:
            capacity = decision.capacity
    assert 0.63 <= load / capacity <= 0.7
    assert capacity == math.ceil(35 / 0.7) == 50


# -- several policies ------------------------------------------------------------------------------


def choose(*readings: Reading, capacity: int = 10, bounds: Bounds = WIDE) -> Decision | None:
    return decide(readings, capacity, bounds)


def test_any_policy_scales_out_and_the_largest_wins() -> None:
    one = Reading("one", 0.7, 0.8, high=True)
    two = Reading("two", 0.5, 0.9, high=True)
    calm = Reading("calm", 0.9, 0.1, low=True)
    decision = choose(one, two, calm)
    assert decision is not None
    assert (decision.capacity, decision.reading.policy, decision.out) == (18, "two", True)


def test_all_must_agree_to_scale_in() -> None:
    low = Reading("low", 0.7, 0.1, low=True)
    rests = Reading("rests", 0.7, 0.68)
    assert choose(low, rests) is None
    never_in = Reading("never in", 0.7, 0.68, scales_in=False)
    decision = choose(low, never_in)
    assert decision is not None
    assert decision.capacity == 9
    assert choose(Reading("only", 0.7, 0.1, low=True, scales_in=False)) is None


def test_an_alarm_without_a_value_that_counts_does_nothing() -> None:
    assert choose(Reading("p", 0.7, None, high=True)) is None
    assert choose(Reading("p", 0.7, None, low=True)) is None


def test_suspended() -> None:
    high, low = Reading("p", 0.7, 0.9, high=True), Reading("p", 0.7, 0.1, low=True)
    assert decide([high], 10, WIDE, out_suspended=True) is None
    assert decide([low], 10, WIDE, in_suspended=True) is None
    assert decide([high], 10, WIDE, in_suspended=True) is not None
    assert decide([low], 10, WIDE, out_suspended=True) is not None


def test_cooldowns() -> None:
    # 10 became 13; what the same load asks for again is counted, a larger load is not held back.
    same = Reading("p", 0.7, 0.9, high=True, out_from=10)
    decision = choose(same, capacity=13)
    assert decision is not None
    assert (decision.capacity, decision.not_scaled) == (13, "AlreadyAtDesiredCapacity")
    larger = choose(Reading("p", 0.7, 1.0, high=True, out_from=10), capacity=13)
    assert larger is not None
    assert larger.capacity == 15
    assert choose(Reading("p", 0.7, 0.1, low=True, in_waits=True)) is None


@pytest.mark.parametrize(
    ("reading", "capacity", "bounds", "expected"),
    [
        (Reading("p", 0.7, 1.0, high=True), 10, Bounds(1, 12), (12, "")),
        (Reading("p", 0.7, 1.0, high=True), 12, Bounds(1, 12), (12, "AlreadyAtMaxCapacity")),
        (Reading("p", 0.7, 0.1, low=True), 2, Bounds(2, 9), (2, "AlreadyAtMinCapacity")),
        (Reading("p", 0.7, 0.6, low=True), 2, Bounds(1, 9), (2, "AutoScalingAnticipatedFlapping")),
        # Somebody set it by hand: what acts brings it back.
        (Reading("p", 0.7, 1.0, high=True), 50, Bounds(1, 12), (12, "")),
        (Reading("p", 0.7, 0.1, low=True), 1, Bounds(3, 12), (3, "")),
    ],
)
def test_bounds(reading: Reading, capacity: int, bounds: Bounds, expected: tuple[int, str]) -> None:
    decision = decide([reading], capacity, bounds)
    assert decision is not None
    assert (decision.capacity, decision.not_scaled) == expected


@pytest.mark.parametrize(
    "text",
    ["", "f:live", "function", "function:f", "function:f:", "function:f:$LATEST", "function:f:0",
     "function:f:01", "function:f:live:1", "function:f/live", "function:a b:live",
     "function:f:live\n", f"function:{'f' * 65}:live", f"function:f:{'a' * 129}",
     "function:f:\u0661", "arn:aws:lambda:us-east-1:123456789012:function:f:live"],
)  # fmt: skip
def test_what_is_no_resource_id(text: str) -> None:
    assert parse_resource_id(text) is None
