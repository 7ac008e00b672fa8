"""What is planned on the clock: one event for each schedule, missed times, changes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lambda_lab.aws.pushes.agenda import Agenda, Firing, Plan
from lambda_lab.clock import SECOND, Clock
from lambda_lab.invoke.workers import Workers

MINUTE = 60 * SECOND


class Bench:
    """An agenda on a clock whose real time is set by hand."""

    def __init__(self, workers: Workers) -> None:
        self.real_ns = 0
        self.clock = Clock(real_time_ns=lambda: self.real_ns)
        self.clock.on_settle(workers.wait_idle)
        self.workers = workers
        self.agenda = Agenda(self.clock, workers)
        self.fired: list[tuple[str, int, int]] = []

    def every(self, minutes: int, name: str = "k", until: int | None = None) -> Plan:
        def next_after(after_ns: int) -> int | None:
            due = (after_ns // (minutes * MINUTE) + 1) * minutes * MINUTE
            return None if until is not None and due > until * MINUTE else due

        def fire(firing: Firing) -> None:
            planned, now = firing.planned_ns // MINUTE, self.clock.now_ns() // MINUTE
            self.fired.append((name + ("!" if firing.last else ""), planned, now))

        return Plan(next_after, fire)


@pytest.fixture
def bench() -> Iterator[Bench]:
    with Workers() as workers:
        yield Bench(workers)


def test_each_firing_happens_at_its_own_time(bench: Bench) -> None:
    bench.agenda.put("a", bench.every(2, "a"), 0)
    bench.agenda.put("b", bench.every(3, "b"), 0)
    bench.clock.advance(minutes=6)
    assert bench.fired[:3] == [("a", 2, 2), ("b", 3, 3), ("a", 4, 4)]
    assert sorted(bench.fired[3:]) == [("a", 6, 6), ("b", 6, 6)]
    assert len(bench.agenda) == 2


def test_the_last_one_is_known(bench: Bench) -> None:
    bench.agenda.put("a", bench.every(2, "a", until=5), 0)
    bench.clock.advance(minutes=60)
    assert bench.fired == [("a", 2, 2), ("a!", 4, 4)]
    assert len(bench.agenda) == 0


def test_nothing_is_planned_where_nothing_comes(bench: Bench) -> None:
    bench.agenda.put("a", bench.every(2, "a"), 0)
    bench.agenda.put("a", bench.every(2, "a", until=0), 0)
    bench.clock.advance(minutes=60)
    assert bench.fired == []
    assert len(bench.agenda) == 0


def test_a_new_plan_takes_the_place_of_the_old(bench: Bench) -> None:
    bench.agenda.put("a", bench.every(2, "old"), 0)
    bench.agenda.put("a", bench.every(5, "new"), 0)
    bench.clock.advance(minutes=6)
    bench.agenda.drop("a")
    bench.agenda.drop("never was there")
    bench.clock.advance(minutes=60)
    assert bench.fired == [("new", 5, 5)]


def test_clear_takes_everything(bench: Bench) -> None:
    bench.agenda.put("a", bench.every(2, "a"), 0)
    bench.agenda.put("b", bench.every(3, "b"), 0)
    bench.agenda.clear()
    bench.clock.advance(minutes=60)
    assert bench.fired == []


def test_a_machine_that_slept_makes_up_for_one_time_only(bench: Bench) -> None:
    bench.agenda.put("a", bench.every(1, "a"), 0)
    bench.real_ns = 600 * MINUTE + 1
    bench.clock.run_due()
    bench.workers.wait_idle()
    assert bench.fired == [("a", 1, 600)]
    bench.real_ns = 601 * MINUTE
    bench.clock.run_due()
    bench.workers.wait_idle()
    assert bench.fired[1:] == [("a", 601, 601)]


def test_a_delay_is_drawn_for_each_firing(bench: Bench) -> None:
    delays = iter([90 * SECOND, 0, 30 * SECOND, 0])
    plan = bench.every(1)
    seen: list[int] = []
    bench.agenda.put(
        "a",
        Plan(plan.next_after, lambda _: seen.append(bench.clock.now_ns()), delays.__next__),
        0,
    )
    bench.clock.advance(seconds=215)
    # 1:00 + 90 s, then 2:00 which is over by then, then 3:00 + 30 s.
    assert [time_ns // SECOND for time_ns in seen] == [150, 150, 210]
