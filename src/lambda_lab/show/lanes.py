"""Lanes: one line for each execution environment, time to the right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lambda_lab.show.axis import Axis, Stretch
from lambda_lab.show.canvas import Canvas, clean, text_width
from lambda_lab.show.figure import Figure
from lambda_lab.show.frame import MARGIN, ROW, Frame
from lambda_lab.show.given import given_events
from lambda_lab.show.history import SNAPSHOT, History, Lane, Phase, Span, read
from lambda_lab.show.lanes_words import tell
from lambda_lab.show.shapes import outcome, sign
from lambda_lab.show.style import MARKS, WIDTH, shade
from lambda_lab.show.times import canonical, say
from lambda_lab.timeline import Event

__all__ = ["lanes", "lanes_axis"]

_MOST_LANES = 24
_ROOM = {
    Phase.START: 12.0,
    Phase.INIT: 24.0,
    Phase.RESTORE: 24.0,
    Phase.RUN: 26.0,
    Phase.FROZEN: 16.0,
}
"""Units each phase gets at least, so that it can be seen and the number of a call fits."""
_SIGNS = ("throttled", "queued", "retry", "delivered", "lost")


def lanes(events: Sequence[Event], *, title: str | None = None, steady: bool = False) -> Figure:
    """Draw what every execution environment did, so that cold starts and reuse can be seen.

    Parameters
    ----------
    events
        The record, of one function or of several; order does not matter.
    title
        What stands above the figure; by default the function's name.
    steady
        Round all times to half seconds, so that two runs of a lab give the same bytes.

    Returns
    -------
    Figure
        Time runs to the right in the region's time. Idle stretches that would hide the work are
        cut and marked with their true length; short phases are drawn wider than they lasted.

    Examples
    --------
    >>> print(lanes([]))
    Environments over time
    - Nothing has been recorded yet: call the function, then draw again.
    """
    given = given_events(events)
    history = read(canonical(given) if steady else given)
    heading = clean(title) if title else _title(history)
    words = tell(history, steady=steady)
    canvas = Canvas()
    if not history.events:
        canvas.text(WIDTH / 2, 40, "Nothing recorded yet", "ll-soft", anchor="middle")
        return Figure(canvas.finish(80, heading, words), tuple(words), heading)
    height = _Sheet(canvas, history, steady).draw()
    return Figure(canvas.finish(height, heading, words), tuple(words), heading)


def _title(history: History) -> str:
    functions = history.functions
    return f"Environments of {clean(functions[0])} over time" if len(functions) == 1 else (
        "Environments over time"
    )  # fmt: skip


def lanes_axis(history: History, left: float, right: float, steady: bool) -> Axis:
    """Return the axis of *history*: frozen environments are idle, all else is work."""
    stretches = [
        Stretch(span.start_ns, span.end_ns, _ROOM[span.phase], idle=span.phase is Phase.FROZEN)
        for lane in history.lanes
        for span in lane.spans
    ]
    return Axis({event.time_ns for event in history.events}, stretches, left, right, steady)


@dataclass(slots=True)
class _Placed:
    """A lane and the top of its bar."""

    lane: Lane
    top: float


class _Sheet:
    """One drawing in the making: rows from top to bottom, then the axis and the legend."""

    def __init__(self, canvas: Canvas, history: History, steady: bool) -> None:
        self._canvas = canvas
        self._history = history
        self._steady = steady
        self._lanes = history.lanes[:_MOST_LANES]
        self._kinds = [k for k in _SIGNS if any(m.key == k for m in history.markers)]
        self._bar = 26.0 if len(self._lanes) <= 8 else 20.0
        self._pitch = self._bar + (14.0 if len(self._lanes) <= 8 else 8.0)
        names = [f"env {lane.number}" for lane in self._lanes]
        names += [MARKS[k].label for k in self._kinds]
        gutter = max((text_width(name) for name in names), default=0.0)
        self._axis = lanes_axis(history, MARGIN + gutter + 8, WIDTH - MARGIN, steady)
        self._frame = Frame(canvas, self._axis, steady=steady)
        self._y = MARGIN

    def draw(self) -> float:
        """Draw everything and return the height."""
        self._y += self._frame.head
        top = self._y
        self._y += ROW * len(self._kinds)
        placed = self._place_lanes()
        self._frame.grid(top, self._y)
        for item in placed:
            self._lane(item)
        self._frame.cuts(top, self._y)
        for row, kind in enumerate(self._kinds):
            self._marker_row(kind, top + (row + 0.5) * ROW)
        if not placed and not self._kinds:
            canvas = self._canvas
            canvas.text(WIDTH / 2, self._y + 16, "No environment has worked yet", anchor="middle")
            self._y += 34
        hidden = len(self._history.lanes) - len(self._lanes)
        y = self._frame.notes(
            self._frame.axis(self._y),
            "time in the region, from the first event",
            f"{hidden} more environments are not drawn" if hidden > 0 else "",
        )
        return self._frame.legend(y, self._keys())

    # -- rows ------------------------------------------------------------------------------

    def _marker_row(self, kind: str, y: float) -> None:
        """Draw the signs of one kind; neighbours that would touch become one sign with a count."""
        canvas = self._canvas
        canvas.text(MARGIN, y, MARKS[kind].label)
        groups: list[tuple[float, list[str]]] = []
        for marker in self._history.markers:
            if marker.key != kind:
                continue
            x = self._axis.x(marker.time_ns)
            name = str(self._history.numbers.get(marker.request or "", ""))
            if groups and x - groups[-1][0] < 44:
                groups[-1][1].append(name)
            else:
                groups.append((x, [name]))
        for x, names in groups:
            canvas.begin(f"{MARKS[kind].label}: call {', '.join(filter(None, names[:20]))}")
            sign(canvas, kind, min(x + 7, WIDTH - MARGIN - 34), y)
            label = names[0] if len(names) == 1 else f"×{len(names)}"
            canvas.text(min(x + 18, WIDTH - MARGIN - 24), y, label, "ll-halo")
            canvas.end()

    def _place_lanes(self) -> list[_Placed]:
        several = len(self._history.functions) > 1
        placed, shown = [], None
        by_function = sorted(
            self._lanes, key=lambda lane: self._history.functions.index(lane.function)
        )
        for lane in by_function:
            if several and lane.function != shown:
                self._canvas.text(MARGIN, self._y + ROW / 2, lane.function, "ll-strong")
                self._y += ROW
                shown = lane.function
            self._y += (self._pitch - self._bar) / 2
            placed.append(_Placed(lane, self._y))
            self._y += self._bar + (self._pitch - self._bar) / 2
        return placed

    def _lane(self, placed: _Placed) -> None:
        canvas, lane, y = self._canvas, placed.lane, placed.top
        middle = y + self._bar / 2
        canvas.text(MARGIN, middle, f"env {lane.number}")
        for span in lane.spans:
            self._span(lane, span, y)
        if lane.ended_ns is not None:
            why = f"shut down: {lane.reason or 'no reason given'}"
            why = "became a snapshot" if lane.reason == SNAPSHOT else why
            canvas.begin(f"environment {lane.number} {why}")
            sign(canvas, "shutdown", self._axis.x(lane.ended_ns) + 2, middle, self._bar * 0.36)
            canvas.end()

    def _span(self, lane: Lane, span: Span, y: float) -> None:
        canvas = self._canvas
        left = self._axis.x(span.start_ns)
        right = WIDTH - MARGIN if span.open else self._axis.x(span.end_ns)
        if span.phase is Phase.FROZEN:
            inset = self._bar * 0.22
            self._tip(lane, span)
            canvas.bar(left, y + inset, right - left, self._bar - 2 * inset, "frozen")
            canvas.end()
            return
        number = self._history.numbers.get(span.request or "", 0)
        tint = shade(number) if span.phase is Phase.RUN and number else ""
        self._tip(lane, span)
        width = max(right - left, 1.5)
        canvas.bar(left, y, width, self._bar, span.phase.value, shade=tint)
        room = width - outcome(canvas, span.status, (left, y, width, self._bar))
        if tint and text_width(str(number)) + 1 <= room:
            middle = left + room / 2
            canvas.text(middle, y + self._bar / 2, str(number), "ll-on-run", anchor="middle")
        canvas.end()

    def _tip(self, lane: Lane, span: Span) -> None:
        what = MARKS[span.phase.value].label
        if span.phase is Phase.RUN:
            what = f"runs {self._history.call(span.request)}"
        ended = "" if span.status == "success" else f", {span.status}"
        time = say(span.measured_ns, steady=self._steady)
        self._canvas.begin(f"environment {lane.number}: {what}, {time}{ended}")

    def _keys(self) -> set[str]:
        found: set[str] = set()
        for lane in self._lanes:
            found |= {span.phase.value for span in lane.spans}
            found |= {span.status for span in lane.spans if span.status != "success"}
            found |= {"shutdown"} if lane.ended_ns is not None else set()
        return found
