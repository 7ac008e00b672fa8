"""Lab L31, asynchronous retries: when the next try comes, and when there is none."""

from __future__ import annotations

from typing import Any

from lambda_lab import facts
from lambda_lab.teach.cases import judged, says
from lambda_lab.teach.records import Exercise, HasClient, Mistake, Outcome
from lambda_lab.teach.trying import not_yet, right, shown

__all__ = ["EXERCISES"]

_RUNS = (1, 2, 3, 3)
"""Runs after 0, 1, 3 and 60 minutes: one try, a retry after one minute, one after two more."""


def _counted(answer: Any, _lab: HasClient | None) -> Outcome:
    if not isinstance(answer, tuple | list) or len(answer) != len(_RUNS):
        return not_yet(f"The answer should be four numbers; it is {shown(answer)}.")
    wrong = [place for place, runs in enumerate(_RUNS) if answer[place] != runs]
    if not wrong:
        return right(
            "One try and two retries, and then no more: an hour later the event is long gone."
        )
    moment = ("right away", "after 1 minute", "after 3 minutes", "after 60 minutes")[wrong[0]]
    return not_yet(
        f"Look again at the number of runs {moment}: it is not {shown(answer[wrong[0]])}."
    )


_WANTED = {"MaximumRetryAttempts": 1, "MaximumEventAgeInSeconds": 600}


def _configured(answer: Any, _lab: HasClient | None) -> Outcome:
    if not isinstance(answer, dict) or set(answer) != set(_WANTED):
        names = " and ".join(_WANTED)
        return not_yet(f"The answer should be a dict with {names}; it is {shown(answer)}.")
    for name, value in _WANTED.items():
        if answer[name] != value or isinstance(answer[name], bool):
            return not_yet(f"{name} should not be {shown(answer[name])}.")
    return right("One retry makes two tries, and the age is counted in seconds.")


_DONE = "done"
_MINUTE = "next try in 1 minute"
_SECONDS = "next try within seconds"
_TARGET = "goes to the failure target"
_CASES = {
    "the handler returns {'ok': False}": _DONE,
    "the first run raises": _MINUTE,
    "the first run times out": _MINUTE,
    "the first attempt is throttled": _SECONDS,
    "reserved concurrency is 0": _TARGET,
}


def _sorted_out(answer: Any, _lab: HasClient | None) -> Outcome:
    return judged(
        answer,
        _CASES,
        "Only a failed run uses up a try. What a handler returns is its own affair, and being "
        "turned away is no failure.",
    )


EXERCISES = (
    Exercise(
        id="L31.1",
        question=(
            "A function that always fails gets one event, with nothing configured. How many runs "
            "does its log hold right away, after 1 minute, after 3 minutes, and after 60? "
            "Set `answer` to four numbers."
        ),
        check=_counted,
        hints=(
            "The first try comes at once.",
            "The first retry comes after one minute, the second two minutes after that.",
            "By default there are two retries. After them the event is given up.",
        ),
        solution_source=f"answer = {_RUNS!r}\n",
        mistakes=(
            Mistake(
                (1, 2, 2, 3),
                "The second retry comes two minutes after the first, so three minutes after the "
                "event.",
            ),
            Mistake((0, 1, 2, 3), "The first try needs no wait: it comes at once."),
            Mistake(
                (1, 2, 3, 4), "Two retries are the default and the most. There is no fourth run."
            ),
        ),
        placeholder="answer = (..., ..., ..., ...)",
    ),
    Exercise(
        id="L31.2",
        question=(
            "An event for this function is worthless after ten minutes, and it must never be tried "
            "more than twice in all. Set `answer` to the settings that "
            "`put_function_event_invoke_config` should get."
        ),
        check=_configured,
        hints=(
            "The first run is no retry.",
            "The age is given in seconds.",
            "Twice in all is one retry; ten minutes are 600 seconds.",
        ),
        solution_source=f"answer = {_WANTED!r}\n",
        mistakes=(
            Mistake(
                _WANTED | {"MaximumRetryAttempts": 2},
                "Two retries are three tries in all.",
                lambda answer: answer["MaximumRetryAttempts"] == 2,
            ),
            Mistake(
                _WANTED | {"MaximumEventAgeInSeconds": 10},
                f"The age is in seconds, and at least {facts.get('async.age.minimum').text}.",
                lambda answer: answer["MaximumEventAgeInSeconds"] == 10,
            ),
        ),
        placeholder='answer = {"MaximumRetryAttempts": ..., "MaximumEventAgeInSeconds": ...}',
    ),
    Exercise(
        id="L31.3",
        question=(
            "What does Lambda do with an asynchronous event in each case? Choose from "
            f'`"{_DONE}"`, `"{_MINUTE}"`, `"{_SECONDS}"` and `"{_TARGET}"`.'
        ),
        check=_sorted_out,
        hints=(
            "Three things can happen to a try: it ends, it fails, or it never starts.",
            "A handler that returns has succeeded, whatever it returns.",
            "A throttled event is tried again soon. A function that may never run: another matter.",
        ),
        solution_source=(
            "answer = {\n" + "".join(f'    "{c}": "{e}",\n' for c, e in _CASES.items()) + "}\n"
        ),
        mistakes=(
            Mistake(
                _CASES | {"the handler returns {'ok': False}": _MINUTE},
                "Lambda does not read what a handler returns. Only an error is a failure.",
                says("the handler returns {'ok': False}", _MINUTE),
            ),
            Mistake(
                _CASES | {"the first attempt is throttled": _MINUTE},
                "One minute is for runs that failed. A throttled event did not run.",
                says("the first attempt is throttled", _MINUTE),
            ),
            Mistake(
                _CASES | {"the first run times out": _TARGET},
                "A timeout is a function error like any other: there are retries left.",
                says("the first run times out", _TARGET),
            ),
        ),
        placeholder=("answer = {\n" + "".join(f'    "{case}": ...,\n' for case in _CASES) + "}"),
    ),
)
