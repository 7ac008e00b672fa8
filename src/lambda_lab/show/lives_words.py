"""The lives of asynchronous events told in words, from the same record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from lambda_lab.clock import SECOND
from lambda_lab.show.lives import End, Life, Lives, Try, Wait
from lambda_lab.show.names import counted, listed, place
from lambda_lab.show.placing import took
from lambda_lab.show.times import say
from lambda_lab.timeline import Kind

__all__ = ["fate", "tell_lives", "wait_label"]

_MOST = 40
"""Events after which the rest is summed up."""
_TRY_ENDS = {
    "success": "succeeded",
    "error": "ended in an error",
    "timeout": "timed out",
    "throttled": "was throttled and did not run",
    "open": "was under way when the record ended",
}


def tell_lives(record: Lives, groups: Sequence[Sequence[Life]], *, steady: bool) -> list[str]:
    """Return sentences: first the sum, then each group of events that went the same way."""
    if not record.lives:
        return ["No asynchronous event has been recorded yet: send one, then draw again."]
    told = [_sum(record, steady)]
    several = len(record.functions) > 1
    told += [f"{_who(group, several)}: {_course(group[0], steady)}." for group in groups[:_MOST]]
    if left := sum(len(group) for group in groups[_MOST:]):
        told.append(f"{counted(left, 'further event')} went other ways.")
    return told


def _sum(record: Lives, steady: bool) -> str:
    lives = record.lives
    tries = sum(len(life.tries) for life in lives)
    first = min((life.start for life in lives), key=lambda moment: moment.at_ns)
    last = max((life.reached for life in lives), key=lambda moment: moment.at_ns)
    fates = Counter(fate(life) for life in lives)
    sums = [_FATES[name](number) for name, number in fates.items()]
    return (
        f"{counted(len(lives), 'asynchronous event')}, {counted(tries, 'try', 'tries')}, "
        f"in {took(first, last, steady=steady)} of the region's time: {listed(sums)}."
    )


_FATES = {
    "done": lambda number: f"{number} succeeded",
    "delivered": lambda number: f"{number} failed and went to a failure target",
    "lost": lambda number: f"{number} ended nowhere",
    "waiting": lambda number: f"{number} still waited or ran when the record ended",
}


def fate(life: Life) -> str:
    """Return how an event ended: ``done``, ``delivered``, ``lost``, or ``waiting``."""
    if not life.ends:
        return "waiting"
    keys = [end.key for end in life.ends]
    return next(key for key in ("done", "delivered", "lost") if key in keys)


def _who(group: Sequence[Life], several: bool) -> str:
    of = f" of {group[0].function}" if several else ""
    if len(group) == 1:
        return f"Event {group[0].number}{of}"
    return f"{len(group)} events{of}, of which the first is event {group[0].number}"


def _course(life: Life, steady: bool) -> str:
    """Return the parts of a life in order of time, in one sentence without its full stop."""
    parts: list[Try | Wait | End] = [*life.tries, *life.waits, *life.ends]
    parts.sort(key=_when)
    number, told = 0, []
    for part in parts:
        match part:
            case Try():
                number += 1
                told.append(_try(part, number))
            case Wait():
                told.append(_wait(part, steady))
            case End():
                told.append(_end(part))
    return "; ".join(filter(None, told)) or "nothing more is recorded of it"


def _when(part: Try | Wait | End) -> tuple[int, int]:
    if isinstance(part, End):
        return part.moment.at_ns, 1
    return part.start.at_ns, 0


def _try(one: Try, number: int) -> str:
    error = f" ({one.error})" if one.error and one.status != "success" else ""
    return f"try {number} {_TRY_ENDS.get(one.status, 'ended')}{error}"


def _wait(wait: Wait, steady: bool) -> str:
    label = wait_label(wait, steady=steady)
    if wait.planned is not None and wait.open:
        return f"the next try is planned {label} later"
    if wait.open:
        return "it waits in Lambda's queue"
    return f"it waited {label} in Lambda's queue" if label else ""


def wait_label(wait: Wait, *, steady: bool) -> str:
    """Return the length of a wait, as planned; empty where the event had its turn at once."""
    if wait.planned is not None and (wait.open or _as_planned(wait)):
        return say(round(wait.planned * SECOND))
    passed = wait.end.at_ns - wait.start.at_ns if steady else wait.end.true_ns - wait.start.true_ns
    return took(wait.start, wait.end, steady=steady) if passed >= SECOND // 2 else ""


def _as_planned(wait: Wait) -> bool:
    """Whether it lasted as long as was planned, to the half second."""
    passed = wait.end.true_ns - wait.start.true_ns
    return abs(passed - (wait.planned or 0) * SECOND) < SECOND // 2


def _end(end: End) -> str:
    why = f" ({end.condition})" if end.condition else ""
    match end.key:
        case "done":
            return "it is done"
        case "delivered" if end.role == "dead-letter":
            return f"the event went to its dead-letter {place(end.target)}{why}"
        case "delivered":
            return f"a record went to the destination, the {place(end.target)}{why}"
        case _ if end.target:
            return f"nothing could be delivered to the {place(end.target)}{why}"
        case _:
            return f"it was {Kind.DROPPED}{why}"
