"""A line in which things wait, for their turn or for their time."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from lambda_lab.clock import Clock, Scheduled
from lambda_lab.invoke.workers import Workers

__all__ = ["Line"]

log = logging.getLogger(__name__)
Item = TypeVar("Item", bound=Hashable)


class Line(Generic[Item]):
    """Hands things out in the order in which they came, to a bounded number of jobs.

    Parameters
    ----------
    handle
        What is done with each thing. It must not raise: a thing that makes it raise is lost.
    limit
        Most things that are handled at one time.
    workers, clock
        What runs the jobs, and what says when a wait is over.

    Examples
    --------
    >>> seen = []
    >>> with Workers() as workers:
    ...     line = Line(seen.append, limit=1, workers=workers, clock=Clock())
    ...     for number in range(3):
    ...         line.join(number)
    ...     workers.wait_idle()
    >>> seen
    [0, 1, 2]
    """

    def __init__(
        self, handle: Callable[[Item], None], *, limit: int, workers: Workers, clock: Clock
    ) -> None:
        self._handle = handle
        self._limit = limit
        self._workers = workers
        self._clock = clock
        self._lock = threading.Lock()
        self._turns: deque[Item] = deque()
        self._later: dict[Item, Scheduled] = {}
        self._jobs = 0

    def join(self, item: Item) -> None:
        """Put *item* at the end of the line."""
        with self._lock:
            self._turns.append(item)
            if self._jobs >= self._limit:
                return  # one of the jobs that run takes it
            self._jobs += 1
        self._workers.submit(self._work)

    def join_later(self, item: Item, seconds: float) -> None:
        """Put *item* at the end of the line when *seconds* of the region's time have passed."""
        with self._lock:
            self._later[item] = self._clock.call_later(seconds, lambda: self._come(item))

    def _come(self, item: Item) -> None:
        with self._lock:
            if self._later.pop(item, None) is None:
                return  # forgotten meanwhile
        self.join(item)

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._turns:
                    self._jobs -= 1
                    return
                item = self._turns.popleft()
            try:
                self._handle(item)
            except Exception:
                # The things behind it must go on.
                log.exception("%r could not be handled", item)

    def __len__(self) -> int:
        """Return how many things wait."""
        with self._lock:
            return len(self._turns) + len(self._later)

    def clear(self) -> None:
        """Forget everything that waits."""
        with self._lock:
            self._turns.clear()
            for scheduled in self._later.values():
                scheduled.cancel()
            self._later.clear()
