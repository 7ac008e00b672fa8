"""Lab L41, one bad message in a batch: what comes back, and where it ends."""

from __future__ import annotations

import json
from typing import Any

from lambda_lab.teach.cases import judged, says
from lambda_lab.teach.records import Exercise, HasClient, Mistake, Outcome
from lambda_lab.teach.trying import NotYetError, not_yet, right, run, shown

__all__ = ["EXERCISES"]

_GOOD = '{"amount": 5}'
# Each batch: message id to body, and which of them are bad.
_BATCHES: tuple[tuple[dict[str, str], set[str]], ...] = (
    ({"m1": _GOOD, "m2": '{"amount": 0.5}'}, set()),
    ({"m1": _GOOD, "m2": "{oops", "m3": _GOOD}, {"m2"}),
    ({"m1": '{"amount": "5"}', "m2": '{"amount": -1}', "m3": _GOOD}, {"m1", "m2"}),
    ({"m1": "{}", "m2": "[1]", "m3": "null", "m4": "7", "m5": ""}, {"m1", "m2", "m3", "m4", "m5"}),
    ({"m1": "{oops", "m2": _GOOD, "m3": "{oops"}, {"m1", "m3"}),
)


def _event(batch: dict[str, str]) -> dict[str, Any]:
    return {"Records": [{"messageId": name, "body": body} for name, body in batch.items()]}


def _careful(answer: Any, lab: HasClient | None) -> Outcome:
    for batch, bad in _BATCHES:
        bodies = ", ".join(repr(body) for body in batch.values())
        reported = _reported(run(answer, _event(batch), lab))
        if not reported <= set(batch):
            return not_yet(
                f"For the bodies {bodies} an id is reported that is not in the batch. Lambda would "
                "return all of them."
            )
        if missed := [batch[name] for name in batch if name in bad - reported]:
            return not_yet(f"The body {missed[0]!r} is bad, and its message is not reported.")
        if wronged := [batch[name] for name in batch if name in reported - bad]:
            return not_yet(f"The body {wronged[0]!r} is good, and its message is reported.")
    return right("Only what failed comes back, and one bad message cannot stop the others.")


def _reported(result: Any) -> set[str]:
    """Return the ids that a handler's answer names; raise what a learner is told if it cannot."""
    failures = result.get("batchItemFailures") if isinstance(result, dict) else None
    if not isinstance(failures, list):
        raise NotYetError(
            f"The result should be a dict with the list batchItemFailures; it is {shown(result)}."
        )
    ids = [entry.get("itemIdentifier") if isinstance(entry, dict) else None for entry in failures]
    if not all(isinstance(name, str) for name in ids):
        raise NotYetError(
            "Each entry of batchItemFailures should be a dict with itemIdentifier, a message's id; "
            f"it is {shown(failures)}."
        )
    return {str(name) for name in ids}


def _one_by_one(event: Any, context: Any) -> dict[str, Any]:
    for record in event["Records"]:
        if json.loads(record["body"])["amount"] <= 0:
            raise ValueError("bad amount")
    return {"batchItemFailures": []}


def _plain_ids(event: Any, context: Any) -> dict[str, Any]:
    return {"batchItemFailures": [record["messageId"] for record in event["Records"]]}


def _all_or_nothing(event: Any, context: Any) -> dict[str, Any]:
    try:
        return _one_by_one(event, context)
    except Exception:  # noqa: BLE001 - the mistake that is shown here
        names = [record["messageId"] for record in event["Records"]]
        return {"batchItemFailures": [{"itemIdentifier": name} for name in names]}


def _answers(answer: Any, bodies: dict[str, str]) -> Any:
    """Return what a handler that was given as an answer says to one batch, or the exception."""
    if not callable(answer):
        return None
    try:
        return answer(_event(bodies), None)
    except Exception as error:  # noqa: BLE001 - a learner's handler may raise anything
        return error


_MIXED = {"m1": _GOOD, "m2": "{oops"}


def _raises(answer: Any) -> bool:
    return isinstance(_answers(answer, _MIXED), Exception)


def _lists_texts(answer: Any) -> bool:
    said = _answers(answer, _MIXED)
    failures = said.get("batchItemFailures") if isinstance(said, dict) else None
    return isinstance(failures, list) and any(isinstance(entry, str) for entry in failures)


def _reports_all(answer: Any) -> bool:
    said = _answers(answer, _MIXED)
    failures = said.get("batchItemFailures") if isinstance(said, dict) else None
    return isinstance(failures, list) and len(failures) == len(_MIXED)


# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
_RETURNED: dict[str, str] = {
    "returns {'batchItemFailures': []}": "none",
    "returns {'batchItemFailures': [{'itemIdentifier': 'm2'}]}": "m2",
    "returns {'batchItemFailures': [{'itemIdentifier': 'm9'}]}": "all",
    "returns {'batchItemFailure': [{'itemIdentifier': 'm2'}]}": "none",
    "raises for m2, after m1 was done": "all",
    "returns m2's id in the right form, but the mapping reports nothing": "none",
}


def _comes_back(answer: Any, _lab: HasClient | None) -> Outcome:
    return judged(
        answer,
        _RETURNED,
        "What Lambda cannot read as a failure is a success, and a success deletes. An answer it "
        "cannot trust brings everything back.",
    )


# A message is received at 0, 60, 120 ... seconds; the receive that would be one too many moves it.
_VISIBILITY, _RECEIVES = 60, 5
_LIFE = _VISIBILITY * _RECEIVES


