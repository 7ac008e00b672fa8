"""Lab L20, cold or warm: which calls wait for an init phase, and how a function can tell."""

from __future__ import annotations

from typing import Any

from lambda_lab.teach.cases import judged, says
from lambda_lab.teach.modules import answers, loaded, source_of
from lambda_lab.teach.records import Exercise, HasClient, Mistake, Outcome
from lambda_lab.teach.trying import not_yet, right, shown

__all__ = ["EXERCISES"]

# -- L20.1: cold or warm ---------------------------------------------------------------------------

# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
_STARTS = {
    "the first call": "cold",
    "a call right after it": "warm",
    "a second call at the same moment": "cold",
    "a call after an exception": "warm",
    "a call after new code": "cold",
    "a call after a changed variable": "cold",
}


def _started(answer: Any, _lab: HasClient | None) -> Outcome:
    return judged(
        answer,
        _STARTS,
        "A call is warm when an environment of this very code and configuration is free.",
    )


# -- L20.2: how many environments ------------------------------------------------------------------

_NEEDED = 4


def _counted(answer: Any, _lab: HasClient | None) -> Outcome:
    if isinstance(answer, bool) or not isinstance(answer, int):
        return not_yet(f"The answer should be a whole number; it is {shown(answer)}.")
    if answer == _NEEDED:
        return right(
            "Four calls overlap between 1.5 and 2 seconds, and every later call finds one free."
        )
    return not_yet(f"It is not {answer}.")


# -- L20.3: a function that knows ------------------------------------------------------------------


def _knows(answer: Any, _lab: HasClient | None) -> Outcome:
    source = source_of(answer)
    for said in (answers(loaded(source), [{}] * 3) for _ in range(2)):
        wanted = [{"cold": number == 0} for number in range(3)]
        if said != wanted:
            return not_yet(
                f"Three calls in one environment should return {shown(wanted)}; "
                f"they returned {shown(said)}."
            )
    return right("The module runs once for each environment, so what it sets is new only once.")


_FLAG = """\
cold = True

def handler(event, context):
    global cold
    was, cold = cold, False
    return {"cold": was}
"""
_LOCAL = """\
def handler(event, context):
    cold = True
    return {"cold": cold}
"""
_NEVER_CLEARED = """\
cold = True

def handler(event, context):
    return {"cold": cold}
"""


def _as_answer(source: str) -> str:
    return f"answer = '''\n{source}'''\n"


EXERCISES = (
    Exercise(
        id="L20.1",
        question=(
            "Which calls start cold, in an account without provisioned concurrency? "
            'Write `"cold"` or `"warm"`; the environments are idle unless a case says otherwise.'
        ),
        check=_started,
        hints=(
            "Ask for each: is there a free environment with this code and this configuration?",
            "An exception is an answer; the environment stays.",
            "Every update of the configuration replaces the environments, whatever it changes.",
        ),
        solution_source=(
            "answer = {\n"
            + "".join(f'    "{case}": "{start}",\n' for case, start in _STARTS.items())
            + "}\n"
        ),
        mistakes=(
            Mistake(
                _STARTS | {"a second call at the same moment": "warm"},
                "The only environment is busy with the first call.",
                says("a second call at the same moment", "warm"),
            ),
            Mistake(
                _STARTS | {"a call after an exception": "cold"},
                "After an exception the environment is as good as before. A crash is different.",
                says("a call after an exception", "cold"),
            ),
            Mistake(
                _STARTS | {"a call after a changed variable": "warm"},
                "The lab changed only the memory, and the next call was cold.",
                says("a call after a changed variable", "warm"),
            ),
        ),
        placeholder=("answer = {\n" + "".join(f'    "{case}": ...,\n' for case in _STARTS) + "}"),
    ),
    Exercise(
        id="L20.2",
        question=(
            "A new function is called every half second, twenty times. Each call takes two "
            "seconds, and an init phase takes no time worth counting; at the moment when a call "
            "ends, its environment is free for the call that arrives then. How many environments "
            "does Lambda start? Set `answer` to the number."
        ),
        check=_counted,
        hints=(
            "Write down which calls are still running when the fifth arrives.",
            "Calls per second times seconds per call.",
        ),
        solution_source=f"answer = {_NEEDED}\n",
        mistakes=(
            Mistake(20, "A call that finds a free environment starts none."),
            Mistake(
                5,
                "At two seconds the first call has just ended, and its environment is free for "
                "the fifth.",
            ),
            Mistake(1, "One environment works on one call at a time."),
            Mistake(2, "Two a second, and each takes two seconds: more than two overlap."),
        ),
    ),
    Exercise(
        id="L20.3",
        question=(
            'Write a module whose `handler` returns `{"cold": True}` for the first call of each '
            'environment and `{"cold": False}` for all others. Set `answer` to the text of the '
            "module."
        ),
        check=_knows,
        hints=(
            "What runs once for each environment?",
            "A variable outside the handler; the handler reads it and then changes it.",
            "To assign to a global variable in a function, declare it with `global`.",
        ),
        solution_source=_as_answer(_FLAG),
        mistakes=(
            Mistake(_LOCAL, "A local variable is new in each call.", lambda one: one == _LOCAL),
            Mistake(
                _NEVER_CLEARED,
                "Nothing changes the variable, so it stays true.",
                lambda one: one == _NEVER_CLEARED,
            ),
        ),
        placeholder="answer = ...",
    ),
)
