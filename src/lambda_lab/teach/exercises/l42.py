"""Lab L42, FIFO groups: what waits for what, and which partial answer keeps the order."""

from __future__ import annotations

from typing import Any

from lambda_lab import facts
from lambda_lab.teach.cases import judged
from lambda_lab.teach.records import Exercise, HasClient, Mistake, Outcome
from lambda_lab.teach.trying import not_yet, right, run, shown

__all__ = ["EXERCISES"]


def _equal(said: Any, number: Any) -> bool:
    return isinstance(said, int | float) and not isinstance(said, bool) and bool(said == number)


# -- L42.1: when each message is finished ----------------------------------------------------------

_HIDDEN = int(facts.value("sqs.visibility.default"))
_WHEN = {"T1 soup": _HIDDEN, "T1 cake": _HIDDEN, "T2 soup": 0, "T2 cake": 0}


def _finished(answer: Any, _lab: HasClient | None) -> Outcome:
    return judged(
        answer,
        _WHEN,
        "The dropped soup came back when its visibility timeout was over, and the cake of its "
        "table had waited for it. The other table never waited.",
        _equal,
    )


# -- L42.2: a handler that keeps the order ---------------------------------------------------------

_TRAYS: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("12", "burnt", "7"), ("burnt", "7")),
    (("burnt", "3"), ("burnt", "3")),
    (("4", "5"), ()),
    (("1", "burnt", "2", "cold", "3"), ("burnt", "2", "cold", "3")),
)
"""Bodies of a batch, and those that belong on the list."""


def _event(bodies: tuple[str, ...]) -> dict[str, Any]:
    return {
        "Records": [
            {
                "messageId": f"message-{place}",
                "body": body,
                "attributes": {"MessageGroupId": "T1", "ApproximateReceiveCount": "1"},
                "eventSource": "aws:sqs",
            }
            for place, body in enumerate(bodies, 1)
        ]
    }


def _served(answer: Any, lab: HasClient | None) -> Outcome:
    for bodies, expected in _TRAYS:
        event = _event(bodies)
        reported = _reported(run(answer, event, lab))
        if isinstance(reported, str):
            return not_yet(f"For the bodies {list(bodies)} the handler returned {reported}")
        names = {record["messageId"]: record["body"] for record in event["Records"]}
        unknown = [name for name in reported if name not in names]
        if unknown:
            return not_yet(
                f"{shown(unknown[0])} is no messageId of the batch, so Lambda would take the "
                "whole batch as failed."
            )
        if {names[name] for name in reported} != set(expected):
            listed = sorted((names[name] for name in set(reported)), key=bodies.index)
            return not_yet(
                f"For the bodies {list(bodies)} the list names {listed}; everything else "
                "would be deleted."
            )
    return right(
        "What was served is deleted, the first failure and all that follow come back together, "
        "and the order holds."
    )


def _reported(result: Any) -> list[Any] | str:
    """Return the identifiers in a partial answer, or what is wrong with it."""
    failures = result.get("batchItemFailures") if isinstance(result, dict) else None
    if not isinstance(failures, list):
        return f"{shown(result)}. It should be a dict with the list batchItemFailures."
    entries = [entry for entry in failures if isinstance(entry, dict) and "itemIdentifier" in entry]
    if len(entries) != len(failures):
        return f"{shown(result)}. Each entry should be a dict with itemIdentifier."
    return [str(entry["itemIdentifier"]) for entry in entries]


def _listing(records: list[dict[str, Any]]) -> dict[str, Any]:
    return {"batchItemFailures": [{"itemIdentifier": r["messageId"]} for r in records]}


def _is_bad(record: dict[str, Any]) -> bool:
    return not str(record["body"]).isdecimal()


def _goes_on(event: Any, context: Any) -> dict[str, Any]:
    return _listing([record for record in event["Records"] if _is_bad(record)])


def _returns_all(event: Any, context: Any) -> dict[str, Any]:
    records = event["Records"]
    return _listing(records if any(map(_is_bad, records)) else [])


def _stops_short(event: Any, context: Any) -> dict[str, Any]:
    return _listing([record for record in event["Records"] if _is_bad(record)][:1])


def _raises(event: Any, context: Any) -> dict[str, Any]:
    for record in event["Records"]:
        int(record["body"])
    return _listing([])


def _tells(bodies: tuple[str, ...], listed: tuple[str, ...]) -> Any:
    """Return a test for handlers that answer *bodies* with a list of *listed*."""

    def test(answer: Any) -> bool:
        event = _event(bodies)
        reported = _reported(answer(event, None)) if callable(answer) else []
        names = {record["messageId"]: record["body"] for record in event["Records"]}
        return tuple(names.get(name) for name in reported) == listed

    return test


def _lets_it_out(answer: Any) -> bool:
    if not callable(answer):
        return False
    try:
        answer(_event(("1", "burnt")), None)
    except ValueError:
        return True
    return False


# -- L42.3: how much at once -----------------------------------------------------------------------

