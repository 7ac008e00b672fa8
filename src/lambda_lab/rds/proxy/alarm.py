"""One appointment of the proxy's thread with the region's clock."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

from lambda_lab.clock import Clock, Scheduled

__all__ = ["Alarm"]

_PATIENCE_SECONDS = 10.0


class Alarm:
    """Calls a function in the event loop's thread when the region's clock reaches a time.

    The clock's event returns when the function has run, so after ``clock.advance`` what was due is
    done.

    Parameters
    ----------
    clock
        The region's.
    loop
        The proxy's.
    action
        Called with the time on the clock.
    """

    def __init__(
        self, clock: Clock, loop: asyncio.AbstractEventLoop, action: Callable[[int], None]
    ) -> None:
        self._clock, self._loop, self._action = clock, loop, action
        self._event: Scheduled | None = None

    def no_later_than(self, due_ns: int) -> None:
        """Ring at *due_ns*, or before if that was agreed."""
        if self._event is not None:
            if self._event.due_ns <= due_ns:
                return
            self._event.cancel()
        self._event = self._clock.call_at(due_ns, self._ring)

    def cancel(self) -> None:
        """Do not ring."""
        if self._event is not None:
            self._event.cancel()
            self._event = None

    def _ring(self) -> None:
        """Run in the clock's thread."""
        done, now = threading.Event(), self._clock.now_ns()

        def act() -> None:
            self._event = None
            try:
                self._action(now)
            finally:
                done.set()

        try:
            self._loop.call_soon_threadsafe(act)
        except RuntimeError:  # the proxy has ended
            return
        done.wait(_PATIENCE_SECONDS)
