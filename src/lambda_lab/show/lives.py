"""The record of asynchronous events, read: their waits, their tries and their ends."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from lambda_lab.clock import SECOND
from lambda_lab.show.canvas import clean
from lambda_lab.show.history import read, status_of
from lambda_lab.show.placing import Moment, Placer, resolution
from lambda_lab.timeline import Event, Kind

__all__ = ["End", "Life", "Lives", "Try", "Wait", "read_lives", "seconds_of"]

_LONGEST_WAIT = 1e7
"""Seconds; what is above cannot be drawn and is an error in the record."""
_OWN = {Kind.QUEUED, Kind.RETRY, Kind.DELIVERED, Kind.DROPPED}


@dataclass(slots=True)
class Try:
    """One attempt to run the function."""

    start: Moment
    end: Moment
    status: str = "open"
    """``success``, ``error``, ``timeout``, ``throttled``, or ``open`` where the record ends."""
    error: str = ""
    """The error's type, where one is recorded."""
    ran: bool = False
    """Whether the handler was reached."""


@dataclass(slots=True)
class Wait:
    """A time in which the event lies in Lambda's queue."""

    start: Moment
    end: Moment
    planned: float | None = None
    """Seconds Lambda waits before the next try; ``None`` while the event waits for its turn."""
    reason: str = ""
    open: bool = False
    """Whether the record ends before the wait does."""


@dataclass(frozen=True, slots=True)
class End:
    """Where an event, or the record of what became of it, ended."""

    key: str
    """``done``, ``delivered`` or ``lost``."""
    moment: Moment
    target: str = ""
    role: str = ""
    """``destination`` or ``dead-letter``."""
    condition: str = ""


@dataclass(slots=True)
class Life:
    """One asynchronous event."""

    request: str
    function: str
    number: int
    start: Moment
    source: str = ""
    tries: list[Try] = field(default_factory=list)
    waits: list[Wait] = field(default_factory=list)
    ends: list[End] = field(default_factory=list)

    @property
    def course(self) -> tuple[object, ...]:
        """What befell it, without times: events of one course look alike."""
        tries = tuple((one.status, one.error) for one in self.tries)
        ends = tuple((end.key, end.target, end.role, end.condition) for end in self.ends)
        return (self.function, tries, ends, tuple(wait.open for wait in self.waits))

    @property
    def end(self) -> Moment:
        """The last moment that is known of it, or planned."""
        planned = [wait.end for wait in self.waits]
        return max([self.reached, *planned], key=lambda moment: moment.at_ns)

    @property
    def reached(self) -> Moment:
        """The last moment that is recorded of it."""
        known = [self.start, *(one.end for one in self.tries), *(one.start for one in self.waits)]
        return max([*known, *(end.moment for end in self.ends)], key=lambda moment: moment.at_ns)

    @property
    def is_open(self) -> bool:
        """Whether it had not ended when the record did."""
        return not self.ends


@dataclass(frozen=True, slots=True)
class Lives:
    """All the asynchronous events of a record, in the order in which they were accepted."""

    lives: Sequence[Life]
    start_ns: int

    @property
    def functions(self) -> list[str]:
        """Names of the functions, in order of appearance."""
        return list(dict.fromkeys(life.function for life in self.lives))


def read_lives(events: Iterable[Event], *, steady: bool) -> Lives:
    """Return the asynchronous events in *events*; all else in the record is passed over."""
    history = read(events)
    asked = {
        (event.function, event.request)
        for event in history.events
        if event.request is not None
        and (event.kind in _OWN or event.detail.get("invocation_type") == "Event")
    }
    chains: dict[tuple[str, str | None], list[Event]] = {}
    for event in history.events:
        if (event.function, event.request) in asked:
            chains.setdefault((event.function, event.request), []).append(event)
    spans = [(chain[0].time_ns, chain[-1].time_ns) for chain in chains.values()]
    start_ns = min((start for start, _ in spans), default=0)
    placer = Placer(start_ns, resolution(spans, steady=steady), steady=steady)
    lives = []
    for (function, request), chain in chains.items():
        number = history.numbers[request or ""]
        start = placer.begin(chain[0].time_ns, asked=True)
        life = Life(request or "", function, number, start)
        lives.append(_Reader(life, placer).read(chain))
    _close(lives)
    return Lives(lives, start_ns)


