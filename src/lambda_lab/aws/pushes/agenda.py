"""What is planned: one event on the clock for each active schedule, and never more.

When a schedule's time comes, its next time is planned and what it sends is made in the background.
So a clock that is moved by days meets every firing at its own time, in order, and nothing piles up.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from lambda_lab.clock import SECOND, Clock, Scheduled
from lambda_lab.invoke.workers import Workers

__all__ = ["Agenda", "Firing", "Plan"]

SLEPT_NS = 60 * SECOND
"""A firing that is later than a minute was missed, because the machine slept. It is made up for
once, and what else was missed is left out. Ours: on AWS nobody's machine sleeps."""


@dataclass(frozen=True, slots=True)
class Firing:
    """One time of a schedule."""

    planned_ns: int
    """The time that the expression says."""
    last: bool
    """Whether there is none after it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How a schedule goes on."""

    next_after: Callable[[int], int | None]
    """From a time, the next one later than it."""
    fire: Callable[[Firing], None]
    """Does what is to be done; runs in the background."""
    delay_ns: Callable[[], int] = lambda: 0
    """Drawn for each firing: how long after its time it happens."""


@dataclass(slots=True, eq=False)
class _Entry:
    plan: Plan
    planned_ns: int
    due_ns: int
    event: Scheduled | None = None


class Agenda:
    """The schedules of a region by key.

    Parameters
    ----------
    clock, workers
        When, and who does the work.

    Examples
    --------
    >>> seen, clock = [], Clock(real_time_ns=lambda: 0)
    >>> with Workers() as workers:
    ...     clock.on_settle(workers.wait_idle)
    ...     agenda = Agenda(clock, workers)
    ...     every_minute = Plan(
    ...         lambda after: after + 60 * SECOND, lambda firing: seen.append(firing.planned_ns)
    ...     )
    ...     agenda.put("k", every_minute, after_ns=0)
    ...     clock.advance(minutes=3)
    >>> [time_ns // SECOND for time_ns in seen]
    [60, 120, 180]
    """

    def __init__(self, clock: Clock, workers: Workers) -> None:
        self._clock = clock
        self._workers = workers
        self._lock = threading.Lock()
        self._entries: dict[str, _Entry] = {}

    def put(self, key: str, plan: Plan, after_ns: int) -> None:
        """Plan the first time of *plan* later than *after_ns*, in place of what *key* had."""
        with self._lock:
            self._cancel(key)
            self._plan(key, plan, after_ns)

    def drop(self, key: str) -> None:
        """Plan nothing more for *key*."""
        with self._lock:
            self._cancel(key)

    def clear(self) -> None:
        """Plan nothing more for anyone."""
        with self._lock:
            for key in list(self._entries):
                self._cancel(key)

    def __len__(self) -> int:
        return len(self._entries)

    def _cancel(self, key: str) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None and entry.event is not None:
            entry.event.cancel()

    def _plan(self, key: str, plan: Plan, after_ns: int) -> bool:
        planned_ns = plan.next_after(after_ns)
        if planned_ns is None:
            self._entries.pop(key, None)
            return False
        due_ns = max(self._clock.now_ns(), planned_ns + plan.delay_ns())
        entry = _Entry(plan, planned_ns, due_ns)
        self._entries[key] = entry
        entry.event = self._clock.call_at(due_ns, partial(self._due, key, entry))
        return True

    def _due(self, key: str, entry: _Entry) -> None:
        with self._lock:
            if self._entries.get(key) is not entry:
                return  # changed at this very moment
            now_ns = self._clock.now_ns()
            slept = now_ns - entry.due_ns > SLEPT_NS
            more = self._plan(key, entry.plan, now_ns if slept else entry.planned_ns)
        self._workers.submit(partial(entry.plan.fire, Firing(entry.planned_ns, last=not more)))
