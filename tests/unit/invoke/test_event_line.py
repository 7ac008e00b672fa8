"""The line: order, bounds, waits, and things that break."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator

import pytest

from lambda_lab.clock import SECOND, Clock
from lambda_lab.invoke.event_line import Line
from lambda_lab.invoke.workers import Workers


@pytest.fixture
def workers() -> Iterator[Workers]:
    with Workers() as workers:
        yield workers


@pytest.fixture
def clock(workers: Workers) -> Clock:
    clock = Clock(real_time_ns=lambda: 0)
    clock.on_settle(workers.wait_idle)
    return clock


def test_never_more_than_the_limit_at_one_time(workers: Workers, clock: Clock) -> None:
    running, most, lock, gate = 0, 0, threading.Lock(), threading.Barrier(3, timeout=10)

    def handle(number: int) -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        gate.wait()  # three at a time get through, so three do run at one time
        with lock:
            running -= 1

    line: Line[int] = Line(handle, limit=3, workers=workers, clock=clock)
    for number in range(30):
        line.join(number)
    workers.wait_idle()
    assert most == 3
    assert len(line) == 0


def test_those_whose_time_has_come_join_the_end(workers: Workers, clock: Clock) -> None:
    seen: list[tuple[str, int]] = []
    line: Line[str] = Line(
        lambda name: seen.append((name, clock.now_ns() // SECOND)),
        limit=1,
        workers=workers,
        clock=clock,
    )
    line.join_later("late", 60)
    line.join_later("early", 30)
    line.join("now")
    workers.wait_idle()
    assert len(line) == 2
    clock.advance(100)
    assert seen == [("now", 0), ("early", 30), ("late", 60)]


def test_what_is_forgotten_does_not_come_back(workers: Workers, clock: Clock) -> None:
    seen: list[str] = []
    line: Line[str] = Line(seen.append, limit=1, workers=workers, clock=clock)
    line.join_later("one", 10)
    line.clear()
    assert len(line) == 0
    line.join_later("two", 10)
    clock.advance(20)
    assert seen == ["two"]


def test_one_that_breaks_does_not_stop_the_others(
    workers: Workers, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[int] = []

    def handle(number: int) -> None:
        if number == 1:
            raise ValueError("broken")
        seen.append(number)

    line: Line[int] = Line(handle, limit=1, workers=workers, clock=clock)
    with caplog.at_level(logging.CRITICAL, logger="lambda_lab.invoke.event_line"):
        for number in range(3):
            line.join(number)
        workers.wait_idle()
        line.join(3)
        workers.wait_idle()
    assert seen == [0, 2, 3]
