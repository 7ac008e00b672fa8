"""Lab L61, reserved concurrency: what is left, who keeps the request, how much is enough."""

from __future__ import annotations

from typing import Any

from lambda_lab import facts
from lambda_lab.simulate import erlang_b
from lambda_lab.teach.cases import judged, says
from lambda_lab.teach.records import Exercise, HasClient, Mistake, Outcome
from lambda_lab.teach.trying import not_yet, right, shown

__all__ = ["EXERCISES"]

# -- L61.1: what is left ---------------------------------------------------------------------------

_TAKEN = (300, 250)


def _left(answer: Any, _lab: HasClient | None) -> Outcome:
    kept = int(facts.value("concurrency.unreserved-minimum"))
    most = int(facts.value("concurrency.default")) - sum(_TAKEN) - kept
    if isinstance(answer, bool) or not isinstance(answer, int | float):
        return not_yet(f"The answer should be a number; it is {shown(answer)}.")
    if answer == most:
        return right(f"{kept} stay for the functions that reserve nothing.")
    return not_yet(f"{shown(answer)} is not the most that AWS takes.")


# -- L61.2: who keeps it ---------------------------------------------------------------------------

_KEPT = {
    "a synchronous call": "caller",
    "an asynchronous event": "Lambda's queue",
    "a batch of an SQS mapping": "the source queue",
}
_PLACEHOLDER = "answer = {\n" + "".join(f'    "{case}": ...,\n' for case in _KEPT) + "}"


def _keeps(answer: Any, _lab: HasClient | None) -> Outcome:
    return judged(
        answer, _KEPT, "Each waits where it came from; only the caller must think of trying again."
    )


# -- L61.3: how much is enough ---------------------------------------------------------------------

_LOAD, _SHARE = 10, 0.01
_ENOUGH = next(limit for limit in range(1, 1_000) if erlang_b(limit, _LOAD) <= _SHARE)


def _enough(answer: Any, _lab: HasClient | None) -> Outcome:
    if isinstance(answer, bool) or not isinstance(answer, int | float) or answer % 1:
        return not_yet(f"The answer should be a whole number; it is {shown(answer)}.")
    if answer == _ENOUGH:
        return right(f"{_ENOUGH} for a load of {_LOAD}: chance needs nearly as much again.")
    if 0 <= answer < _ENOUGH:
        share = erlang_b(int(answer), _LOAD)
        return not_yet(f"With {shown(answer)}, {100 * share:.1f} of 100 requests are throttled.")
    return not_yet(f"{shown(answer)} is not the smallest.")


EXERCISES = (
    Exercise(
        id="L61.1",
        question=(
            "An account may run 1,000 calls at once. One function has reserved 300, another 250. "
            "How many can a third one reserve at most? Set `answer` to a number."
        ),
        check=_left,
        hints=(
            "Not everything may be given away.",
            "A hundred must be left for the functions that reserve nothing.",
        ),
        solution_source="answer = 1000 - 300 - 250 - 100\n",
        mistakes=(
            Mistake(450, "Then nothing would be left for functions that reserve nothing."),
            Mistake(900, "The other two have taken their part already."),
        ),
    ),
    Exercise(
        id="L61.2",
        question=(
            "A function's reserved concurrency is all in use. Who keeps the request? For each of "
            'the three, give `"caller"`, `"Lambda\'s queue"` or `"the source queue"`.'
        ),
        check=_keeps,
        hints=(
            "Who had it last, and who will send it again?",
            "One of the three was answered with a 429; one was accepted before anything was tried.",
            "A batch that could not be handed over becomes visible again where it was read.",
        ),
        solution_source=(
            "answer = {\n"
            + "".join(f'    "{case}": "{kept}",\n' for case, kept in _KEPT.items())
            + "}\n"
        ),
        mistakes=(
            Mistake(
                _KEPT | {"an asynchronous event": "caller"},
                "The caller has its receipt and is gone.",
                says("an asynchronous event", "caller"),
            ),
            Mistake(
                _KEPT | {"a batch of an SQS mapping": "Lambda's queue"},
                "A mapping calls synchronously: nothing of it enters Lambda's own queue.",
                says("a batch of an SQS mapping", "Lambda's queue"),
            ),
            Mistake(
                _KEPT | {"a synchronous call": "Lambda's queue"},
                "Whoever waits for an answer gets one at once: the 429.",
                says("a synchronous call", "Lambda's queue"),
            ),
        ),
        placeholder=_PLACEHOLDER,
    ),
    Exercise(
        id="L61.3",
        question=(
            "A function is under load of 10 (rate times duration), and no more than 1 in 100 "
            "requests may be throttled. What is the smallest reserved concurrency that Erlang's "
            "formula B allows? Set `answer` to a whole number."
        ),
        check=_enough,
        hints=(
            "simulate.erlang_b(limit, load) gives the share for one limit.",
            "Try limits one after the other until the share is at most 0.01.",
        ),
        solution_source=(
            "from lambda_lab import simulate\n\n"
            "answer = next(n for n in range(1, 100) if simulate.erlang_b(n, 10) <= 0.01)\n"
        ),
        mistakes=(
            Mistake(10, "That is the average. Half of the time more want to run."),
            Mistake(_ENOUGH - 1, "Just too few: a little more than 1 in 100 is throttled."),
        ),
    ),
)
