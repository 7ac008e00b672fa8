"""Properties that every bill has: exact, never negative, never less for more, without jumps."""

from __future__ import annotations

import dataclasses
import random
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from lambda_lab import cost, facts
from lambda_lab.cost import Workload
from lambda_lab.cost.charges import bill
from lambda_lab.cost.fields import fields
from lambda_lab.cost.workload import meter
from lambda_lab.simulate import constant, nanoseconds, simulate

# More of any of these never makes a bill smaller. (More provisioned environments can: a busy one
# is cheaper than on-demand.)
GROWING = (
    "requests", "duration_ms", "memory_mb", "cold_percent", "init_ms", "ephemeral_mb",
    "snapstart_versions", "snapstart_hours", "streamed_gb",
)  # fmt: skip


def some(chance: random.Random) -> dict[str, Any]:
    """A workload anywhere in what is allowed, often at an end of it."""
    found: dict[str, Any] = {"architecture": chance.choice(["x86_64", "arm64"])}
    for name, field in fields().items():
        where = chance.random()
        if where < 0.15:
            value = Decimal(field.least)
        elif where < 0.2:
            value = Decimal(field.most)
        else:
            size = chance.uniform(0, len(str(field.most)))
            value = Decimal(min(field.most, field.least + int(10**size)))
            if field.places and value < field.most:
                value += Decimal(chance.randrange(1000)).scaleb(-3)
        found[name] = value
    return found


@pytest.mark.parametrize("seed", range(150))
def test_no_line_is_negative_and_the_total_is_their_sum(seed: int) -> None:
    given = some(random.Random(seed))
    for free in (True, False):
        found = bill(Workload(**given), free_tier=free)
        assert all(line.quantity > 0 and line.amount >= 0 for line in found.lines)
        exact = sum((Fraction(line.amount) for line in found.lines), Fraction(0))
        assert Fraction(found.total) == exact
        for line in found.lines:
            assert (
                Fraction(line.amount) == Fraction(line.quantity) * Fraction(line.price) / line.per
            )


@pytest.mark.parametrize("seed", range(150))
def test_more_never_costs_less(seed: int) -> None:
    chance = random.Random(1000 + seed)
    given = some(chance)
    before = {free: bill(Workload(**given), free_tier=free).total for free in (True, False)}
    for name in GROWING:
        field = fields()[name]
        step = Decimal(chance.choice([1, 7, 1000]))
        more = given | {name: min(Decimal(field.most), given[name] + step)}
        for free, total in before.items():
            assert bill(Workload(**more), free_tier=free).total >= total, name


@pytest.mark.parametrize("seed", range(100))
def test_the_free_tier_never_costs_anything_and_is_bounded(seed: int) -> None:
    workload = Workload(**some(random.Random(2000 + seed)))
    with_it, without = bill(workload).total, bill(workload, free_tier=False).total
    kind = {"x86_64": "x86", "arm64": "arm"}[workload.architecture]
    most = facts.value("price.requests") + facts.value("price.free.duration") * facts.value(
        f"price.duration.{kind}"
    )
    assert 0 <= without - with_it <= most
    if workload.provisioned:
        assert with_it == without


@pytest.mark.parametrize("architecture", ["x86_64", "arm64"])
@pytest.mark.parametrize("tier", [1, 2])
def test_tiers_join_without_a_jump(architecture: str, tier: int) -> None:
    kind = {"x86_64": "x86", "arm64": "arm"}[architecture]
    edge = facts.value(f"price.tier{tier}.{kind}")  # GB-seconds
    # A run of a second with 1 GB is a GB-second.
    at = [
        bill(
            Workload(requests=count, duration_ms=1000, memory_mb=1024, architecture=architecture),
            free_tier=False,
        ).total
        - facts.value("price.requests") * count / 1_000_000
        for count in (edge - 1, edge, edge + 1)
    ]
    before, after = at[1] - at[0], at[2] - at[1]
    names = ("", ".tier2", ".tier3")
    assert before == facts.value(f"price.duration.{kind}{names[tier - 1]}")
    assert after == facts.value(f"price.duration.{kind}{names[tier]}")
    assert after < before


