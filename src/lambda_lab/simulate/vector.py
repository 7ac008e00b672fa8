"""The counting of ``scalar.py`` with NumPy: the same whole numbers, sooner.

NumPy is imported when a function runs, never before.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from . import scalar
from .compiled import numpy

__all__ = [
    "billed",
    "first_fall",
    "last_end",
    "least_and_most",
    "lives",
    "ranked",
    "stays",
    "windows",
]

CHUNK = 1 << 18
"""Numbers at a time, where a whole array beside the given one would be too much memory."""
TOO_LARGE = 2**63 - 1
"""Sums beyond this do not fit in 64 bits; plain Python has no such end."""


def first_fall(view: memoryview) -> int:
    """See :func:`lambda_lab.simulate.scalar.first_fall`."""
    np: Any = numpy()
    values = np.asarray(view)
    for first in range(0, len(values) - 1, CHUNK):
        after = values[first + 1 : first + 1 + CHUNK]
        falls = after < values[first : first + len(after)]
        if falls.any():
            return first + 1 + int(falls.argmax())
    return -1


def least_and_most(view: memoryview) -> tuple[int, int]:
    """See :func:`lambda_lab.simulate.scalar.least_and_most`."""
    np: Any = numpy()
    values = np.asarray(view)
    return int(values.min()), int(values.max())


def stays(
    outcomes: memoryview, durations: memoryview, inits: memoryview, kinds: Sequence[Sequence[int]]
) -> memoryview:
    """See :func:`lambda_lab.simulate.scalar.stays`."""
    np: Any = numpy()
    ran, cold = kinds
    codes, waits = np.asarray(outcomes), np.asarray(inits)
    found = np.asarray(durations).copy()
    waiting = np.flatnonzero(np.isin(codes, cold))
    found[waiting] += waits[waiting % len(waits)]
    found[~np.isin(codes, ran)] = -1
    return memoryview(found).toreadonly()


def ranked(held: memoryview, ranks: Sequence[int]) -> list[int]:
    """See :func:`lambda_lab.simulate.scalar.ranked`."""
    np: Any = numpy()
    values = np.asarray(held)
    there = values[values >= 0]
    places = [rank - 1 for rank in ranks]
    there.partition(places)
    found: list[int] = there[places].tolist()
    return found


def last_end(arrivals: memoryview, held: memoryview) -> int:
    """See :func:`lambda_lab.simulate.scalar.last_end`."""
    np: Any = numpy()
    return int((np.asarray(arrivals) + np.maximum(np.asarray(held), 0)).max())


def windows(
    arrivals: memoryview, held: memoryview, start: int, step: int, count: int
) -> tuple[list[int], list[int]]:
    """See :func:`lambda_lab.simulate.scalar.windows`."""
    if start + step * count > TOO_LARGE:
        return scalar.windows(arrivals, held, start, step, count)
    np: Any = numpy()
    values = np.asarray(held)
    kept = values > 0
    starts = np.asarray(arrivals)[kept]
    ends = starts + values[kept]
    peaks = _peaks(starts, np.sort(ends), start, step, count)
    if max(peaks) * step > TOO_LARGE:
        return scalar.windows(arrivals, held, start, step, count)
    return peaks, _taken(starts, ends, start, step, count)


def _peaks(starts: Any, ends: Any, start: int, step: int, count: int) -> list[int]:
    np: Any = numpy()
    edges = start + step * np.arange(count, dtype=np.int64)
    peaks = np.searchsorted(starts, edges, "left") - np.searchsorted(ends, edges, "right")
    inside = slice(*np.searchsorted(starts, [start, start + step * count]))
    begun = np.arange(1, len(starts) + 1)[inside]
    levels = begun - np.searchsorted(ends, starts[inside], "right")
    np.maximum.at(peaks, (starts[inside] - start) // step, levels)
    found: list[int] = peaks.tolist()
    return found


def _taken(starts: Any, ends: Any, start: int, step: int, count: int) -> list[int]:
    np: Any = numpy()
    low = np.maximum(starts, start) - start
    high = np.minimum(ends, start + step * count) - start
    low, high = low[low < high], high[low < high]
    first, last = low // step, high // step
    one = first == last
    taken = np.zeros(count + 1, np.int64)
    np.add.at(taken, first[one], (high - low)[one])
    low, high, first, last = low[~one], high[~one], first[~one], last[~one]
    np.add.at(taken, first, (first + 1) * step - low)
    np.add.at(taken, last, high - last * step)
    whole = np.bincount(first + 1, minlength=count + 2) - np.bincount(last, minlength=count + 2)
    found: list[int] = (taken[:count] + np.cumsum(whole)[:count] * step).tolist()
    return found


def lives(
    environment_ids: memoryview, arrivals: memoryview, held: memoryview, count: int
) -> tuple[list[int], list[int], list[int], list[int]]:
    """See :func:`lambda_lab.simulate.scalar.lives`."""
    np: Any = numpy()
    numbers = np.asarray(environment_ids)
    ran = numbers >= 0
    numbers, begun, stay = numbers[ran], np.asarray(arrivals)[ran], np.asarray(held)[ran]
    created = np.full(count, np.iinfo(np.int64).max)
    np.minimum.at(created, numbers, begun)
    ended = np.full(count, -1, np.int64)
    np.maximum.at(ended, numbers, begun + stay)
    created[ended < 0] = -1
    taken = np.zeros(count, np.int64)
    np.add.at(taken, numbers, stay)
    requests = np.bincount(numbers, minlength=count)
    return created.tolist(), ended.tolist(), requests.tolist(), taken.tolist()


def billed(outcomes: memoryview, held: memoryview, provisioned: int, unit: int) -> tuple[int, int]:
    """See :func:`lambda_lab.simulate.scalar.billed`."""
    np: Any = numpy()
    values, codes = np.asarray(held), np.asarray(outcomes)
    if len(values) * (int(values.max()) // unit + 1) > TOO_LARGE:
        return scalar.billed(outcomes, held, provisioned, unit)
    units = -(-values // unit)
    units[values < 0] = 0
    ahead = int(units[codes == provisioned].sum())
    return int(units.sum()) - ahead, ahead
