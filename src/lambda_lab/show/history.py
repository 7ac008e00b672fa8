"""The record of a region read once: environments with their phases, calls, and what befell them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from lambda_lab.timeline import Event, Kind

__all__ = [
    "SNAPSHOT",
    "History",
    "Lane",
    "Marker",
    "Phase",
    "Span",
    "read",
    "status_of",
    "worked_ns",
]


class Phase(StrEnum):
    """What an execution environment is doing; the values are the keys of the visual language."""

    START = "start"
    INIT = "init"
    RESTORE = "restore"
    RUN = "run"
    FROZEN = "frozen"


_OPENS = {
    Kind.STARTING: Phase.START,
    Kind.INIT: Phase.INIT,
    Kind.RESTORE: Phase.RESTORE,
    Kind.INVOKE: Phase.RUN,
    Kind.FROZEN: Phase.FROZEN,
}
_ENDS_WITH_STATUS = {
    Kind.INIT_DONE: Phase.INIT,
    Kind.RESTORE_DONE: Phase.RESTORE,
    Kind.INVOKE_DONE: Phase.RUN,
}
_MARKERS = {
    Kind.THROTTLED: "throttled",
    Kind.QUEUED: "queued",
    Kind.RETRY: "retry",
    Kind.DELIVERED: "delivered",
    Kind.DROPPED: "lost",
}


_LONGEST_RUN_MS = 1e7
SNAPSHOT = "snapshot"
"""Why the lane of an environment ends that others are restored from."""


@dataclass(slots=True)
class Span:
    """One phase of one environment, in nanoseconds of the region's time."""

    phase: Phase
    start_ns: int
    end_ns: int
    request: str | None = None
    status: str = "success"
    """``success``, ``error`` or ``timeout``."""
    open: bool = True
    """Whether it still went on when the record ended."""
    attempt: int = 1
    """Which try of the call a run is: an asynchronous event keeps its request id."""
    worked_ns: int = 0
    """What the machine needed, where that is recorded."""

    @property
    def length_ns(self) -> int:
        """How long it lasted in the region's time."""
        return self.end_ns - self.start_ns

    @property
    def measured_ns(self) -> int:
        """How long it took: the region's time stands still while its clock is moved by hand."""
        return max(self.length_ns, self.worked_ns)


@dataclass(slots=True)
class Lane:
    """One execution environment."""

    environment: str
    function: str
    number: int = 0
    spans: list[Span] = field(default_factory=list)
    ended_ns: int | None = None
    reason: str = ""

    def runs(self) -> list[Span]:
        """Return the invocations it ran, in order."""
        return [span for span in self.spans if span.phase is Phase.RUN]


@dataclass(frozen=True, slots=True)
class Marker:
    """What befell a call outside every environment."""

    key: str
    time_ns: int
    request: str | None
    event: Event


@dataclass(frozen=True, slots=True)
class History:
    """Everything a figure needs, in order of time."""

    events: Sequence[Event]
    lanes: Sequence[Lane]
    markers: Sequence[Marker]
    numbers: dict[str, int]
    """Request id to the number that a call keeps in every figure."""
    start_ns: int
    end_ns: int

    @property
    def functions(self) -> list[str]:
        """Names of the functions, in order of appearance."""
        return list(dict.fromkeys(event.function for event in self.events))

    def call(self, request: str | None) -> str:
        """Return how a call is named: ``call 3``."""
        return f"call {self.numbers[request]}" if request in self.numbers else "a call"


def status_of(event: Event) -> str:
    """Return ``success``, ``error`` or ``timeout``; anything unknown counts as an error."""
    status = str(event.detail.get("status", "success")).lower()
    if status in ("success", "ok", ""):
        return "success"
    return "timeout" if status in ("timeout", "timedout", "timed-out") else "error"


def read(events: Iterable[Event]) -> History:
    """Return *events* as a history. A record with gaps is read as far as it goes."""
    ordered = sorted(events, key=lambda event: event.time_ns)
    lanes: dict[tuple[str, str], Lane] = {}
    for event in ordered:
        if event.environment is not None:
            key = (event.function, event.environment)
            lane = lanes.setdefault(key, Lane(event.environment, event.function))
            _step(lane, event)
    start = ordered[0].time_ns if ordered else 0
    end = ordered[-1].time_ns if ordered else 0
    for lane in lanes.values():
        if lane.spans and lane.spans[-1].open:
            lane.spans[-1].end_ns = end
    _count_tries(lanes.values())
    numbers: dict[str, int] = {}
    for event in ordered:
        if event.request is not None:
            numbers.setdefault(event.request, len(numbers) + 1)
    return History(
        events=ordered,
        lanes=_numbered(lanes.values(), numbers),
        markers=[
            Marker(_MARKERS[event.kind], event.time_ns, event.request, event)
            for event in ordered
            if event.kind in _MARKERS
        ],
        numbers=numbers,
        start_ns=start,
        end_ns=end,
    )


def _step(lane: Lane, event: Event) -> None:
    """Let *event* end the phase that is open, and begin the next."""
    current = lane.spans[-1] if lane.spans and lane.spans[-1].open else None
    if current is not None:
        current.end_ns, current.open = event.time_ns, False
        if _ENDS_WITH_STATUS.get(event.kind) is current.phase:
            current.status = status_of(event)
            current.worked_ns = worked_ns(event)
    if (phase := _OPENS.get(event.kind)) is not None:
        lane.spans.append(Span(phase, event.time_ns, event.time_ns, event.request))
    elif event.kind is Kind.SNAPSHOT:
        # As an environment it ends here: it takes no calls, and others begin as copies of it.
        lane.ended_ns, lane.reason = event.time_ns, SNAPSHOT
    elif event.kind is Kind.SHUTDOWN and lane.reason != SNAPSHOT:
        lane.ended_ns, lane.reason = event.time_ns, str(event.detail.get("reason", ""))


def worked_ns(event: Event) -> int:
    """Return the duration that *event* records, in nanoseconds."""
    value = event.detail.get("duration_ms")
    if isinstance(value, int | float) and 0 <= value < _LONGEST_RUN_MS:
        return round(value * 1_000_000)
    return 0


def _count_tries(lanes: Iterable[Lane]) -> None:
    """Number the runs of each call, in order of time."""
    tries: dict[str | None, int] = {}
    runs = [span for lane in lanes for span in lane.runs()]
    for span in sorted(runs, key=lambda span: span.start_ns):
        span.attempt = tries[span.request] = tries.get(span.request, 0) + 1


def _numbered(lanes: Iterable[Lane], numbers: dict[str, int]) -> list[Lane]:
    """Return the lanes numbered by first moment; at a tie, by the call each ran first."""

    def first(lane: Lane) -> tuple[int, int]:
        runs = lane.runs()
        number = numbers.get(runs[0].request or "", 0) if runs else len(numbers) + 1
        moment = lane.spans[0].start_ns if lane.spans else lane.ended_ns or 0
        return moment, number

    ordered = sorted(lanes, key=first)
    counts: dict[str, int] = {}
    for lane in ordered:
        counts[lane.function] = lane.number = counts.get(lane.function, 0) + 1
    return ordered
