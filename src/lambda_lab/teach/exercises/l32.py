"""Lab L32, dead-letter queue and destinations: what each is told, and what it takes to tell it."""

from __future__ import annotations

from typing import Any

from lambda_lab.teach.cases import judged, says
from lambda_lab.teach.records import Exercise, HasClient, Mistake, Outcome
from lambda_lab.teach.trying import NotYetError, not_yet, right, run, shown

__all__ = ["EXERCISES"]

# https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
_DEAD_LETTER = "dead-letter queue"
_SUCCESS = "on-success destination"
_FAILURE = "on-failure destination"
_PLACES = {
    "the event alone, with the error beside it": _DEAD_LETTER,
    "the event and the whole error document in one": _FAILURE,
    "what the function returned": _SUCCESS,
    "an object in a bucket for each failure": _FAILURE,
    "that a synchronous call has failed": "neither",
}


def _places(answer: Any, _lab: HasClient | None) -> Outcome:
    return judged(
        answer,
        _PLACES,
        "A dead letter is the event; a record tells the whole story. Neither hears of calls whose "
        "caller waits.",
    )


_ACTIONS: dict[str, str] = {
    "a dead letter to a queue": "sqs:SendMessage",
    "a record to a topic": "sns:Publish",
    "a record to another function": "lambda:InvokeFunction",
    "a record to an event bus": "events:PutEvents",
}


def _actions(answer: Any, _lab: HasClient | None) -> Outcome:
    return judged(
        answer,
        _ACTIONS,
        "Lambda delivers in the name of the execution role, so that role must hold the permission.",
    )


_FAILED: dict[str, Any] = {
    "requestContext": {"condition": "RetriesExhausted", "approximateInvokeCount": 3},
    "requestPayload": {"number": 17},
    "responseContext": {"statusCode": 200, "functionError": "Unhandled"},
    "responsePayload": {"errorMessage": "the shop is closed", "errorType": "RuntimeError"},
}
_NEVER_RAN: dict[str, Any] = {
    "requestContext": {"condition": "EventAgeExceeded", "approximateInvokeCount": 0},
    "requestPayload": {"number": 18},
}
_TOLD: tuple[tuple[dict[str, Any], dict[str, Any]], ...] = (
    (_FAILED, {"order": 17, "tries": 3, "why": "the shop is closed"}),
    (_NEVER_RAN, {"order": 18, "tries": 0, "why": "EventAgeExceeded"}),
)


def _described(answer: Any, lab: HasClient | None) -> Outcome:
    for record, wanted in _TOLD:
        result = run(answer, record, lab)
        if not isinstance(result, dict) or set(result) != set(wanted):
            return not_yet(
                f"The result should be a dict with order, tries and why; it is {shown(result)}."
            )
        for name, value in wanted.items():
            if type(result[name]) is not type(value) or result[name] != value:
                condition = record["requestContext"]["condition"]
                return not_yet(
                    f"For the record with the condition {condition}, {name} should be {value!r}; "
                    f"it is {shown(result[name])}."
                )
    return right("It reads both kinds of record: of a function that failed, and of one not run.")


def _trusting(event: Any, context: Any) -> dict[str, Any]:
    return {
        "order": event["requestPayload"]["number"],
        "tries": event["requestContext"]["approximateInvokeCount"],
        "why": event["responsePayload"]["errorMessage"],
    }


def _condition_only(event: Any, context: Any) -> dict[str, Any]:
    return {
        "order": event["requestPayload"]["number"],
        "tries": event["requestContext"]["approximateInvokeCount"],
        "why": event["requestContext"]["condition"],
    }


def _fails_without_response(answer: Any) -> bool:
    if not callable(answer):
        return False
    try:
        run(answer, _FAILED, None)
    except NotYetError:
        return False
    try:
        run(answer, _NEVER_RAN, None)
    except NotYetError:
        return True
    return False


def _says_the_condition(answer: Any) -> bool:
    if not callable(answer):
        return False
    result = run(answer, _FAILED, None)
    return isinstance(result, dict) and result.get("why") == "RetriesExhausted"


