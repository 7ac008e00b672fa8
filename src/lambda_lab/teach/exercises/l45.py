"""Lab L45, poller scaling: how many batches run at once, and which setting holds them."""

from __future__ import annotations

from typing import Any

from lambda_lab import facts
from lambda_lab.invoke.mapping.poller_scaling import ScalingRules, curve
from lambda_lab.teach.cases import judged
from lambda_lab.teach.records import Exercise, HasClient, Mistake, Outcome
from lambda_lab.teach.trying import not_yet, right, shown

__all__ = ["EXERCISES"]

# -- L45.1: the curve of a queue -------------------------------------------------------------------

_MINUTES = (0, 1, 2, 10)
_CURVE = tuple(curve(ScalingRules.on_demand(), [60 * minute for minute in _MINUTES]))
_OLD_CURVE = (0, 60, 120, 600)
"""What the rule of earlier years would give: sixty more with every minute."""


def _grown(answer: Any, _lab: HasClient | None) -> Outcome:
    if not isinstance(answer, list | tuple) or len(answer) != len(_CURVE):
        return not_yet(
            f"The answer should be {len(_CURVE)} numbers, one for each minute; it is "
            f"{shown(answer)}."
        )
    wrong = [
        minute
        for minute, said, number in zip(_MINUTES, answer, _CURVE, strict=True)
        if not _equal(said, number)
    ]
    if not wrong:
        return right(
            "A small start, even growth, and an end: that is the shape of every standard queue "
            "without provisioned pollers."
        )
    return not_yet(
        f"{len(_CURVE) - len(wrong)} of {len(_CURVE)} are right. Look again at minute {wrong[0]}."
    )


def _equal(said: Any, number: Any) -> bool:
    return isinstance(said, int | float) and not isinstance(said, bool) and bool(said == number)


# -- L45.2: count them -----------------------------------------------------------------------------

_EACH = int(facts.value("esm.sqs.provisioned.concurrency"))
_COUNTS = {
    "FIFO queue, 7 active groups": 7,
    "FIFO queue, 80 active groups, MaximumConcurrency 20": 20,
    "stream, 6 shards": 6,
    "stream, 6 shards, ParallelizationFactor 4": 24,
    "standard queue, MaximumConcurrency 20": 20,
    "standard queue, provisioned, 2 to 5 pollers": 5 * _EACH,
}


def _counted(answer: Any, _lab: HasClient | None) -> Outcome:
    return judged(
        answer,
        _COUNTS,
        "Queues count slots, and a cap ends them; ordered sources count lanes: groups, or shards "
        "times the factor.",
        _equal,
    )


# -- L45.3: the right setting ----------------------------------------------------------------------

_SEATS = 12
_SETTING = {"ScalingConfig": {"MaximumConcurrency": _SEATS}}


def _held(answer: Any, _lab: HasClient | None) -> Outcome:
    if not isinstance(answer, dict):
        return not_yet(f"The answer should be a dict of parameters; it is {shown(answer)}.")
    if answer == _SETTING:
        return right(
            "The pollers hand out no more than that, and what waits stays in the queue, where it "
            "costs no receive."
        )
    return not_yet(f"{shown(answer)} does not hold the pollers at {_SEATS}.")


def _names(member: str) -> Any:
    """Return a test for answers that hold *member* at the top."""
    return lambda answer: isinstance(answer, dict) and member in answer


EXERCISES = (
    Exercise(
        id="L45.1",
        question=(
            "A standard queue suddenly holds millions of messages. It has one mapping, nothing "
            "about scaling is set, and every batch takes a minute. How many batches may run at "
            "once after 0, 1, 2 and 10 minutes? Set `answer` to four numbers."
        ),
        check=_grown,
        hints=(
            "The lab printed the start, the growth of a minute and the end.",
            "Minute 1 is the start and the growth of one minute together.",
            "No mapping passes the upper end, so minute 10 is the end itself.",
        ),
        solution_source=f"answer = {_CURVE!r}\n",
        mistakes=(
            Mistake(
                _OLD_CURVE,
                "That was the rule years ago. The lab printed what AWS documents now.",
                lambda answer: answer[1] in (60, 65),
            ),
            Mistake(
                (*_CURVE[:3], _CURVE[1] * 10),
                "Growth has an end, and after ten minutes it was reached long ago.",
                lambda answer: answer[3] > _CURVE[3],
            ),
            Mistake(
                (0, *(number - _CURVE[0] for number in _CURVE[1:3]), _CURVE[3]),
                "A mapping does not start from nothing: some batches run at once.",
                lambda answer: answer[0] == 0,
            ),
        ),
        placeholder="answer = (..., ..., ..., ...)",
    ),
    Exercise(
        id="L45.2",
        question=(
            "Each source has been full for an hour, the batches succeed, and the account has "
            "room. How many batches run at once, at most? Set `answer` to whole numbers."
        ),
        check=_counted,
        hints=(
            "Three of them count lanes: a message group, or a shard, has one batch out at a time.",
            "ParallelizationFactor divides every shard. MaximumConcurrency ends whatever grows.",
            "The largest number of pollers counts, and the chapter's table says what each brings.",
        ),
        solution_source=(
            "answer = {\n" + "".join(f'    "{case}": {n},\n' for case, n in _COUNTS.items()) + "}\n"
        ),
        mistakes=(
            Mistake(
                _COUNTS | {"standard queue, provisioned, 2 to 5 pollers": 5},
                "One poller can have several batches at work: the lab printed how many.",
                lambda answer: answer["standard queue, provisioned, 2 to 5 pollers"] in (2, 5),
            ),
            Mistake(
                _COUNTS | {"stream, 6 shards, ParallelizationFactor 4": 4},
                "The factor counts for each shard.",
                lambda answer: answer["stream, 6 shards, ParallelizationFactor 4"] in (4, 6, 10),
            ),
            Mistake(
                _COUNTS | {"FIFO queue, 80 active groups, MaximumConcurrency 20": 80},
                "Groups are one bound, MaximumConcurrency is another, and the lower one holds.",
                lambda answer: answer["FIFO queue, 80 active groups, MaximumConcurrency 20"] == 80,
            ),
        ),
        placeholder="answer = {\n" + "".join(f'    "{case}": ...,\n' for case in _COUNTS) + "}",
    ),
    Exercise(
        id="L45.3",
        question=(
            f"Behind a function stands a database with {_SEATS} connections. Its only source is a "
            f"standard queue, and no message may be turned away. Which parameters does "
            "`update_event_source_mapping` need besides the `UUID`? Set `answer` to a dict."
        ),
        check=_held,
        hints=(
            "Which setting do the pollers themselves know?",
            "It is a member of ScalingConfig.",
            "Its name is MaximumConcurrency, and it stands inside ScalingConfig.",
        ),
        solution_source=f"answer = {_SETTING!r}\n",
        mistakes=(
            Mistake(
                {"ReservedConcurrentExecutions": _SEATS},
                "That belongs to the function. The pollers do not know it, hand out more, and the "
                "rest is turned away.",
                _names("ReservedConcurrentExecutions"),
            ),
            Mistake(
                {"MaximumConcurrency": _SEATS},
                "The name is right, and it stands inside ScalingConfig.",
                _names("MaximumConcurrency"),
            ),
            Mistake(
                {"BatchSize": _SEATS},
                "A batch is one call, however many messages it holds. How many calls run at once?",
                _names("BatchSize"),
            ),
        ),
        placeholder='answer = {"...": ...}',
    ),
)
