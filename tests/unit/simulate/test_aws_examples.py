"""AWS's documented examples, to the request.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
"""

from __future__ import annotations

import math

import pytest

from lambda_lab import facts
from lambda_lab.clock import SECOND
from lambda_lab.simulate import Outcome, Result, bursts, concurrency, constant, simulate

MINUTE = 60 * SECOND


def steady(rate: float, duration: float, seconds: float, **settings: float) -> Result:
    """Constant requests, environments that start at once and are kept."""
    arrivals = constant(rate, seconds)
    return simulate(arrivals, round(duration * SECOND), keep_alive=10 * MINUTE, **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rate", "duration", "needed"),
    [
        (100, 1, 100), (100, 0.5, 50), (200, 0.25, 50), (5000, 0.2, 1000),
        (10, 3, 30), (50, 100, 5000),
    ],
)  # fmt: skip
def test_concurrency_is_rate_times_duration(rate: float, duration: float, needed: int) -> None:
    seconds = 2 * math.ceil(duration) + 1
    found = steady(rate, duration, seconds, account_limit=max(1000, needed))
    assert concurrency(rate, duration) == needed
    assert found.peak == found.on_demand_environments == needed
    assert found.throttled_share == 0
    full = found.concurrency(SECOND, start=math.ceil(duration) * SECOND, end=seconds * SECOND)
    assert set(full.means) == {needed}
    assert set(full.peaks) == {needed}


@pytest.mark.parametrize(
    ("rate", "duration", "quota"), [(20_000, 0.05, 2000), (30_000, 0.02, 3000)]
)
def test_short_requests_meet_the_request_rate_before_concurrency(
    rate: int, duration: float, quota: int
) -> None:
    found = steady(rate, duration, seconds=3)
    allowed = facts.value("concurrency.requests.default")
    assert concurrency(rate, duration) <= facts.value("concurrency.default")
    assert found.ran == 3 * allowed
    assert found.throttles == {"FunctionInvocationRateLimitExceeded": 3 * (rate - allowed)}
    enough = steady(rate, duration, seconds=3, account_limit=quota)
    assert enough.throttled_share == 0
    assert enough.peak == round(rate * duration)


def test_no_second_holds_more_requests_than_the_limit_wherever_it_begins() -> None:
    found = steady(30_000, 0.02, seconds=2.5)
    ran = [now for now, code in zip(found.arrivals, found.outcomes, strict=True)
           if Outcome(code).accepted]  # fmt: skip
    limit = facts.value("concurrency.requests.default")
    assert all(late - early >= SECOND for early, late in zip(ran, ran[limit:], strict=False))


def test_one_environment_may_serve_more_than_its_share_of_requests() -> None:
    """The request rate is checked on totals, not for each environment."""
    found = steady(100, 0.01, seconds=5)
    assert found.on_demand_environments == 1
    assert found.throttled_share == 0


@pytest.mark.fidelity("millions-of-requests")
def test_the_ten_requests_of_the_figure() -> None:
    """Five start A to E; three reuse A, B, C; the ninth needs F; the tenth reuses D."""
    arrivals = [0, 1, 2, 3, 4, 10, 11, 12, 13, 15]
    durations = [10, 10, 10, 12, 14, 10, 10, 10, 10, 10]
    found = simulate(arrivals, durations, keep_alive=1000)
    assert "".join("ABCDEF"[number] for number in found.environment_ids) == "ABCDEABCFD"
    assert found.peak == 6


def ramp(top: int, **settings: int) -> Result:
    """Concurrency that grows by one each second up to *top*, and falls again."""
    length = 2 * top
    arrivals = [n * SECOND for n in range(top)]
    return simulate(arrivals, length * SECOND, keep_alive=MINUTE, **settings)  # type: ignore[arg-type]


def test_reserved_concurrency_is_a_ceiling_though_the_account_has_room() -> None:
    found = ramp(500, reserved=400)
    assert found.counts == {Outcome.COLD: 400, Outcome.THROTTLED_RESERVED: 100}
    assert found.throttles == {"ReservedFunctionConcurrentInvocationLimitExceeded": 100}


def test_the_others_throttle_at_what_reservations_leave() -> None:
    left = 1000 - 400 - 400
    assert ramp(300, account_limit=left).throttles == {"ConcurrentInvocationLimitExceeded": 100}


def test_beyond_provisioned_concurrency_requests_spill_over_until_the_account_is_full() -> None:
    found = ramp(1100, provisioned=400)
    assert found.counts == {
        Outcome.PROVISIONED: 400, Outcome.SPILLOVER_COLD: 600, Outcome.THROTTLED_ACCOUNT: 100,
    }  # fmt: skip


def test_with_both_the_reserved_concurrency_is_the_end() -> None:
    found = ramp(500, provisioned=200, reserved=400)
    assert found.counts == {
        Outcome.PROVISIONED: 200, Outcome.SPILLOVER_COLD: 200, Outcome.THROTTLED_RESERVED: 100,
    }  # fmt: skip


def test_provisioned_concurrency_of_ten_spills_at_ten_at_once() -> None:
    found = simulate([0] * 12, SECOND, keep_alive=MINUTE, provisioned=10)
    assert found.counts == {Outcome.PROVISIONED: 10, Outcome.SPILLOVER_COLD: 2}


def test_provisioned_concurrency_of_ten_spills_at_a_hundred_requests_a_second() -> None:
    found = steady(200, 0.01, seconds=2, provisioned=10)
    assert found.peak == 2
    assert found.counts == {
        Outcome.PROVISIONED: 200, Outcome.SPILLOVER_COLD: 2, Outcome.SPILLOVER_WARM: 198,
    }  # fmt: skip


def test_reserved_zero_switches_a_function_off() -> None:
    found = simulate([0, 1], 1, keep_alive=MINUTE, reserved=0)
    assert found.counts == {Outcome.THROTTLED_RESERVED: 2}
    assert (found.ran, found.cold_share, found.peak, found.environments) == (0, 0.0, 0, [])


def test_a_function_gets_a_thousand_environments_in_ten_seconds() -> None:
    """A burst finds the whole rate at once; after it the rate comes back without steps."""
    added, window = (
        facts.value(f"concurrency.scaling.{name}") for name in ("environments", "window")
    )
    arrivals = bursts(size=3 * added, every=window, count=3)
    found = simulate(arrivals, MINUTE, keep_alive=MINUTE, account_limit=10 * added)
    made = found.concurrency(window * SECOND, end=3 * window * SECOND).peaks
    assert made == [added, 2 * added, 3 * added]
    half = bursts(size=3 * added, every=window / 2, count=2)
    found = simulate(half, MINUTE, keep_alive=MINUTE, account_limit=10 * added)
    assert found.ran == added + added // 2


def test_what_is_not_used_of_the_scaling_rate_does_not_add_up() -> None:
    arrivals = [0] + [3600 * SECOND] * 3000
    found = simulate(arrivals, MINUTE, keep_alive=MINUTE, account_limit=10_000)
    assert found.on_demand_environments == 1 + facts.value("concurrency.scaling.environments")


def test_the_reasons_are_aws_own() -> None:
    reasons = {outcome.reason for outcome in Outcome} - {None}
    assert reasons <= set(facts.value("concurrency.throttle-reasons"))
    assert [outcome for outcome in Outcome if (outcome.reason is None) != outcome.accepted] == []
