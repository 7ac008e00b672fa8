"""Checks of single numbers: each refusal says what was given and what would do."""

from __future__ import annotations

import math
import operator
import sys
from fractions import Fraction
from numbers import Number
from typing import Any

from lambda_lab.clock import SECOND
from lambda_lab.errors import shown

from .errors import SimulationError

__all__ = ["LONGEST", "above_zero", "in_nanoseconds", "measured", "whole"]

LONGEST = 2**60
"""Nanoseconds in about 36 years: the longest wait or run, so that sums fit in 64 bits."""

_YEAR = 365 * 86_400


def _is_number(value: Any) -> bool:
    """Whether *value* is a number: not a truth value, nor a text that happens to hold digits."""
    return isinstance(value, Number) and not isinstance(value, bool)


def whole(name: str, value: Any, *, least: int = 0, most: int = LONGEST) -> int:
    """Return *value* as an integer.

    Raises
    ------
    SimulationError
        If it is not a whole number from *least* to *most*; a float is refused even where it is
        whole, for it is most likely a time in seconds.

    Examples
    --------
    >>> whole("reserved", 3)
    3
    >>> whole("keep_alive", 600.0)
    Traceback (most recent call last):
        ...
    lambda_lab.simulate.errors.SimulationError: keep_alive is 600.0; give a whole number of at
    least 0. Times are integer nanoseconds: nanoseconds(1.5) makes them of seconds.
    """
    try:
        number = None if isinstance(value, bool) else operator.index(value)
    except TypeError:
        number = None
    if number is None:
        raise SimulationError(
            f"{name} is {shown(value)}; give a whole number of at least {least}. "
            "Times are integer nanoseconds: nanoseconds(1.5) makes them of seconds."
        )
    if number < least:
        raise SimulationError(f"{name} is {shown(number)}; give at least {least}.")
    if number > most:
        raise SimulationError(f"{name} is {shown(number)}; give at most {most}.")
    return number


def above_zero(name: str, value: Any) -> Fraction:
    """Return *value*, a number above zero, as an exact fraction.

    A float is taken as the nearest fraction with a denominator of at most a million, so that
    0.1 is a tenth and 1 / 3 a third.

    Raises
    ------
    SimulationError
        If it is no number, not a finite one, or not above zero.

    Examples
    --------
    >>> above_zero("rate", 0.1)
    Fraction(1, 10)
    >>> above_zero("rate", float("nan"))
    Traceback (most recent call last):
        ...
    lambda_lab.simulate.errors.SimulationError: rate is nan; give a finite number above zero.
    """
    try:
        number = Fraction(value) if _is_number(value) else None
    except (TypeError, ValueError, OverflowError):
        number = None
    if number is None or not 0 < number <= sys.float_info.max:
        raise SimulationError(f"{name} is {shown(value)}; give a finite number above zero.")
    if not isinstance(value, float):
        return number
    return number.limit_denominator(1_000_000) or number


def measured(name: str, value: Any, *, zero: bool = False) -> float:
    """Return *value*, a number of seconds or of anything else that is measured, as a float.

    Raises
    ------
    SimulationError
        If it is no number, not finite, negative, or zero where *zero* does not allow that.
    """
    try:
        number = float(value) if _is_number(value) else math.nan
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number) or number < 0 or (number == 0 and not zero):
        floor = "of at least zero" if zero else "above zero"
        raise SimulationError(f"{name} is {shown(value)}; give a finite number {floor}.")
    return number


def in_nanoseconds(name: str, value: Any, *, zero: bool = False, most: int = LONGEST) -> float:
    """Return *value*, a number of seconds, in nanoseconds; not rounded yet.

    Raises
    ------
    SimulationError
        As for `measured`, or if it is longer than *most* nanoseconds.

    Examples
    --------
    >>> in_nanoseconds("seconds", 0.25)
    250000000.0
    """
    nanoseconds = measured(name, value, zero=zero) * SECOND
    if nanoseconds > most:
        raise SimulationError(
            f"{name} is {shown(value)}; give at most {most // SECOND} seconds, about "
            f"{most // (SECOND * _YEAR)} years."
        )
    return nanoseconds