def _close(lives: Sequence[Life]) -> None:
    """Let what is still open last until the end of the record, or of what is planned."""
    if not lives:
        return
    last = max((life.end for life in lives), key=lambda moment: moment.at_ns)
    for life in lives:
        if not life.is_open:
            continue
        if life.tries and life.tries[-1].status == "open":
            life.tries[-1].end = last
        if life.waits and life.waits[-1].open and life.waits[-1].planned is None:
            life.waits[-1].end = last


class _Reader:
    """Reads the chain of one event, step by step."""

    def __init__(self, life: Life, placer: Placer) -> None:
        self._life = life
        self._placer = placer
        self._wait: Wait | None = None
        self._try: Try | None = None

    def read(self, chain: Sequence[Event]) -> Life:
        now = self._life.start
        for index, event in enumerate(chain):
            if index:
                now = self._placer.after(event.time_ns, now)
            self._step(event, now)
        self._finish(now)
        return self._life

    def _step(self, event: Event, now: Moment) -> None:
        match event.kind:
            case Kind.QUEUED:
                self._life.source = clean(event.detail.get("source", ""))
                self._begin_wait(now)
            case Kind.RECEIVED:
                self._begin_try(now)
            case Kind.INVOKE:
                self._begin_try(now).ran = True
            case Kind.INVOKE_DONE:
                self._end_try(now, status_of(event), event)
            case Kind.THROTTLED:
                self._end_try(now, "throttled", event)
            case Kind.RESPONDED:
                self._end_try(now, status_of(event), event)
            case Kind.RETRY:
                self._end_try(now, "error", event)
                self._begin_wait(now, event)
            case Kind.DELIVERED | Kind.DROPPED:
                self._end_try(now, "error", event)
                self._end_wait(now)
                self._end(event, now)
            case _:
                pass

    # -- tries -----------------------------------------------------------------------------

    def _begin_try(self, now: Moment) -> Try:
        self._end_wait(now)
        if self._try is None:
            self._try = Try(now, now)
            self._life.tries.append(self._try)
        return self._try

    def _end_try(self, now: Moment, status: str, event: Event) -> None:
        """End the try that is open; where it ended already, this adds nothing."""
        if self._try is not None:
            self._try.end, self._try.status = now, status
            self._try.error = clean(event.detail.get("error_type", ""), 40)
            self._try = None

    # -- waits -----------------------------------------------------------------------------

    def _begin_wait(self, now: Moment, event: Event | None = None) -> None:
        self._end_wait(now)
        self._wait = Wait(now, now, open=True)
        if event is not None:
            self._wait.planned = seconds_of(event.detail.get("after_seconds"))
            self._wait.reason = clean(event.detail.get("reason", ""), 40)
        self._life.waits.append(self._wait)

    def _end_wait(self, now: Moment) -> None:
        if self._wait is not None:
            self._wait.end, self._wait.open = now, False
            self._wait = None

    # -- the end ---------------------------------------------------------------------------

    def _end(self, event: Event, now: Moment) -> None:
        if not self._life.ends and self._succeeded():
            self._life.ends.append(End("done", now))
        detail = event.detail
        key = "delivered" if event.kind is Kind.DELIVERED else "lost"
        why = detail.get("condition" if key == "delivered" else "reason", "")
        self._life.ends.append(
            End(
                key,
                now,
                clean(detail.get("target", "")),
                clean(detail.get("as", ""), 20),
                clean(why, 60),
            )
        )

    def _succeeded(self) -> bool:
        return bool(self._life.tries) and self._life.tries[-1].status == "success"

    def _finish(self, now: Moment) -> None:
        """The record ends here: an event that succeeded is done, all others are under way."""
        if self._life.ends:
            return
        if self._try is None and self._wait is None and self._succeeded():
            self._life.ends.append(End("done", now))
        wait = self._wait
        if wait is not None and wait.planned is not None:
            due_ns = wait.start.true_ns + round(wait.planned * SECOND)
            wait.end = self._placer.after(due_ns, wait.start)


def seconds_of(value: object) -> float | None:
    """Return a number of seconds as recorded, or ``None`` if it is none.

    Examples
    --------
    >>> seconds_of(60), seconds_of("60"), seconds_of(-1), seconds_of(True)
    (60.0, None, None, None)
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value) if 0 <= value < _LONGEST_WAIT else None
