"""Lab L43, a Kinesis shard: how a bad record is found, and what the others pay for it."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from lambda_lab.teach.records import Exercise, HasClient, Mistake, Outcome
from lambda_lab.teach.trying import not_yet, right, run, shown

__all__ = ["EXERCISES"]

# All eight; then 1-4, 1-2, 1 alone, 2 alone and once more for its retry, 3-4, and 5-8.
# https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html: splitting a
# batch does not count towards the retries.
_RUNS, _HANDED = 8, 4


def _bisected(answer: Any, _lab: HasClient | None) -> Outcome:
    if not isinstance(answer, tuple | list) or len(answer) != 2:
        return not_yet(f"The answer should be two numbers; it is {shown(answer)}.")
    runs, handed = answer
    if runs != _RUNS:
        return not_yet(f"The function does not run {shown(runs)} times. Write the batches down.")
    if handed != _HANDED:
        return not_yet(f"The runs are right. The first record is not handed over {shown(handed)}.")
    return right(
        "All eight, four, two, the first alone, the second twice, then the third and fourth, and "
        "the last four. The first record came with every batch that was cut on its way."
    )


_BELTS: tuple[tuple[str, ...], ...] = (
    ("100", "200", "300"),
    ("100", "heavy", "300", "light"),
    ("?",),
    ("100", "200", ""),
)
"""What the data of the records say; what is no whole number is bad."""


def _event(data: Sequence[str]) -> dict[str, Any]:
    """Return the event of a batch, with the members that a handler may need."""
    return {
        "Records": [
            {
                "kinesis": {
                    "partitionKey": "belt",
                    "sequenceNumber": str(4_900 + place),
                    "data": base64.b64encode(text.encode()).decode(),
                },
                "eventSource": "aws:kinesis",
                "eventName": "aws:kinesis:record",
                "eventID": f"shardId-000000000000:{4_900 + place}",
            }
            for place, text in enumerate(data)
        ]
    }


def _first_bad(data: Sequence[str]) -> str | None:
    return next((str(4_900 + n) for n, text in enumerate(data) if not text.isdecimal()), None)


def _reports(answer: Any, lab: HasClient | None) -> Outcome:
    for data in _BELTS:
        problem = _wrong_report(run(answer, _event(data), lab), _first_bad(data))
        if problem:
            return not_yet(f"For the data {list(data)}: {problem}")
    return right(
        "Lambda goes on at the number that you return, and everything before it counts as done."
    )


def _wrong_report(result: Any, bad: str | None) -> str:
    """Return what is wrong with a handler's result; an empty text if nothing is."""
    if not isinstance(result, Mapping) or not isinstance(result.get("batchItemFailures"), list):
        return f"the result should be a dict with a list batchItemFailures; it is {shown(result)}."
    items = result["batchItemFailures"]
    if not all(isinstance(one, Mapping) and set(one) == {"itemIdentifier"} for one in items):
        return f"each failure should be a dict with itemIdentifier; they are {shown(items)}."
    told = [one["itemIdentifier"] for one in items]
    if bad is None:
        return f"nothing failed, and the result names {shown(told)}." if told else ""
    if not all(isinstance(one, str) and one.isdecimal() for one in told):
        return f"itemIdentifier should be a sequence number, as text; it is {shown(told)}."
    lowest = min(told, key=int, default=None)
    return "" if lowest == bad else f"it should go on at {bad}, and goes on at {shown(lowest)}."


def _names_the_event_id(event: Any, context: Any) -> dict[str, Any]:
    for record in event["Records"]:
        if not base64.b64decode(record["kinesis"]["data"]).decode().isdecimal():
            return {"batchItemFailures": [{"itemIdentifier": record["eventID"]}]}
    return {"batchItemFailures": []}


def _forgets_base64(event: Any, context: Any) -> dict[str, Any]:
    for record in event["Records"]:
        if not record["kinesis"]["data"].isdecimal():
            number = record["kinesis"]["sequenceNumber"]
            return {"batchItemFailures": [{"itemIdentifier": number}]}
    return {"batchItemFailures": []}


def _told(answer: Any, data: str) -> list[Any]:
    """Return what a handler names as failed in a batch of one record."""
    failures = answer(_event([data]), None)["batchItemFailures"]
    return [failure["itemIdentifier"] for failure in failures]


_BISECT, _RETRIES = "BisectBatchOnFunctionError", "MaximumRetryAttempts"
_AGE, _DESTINATION = "MaximumRecordAgeInSeconds", "DestinationConfig"
_FACTOR = "ParallelizationFactor"
_WISHES = {
    "a bad record must not take its neighbours along": _BISECT,
    "after five tries a batch is given up": _RETRIES,
    "what is older than an hour is of no use": _AGE,
    "we want to know what was given up": _DESTINATION,
    "four batches of a shard at once": _FACTOR,
}


