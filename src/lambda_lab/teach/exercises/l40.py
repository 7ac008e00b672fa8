"""Lab L40, batches of a queue and the time for which a received message is hidden."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lambda_lab import facts
from lambda_lab.teach.cases import judged, says
from lambda_lab.teach.records import Exercise, HasClient, Mistake, Outcome
from lambda_lab.teach.trying import not_yet, right, shown

__all__ = ["EXERCISES"]

_TIMEOUT, _WINDOW = 40, 30
# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html: six times the function's
# timeout, plus MaximumBatchingWindowInSeconds.
_FACTOR = int(facts.value("esm.sqs.visibility-factor"))
_ADVISED = _FACTOR * _TIMEOUT + _WINDOW

# https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html (batching).
_REASONS = {
    "250 messages of 1 KB wait": "count",
    "one message of 1 KB comes each second": "window",
    "80 messages of 200 KB wait": "size",
    "3 messages of 900 KB wait": "window",
}
# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html, and for the filter
# https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html.
_PLACES = {
    "it was sent to a queue whose mapping is disabled": "visible",
    "the function is working on it": "hidden",
    "the function returned 'failed'": "deleted",
    "the function raised": "hidden",
    "the function timed out": "hidden",
    "it matched none of the mapping's filters": "deleted",
}


def _visibility(answer: Any, _lab: HasClient | None) -> Outcome:
    if isinstance(answer, bool) or not isinstance(answer, int | float):
        return not_yet(f"The answer should be a number of seconds; it is {shown(answer)}.")
    if answer == _ADVISED:
        return right(
            f"{_FACTOR} times {_TIMEOUT}, plus {_WINDOW}: time to gather the batch, to run it, and "
            "to try again where the function is throttled."
        )
    return not_yet(f"{shown(answer)} seconds is not what AWS advises.")


def _reasons(answer: Any, _lab: HasClient | None) -> Outcome:
    return judged(
        answer,
        _REASONS,
        "Whichever limit is reached first sends the batch; with few and light messages that is "
        "the window.",
    )


def _places(answer: Any, _lab: HasClient | None) -> Outcome:
    return judged(
        answer,
        _PLACES,
        "A receive hides, and only a run that ends without an error - or a filter - deletes.",
    )


def _filled(cases: Mapping[str, str]) -> str:
    rows = "".join(f'    "{case}": "{word}",\n' for case, word in cases.items())
    return f"answer = {{\n{rows}}}\n"


def _empty(cases: Mapping[str, str]) -> str:
    return "answer = {\n" + "".join(f'    "{case}": ...,\n' for case in cases) + "}"


EXERCISES = (
    Exercise(
        id="L40.1",
        question=(
            f"A function has a timeout of {_TIMEOUT} seconds, and its mapping a batching window "
            f"of {_WINDOW}. Which visibility timeout, in seconds, does AWS advise for the queue? "
            "Set `answer` to a number."
        ),
        check=_visibility,
        hints=(
            "A message is hidden from the moment it is received, so the window is part of it.",
            "Room for one run is not enough: a throttled batch is tried again in that time.",
            f"{_FACTOR} times the function's timeout, plus the batching window.",
        ),
        solution_source=f"answer = {_FACTOR} * {_TIMEOUT} + {_WINDOW}\n",
        mistakes=(
            Mistake(
                _FACTOR * _TIMEOUT,
                "Nearly. While the batch is being gathered its messages are hidden already.",
            ),
            Mistake(
                _TIMEOUT,
                "Lambda would accept the mapping. But what if the function is throttled first?",
            ),
            Mistake(
                _TIMEOUT + _WINDOW,
                "That is room for one run. AWS advises room for more tries than one.",
            ),
            Mistake(
                _FACTOR * (_TIMEOUT + _WINDOW),
                "The window is waited for once, not with every try.",
            ),
        ),
    ),
    Exercise(
        id="L40.2",
        question=(
            "A mapping has a batch size of 100 and a window of 60 seconds, and the function is "
            'idle. Why does the first batch leave in each case: `"count"`, `"window"` or '
            '`"size"`?'
        ),
        check=_reasons,
        hints=(
            "How many messages are there, how heavy are they together, and how long will it take?",
            f"An event may weigh {facts.get('payload.sync.request').text}: multiply.",
            "If neither a hundred messages nor the weight come together, only time is left.",
        ),
        solution_source=_filled(_REASONS),
        mistakes=(
            Mistake(
                _REASONS | {"80 messages of 200 KB wait": "window"},
                "80 times 200 KB is more than one request can carry: no need to wait.",
                says("80 messages of 200 KB wait", "window"),
            ),
            Mistake(
                _REASONS | {"3 messages of 900 KB wait": "size"},
                "They are heavy, but together less than half of what a request may carry.",
                says("3 messages of 900 KB wait", "size"),
            ),
            Mistake(
                _REASONS | {"one message of 1 KB comes each second": "count"},
                "How many seconds would a hundred of them take?",
                says("one message of 1 KB comes each second", "count"),
            ),
        ),
        placeholder=_empty(_REASONS),
    ),
    Exercise(
        id="L40.3",
        question=(
            'Where is a message right after each of these? Choose from `"deleted"`, `"hidden"` '
            'and `"visible"`.'
        ),
        check=_places,
        hints=(
            "Was it received, and did a run of the function end without an error?",
            "After a failure nobody touches it: it stays as the receive left it, for a while.",
            "What a handler returns is no error, whatever it says. Is it to Lambda?",
        ),
        solution_source=_filled(_PLACES),
        mistakes=(
            Mistake(
                _PLACES | {"the function returned 'failed'": "hidden"},
                "The text means something to you. To Lambda the run succeeded.",
                says("the function returned 'failed'", "hidden"),
            ),
            Mistake(
                _PLACES | {"the function raised": "visible"},
                "It will be, when its visibility timeout is over. Nobody brings it back earlier.",
                says("the function raised", "visible"),
            ),
            Mistake(
                _PLACES | {"it matched none of the mapping's filters": "visible"},
                "Then the pollers would receive it again and again. What else can they do with it?",
                says("it matched none of the mapping's filters", "visible"),
            ),
            Mistake(
                _PLACES | {"the function timed out": "deleted"},
                "A timeout is a failure like any other.",
                says("the function timed out", "deleted"),
            ),
        ),
        placeholder=_empty(_PLACES),
    ),
)
