"""When to try again to reach a database that does not answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

__all__ = ["Retry"]

_FIRST_SECONDS, _GROWS = 0.05, 1.5
_MOST_SECONDS, _MOST_UNWANTED_SECONDS = 0.25, 1.0
"""Each try waits longer, up to the first number, or the second while no client waits."""


class Retry:
    """One try to come, in real time: the database is a real process.

    Parameters
    ----------
    loop
        The proxy's.
    action
        The try.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, action: Callable[[], None]) -> None:
        self._loop, self._action = loop, action
        self._timer: asyncio.TimerHandle | None = None
        self._tries = 0

    @property
    def pending(self) -> bool:
        """Whether a try is to come."""
        return self._timer is not None

    def later(self, *, wanted: bool) -> None:
        """Try again in a while; *wanted*: somebody waits."""
        if self._timer is None:
            most = _MOST_SECONDS if wanted else _MOST_UNWANTED_SECONDS
            # Past twenty tries every wait is the longest.
            wait = min(_FIRST_SECONDS * _GROWS ** min(self._tries, 20), most)
            self._tries += 1
            self._timer = self._loop.call_later(wait, self._act)

    def _act(self) -> None:
        self._timer = None
        self._action()

    def now(self) -> None:
        """Do not wait any longer."""
        self._tries = 0
        if self._timer is not None:
            self._timer.cancel()
            self._act()

    def reset(self) -> None:
        """The database answers."""
        self._tries = 0

    def cancel(self) -> None:
        """Try no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