EXERCISES = (
    Exercise(
        id="L32.1",
        question=(
            "Which place is told this? Choose from `"
            f'"{_DEAD_LETTER}"`, `"{_SUCCESS}"`, `"{_FAILURE}"` and `"neither"`.'
        ),
        check=_places,
        hints=(
            "Both are for calls whose sender has left. What does a letter hold, and a record?",
            "A letter is the event itself. A record has the event, the outcome and the response.",
            "A bucket takes records of failures, and no dead letters.",
        ),
        solution_source=(
            "answer = {\n"
            + "".join(f'    "{case}": "{place}",\n' for case, place in _PLACES.items())
            + "}\n"
        ),
        mistakes=(
            Mistake(
                _PLACES | {"the event and the whole error document in one": _DEAD_LETTER},
                "Look at the body of the letter in the first section: is the stack trace in it?",
                says("the event and the whole error document in one", _DEAD_LETTER),
            ),
            Mistake(
                _PLACES | {"an object in a bucket for each failure": _DEAD_LETTER},
                "A dead-letter queue is a queue or a topic; a bucket is neither.",
                says("an object in a bucket for each failure", _DEAD_LETTER),
            ),
            Mistake(
                _PLACES | {"that a synchronous call has failed": _FAILURE},
                "Who waits for a synchronous call, and is told of its error?",
                says("that a synchronous call has failed", _FAILURE, _DEAD_LETTER),
            ),
        ),
        placeholder=("answer = {\n" + "".join(f'    "{case}": ...,\n' for case in _PLACES) + "}"),
    ),
    Exercise(
        id="L32.2",
        question=(
            "Which action must the function's execution role be allowed, so that Lambda can "
            'deliver this? Write each as `"service:Action"`.'
        ),
        check=_actions,
        hints=(
            "Each is the name of the API call that Lambda makes at the target.",
            "The section with the missing permission shows one of the four.",
            "SendMessage, Publish, InvokeFunction, PutEvents; which belongs to which service?",
        ),
        solution_source=(
            "answer = {\n"
            + "".join(f'    "{case}": "{action}",\n' for case, action in _ACTIONS.items())
            + "}\n"
        ),
        mistakes=(
            Mistake(
                _ACTIONS | {"a record to another function": "lambda:Invoke"},
                "The API call is Invoke, but IAM's name for it is longer.",
                says("a record to another function", "lambda:Invoke", "lambda:InvokeAsync"),
            ),
            Mistake(
                _ACTIONS | {"a record to a topic": "sns:SendMessage"},
                "One sends a message to a queue; a topic has a verb of its own.",
                says("a record to a topic", "sns:SendMessage"),
            ),
            Mistake(
                _ACTIONS | {"a record to an event bus": "eventbridge:PutEvents"},
                "In policies EventBridge goes by the name it had in its API from the start.",
                says("a record to an event bus", "eventbridge:PutEvents"),
            ),
        ),
        placeholder=("answer = {\n" + "".join(f'    "{case}": ...,\n' for case in _ACTIONS) + "}"),
    ),
    Exercise(
        id="L32.3",
        question=(
            "A function is the on-failure destination of `order`, so its event is an invocation "
            "record. Write its handler: it returns a dict with `order`, the number in the event "
            "that failed; `tries`, the number of runs; and `why`, the error's message, or the "
            "condition if the function never ran. Set `answer` to the handler."
        ),
        check=_described,
        hints=(
            "Print a record with json.dumps(record, indent=2) and look for the three.",
            "The event that failed is under requestPayload, the runs are under requestContext.",
            'A record of an event that never ran has no "responsePayload": use record.get.',
        ),
        solution_source=(
            "def handler(record, context):\n"
            '    about = record["requestContext"]\n'
            '    error = record.get("responsePayload") or {}\n'
            "    return {\n"
            '        "order": record["requestPayload"]["number"],\n'
            '        "tries": about["approximateInvokeCount"],\n'
            '        "why": error.get("errorMessage", about["condition"]),\n'
            "    }\n\n"
            "answer = handler\n"
        ),
        mistakes=(
            Mistake(
                _trusting,
                "An event that never ran has no response, so its record has no responsePayload.",
                _fails_without_response,
            ),
            Mistake(
                _condition_only,
                "The condition says that Lambda gave up; the error's message says why.",
                _says_the_condition,
            ),
        ),
        placeholder="def handler(record, context):\n    ...\n\nanswer = handler",
    ),
)
