"""The region's clock: it ticks with real time, and the reader can move it.

Everything in a region that waits - a function that becomes active, a retry, a schedule - is an
event on this clock. No thread sleeps for it. :meth:`Clock.advance` moves the clock and runs what
falls due, in time order, including what those events themselves cause within the window.

Times are integer nanoseconds since the Unix epoch, so two events never tie by rounding.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Self

from lambda_lab.closing import Closing

__all__ = ["SECOND", "Clock", "Scheduled", "stopwatch_ns", "wall_time_ns"]

log = logging.getLogger(__name__)

SECOND = 1_000_000_000
"""Nanoseconds in one second."""
LONGEST_MOVE_SECONDS = 366 * 86_400
"""A year at a time: no wait of Lambda's is longer, and dates stay dates."""


# Not functions of their own around these: a warm call reads the time two dozen times.
wall_time_ns: Callable[[], int] = time.time_ns
"""Real time in nanoseconds since the epoch; the one place that reads it."""
stopwatch_ns: Callable[[], int] = time.perf_counter_ns
"""Real time that only ever grows, in nanoseconds: for measuring how long code really ran."""


@dataclass(order=True, slots=True)
class Scheduled:
    """An event on the clock. Keep it to :meth:`cancel` it."""

    due_ns: int
    order: int
    action: Callable[[], None] = field(compare=False)
    cancelled: bool = field(default=False, compare=False)

    def cancel(self) -> None:
        """Take the event off the clock; nothing happens if it already ran."""
        self.cancelled = True


def _run(event: Scheduled) -> None:
    """Run an event's action; one that fails must not stop the time of everything else."""
    try:
        event.action()
    except Exception:
        log.exception("an event on the clock failed")


