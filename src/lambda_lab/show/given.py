"""What a figure is given: whether it is of the kind that can be drawn, or what to give instead."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from numbers import Real
from typing import Any

from lambda_lab.errors import LabError, shown
from lambda_lab.timeline import Event

__all__ = ["MOST", "given_events", "given_mapping", "given_number", "given_row"]

MOST = 10**15
"""The largest number that is drawn, in both directions: beyond it a float cannot tell two apart."""


def given_row(what: str, value: Any, of: str) -> list[Any]:
    """Return *value* as a list.

    Raises
    ------
    LabError
        If it is a single thing, or a text.

    Examples
    --------
    >>> given_row("run", ("1", "2"), "versions")
    ['1', '2']
    >>> given_row("rows", 5, "dicts")
    Traceback (most recent call last):
    ...
    lambda_lab.errors.LabError: rows is a single int; give a list of dicts.
    """
    if isinstance(value, str | bytes) or not isinstance(value, Iterable):
        raise LabError(f"{what} is a single {type(value).__name__}; give a list of {of}.")
    return list(value)


def given_number(value: Any) -> float:
    """Return *value* as a float.

    Raises
    ------
    LabError
        If it is no number, not finite, or too large to be drawn.

    Examples
    --------
    >>> given_number(10)
    10.0
    >>> given_number(1e300)
    Traceback (most recent call last):
    ...
    lambda_lab.errors.LabError: 1e+300 cannot be drawn: give a finite number of at most 10^15.
    """
    real = isinstance(value, Real) and not isinstance(value, bool)
    if not real or not -MOST <= value <= MOST:
        raise LabError(f"{shown(value)} cannot be drawn: give a finite number of at most 10^15.")
    return float(value)


def given_mapping(what: str, value: Any, of: str) -> Mapping[str, Any]:
    """Return *value*, a mapping by name.

    Raises
    ------
    LabError
        If it is none.

    Examples
    --------
    >>> given_mapping("limits", [4], "values")
    Traceback (most recent call last):
    ...
    lambda_lab.errors.LabError: limits is a list; give a dict of names to values.
    """
    if not isinstance(value, Mapping):
        raise LabError(f"{what} is a {type(value).__name__}; give a dict of names to {of}.")
    return value


def given_events(events: Any) -> list[Event]:
    """Return *events* as a list.

    Raises
    ------
    LabError
        If they are not what a timeline recorded.
    """
    found: list[Event] = given_row("events", events, "what a timeline recorded")
    for one in found:
        if not hasattr(one, "time_ns"):
            raise LabError(f"events holds a {type(one).__name__}; give what a timeline recorded.")
    return found
