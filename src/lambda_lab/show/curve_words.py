"""Curves told in words, from the same numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from lambda_lab.clock import SECOND
from lambda_lab.show.times import say

__all__ = ["number_said", "tell_curves"]

_MOST_STEPS = 12
"""A line with more steps is told by its ends and its extremes."""


def number_said(value: float) -> str:
    """Return a number as it is read: thousands apart, and no more digits than it needs.

    Examples
    --------
    >>> number_said(1250.0), number_said(0.25), number_said(1e9), number_said(1 / 3)
    ('1,250', '0.25', '1,000,000,000', '0.333')
    """
    if value == round(value):
        return f"{round(value):,}"
    return f"{value:,.3g}" if abs(value) < 1_000 else f"{value:,.0f}"


def tell_curves(
    lines: Mapping[str, Sequence[tuple[float, float]]],
    limits: Mapping[str, float],
    *,
    x: str,
    time: bool,
    step: bool = False,
) -> list[str]:
    """Return a sentence for each line and for each limit.

    Examples
    --------
    >>> tell_curves({"share": [(0, 0), (0, 10), (60, 10), (300, 100)]}, {},
    ...             x="time", time=True, step=True)
    ['Share: begins at 0, goes to 10 at once, to 100 after 5 min, and stays there.']
    """
    told = []
    for name, points in lines.items():
        line = (step and _steps(points, x, time)) or _line(points, x, time)
        told.append(f"{name[:1].upper()}{name[1:]}: {line}.")
    return told + [f"The mark {name} is at {number_said(value)}." for name, value in limits.items()]


def _line(points: Sequence[tuple[float, float]], x: str, time: bool) -> str:
    first, last = points[0][1], points[-1][1]
    top_x, top = max(points, key=lambda point: point[1])
    low_x, low = min(points, key=lambda point: point[1])
    if top == low:
        return f"stays at {number_said(first)}"
    parts = [f"begins at {number_said(first)}"]
    if top > first:
        parts.append(f"reaches its highest value, {number_said(top)}, {_where(top_x, x, time)}")
    if low < first:
        parts.append(f"reaches its lowest value, {number_said(low)}, {_where(low_x, x, time)}")
    parts.append(f"and ends at {number_said(last)}")
    return ", ".join(parts)


def _steps(points: Sequence[tuple[float, float]], x: str, time: bool) -> str:
    """Return each step of a line that holds its value in between, or nothing for too many."""
    steps = [after for before, after in pairwise(points) if after[1] != before[1]]
    if not 1 <= len(steps) <= _MOST_STEPS:
        return ""
    start = points[0][0]
    told = [
        f"to {number_said(value)} {'at once' if at == start else _where(at, x, time)}"
        for at, value in steps
    ]
    return f"begins at {number_said(points[0][1])}, goes {', '.join(told)}, and stays there"


def _where(value: float, x: str, time: bool) -> str:
    if time and value >= 0:
        return f"after {say(round(value * SECOND))}"
    return f"where {x} is {number_said(value)}"
