"""Durations to simulate, in nanoseconds: all alike, or scattered by chance from a seed."""

from __future__ import annotations

import math
from array import array
from random import Random
from typing import Any

from .checks import LONGEST, in_nanoseconds, measured, whole
from .errors import SimulationError

__all__ = ["exponential", "fixed", "lognormal"]

MOST = 2**31 - 1


def _count(value: Any) -> int:
    return whole("count", value, least=1, most=MOST)


def _mean(value: Any) -> float:
    """Return a mean in nanoseconds; even a draw of many times as much fits."""
    mean = in_nanoseconds("mean", value)
    return float(whole("mean in nanoseconds", round(mean), most=LONGEST // 1024) and mean)


def fixed(mean: float, count: int) -> array[int]:
    """Return *count* durations that are all the same.

    Parameters
    ----------
    mean
        Seconds of each.
    count
        How many.

    Raises
    ------
    SimulationError
        If one is not above zero, or no finite number.

    Examples
    --------
    >>> fixed(0.5, count=2).tolist()
    [500000000, 500000000]
    """
    return array("q", [round(_mean(mean))]) * _count(count)


def exponential(mean: float, count: int, *, seed: int) -> array[int]:
    """Return *count* durations that scatter exponentially: most are short, a few are long.

    Parameters
    ----------
    mean
        Seconds of each on average.
    count
        How many.
    seed
        Of the source of chance.

    Raises
    ------
    SimulationError
        If one is not above zero, or no finite number.

    Examples
    --------
    >>> durations = exponential(0.5, count=10_000, seed=1)
    >>> round(sum(durations) / len(durations) / 1e9, 2)
    0.5
    """
    chance, average = Random(whole("seed", seed)), _mean(mean)
    return array("q", (round(chance.expovariate(1.0) * average) for _ in range(_count(count))))


def lognormal(mean: float, count: int, *, scatter: float = 1.0, seed: int) -> array[int]:
    """Return *count* durations whose logarithms scatter normally, as measured ones often do.

    Parameters
    ----------
    mean
        Seconds of each on average.
    count
        How many.
    scatter
        Standard deviation over mean: 1 scatters as widely as an exponential does.
    seed
        Of the source of chance.

    Raises
    ------
    SimulationError
        If one is not above zero, or no finite number, or the scatter is above 100.

    Examples
    --------
    >>> durations = lognormal(0.5, count=10_000, scatter=0.5, seed=1)
    >>> round(sum(durations) / len(durations) / 1e9, 2)
    0.5
    """
    chance, average, wide = Random(whole("seed", seed)), _mean(mean), measured("scatter", scatter)
    if wide > 100:
        raise SimulationError(f"scatter is {scatter}; give at most 100.")
    variance = math.log1p(wide**2)
    middle, width = math.log(average) - variance / 2, math.sqrt(variance)
    return array(
        "q",
        (min(LONGEST, round(math.exp(chance.gauss(middle, width)))) for _ in range(_count(count))),
    )