def _moved(answer: Any, _lab: HasClient | None) -> Outcome:
    if isinstance(answer, bool) or not isinstance(answer, int | float):
        return not_yet(f"The answer should be a number of seconds; it is {shown(answer)}.")
    if answer == _LIFE:
        return right(
            f"{_RECEIVES} receives, each followed by {_VISIBILITY} seconds of hiding. For so long "
            "a poison message keeps your function busy."
        )
    return not_yet(f"It is not there after {shown(answer)} seconds, or has been there for long.")


def _filled(cases: dict[str, str]) -> str:
    return "answer = {\n" + "".join(f'    "{c}": "{word}",\n' for c, word in cases.items()) + "}\n"


EXERCISES = (
    Exercise(
        id="L41.1",
        question=(
            "The body of a good message is JSON: an object whose `amount` is a number above zero. "
            "Write a handler that reports every other message of its batch, and no good one. "
            "Set `answer` to the handler itself."
        ),
        check=_careful,
        hints=(
            "What can go wrong with a body? It is no JSON, no object, has no amount, or a bad one.",
            "Put try and except around each record, inside the loop, and collect the ids.",
            "Return {'batchItemFailures': [{'itemIdentifier': ...}]} with each bad messageId.",
        ),
        solution_source=(
            "import json\n\n"
            "def amount_of(record):\n"
            '    amount = json.loads(record["body"])["amount"]\n'
            "    if not amount > 0:\n"
            '        raise ValueError("the amount must be above zero")\n'
            "    return amount\n\n"
            "def handler(event, context):\n"
            "    failed = []\n"
            '    for record in event["Records"]:\n'
            "        try:\n"
            "            amount_of(record)\n"
            "        except Exception:\n"
            '            failed.append({"itemIdentifier": record["messageId"]})\n'
            '    return {"batchItemFailures": failed}\n\n'
            "answer = handler\n"
        ),
        mistakes=(
            Mistake(
                _one_by_one,
                "An exception that leaves the handler fails the whole batch. Catch it in the loop.",
                _raises,
            ),
            Mistake(
                _plain_ids,
                "Each entry is a dict of one key, itemIdentifier, and not the id alone.",
                _lists_texts,
            ),
            Mistake(
                _all_or_nothing,
                "That reports the good ones as well. The try belongs inside the loop.",
                _reports_all,
            ),
        ),
        placeholder="def handler(event, context):\n    ...\n\nanswer = handler",
    ),
    Exercise(
        id="L41.2",
        question=(
            "A batch holds the messages m1, m2 and m3, and `ReportBatchItemFailures` is on unless "
            'the case says otherwise. Which of them come back: `"all"`, `"none"` or `"m2"`?'
        ),
        check=_comes_back,
        hints=(
            "Lambda first asks: did the run succeed? Then: does the answer name failures?",
            "An id that Lambda does not know makes the answer worthless: better all than too few.",
            "Lambda does not read a key it does not know, nor any answer it was not told to read.",
        ),
        solution_source=_filled(_RETURNED),
        mistakes=(
            Mistake(
                _RETURNED | {"returns {'batchItemFailure': [{'itemIdentifier': 'm2'}]}": "m2"},
                "Read the key letter by letter. What is an answer without the key it looks for?",
                says("returns {'batchItemFailure': [{'itemIdentifier': 'm2'}]}", "m2", "all"),
            ),
            Mistake(
                _RETURNED | {"raises for m2, after m1 was done": "m2"},
                "After an exception there is no answer, so Lambda cannot know how far it came.",
                says("raises for m2, after m1 was done", "m2", "none"),
            ),
            Mistake(
                _RETURNED | {"returns {'batchItemFailures': [{'itemIdentifier': 'm9'}]}": "none"},
                "Something failed, and Lambda cannot tell what. It does not take that for success.",
                says("returns {'batchItemFailures': [{'itemIdentifier': 'm9'}]}", "none"),
            ),
            Mistake(
                _RETURNED
                | {"returns m2's id in the right form, but the mapping reports nothing": "m2"},
                "Without FunctionResponseTypes nobody reads the answer. What does Lambda see then?",
                says(
                    "returns m2's id in the right form, but the mapping reports nothing",
                    "m2",
                    "all",
                ),
            ),
        ),
        placeholder="answer = {\n" + "".join(f'    "{case}": ...,\n' for case in _RETURNED) + "}",
    ),
    Exercise(
        id="L41.3",
        question=(
            f"A poison message fails at once each time. Its queue has a visibility timeout of "
            f"{_VISIBILITY} seconds and a `maxReceiveCount` of {_RECEIVES}. How many seconds after "
            "the first receive does it reach the dead-letter queue? Set `answer` to a number."
        ),
        check=_moved,
        hints=(
            "Write the receives down: the first is at 0 seconds. When is the second?",
            "The queue moves a message when it would be received once more than allowed.",
            f"The last receive that is allowed is at {_LIFE - _VISIBILITY} seconds. And then?",
        ),
        solution_source=f"answer = {_RECEIVES} * {_VISIBILITY}\n",
        mistakes=(
            Mistake(
                _LIFE - _VISIBILITY,
                "That is the last receive. After it, the message is hidden once more.",
            ),
            Mistake(_LIFE + _VISIBILITY, "One too many: the first receive is at 0 seconds."),
            Mistake(0, "A failure does not count; receives do, and this one is the first."),
        ),
    ),
)
