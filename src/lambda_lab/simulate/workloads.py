"""Arrivals to simulate: constant, by chance, in bursts, over a day. Times in nanoseconds.

Chance comes from a seed, so that a run can be repeated; with or without NumPy it is the same.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator
from random import Random
from typing import Any

from lambda_lab.clock import SECOND
from lambda_lab.errors import shown

from .checks import LONGEST, above_zero, in_nanoseconds, measured, whole
from .errors import SimulationError

__all__ = ["bursts", "constant", "daily_curve", "poisson"]

DAY = 86_400
MOST = 2**31 - 1
_COUNTED = 10**30


def _end(name: str, value: Any) -> int:
    """Return a number of seconds as nanoseconds, not too many."""
    return whole(f"{name} in nanoseconds", round(in_nanoseconds(name, value)), least=1)


def _not_too_many(count: float) -> None:
    if count > MOST:
        raise SimulationError(
            f"That makes about {min(count, _COUNTED):.3g} requests; give a lower rate or a "
            f"shorter time, for at most {MOST} requests."
        )


def constant(rate: float, seconds: float) -> array[int]:
    """Return arrivals at equal distances, the first at 0.

    Parameters
    ----------
    rate
        Requests a second.
    seconds
        How long they keep coming.

    Raises
    ------
    SimulationError
        If one is not above zero or no finite number, or there would be too many requests.

    Examples
    --------
    >>> constant(rate=4, seconds=1).tolist()
    [0, 250000000, 500000000, 750000000]
    """
    each, end = above_zero("rate", rate), _end("seconds", seconds)
    # Request n comes at the first nanosecond that is not before n / rate.
    count = -(-end * each.numerator // (each.denominator * SECOND))
    _not_too_many(count)
    over, under = SECOND * each.denominator, each.numerator
    return array("q", (-(-number * over // under) for number in range(count)))


def _passing(rate: float, end: int, chance: Random) -> Iterator[int]:
    """Yield arrivals by chance, up to *end*."""
    now, mean = 0.0, SECOND / rate
    while (now := now + chance.expovariate(1.0) * mean) < end:
        yield int(now)


def poisson(rate: float, seconds: float, *, seed: int) -> array[int]:
    """Return arrivals by chance at a steady rate: a Poisson process.

    Parameters
    ----------
    rate
        Requests a second on average.
    seconds
        How long they keep coming.
    seed
        Of the source of chance: the same seed gives the same arrivals.

    Raises
    ------
    SimulationError
        If a number is not above zero or not finite, or there would be too many requests.

    Examples
    --------
    >>> len(poisson(rate=100, seconds=60, seed=1))
    5975
    """
    mean, end = float(above_zero("rate", rate)), _end("seconds", seconds)
    _not_too_many(mean * end / SECOND)
    return array("q", _passing(mean, end, Random(whole("seed", seed))))


def bursts(
    size: int, every: float, count: int, *, spread: float = 0.0, seed: int = 0
) -> array[int]:
    """Return *count* bursts of *size* requests each.

    Parameters
    ----------
    size
        Requests of each burst.
    every
        Seconds from the start of one to the start of the next.
    count
        How many bursts.
    spread
        Seconds over which the requests of a burst are strewn by chance; 0 is all at once.
    seed
        Of the source of chance.

    Raises
    ------
    SimulationError
        If a number is negative, zero where it must not be, or not finite; or if a burst would
        reach into the next.

    Examples
    --------
    >>> bursts(size=2, every=1, count=2).tolist()
    [0, 0, 1000000000, 1000000000]
    """
    each, times = whole("size", size, least=1), whole("count", count, least=1)
    _not_too_many(each * times)
    apart = _end("every", every)
    wide = round(in_nanoseconds("spread", spread, zero=True))
    if wide > apart:
        raise SimulationError(
            f"spread is {spread} s and every {every} s: a burst would reach into the next. "
            "Give a spread of at most every."
        )
    if apart * times > LONGEST:
        raise SimulationError("The bursts take more than 36 years; give fewer.")
    chance = Random(whole("seed", seed))
    found = array("q")
    for number in range(times):
        found.extend(
            sorted(number * apart + (chance.randrange(wide) if wide else 0) for _ in range(each))
        )
    return found


def daily_curve(
    low: float, high: float, *, days: float = 1, busiest_hour: float = 14, seed: int
) -> array[int]:
    """Return arrivals by chance whose rate swings between night and day.

    The rate follows a cosine: *high* at the busiest hour, *low* twelve hours away from it.

    Parameters
    ----------
    low, high
        Requests a second at the quietest and at the busiest moment.
    days
        How long they keep coming, from midnight on.
    busiest_hour
        From 0 to 24.
    seed
        Of the source of chance.

    Raises
    ------
    SimulationError
        If a number is negative or not finite, *high* or *days* is zero, *low* is above *high*,
        the hour is no hour, or there would be too many requests.

    Examples
    --------
    >>> arrivals = daily_curve(0.1, 0.5, seed=1)
    >>> sum(12 <= now // (3600 * 10**9) < 16 for now in arrivals) / (4 * 3600) > 0.45
    True
    """
    top, bottom = float(above_zero("high", high)), measured("low", low, zero=True)
    if bottom > top:
        raise SimulationError(f"low is {low} and high {high}; give a low of at most high.")
    hour = measured("busiest_hour", busiest_hour, zero=True)
    if hour > 24:
        raise SimulationError(f"busiest_hour is {shown(busiest_hour)}; give an hour from 0 to 24.")
    end = _end("days in seconds", measured("days", days) * DAY)
    _not_too_many(top * end / SECOND)
    chance = Random(whole("seed", seed))
    middle, swing = (top + bottom) / 2, (top - bottom) / 2
    turn = 2 * math.pi / (DAY * SECOND)
    peak = hour * 3600 * SECOND
    # Arrivals at the highest rate, of which each stays with the share the rate has then (thinning).
    return array(
        "q",
        (
            now
            for now in _passing(top, end, chance)
            if chance.random() * top < middle + swing * math.cos((now - peak) * turn)
        ),
    )
