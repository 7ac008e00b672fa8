"""The processes that a fork server was asked for, and which of them live together."""

from __future__ import annotations

import threading

from lambda_lab.runtime.process import Process

__all__ = ["Roll"]


class Roll:
    """Processes by their identities, from the request to their end. For any number of threads.

    Examples
    --------
    >>> roll = Roll()
    >>> runtime = Process("e1", print, pid=4, home="e1")
    >>> extension = Process("e1/watcher", print, pid=5, home="e1")
    >>> roll.add(runtime), roll.add(extension)
    (None, None)
    >>> runtime.others()
    [5]
    """

    def __init__(self) -> None:
        self._processes: dict[str, Process] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """Return how many there are, ended ones of environments that are still there included."""
        return len(self._processes)

    def add(self, process: Process) -> Process | None:
        """Take *process*; returns the one that it takes the place of."""
        process.others = lambda: self._others(process)
        with self._lock:
            former = self._processes.get(process.identity)
            self._processes[process.identity] = process
        return former

    def _others(self, process: Process) -> list[int]:
        """Return the other processes that live in the file system of *process*."""
        with self._lock:
            return [
                one.pid
                for one in self._processes.values()
                if one.home == process.home and one is not process and one.pid and not one.ended
            ]

    def named(self, identity: str) -> Process | None:
        """Return the process of that identity."""
        with self._lock:
            return self._processes.get(identity)

    def give_up(self, home: str) -> None:
        """End what is left of an environment that is gone, and forget it.

        What is just being started for it is kept until it is heard of: its start, and its end.
        """
        with self._lock:
            left = [one for one in self._processes.values() if one.home == home]
            for one in left:
                if one.ended:
                    del self._processes[one.identity]
        for one in left:
            if not one.ended:
                one.give_up("its environment was ended")

    def ended(self, process: Process) -> None:
        """Take note that *process* has ended; nobody asks for it where it was given up."""
        with self._lock:
            if process.unwanted:
                self._processes.pop(process.identity, None)

    def clear(self) -> list[Process]:
        """Forget all processes; returns those that have not ended."""
        with self._lock:
            left = [one for one in self._processes.values() if not one.ended]
            self._processes.clear()
            return left
