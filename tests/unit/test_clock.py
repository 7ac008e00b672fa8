"""The region's clock: what is due runs in order, and time runs forward only."""

from __future__ import annotations

import math
import threading
from datetime import UTC, datetime

import pytest

from lambda_lab.clock import SECOND, Clock, stopwatch_ns, wall_time_ns


class Ticks:
    """Real time that moves when a test says so."""

    def __init__(self) -> None:
        self.ns = 1_000 * SECOND

    def __call__(self) -> int:
        return self.ns


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


@pytest.fixture
def clock(ticks: Ticks) -> Clock:
    return Clock(ticks)


def test_it_ticks_with_real_time_and_can_be_ahead_of_it(clock: Clock, ticks: Ticks) -> None:
    assert clock.now_ns() == 1_000 * SECOND
    ticks.ns += 5 * SECOND
    clock.advance(60, minutes=1, hours=1, days=1)
    assert clock.advanced_seconds == 60 + 60 + 3600 + 86_400
    assert clock.now_ns() == (1_005 + 60 + 60 + 3600 + 86_400) * SECOND
    assert Clock(lambda: 0).now() == datetime(1970, 1, 1, tzinfo=UTC)


@pytest.mark.fidelity("clock")
def test_what_is_due_runs_in_the_order_of_time(clock: Clock) -> None:
    ran: list[str] = []
    for seconds, name in [(30, "c"), (10, "a"), (20, "b"), (10, "a2"), (61, "late"), (60, "edge")]:
        clock.call_later(seconds, lambda name=name: ran.append(name))
    clock.advance(60)
    assert ran == ["a", "a2", "b", "c", "edge"]
    clock.advance(0.5)
    assert ran[-1] == "edge"
    clock.advance(0.5)
    assert ran[-1] == "late"


