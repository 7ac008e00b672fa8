"""What the thread of a call waits for: news from its environment, in the order they came."""

from __future__ import annotations

import queue
from dataclasses import dataclass
from enum import Enum, auto

from lambda_lab.clock import stopwatch_ns
from lambda_lab.runtime.api import RuntimeReply
from lambda_lab.runtime.extensions import ExtensionFailure

__all__ = ["Exited", "InitError", "Mailbox", "News", "Step"]


class Step(Enum):
    """How far an init has come."""

    REGISTERED = auto()
    """Every external extension has registered."""
    READY = auto()
    """The runtime and all extensions wait for work."""


@dataclass(frozen=True, slots=True)
class Exited:
    """The runtime's process ended."""

    status: int


@dataclass(frozen=True, slots=True)
class InitError:
    """The runtime said that it cannot start."""

    reply: RuntimeReply


News = RuntimeReply | Exited | InitError | ExtensionFailure | Step


class Mailbox:
    """News of one environment. Written by the I/O loop's thread, read by that of a call.

    Examples
    --------
    >>> mailbox = Mailbox()
    >>> mailbox.put(Exited(0))
    >>> mailbox.next(1.0), mailbox.next(0.0)
    (Exited(status=0), None)
    """

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[News] = queue.SimpleQueue()
        self.put = self._queue.put
        """Tell something."""

    def next(self, seconds: float) -> News | None:
        """Return the next news, or ``None`` if there is none in *seconds*."""
        try:
            return self._queue.get(timeout=max(0.0, seconds))
        except queue.Empty:
            return None

    def now(self) -> News | None:
        """Return news that is there, or ``None``."""
        try:
            return self._queue.get_nowait()
        except queue.Empty:
            return None

    def discard(self) -> None:
        """Forget what nobody waited for."""
        while self.now() is not None:
            pass

    def await_exit(self, seconds: float) -> None:
        """Wait until the process has ended, at most *seconds*."""
        deadline = stopwatch_ns() / 1e9 + seconds
        while (left := deadline - stopwatch_ns() / 1e9) > 0:
            news = self.next(left)
            if news is None or isinstance(news, Exited):
                return