_AT_ONCE = {
    "1 table, 500 messages": 1,
    "4 tables, 500 messages": 4,
    "50 tables, MaximumConcurrency 3": 3,
    "2 tables, MaximumConcurrency 3": 2,
}


def _at_once(answer: Any, _lab: HasClient | None) -> Outcome:
    return judged(
        answer,
        _AT_ONCE,
        "The lower of the number of active groups and MaximumConcurrency; the number of messages "
        "does not matter.",
        _equal,
    )


EXERCISES = (
    Exercise(
        id="L42.1",
        question=(
            "Four messages wait in this order: `T1 soup`, `T2 soup`, `T1 cake`, `T2 cake`. The "
            "batch size is 1, the visibility timeout is the default, and the first try of "
            "`T1 soup` fails. In which second is each message finished, counted from the first "
            "try? Set `answer` to whole seconds."
        ),
        check=_finished,
        hints=(
            "Which of them share a group with the message that fails?",
            "A returned message is hidden for the visibility timeout, and its group waits for it.",
            "Table 2 is finished at second 0, and all of table 1 is finished in one other second.",
        ),
        solution_source=f"answer = {_WHEN!r}\n",
        mistakes=(
            Mistake(
                _WHEN | {"T1 cake": 0},
                "The cake would then be served before the soup of the same table. The group waits.",
                lambda answer: answer["T1 cake"] == 0 and answer["T2 cake"] == 0,
            ),
            Mistake(
                dict.fromkeys(_WHEN, _HIDDEN),
                "Table 2 is a group of its own, and does not wait for the soup of table 1.",
                lambda answer: answer["T2 soup"] == _HIDDEN or answer["T2 cake"] == _HIDDEN,
            ),
        ),
        placeholder="answer = {\n" + "".join(f'    "{name}": ...,\n' for name in _WHEN) + "}",
    ),
    Exercise(
        id="L42.2",
        question=(
            "Write a handler for a FIFO queue of one group. It serves a message by calling "
            "`int(record['body'])`, which raises `ValueError` for some bodies. Its answer must "
            "keep the order. Set `answer` to the handler itself."
        ),
        check=_served,
        hints=(
            "What does Lambda do with a message that is not on the list?",
            "Leave the loop at the first failure, and list that record and all records after it.",
            "enumerate gives you the place of each record; records[place:] is the rest.",
        ),
        solution_source=(
            "def handler(event, context):\n"
            '    records = event["Records"]\n'
            "    for place, record in enumerate(records):\n"
            "        try:\n"
            '            int(record["body"])\n'
            "        except ValueError:\n"
            "            left = records[place:]\n"
            '            return {"batchItemFailures": '
            '[{"itemIdentifier": r["messageId"]} for r in left]}\n'
            '    return {"batchItemFailures": []}\n\n'
            "answer = handler\n"
        ),
        mistakes=(
            Mistake(
                _goes_on,
                "What followed the failure is deleted, so it was served before the message that "
                "failed. Stop at the first failure and list the rest too.",
                _tells(_TRAYS[3][0], ("burnt", "cold")),
            ),
            Mistake(
                _stops_short,
                "Everything behind the failure is not on the list, so Lambda deletes it, and "
                "nobody served it.",
                _tells(_TRAYS[3][0], ("burnt",)),
            ),
            Mistake(
                _returns_all,
                "What was served before the failure comes back too, and is served twice.",
                _tells(_TRAYS[0][0], _TRAYS[0][0]),
            ),
            Mistake(
                _raises,
                "An exception returns the whole batch, also what was served already. Catch it and "
                "return a list.",
                _lets_it_out,
            ),
        ),
        placeholder="def handler(event, context):\n    ...\n\nanswer = handler",
    ),
    Exercise(
        id="L42.3",
        question=(
            "How many batches of a FIFO queue can run at once in each case? The queue has been "
            "full for an hour, and the account has room. Set `answer` to whole numbers."
        ),
        check=_at_once,
        hints=(
            "How many batches of one group may be at work at the same time?",
            "There are two bounds, and the lower one holds.",
            "The number of active groups, or MaximumConcurrency if that is less.",
        ),
        solution_source=f"answer = {_AT_ONCE!r}\n",
        mistakes=(
            Mistake(
                _AT_ONCE | {"50 tables, MaximumConcurrency 3": 50},
                "The pollers keep to MaximumConcurrency, however many groups wait.",
                lambda answer: answer["50 tables, MaximumConcurrency 3"] == 50,
            ),
            Mistake(
                _AT_ONCE | {"2 tables, MaximumConcurrency 3": 3},
                "MaximumConcurrency allows three, and two groups have no work for a third.",
                lambda answer: answer["2 tables, MaximumConcurrency 3"] == 3,
            ),
            Mistake(
                _AT_ONCE | {"1 table, 500 messages": 500},
                "Messages of one group never run side by side.",
                lambda answer: answer["1 table, 500 messages"] != 1,
            ),
        ),
        placeholder=("answer = {\n" + "".join(f'    "{case}": ...,\n' for case in _AT_ONCE) + "}"),
    ),
)
