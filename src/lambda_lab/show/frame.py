"""What stands around the rows of a figure: the axis, its grid and its cuts, notes and a legend."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from lambda_lab.show.axis import Axis, Cut
from lambda_lab.show.canvas import Canvas, text_width
from lambda_lab.show.shapes import legend_row
from lambda_lab.show.style import MARKS, WIDTH
from lambda_lab.show.times import say

__all__ = ["MARGIN", "ROW", "Frame"]

MARGIN = 12.0
"""Units that stay free at the edges of a figure."""
ROW = 28.0
"""Height of a row that holds a line of text."""
_BOLD = 1.15
"""Bold text is this much wider than a canvas counts on: on a phone two lengths would touch."""


class Frame:
    """Draws the axis of one figure, and what refers to it.

    Parameters
    ----------
    canvas, axis
        The figure, and where its moments lie.
    steady
        Whether lengths of time are said in half seconds.
    """

    def __init__(self, canvas: Canvas, axis: Axis, *, steady: bool) -> None:
        self._canvas = canvas
        self._axis = axis
        self._steady = steady

    @property
    def head(self) -> float:
        """Units needed above the rows, for the true lengths of what is cut."""
        return ROW if self._axis.cuts else 0.0

    def grid(self, top: float, bottom: float) -> None:
        """Draw a thin line for every labelled moment."""
        for tick in self._axis.ticks():
            self._canvas.line(tick.x, top, tick.x, bottom + 6, "ll-rule", dash="2 4")

    def cuts(self, top: float, bottom: float) -> None:
        """Take what is cut out of the rows between *top* and *bottom*."""
        free = MARGIN
        for cut in self._axis.cuts:
            self._cut(cut, top, bottom)
            free = self._length(cut, top - ROW / 2, free)

    def _length(self, cut: Cut, y: float, free: float) -> float:
        """Say how long a cut is where there is room, right of *free*; return what is free then."""
        label = say(cut.end_ns - cut.start_ns, steady=self._steady)
        half = text_width(label) * _BOLD / 2
        middle = (cut.left + cut.right) / 2
        least = free + half
        at = min(max(middle, least), WIDTH - MARGIN - half)
        if at < least or abs(at - middle) > half:
            return free
        self._canvas.text(at, y, label, "ll-strong", anchor="middle")
        return at + half + 8

    def _cut(self, cut: Cut, top: float, bottom: float) -> None:
        """Take a strip out of the drawing between two zigzag lines."""
        canvas, middle = self._canvas, (cut.left + cut.right) / 2
        half = max(2.0, min(9.0, (cut.right - cut.left) * 0.22))
        canvas.rect(middle - half, top - 2, 2 * half, bottom - top + 4, "ll-gap", radius=0)
        for x in (middle - half, middle + half):
            zigzag, y, side = [], top, 1
            while y <= bottom:
                zigzag.append((x + 2.5 * side, y))
                y, side = y + 8, -side
            if len(zigzag) > 1:
                canvas.path(zigzag, "ll-break")

    def axis(self, y: float) -> float:
        """Draw the axis under the rows, which end at *y*; return where it ends."""
        canvas, tip = self._canvas, WIDTH - MARGIN
        y += 6
        canvas.line(self._axis.left, y, tip, y, "ll-arrow")
        canvas.path([(tip, y), (tip - 9, y - 4), (tip - 9, y + 4)], "ll-head", closed=True)
        for tick in self._axis.ticks():
            canvas.line(tick.x, y, tick.x, y + 5, "ll-arrow")
            anchor = "start" if tick.label == "0" else "middle"
            canvas.text(tick.x, y + 17, tick.label, "ll-soft", anchor=anchor)
        return y + 30

    def notes(self, y: float, first: str, *more: str) -> float:
        """Write what the axis shows, and what is left out; return where the last line ends."""
        widened = self._axis.widened
        for line in (
            first + (";" if widened else ""),
            "short phases are drawn wider" if widened else "",
            *more,
        ):
            if line:
                self._canvas.text(WIDTH - MARGIN, y + 10, line, "ll-soft", anchor="end")
                y += 22
        return y + 8

    def legend(
        self, y: float, keys: Collection[str], *, before: Iterable[tuple[str, str]] = ()
    ) -> float:
        """Name the marks *keys* in rows; return where they end.

        *before* are pairs of a mark and what it is called in this figure alone.
        """
        named = [*before, *((key, mark.label) for key, mark in MARKS.items() if key in keys)]
        x = MARGIN
        for key, label in named:
            width = 38 + text_width(label) + 16
            if x > MARGIN and x + width - 16 > WIDTH - MARGIN:
                x, y = MARGIN, y + ROW
            legend_row(self._canvas, key, x, y + ROW / 2)
            self._canvas.text(x + 38, y + ROW / 2, label)
            x += width
        return y + (ROW if named else 0) + MARGIN / 2
