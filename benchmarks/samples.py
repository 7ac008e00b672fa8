"""Times of repeated calls, and the statistics that the table shows."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from lambda_lab.clock import SECOND, stopwatch_ns

__all__ = ["Samples", "Timer", "alternate", "percentile", "seconds", "timed"]

Timer = Callable[[], float]
"""Makes one call and returns how long it took, in seconds."""


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least *share* of *values* do not exceed (nearest rank).

    Parameters
    ----------
    values
        In any order, at least one.
    share
        From 0 to 1.

    Raises
    ------
    ValueError
        If there are no values, or *share* is out of range.

    Examples
    --------
    >>> percentile([4, 1, 3, 2], 0.5)
    2
    >>> percentile(range(1, 101), 0.99)
    99
    """
    if not values:
        raise ValueError("a percentile needs at least one value")
    if not 0 <= share <= 1:
        raise ValueError(f"a share lies between 0 and 1; got {share}")
    ordered = sorted(values)
    # Rounded, because 0.07 * 100 is a little more than 7 in binary.
    rank = math.ceil(round(share * len(ordered), 9))
    return ordered[max(rank, 1) - 1]


@dataclass(frozen=True, slots=True)
class Samples:
    """Durations of one kind of call, in seconds.

    Examples
    --------
    >>> samples = Samples((0.002, 0.001, 0.009))
    >>> samples.p50, samples.p99, len(samples)
    (0.002, 0.009, 3)
    """

    values: tuple[float, ...]

    @property
    def p50(self) -> float:
        """The median in seconds: half of the calls were no slower."""
        return percentile(self.values, 0.5)

    @property
    def p99(self) -> float:
        """The 99th percentile in seconds; with under a hundred samples the largest."""
        return percentile(self.values, 0.99)

    def __len__(self) -> int:
        return len(self.values)

    @classmethod
    def together(cls, parts: Iterable[Samples]) -> Samples:
        """Return the samples of several callers as one."""
        return cls(tuple(value for part in parts for value in part.values))


def seconds(call: Callable[[], object]) -> float:
    """Run *call* once and return how long it took in seconds."""
    started = stopwatch_ns()
    call()
    return (stopwatch_ns() - started) / SECOND


def timed(call: Callable[[], object]) -> Timer:
    """Return a timer for :func:`alternate` that measures *call* from outside."""
    return functools.partial(seconds, call)


def alternate(
    timers: Mapping[str, Timer],
    *,
    rounds: int,
    block: int = 1,
    blocks: Mapping[str, int] = MappingProxyType({}),
    warm_up: int = 0,
    at_most_seconds: float = math.inf,
) -> dict[str, Samples]:
    """Measure several calls in turns, so that what else the machine does meets them alike.

    Parameters
    ----------
    timers
        By name; each makes one call and returns its duration in seconds.
    rounds, block
        Each round makes every call *block* times in a row.
    blocks
        Other block sizes, by name.
    warm_up
        Calls of each kind before the first round; they are not counted.
    at_most_seconds
        No round begins after this long; the first one always does.

    Raises
    ------
    ValueError
        If there would be nothing to measure.

    Examples
    --------
    >>> order = []
    >>> timers = {name: timed(functools.partial(order.append, name)) for name in "AB"}
    >>> measured = alternate(timers, rounds=2)
    >>> order, len(measured["A"])
    (['A', 'B', 'A', 'B'], 2)
    """
    sizes = {name: blocks.get(name, block) for name in timers}
    if rounds < 1 or min(sizes.values(), default=1) < 1:
        raise ValueError(f"at least one round of one call is needed; got {rounds} of {sizes}")
    for timer in timers.values():
        for _ in range(warm_up):
            timer()
    found: dict[str, list[float]] = {name: [] for name in timers}
    began = stopwatch_ns()
    for number in range(rounds):
        if number and (stopwatch_ns() - began) / SECOND > at_most_seconds:
            break
        for name, timer in timers.items():
            found[name] += [timer() for _ in range(sizes[name])]
    return {name: Samples(tuple(values)) for name, values in found.items()}
