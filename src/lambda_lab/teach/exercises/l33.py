"""Lab L33, idempotent or charged twice: what names a piece of work, and when it is remembered."""

from __future__ import annotations

from typing import Any

from lambda_lab.teach.cases import judged, says
from lambda_lab.teach.records import Exercise, HasClient, Mistake, Outcome
from lambda_lab.teach.trying import Context, not_yet, right, run, shown

__all__ = ["EXERCISES"]

# First event: a run that charges and fails, then a retry that works. Second event: works at once.
_CHARGES: dict[str, int] = {"nothing": 3, "the request id": 2, "the shop and the order": 1}


def _counted(answer: Any, _lab: HasClient | None) -> Outcome:
    return judged(
        answer,
        _CHARGES,
        "A retry keeps its request id, and a second event for the same order does not.",
    )


# Two events for one payment differ in what the sender adds; the others are payments of their own.
_PAID = {"shop": "a1", "order": 2, "sent": "10:00", "failures": 1}
_AGAIN = {"shop": "a1", "order": 2, "sent": "10:05", "failures": 0}
_OTHERS: tuple[dict[str, Any], ...] = (
    _PAID | {"order": 3},
    _PAID | {"shop": "b"},
    _PAID | {"shop": "a", "order": 12},
)


def _key(answer: Any, lab: HasClient | None) -> Outcome:
    key = _text(run(answer, _PAID, lab, Context(aws_request_id="first")))
    again = _text(run(answer, _AGAIN, lab, Context(aws_request_id="second")))
    for one in (key, again):
        if isinstance(one, Outcome):
            return one
    if key != again:
        return not_yet(
            "The same order was sent twice, at 10:00 and at 10:05, and the two keys differ: "
            f"{shown(key)} and {shown(again)}."
        )
    for other in _OTHERS:
        if _text(run(answer, other, lab, Context(aws_request_id="third"))) == key:
            return not_yet(
                f"Order {other['order']} of shop {other['shop']!r} and order {_PAID['order']} of "
                f"shop {_PAID['shop']!r} have one key, {shown(key)}: one is never charged."
            )
    return right("The key holds what makes the payment this payment, and nothing else.")


def _text(result: Any) -> Any:
    if isinstance(result, str) and result:
        return result
    return not_yet(f"The key should be a text; it is {shown(result)}.")


def _by_request(event: Any, context: Any) -> str:
    return str(context.aws_request_id)


def _whole_event(event: Any, context: Any) -> str:
    return str(sorted(event.items()))


def _order_only(event: Any, context: Any) -> str:
    return str(event["order"])


def _glued(event: Any, context: Any) -> str:
    return f"{event['shop']}{event['order']}"


def _told_apart(answer: Any, first: dict[str, Any], second: dict[str, Any]) -> bool:
    """Return whether *answer* gives two events two keys when both have one request id."""
    return bool(run(answer, first, None) != run(answer, second, None))


def _uses_the_request(answer: Any) -> bool:
    if not callable(answer):
        return False
    keys = [run(answer, _PAID, None, Context(aws_request_id=one)) for one in ("x", "y")]
    return bool(keys[0] != keys[1])


def _uses_too_much(answer: Any) -> bool:
    return callable(answer) and _told_apart(answer, _PAID, _AGAIN)


def _uses_too_little(answer: Any) -> bool:
    return callable(answer) and not _told_apart(answer, _PAID, _OTHERS[1])


def _joins_without_a_mark(answer: Any) -> bool:
    return callable(answer) and not _told_apart(answer, _PAID, _OTHERS[2])


_ONCE, _TWICE, _NEVER = "once", "twice", "never"
_CRASHES: dict[str, str] = {
    "note first, then a crash before the charge": _NEVER,
    "charge first, then a crash before the note": _TWICE,
    "note, charge, then a crash before the mail": _ONCE,
    "@idempotent on the handler, an exception after the charge": _TWICE,
    "@idempotent_function on the charge, an exception after it": _ONCE,
}


