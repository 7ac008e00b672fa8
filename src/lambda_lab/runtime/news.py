"""What the thread of a call waits for: news from its environment, in the order they came."""

from __future__ import annotations

import queue
import threading
from dataclasses import dataclass
from enum import Enum, auto

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

    That the process ended is told twice: to the call, as the last of its news, and to whoever ended
    the process. The two may be different threads, and neither may take the news from the other.

    Examples
    --------
    >>> mailbox = Mailbox()
    >>> mailbox.put(Exited(0))
    >>> mailbox.next(1.0), mailbox.next(0.0)
    (Exited(status=0), None)
    """

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[News] = queue.SimpleQueue()
        self._exited = threading.Event()

    def put(self, news: News) -> None:
        """Tell something."""
        self._queue.put(news)
        if isinstance(news, Exited):
            self._exited.set()

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
        """Forget what nobody waited for: a new process begins."""
        while self.now() is not None:
            pass
        self._exited.clear()

    def await_exit(self, seconds: float) -> None:
        """Wait until the process has ended, at most *seconds*, and leave the news to the call."""
        self._exited.wait(max(0.0, seconds))
