"""The small signs: what befell a call, how a phase ended, and the badge with a call's number."""

from __future__ import annotations

from collections.abc import Sequence

from lambda_lab.show.canvas import Canvas, text_width
from lambda_lab.show.style import MARKS, shade

__all__ = ["badge", "legend_row", "outcome", "sign"]


# Corners in parts of half a sign's height, from its middle, to the right and down.
_CROSS = (
    (-1, -0.65), (-0.65, -1), (0, -0.35), (0.65, -1), (1, -0.65), (0.35, 0),
    (1, 0.65), (0.65, 1), (0, 0.35), (-0.65, 1), (-1, 0.65), (-0.35, 0),
)  # fmt: skip
_CORNERS: dict[str, Sequence[tuple[float, float]]] = {
    "throttled": ((0, -1), (1, 0.8), (-1, 0.8)),  # a triangle, as on road signs
    "retry": ((0, -1), (1, 0), (0, 1), (-1, 0)),
    "done": ((-1, 0), (-0.55, -0.45), (-0.2, -0.1), (0.6, -1), (1, -0.55), (-0.2, 0.8)),
    "returned": ((-1, 0), (0, -1), (0, -0.4), (1, -0.4), (1, 0.4), (0, 0.4), (0, 1)),  # an arrow
    "filtered": ((-1, -1), (1, -1), (0.3, 0.1), (0.3, 1), (-0.3, 1), (-0.3, 0.1)),  # a funnel
}
_TICK = ((-0.6, 0), (-0.1, 0.5), (0.6, -0.5), (-0.1, 0.1))


def sign(canvas: Canvas, key: str, x: float, y: float, size: float = 7) -> None:
    """Draw the sign *key* around the point (*x*, *y*); *size* is half its height."""
    kind, s = f"ll-{key}", size

    def corners(parts: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
        return [(x + right * s, y + down * s) for right, down in parts]

    match key:
        case "queued":
            canvas.circle(x, y, s, kind)
            canvas.circle(x, y, s * 0.45, "ll-gap")
        case "delivered":
            canvas.rect(x - s, y - s, 2 * s, 2 * s, kind, radius=1)
            canvas.path(corners(_TICK), "ll-gap", closed=True)
        case "shutdown":
            canvas.rect(x - s * 0.35, y - s * 1.6, s * 0.7, s * 3.2, kind, radius=0)
        case _:
            canvas.path(corners(_CORNERS.get(key, _CROSS)), kind, closed=True)


def outcome(canvas: Canvas, status: str, box: tuple[float, float, float, float]) -> float:
    """Close a bar with how it ended, if it did not end well; return the units that this takes.

    *box* is the bar's left, top, width and height.
    """
    if status not in ("error", "timeout"):
        return 0.0
    left, top, width, height = box
    stripe = min(9.0, width * 0.4)
    canvas.bar(left + width - stripe, top, stripe, height, status)
    return stripe


def badge(canvas: Canvas, number: int, x: float, y: float) -> None:
    """Draw the number of a call on its shade, with the middle at (*x*, *y*)."""
    width = max(24.0, text_width(str(number)) + 10)
    canvas.rect(x - width / 2, y - 12, width, 24, f"ll-run {shade(number)}", radius=12)
    canvas.text(x, y, str(number), "ll-on-run", anchor="middle")


def legend_row(canvas: Canvas, key: str, x: float, y: float) -> None:
    """Draw a sample of the mark *key* with its left end at *x* and its middle at *y*."""
    if MARKS[key].pattern != "shape":
        canvas.bar(x, y - 9, 30, 18, key, shade=shade(1) if key == "run" else "")
    else:
        sign(canvas, key, x + 15, y, 5 if key == "shutdown" else 7)