def test_three_tiers_have_three_lines() -> None:
    top = facts.value("price.tier2.x86") + 5
    found = bill(Workload(requests=top, duration_ms=1000, memory_mb=1024), free_tier=False)
    parts = {line.what: int(line.quantity) for line in found.lines if "Duration" in line.what}
    assert parts == {
        "Duration, x86_64": 6_000_000_000,
        "Duration, x86_64, second tier": 9_000_000_000,
        "Duration, x86_64, third tier": 5,
    }


@pytest.mark.parametrize(
    ("ms", "init", "billed"),
    [(0, 0, 1), (0.001, 0, 1), (1, 0, 1), (1.001, 0, 2), (133.61, 80, 214), (99.5, 0.5, 100)],
)
def test_every_run_is_rounded_up_with_its_init(ms: float, init: float, billed: int) -> None:
    """133.61 ms and an init of 80 ms are billed as 214 ms: runtime.report has the same example."""
    cold = Workload(requests=7, duration_ms=ms, memory_mb=1024, cold_percent=100, init_ms=init)
    assert meter(cold).on_demand == Decimal(7 * billed) / 1000


def test_init_is_billed_for_cold_runs_only() -> None:
    given = Workload(requests=1000, duration_ms=100, memory_mb=1024, cold_percent=1, init_ms=500)
    assert meter(given).on_demand == (990 * 100 + 10 * 600) / Decimal(1000)
    few = dataclasses.replace(given, requests=99)  # 0.99 of a cold start is one
    assert meter(few).on_demand == (98 * 100 + 600) / Decimal(1000)


def test_provisioned_environments_carry_what_fits_and_the_rest_spills_over() -> None:
    given = Workload(
        requests=10_000, duration_ms=1000, memory_mb=1024,
        provisioned=2, provisioned_hours=1, cold_percent=100, init_ms=1000,
    )  # fmt: skip
    used = meter(given)
    assert used.ahead == 7200
    assert used.on_demand == 2 * (10_000 - 7200)  # with their init
    assert used.reserved == 7200


@pytest.mark.parametrize(("hours", "seconds"), [(0, 0), (0.001, 300), (1, 3600), (1.084, 4200)])
def test_provisioned_time_is_billed_in_steps(hours: float, seconds: int) -> None:
    given = Workload(
        requests=0, duration_ms=1, memory_mb=1024, provisioned=1, provisioned_hours=hours
    )
    assert meter(given).reserved == seconds


def test_storage_counts_beyond_what_is_free() -> None:
    free = Workload(requests=1000, duration_ms=1000, ephemeral_mb=512)
    assert not [line for line in bill(free).lines if "tmp" in line.what]
    more = dataclasses.replace(free, ephemeral_mb=512 + 2048)
    (line,) = [line for line in bill(more).lines if "tmp" in line.what]
    assert line.quantity == 2000
    assert line.amount == 2000 * facts.value("price.ephemeral")


def test_snapshots_are_kept_for_three_hours_at_least() -> None:
    given = Workload(
        requests=100, duration_ms=10, memory_mb=2048, cold_percent=10, init_ms=100,
        snapstart_versions=2, snapstart_hours=1,
    )  # fmt: skip
    used = meter(given)
    assert used.cached == 2 * 2 * 3 * 3600
    assert used.restored == 10 * 2
    assert meter(dataclasses.replace(given, snapstart_versions=0)).cached == 0


