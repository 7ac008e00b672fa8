"""Idle environments are shut down after a while: Lambda does not keep them for ever.

AWS does not publish how long it keeps an environment that has nothing to do, and says not to build
on it. So the time is a setting here, and its default is ours:
https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
"""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Callable, Mapping

from lambda_lab.clock import SECOND, Clock
from lambda_lab.errors import SandboxError
from lambda_lab.invoke.errands import Errands
from lambda_lab.invoke.pool import Pool
from lambda_lab.runtime.environment import Environment

__all__ = ["DEFAULT_SECONDS", "EXPIRY_VARIABLE", "IdleExpiry", "idle_expiry_seconds"]

EXPIRY_VARIABLE = "LAMBDA_LAB_IDLE_EXPIRY"
DEFAULT_SECONDS = 600.0
"""Ten minutes of the region's clock. Ours: people who measured AWS saw five to some sixty."""


def idle_expiry_seconds(
    setting: float | None = None, variables: Mapping[str, str] = os.environ
) -> float:
    """Return after how many idle seconds an environment is shut down; infinity is never.

    Parameters
    ----------
    setting
        What the region was opened with; ``None`` looks at ``LAMBDA_LAB_IDLE_EXPIRY``, which holds
        seconds or ``never``.

    Raises
    ------
    SandboxError
        If it is no positive number.

    Examples
    --------
    >>> idle_expiry_seconds(None, {}), idle_expiry_seconds(90, {})
    (600.0, 90.0)
    >>> idle_expiry_seconds(None, {"LAMBDA_LAB_IDLE_EXPIRY": "never"})
    inf
    """
    text = variables.get(EXPIRY_VARIABLE, str(DEFAULT_SECONDS))
    try:
        seconds = float(setting if setting is not None else text.replace("never", "inf"))
    except (TypeError, ValueError):
        seconds = math.nan
    if not seconds > 0:
        where = EXPIRY_VARIABLE if setting is None else "idle_expiry_seconds"
        raise SandboxError(
            f"{where} is {text if setting is None else setting!r}, which is no positive number. "
            "Give it seconds of the region's clock, or `never` (in Python: math.inf)."
        )
    return seconds


class IdleExpiry:
    """Shuts down environments that have been idle for too long, on the region's clock.

    One event on the clock is enough for all: it is due when the first may have expired, and looks
    at who has. So a warm call costs nothing.

    Parameters
    ----------
    pool
        Who is idle, and since when.
    shut_down
        Ends one environment; called on a thread of its own.
    seconds
        How long an environment may be idle; infinity is for ever.
    """

    def __init__(
        self,
        pool: Pool,
        clock: Clock,
        errands: Errands,
        shut_down: Callable[[Environment], None],
        *,
        seconds: float,
    ) -> None:
        self.seconds = seconds
        self._pool, self._clock, self._errands = pool, clock, errands
        self._shut_down = shut_down
        self._planned = False
        self._lock = threading.Lock()

    def notice(self) -> None:
        """Note that an environment became idle."""
        if not self._planned:
            self._plan(self._clock.now_ns())

    def _plan(self, idle_since_ns: int) -> None:
        if self.seconds == math.inf:
            return
        with self._lock:
            if self._planned:
                return
            self._planned = True
        self._clock.call_at(idle_since_ns + round(self.seconds * SECOND), self._look)

    def _look(self) -> None:
        with self._lock:
            self._planned = False
        before_ns = self._clock.now_ns() - round(self.seconds * SECOND)
        expired, oldest_ns = self._pool.take_expired(before_ns)
        if expired:
            self._errands.run(lambda: [self._shut_down(one) for one in expired], "lab-expiry")
        if oldest_ns is not None:
            self._plan(oldest_ns)
