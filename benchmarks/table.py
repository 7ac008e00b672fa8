"""Rows of the benchmark: a figure, its floor, its goal, and the plain table of all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["Goal", "Row", "render", "show_value"]

_SCALES = {"s": (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)), "B": (("MB", 2.0**20),)}


@dataclass(frozen=True, slots=True)
class Goal:
    """What a row should reach: a largest ratio to its floor, a largest value, or both."""

    ratio: float | None = None
    value: float | None = None
    """In the row's unit."""


@dataclass(frozen=True, slots=True)
class Row:
    """One measured thing.

    Parameters
    ----------
    group, name
        What was measured.
    value, unit
        The figure that counts, in seconds (``s``) or bytes (``B``).
    p99
        The 99th percentile beside a median, in the same unit.
    floor, floor_name
        What the figure is compared with, measured in the same run.
    goal
        What it should reach; ``None`` for rows that only inform.
    other
        The same measured on MiniStack.
    """

    group: str
    name: str
    value: float
    unit: str = "s"
    p99: float | None = None
    floor: float | None = None
    floor_name: str = ""
    goal: Goal | None = None
    other: float | None = None

    @property
    def ratio(self) -> float | None:
        """How many times the floor, or ``None`` without one.

        Examples
        --------
        >>> Row("warm", "Invoke", 0.0012, floor=0.0008).ratio
        1.5
        """
        if not self.floor:
            return None
        return round(self.value / self.floor, 3)

    @property
    def met(self) -> bool | None:
        """Whether every goal is reached; ``None`` without a goal or without its floor.

        Examples
        --------
        >>> Row("warm", "Invoke", 0.0013, floor=0.001, goal=Goal(ratio=1.5, value=0.0012)).met
        False
        """
        if self.goal is None:
            return None
        reached = []
        if self.goal.ratio is not None:
            if self.ratio is None:
                return None
            reached.append(self.ratio <= self.goal.ratio)
        if self.goal.value is not None:
            reached.append(self.value <= self.goal.value)
        return all(reached) if reached else None

    def as_json(self) -> dict[str, Any]:
        """Return the row for ``bench.json``; durations in seconds, memory in bytes."""
        return {
            "group": self.group,
            "name": self.name,
            "value": self.value,
            "unit": self.unit,
            "p99": self.p99,
            "floor": self.floor,
            "floor_name": self.floor_name,
            "ratio": self.ratio,
            "goal_ratio": self.goal.ratio if self.goal else None,
            "goal_value": self.goal.value if self.goal else None,
            "met": self.met,
            "ministack": self.other,
        }


def show_value(value: float | None, unit: str) -> str:
    """Return a figure with a unit that suits its size.

    Examples
    --------
    >>> show_value(0.00123, "s"), show_value(1.5, "s"), show_value(4 * 2**20, "B")
    ('1.23 ms', '1.50 s', '4.0 MB')
    >>> show_value(None, "s")
    '-'
    """
    if value is None:
        return "-"
    scales = _SCALES[unit]
    name, size = next((scale for scale in scales if abs(value) >= scale[1]), scales[-1])
    digits = 2 if name in ("s", "ms") and abs(value) / size < 10 else 1
    return f"{value / size:.{digits}f} {name}"


def _goal(row: Row) -> str:
    if row.goal is None:
        return ""
    parts = []
    if row.goal.ratio is not None:
        parts.append(f"<= {row.goal.ratio:g}x")
    if row.goal.value is not None:
        parts.append(f"<= {show_value(row.goal.value, row.unit)}")
    return ", ".join(parts)


def _cells(row: Row) -> list[str]:
    verdict = {True: "met", False: "MISSED", None: ""}[row.met]
    floor = "-" if row.floor is None else f"{show_value(row.floor, row.unit)} {row.floor_name}"
    return [
        row.name,
        show_value(row.value, row.unit),
        show_value(row.p99, row.unit),
        floor.strip(),
        "-" if row.ratio is None else f"{row.ratio:.2f}x",
        _goal(row),
        verdict,
        show_value(row.other, row.unit),
    ]


def render(rows: Sequence[Row], other: str = "MiniStack") -> str:
    """Return all rows as a plain table; a missed goal says ``MISSED``.

    Parameters
    ----------
    rows
        In order; a group's name stands above its first row.
    other
        Head of the last column.
    """
    head = ["", "figure", "p99", "floor", "ratio", "goal", "", other]
    cells = [_cells(row) for row in rows]
    widths = [max(len(line[at]) for line in [head, *cells]) for at in range(len(head))]

    def line(texts: Iterable[str]) -> str:
        return "  ".join(
            text.ljust(wide) for text, wide in zip(texts, widths, strict=True)
        ).rstrip()

    lines = [line(head), line("-" * wide for wide in widths)]
    group = None
    for row, texts in zip(rows, cells, strict=True):
        if row.group != group:
            group = row.group
            lines.append(f"[{group}]")
        lines.append(line(texts))
    return "\n".join(lines)
