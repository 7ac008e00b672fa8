"""The model of how many batches run at once."""

from __future__ import annotations

import pytest

from lambda_lab.clock import SECOND
from lambda_lab.invoke.mapping.poller_scaling import PollerScaling, ScalingRules, curve
from lambda_lab.invoke.mapping.settings import MappingSettings

MINUTE = 60 * SECOND


def settings(**more: int) -> MappingSettings:
    return MappingSettings("u", "arn:q", "arn:f", batch_size=1, **more)


@pytest.fixture
def scaling() -> PollerScaling:
    return PollerScaling(ScalingRules.on_demand())


@pytest.mark.parametrize(
    ("more", "at_once", "after_an_hour"),
    [
        ({}, 5, 1250),
        ({"maximum_concurrency": 2}, 2, 2),
        ({"maximum_concurrency": 1000}, 5, 1000),
        ({"minimum_pollers": 2, "maximum_pollers": 200}, 20, 2000),
        ({"minimum_pollers": 100}, 1000, 2000),
        ({"maximum_pollers": 10_000}, 20, 60_020),
        ({"minimum_pollers": 200, "maximum_pollers": 200}, 2000, 2000),
    ],
)
@pytest.mark.fidelity("poller-scaling")
def test_bounds(more: dict[str, int], at_once: int, after_an_hour: int) -> None:
    assert curve(ScalingRules.of(settings(**more)), [0, 3600]) == [at_once, after_an_hour]


@pytest.mark.fidelity("poller-scaling")
def test_growth_is_even_over_the_minute() -> None:
    assert curve(ScalingRules.on_demand(), [0, 0.1, 0.2, 1, 30]) == [5, 5, 6, 10, 155]


def test_it_grows_only_while_pressed(scaling: PollerScaling) -> None:
    assert scaling.allowed(MINUTE) == 5
    scaling.pressed(MINUTE)
    scaling.pressed(MINUTE + MINUTE // 2)  # pressed already: nothing changes
    scaling.relaxed(2 * MINUTE)
    assert scaling.allowed(10 * MINUTE) == 305
    scaling.quiet()
    assert scaling.allowed(10 * MINUTE) == 5


def test_next_growth_is_the_moment_it_grows(scaling: PollerScaling) -> None:
    assert scaling.next_growth_ns(0) is None
    scaling.pressed(0)
    now = 0
    for expected in range(6, 60):
        moment = scaling.next_growth_ns(now)
        assert moment is not None
        assert moment > now
        assert scaling.allowed(moment - 1000) == expected - 1
        assert scaling.allowed(moment) == expected
        now = moment


def test_no_growth_is_announced_at_the_top() -> None:
    scaling = PollerScaling(ScalingRules.on_demand(2))
    scaling.pressed(0)
    assert scaling.next_growth_ns(0) is None


def test_failures_take_away_and_stop_growth_for_a_minute(scaling: PollerScaling) -> None:
    scaling.pressed(0)
    scaling.failed(MINUTE)
    assert scaling.allowed(MINUTE) == 304
    assert scaling.allowed(2 * MINUTE) == 304
    assert scaling.allowed(3 * MINUTE) == 604
    scaling.relaxed(3 * MINUTE)
    scaling.failed(3 * MINUTE)
    scaling.pressed(3 * MINUTE)
    assert scaling.allowed(4 * MINUTE) == 603
    for _ in range(2000):
        scaling.failed(4 * MINUTE)
    assert scaling.allowed(4 * MINUTE) == 2


def test_provisioned_pollers_are_never_taken_away() -> None:
    scaling = PollerScaling(ScalingRules.provisioned(3, 5))
    for _ in range(100):
        scaling.failed(0)
    assert scaling.allowed(0) == 30
