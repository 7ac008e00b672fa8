"""The lives of asynchronous events: one row each, from the queue through every try to the end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lambda_lab.show.axis import Axis, Stretch
from lambda_lab.show.canvas import Canvas, clean, text_width
from lambda_lab.show.figure import Figure
from lambda_lab.show.frame import MARGIN, ROW, Frame
from lambda_lab.show.given import given_events
from lambda_lab.show.lives import Life, Lives, Try, Wait, read_lives
from lambda_lab.show.lives_words import tell_lives, wait_label
from lambda_lab.show.names import place_name
from lambda_lab.show.shapes import badge, outcome, sign
from lambda_lab.show.style import WIDTH, shade
from lambda_lab.timeline import Event

__all__ = ["event_lives"]

_MOST_ROWS = 16
"""Events drawn one by one; more of them share a row where they went the same way."""
_PITCH, _BAR, _WAIT = 38.0, 26.0, 22.0
_TRY_ROOM, _THROTTLE_ROOM, _WAIT_ROOM = 26.0, 15.0, 10.0
_SIGN = 20.0
_END_LIMIT = 13
"""Characters of the text that says where an event ended."""
_ENDS = {"done": "done", "lost": "lost"}


def event_lives(
    events: Sequence[Event], *, title: str | None = None, steady: bool = False
) -> Figure:
    """Draw what became of each asynchronous event, with every wait to scale.

    Parameters
    ----------
    events
        The record, of one function or of several; pass the whole of it, so that each event keeps
        the number it has in other figures.
    title
        What stands above the figure.
    steady
        Round all times to half seconds, so that two runs of a lab give the same bytes.

    Returns
    -------
    Figure
        A row for each event. Of more than 16 events, those that went the same way share a row.

    Examples
    --------
    >>> print(event_lives([]))
    Asynchronous events over time
    - No asynchronous event has been recorded yet: send one, then draw again.
    """
    record = read_lives(given_events(events), steady=steady)
    groups = _groups(record)
    heading = clean(title) if title else _title(record)
    words = tell_lives(record, groups, steady=steady)
    canvas = Canvas()
    if not record.lives:
        canvas.text(WIDTH / 2, 40, "No asynchronous event yet", "ll-soft", anchor="middle")
        return Figure(canvas.finish(80, heading, words), tuple(words), heading)
    height = _Sheet(canvas, groups, steady).draw()
    return Figure(canvas.finish(height, heading, words), tuple(words), heading)


def _title(record: Lives) -> str:
    if len(record.functions) == 1:
        return f"Asynchronous events of {clean(record.functions[0])} over time"
    return "Asynchronous events over time"


def _groups(record: Lives) -> list[list[Life]]:
    """Return the rows: single events, or all that went the same way; by function, then in order."""
    if len(record.lives) <= _MOST_ROWS:
        rows = [[life] for life in record.lives]
    else:
        courses: dict[tuple[object, ...], list[Life]] = {}
        for life in record.lives:
            courses.setdefault(life.course, []).append(life)
        rows = list(courses.values())
    return sorted(rows, key=lambda row: record.functions.index(row[0].function))


class _Sheet:
    """One drawing in the making."""

    def __init__(self, canvas: Canvas, groups: Sequence[Sequence[Life]], steady: bool) -> None:
        self._canvas = canvas
        self._steady = steady
        self._waited = False
        self._rows = groups[:_MOST_ROWS]
        self._hidden = sum(len(group) for group in groups[_MOST_ROWS:])
        self._ends = [_end_text(group[0]) for group in self._rows]
        self._column = WIDTH - MARGIN - max(text_width(text) for text in self._ends)
        left = MARGIN + max(_gutter(group) for group in self._rows) + 12
        signs = max(1, *(len(group[0].ends) for group in self._rows))
        right = self._column - 6 - (signs - 1) * _SIGN
        lives = [group[0] for group in self._rows]
        self._axis = Axis(_moments(lives), list(_stretches(lives)), left, right, steady)
        self._frame = Frame(canvas, self._axis, steady=steady)

    def draw(self) -> float:
        """Draw everything and return the height."""
        top = MARGIN + self._frame.head
        places = list(self._places(top))
        bottom = places[-1] + _PITCH
        self._frame.grid(top, bottom)
        for group, text, y in zip(self._rows, self._ends, places, strict=True):
            self._row(group, text, y + _PITCH / 2)
        self._frame.cuts(top, bottom)
        y = self._frame.notes(
            self._frame.axis(bottom),
            "time in the region, from the first event",
            f"{self._hidden} more events are not drawn" if self._hidden else "",
        )
        return self._frame.legend(y, self._keys())

    def _places(self, y: float) -> Iterator[float]:
        """Yield the top of each row; where there are several functions, under their names."""
        several = len({group[0].function for group in self._rows}) > 1
        shown = None
        for group in self._rows:
            function = group[0].function
            if several and function != shown:
                self._canvas.text(MARGIN, y + ROW / 2, function, "ll-strong")
                y, shown = y + ROW, function
            yield y
            y += _PITCH

    # -- one row ---------------------------------------------------------------------------

    def _row(self, group: Sequence[Life], text: str, y: float) -> None:
        life = group[0]
        if len(group) == 1:
            badge(self._canvas, life.number, MARGIN + _gutter(group) / 2, y)
        else:
            self._canvas.text(MARGIN, y, _times(group), "ll-strong")
        for wait in life.waits:
            self._wait(life, wait, y)
        for number, one in enumerate(life.tries, 1):
            self._try(life, one, number, y, alone=len(group) == 1)
        x = self._axis.x(life.end.at_ns)
        for place, end in enumerate(life.ends):
            self._canvas.begin(" ".join(filter(None, (end.key, place_name(end.target)))))
            sign(self._canvas, end.key, x + 10 + place * _SIGN, y)
            self._canvas.end()
        self._canvas.text(self._column, y, text, "ll-halo")

    def _wait(self, life: Life, wait: Wait, y: float) -> None:
        left, right = self._axis.x(wait.start.at_ns), self._axis.x(wait.end.at_ns)
        if right - left < 1:
            return
        self._waited = True
        label = wait_label(wait, steady=self._steady)
        self._canvas.begin(f"event {life.number} waits {label}".strip())
        self._canvas.bar(left, y - _WAIT / 2, right - left, _WAIT, "waiting")
        if label and text_width(label) * 0.9 <= right - left:
            self._canvas.text((left + right) / 2, y, label, "ll-halo-waiting", anchor="middle")
        self._canvas.end()

    def _try(self, life: Life, one: Try, number: int, y: float, *, alone: bool) -> None:
        left, right = self._axis.x(one.start.at_ns), self._axis.x(one.end.at_ns)
        self._canvas.begin(f"event {life.number}, try {number}: {one.status}")
        if one.status == "throttled":
            sign(self._canvas, "throttled", (left + right) / 2, y, min(7, (right - left) / 2))
        else:
            self._run(left, max(right, left + 1.5), y, one, life.number if alone else 0)
        self._canvas.end()

    def _run(self, left: float, right: float, y: float, one: Try, number: int) -> None:
        top = y - _BAR / 2
        self._canvas.bar(left, top, right - left, _BAR, "run", shade=shade(number or 1))
        box = (left, top, right - left, _BAR)
        room = right - left - outcome(self._canvas, one.status, box)
        if number and text_width(str(number)) + 1 <= room:
            middle = left + room / 2
            self._canvas.text(middle, y, str(number), "ll-on-run", anchor="middle")

    def _keys(self) -> set[str]:
        found: set[str] = {"waiting"} if self._waited else set()
        for group in self._rows:
            life = group[0]
            found |= {end.key for end in life.ends}
            for one in life.tries:
                found |= {"run"} if one.status != "throttled" else set()
                found |= {one.status} & {"error", "timeout", "throttled"}
        return found


def _gutter(group: Sequence[Life]) -> float:
    if len(group) == 1:
        return max(24.0, text_width(str(group[0].number)) + 10)
    return text_width(_times(group))


def _times(group: Sequence[Life]) -> str:
    return f"×{len(group)}"


def _end_text(life: Life) -> str:
    """Return where an event ended, in a word or two."""
    sent = [end for end in life.ends if end.key == "delivered"]
    if len(sent) == 1:
        return clean(f"→ {place_name(sent[0].target)}", _END_LIMIT)
    if sent:
        return f"→ {len(sent)} targets"
    if not life.ends:
        return "running" if life.tries and life.tries[-1].status == "open" else "waiting"
    return _ENDS[life.ends[-1].key]


def _moments(lives: Sequence[Life]) -> Iterator[int]:
    yield 0
    for life in lives:
        yield life.start.at_ns
        for one in life.tries:
            yield from (one.start.at_ns, one.end.at_ns)
        for wait in life.waits:
            yield from (wait.start.at_ns, wait.end.at_ns)
        yield from (end.moment.at_ns for end in life.ends)


def _stretches(lives: Sequence[Life]) -> Iterator[Stretch]:
    for life in lives:
        for one in life.tries:
            room = _THROTTLE_ROOM if one.status == "throttled" else _TRY_ROOM
            yield Stretch(one.start.at_ns, one.end.at_ns, room)
        for wait in life.waits:
            room = 0.0 if wait.planned is None else _WAIT_ROOM
            yield Stretch(wait.start.at_ns, wait.end.at_ns, room)