def test_events_see_their_own_time_and_cause_events_in_the_window(clock: Clock) -> None:
    start, seen = clock.now_ns(), []

    def tick() -> None:
        seen.append((clock.now_ns() - start) // SECOND)
        if len(seen) < 4:
            clock.call_later(20, tick)

    clock.call_later(10, tick)
    clock.advance(60)
    assert seen == [10, 30, 50]
    clock.advance(60)
    assert seen == [10, 30, 50, 70]


def test_an_event_may_cause_one_that_is_due_at_once(clock: Clock) -> None:
    ran: list[str] = []
    clock.call_later(1, lambda: clock.call_later(0, lambda: ran.append("then")))
    clock.call_later(2, lambda: ran.append("later"))
    clock.advance(5)
    assert ran == ["then", "later"]


def test_a_cancelled_event_does_not_run(clock: Clock) -> None:
    ran: list[str] = []
    event = clock.call_later(10, lambda: ran.append("never"))
    clock.call_later(5, event.cancel)
    done = clock.call_later(1, lambda: ran.append("once"))
    clock.advance(20)
    done.cancel()
    clock.advance(20)
    assert ran == ["once"]


@pytest.mark.parametrize("seconds", [-1, -0.001, math.nan, math.inf, -math.inf, 1e12, 10**400])
def test_time_moves_forward_and_not_out_of_the_calendar(clock: Clock, seconds: float) -> None:
    ran: list[str] = []
    clock.call_later(0.0001, lambda: ran.append("x"))
    with pytest.raises(ValueError, match="forward"):
        clock.advance(seconds)
    assert (clock.advanced_seconds, ran) == (0, [])


def test_negative_parts_may_add_up_to_something(clock: Clock) -> None:
    clock.advance(-30, minutes=1)
    assert clock.advanced_seconds == 30


def test_settling_happens_after_each_event(clock: Clock) -> None:
    order: list[str] = []
    clock.on_settle(lambda: order.append("settled"))
    clock.call_later(1, lambda: order.append("a"))
    clock.call_later(2, lambda: order.append("b"))
    clock.advance(5)
    assert order == ["settled", "a", "settled", "b", "settled"]


def test_work_that_an_event_starts_may_schedule_more_within_the_window(clock: Clock) -> None:
    ran: list[int] = []
    start = clock.now_ns()
    waiting: list[threading.Thread] = []

    def work() -> None:
        clock.call_later(10, lambda: ran.append((clock.now_ns() - start) // SECOND))

    def begin() -> None:
        thread = threading.Thread(target=work)
        thread.start()
        waiting.append(thread)

    clock.on_settle(lambda: [thread.join() for thread in waiting] and None)
    clock.call_later(5, begin)
    clock.advance(60)
    assert ran == [15]


def test_run_due_runs_without_moving(clock: Clock, ticks: Ticks) -> None:
    ran: list[str] = []
    clock.call_later(1, lambda: ran.append("a"))
    clock.run_due()
    assert ran == []
    ticks.ns += 2 * SECOND
    clock.run_due()
    assert (ran, clock.advanced_seconds) == (["a"], 0)


def test_an_open_clock_runs_what_real_time_reaches() -> None:
    with Clock() as clock:
        done = threading.Event()
        clock.call_later(3600, lambda: None)
        clock.call_later(0.01, done.set)
        assert done.wait(10)
        names = [thread.name for thread in threading.enumerate()]
        assert "lab-clock" in names
    assert "lab-clock" not in [thread.name for thread in threading.enumerate()]


def test_nothing_runs_while_it_is_quiet() -> None:
    with Clock() as clock:
        ran: list[str] = []
        done = threading.Event()

        def event() -> None:
            ran.append("event")
            done.set()

        with clock.quiet():
            clock.call_later(0, event)
            assert not done.wait(0.1)
            ran.append("block")
        assert done.wait(10)
        assert ran == ["block", "event"]


def test_an_event_that_fails_does_not_stop_an_open_clock() -> None:
    def fail() -> None:
        raise ValueError("on purpose")

    with Clock() as clock, pytest.MonkeyPatch.context() as patch:
        patch.setattr(threading, "excepthook", lambda _: None)
        done = threading.Event()
        clock.call_later(0, fail)
        clock.call_later(0.01, done.set)
        assert done.wait(10)


def test_a_closed_clock_forgets(ticks: Ticks) -> None:
    ran: list[str] = []
    with Clock(ticks) as clock:
        clock.call_later(5, lambda: ran.append("x"))
    clock.advance(60)
    assert ran == []


def test_many_threads_may_move_it(clock: Clock) -> None:
    ran: list[int] = []
    for second in range(100):
        clock.call_later(second, lambda second=second: ran.append(second))
    threads = [threading.Thread(target=clock.advance, args=(25,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ran == list(range(100))
    assert clock.advanced_seconds == 100


def test_the_two_sources_of_real_time() -> None:
    assert abs(wall_time_ns() / 1e9 - datetime.now(tz=UTC).timestamp()) < 60
    first = stopwatch_ns()
    assert stopwatch_ns() >= first


def test_nobody_sees_the_clock_go_back_where_a_move_ends() -> None:
    """Whoever reads the clock in any moment of a move - here, whenever it looks at real time."""
    seen: list[int] = []
    looking = False

    def real_time_ns() -> int:
        nonlocal looking
        if not looking:
            looking = True
            seen.append(clock.now_ns())
            looking = False
        return 1_000 * SECOND

    clock = Clock(real_time_ns)
    clock.call_later(10, lambda: seen.append(clock.now_ns()))
    clock.advance(60)
    seen.append(clock.now_ns())
    assert seen == sorted(seen)
    assert seen[-1] == 1_060 * SECOND


def test_an_event_that_is_late_already_does_not_take_the_clock_back(
    clock: Clock, ticks: Ticks
) -> None:
    start, seen = clock.now_ns(), []
    clock.call_later(1, lambda: seen.append(clock.now_ns()))
    clock.call_later(6, lambda: seen.append(clock.now_ns()))
    ticks.ns += 4 * SECOND  # no thread ticks here, as one that comes late does not
    seen.append(clock.now_ns())
    clock.advance(10)
    seen.append(clock.now_ns())
    assert [(one - start) // SECOND for one in seen] == [4, 4, 6, 14]


def test_time_goes_on_where_somebody_interrupts_a_move(clock: Clock, ticks: Ticks) -> None:
    start, ran = clock.now_ns(), []

    def interrupted() -> None:
        raise KeyboardInterrupt

    clock.call_later(10, interrupted)
    clock.call_later(20, lambda: ran.append((clock.now_ns() - start) // SECOND))
    with pytest.raises(KeyboardInterrupt):
        clock.advance(60)
    assert clock.jumps == [(start, start + 10 * SECOND)]
    ticks.ns += 5 * SECOND
    assert (clock.now_ns() - start, ran) == (15 * SECOND, [])
    clock.advance(60)
    assert ran == [20]


def test_an_event_may_move_the_clock_itself(clock: Clock) -> None:
    start, seen = clock.now_ns(), []

    def look() -> None:
        seen.append((clock.now_ns() - start) // SECOND)

    def move() -> None:
        clock.advance(30)
        look()

    clock.call_later(10, move)
    for seconds in (20, 50, 90):
        clock.call_later(seconds, look)
    clock.advance(60)
    look()
    assert seen == [20, 40, 50, 60]
    assert clock.jumps == [(start, start + 60 * SECOND)]


def test_an_event_in_ten_thousand_years_does_not_stop_an_open_clock() -> None:
    looked = threading.Event()

    def real_time_ns() -> int:
        if threading.current_thread().name == "lab-clock":
            looked.set()
        return wall_time_ns()

    clock = Clock(real_time_ns)
    clock.call_later(10_000 * 366 * 86_400, lambda: None)
    with clock:
        assert looked.wait(10)
        done = threading.Event()
        clock.call_later(0, done.set)
        assert done.wait(10)
