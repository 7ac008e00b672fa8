"""How much memory one environment has used since its init, and the watch over its limit."""

from __future__ import annotations

from collections.abc import Callable, Collection

from lambda_lab.runtime.memory import MemoryWatch, Watched

__all__ = ["MemoryUse"]

QUICK_MS = 1.5
MEASURE_EVERY = 16
"""One in so many quick invocations is measured for memory."""


class MemoryUse:
    """The memory of one environment.

    Parameters
    ----------
    limit_mb
        The function's memory; more is not reported.
    watch
        The thread that looks.
    exceeded
        What to do when the processes have too much.
    """

    def __init__(self, limit_mb: int, watch: MemoryWatch, exceeded: Callable[[], None]) -> None:
        self._limit_mb, self._watch = limit_mb, watch
        self._exceeded = exceeded
        self._peak_kb = 0
        self._looks = 0

    def forget(self) -> None:
        """Begin anew: the processes are new."""
        self._peak_kb = 0

    def begin(self, pid: int, more: Callable[[], Collection[int]]) -> Watched:
        """Watch *pid* and those that *more* returns while they work."""
        watched = Watched(pid, self._limit_mb * 1024, self._exceeded, more)
        self._watch.add(watched)
        return watched

    def end(self, watched: Watched, duration_ms: float = QUICK_MS) -> None:
        """Watch no more, and take note of the memory used.

        A run of a millisecond or less cannot have taken much; it is measured once in a while.
        Who took too much between two looks is found out here: ``watched.over`` says so.
        """
        self._watch.remove(watched)
        self._looks += 1
        if duration_ms >= QUICK_MS or self._looks % MEASURE_EVERY <= 2:
            watched.look()
        self._peak_kb = max(self._peak_kb, watched.peak_kb)

    @property
    def mb(self) -> int:
        """The peak since the last init, in MB."""
        return min(self._limit_mb, self._peak_kb // 1024)