def _wished(answer: Any, _lab: HasClient | None) -> Outcome:
    if not isinstance(answer, dict):
        return not_yet(f"The answer should be a dict of the five wishes; it is {shown(answer)}.")
    missing = [wish for wish in _WISHES if wish not in answer]
    if missing:
        return not_yet(f"The wish {missing[0]!r} is missing.")
    wrong = [wish for wish, setting in _WISHES.items() if answer[wish] != setting]
    if not wrong:
        return right("Each of them can be set on a mapping of its own, and most mappings need two.")
    return not_yet(
        f"{len(_WISHES) - len(wrong)} of {len(_WISHES)} are right. Look again at {wrong[0]!r}."
    )


def _chosen(wish: str, setting: str) -> Any:
    """Return a test for answers that choose *setting* for *wish*."""
    return lambda answer: answer[wish] == setting


EXERCISES = (
    Exercise(
        id="L43.1",
        question=(
            "A batch holds eight records, and the second is bad. The mapping bisects and has "
            "`MaximumRetryAttempts=1`. How often does the function run until all eight are done "
            "or given up, and with how many of these runs does it get the first record? "
            "Set `answer` to two numbers."
        ),
        check=_bisected,
        hints=(
            "Write down the batches: which one is cut, and into which two?",
            "The left half always goes first, and it is cut again before the right half runs.",
            "A cut uses up no retry. The bad record is alone at last, and only then retried once.",
        ),
        solution_source=f"answer = ({_RUNS}, {_HANDED})\n",
        mistakes=(
            Mistake((7, 4), "The bad record fails alone, and then it has one retry."),
            Mistake(
                (15, 8),
                "A batch that can be cut is not retried: it is cut at once.",
                lambda answer: answer[0] > 10,
            ),
            Mistake(
                (8, 1),
                "The first record travels in every batch that is cut until it stands alone.",
                lambda answer: answer[0] == _RUNS and answer[1] == 1,
            ),
        ),
        placeholder="answer = (..., ...)",
    ),
    Exercise(
        id="L43.2",
        question=(
            "The mapping has `ReportBatchItemFailures`. Write a handler that reads the data of "
            "each Kinesis record, takes what is a whole number for good and everything else for "
            "bad, and lets Lambda go on at the first bad record. Nothing may be raised. "
            "Set `answer` to the handler."
        ),
        check=_reports,
        hints=(
            'The data are in base64: record["kinesis"]["data"].',
            "Return a dict with batchItemFailures, a list; it is empty when all went well.",
            "The itemIdentifier of a stream is the record's sequenceNumber.",
        ),
        solution_source=(
            "import base64\n\n"
            "def handler(event, context):\n"
            '    for record in event["Records"]:\n'
            '        data = base64.b64decode(record["kinesis"]["data"]).decode()\n'
            "        if not data.isdecimal():\n"
            '            number = record["kinesis"]["sequenceNumber"]\n'
            '            return {"batchItemFailures": [{"itemIdentifier": number}]}\n'
            '    return {"batchItemFailures": []}\n\n'
            "answer = handler\n"
        ),
        mistakes=(
            Mistake(
                _names_the_event_id,
                "The eventID is the shard and the number. Lambda wants the sequenceNumber alone.",
                lambda answer: callable(answer) and ":" in str(_told(answer, "?")),
            ),
            Mistake(
                _forgets_base64,
                "The data of a Kinesis record are in base64. Decode them first.",
                lambda answer: callable(answer) and _told(answer, "100") != [],
            ),
        ),
        placeholder="def handler(event, context):\n    ...\n\nanswer = handler",
    ),
    Exercise(
        id="L43.3",
        question=(
            "Which setting of the mapping answers each wish? Choose from "
            f'`"{_AGE}"`, `"{_BISECT}"`, `"{_DESTINATION}"`, `"{_RETRIES}"` and `"{_FACTOR}"`.'
        ),
        check=_wished,
        hints=(
            "Each of the five is used once.",
            "Two of them end the trying: one counts, one looks at the clock.",
            "Bisecting finds the bad record, and the factor has nothing to do with failures.",
        ),
        solution_source=(
            "answer = {\n" + "".join(f'    "{w}": "{s}",\n' for w, s in _WISHES.items()) + "}\n"
        ),
        mistakes=(
            Mistake(
                _WISHES | {"a bad record must not take its neighbours along": _RETRIES},
                "A limit on retries gives up the whole batch, its good records too.",
                _chosen("a bad record must not take its neighbours along", _RETRIES),
            ),
            Mistake(
                _WISHES | {"we want to know what was given up": _AGE},
                "Settings that give up say nothing to anybody. Where would the message go?",
                _chosen("we want to know what was given up", _AGE),
            ),
        ),
        placeholder="answer = {\n" + "".join(f'    "{wish}": ...,\n' for wish in _WISHES) + "}",
    ),
)
