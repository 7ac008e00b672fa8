"""The simulator against formulas that were solved on paper, and against a published case.

Every run has a seed, so none of these depends on luck; each tolerance is about three standard
deviations of one such run.
"""

from __future__ import annotations

import math
from array import array
from fractions import Fraction

import pytest

from lambda_lab.clock import SECOND
from lambda_lab.simulate import (
    Result,
    SimulationError,
    cold_share_of_one,
    concurrency,
    erlang_b,
    exponential,
    fixed,
    lognormal,
    most_recently_used,
    nanoseconds,
    poisson,
    simulate,
)

SERVICE = {
    "exponential": lambda mean, count: exponential(mean, count, seed=2),
    "fixed": fixed,
    "lognormal": lambda mean, count: lognormal(mean, count, scatter=1.5, seed=2),
}


def by_chance(
    rate: float, duration: float, seconds: float, *, service: str = "exponential", **settings: float
) -> Result:
    arrivals = poisson(rate, seconds, seed=1)
    durations: array[int] = SERVICE[service](duration, len(arrivals))
    return simulate(arrivals, durations, **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize("service", SERVICE)
@pytest.mark.fidelity("millions-of-requests")
def test_throttles_follow_erlang_b_however_durations_scatter(service: str) -> None:
    found = by_chance(8, 1, 40_000, service=service, reserved=10, keep_alive=math.inf)
    assert erlang_b(10, 8) == pytest.approx(0.1216611, abs=5e-8)
    assert found.throttled_share == pytest.approx(erlang_b(10, 8), abs=0.0045)
    assert set(found.throttles) == {"ReservedFunctionConcurrentInvocationLimitExceeded"}


@pytest.mark.parametrize(
    ("limit", "load"), [(0, 5), (1, 1), (2, 2), (3, 0), (100, 84), (40, 1000)], ids=str
)
def test_erlang_b_is_its_definition(limit: int, load: int) -> None:
    terms = [Fraction(load**busy, math.factorial(busy)) for busy in range(limit + 1)]
    assert erlang_b(limit, load) == pytest.approx(float(terms[-1] / sum(terms)), rel=1e-12)


def test_littles_law_holds_to_the_nanosecond_on_any_run() -> None:
    found = by_chance(20, 0.5, 500, service="lognormal", keep_alive=SECOND, reserved=12)
    ran = [stay for stay in found.stays if stay >= 0]
    (mean,) = found.concurrency(found.end - found.start).means
    assert mean == sum(ran) / (found.end - found.start)


@pytest.mark.parametrize("service", SERVICE)
def test_littles_law_foretells_the_average(service: str) -> None:
    found = by_chance(20, 0.5, 10_000, service=service, keep_alive=math.inf)
    (mean,) = found.concurrency(9_900 * SECOND, start=50 * SECOND, end=9_950 * SECOND).means
    assert mean == pytest.approx(concurrency(20, 0.5), abs=0.11)


@pytest.mark.parametrize("keep_alive", [0, 30, 100, 300])
def test_rare_requests_are_cold_as_often_as_no_other_came_before(keep_alive: int) -> None:
    rate = 0.01
    found = by_chance(rate, 1e-6, 1e7, service="fixed", keep_alive=keep_alive * SECOND)
    assert found.cold_share == pytest.approx(cold_share_of_one(rate, keep_alive), abs=0.005)
    assert found.on_demand_environments == found.ran * found.cold_share


@pytest.mark.parametrize(
    ("rate", "duration", "keep_alive", "cold", "idle"),
    [(5, 1, 20, 0.0006, 0.1), (0.5, 5, 3, 0.006, 0.03), (20, 0.5, 0.5, 0.002, 0.02)],
)
def test_cold_starts_follow_the_most_recently_used_law(
    rate: float, duration: float, keep_alive: float, cold: float, idle: float
) -> None:
    found = by_chance(rate, duration, 2e5 / rate, keep_alive=nanoseconds(keep_alive))
    expected = most_recently_used(rate, duration, keep_alive)
    _, was_idle = found.averages(start=100 * SECOND, end=int(found.arrivals[-1]))
    assert (found.cold_share, was_idle) == (
        pytest.approx(expected[0], abs=cold),
        pytest.approx(expected[1], abs=idle),
    )


@pytest.mark.parametrize(
    ("rate", "duration", "keep_alive", "cold", "idle"),
    # By matrix exponentials of the number of busy environments, as an independent reckoning.
    [
        (0.9, 1.991, 600, 0.0013293066491749, 5.9000335076824),
        (5, 1, 20, 0.0134182743710523, 6.0537328730076),
        (0.01, 1, 100, 0.3739771029343061, 0.6356376747915508),
        (20, 0.5, 0.5, 0.1502112062721704, 2.9289379940433),
        (2, 100, 0.001, 0.9980039933358427, 0.0019980026633337),
    ],
)
def test_the_law_is_what_another_reckoning_gives(
    rate: float, duration: float, keep_alive: float, cold: float, idle: float
) -> None:
    found = most_recently_used(rate, duration, keep_alive)
    assert found == (pytest.approx(cold, abs=1e-9), pytest.approx(idle, rel=1e-8))


def test_the_law_of_environments_that_never_overlap_is_its_simplest_case() -> None:
    cold, _ = most_recently_used(rate=0.01, duration=1e-6, keep_alive=60)
    assert cold == pytest.approx(cold_share_of_one(0.01, 60), rel=1e-6)


def test_simfaas_published_case() -> None:
    """Mahmoudi and Khazaei, SimFaaS (2021): 0.9 requests a second over a million seconds."""
    found = by_chance(0.9, 1.991, 1e6, inits=nanoseconds(2.244 - 1.991), keep_alive=600 * SECOND)
    running, idle = found.averages(start=1000 * SECOND, end=1_000_000 * SECOND)
    assert found.cold_share == pytest.approx(0.00135, abs=3 * 0.00003)
    assert running + idle == pytest.approx(7.66, abs=3 * 0.022)
    assert running == pytest.approx(1.79, abs=3 * 0.003)
    assert idle == pytest.approx(5.87, abs=3 * 0.021)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: erlang_b(-1, 8),
        lambda: erlang_b(2.5, 8),  # type: ignore[arg-type]
        lambda: erlang_b(10, -8),
        lambda: erlang_b(10, math.nan),
        lambda: concurrency(math.inf, 1),
        lambda: concurrency(1, -1),
        lambda: cold_share_of_one(-1, 1),
        lambda: cold_share_of_one(1, math.nan),
        lambda: most_recently_used(0, 1, 1),
        lambda: most_recently_used(1, 1, 0),
        lambda: most_recently_used(1e6, 1, 1),
    ],
)
def test_a_formula_refuses_what_it_does_not_hold_for(wrong: object) -> None:
    assert callable(wrong)
    with pytest.raises(SimulationError):
        wrong()
