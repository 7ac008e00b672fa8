"""What is counted from a run: by definition, with and without NumPy, and what it costs."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

import pytest

from lambda_lab import facts
from lambda_lab.clock import SECOND
from lambda_lab.simulate import (
    Outcome,
    Result,
    SimulationError,
    exponential,
    poisson,
    scalar,
    simulate,
    vector,
)
from random_cases import draw

MINUTE = 60 * SECOND


def of(seed: int) -> Result:
    case = draw(seed)
    return simulate(*case.inputs, **case.settings)


def flights(found: Result) -> list[tuple[int, int]]:
    """When each request that ran, and took time, began and ended."""
    pairs = zip(found.arrivals, found.stays, strict=True)
    return [(begun, begun + stay) for begun, stay in pairs if stay > 0]


def overlap(flight: tuple[int, int], start: int, end: int) -> int:
    return max(0, min(flight[1], end) - max(flight[0], start))


@pytest.mark.parametrize("seed", range(60))
def test_concurrency_is_counted_by_its_definition(seed: int) -> None:
    found, chance = of(seed), Random(seed)
    step = chance.choice([1, 3, 10, 45]) * 10**8
    start = chance.choice([found.start, max(0, found.start - step), found.start + step // 2])
    shown = found.concurrency(step, start=start, end=start + 7 * step)
    there = flights(found)
    for number, (peak, mean) in enumerate(zip(shown.peaks, shown.means, strict=True)):
        low, high = start + number * step, start + (number + 1) * step
        # The number in flight only grows at an arrival: a peak is at one, or at the edge.
        moments = [low, *(begun for begun, _ in there if low <= begun < high)]
        assert peak == max(sum(b <= now < e for b, e in there) for now in moments)
        assert mean == sum(overlap(flight, low, high) for flight in there) / step


@pytest.mark.parametrize("seed", range(40))
def test_averages_are_counted_by_their_definition(seed: int) -> None:
    found = of(seed)
    start, end = found.start + 10**8, found.end + 3 * 10**8
    lives = [(life.created, life.ends) for life in found.environments if life.ends is not None]
    there = sum(overlap(life, start, end) for life in lives)
    there += found.settings.provisioned * (end - start)
    taken = sum(overlap(flight, start, end) for flight in flights(found))
    assert found.averages(start=start, end=end) == (
        taken / (end - start),
        (there - taken) / (end - start),
    )


@pytest.mark.parametrize("share", [0, 0.07, 0.1, 0.5, 0.999, 1])
def test_percentiles_are_nearest_ranks(share: float) -> None:
    found = simulate(range(100), [n + 1 for n in range(100)], keep_alive=0)
    rank = max(1, math.ceil(Fraction(str(share)) * 100))
    assert found.percentiles(share) == [rank]


def test_percentiles_leave_out_what_was_throttled() -> None:
    found = simulate([0, 1, 2], [5, 500, 7], keep_alive=0, account_limit=1)
    assert found.percentiles(0, 1) == [5, 5]
    assert found.percentiles() == []


@pytest.mark.parametrize("share", [-0.1, 1.1, math.nan, "half", None])
def test_a_share_out_of_range_is_refused(share: Any) -> None:
    with pytest.raises(SimulationError, match="share"):
        simulate([0], 1, keep_alive=0).percentiles(share)


def test_no_time_of_nothing() -> None:
    with pytest.raises(SimulationError, match="Every request was throttled"):
        simulate([0], 1, keep_alive=0, reserved=0).percentiles(0.5)


def test_a_request_is_told_by_its_number() -> None:
    found = simulate([0, 5, 20], 10, 3, keep_alive=100, account_limit=1)
    assert [found.outcome(n) for n in (0, 1, 2)] == [
        Outcome.COLD, Outcome.THROTTLED_ACCOUNT, Outcome.WARM,
    ]  # fmt: skip
    assert found.stays.tolist() == [13, -1, 10]
    assert repr(found) == "<Result of 3 requests: 1 WARM, 1 COLD, 1 THROTTLED_ACCOUNT>"
    with pytest.raises(IndexError):
        found.outcome(3)


def test_a_request_takes_21_bytes() -> None:
    """The goal is 24: times of 8 bytes, an outcome of 1, the number of an environment of 4."""
    found = simulate(range(1000), 10, keep_alive=0)
    views = (found.arrivals, found.durations, found.outcomes, found.environment_ids)
    assert sum(view.nbytes for view in views) == 21 * len(found)


@pytest.mark.parametrize(
    "ask",
    [
        lambda found: found.concurrency(0),
        lambda found: found.concurrency(-1),
        lambda found: found.concurrency(0.5),
        lambda found: found.concurrency(1, end=10**9),
        lambda found: found.concurrency(5, start=10, end=10),
        lambda found: found.averages(start=5, end=3),
        lambda found: found.averages(start=-5),
        lambda found: found.averages(end=math.nan),
        lambda found: found.cost(127),
        lambda found: found.cost(10**6),
        lambda found: found.cost(128.5),
        lambda found: found.cost(128, architecture="riscv"),
    ],
)
def test_a_question_without_an_answer_is_refused(ask: Any) -> None:
    with pytest.raises(SimulationError):
        ask(simulate([0, 3], 10, keep_alive=0))


# -- the same with NumPy -----------------------------------------------------------------------


def counted(module: Any, found: Result) -> list[Any]:
    """Everything that one module counts from a run."""
    ran = [outcome for outcome in Outcome if outcome.accepted]
    cold = [outcome for outcome in Outcome if outcome.cold]
    held = module.stays(found.outcomes, found.durations, found.inits, (ran, cold))
    count = found.settings.provisioned + found.on_demand_environments
    begin = found.start
    return [
        held.tolist(),
        module.first_fall(found.arrivals),
        module.first_fall(found.durations),
        module.least_and_most(found.durations),
        module.last_end(found.arrivals, held),
        module.ranked(held, [1, found.ran]) if found.ran else None,
        module.windows(found.arrivals, held, begin, 3 * 10**8, 9),
        module.windows(found.arrivals, held, begin + 10**8, 10**12, 1),
        module.lives(found.environment_ids, found.arrivals, held, count),
        module.billed(found.outcomes, held, int(Outcome.PROVISIONED), 10**6),
    ]


def test_numpy_counts_the_same() -> None:
    pytest.importorskip("numpy", reason="the extra 'simulate' is not installed")
    for seed in range(200):
        assert counted(vector, of(seed)) == counted(scalar, of(seed)), seed
    arrivals = poisson(100, 4000, seed=3)
    durations = exponential(0.5, len(arrivals), seed=4)
    assert len(arrivals) > vector.CHUNK
    large = simulate(arrivals, durations, SECOND, keep_alive=SECOND, provisioned=40)
    assert counted(vector, large) == counted(scalar, large)


def test_sums_beyond_64_bits_are_right() -> None:
    """Sixteen requests of 72 years: the nanoseconds in flight pass what 64 bits hold."""
    for keep_alive in (0, math.inf):
        found = simulate([2**62] * 16, 2**60, 2**60, keep_alive=keep_alive)
        assert found.peak == 16
        assert found.concurrency(2**61).means == [16.0]
        assert found.averages() == (16.0, 0.0)
        assert found.cost(1024).duration == (
            facts.value("price.duration.x86") * 16 * -(-(2**61) // 10**6) / 1000
        )


@pytest.mark.parametrize("fall", [1, 7, 2**16 - 1, 2**16, 2**16 + 5, 2**18, 2**18 + 1])
@pytest.mark.parametrize("module", [scalar, vector], ids=["scalar", "vector"])
def test_a_fall_is_found_wherever_it_is(module: Any, fall: int) -> None:
    if module is vector:
        pytest.importorskip("numpy", reason="the extra 'simulate' is not installed")
    from array import array

    values = array("q", range(10, 2**18 + 20))
    assert module.first_fall(memoryview(values)) == -1
    values[fall] = values[fall - 1] - 1
    assert module.first_fall(memoryview(values)) == fall


# -- money -------------------------------------------------------------------------------------


def test_cost_is_prices_times_use() -> None:
    """Four requests of 0.5 GB: 150.5 ms is billed as 151, the Init too, the throttled one not."""
    arrivals = [0, SECOND, 2 * SECOND, 2 * SECOND, 2 * SECOND]
    found = simulate(arrivals, 150_500_000, 100_000_000, keep_alive=MINUTE, account_limit=2)
    assert found.ran == 4
    cost = found.cost(512)
    billed = 4 * 151 + 2 * 100
    assert cost.duration == facts.value("price.duration.x86") * billed / 1000 / 2
    assert cost.requests == facts.value("price.requests") * 4 / 1_000_000
    assert cost.provisioned == 0
    assert cost.total == cost.duration + cost.requests
    arm = found.cost(512, architecture="arm64")
    assert arm.duration == facts.value("price.duration.arm") * billed / 1000 / 2


def test_provisioned_concurrency_is_paid_for_while_it_is_there() -> None:
    """Six minutes count as ten; what runs there is cheaper, what spills over is not."""
    arrivals = [0, 0, 0, 6 * MINUTE - SECOND]
    found = simulate(arrivals, SECOND, keep_alive=MINUTE, provisioned=2)
    cost = found.cost(1024)
    ahead, on_demand = (
        facts.value(f"price.{name}") for name in ("provisioned.duration.x86", "duration.x86")
    )
    assert cost.duration == 3 * ahead + 1 * on_demand
    assert cost.provisioned == 2 * 600 * facts.value("price.provisioned.x86")
    assert "provisioned concurrency 0.005000" in str(cost)
    assert isinstance(cost.total, Decimal)
