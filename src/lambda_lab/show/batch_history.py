"""The record of event source mappings, read: records, their batches, and what became of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from lambda_lab.show.canvas import clean
from lambda_lab.show.history import read, status_of
from lambda_lab.show.lives import seconds_of
from lambda_lab.show.placing import Moment, Placer, resolution
from lambda_lab.timeline import Event, Kind

__all__ = ["Batch", "Batches", "Held", "Outcome", "read_batches"]

_SHARD = re.compile(r"shardId-0*(\d{1,6})")
_RUN_KINDS = {Kind.RECEIVED, Kind.INVOKE, Kind.INVOKE_DONE, Kind.THROTTLED, Kind.RESPONDED}
_MAPPING_KINDS = {Kind.BATCH, Kind.RECORDS}


@dataclass(slots=True, eq=False)
class Batch:
    """One call of the function with records of a mapping."""

    request: str
    start: Moment
    end: Moment
    attempt: int = 1
    number: int = 0
    status: str = "open"
    """``success``, ``error``, ``timeout``, ``throttled``, or ``open`` where the record ends."""
    error: str = ""
    held: list[Held] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a record at one moment."""

    name: str
    """As in the timeline: deleted, returned, passed, retry, filtered, dropped or delivered."""
    moment: Moment
    batch: Batch | None
    """The batch that it follows at once, if it does."""
    reason: str = ""
    target: str = ""
    after_seconds: float | None = None


@dataclass(slots=True, eq=False)
class Held:
    """One record of a source: a message of a queue, or a record of a stream."""

    id: str
    mapping: str
    lane: str
    """Shard, message group, or empty."""
    rank: int
    """Its place in the order in which records were first seen."""
    steps: list[Batch | Outcome] = field(default_factory=list)
    label: str = ""

    @property
    def course(self) -> tuple[object, ...]:
        """What befell it: records of one course shared every batch and every outcome."""
        steps = tuple(
            id(step) if isinstance(step, Batch) else (step.name, step.reason, step.target)
            for step in self.steps
        )
        return (self.mapping, self.lane, steps)

    @property
    def moments(self) -> Iterator[Moment]:
        """The moments at which something happened to it, in order."""
        for step in self.steps:
            yield from (step.start, step.end) if isinstance(step, Batch) else (step.moment,)

    @property
    def reached(self) -> Moment | None:
        """The moment at which the last of it was over; a record may come back for ever."""
        if not self.steps:
            return None
        step = self.steps[-1]
        return step.end if isinstance(step, Batch) else step.moment

    @property
    def last(self) -> Outcome | None:
        """What became of it last."""
        return next((step for step in reversed(self.steps) if isinstance(step, Outcome)), None)


@dataclass(frozen=True, slots=True)
class Batches:
    """All that mappings did with the records of their sources, sorted as it is drawn."""

    records: Sequence[Held]
    batches: Sequence[Batch]
    sources: Mapping[str, str]
    """UUID of a mapping to the ARN of its source."""

    @property
    def noun(self) -> str:
        """What a record of these sources is called."""
        queues = [":sqs:" in arn for arn in self.sources.values()]
        return "message" if queues and all(queues) else "record"


def read_batches(
    events: Iterable[Event],
    *,
    mapping: str | None = None,
    names: Mapping[str, str] | None = None,
    steady: bool,
) -> Batches:
    """Return what mappings did, or the one whose UUID or source ARN is *mapping*.

    *names* gives records names of their own, by their ids.
    """
    history = read(events)

    def wanted(event: Event) -> bool:
        known = (None, event.detail.get("mapping"), event.detail.get("source"))
        return event.kind in _MAPPING_KINDS and mapping in known

    own = [event for event in history.events if wanted(event)]
    requests = {event.request for event in own if event.kind is Kind.BATCH}
    reader = _Reader(own, steady=steady)
    for event in history.events:
        if wanted(event) or (event.kind in _RUN_KINDS and event.request in requests):
            reader.step(event)
    _close(reader.batches)
    records = _sorted(reader.records.values(), names or {})
    _number(reader.batches, records, history.numbers)
    batches = sorted(reader.batches, key=lambda batch: batch.number)
    return Batches(records, batches, reader.sources)


def _close(batches: Sequence[Batch]) -> None:
    """Let a batch that is still under way last until the end of the record."""
    last = max((batch.end for batch in batches), key=lambda moment: moment.at_ns, default=None)
    for batch in batches:
        if batch.status == "open" and last is not None:
            batch.end = last


