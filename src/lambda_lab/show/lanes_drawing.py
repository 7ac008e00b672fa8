"""The lanes explorer's picture as SVG, in whole units: the page's script writes the same text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from lambda_lab.show.lanes_fields import time_text
from lambda_lab.show.lanes_model import ROUNDS, Picture, Row, Span
from lambda_lab.show.style import SHADES, WIDTH

__all__ = ["FRAME", "drawing"]

FRAME = {
    "width": WIDTH, "margin": 12, "gutter": 66, "wide": 104, "tail": 24, "cut": 46,
    "row": 28, "few": 8, "bar": 24, "pitch": 34, "thin": 16, "close": 22, "letter": 10,
    "shades": SHADES, "rounds": ROUNDS,
}  # fmt: skip
"""Units of the drawing; above ``few`` lanes they are ``thin`` and ``close`` together."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """A piece of time, and where on the sheet it begins and ends."""

    start: int
    end: int
    left: int
    right: int
    cut: bool


def _stretches(found: Picture) -> list[tuple[int, int, bool]]:
    """Return the time up to the end in pieces: start, end, and whether the piece is cut.

    As in the figure of a real record, an idle piece that outlasts all the work twice over is cut.
    """
    work = sorted(
        (span.start, span.end)
        for row in found.rows
        for span in row.spans
        if span.phase != "frozen"
    )  # fmt: skip
    busy: list[list[int]] = []
    for start, end in work:
        if busy and start <= busy[-1][1]:
            busy[-1][1] = max(busy[-1][1], end)
        else:
            busy.append([start, end])
    total = sum(end - start for start, end in busy)
    pieces, now = [], 0
    for start, end in busy:
        if start > now:
            pieces.append((now, start, start - now > 2 * total))
        pieces.append((start, end, False))
        now = end
    return pieces if busy else [(0, found.end, False)]


def _placed(found: Picture) -> list[_Piece]:
    stretches = _stretches(found)
    left = FRAME["wide"] if found.refused else FRAME["gutter"]
    cuts = sum(cut for *_, cut in stretches)
    room = FRAME["width"] - FRAME["margin"] - FRAME["tail"] - left - FRAME["cut"] * cuts
    drawn = sum(end - start for start, end, cut in stretches if not cut)
    pieces, done, x = [], 0, left
    for start, end, cut in stretches:
        before = x
        if cut:
            x += FRAME["cut"]
        else:
            # Of the sum, so that what is rounded down does not add up.
            x += room * (done + end - start) // drawn - room * done // drawn
            done += end - start
        pieces.append(_Piece(start, end, before, x, cut))
    return pieces


def _at(pieces: Iterable[_Piece], moment: int) -> int:
    """Return where a moment lies."""
    x = 0
    for piece in pieces:
        if moment <= piece.end:
            width = piece.right - piece.left
            return piece.left + width * (moment - piece.start) // (piece.end - piece.start)
        x = piece.right
    return x


def drawing(values: Mapping[str, int], found: Picture) -> str:
    """Return the lanes as SVG.

    Examples
    --------
    >>> from lambda_lab.show.lanes_fields import chosen
    >>> from lambda_lab.show.lanes_model import picture
    >>> given = {"callers": 1, "gap": 1, "run": 1, "init": 1, "keep": 600, "reserved": None}
    >>> values = chosen(given)
    >>> drawing(values, picture(values)).count("ll-init")
    2
    """
    pieces = _placed(found)
    few = len(found.rows) <= FRAME["few"]
    bar, pitch = (FRAME["bar"], FRAME["pitch"]) if few else (FRAME["thin"], FRAME["close"])
    top = FRAME["margin"] + (FRAME["row"] if found.refused else 0)
    bottom = top + pitch * len(found.rows)
    parts = list(_grid(values, pieces, bottom))
    for number, row in enumerate(found.rows):
        parts += _lane(row, number, pieces, top + pitch * number + (pitch - bar) // 2, bar)
    parts += [_cut(piece, top, bottom) for piece in pieces if piece.cut]
    parts += _refusals(found, pieces)
    height = bottom + 42
    return (
        f'<svg class="ll-svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}">'
        + "".join(parts)
        + "</svg>"
    )


def _text(x: int, y: int, text: str, anchor: str, kind: str) -> str:
    return (
        f'<text x="{x}" y="{y}" class="{kind}" text-anchor="{anchor}" '
        f'dominant-baseline="central">{text}</text>'
    )


def _grid(values: Mapping[str, int], pieces: list[_Piece], bottom: int) -> Iterator[str]:
    """Yield the axis, and a thin line for every round of calls, named where there is room."""
    y, free = bottom + 6, 0
    tip = FRAME["width"] - FRAME["margin"]
    for number in range(ROUNDS):
        x = _at(pieces, number * values["gap"])
        yield (
            f'<line class="ll-rule" stroke-dasharray="2 4" x1="{x}" x2="{x}" '
            f'y1="{FRAME["margin"]}" y2="{y}"/>'
        )
        label = time_text(number * values["gap"])
        half = FRAME["letter"] * len(label) // 2
        if x - half >= free and x + half <= tip:
            yield f'<line class="ll-arrow" x1="{x}" x2="{x}" y1="{y}" y2="{y + 5}"/>'
            yield _text(x, y + 18, label, "middle", "ll-soft")
            free = x + half + FRAME["letter"]
    yield f'<line class="ll-arrow" x1="{pieces[0].left}" x2="{tip}" y1="{y}" y2="{y}"/>'
    yield f'<path class="ll-head" d="M{tip},{y} l-9,-4 v8 Z"/>'


def _lane(row: Row, number: int, pieces: list[_Piece], y: int, bar: int) -> Iterator[str]:
    yield _text(FRAME["margin"], y + bar // 2, f"env {number + 1}", "start", "")
    tail, last = (0 if row.ended is not None else FRAME["tail"]), row.spans[-1]
    for span in row.spans:
        x, end = _at(pieces, span.start), _at(pieces, span.end)
        # An environment that is there when the last call is over is drawn a little longer.
        longer = tail if span is last and span.phase == "frozen" else 0
        yield from _bar(span, number, (x, y, max(2, end - x) + longer, bar))
    if row.ended is not None:
        x = _at(pieces, row.ended)
        yield (
            f"<g><title>environment {number + 1} is shut down</title>"
            f'<rect class="ll-shutdown" x="{x}" y="{y}" width="4" height="{bar}"/></g>'
        )
    elif last.phase != "frozen":
        x, inset = pieces[-1].right, bar // 4
        yield (
            f'<rect class="ll-frozen" x="{x}" y="{y + inset}" width="{tail}" '
            f'height="{bar - 2 * inset}"/>'
        )


def _bar(span: Span, number: int, box: tuple[int, int, int, int]) -> Iterator[str]:
    x, y, width, height = box
    what = f"runs call {span.call}" if span.call else span.phase
    took = time_text(span.end - span.start)
    yield f"<g><title>environment {number + 1}: {what}, {took}</title>"
    inset = height // 4 if span.phase == "frozen" else 0
    tint = f" ll-shade-{(span.call - 1) % SHADES + 1}" if span.call else ""
    yield (
        f'<rect class="ll-{span.phase}{tint}" x="{x}" y="{y + inset}" width="{width}" '
        f'height="{height - 2 * inset}" rx="2"/>'
    )
    if span.phase == "init":
        strokes = "".join(
            f"M{at},{y + height - 3} l4,-{height - 6} " for at in range(x + 3, x + width - 5, 6)
        )
        yield f'<path class="ll-grain" d="{strokes}"/>' if strokes else ""
    if span.call and width >= FRAME["letter"] * len(f"{span.call}") + 2:
        yield _text(x + width // 2, y + height // 2, f"{span.call}", "middle", "ll-on-run")
    yield "</g>"


def _cut(piece: _Piece, top: int, bottom: int) -> str:
    """Return a strip that is taken out of the drawing, between two zigzag lines."""
    middle = (piece.left + piece.right) // 2
    strip = (
        f'<rect class="ll-gap" x="{middle - 8}" y="{top - 2}" width="16" '
        f'height="{bottom - top + 4}"/>'
    )
    for x in (middle - 8, middle + 8):
        steps = "".join(
            f" l{-5 if number % 2 else 5},8" for number in range((bottom - top) // 8)
        )  # fmt: skip
        strip += f'<path class="ll-break" d="M{x - 2},{top}{steps}"/>'
    return strip


def _refusals(found: Picture, pieces: list[_Piece]) -> Iterator[str]:
    """Yield a sign for every moment at which calls were throttled; neighbours share one."""
    if not found.refused:
        return
    y = FRAME["margin"] + FRAME["row"] // 2 - 2
    yield _text(FRAME["margin"], y, "throttled", "start", "")
    groups: list[tuple[int, list[int]]] = []
    for moment, calls in found.refused:
        x = _at(pieces, moment)
        if groups and x - groups[-1][0] < 44:
            groups[-1][1].extend(calls)
        else:
            groups.append((x, list(calls)))
    for x, of_one in groups:
        named = f"{of_one[0]}" if len(of_one) == 1 else f"×{len(of_one)}"
        yield (
            f"<g><title>throttled: {len(of_one)}</title>"
            f'<path class="ll-throttled" d="M{x},{y + 6} l7,-13 l7,13 Z"/>'
            + _text(x + 18, y, named, "start", "ll-halo")
            + "</g>"
        )
