"""The legend: every mark with its name and its meaning."""

from __future__ import annotations

from lambda_lab.show.canvas import Canvas, clean
from lambda_lab.show.figure import Figure
from lambda_lab.show.shapes import badge, legend_row
from lambda_lab.show.style import MARKS, SHADES, WIDTH

__all__ = ["legend"]

_ROW = 34.0


def legend(*, title: str = "What the marks mean") -> Figure:
    """Return the marks that all figures share, for the page that explains them.

    Examples
    --------
    >>> legend().words[1]
    'init: The runtime and the code outside the handler run, once.'
    """
    title = clean(title)
    canvas = Canvas()
    half = (len(MARKS) + 1) // 2
    for index, mark in enumerate(MARKS.values()):
        x = 16.0 if index < half else WIDTH / 2 + 10
        y = 14 + (index % half) * _ROW + _ROW / 2
        legend_row(canvas, mark.key, x, y)
        canvas.text(x + 44, y, mark.label)
    y = 14 + half * _ROW + _ROW / 2
    for number in range(1, SHADES + 1):
        badge(canvas, number, 31 + (number - 1) * 34, y)
    canvas.text(31 + SHADES * 34 - 8, y, "a call keeps its number and shade")
    words = [f"{mark.label}: {mark.meaning}" for mark in MARKS.values()]
    words.append("A call keeps its number and its shade of blue in every figure.")
    return Figure(canvas.finish(y + _ROW, title, words), tuple(words), title)
