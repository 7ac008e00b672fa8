"""The lanes told in words, from the same record."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from lambda_lab.clock import SECOND
from lambda_lab.show.canvas import clean
from lambda_lab.show.history import SNAPSHOT, History, Lane, Marker, Phase
from lambda_lab.show.names import counted, place
from lambda_lab.show.times import say

__all__ = ["tell"]

_MOST = 60
"""Sentences after which the rest is summed up: nobody listens to a thousand."""


def tell(history: History, *, steady: bool = False) -> list[str]:
    """Return *history* as sentences: first the sum, then what happened, in order of time."""
    if not history.events:
        return ["Nothing has been recorded yet: call the function, then draw again."]
    story = sorted(_story(history, steady), key=lambda pair: pair[0])
    sentences = [_sum(history, steady), *(sentence for _, sentence in story)]
    if len(sentences) > _MOST:
        left = len(sentences) - _MOST
        sentences = [*sentences[:_MOST], f"{counted(left, 'further thing')} happened after that."]
    return sentences


def _sum(history: History, steady: bool) -> str:
    inits = sum(span.phase is Phase.INIT for lane in history.lanes for span in lane.spans)
    runs = sum(len(lane.runs()) for lane in history.lanes)
    length = say(history.end_ns - history.start_ns, steady=steady)
    start = ""
    if not steady:
        moment = datetime.fromtimestamp(history.start_ns / SECOND, tz=UTC)
        start = f", from {moment:%Y-%m-%d %H:%M:%S} UTC"
    return (
        f"{counted(len(history.numbers), 'call')}, "
        f"{counted(len(history.lanes), 'execution environment')}, "
        f"{counted(inits, 'init phase')}, {counted(runs, 'run')} of the handler, "
        f"in {length} of the region's time{start}."
    )


def _story(history: History, steady: bool) -> Iterator[tuple[int, str]]:
    several = len(history.functions) > 1
    for lane in history.lanes:
        name = f"Environment {lane.number}" + (f" of {clean(lane.function)}" if several else "")
        for index, span in enumerate(lane.spans):
            if did := _phase(history, lane, index, steady):
                yield span.start_ns, f"{name} {did}."
        if lane.ended_ns is not None and lane.reason == SNAPSHOT:
            yield lane.ended_ns, f"{name} became the snapshot that others are restored from."
        elif lane.ended_ns is not None:
            why = f": {clean(lane.reason)}" if lane.reason else ""
            yield lane.ended_ns, f"{name} was shut down{why}."
    for marker in history.markers:
        yield marker.time_ns, _marker(history, marker)


def _phase(history: History, lane: Lane, index: int, steady: bool) -> str:
    """Return what a phase did after the lane's name, or nothing where it is not worth a word."""
    span = lane.spans[index]
    call = history.call(span.request)
    if span.open:
        return {
            Phase.START: "was being started when the record ended",
            Phase.INIT: "was in its init phase when the record ended",
            Phase.RESTORE: "was being restored when the record ended",
            Phase.RUN: f"was running {call} when the record ended",
            Phase.FROZEN: "is frozen and waits for its next call",
        }[span.phase]
    time = say(span.measured_ns, steady=steady)
    kind = "cold" if _is_cold(lane, index) else "warm"
    kind += f", try {span.attempt}" if span.attempt > 1 else ""
    brief = span.phase is Phase.FROZEN and (span.length_ns == 0 or time.startswith("under"))
    return {
        Phase.START: "",
        Phase.INIT: f"went through its init phase in {time}{_INIT_ENDS[span.status]}",
        Phase.RESTORE: f"was restored from a snapshot in {time}{_INIT_ENDS[span.status]}",
        Phase.RUN: f"ran {call} ({kind}) in {time}{_RUN_ENDS[span.status]}",
        Phase.FROZEN: "" if brief else f"stayed frozen for {time}",
    }[span.phase]


def _is_cold(lane: Lane, index: int) -> bool:
    """Whether the call of a run waited for an init: not if the environment stood ready."""
    before = lane.spans[index - 1].phase if index else Phase.START
    return before not in (Phase.RUN, Phase.FROZEN)


_INIT_ENDS = {"success": "", "error": " and failed", "timeout": " and ran out of time"}
_RUN_ENDS = {"success": "", "error": "; it ended in an error", "timeout": "; it timed out"}


def _marker(history: History, marker: Marker) -> str:
    call = history.call(marker.request)
    called = call[0].upper() + call[1:]
    match marker.key:
        case "throttled":
            return f"{called} was throttled: it was refused with status 429 and did not run."
        case "queued":
            return f"{called} was put in the queue of asynchronous events."
        case "retry":
            return f"A further try of {call} was planned{_after(marker)}."
        case "delivered":
            return _delivered(marker, call)
        case _:
            return f"{called} was lost: nothing will try it again."


def _delivered(marker: Marker, call: str) -> str:
    detail = marker.event.detail
    what = "event" if detail.get("as") == "dead-letter" else "result"
    target = clean(detail.get("target", ""))
    where = f"the {place(target)}" if target else "its destination"
    return f"The {what} of {call} was delivered to {where}."


def _after(marker: Marker) -> str:
    seconds = marker.event.detail.get("after_seconds")
    if isinstance(seconds, int | float) and 0 <= seconds < 1e9:
        return f", {say(round(seconds * SECOND))} later"
    return ""
