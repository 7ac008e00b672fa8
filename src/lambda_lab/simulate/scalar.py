"""The counting that results need, in plain Python; ``vector.py`` does the same with NumPy."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

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

CHUNK = 1 << 16


def _chunks(view: memoryview) -> Iterator[list[int]]:
    """Yield the numbers of *view* as short lists: quick to walk, and small."""
    for first in range(0, len(view), CHUNK):
        yield view[first : first + CHUNK].tolist()


def first_fall(view: memoryview) -> int:
    """Return the place of the first number that is smaller than the one before it, or -1."""
    before, done = 0, 0
    for part in _chunks(view):
        if done and part[0] < before:
            return done
        if part != sorted(part):
            return next(done + at for at in range(1, len(part)) if part[at] < part[at - 1])
        before = part[-1]
        done += len(part)
    return -1


def least_and_most(view: memoryview) -> tuple[int, int]:
    """Return the smallest and the largest number of *view*, which must have one."""
    pairs = [(min(part), max(part)) for part in _chunks(view)]
    return min(least for least, _ in pairs), max(most for _, most in pairs)


def stays(
    outcomes: memoryview, durations: memoryview, inits: memoryview, kinds: Sequence[Sequence[int]]
) -> memoryview:
    """Return how long each request holds its environment, -1 for one that never ran.

    *kinds* are the outcomes that ran, and those of them that waited for an Init.
    """
    ran, cold = kinds
    waits = inits.tolist()
    found = array("q")
    number = 0
    for first in range(0, len(outcomes), CHUNK):
        part = outcomes[first : first + CHUNK].tolist()
        for outcome, duration in zip(part, durations[first : first + CHUNK].tolist(), strict=True):
            if outcome not in ran:
                found.append(-1)
            elif outcome in cold:
                found.append(duration + waits[number % len(waits)])
            else:
                found.append(duration)
            number += 1
    return memoryview(found).toreadonly()


def ranked(held: memoryview, ranks: Sequence[int]) -> list[int]:
    """Return the stays at these ranks, counted from 1 for the shortest; -1 is no stay."""
    there = sorted(stay for part in _chunks(held) for stay in part if stay >= 0)
    return [there[rank - 1] for rank in ranks]


def last_end(arrivals: memoryview, held: memoryview) -> int:
    """Return when the last request was over; one that never ran is over when it arrives."""
    pairs = zip(_chunks(arrivals), _chunks(held), strict=True)
    return max(
        max(begun + max(0, stay) for begun, stay in zip(*pair, strict=True)) for pair in pairs
    )


def windows(
    arrivals: memoryview, held: memoryview, start: int, step: int, count: int
) -> tuple[list[int], list[int]]:
    """Return, for *count* windows, the most requests in flight and the nanoseconds they took.

    A request is in flight from its arrival until just before its end.
    """
    pairs = zip(_chunks(arrivals), _chunks(held), strict=True)
    each = (request for pair in pairs for request in zip(*pair, strict=True))
    kept = [(begun, begun + stay) for begun, stay in each if stay > 0]
    starts = [begun for begun, _ in kept]
    ends = sorted(ended for _, ended in kept)
    return _peaks(starts, ends, start, step, count), _taken(kept, start, step, count)


def _peaks(starts: list[int], ends: list[int], start: int, step: int, count: int) -> list[int]:
    edges = [start + step * number for number in range(count)]
    # What is in flight at an edge began before it and ends after it.
    peaks = [bisect_left(starts, edge) - bisect_right(ends, edge) for edge in edges]
    done = 0
    for begun, now in enumerate(starts, start=1):
        while ends[done] <= now:
            done += 1
        if start <= now < start + step * count:
            number = (now - start) // step
            peaks[number] = max(peaks[number], begun - done)
    return peaks


def _taken(kept: list[tuple[int, int]], start: int, step: int, count: int) -> list[int]:
    end = start + step * count
    taken, whole = [0] * (count + 1), [0] * (count + 2)
    for begun, ended in kept:
        low, high = max(begun, start) - start, min(ended, end) - start
        if low >= high:
            continue
        first, last = low // step, high // step
        if first == last:
            taken[first] += high - low
            continue
        taken[first] += (first + 1) * step - low
        taken[last] += high - last * step
        whole[first + 1] += 1  # every window between the first and the last is taken as a whole
        whole[last] -= 1
    through = 0
    for number in range(count):
        through += whole[number]
        taken[number] += through * step
    return taken[:count]


def lives(
    environment_ids: memoryview, arrivals: memoryview, held: memoryview, count: int
) -> tuple[list[int], list[int], list[int], list[int]]:
    """Return, for *count* environments, first arrival, last end, requests and nanoseconds taken.

    First arrival and last end are -1 for an environment that no request came to.
    """
    created, ended, requests, taken = ([value] * count for value in (-1, -1, 0, 0))
    parts = zip(_chunks(environment_ids), _chunks(arrivals), _chunks(held), strict=True)
    for number, now, stay in (each for part in parts for each in zip(*part, strict=True)):
        if number < 0:
            continue
        if created[number] < 0:
            created[number] = now
        ended[number] = now + stay
        requests[number] += 1
        taken[number] += stay
    return created, ended, requests, taken


def billed(outcomes: memoryview, held: memoryview, provisioned: int, unit: int) -> tuple[int, int]:
    """Return the units billed on demand and on provisioned concurrency, each stay rounded up."""
    totals = [0, 0]
    parts = zip(_chunks(outcomes), _chunks(held), strict=True)
    for outcome, stay in (each for part in parts for each in zip(*part, strict=True)):
        if stay >= 0:
            totals[outcome == provisioned] += -(-stay // unit)
    return totals[0], totals[1]