def test_the_simulator_and_the_bill_agree() -> None:
    """Both rooms read the same prices; here they also come to the same sums."""
    result = simulate(constant(10, 100), nanoseconds(0.25), keep_alive=nanoseconds(60))
    for memory, architecture in ((128, "x86_64"), (1769, "arm64")):
        counted = result.cost(memory, architecture=architecture)
        found = bill(
            Workload(requests=result.ran, duration_ms=250, memory_mb=memory,
                     architecture=architecture),
            free_tier=False,
        )  # fmt: skip
        assert found.total == counted.total


def test_servers_are_counted_in_whole_ones() -> None:
    assert cost.server("m7g.large", servers=8.0).lines[0].what == "EC2, 8 × m7g.large"
    assert cost.server("m7g.large", servers=2, hours=0.5).total == Decimal("0.0816")


def test_bills_add_up_and_name_their_sources() -> None:
    both = cost.bill(Workload(requests=10, duration_ms=1)) + cost.charge("nat-gateway.hours", 1)
    assert both.lines[-1].fact.url == "https://aws.amazon.com/vpc/pricing/"
    assert {line.fact.scope for line in both.lines} == {"us-east-1"}
    assert both.rows()[-1]["amount"] == "$0.05"
    assert "NAT gateway $0.05" in both.words
    html = both._repr_html_()
    assert html.count("<tr>") == len(both.rows()) + 1
    assert both.words in html.replace("&#x27;", "'")
    with pytest.raises(TypeError):
        both + 1  # type: ignore[operator]


def test_a_bill_says_which_prices_are_not_confirmed() -> None:
    assert cost.server("t4g.small").unconfirmed == ["price.ec2.t4g-small"]
    assert cost.server("m7g.large").unconfirmed == []


def test_every_service_has_a_price_with_a_source() -> None:
    for name, service in cost.services().items():
        found = cost.charge(name, 1)
        assert found.total > 0
        assert found.lines[0].fact.kind is facts.Kind.PRICE
        assert found.unconfirmed == [], name
        assert service.quantity().url.startswith("https://aws.amazon.com/")


def test_a_quantity_beyond_the_first_tier_is_refused() -> None:
    assert cost.charge("rest-api.requests", 333_000_000).total == Decimal("1165.5")
    with pytest.raises(cost.WorkloadError, match="333,000,000"):
        cost.charge("rest-api.requests", 333_000_001)


class TestBreakEven:
    light = Workload(requests=0, duration_ms=100, memory_mb=512, architecture="arm64")

    def test_it_is_the_first_number_that_costs_as_much(self) -> None:
        for also in ((), ("http-api.requests",)):
            for free in (True, False):
                found = cost.break_even(self.light, "m7g.large", free_tier=free, also=also)
                assert found.function.total >= found.server.total
                less = dataclasses.replace(self.light, requests=found.requests - 1)
                before = bill(less, free_tier=free)
                for name in also:
                    before += cost.charge(name, found.requests - 1)
                assert before.total < found.server.total

    def test_a_front_door_brings_it_nearer_and_a_second_server_doubles_it(self) -> None:
        alone = cost.break_even(self.light, "m7g.large").requests
        door = cost.break_even(self.light, "m7g.large", also=["rest-api.requests"]).requests
        two = cost.break_even(self.light, "m7g.large", servers=2).requests
        assert door < alone
        assert two == pytest.approx(2 * alone, abs=1)

    def test_reserved_time_alone_may_cost_more(self) -> None:
        ready = dataclasses.replace(self.light, provisioned=100, provisioned_hours=730)
        assert cost.break_even(ready, "m7g.large").requests == 0

    def test_beyond_known_prices_there_is_no_answer(self) -> None:
        with pytest.raises(cost.WorkloadError, match="300,000,000"):
            cost.break_even(self.light, "m7g.large", servers=100, also=["http-api.requests"])

    def test_the_rate_is_over_a_month_of_the_calculators(self) -> None:
        found = cost.break_even(self.light, "m7g.large")
        assert found.per_second == pytest.approx(found.requests / 2_628_000)
