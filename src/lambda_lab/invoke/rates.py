"""What bounds a function over time: requests within a second, and new environments.

The simulator keeps to the same two rules (``simulate/bounds.py``); a test runs both on the same
requests.
"""

from __future__ import annotations

from collections import deque

from lambda_lab.clock import SECOND, Clock, stopwatch_ns
from lambda_lab.invoke.limits import Limits

__all__ = ["Pace", "RequestRate", "ScalingRate"]


class RequestRate:
    """Requests that may begin within any one second.

    AWS publishes the number, ten for each unit of concurrency, and not how it counts. Here no
    second, wherever it begins, holds more than the limit.

    Parameters
    ----------
    most
        Requests a second; ``None`` is no limit.

    Examples
    --------
    >>> rate = RequestRate(1)
    >>> rate.begin(0)
    >>> rate.full(SECOND - 1), rate.full(SECOND)
    (True, False)
    """

    __slots__ = ("_begun",)

    def __init__(self, most: int | None) -> None:
        self._begun: deque[int] | None = None if most is None else deque(maxlen=most)

    def full(self, now_ns: int) -> bool:
        """Whether no request may begin now."""
        begun = self._begun
        if begun is None or len(begun) != begun.maxlen:
            return False
        return not begun or now_ns - begun[0] < SECOND

    def begin(self, now_ns: int) -> None:
        """Note that a request begins."""
        if self._begun is not None:
            self._begun.append(now_ns)

    def undo(self) -> None:
        """Forget the request that began last: it did not run after all."""
        if self._begun:
            self._begun.pop()

    def resize(self, most: int | None) -> None:
        """Take on another limit, and keep in mind what began."""
        begun = self._begun or ()
        self._begun = None if most is None else deque(begun, maxlen=most)


class ScalingRate:
    """New on-demand environments that a function may have now: a bucket, refilled all the time.

    "Lambda adds at most so many in ten seconds"; the rate comes back continuously, and what is not
    used does not add up: https://docs.aws.amazon.com/lambda/latest/dg/scaling-behavior.html

    Examples
    --------
    >>> from fractions import Fraction
    >>> bucket = ScalingRate(Limits(account=10, burst=1, rate=Fraction(1), requests_per_unit=10))
    >>> [bucket.take(now) for now in (5, 6, 5 + SECOND)]
    [True, False, True]
    """

    __slots__ = ("_level", "_price", "_refill", "_since", "_size")

    def __init__(self, limits: Limits) -> None:
        # In whole parts, so that nothing is ever rounded.
        each_nanosecond = limits.rate / SECOND
        self._price, self._refill = each_nanosecond.denominator, each_nanosecond.numerator
        self._size = self._price * limits.burst
        self._level, self._since = self._size, 0

    def take(self, now_ns: int) -> bool:
        """Take one environment out of the bucket; false if it holds none."""
        passed = max(0, now_ns - self._since)
        self._level = min(self._size, self._level + passed * self._refill)
        self._since += passed
        if self._level < self._price:
            return False
        self._level -= self._price
        return True


class Pace:
    """The time by which rates are counted: the region's clock, and never slower than real time.

    While the clock is moved it stands still at each event, until what the event started is done.
    Ten calls that follow each other there take as long as ever, and are not at one instant.

    Examples
    --------
    >>> clock = Clock()
    >>> pace = Pace(clock)
    >>> before = pace.now_ns()
    >>> clock.advance(minutes=1)
    >>> pace.now_ns() - before >= 60 * SECOND
    True
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = (0, 0)

    def now_ns(self) -> int:
        """Return the time in nanoseconds; it never goes back."""
        last_ns, last_real_ns = self._last
        real_ns = stopwatch_ns()
        now_ns = max(self._clock.now_ns(), last_ns + real_ns - last_real_ns)
        self._last = now_ns, real_ns
        return now_ns