def _crashed(answer: Any, _lab: HasClient | None) -> Outcome:
    return judged(
        answer,
        _CRASHES,
        "Between two steps there is always a gap. Only a payment provider that knows your key can "
        "close it.",
    )


def _placeholder(cases: dict[str, Any]) -> str:
    return "answer = {\n" + "".join(f'    "{case}": ...,\n' for case in cases) + "}"


def _solution(cases: dict[str, Any]) -> str:
    lines = (f'    "{case}": {value!r},\n'.replace("'", '"') for case, value in cases.items())
    return "answer = {\n" + "".join(lines) + "}\n"


EXERCISES = (
    Exercise(
        id="L33.1",
        question=(
            "An order is sent as an event. The first run charges and then fails, and the retry "
            "works. Then the shop sends the same order as a new event, which works at once. How "
            "often is the card charged if the function remembers this? Set each to a number."
        ),
        check=_counted,
        hints=(
            "Count the runs: how many are there in all?",
            "Which of the three runs have one request id in common?",
            "Three runs, two events, one order.",
        ),
        solution_source=_solution(_CHARGES),
        mistakes=(
            Mistake(
                _CHARGES | {"the request id": 1},
                "The second event is an invocation of its own, and has a request id of its own.",
                says("the request id", 1),
            ),
            Mistake(
                _CHARGES | {"nothing": 2},
                "There are three runs: the first event makes two of them.",
                says("nothing", 2),
            ),
            Mistake(
                _CHARGES | {"the request id": 3},
                "A retry has the request id of the first try.",
                says("the request id", 3),
            ),
        ),
        placeholder=_placeholder(_CHARGES),
    ),
    Exercise(
        id="L33.2",
        question=(
            'The event is `{"shop": "a1", "order": 2, "sent": "10:00", "failures": 1}`. Each shop '
            "counts its orders from 1, and `sent` is new whenever the shop sends an order again. "
            "Write `key(event, context)`, which returns the text that names the payment, and set "
            "`answer` to it."
        ),
        check=_key,
        hints=(
            "Which parts of the event stay the same when the order is sent again?",
            "Are two orders with the number 2 the same payment?",
            "Put a mark between the parts: shop a1 with order 2 is not shop a with order 12.",
        ),
        solution_source=(
            "def key(event, context):\n"
            "    return f\"{event['shop']}#{event['order']}\"\n\n"
            "answer = key\n"
        ),
        mistakes=(
            Mistake(
                _by_request,
                "An order that is sent again comes with a new request id.",
                _uses_the_request,
            ),
            Mistake(
                _whole_event,
                "When the order is sent again, sent is another. Take only what names the payment.",
                _uses_too_much,
            ),
            Mistake(
                _order_only,
                "Two shops may both have an order with this number.",
                _uses_too_little,
            ),
            Mistake(
                _glued,
                "Without a mark between them, a1 and 2 read like a and 12.",
                _joins_without_a_mark,
            ),
        ),
        placeholder="def key(event, context):\n    ...\n\nanswer = key",
    ),
    Exercise(
        id="L33.3",
        question=(
            "One event, and a function that remembers the order's key. Its first try ends too "
            "early, and the retry goes through. How often is the card charged? Choose from "
            f'`"{_ONCE}"`, `"{_TWICE}"` and `"{_NEVER}"`.'
        ),
        check=_crashed,
        hints=(
            "For each: what is in the table when the retry looks, and has the card been charged?",
            "A note of your own stays. Powertools takes its note back if what it guards raises.",
            "Ask where the failure is: inside of what is guarded, or after it?",
        ),
        solution_source=_solution(_CRASHES),
        mistakes=(
            Mistake(
                _CRASHES | {"note first, then a crash before the charge": _ONCE},
                "The retry finds the note and believes it. Who charges then?",
                says("note first, then a crash before the charge", _ONCE),
            ),
            Mistake(
                _CRASHES | {"@idempotent on the handler, an exception after the charge": _ONCE},
                "The handler as a whole has raised, so Powertools forgets that it ever began.",
                says("@idempotent on the handler, an exception after the charge", _ONCE),
            ),
        ),
        placeholder=_placeholder(_CRASHES),
    ),
)