class _Reader:
    """Reads events in order of time, and places each after what it had to wait for."""

    def __init__(self, events: Sequence[Event], *, steady: bool) -> None:
        times = [event.time_ns for event in events] or [0]
        quantum = resolution([(times[0], times[-1])], steady=steady)
        self._placer = Placer(times[0], quantum, steady=steady)
        self._lanes: dict[tuple[str, str], Moment] = {}
        self._busy: dict[tuple[str, str], int] = {}
        self.records: dict[tuple[str, str], Held] = {}
        self._calls: dict[str | None, Batch] = {}
        self.batches: list[Batch] = []
        self.sources: dict[str, str] = {}

    def step(self, event: Event) -> None:
        """Read one event."""
        match event.kind:
            case Kind.BATCH:
                self._batch(event)
            case Kind.RECORDS:
                self._records(event)
            case _:
                self._run(event)

    def _held(self, event: Event) -> list[Held]:
        """Return the records an event names; those seen for the first time are added."""
        mapping = clean(event.detail.get("mapping", ""))
        self.sources.setdefault(mapping, clean(event.detail.get("source", "")))
        ids, lanes = _texts(event.detail.get("records")), _texts(event.detail.get("lanes"))
        lanes += [""] * (len(ids) - len(lanes))
        return [
            self.records.setdefault((mapping, one), Held(one, mapping, lane, len(self.records)))
            for one, lane in zip(ids, lanes, strict=False)
        ]

    def _batch(self, event: Event) -> None:
        held = self._held(event)
        lanes = {(record.mapping, record.lane) for record in held if record.lane}
        causes = [record.reached for record in held if record.reached is not None]
        causes += [
            self._lanes[lane]
            for lane in lanes
            if lane in self._lanes and not self._busy.get(lane, 0)
        ]
        if causes:
            now = self._placer.after(event.time_ns, *causes)
        else:
            now = self._placer.begin(event.time_ns)
        attempt = event.detail.get("attempt")
        batch = Batch(event.request or "", now, now, attempt if isinstance(attempt, int) else 1)
        batch.held = held
        self.batches.append(batch)
        if event.request is not None:
            self._calls[event.request] = batch
        for record in held:
            record.steps.append(batch)
        for lane in lanes:
            self._busy[lane] = self._busy.get(lane, 0) + 1

    def _run(self, event: Event) -> None:
        """Let the call of a batch go on, or end."""
        batch = self._calls.get(event.request)
        if batch is None or batch.status != "open":
            return
        batch.end = self._placer.after(event.time_ns, batch.end)
        if event.kind in (Kind.INVOKE_DONE, Kind.RESPONDED, Kind.THROTTLED):
            throttled = event.kind is Kind.THROTTLED
            batch.status = "throttled" if throttled else status_of(event)
            batch.error = clean(event.detail.get("error_type", ""), 40)
            for lane in {(record.mapping, record.lane) for record in batch.held if record.lane}:
                self._lanes[lane] = batch.end
                self._busy[lane] = self._busy.get(lane, 1) - 1

    def _records(self, event: Event) -> None:
        held = self._held(event)
        batch = self._calls.get(event.request)
        causes = [batch.end] if batch is not None else []
        causes += [record.reached for record in held if record.reached is not None]
        if causes:
            now = self._placer.after(event.time_ns, *causes)
        else:
            now = self._placer.begin(event.time_ns)
        detail = event.detail
        for record in held:
            follows = record.steps[-1] if record.steps else None
            record.steps.append(
                Outcome(
                    clean(detail.get("outcome", ""), 20),
                    now,
                    follows if isinstance(follows, Batch) else None,
                    clean(detail.get("reason", ""), 60),
                    clean(detail.get("target", "")),
                    seconds_of(detail.get("after_seconds")),
                )
            )
            if record.lane:
                self._lanes[record.mapping, record.lane] = now


def _texts(value: object) -> list[str]:
    return [clean(one) for one in value] if isinstance(value, list | tuple) else []


def _sorted(records: Iterable[Held], names: Mapping[str, str]) -> list[Held]:
    """Return the records by mapping and lane, in each by first moment, with their labels."""

    def order(record: Held) -> tuple[object, ...]:
        shard = _SHARD.fullmatch(record.lane)
        lane = (0, int(shard[1]), "") if shard else (1, 0, record.lane)
        first = next(record.moments)
        return (lane, first.at_ns, names.get(record.id, ""), record.rank)

    ordered = sorted(records, key=order)
    mappings = list(dict.fromkeys(r.mapping for r in sorted(ordered, key=lambda r: r.rank)))
    ordered.sort(key=lambda record: mappings.index(record.mapping))
    for number, record in enumerate(ordered, 1):
        record.label = clean(names.get(record.id, ""), 16) or str(number)
    return ordered


def _number(batches: Sequence[Batch], records: Sequence[Held], numbers: Mapping[str, int]) -> None:
    """Give each batch the number of its call.

    Of batches that began together, the one drawn higher up has the lower number.
    """
    rows = {id(record): row for row, record in enumerate(records)}
    taken = sorted(numbers.get(batch.request, 0) for batch in batches)

    def order(batch: Batch) -> tuple[int, int]:
        row = min((rows[id(record)] for record in batch.held), default=len(rows))
        return batch.start.at_ns, row

    for number, batch in zip(taken, sorted(batches, key=order), strict=True):
        batch.number = number
