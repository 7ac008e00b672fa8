"""Batches of an event source mapping: a row for each record, a box for each batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lambda_lab.errors import LabError
from lambda_lab.show.axis import Axis
from lambda_lab.show.batch_history import Batch, Batches, Outcome, read_batches
from lambda_lab.show.batch_rows import Row, moments_of, rows_of, stretches_of, waits_of
from lambda_lab.show.batch_words import outcome_key, tell_batches
from lambda_lab.show.canvas import Canvas, clean, text_width
from lambda_lab.show.figure import Figure
from lambda_lab.show.frame import MARGIN, ROW, Frame
from lambda_lab.show.given import given_events
from lambda_lab.show.names import place
from lambda_lab.show.placing import Moment, took
from lambda_lab.show.shapes import outcome, sign
from lambda_lab.show.style import WIDTH, shade
from lambda_lab.timeline import Event, Kind

__all__ = ["batch_lives"]

_MOST_ROWS = 28


def batch_lives(
    events: Sequence[Event],
    *,
    mapping: str | None = None,
    names: Mapping[str, str] | None = None,
    title: str | None = None,
    steady: bool = False,
) -> Figure:
    """Draw which records were handed over together, how often, and what became of each.

    Parameters
    ----------
    events
        The record; pass the whole of it, so that each call keeps its number.
    mapping
        UUID or source ARN of the mapping to draw; by default all that are in the record.
    names
        Names for records, by message id or sequence number; the others are numbered.
    title
        What stands above the figure.
    steady
        Round all times to half seconds, so that two runs of a lab give the same bytes.

    Returns
    -------
    Figure
        A row for each record, under its shard or message group. Of more than 20 records, those
        that shared every batch and every outcome share a row.

    Raises
    ------
    LabError
        If the record holds other mappings but not this one.

    Examples
    --------
    >>> print(batch_lives([]))
    Batches over time
    - No mapping has worked yet: write something to its source, then draw again.
    """
    events = given_events(events)
    record = read_batches(events, mapping=mapping, names=names, steady=steady)
    if not record.records and mapping is not None:
        _refuse_unknown(events, mapping)
    heading = clean(title) if title else _title(record)
    words = tell_batches(record, steady=steady)
    canvas = Canvas()
    if not record.records:
        canvas.text(WIDTH / 2, 40, "No batch yet", "ll-soft", anchor="middle")
        return Figure(canvas.finish(80, heading, words), tuple(words), heading)
    height = _Sheet(canvas, record, steady).draw()
    return Figure(canvas.finish(height, heading, words), tuple(words), heading)


def _refuse_unknown(events: Sequence[Event], mapping: str) -> None:
    known = {str(e.detail.get("mapping")) for e in events if e.kind in (Kind.BATCH, Kind.RECORDS)}
    if known:
        raise LabError(
            f"The record holds no batch of a mapping {clean(mapping, 90)!r}. "
            f"It holds some of {', '.join(sorted(known))}: give one of these UUIDs, "
            "or the ARN of its source."
        )


def _title(record: Batches) -> str:
    names = [place(arn) for arn in record.sources.values() if arn]
    return f"Batches of the {clean(names[0])} over time" if len(names) == 1 else "Batches over time"


class _Sheet:
    """One drawing in the making."""

    def __init__(self, canvas: Canvas, record: Batches, steady: bool) -> None:
        self._canvas = canvas
        self._record = record
        self._steady = steady
        self._waited = False
        rows = rows_of(record)
        self._rows = rows[:_MOST_ROWS]
        self._hidden = sum(len(row.held) for row in rows[_MOST_ROWS:])
        self._pitch = 28.0 if len(self._rows) <= 12 else 24.0
        self._row_of = {id(held): row for row in self._rows for held in row.held}
        gutter = max(text_width(row.label) for row in self._rows)
        self._left = MARGIN + gutter + 10
        first = [row.held[0] for row in self._rows]
        self._axis = Axis(
            moments_of(first), list(stretches_of(first)), self._left, WIDTH - MARGIN - 4, steady
        )
        self._frame = Frame(canvas, self._axis, steady=steady)

    def draw(self) -> float:
        """Draw everything and return the height."""
        canvas = self._canvas
        canvas.text(MARGIN, MARGIN + self._frame.head + ROW / 2, self._record.noun, "ll-soft")
        top = MARGIN + self._frame.head + ROW
        bottom, headings = self._place_rows(top)
        self._frame.grid(top, bottom)
        for row in self._rows:
            canvas.text(self._left - 10, row.y, row.label, anchor="end")
        self._waits()
        drawn = {id(step): step for row in self._rows for step in row.held[0].steps}
        for step in drawn.values():
            if isinstance(step, Batch):
                self._batch(step)
        for row in self._rows:
            self._outcomes(row)
        for text, y in headings:
            canvas.text(self._left + 10, y, text, "ll-strong ll-halo")
        self._frame.cuts(top, bottom)
        y = self._frame.notes(
            self._frame.axis(bottom),
            "time in the region, from the first batch",
            f"{self._hidden} more {self._record.noun}s are not drawn" if self._hidden else "",
        )
        return self._frame.legend(y, self._keys(), before=[("run", "a batch, with its number")])

    def _place_rows(self, y: float) -> tuple[float, list[tuple[str, float]]]:
        """Give each row its height; return where they end, and the names of lanes above them."""
        shown, headings = "", []
        for row in self._rows:
            if row.heading != shown:
                headings.append((row.heading, y + ROW / 2))
                y, shown = y + ROW, row.heading
            row.y = y + self._pitch / 2
            y += self._pitch
        return y, headings

    # -- rows ------------------------------------------------------------------------------

    def _waits(self) -> None:
        """Draw the time between what happened to a record; neighbours share the text."""
        runs: list[tuple[Moment, Moment, list[Row]]] = []
        open_runs: dict[tuple[int, int], list[Row]] = {}
        for row in self._rows:
            here: dict[tuple[int, int], list[Row]] = {}
            for start, end in waits_of(row.held[0]):
                key = (start.at_ns, end.at_ns)
                together = open_runs.get(key)
                if together is None or together[-1].heading != row.heading:
                    together = []
                    runs.append((start, end, together))
                together.append(row)
                here[key] = together
            open_runs = here
        for start, end, rows in runs:
            self._wait(start, end, rows)

    def _wait(self, start: Moment, end: Moment, rows: Sequence[Row]) -> None:
        left, right = self._axis.x(start.at_ns), self._axis.x(end.at_ns)
        if right - left < 2:
            return
        self._waited = True
        label, tall = took(start, end, steady=self._steady), self._pitch - 8
        for row in rows:
            self._canvas.begin(f"{self._record.noun} {row.label} waits {label}")
            self._canvas.bar(left, row.y - tall / 2, right - left, tall, "waiting")
            self._canvas.end()
        if text_width(label) * 0.9 <= right - left and not label.startswith("under"):
            x, y = (left + right) / 2, rows[(len(rows) - 1) // 2].y
            self._canvas.text(x, y, label, "ll-halo-waiting", anchor="middle")

    def _outcomes(self, row: Row) -> None:
        for step in row.held[0].steps:
            if not isinstance(step, Outcome):
                continue
            left = step.moment if step.batch is None else step.batch.end
            room = self._axis.x(step.moment.at_ns) - self._axis.x(left.at_ns)
            size = 7.0 if room < 1 else min(7.0, room / 2 - 1)
            self._canvas.begin(f"{self._record.noun} {row.label}: {step.name}")
            x = self._axis.x(left.at_ns) + (room / 2 if room >= 1 else 10)
            sign(self._canvas, outcome_key(step.name), x, row.y, size)
            self._canvas.end()

    # -- batches ---------------------------------------------------------------------------

    def _batch(self, batch: Batch) -> None:
        """Draw a batch: one box around neighbours, tied by a line to the others."""
        left, right = self._axis.x(batch.start.at_ns), self._axis.x(batch.end.at_ns)
        right = max(right, left + 3)
        boxes = self._boxes(batch)
        tint = shade(batch.number or 1)
        again = f", try {batch.attempt}" if batch.attempt > 1 else ""
        size = f"{len(batch.held)} {self._record.noun}{'s' if len(batch.held) > 1 else ''}"
        self._canvas.begin(f"batch {batch.number}{again}: {size}, {batch.status}")
        if len(boxes) > 1:
            self._canvas.rect(
                left + 2, boxes[0][0], 4, boxes[-1][1] - boxes[0][0], f"ll-run {tint}", radius=0
            )
        for top, bottom in boxes:
            self._box(batch, (left, right), top, bottom, tint)
        self._canvas.end()

    def _box(
        self, batch: Batch, ends: tuple[float, float], top: float, bottom: float, tint: str
    ) -> None:
        left, right = ends
        self._canvas.bar(left, top, right - left, bottom - top, "run", shade=tint)
        box = (left, top, right - left, bottom - top)
        room = right - left - outcome(self._canvas, batch.status, box)
        if batch.number and text_width(str(batch.number)) + 1 <= room:
            x, y = left + room / 2, (top + bottom) / 2
            self._canvas.text(x, y, str(batch.number), "ll-on-run", anchor="middle")

    def _boxes(self, batch: Batch) -> list[tuple[float, float]]:
        """Return top and bottom of each run of rows that stand next to each other."""
        found = {id(row): row for held in batch.held if (row := self._row_of.get(id(held)))}
        boxes: list[tuple[float, float]] = []
        for y in sorted(row.y for row in found.values()):
            top, bottom = y - self._pitch / 2 + 2, y + self._pitch / 2 - 2
            if boxes and top - boxes[-1][1] < 8:
                boxes[-1] = (boxes[-1][0], bottom)
            else:
                boxes.append((top, bottom))
        return boxes

    def _keys(self) -> set[str]:
        found: set[str] = {"waiting"} if self._waited else set()
        for row in self._rows:
            for step in row.held[0].steps:
                if isinstance(step, Batch):
                    found |= {step.status} & {"error", "timeout", "throttled"}
                else:
                    found.add(outcome_key(step.name))
        return found
