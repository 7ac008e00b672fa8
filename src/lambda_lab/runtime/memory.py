"""The limits of memory and of processes: measured on an environment, enforced by ending it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from itertools import chain

from lambda_lab import facts
from lambda_lab.closing import Closing
from lambda_lab.runtime.process_tree import resident_kb, used_kb

__all__ = ["MemoryWatch", "Watched"]

log = logging.getLogger(__name__)

INTERVAL_SECONDS = 0.005
"""Between two looks at a busy environment."""
EXACT_EVERY = 10
"""Looks between two exact ones, while processes that share memory seem to have no more than they
had: pages that they write to are theirs from then on, and the rough look does not see that."""
LINGER_LOOKS = 200
"""Looks at nothing before the thread goes to sleep; waking it costs more than looking."""
MOST_PROCESSES = int(facts.value("function.processes"))


@dataclass(slots=True, eq=False)
class Watched:
    """One environment under watch."""

    pid: int
    """Of its runtime; 0 while there is none."""
    limit_kb: int
    on_exceeded: Callable[[], None]
    more: Callable[[], Collection[int]] = tuple
    """Further processes that share the memory: an environment's extensions."""
    peak_kb: int = 0
    over: bool = False
    """Whether it had more memory than it may have."""
    crowded: bool = False
    """Whether it had more processes."""
    _at_most_kb: int = 0
    _looks: int = 0

    def look(self) -> None:
        """Measure now; call ``on_exceeded`` once when a limit is passed."""
        pids = [pid for pid in (self.pid, *self.more()) if pid]
        processes, at_most_kb = self._count(resident_kb, pids)
        if self._may_be_more(at_most_kb):
            alone = processes == 1
            self.peak_kb = max(self.peak_kb, at_most_kb if alone else self._count(used_kb, pids)[1])
        if self.peak_kb > self.limit_kb and not self.over:
            self.over = True
            self.on_exceeded()
        elif processes > MOST_PROCESSES and not self.crowded:
            self.crowded = True
            log.warning(
                "An execution environment was ended: a function started more than %d processes. "
                "On AWS it cannot start more, and goes on.",
                MOST_PROCESSES,
            )
            self.on_exceeded()

    def _count(
        self, measure: Callable[[int], Iterable[int]], pids: Iterable[int]
    ) -> tuple[int, int]:
        """Return how many processes there are and what they have, in KiB."""
        processes = total_kb = 0
        for each_kb in chain.from_iterable(map(measure, pids)):
            total_kb += each_kb
            processes += 1
            if processes > MOST_PROCESSES:
                break  # a function that starts more and more would be counted for ever
        return processes, total_kb

    def _may_be_more(self, at_most_kb: int) -> bool:
        """Whether an exact look may find a new peak: it costs far more than a rough one."""
        self._looks += 1
        if at_most_kb <= self.peak_kb:
            return False
        grown = at_most_kb > self._at_most_kb
        self._at_most_kb = at_most_kb
        return grown or self._looks % EXACT_EVERY == 0


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
