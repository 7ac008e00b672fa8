"""Concurrency over time against the limit, and below it what was throttled."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lambda_lab.clock import SECOND
from lambda_lab.errors import LabError, shown
from lambda_lab.show.canvas import Canvas, clean, text_width
from lambda_lab.show.curve_words import number_said
from lambda_lab.show.figure import Figure
from lambda_lab.show.given import MOST, given_mapping, given_row
from lambda_lab.show.style import WIDTH
from lambda_lab.show.times import say
from lambda_lab.simulate import Result

__all__ = ["Window", "concurrency", "windows_of"]

_MARGIN = 12.0
_ROW = 24.0
_TALL = 190.0
_LOW = 70.0
_MOST_WINDOWS = 200
_MOST_LIMITS = 2
_STEPS = (1, 2, 5, 10)
_TIME_STEPS = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200, 14_400, 21_600,
               43_200, 86_400)  # fmt: skip
_WINDOWS = 100


@dataclass(frozen=True, slots=True)
class Window:
    """A span of time.

    Attributes
    ----------
    start
        Seconds from the beginning of the figure.
    running
        The most requests in flight at any moment of it: ``ConcurrentExecutions``, Maximum.
    throttled
        Requests refused in it: ``Throttles``, Sum.
    """

    start: float
    running: int
    throttled: int = 0


def windows_of(result: Result, count: int = _WINDOWS) -> list[Window]:
    """Return the windows of a simulation.

    Parameters
    ----------
    result
        What :func:`lambda_lab.simulate.simulate` returned.
    count
        How many windows of equal length.

    Raises
    ------
    LabError
        If *count* is not a whole number from 1 to 200.

    Examples
    --------
    >>> from lambda_lab.simulate import constant, nanoseconds, simulate
    >>> run = simulate(constant(rate=2, seconds=4), nanoseconds(1), keep_alive=0, reserved=1)
    >>> [(window.start, window.running, window.throttled) for window in windows_of(run, 2)]
    [(0.0, 1, 2), (2.0, 1, 2)]
    """
    if not 1 <= _count("The number of windows", count) <= _MOST_WINDOWS:
        raise LabError(f"{count} windows cannot be drawn; give 1 to {_MOST_WINDOWS}.")
    step = max(1, -(-(result.end - result.start) // count))
    peaks = result.concurrency(step).peaks
    refused = [0] * len(peaks)
    for arrival, environment in zip(result.arrivals, result.environment_ids, strict=True):
        if environment < 0:
            refused[min((arrival - result.start) // step, len(refused) - 1)] += 1
    return [
        Window(number * step / SECOND, running, throttled)
        for number, (running, throttled) in enumerate(zip(peaks, refused, strict=True))
    ]


def concurrency(
    run: Result | Sequence[Window | tuple[float, int, int]],
    *,
    limits: Mapping[str, int] | None = None,
    title: str | None = None,
) -> Figure:
    """Draw how many requests were in flight, window by window, against what bounds them.

    Parameters
    ----------
    run
        A simulation, or windows of equal length in order: a `Window` each, or its three numbers.
        The metrics ``ConcurrentExecutions`` and ``Throttles`` of a real run give just these.
    limits
        Up to two lines across, by name: the reserved concurrency, what is provisioned.
    title
        What stands above the figure.

    Returns
    -------
    Figure
        Nothing in it was measured by the drawing, so it is as steady as the run.

    Raises
    ------
    LabError
        If there are no windows or more than 200, or a number is negative or no finite one.

    Examples
    --------
    >>> print(concurrency([(0, 2, 0), (60, 4, 0), (120, 4, 3)], limits={"reserved": 4}))
    Concurrency over time
    - The most requests in flight at once are 4, first in the window that begins at 1 min.
    - Reserved, 4: the limit is reached in 2 of 3 windows.
    - 3 requests are throttled, the most of them, 3, in the window that begins at 2 min.
    """
    if isinstance(run, Result):
        windows = windows_of(run)
    else:
        windows = [_window(one) for one in given_row("run", run, "windows")]
    if not 2 <= len(windows) <= _MOST_WINDOWS:
        raise LabError(
            f"The figure shows 2 to {_MOST_WINDOWS} windows; there are {len(windows)}. "
            "Make the windows longer or shorter."
        )
    step = windows[1].start - windows[0].start
    if step <= 0 or any(
        not math.isclose(one.start, windows[0].start + number * step, abs_tol=step / 1_000)
        for number, one in enumerate(windows)
    ):
        raise LabError("The windows are not of equal length, one after the other. Sort them first.")
    lines = _checked_limits(given_mapping("limits", limits or {}, "numbers"))
    words = _words(windows, lines)
    heading = clean(title) if title else "Concurrency over time"
    canvas = Canvas()
    height = _Chart(canvas, windows, lines).draw()
    return Figure(canvas.finish(height, heading, words), tuple(words), heading)


def _checked_limits(limits: Mapping[str, int]) -> dict[str, int]:
    if len(limits) > _MOST_LIMITS:
        raise LabError(f"The figure marks at most {_MOST_LIMITS} limits; there are {len(limits)}.")
    return {clean(name, 20): _count(f"The limit {name!r}", value) for name, value in limits.items()}


def _window(one: object) -> Window:
    if not isinstance(one, Window):
        if not isinstance(one, tuple | list) or len(one) != 3:
            raise LabError(
                f"{shown(one)} is no window; give (start in seconds, running, throttled)."
            )
        one = Window(*one)
    start: object = one.start
    number = isinstance(start, int | float) and not isinstance(start, bool)
    if not number or not -MOST <= one.start <= MOST:
        raise LabError(f"A window cannot begin at {shown(start)}; give seconds.")
    return Window(
        float(one.start), _count("Running", one.running), _count("Throttled", one.throttled)
    )  # fmt: skip


def _count(name: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST:
        raise LabError(f"{name} is {shown(value)}; give a whole number, 0 or more.")
    return value


def _said(seconds: float) -> str:
    return say(round(seconds * SECOND)) if seconds else "0"


def _words(windows: Sequence[Window], limits: Mapping[str, int]) -> list[str]:
    top = max(windows, key=lambda one: one.running)
    most = f"{top.running:,}, first in the window that begins at {_said(top.start)}"
    told = [f"The most requests in flight at once are {most}."]
    for name, limit in limits.items():
        reached = sum(one.running >= limit for one in windows)
        told.append(
            f"{name[:1].upper()}{name[1:]}, {limit:,}: the limit is reached in {reached} of "
            f"{len(windows)} windows."
        )
    total = sum(one.throttled for one in windows)
    if not total:
        return [*told, "No request is throttled."]
    worst = max(windows, key=lambda one: one.throttled)
    return [
        *told,
        (
            f"{total:,} request{'s are' if total > 1 else ' is'} throttled, the most of them, "
            f"{worst.throttled:,}, in the window that begins at {_said(worst.start)}."
        ),
    ]


def _ticks(most: float) -> list[int]:
    """Return three to five round numbers from 0 to at least *most*."""
    power = 10 ** max(0, math.floor(math.log10(max(most, 1) / 4)))
    step = next(power * factor for factor in _STEPS if power * factor * 4 >= most)
    return [step * number for number in range(max(1, math.ceil(most / step)) + 1)]


class _Chart:
    """One drawing in the making."""

    def __init__(
        self, canvas: Canvas, windows: Sequence[Window], limits: Mapping[str, int]
    ) -> None:
        self._canvas = canvas
        self._windows = windows
        self._limits = limits
        self._upper = _ticks(max(*(one.running for one in windows), *limits.values(), 1) * 1.02)
        most = max(one.throttled for one in windows)
        self._lower = [0, most] if most else []
        gutter = max(text_width(number_said(tick)) for tick in (*self._upper, *self._lower))
        self._left, self._right = _MARGIN + gutter + 10, WIDTH - _MARGIN
        self._column = (self._right - self._left) / len(windows)
        self._top = _MARGIN + _ROW + 6

    def draw(self) -> float:
        """Draw everything and return the height."""
        canvas = self._canvas
        canvas.text(_MARGIN, _MARGIN + _ROW / 2 - 2, "requests in flight", "ll-soft")
        base = self._panel(self._top, _TALL, self._upper, [one.running for one in self._windows])
        for number, (name, limit) in enumerate(self._limits.items()):
            self._limit(name, limit, first=not number)
        if self._lower:
            canvas.text(_MARGIN, base + _ROW, "throttled in each window", "ll-soft")
            base = self._panel(
                base + 2 * _ROW - 6, _LOW, self._lower,
                [one.throttled for one in self._windows], "error",
            )  # fmt: skip
        return self._time_axis(base)

    def _panel(
        self, top: float, tall: float, ticks: Sequence[int], values: Sequence[int], key: str = "run"
    ) -> float:
        """Draw bars for *values* over the line at the bottom; return where that is."""
        canvas, base = self._canvas, top + tall
        for tick in ticks:
            y = base - tall * tick / ticks[-1]
            canvas.line(self._left, y, self._right, y, "ll-rule")
            canvas.text(self._left - 8, y, number_said(tick), "ll-soft", anchor="end")
        gap = min(3.0, self._column * 0.2)
        for number, value in enumerate(values):
            if value:
                high = max(1.5, tall * value / ticks[-1])
                x = self._left + number * self._column + gap / 2
                canvas.begin(f"{_said(self._windows[number].start)}: {value:,}")
                canvas.rect(x, base - high, self._column - gap, high, f"ll-{key}", radius=0)
                canvas.end()
        canvas.line(self._left, base, self._right, base, "ll-arrow")
        return base

    def _limit(self, name: str, limit: int, *, first: bool) -> None:
        canvas, y = self._canvas, self._top + _TALL * (1 - limit / self._upper[-1])
        number, dash = (2, "9 5") if first else (3, "2 5")
        canvas.path([(self._left, y), (self._right, y)], f"ll-line ll-line-{number}", dash=dash)
        label, above = f"{name} {limit:,}", y - 13
        at = above if above > self._top - 14 else y + 14
        if first:
            canvas.text(self._right, at, label, "ll-halo", anchor="end")
        else:
            canvas.text(self._left + 6, at, label, "ll-halo")

    def _time_axis(self, base: float) -> float:
        canvas, begin = self._canvas, self._windows[0].start
        span = (self._windows[1].start - begin) * len(self._windows)
        step: float = next((one for one in _TIME_STEPS if one * 5 >= span), math.ceil(span / 5))
        tick = math.ceil(begin / step) * step
        if span < 2:
            step, tick = span / 2, begin
        free = 0.0
        while tick <= begin + span * 1.0001:
            x, label = self._left + (tick - begin) / span * (self._right - self._left), _said(tick)
            canvas.line(x, base, x, base + 5, "ll-arrow")
            half = text_width(label) / 2
            at = min(x, WIDTH - _MARGIN / 2 - half)
            if at - half >= free:
                canvas.text(at, base + 17, label, "ll-soft", anchor="middle")
                free = at + half + 8
            tick += step
        canvas.text(self._right, base + 17 + _ROW, "time", "ll-soft", anchor="end")
        return base + 2 * _ROW + _MARGIN
