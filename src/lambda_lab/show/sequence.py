"""The sequence of one call: who tells whom what, from top to bottom."""

from __future__ import annotations

from collections.abc import Sequence

from lambda_lab.errors import LabError
from lambda_lab.show.canvas import Canvas, clean, text_width
from lambda_lab.show.figure import Figure
from lambda_lab.show.given import given_events
from lambda_lab.show.history import read
from lambda_lab.show.messages import ENVIRONMENT, HANDLER, Step, steps
from lambda_lab.show.shapes import badge, sign
from lambda_lab.show.style import WIDTH, shade
from lambda_lab.show.times import canonical
from lambda_lab.timeline import Event

__all__ = ["sequence"]

_COLUMNS = (60.0, 200.0, 356.0, 500.0)
_NAMES = ("caller", "Lambda", "environment", "handler")
_MARGIN = 12.0
_HEAD = 48.0
_ROW = 50.0
_PHASES = {"init", "run", "frozen"}
_MOST_STEPS = 80


def sequence(
    events: Sequence[Event],
    request_id: str | None = None,
    *,
    title: str | None = None,
    steady: bool = False,
) -> Figure:
    """Draw one call from the caller to the handler and back.

    Parameters
    ----------
    events
        The record; pass the whole of it, so that the call keeps the number it has in the lanes.
    request_id
        Which call; by default the last one that arrived.
    title
        What stands above the figure.
    steady
        Round all times to half seconds, so that two runs of a lab give the same bytes.

    Raises
    ------
    LabError
        If the record holds no call, or not this one.
    """
    given = given_events(events)
    ordered = canonical(given) if steady else sorted(given, key=lambda event: event.time_ns)
    history = read(ordered)
    request = _choose(list(history.numbers), request_id)
    number = history.numbers[request]
    told = steps(ordered, request, steady=steady)
    heading = clean(title) if title else f"Call {number}, step by step"
    words = [step.sentence for step in told] or ["Nothing more is recorded of this call."]
    canvas = Canvas()
    height = _draw(canvas, told[:_MOST_STEPS], number)
    if len(told) > _MOST_STEPS:
        rest = f"{len(told) - _MOST_STEPS} further steps are told in words"
        canvas.text(WIDTH / 2, height, rest, "ll-soft", anchor="middle")
        height += 24
    return Figure(canvas.finish(height, heading, words), tuple(words), heading)


def _choose(known: Sequence[str], request_id: str | None) -> str:
    if not known:
        raise LabError("No call has been recorded yet. Call the function, then draw again.")
    if request_id is None:
        return known[-1]
    if request_id not in known:
        raise LabError(
            f"The record holds no call with request id {clean(request_id, 60)!r}. "
            f"The last one it holds is {clean(known[-1], 60)!r}; the answer of Invoke carries "
            "the id in ResponseMetadata['RequestId']."
        )
    return request_id


def _draw(canvas: Canvas, told: Sequence[Step], number: int) -> float:
    """Draw the four lines of life, then the steps. Return the height."""
    bottom = _HEAD + sum(_height(step) for step in told) + 14
    for x, name in zip(_COLUMNS, _NAMES, strict=True):
        width = text_width(name) + 16
        canvas.line(x, 40, x, bottom, "ll-rule")
        canvas.rect(x - width / 2, 12, width, 30, "ll-paper", radius=4)
        canvas.text(x, 27, name, "ll-strong", anchor="middle")
    y = _HEAD
    for index, step in enumerate(told):
        if step.source == step.target or step.phase in _PHASES:
            _phase(canvas, step, y, number)
        else:
            _message(canvas, step, y, number if index == 0 else 0)
        y += _height(step)
    return bottom + _MARGIN


def _height(step: Step) -> float:
    return 40.0 if step.source == step.target or step.phase in _PHASES else _ROW


def _message(canvas: Canvas, step: Step, y: float, number: int) -> None:
    """Draw an arrow with what it carries above it."""
    start, end = _COLUMNS[step.source], _COLUMNS[step.target]
    line = y + 36
    direction = 1 if end > start else -1
    answer = "" if direction > 0 else "7 4"
    canvas.line(
        start + (14 if number else 3) * direction,
        line,
        end - 3 * direction,
        line,
        "ll-arrow",
        dash=answer,
    )
    tip = end - 2 * direction
    canvas.path([(tip, line), (tip - 10 * direction, line - 5), (tip - 10 * direction, line + 5)],
                "ll-head", closed=True)  # fmt: skip
    left = 0.0
    if number:
        badge(canvas, number, start, line)
    if step.phase:
        left = 20.0
    width = text_width(step.label) + left
    x = (start + end) / 2 - width / 2
    x = max(_MARGIN, min(x, WIDTH - _MARGIN - width))
    if step.phase:
        sign(canvas, step.phase, x + 8, y + 19)
    canvas.text(x + left, y + (13 if number else 19), step.label, "ll-halo")


def _phase(canvas: Canvas, step: Step, y: float, number: int) -> None:
    """Draw what one of the four goes through: a box on its line, named to its left or right."""
    low, high = sorted((_COLUMNS[step.source], _COLUMNS[step.target]))
    top, tall = y + 6, 28.0
    middle = top + tall / 2
    if step.phase in _PHASES:
        tint = shade(number) if step.phase == "run" else ""
        canvas.bar(low - 9, top, high - low + 18, tall, step.phase, shade=tint)
    else:
        sign(canvas, step.phase, low, middle, 8)
    if step.source in (ENVIRONMENT, HANDLER):
        canvas.text(low - 17, middle, step.label, "ll-halo", anchor="end")
    else:
        canvas.text(low + 17, middle, step.label, "ll-halo")
