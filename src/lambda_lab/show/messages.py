"""One call as a list of messages: who tells whom what. Read by the drawing and by the words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lambda_lab.clock import SECOND
from lambda_lab.show.canvas import clean
from lambda_lab.show.history import status_of, worked_ns
from lambda_lab.show.names import place
from lambda_lab.show.phrases import CALLER, ENVIRONMENT, HANDLER, LAMBDA, PHRASES
from lambda_lab.show.times import say
from lambda_lab.timeline import Event, Kind

__all__ = ["CALLER", "ENVIRONMENT", "HANDLER", "LAMBDA", "Step", "steps"]

_LONGEST_WAIT = 1e9
"""Seconds; anything above is no wait but an error in the record."""
_BEFORE_RUN = {Kind.STARTING, Kind.INIT, Kind.INIT_DONE}
_AFTER_RUN = {Kind.FROZEN, Kind.SHUTDOWN}


@dataclass(frozen=True, slots=True)
class Step:
    """A message from one to another, or a phase that one goes through.

    Attributes
    ----------
    source, target
        Who speaks and who listens; the same for what happens to one alone.
    label
        What the message carries: the text of the drawing.
    sentence
        The same as a sentence.
    phase
        Key of the visual language for a phase or a sign, else empty.
    """

    source: int
    target: int
    label: str
    sentence: str
    phase: str = ""


def steps(events: Sequence[Event], request: str, *, steady: bool) -> list[Step]:
    """Return the steps of the call *request* out of *events*, which are in order of time."""
    chosen = _of_call(events, request)
    narrator = _Narrator(chosen, steady)
    return [step for event in chosen for step in narrator.tell(event)]


def _of_call(events: Sequence[Event], request: str) -> list[Event]:
    """Return the events of the call, and those of its environments that belong to it.

    An environment was started for the call if it started while the call was under way and ran the
    call before any other, or none at all because its init failed.
    """
    own = [event for event in events if event.request == request]
    used = {event.environment for event in own if event.environment is not None}
    first_run: dict[str | None, str | None] = {}
    for event in events:
        if event.kind is Kind.INVOKE:
            first_run.setdefault(event.environment, event.request)
    started = {
        event.environment
        for event in events
        if event.kind is Kind.STARTING
        and own[0].time_ns <= event.time_ns <= own[-1].time_ns
        and first_run.get(event.environment, request) == request
    }
    chosen: list[Event] = []
    to_end: set[str | None] = set()
    for event in events:
        prepares = event.environment in started and event.kind in _BEFORE_RUN
        ends = event.environment in to_end and event.kind in _AFTER_RUN
        if event.request == request or prepares or ends:
            chosen.append(event)
        if event.request == request and event.kind is Kind.INVOKE_DONE:
            to_end |= {event.environment} & used
        elif ends:
            to_end.discard(event.environment)
    return chosen


class _Narrator:
    """Tells one event after the other, and remembers what the next ones need to know."""

    def __init__(self, chosen: Sequence[Event], steady: bool) -> None:
        self._steady = steady
        self._cold = {event.environment for event in chosen if event.kind is Kind.STARTING}
        self._queued = any(event.kind is Kind.QUEUED for event in chosen)
        self._tries = 0
        self._began: dict[tuple[str | None, Kind], int] = {}
        self._status = "success"

    def tell(self, event: Event) -> Iterator[Step]:
        """Yield the steps that *event* stands for."""
        self._began[event.environment, event.kind] = event.time_ns
        for name in self._names(event):
            source, target, label, sentence, phase = PHRASES[name]
            facts = self._facts(event)
            said = sentence.format(**facts)
            yield Step(source, target, label.format(**facts), said[0].upper() + said[1:], phase)

    def _names(self, event: Event) -> Sequence[str]:
        """Return which phrases tell *event*."""
        match event.kind:
            case Kind.INIT_DONE:
                self._status = status_of(event)
                return ("init", "ready" if self._status == "success" else "init failed")
            case Kind.INVOKE:
                warm = event.environment not in self._cold
                self._cold.discard(event.environment)
                return (*(("warm",) if warm else ()), "hand over", "call handler")
            case Kind.INVOKE_DONE:
                self._status = status_of(event)
                return ("run", *_RUN_ENDS[self._status])
            case Kind.RESPONDED if not self._queued:
                good = self._status == "success" and status_of(event) == "success"
                return ("answered" if good else "answered with error",)
            case kind if self._queued and kind in _OF_THE_QUEUE:
                return self._of_the_queue(event)
            case kind:
                return (kind.value,) if kind.value in PHRASES and kind is not Kind.INIT else ()

    def _of_the_queue(self, event: Event) -> Sequence[str]:
        """Return which phrases tell what Lambda's own queue does: its caller has gone long ago."""
        match event.kind:
            case Kind.QUEUED:
                pushed = event.detail.get("source", "Invoke") != "Invoke"
                return ("pushed" if pushed else "received", "queued", "accepted")
            case Kind.RECEIVED:
                self._tries += 1
                return ("try",)
            case Kind.THROTTLED:
                return ("throttled in queue",)
            case Kind.DELIVERED:
                dead = event.detail.get("as") == "dead-letter"
                return ("dead letter" if dead else "delivered",)
            case Kind.DROPPED:
                return ("not delivered" if event.detail.get("target") else "dropped",)
            case _:
                return ()

    def _facts(self, event: Event) -> dict[str, str]:
        """Return what the phrases may mention of *event*; each with what joins it, or empty."""
        began_with = Kind.INIT if event.kind is Kind.INIT_DONE else Kind.INVOKE
        began = self._began.get((event.environment, began_with))
        passed = max(event.time_ns - (began or 0), worked_ns(event))
        time = "" if began is None else say(passed, steady=self._steady)
        kind = clean(event.detail.get("invocation_type", "Event" if self._queued else ""), 20)
        reason = clean(event.detail.get("reason", ""), 60)
        seconds = event.detail.get("after_seconds")
        known = isinstance(seconds, int | float) and 0 <= seconds < _LONGEST_WAIT
        return {
            "kind": f" ({kind})" if kind else "",
            "took": f" {time}" if time else "",
            "for_time": f" for {time}" if time else "",
            "ended": "" if self._status == "success" else f": {self._status}",
            "error": clean(event.detail.get("error_type", "") or "an error", 36),
            "because": f": {reason}" if reason else "",
            "number": str(self._tries),
            "source": _source(event),
            "target": f"the {place(clean(event.detail.get('target', '')))}",
            "wait": f" in {say(round(float(seconds or 0) * SECOND))}" if known else "",
        }


def _source(event: Event) -> str:
    """Return who sent an event: a queue or a bus by its name, a service by its own."""
    source = clean(event.detail.get("source", ""), 60)
    return f"the {place(source)}" if source.startswith("arn:") else source


_OF_THE_QUEUE = {
    Kind.QUEUED, Kind.RECEIVED, Kind.THROTTLED, Kind.RESPONDED, Kind.DELIVERED, Kind.DROPPED,
}  # fmt: skip
_RUN_ENDS = {
    "success": ("returns", "sends result"),
    "timeout": ("stops",),
    "error": ("fails", "sends error"),
}
