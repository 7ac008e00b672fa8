"""Curves told in words, from the same numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lambda_lab.clock import SECOND
from lambda_lab.show.times import say

__all__ = ["number_said", "tell_curves"]


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
) -> list[str]:
    """Return a sentence for each line and for each limit."""
    told = [f"{name[:1].upper()}{name[1:]}: {_line(points, x, time)}."
            for name, points in lines.items()]  # fmt: skip
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


def _where(value: float, x: str, time: bool) -> str:
    if time and value >= 0:
        return f"after {say(round(value * SECOND))}"
    return f"where {x} is {number_said(value)}"
