"""Batches of event source mappings told in words, from the same record."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from lambda_lab.clock import SECOND
from lambda_lab.show.batch_history import Batch, Batches, Held, Outcome
from lambda_lab.show.names import counted, listed, place
from lambda_lab.show.placing import Moment, took
from lambda_lab.show.times import say

__all__ = ["lane_name", "outcome_key", "span_of", "tell_batches"]

_MOST = 60
_AFTER_BATCHES = 1_000_000
"""Sorts what befell records outside every batch behind the batches of the same moment."""
_KEYS = {
    "deleted": "done",
    "passed": "done",
    "returned": "returned",
    "retry": "retry",
    "filtered": "filtered",
    "delivered": "delivered",
}
_SHARD = re.compile(r"shardId-0*(\d{1,6})")
_BATCH_ENDS = {
    "success": "the function succeeded",
    "error": "the function failed",
    "timeout": "the function timed out",
    "throttled": "the call was throttled",
    "open": "the call was under way when the record ended",
}
_SUMS = {
    "deleted": "deleted from the queue",
    "passed": "processed",
    "returned": "back in the queue",
    "retry": "kept for another try",
    "filtered": "filtered out",
    "delivered": "given up and reported to the failure target",
    "dropped": "given up",
}
_OUTCOMES = {
    "deleted": "deleted from the queue",
    "passed": "processed",
    "returned": "left in the queue, hidden until the visibility timeout ends",
    "retry": "kept for another try",
    "filtered": "filtered out",
}


def outcome_key(name: str) -> str:
    """Return the mark of an outcome, as the timeline names it."""
    return _KEYS.get(name, "lost")


def lane_name(lane: str, shards: Sequence[str]) -> str:
    """Return what a lane is called: a shard by its number, a message group by its name.

    Examples
    --------
    >>> lane_name("shardId-000000000002", []), lane_name("red", [])
    ('shard 2', 'group red')
    """
    if short := _SHARD.fullmatch(lane):
        return f"shard {int(short[1])}"
    if lane.startswith("shardId-"):  # of DynamoDB: its name holds a time
        return f"shard {shards.index(lane) if lane in shards else 0}"
    return f"group {lane}"


def span_of(labels: Sequence[str]) -> str:
    """Return labels in short: runs of numbers with a dash.

    Examples
    --------
    >>> span_of(["1", "2", "3", "7"]), span_of(["red", "4"])
    ('1–3 and 7', 'red and 4')
    """
    runs: list[list[str]] = []
    for label in labels:
        last = runs[-1][-1] if runs else ""
        if label.isdigit() and last.isdigit() and int(label) == int(last) + 1:
            runs[-1].append(label)
        else:
            runs.append([label])
    shorter = [run if len(run) < 3 else [f"{run[0]}–{run[-1]}"] for run in runs]
    return listed([label for run in shorter for label in run])


def tell_batches(record: Batches, *, steady: bool) -> list[str]:
    """Return sentences: first the sum, then what happened, in order of time."""
    if not record.records:
        return ["No mapping has worked yet: write something to its source, then draw again."]
    story = sorted(_story(record, steady), key=lambda pair: pair[0])
    told = [_sum(record, steady), *(sentence for _, sentence in story)]
    if len(told) > _MOST:
        left = len(told) - _MOST
        told = [*told[:_MOST], f"{counted(left, 'further thing')} happened after that."]
    return told


def _sum(record: Batches, steady: bool) -> str:
    moments = [moment for held in record.records for moment in held.moments]
    first, last = (f(moments, key=lambda moment: moment.at_ns) for f in (min, max))
    names = [f"the {place(arn)}" for arn in record.sources.values() if arn]
    ends = Counter(held.last.name if held.last else "" for held in record.records)
    sums = [f"{number} {_SUMS.get(name, 'under way')}" for name, number in ends.items()]
    return (
        f"{counted(len(record.records), record.noun)}"
        f"{' of ' + listed(names) if names else ''} "
        f"in {counted(len(record.batches), 'batch', 'batches')}, "
        f"in {took(first, last, steady=steady)} of the region's time. "
        f"At the end: {listed(sums)}."
    )


def _story(record: Batches, steady: bool) -> Iterator[tuple[tuple[int, int], str]]:
    """Yield what happened, each with what it is sorted by: its place on the axis, then a number."""
    moments = (moment for held in record.records for moment in held.moments)
    zero = min(moments, key=lambda moment: moment.at_ns)
    after, alone = _outcomes(record)
    for batch in record.batches:
        told = _batch(record, batch, after.get(id(batch), []))
        when = _at(zero, batch.start, steady)
        yield (batch.start.at_ns, batch.number), f"{when}, {told}."
    for group in alone:
        step = group[0][1]
        who = _named(record, [held for held, _ in group])
        was = "was" if len(group) == 1 else "were"
        when = _at(zero, step.moment, steady)
        yield (step.moment.at_ns, _AFTER_BATCHES), f"{when}, {who} {was} {_outcome(step)}."


def _outcomes(
    record: Batches,
) -> tuple[dict[int, list[tuple[Held, Outcome]]], list[list[tuple[Held, Outcome]]]]:
    """Return the outcomes that follow each batch, and in groups those that follow none."""
    after: dict[int, list[tuple[Held, Outcome]]] = {}
    alone: dict[tuple[int, str, str, str], list[tuple[Held, Outcome]]] = {}
    for held in record.records:
        for step in held.steps:
            if not isinstance(step, Outcome):
                continue
            if step.batch is not None:
                after.setdefault(id(step.batch), []).append((held, step))
            else:
                key = (step.moment.at_ns, step.name, step.reason, step.target)
                alone.setdefault(key, []).append((held, step))
    return after, list(alone.values())


def _batch(record: Batches, batch: Batch, outcomes: Sequence[tuple[Held, Outcome]]) -> str:
    rows = {id(held): row for row, held in enumerate(record.records)}
    held = sorted(batch.held, key=lambda one: rows.get(id(one), 0))
    again = f", try {batch.attempt}" if batch.attempt > 1 else ""
    error = f" ({batch.error})" if batch.error and batch.status != "success" else ""
    became = "".join(_became(outcomes, len(held)))
    return (
        f"batch {batch.number}{again} held {_named(record, held)}: "
        f"{_BATCH_ENDS[batch.status]}{error}{became}"
    )


def _named(record: Batches, held: Sequence[Held]) -> str:
    if not held:
        return "nothing"
    return f"{record.noun}{'' if len(held) == 1 else 's'} {span_of([one.label for one in held])}"


def _at(zero: Moment, moment: Moment, steady: bool) -> str:
    brief = moment.at_ns - zero.at_ns < SECOND // 2
    return "At the start" if brief else f"After {took(zero, moment, steady=steady)}"


def _became(outcomes: Sequence[tuple[Held, Outcome]], size: int) -> Iterator[str]:
    """Yield what became of the records of one batch, by outcome."""
    groups: dict[tuple[str, str, str, float | None], list[tuple[Held, Outcome]]] = {}
    for held, step in outcomes:
        key = (step.name, step.reason, step.target, step.after_seconds)
        groups.setdefault(key, []).append((held, step))
    for group in groups.values():
        if len(group) == size:
            who = "it" if size == 1 else "all"
        else:
            who = span_of([held.label for held, _ in group])
        was = "was" if len(group) == 1 else "were"
        yield f"; {who} {was} {_outcome(group[0][1])}"


def _outcome(step: Outcome) -> str:
    """Return what became of a record, after "it was"."""
    why = f" ({step.reason})" if step.reason else ""
    if step.name == "delivered":
        return f"given up, and a report went to the {place(step.target)}{why}"
    if step.name == "retry" and step.after_seconds:
        return f"kept for another try {say(round(step.after_seconds * SECOND))} later"
    return _OUTCOMES.get(step.name, f"given up{why}")
