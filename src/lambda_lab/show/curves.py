"""A small chart of one or a few lines, each named where it ends."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from lambda_lab.clock import SECOND
from lambda_lab.errors import LabError, shown
from lambda_lab.show.canvas import Canvas, clean, text_width
from lambda_lab.show.curve_words import number_said, tell_curves
from lambda_lab.show.figure import Figure
from lambda_lab.show.given import given_mapping, given_number, given_row
from lambda_lab.show.style import LINES, WIDTH
from lambda_lab.show.times import say

__all__ = ["curve"]

Point = tuple[float, float]
_MARGIN = 12.0
_TALL = 250.0
_TEXT_ROW = 24.0
_NAME_LIMIT = 16
_WIDE = 1.12
"""Names of lines may be wider than the text that a canvas counts on: nothing may cut them off."""
_MOST_POINTS = 600
"""A line has at most this many points in the drawing: one for each unit of its width."""
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_TIME_STEPS = tuple(
    unit * count
    for unit, counts in ((1, (1, 2, 3, 5, 10, 15, 20, 30)), (60, (1, 2, 3, 5, 10, 15, 20, 30)),
                         (3_600, (1, 2, 3, 6, 12)), (86_400, (1, 2, 5, 10)))
    for count in counts
)  # fmt: skip


def curve(
    series: Mapping[str, Sequence[Point]],
    *,
    x: str,
    y: str,
    limits: Mapping[str, float] | None = None,
    step: bool = False,
    time: bool = False,
    title: str | None = None,
) -> Figure:
    """Draw numbers against a number or against time, as lines named where they end.

    Parameters
    ----------
    series
        Up to four lines: a short name each, and its points ``(x, y)`` from left to right.
    x, y
        What the axes show, with the unit.
    limits
        Values of *y* to mark with a thin line across, by name: a quota for example.
    step
        Whether a value holds until the next point. Otherwise points are joined.
    time
        Whether *x* is in seconds of AWS's time; its axis then says s, min and h.
    title
        What stands above the figure; by default ``y against x``.

    Returns
    -------
    Figure
        Nothing in it was measured by the drawing, so it is as steady as its numbers.

    Raises
    ------
    LabError
        If there is no line or more than four, a line has no points, or a point is not a pair of
        finite numbers in order of *x*.

    Examples
    --------
    >>> figure = curve({"on demand": [(0, 5), (60, 305), (249, 1250), (600, 1250)]},
    ...                x="time", y="concurrent batches", time=True)
    >>> print(figure)
    Concurrent batches against time
    - On demand: begins at 5, reaches its highest value, 1,250, after 4 min 9 s, and ends at 1,250.
    """
    series = given_mapping("series", series, "points")
    lines = {clean(name, _NAME_LIMIT): _checked(name, points) for name, points in series.items()}
    if not 1 <= len(lines) <= len(LINES) or len(lines) < len(series):
        raise LabError(
            f"A curve shows one to {len(LINES)} lines under names that differ; "
            f"this one has {len(series)}. Draw several figures, or shorten the names."
        )
    marked = given_mapping("limits", limits or {}, "values")
    named = {clean(name, 24): given_number(value) for name, value in marked.items()}
    heading = clean(title) if title else clean(f"{y[:1].upper()}{y[1:]} against {x}")
    words = tell_curves(lines, named, x=clean(x), time=time, step=step)
    canvas = Canvas()
    chart = _Chart(canvas, lines, named, step=step, time=time)
    height = chart.draw(clean(x), clean(y))
    return Figure(canvas.finish(height, heading, words), tuple(words), heading)


def _checked(name: str, points: Sequence[Point]) -> list[Point]:
    checked = []
    for point in given_row(name, points, "pairs (x, y)"):
        pair = tuple(given_row(f"A point of {name!r}", point, "two numbers"))
        if len(pair) != 2:
            raise LabError(f"A point of {name!r} is {shown(point)}; give pairs (x, y).")
        checked.append((given_number(pair[0]), given_number(pair[1])))
    if not checked:
        raise LabError(f"The line {name!r} has no points. Give at least one pair (x, y).")
    if any(after[0] < before[0] for before, after in pairwise(checked)):
        raise LabError(f"The points of {name!r} are not in order of x. Sort them first.")
    return checked


@dataclass(frozen=True, slots=True)
class _Scale:
    """From values to units of the sheet."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)


