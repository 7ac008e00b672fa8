"""Stop an answer that never ends: a check calls what a learner wrote, and waits for it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["TooLong", "patience"]


class TooLong(BaseException):
    """The block worked longer than it may."""


@contextmanager
def patience(cpu_seconds: float) -> Iterator[None]:
    """Raise :class:`TooLong` in a block that worked *cpu_seconds*.

    Work is what counts, not time that passes: a busy machine makes no answer wrong. The timer
    belongs to Unix, and a signal reaches the main thread only; elsewhere the block has no limit.
    https://docs.python.org/3/library/signal.html#signal.setitimer

    Examples
    --------
    >>> try:
    ...     with patience(0.01):
    ...         while True:
    ...             pass
    ... except TooLong:
    ...     print("stopped")
    stopped
    """
    if (
        not hasattr(signal, "setitimer")
        or threading.current_thread() is not threading.main_thread()
    ):
        yield
        return

    def stop(*_: Any) -> None:
        raise TooLong

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, cpu_seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
