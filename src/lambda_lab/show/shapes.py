"""The small signs: what befell a call, how a phase ended, and the badge with a call's number."""

from __future__ import annotations

from lambda_lab.show.canvas import Canvas, text_width
from lambda_lab.show.style import shade

__all__ = ["badge", "legend_row", "outcome", "sign"]


def sign(canvas: Canvas, key: str, x: float, y: float, size: float = 7) -> None:
    """Draw the sign *key* around the point (*x*, *y*); *size* is half its height."""
    kind = f"ll-{key}"
    s = size
    match key:
        case "throttled":  # a raised hand's outline in small: a triangle, as on road signs
            canvas.path([(x, y - s), (x + s, y + s * 0.8), (x - s, y + s * 0.8)], kind, closed=True)
        case "queued":
            canvas.circle(x, y, s, kind)
            canvas.circle(x, y, s * 0.45, "ll-gap")
        case "retry":
            canvas.path([(x, y - s), (x + s, y), (x, y + s), (x - s, y)], kind, closed=True)
        case "delivered":
            canvas.rect(x - s, y - s, 2 * s, 2 * s, kind, radius=1)
            canvas.path(
                [(x - s * 0.6, y), (x - s * 0.1, y + s * 0.5), (x + s * 0.6, y - s * 0.5),
                 (x - s * 0.1, y + s * 0.1)],
                "ll-gap", closed=True,
            )  # fmt: skip
        case "shutdown":
            canvas.rect(x - s * 0.35, y - s * 1.6, s * 0.7, s * 3.2, kind, radius=0)
        case _:
            t = s * 0.35
            canvas.path(
                [(x - s, y - s + t), (x - s + t, y - s), (x, y - t), (x + s - t, y - s),
                 (x + s, y - s + t), (x + t, y), (x + s, y + s - t), (x + s - t, y + s),
                 (x, y + t), (x - s + t, y + s), (x - s, y + s - t), (x - t, y)],
                kind, closed=True,
            )  # fmt: skip


def outcome(canvas: Canvas, status: str, right: float, y: float, height: float) -> None:
    """Close a bar that ends at *right* with how it ended, if it did not end well."""
    if status in ("error", "timeout"):
        canvas.bar(right - 9, y, 9, height, status)


def badge(canvas: Canvas, number: int, x: float, y: float) -> None:
    """Draw the number of a call on its shade, with the middle at (*x*, *y*)."""
    width = max(24.0, text_width(str(number)) + 10)
    canvas.rect(x - width / 2, y - 12, width, 24, f"ll-run {shade(number)}", radius=12)
    canvas.text(x, y, str(number), "ll-on-run", anchor="middle")


def legend_row(canvas: Canvas, key: str, x: float, y: float) -> None:
    """Draw a sample of the mark *key* with its left end at *x* and its middle at *y*."""
    if key in ("start", "init", "run", "frozen", "error", "timeout"):
        canvas.bar(x, y - 9, 30, 18, key, shade=shade(1) if key == "run" else "")
    else:
        sign(canvas, key, x + 15, y, 5 if key == "shutdown" else 7)
