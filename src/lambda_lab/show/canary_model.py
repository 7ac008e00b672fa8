"""What a canary's few calls can tell: how many it gets, what they prove, what they would show.

A call to an alias with weights goes to one of two versions, each call drawn on its own. So the
number of calls that the new version gets follows the binomial distribution.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from lambda_lab.errors import LabError, shown

__all__ = [
    "CALLS",
    "FAILING",
    "SURE",
    "WEIGHTS",
    "Prospect",
    "calls_until_seen",
    "chance_of_a_failure",
    "checked_percent",
    "checked_weight",
    "prospects",
    "usual",
    "wilson",
]

CALLS = (10, 30, 100, 300, 1_000, 3_000, 10_000)
"""Numbers of calls that the explorer shows."""
WEIGHTS = (1, 2, 5, 10, 20, 30, 50)
"""Weights of the new version that it offers, in %."""
FAILING = (1, 2, 5, 10, 20, 50, 100)
"""Calls of 100 to the new version that fail, as it offers them."""
SURE = 95
"""In how many of 100 runs a range holds what happens."""
_WHOLE = 100
_TAIL = (1 - SURE / _WHOLE) / 2
# The quantile of the normal distribution that belongs to SURE:
# https://www.itl.nist.gov/div898/handbook/eda/section3/eda3671.htm
_Z = 1.959964


@dataclass(frozen=True, slots=True)
class Prospect:
    """What a number of calls brings.

    Attributes
    ----------
    calls
        Calls to the alias.
    low, high
        Fewest and most of them that the new version gets in 95 of 100 runs.
    seen
        The chance that at least one of them fails, 0.0 to 1.0.
    """

    calls: int
    low: int
    high: int
    seen: float


def prospects(weight: int, failing: int) -> list[Prospect]:
    """Return what each of :data:`CALLS` brings.

    Parameters
    ----------
    weight
        What the new version gets of 100 calls.
    failing
        How many of 100 calls to the new version fail.

    Raises
    ------
    LabError
        If one of the two is not between 0 and 100.

    Examples
    --------
    >>> found = prospects(10, 5)[2]
    >>> found.calls, found.low, found.high, round(found.seen, 2)
    (100, 5, 16, 0.39)
    """
    return [
        Prospect(calls, *usual(calls, weight), chance_of_a_failure(calls, weight, failing))
        for calls in CALLS
    ]


@cache
def usual(calls: int, weight: int) -> tuple[int, int]:
    """Return the fewest and the most calls that a weight of *weight* % brings in 95 of 100 runs.

    Half of the other runs bring fewer and half bring more: a central range of the binomial
    distribution. It is computed by multiplying outwards from the likeliest number, so that a
    script with the same numbers finds the same.

    Examples
    --------
    >>> usual(400, 10), usual(10, 0), usual(10, 100)
    ((29, 52), (0, 0), (10, 10))
    """
    checked_percent("The weight", weight)
    if weight in (0, _WHOLE):
        return (0, 0) if weight == 0 else (calls, calls)
    parts = _binomial(calls, weight)
    total = sum(parts)
    return _first(parts, total * _TAIL), _first(parts, total * (1 - _TAIL))


def _binomial(calls: int, weight: int) -> list[float]:
    """Return how likely each number of calls is, in parts of the likeliest."""
    rest = _WHOLE - weight
    middle = (calls + 1) * weight // _WHOLE
    parts = [0.0] * (calls + 1)
    parts[middle] = 1.0
    for k in range(middle, 0, -1):
        parts[k - 1] = parts[k] * k * rest / ((calls - k + 1) * weight)
    for k in range(middle, calls):
        parts[k + 1] = parts[k] * (calls - k) * weight / ((k + 1) * rest)
    return parts


def _first(parts: Sequence[float], share: float) -> int:
    """Return the first number up to which *parts* reach *share*."""
    reached = 0.0
    for k, part in enumerate(parts):
        reached += part
        if reached >= share:
            return k
    return len(parts) - 1


def chance_of_a_failure(calls: int, weight: int, failing: int) -> float:
    """Return how likely at least one failure is in *calls* to the alias.

    Examples
    --------
    >>> round(chance_of_a_failure(100, 10, 5), 3), chance_of_a_failure(5, 100, 100)
    (0.394, 1.0)
    """
    checked_percent("The weight", weight)
    checked_percent("The rate of failures", failing)
    # Squared step by step: multiplication alone is the same in every language.
    good, base, left = 1.0, 1 - weight * failing / _WHOLE**2, calls
    while left:
        if left % 2:
            good *= base
        base *= base
        left //= 2
    return 1 - good


def calls_until_seen(weight: int, failing: int) -> int:
    """Return how many calls to the alias show a failure with a chance of 95 %.

    Raises
    ------
    LabError
        If none of the calls can fail.

    Examples
    --------
    >>> calls_until_seen(10, 5), calls_until_seen(100, 100)
    (598, 1)
    """
    checked_percent("The weight", weight)
    checked_percent("The rate of failures", failing)
    bad = weight * failing / _WHOLE**2
    if bad == 0:
        raise LabError("No call fails at these settings, so none is ever seen. Raise one of them.")
    return 1 if bad == 1 else math.ceil(math.log(1 - SURE / _WHOLE) / math.log(1 - bad))


def wilson(found: int, calls: int) -> tuple[float, float]:
    """Return the weights, 0.0 to 1.0, with which *found* of *calls* would be no surprise.

    The score interval of E. B. Wilson, for 95 of 100 runs:
    https://doi.org/10.1080/01621459.1927.10502953

    Examples
    --------
    >>> low, high = wilson(44, 400)
    >>> f"{low:.3f} to {high:.3f}"
    '0.083 to 0.144'
    """
    share, spread = found / calls, _Z**2 / calls
    middle = (share + spread / 2) / (1 + spread)
    half = _Z / (1 + spread) * math.sqrt(share * (1 - share) / calls + spread / (4 * calls))
    low = 0.0 if found == 0 else middle - half
    high = 1.0 if found == calls else middle + half
    return max(0.0, low), min(1.0, high)


def checked_weight(weight: object) -> float:
    """Return *weight* if an alias takes it.

    Raises
    ------
    LabError
        If it is not a number from 0.0 to 1.0.
    """
    number = _within(weight, 1)
    if number is None:
        raise LabError(f"The weight is {shown(weight)}; an alias takes 0.0 to 1.0.")
    return number


def checked_percent(name: str, value: object) -> float:
    """Return *value* if it is a part of a hundred.

    Raises
    ------
    LabError
        If it is not a number from 0 to 100.
    """
    number = _within(value, _WHOLE)
    if number is None:
        raise LabError(f"{name} is {shown(value)} %; give 0 to {_WHOLE}.")
    return number


def _within(value: object, most: int) -> float | None:
    """Return *value* as a number from 0 to *most*, or nothing."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value <= most else None
