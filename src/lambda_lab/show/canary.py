"""The share of the calls that a canary really got, with the error bar that so few calls have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from lambda_lab.errors import LabError, shown
from lambda_lab.show.canary_model import checked_weight, wilson
from lambda_lab.show.canvas import Canvas, clean, text_width
from lambda_lab.show.curve_words import number_said
from lambda_lab.show.figure import Figure
from lambda_lab.show.given import given_row
from lambda_lab.show.style import WIDTH

__all__ = ["canary_share", "counted"]

_MARGIN = 12.0
_TALL = 230.0
_ROW = 24.0
_STEPS = (1, 2, 5)
_FEWEST = 10
_MOST_BARS = 8
_NEAR = 0.7
"""A step nearer than this to the end of the run is left out: the end says it better."""
_WHOLE = 100


@dataclass(frozen=True, slots=True)
class _Bar:
    """What a run had shown after some calls."""

    calls: int
    found: int
    low: float
    high: float

    @property
    def share(self) -> float:
        return self.found / self.calls


def counted(run: Sequence[str], version: str) -> list[int]:
    """Return how many calls *version* had had after each call of *run*.

    Raises
    ------
    LabError
        If the run is empty, or holds something that is no version.

    Examples
    --------
    >>> counted(["1", "2", "1", "2"], "2")
    [0, 1, 1, 2]
    """
    run = [] if isinstance(run, str) else given_row("run", run, "versions")
    if not run:
        raise LabError(
            "There is no run to draw. Collect the ExecutedVersion of each call in a list first."
        )
    for one in run:
        _check_version(one)
    return list(accumulate(int(one == version) for one in run))


def _check_version(one: object) -> None:
    if not isinstance(one, str):
        raise LabError(
            f"{shown(one)} is no version: collect ExecutedVersion, which Lambda gives as text."
        )


def canary_share(
    run: Sequence[str], *, version: str, weight: float, title: str | None = None
) -> Figure:
    """Draw the share of calls that a version got, after ever more calls, with error bars.

    A bar holds every weight with which such a count would be no surprise: in 95 of 100 runs the
    true weight lies within it.

    Parameters
    ----------
    run
        ``ExecutedVersion`` of each call, in order.
    version
        The version with the weight.
    weight
        Its weight as the alias has it, 0.0 to 1.0: drawn as a line across.
    title
        What stands above the figure.

    Returns
    -------
    Figure
        Nothing in it was measured by the drawing, so it is as steady as the run.

    Raises
    ------
    LabError
        If there is no run, or no such weight.

    Examples
    --------
    >>> print(canary_share(["1", "1", "2", "1"] * 5, version="2", weight=0.25))
    Share of calls that version 2 got, at a weight of 25 %
    - After 10 calls version 2 had 2, 20 %; the error bar goes from 6 to 51 %.
    - After 20 calls version 2 had 5, 25 %; the error bar goes from 11 to 47 %.
    - The weight, 25 %, lies within every bar.
    """
    weight = checked_weight(weight)
    counts = counted(run, version)
    bars = [_Bar(calls, counts[calls - 1], *wilson(counts[calls - 1], calls))
            for calls in _stops(len(run))]  # fmt: skip
    named = clean(version, 16)
    words = _words(bars, named, weight)
    heading = clean(title) if title else (
        f"Share of calls that version {named} got, at a weight of {_percent(weight)} %"
    )  # fmt: skip
    canvas = Canvas()
    height = _Chart(canvas, bars, weight).draw()
    return Figure(canvas.finish(height, heading, words), tuple(words), heading)


def _stops(calls: int) -> list[int]:
    """Return the numbers of calls at which to look: 10, 20, 50 and so on, and the end."""
    stops, power = [], _FEWEST
    while power <= calls:
        stops += [power * step for step in _STEPS if power * step <= calls * _NEAR]
        power *= 10
    return [*stops[-(_MOST_BARS - 1) :], calls]


def _percent(share: float) -> str:
    return number_said(round(share * _WHOLE, 1))


def _words(bars: Sequence[_Bar], version: str, weight: float) -> list[str]:
    told = [
        f"After {bar.calls:,} call{'s' * (bar.calls > 1)} version {version} had {bar.found:,}, "
        f"{_percent(bar.share)} %; the error bar goes from {round(bar.low * _WHOLE)} to "
        f"{round(bar.high * _WHOLE)} %."
        for bar in bars
    ]
    outside = [f"{bar.calls:,}" for bar in bars if not bar.low <= weight <= bar.high]
    where = f"outside the bar after {', '.join(outside)} calls" if outside else "within every bar"
    return [*told, f"The weight, {_percent(weight)} %, lies {where}."]


class _Chart:
    """One drawing in the making."""

    def __init__(self, canvas: Canvas, bars: Sequence[_Bar], weight: float) -> None:
        self._canvas = canvas
        self._bars = bars
        self._weight = weight
        top = max(weight, *(bar.high for bar in bars)) * _WHOLE
        step = next(step for step in (1, 2, 5, 10, 20, 25) if step * 4 >= top or step == 25)
        self._ticks = [tick for tick in range(0, _WHOLE + 1, step) if tick < top + step]
        self._left = _MARGIN + text_width(f"{self._ticks[-1]}") + 10
        self._top = _MARGIN + _ROW + 6

    def _y(self, share: float) -> float:
        return self._top + _TALL * (1 - share * _WHOLE / self._ticks[-1])

    def draw(self) -> float:
        """Draw everything and return the height."""
        canvas, right = self._canvas, WIDTH - _MARGIN
        canvas.text(_MARGIN, _MARGIN + _ROW / 2 - 2, "share of the calls, %", "ll-soft")
        for tick in self._ticks:
            y = self._y(tick / _WHOLE)
            canvas.line(self._left, y, right, y, "ll-rule")
            canvas.text(self._left - 8, y, f"{tick}", "ll-soft", anchor="end")
        base = self._y(0)
        canvas.line(self._left, base, right, base, "ll-arrow")
        column = (right - self._left) / len(self._bars)
        for number, bar in enumerate(self._bars):
            self._bar(bar, self._left + column * (number + 0.5))
        self._weight_line(right)
        canvas.text(right, base + 17 + _ROW, "after so many calls", "ll-soft", anchor="end")
        return base + 2 * _ROW + _MARGIN

    def _bar(self, bar: _Bar, x: float) -> None:
        canvas, low, high = self._canvas, self._y(bar.low), self._y(bar.high)
        canvas.begin(f"{bar.found:,} of {bar.calls:,}")
        canvas.path([(x, low), (x, high)], "ll-line ll-line-1")
        for y in (low, high):
            canvas.path([(x - 9, y), (x + 9, y)], "ll-line ll-line-1")
        canvas.circle(x, self._y(bar.share), 6.5, "ll-end-1")
        canvas.end()
        label = f"{bar.calls:,}"
        canvas.line(x, self._y(0), x, self._y(0) + 5, "ll-arrow")
        canvas.text(x, self._y(0) + 17, label, "ll-soft", anchor="middle")

    def _weight_line(self, right: float) -> None:
        y = self._y(self._weight)
        self._canvas.path([(self._left, y), (right, y)], "ll-line ll-line-2", dash="9 5")
        # The first bar is the tallest, so there is most room at the other end.
        at = min(y, self._y(self._bars[-1].high)) - 14
        self._canvas.text(right, at, f"weight {_percent(self._weight)} %", "ll-halo", anchor="end")
