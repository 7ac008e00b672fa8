"""The rows of a figure of batches, and the room that each thing in a row needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from lambda_lab.show.axis import Stretch
from lambda_lab.show.batch_history import Batch, Batches, Held, Outcome
from lambda_lab.show.batch_words import lane_name, span_of
from lambda_lab.show.canvas import clean
from lambda_lab.show.names import place
from lambda_lab.show.placing import Moment

__all__ = ["Row", "moments_of", "rows_of", "stretches_of", "waits_of"]

MOST_SINGLE = 20
"""Records drawn one by one; more of them share a row where the same befell them."""
_BATCH_ROOM, _SIGN_ROOM, _WAIT_ROOM = 28.0, 18.0, 4.0
_LABEL_LIMIT = 11


@dataclass(slots=True)
class Row:
    """Records that are drawn as one, and where."""

    held: list[Held]
    heading: str
    y: float = 0.0
    """Middle of the row."""

    @property
    def label(self) -> str:
        """What stands in front of the row."""
        text = span_of([held.label for held in self.held])
        many = len(self.held) > 1 and len(text) > _LABEL_LIMIT
        return f"×{len(self.held)}" if many else clean(text, _LABEL_LIMIT)


def rows_of(record: Batches) -> list[Row]:
    """Return the rows in the order in which they are drawn."""
    shards = sorted({held.lane for held in record.records if held.lane.startswith("shardId-")})
    several = len(record.sources) > 1
    rows: list[Row] = []
    shared: dict[object, Row] = {}
    for held in record.records:
        source = place(record.sources.get(held.mapping, "")) if several else ""
        lane = lane_name(held.lane, shards) if held.lane else ""
        heading = ", ".join(filter(None, (source, lane)))
        if len(record.records) > MOST_SINGLE:
            if held.course in shared:
                shared[held.course].held.append(held)
                continue
            shared[held.course] = row = Row([held], heading)
        else:
            row = Row([held], heading)
        rows.append(row)
    return rows


def waits_of(held: Held) -> Iterator[tuple[Moment, Moment]]:
    """Yield the times between an outcome and what happened to the record next."""
    for before, after in pairwise(held.steps):
        if isinstance(before, Outcome):
            yield before.moment, after.start if isinstance(after, Batch) else after.moment


def moments_of(records: Sequence[Held]) -> Iterator[int]:
    """Yield every moment of the axis."""
    yield 0
    for held in records:
        yield from (moment.at_ns for moment in held.moments)


def stretches_of(records: Sequence[Held]) -> Iterator[Stretch]:
    """Yield what needs room on the axis: batches, the signs of outcomes, and waits."""
    for held in records:
        before: Batch | Outcome | None = None
        for step in held.steps:
            if isinstance(step, Batch):
                yield Stretch(step.start.at_ns, step.end.at_ns, _BATCH_ROOM)
                if isinstance(before, Outcome):
                    yield Stretch(before.moment.at_ns, step.start.at_ns, _WAIT_ROOM)
            elif isinstance(before, Batch):
                yield Stretch(before.end.at_ns, step.moment.at_ns, _SIGN_ROOM)
            elif isinstance(before, Outcome):
                yield Stretch(before.moment.at_ns, step.moment.at_ns, _WAIT_ROOM)
            before = step