class _Chart:
    """One drawing in the making."""

    def __init__(
        self,
        canvas: Canvas,
        lines: Mapping[str, Sequence[Point]],
        limits: Mapping[str, float],
        *,
        step: bool,
        time: bool,
    ) -> None:
        self._canvas = canvas
        self._lines = lines
        self._limits = limits
        self._step = step
        self._time = time
        ys = [y for points in lines.values() for _, y in points] + list(limits.values())
        xs = [x for points in lines.values() for x, _ in points]
        self._y_ticks = _ticks(min(0.0, *ys), max(ys), 4)
        gutter = max(text_width(number_said(tick)) for tick in self._y_ticks)
        names = max(text_width(name) for name in lines) * _WIDE
        top = _MARGIN + _TEXT_ROW + 6
        self._y = _Scale(self._y_ticks[0], self._y_ticks[-1], top + _TALL, top)
        left, right = _MARGIN + gutter + 10, WIDTH - _MARGIN - names - 12
        low, high = min(xs), max(xs)
        self._x = _Scale(low, high if high > low else low + 1, left, right)

    def draw(self, x_name: str, y_name: str) -> float:
        """Draw everything and return the height."""
        canvas = self._canvas
        canvas.text(_MARGIN, _MARGIN + _TEXT_ROW / 2 - 2, y_name, "ll-soft")
        for tick in self._y_ticks:
            y = self._y.at(tick)
            canvas.line(self._x.start, y, self._x.end, y, "ll-rule")
            canvas.text(self._x.start - 8, y, number_said(tick), "ll-soft", anchor="end")
        self._x_axis(x_name)
        for value in self._limits.values():
            y = self._y.at(value)
            canvas.line(self._x.start, y, self._x.end, y, "ll-break", dash="3 4")
        for number, points in enumerate(self._lines.values(), 1):
            self._line(number, points)
        # After the lines: where one must cross a name, the name stays readable.
        for name, value in self._limits.items():
            self._name_limit(name, value)
        self._names()
        return self._y.start + 2 * _TEXT_ROW + _MARGIN

    def _x_axis(self, name: str) -> None:
        canvas, base = self._canvas, self._y.start
        canvas.line(self._x.start, base, self._x.end, base, "ll-arrow")
        free = 0.0
        for tick in self._x_ticks():
            label = say(round(tick * SECOND)) if self._time and tick else number_said(tick)
            x, half = self._x.at(tick), text_width(label) / 2
            canvas.line(x, base, x, base + 5, "ll-arrow")
            if x - half >= free:
                canvas.text(x, base + 17, label, "ll-soft", anchor="middle")
                free = x + half + 8
        canvas.text(self._x.end, base + 17 + _TEXT_ROW, name, "ll-soft", anchor="end")

    def _x_ticks(self) -> list[float]:
        low, high = self._x.low, self._x.high
        if not self._time:
            return [tick for tick in _ticks(low, high, 4) if low <= tick <= high]
        wanted = (high - low) / 4
        step = next((step for step in _TIME_STEPS if step >= wanted), math.ceil(wanted))
        first = math.ceil(low / step)
        return [step * count for count in range(first, math.floor(high / step) + 1)]

    def _name_limit(self, name: str, value: float) -> None:
        """Name the line of a limit at the end that has more room."""
        y = self._y.at(value)
        at = y - 12 if y - 22 > self._y.end else y + 13
        wide = text_width(name) * _WIDE
        left, right = self._x.start + 6, self._x.end - 6
        if self._room(left, left + wide, at) >= self._room(right - wide, right, at):
            self._canvas.text(left, at, name, "ll-halo")
        else:
            self._canvas.text(right, at, name, "ll-halo", anchor="end")

    def _room(self, left: float, right: float, y: float) -> float:
        """Return how near any line comes to the height *y* between *left* and *right*."""
        places = [left + (right - left) * part / 8 for part in range(9)]
        heights = [self._height(points, x) for points in self._lines.values() for x in places]
        return min(abs(height - y) for height in heights)

    def _height(self, points: Sequence[Point], x: float) -> float:
        """Return the height of a line above *x* on the sheet, as if its points were joined."""
        drawn = [(self._x.at(px), self._y.at(py)) for px, py in points]
        for (x1, y1), (x2, y2) in pairwise(drawn):
            if x1 <= x <= x2 and x2 > x1:
                return y1 + (y2 - y1) * (x - x1) / (x2 - x1)
        return drawn[0][1] if x < drawn[0][0] else drawn[-1][1]

    def _line(self, number: int, points: Sequence[Point]) -> None:
        drawn = [(self._x.at(x), self._y.at(y)) for x, y in _thinned(points)]
        if self._step:
            corners = [drawn[0]]
            for x, y in drawn[1:]:
                corners += [(x, corners[-1][1]), (x, y)]
            drawn = corners
        dash = LINES[number - 1][1]
        if len(drawn) > 1:
            self._canvas.path(drawn, f"ll-line ll-line-{number}", dash=dash)
        self._canvas.circle(*drawn[-1], 4.5, f"ll-end-{number}")

    def _names(self) -> None:
        """Write each name beside the end of its line, and apart from the others."""
        ends = [(self._y.at(points[-1][1]), name) for name, points in self._lines.items()]
        places = _apart([y for y, _ in ends], _TEXT_ROW - 2, self._y.end, self._y.start)
        for (y, name), place in zip(ends, places, strict=True):
            end = self._lines[name][-1]
            x = self._x.at(end[0])
            if abs(place - y) > 4 or self._x.end - x > 4:
                self._canvas.line(x + 5, y, self._x.end + 8, place, "ll-rule")
            self._canvas.text(self._x.end + 10, place, name, "ll-halo")


def _apart(wanted: Sequence[float], gap: float, top: float, bottom: float) -> list[float]:
    """Return places near *wanted* that are at least *gap* apart, between *top* and *bottom*."""
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    places = list(wanted)
    reached = top
    for index in order:
        places[index] = reached = max(places[index], reached)
        reached += gap
    reached = bottom
    for index in reversed(order):
        places[index] = reached = min(places[index], reached)
        reached -= gap
    return places


def _thinned(points: Sequence[Point]) -> Sequence[Point]:
    """Return every n-th point and the last, where there are more than can be seen."""
    stride = math.ceil(len(points) / _MOST_POINTS)
    return points if stride == 1 else [*points[:-1:stride], points[-1]]


def _ticks(low: float, high: float, parts: int) -> list[float]:
    """Return round values from at most *low* to at least *high*."""
    rough = (high - low) / parts or max(abs(high), 1.0) / parts
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in _STEPS if factor * power >= rough * 0.999)
    first, last = math.floor(low / step), math.ceil(high / step)
    return [count * step for count in range(first, max(last, first + 1) + 1)]
