"""What bounds a simulated function over time: requests within a second, and new environments."""

from __future__ import annotations

from collections import deque

from lambda_lab.clock import SECOND

from .outcomes import Outcome
from .settings import Settings

__all__ = ["Bucket", "begun_within", "throttles"]


def begun_within(most: int | None, requests: int) -> deque[int] | None:
    """Return a window of the last *most* requests, oldest first, or ``None`` if none is needed.

    AWS states the limit as requests per second and does not publish how it counts them. Here no
    second, wherever it begins, holds more than the limit: a request may begin if the one
    *most* before it began at least a second ago.

    Examples
    --------
    >>> begun_within(2, requests=10)
    deque([-1000000000, -1000000000], maxlen=2)
    >>> begun_within(10, requests=10) is None
    True
    """
    if most is None or most >= requests:
        return None
    return deque([-SECOND] * most, most)


class Bucket:
    """New environments that may be made now: full at first, refilled all the time.

    Lambda adds at most so many environments to a function in a window; the rate comes back
    continuously, and what is not used does not add up:
    https://docs.aws.amazon.com/lambda/latest/dg/scaling-behavior.html
    """

    def __init__(self, settings: Settings) -> None:
        self.price, self.refill, self.size = settings.tokens
        self.level = self.size
        self.since = 0

    def take(self, now: int) -> bool:
        """Take one environment out of the bucket if it holds one."""
        if not self.price:
            return True
        self.level = min(self.size, self.level + (now - self.since) * self.refill)
        self.since = now
        if self.level < self.price:
            return False
        self.level -= self.price
        return True


def throttles(settings: Settings) -> tuple[int, int]:
    """Return the outcomes of a request for which no concurrency, or no request rate, is left."""
    if settings.reserved is None:
        return int(Outcome.THROTTLED_ACCOUNT), int(Outcome.THROTTLED_RATE)
    return int(Outcome.THROTTLED_RESERVED), int(Outcome.THROTTLED_RESERVED_RATE)