class Clock(Closing):
    """A clock that ticks with real time and can be moved forward.

    Parameters
    ----------
    real_time_ns
        Where real time comes from, in nanoseconds since the epoch. Tests pass their own.

    Examples
    --------
    >>> ticks = [0]
    >>> clock = Clock(real_time_ns=lambda: ticks[0])
    >>> done = []
    >>> _ = clock.call_later(60, lambda: done.append(clock.now_ns() // SECOND))
    >>> clock.advance(180)
    >>> done, clock.advanced_seconds
    ([60], 180.0)
    """

    def __init__(self, real_time_ns: Callable[[], int] = wall_time_ns) -> None:
        self._real_time_ns = real_time_ns
        self._advanced_ns = 0
        self.jumps: list[tuple[int, int]] = []
        """Every move of the clock by hand: from when to when."""
        self._held_at: int | None = None
        self._heap: list[Scheduled] = []
        self._order = itertools.count()
        self._wake = threading.Condition()
        self._running = threading.RLock()
        self._thread: threading.Thread | None = None
        self._closed = False
        self._settlers: list[Callable[[], None]] = []

    # -- reading -------------------------------------------------------------------------------

    def now_ns(self) -> int:
        """Return the region's time in nanoseconds since the epoch."""
        held = self._held_at
        if held is not None:
            return held
        return self._real_time_ns() + self._advanced_ns

    def now(self) -> datetime:
        """Return the region's time as an aware datetime in UTC."""
        return datetime.fromtimestamp(self.now_ns() / SECOND, tz=UTC)

    @property
    def advanced_seconds(self) -> float:
        """How far the clock has been moved ahead of real time, in seconds."""
        return self._advanced_ns / SECOND

    # -- scheduling ----------------------------------------------------------------------------

    def call_at(self, due_ns: int, action: Callable[[], None]) -> Scheduled:
        """Run *action* when the clock reaches *due_ns*. Returns a handle to cancel it.

        Once the clock is stopped, it never runs.
        """
        with self._wake:
            event = Scheduled(due_ns, next(self._order), action)
            if not self._closed:
                heapq.heappush(self._heap, event)
            self._wake.notify_all()
        return event

    def call_later(self, seconds: float, action: Callable[[], None]) -> Scheduled:
        """Run *action* after *seconds* of the region's time."""
        return self.call_at(self.now_ns() + round(seconds * SECOND), action)

    def on_settle(self, wait: Callable[[], None]) -> None:
        """Register *wait*, which returns when its part of the region has nothing running.

        After each event, :meth:`advance` calls every registered function, so that what an event
        started has finished - and scheduled its own followers - before the clock moves on.
        """
        self._settlers.append(wait)

    # -- moving --------------------------------------------------------------------------------

    def advance(
        self, seconds: float = 0, *, minutes: float = 0, hours: float = 0, days: float = 0
    ) -> None:
        """Move the clock forward and run, in time order, everything that falls due.

        Parameters
        ----------
        seconds, minutes, hours, days
            How far; they add up. Must not be negative.

        Raises
        ------
        ValueError
            If the sum is negative, not a number, or more than a year.
        TypeError
            If something else than a number is given.
        """
        try:
            total = seconds + minutes * 60 + hours * 3600 + days * 86_400
        except TypeError:
            raise TypeError("the clock moves by a number, such as advance(minutes=3)") from None
        if not 0 <= total <= LONGEST_MOVE_SECONDS:
            raise ValueError(
                f"the clock only moves forward, by at most {LONGEST_MOVE_SECONDS} s at a time; "
                f"asked for {'more' if total > LONGEST_MOVE_SECONDS else total}"
            )
        with self._running:
            # What still runs ends first, and counts as before the move: three minutes after a
            # first try, both of its retries are in the past.
            self.settle()
            now, outermost = self.now_ns(), self._held_at is None
            target = now + round(total * SECOND)
            if outermost:  # one that an event makes is a part of the move that it falls into
                self.jumps.append((now, target))
            self._held_at = now
            try:
                self._run_until(target)
                self._held_at = max(target, self.now_ns())
            finally:
                # Also where somebody interrupts a move: time goes on from where it stands.
                if outermost:
                    self._let_go()
                    self.jumps[-1] = (now, self.now_ns())
        with self._wake:
            self._wake.notify_all()

    def _run_until(self, target: int) -> None:
        """Run what is due up to *target*, in time order."""
        while (event := self._pop_due(target)) is not None:
            # The clock stands at each event's own time while it runs: what it schedules is
            # measured from there, not from the end of the window. An event that is late already
            # runs now, for nobody may see the clock go back.
            self._held_at = max(event.due_ns, self.now_ns())
            _run(event)
            self.settle()

    def _let_go(self) -> None:
        """Let the clock tick again from where it is held."""
        # In this order: whoever reads the clock in between must not see it go back. And what ran
        # may have taken longer than the move: it ends where the clock then stands.
        self._advanced_ns = max(self._advanced_ns, self.now_ns() - self._real_time_ns())
        self._held_at = None

    def settle(self) -> None:
        """Return when nothing that was started is still running."""
        for wait in list(self._settlers):
            wait()

    def run_due(self) -> None:
        """Run everything already due, in time order, without moving the clock."""
        with self._running:
            while (event := self._pop_due(self.now_ns())) is not None:
                _run(event)

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """Let no event run while the block does; what falls due meanwhile runs afterwards.

        For changes that events must find done or not begun, such as emptying a region.
        """
        with self._running:
            yield

    def _pop_due(self, until_ns: int) -> Scheduled | None:
        with self._wake:
            while self._heap and self._heap[0].due_ns <= until_ns:
                event = heapq.heappop(self._heap)
                if not event.cancelled:
                    return event
        return None

    # -- ticking -------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the thread that runs events when real time reaches them."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._tick, name="lab-clock", daemon=True)
            self._thread.start()

    def _tick(self) -> None:
        while True:
            with self._wake:
                if self._closed:
                    return
                if not self._heap:
                    self._wake.wait()
                    continue
                wait_ns = self._heap[0].due_ns - self.now_ns()
                if wait_ns > 0:
                    self._wake.wait(min(wait_ns / SECOND, threading.TIMEOUT_MAX))
                    continue
            self.run_due()

    def stop(self) -> None:
        """Stop ticking and forget every event; one that runs now may still end."""
        with self._wake:
            self._closed = True
            self._heap.clear()
            self._wake.notify_all()

    def close(self) -> None:
        """Stop, and wait for what runs now."""
        self.stop()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
        self._thread = None

    def __enter__(self) -> Self:
        self.start()
        return self
