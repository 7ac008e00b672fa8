"""Arrivals, durations and inits as 64-bit buffers: 8 bytes a number, read without a copy."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from itertools import islice
from typing import Any, SupportsIndex, TypeAlias

from lambda_lab.errors import shown

from .checks import LONGEST, in_nanoseconds, whole
from .compiled import counting
from .errors import SimulationError

__all__ = ["Times", "checked_inputs", "nanoseconds"]

Times: TypeAlias = Iterable[SupportsIndex] | SupportsIndex
"""Nanoseconds: one whole number, or many (a list, an ``array``, a NumPy array ...)."""

LATEST = 4 * LONGEST
"""The last possible arrival: nanoseconds since 1970 fit, until the year 2116."""
MOST_REQUESTS = 2_000_000_000
"""An environment for each, and the provisioned ones, can be numbered in 32 bits."""
CHUNK = 1 << 16
"""Requests that an engine works on before it tells how far it is."""


def nanoseconds(value: float) -> int:
    """Return a number of seconds as integer nanoseconds.

    Raises
    ------
    SimulationError
        If it is no number, negative, or not finite.

    Examples
    --------
    >>> nanoseconds(0.25)
    250000000
    """
    return round(in_nanoseconds("the number of seconds", value, zero=True, most=LATEST))


def _buffer(name: str, values: Any) -> memoryview:
    """Return *values* as 64-bit integers; a buffer of such integers is not copied."""
    if isinstance(values, str | bytes | bytearray):
        raise SimulationError(f"{name} is a text; give whole numbers of nanoseconds.")
    try:
        view = memoryview(values)
    except (TypeError, ValueError, BufferError):
        pass  # no buffer: a list, a generator, a column of a table
    else:
        if view.ndim != 1:
            raise SimulationError(f"{name} has {view.ndim} dimensions; give one row of numbers.")
        if view.format in {"q", "l"} and view.itemsize == 8 and view.c_contiguous:
            return view.toreadonly().cast("B").cast("q")
    if not isinstance(values, Iterable):
        raise SimulationError(
            f"{name} is {shown(values)}; give a row of whole numbers of nanoseconds: a list, say."
        )
    try:
        return memoryview(_copied(name, values)).toreadonly()
    except TypeError:
        raise SimulationError(
            f"{name} holds what is no whole number (a float, NaN, None ...). Times are integer "
            "nanoseconds: [nanoseconds(s) for s in seconds] makes them of seconds."
        ) from None
    except OverflowError:
        raise SimulationError(f"{name} holds a number that does not fit in 64 bits.") from None


def _copied(name: str, values: Iterable[Any]) -> array[int]:
    """Return what is no buffer of integers - a NumPy array of another kind, too - as an array."""
    copy, rest = array("q"), iter(values)
    while some := list(islice(rest, CHUNK)):
        if bool in set(map(type, some)):  # True would pass for 1
            raise SimulationError(f"{name} holds a truth value; give whole numbers of nanoseconds.")
        copy.extend(some)
    return copy


def _within(name: str, view: memoryview, most: int) -> None:
    smallest, largest = counting().least_and_most(view)
    if smallest < 0:
        raise SimulationError(f"{name} holds {smallest}; no time may be negative.")
    if largest > most:
        raise SimulationError(f"{name} holds {largest}; give at most {most}.")


def _in_order(arrivals: memoryview) -> None:
    at = counting().first_fall(arrivals)
    if at >= 0:
        raise SimulationError(
            f"arrival {at} is earlier than the one before it; sort the requests by arrival."
        )


def checked_inputs(
    arrivals: Times, durations: Times, inits: Times
) -> tuple[memoryview, memoryview, memoryview]:
    """Return all three as read-only buffers of 64-bit integers.

    One number for *durations* or *inits* holds for every request.

    Raises
    ------
    SimulationError
        If there is no request, if a time is negative or no whole number, if arrivals are not in
        order, or if the lengths do not fit together.

    Examples
    --------
    >>> [view.tolist() for view in checked_inputs([0, 5], 3, [7])]
    [[0, 5], [3, 3], [7]]
    """
    starts = _buffer("arrivals", arrivals)
    if not len(starts):
        raise SimulationError("There is no request to simulate; give at least one arrival.")
    if isinstance(durations, Iterable):
        lengths = _buffer("durations", durations)
    else:
        lengths = memoryview(array("q", [whole("durations", durations)]) * len(starts))
    if len(lengths) != len(starts):
        raise SimulationError(
            f"There are {len(starts)} arrivals and {len(lengths)} durations; give one of each for "
            "every request."
        )
    one = not isinstance(inits, Iterable)
    waits = _buffer("inits", [whole("inits", inits)] if one else inits)
    if not len(waits):
        raise SimulationError("inits is empty; give at least one, 0 for environments without.")
    if len(starts) > MOST_REQUESTS:
        raise SimulationError(f"There are too many requests; give at most {MOST_REQUESTS:,}.")
    _within("arrivals", starts, LATEST)
    _in_order(starts)
    _within("durations", lengths, LONGEST)
    _within("inits", waits, LONGEST)
    return starts, lengths, waits
