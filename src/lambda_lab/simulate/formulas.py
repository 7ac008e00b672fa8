"""Closed formulas to hold a simulation against: waiting lines that were solved on paper.

Each holds for requests that arrive by chance at a steady rate (a Poisson process).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from lambda_lab.clock import SECOND

from .checks import in_nanoseconds, measured, whole
from .errors import SimulationError

__all__ = ["cold_share_of_one", "concurrency", "erlang_b", "most_recently_used"]


def concurrency(rate: float, duration: float) -> float:
    """Return the average concurrency: Little's law, which AWS's own formula is.

    It holds however requests arrive and however long they take:
    https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html

    Parameters
    ----------
    rate
        Requests a second.
    duration
        Seconds of each on average.

    Raises
    ------
    SimulationError
        If one is negative or no finite number.

    Examples
    --------
    >>> concurrency(rate=100, duration=0.5)
    50.0
    """
    return measured("rate", rate, zero=True) * measured("duration", duration, zero=True)


def erlang_b(limit: int, load: float) -> float:
    """Return the share of requests throttled by a concurrency limit: Erlang's formula B.

    Only the average duration matters, not how durations scatter. It leaves out Init.

    Parameters
    ----------
    limit
        Reserved concurrency, or the account's.
    load
        The concurrency there would be without a limit: rate times duration.

    Raises
    ------
    SimulationError
        If one is negative or no finite number.

    Notes
    -----
    A. K. Erlang, 1917. Computed by the recursion B(n) = a B(n-1) / (n + a B(n-1)), which neither
    overflows nor cancels.

    Examples
    --------
    >>> round(erlang_b(limit=10, load=8), 7)
    0.1216611
    """
    offered = measured("load", load, zero=True)
    blocked = 1.0
    for servers in range(1, whole("limit", limit) + 1):
        blocked = offered * blocked / (servers + offered * blocked)
    return blocked


def cold_share_of_one(rate: float, keep_alive: float) -> float:
    """Return the share of cold starts where requests are so rare that they never overlap.

    A request is cold if none came within *keep_alive* before it: exp(-rate * keep_alive).

    Parameters
    ----------
    rate
        Requests a second.
    keep_alive
        Seconds that an idle environment is kept.

    Raises
    ------
    SimulationError
        If one is negative or no finite number.

    Examples
    --------
    >>> round(cold_share_of_one(rate=1 / 600, keep_alive=600), 4)
    0.3679
    """
    return math.exp(
        -measured("rate", rate, zero=True) * measured("keep_alive", keep_alive, zero=True)
    )


def most_recently_used(rate: float, duration: float, keep_alive: float) -> tuple[float, float]:
    """Return the share of cold starts, and the idle environments, under most-recently-used reuse.

    For durations that scatter exponentially and no limit. An Init is taken to be short beside
    what it delays.

    Parameters
    ----------
    rate
        Requests a second.
    duration
        Seconds of each on average.
    keep_alive
        Seconds that an idle environment is kept.

    Raises
    ------
    SimulationError
        If one is not above zero or no finite number, or the load is above 10,000.

    Notes
    -----
    The environment that goes idle when *h* others are busy is used again when the number of busy
    ones next rises above *h*. So its idle time is the time the number takes from *h* to *h* + 1,
    and *h* is found with the Poisson probability of *h* busy ones. With f(h, s) the Laplace
    transform of that time, f(h, s) = a / (a + s + h m (1 - f(h-1, s))) for arrival rate a and
    service rate m; the share above *keep_alive* is its inverse, found by the Euler method of
    Abate and Whitt (ORSA Journal on Computing 7, 1995) to about nine digits.

    Examples
    --------
    >>> cold, idle = most_recently_used(rate=0.9, duration=1.991, keep_alive=600)
    >>> round(cold, 6), round(idle, 4)
    (0.001329, 5.9)
    """
    arrival = measured("rate", rate)
    service = 1 / measured("duration", duration)
    time = in_nanoseconds("keep_alive", keep_alive) / SECOND
    load = arrival / service
    if load > 10_000:
        raise SimulationError(f"The load is {load:g}; give at most 10,000 at a time.")
    levels = _poisson(load)

    def survival(s: complex) -> complex:
        """Transform of the chance that an idle environment is still waiting."""
        passage = 0j
        total = 0j
        for busy, chance in enumerate(levels):
            passage = arrival / (arrival + s + busy * service * (1 - passage))
            total += chance * (1 - passage) / s
        return total

    cold = _invert(survival, time)
    idle = arrival * _invert(lambda s: survival(s) / s, time)
    return cold, idle


def _poisson(mean: float) -> list[float]:
    """Return the chances of 0, 1, 2 ... up to where they no longer matter."""
    most = math.ceil(mean + 9 * math.sqrt(mean) + 20)
    return [math.exp(k * math.log(mean) - mean - math.lgamma(k + 1)) for k in range(most)]


def _invert(transform: Callable[[complex], Any], time: float) -> float:
    """Return the function at *time* of which *transform* is the Laplace transform."""
    accuracy, terms, more = 23.0, 60, 16
    total = (transform(complex(accuracy / (2 * time))) / 2).real
    sums = []
    for k in range(1, terms + more + 1):
        total += (-1) ** k * transform(complex(accuracy / (2 * time), k * math.pi / time)).real
        if k >= terms:
            sums.append(total)
    averaged = sum(math.comb(more, k) * value for k, value in enumerate(sums)) / 2**more
    return float(math.exp(accuracy / 2) / time * averaged)
