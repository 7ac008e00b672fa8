"""The memory limit: measured on the environment's own processes, enforced by ending them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from lambda_lab.closing import Closing
from lambda_lab.runtime.process_tree import memory_kb

__all__ = ["MemoryWatch", "Watched"]

INTERVAL_SECONDS = 0.005
"""Between two looks at a busy environment."""
LINGER_LOOKS = 200
"""Looks at nothing before the thread goes to sleep; waking it costs more than looking."""


@dataclass(slots=True, eq=False)
class Watched:
    """One environment under watch."""

    pid: int
    limit_kb: int
    on_exceeded: Callable[[], None]
    more: Callable[[], Collection[int]] = tuple
    """Further processes that share the memory: an environment's extensions."""
    peak_kb: int = 0
    over: bool = field(default=False)

    def look(self) -> None:
        """Measure now."""
        self.note(memory_kb(self.pid) + sum(memory_kb(pid) for pid in self.more()))

    def note(self, used_kb: int) -> None:
        """Take note of what is used; call ``on_exceeded`` once when the limit is passed."""
        self.peak_kb = max(self.peak_kb, used_kb)
        if used_kb > self.limit_kb and not self.over:
            self.over = True
            self.on_exceeded()


class MemoryWatch(Closing):
    """A thread that looks at busy environments and sleeps when there are none.

    AWS limits memory by control groups, which an ordinary user cannot make; so the resident
    memory of all processes of an environment is read every few milliseconds instead.
    """

    def __init__(self) -> None:
        self._watched: set[Watched] = set()
        self._changed = threading.Condition()
        self._closed = False
        self._parked = False
        self._thread = threading.Thread(target=self._run, name="lab-memory", daemon=True)
        self._thread.start()

    def add(self, watched: Watched) -> None:
        """Begin to watch."""
        with self._changed:
            self._watched.add(watched)
            if self._parked:
                self._changed.notify()

    def remove(self, watched: Watched) -> None:
        """Stop watching."""
        with self._changed:
            self._watched.discard(watched)

    def _run(self) -> None:
        quiet = 0
        while not self._closed:
            with self._changed:
                quiet = 0 if self._watched else quiet + 1
                if quiet > LINGER_LOOKS:
                    self._parked = True
                    self._changed.wait_for(lambda: self._watched or self._closed)
                    self._parked, quiet = False, 0
                else:
                    self._changed.wait(INTERVAL_SECONDS * max(1, len(self._watched) // 20))
                watched = list(self._watched)
            for environment in watched:
                environment.look()

    def close(self) -> None:
        """End the thread."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()
