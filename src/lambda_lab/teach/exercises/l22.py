"""Lab L22, deployments, init cost and SnapStart: what is done once, and what it copies."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from typing import Any

from lambda_lab.teach.cases import judged, says
from lambda_lab.teach.modules import answers, loaded, source_of
from lambda_lab.teach.records import Exercise, HasClient, Mistake, Outcome
from lambda_lab.teach.trying import not_yet, right, shown

__all__ = ["EXERCISES"]

# -- L22.1: what a cold call is billed -------------------------------------------------------------

# Init is part of the billed duration, rounded up to a millisecond as a whole:
# https://aws.amazon.com/blogs/compute/aws-lambda-standardizes-billing-for-init-phase/
_BILLED = 443


def _billed(answer: Any, _lab: HasClient | None) -> Outcome:
    if isinstance(answer, bool) or not isinstance(answer, int | float):
        return not_yet(f"The answer should be a number of milliseconds; it is {shown(answer)}.")
    if answer == _BILLED:
        return right("Run and init are added, and the sum is rounded up to a millisecond.")
    return not_yet(f"It is not {shown(answer)} milliseconds.")


# -- L22.2: where to do it -------------------------------------------------------------------------

_WHERE = {
    "make the client that every call uses": "module",
    "import a library for reports, needed once a month": "when needed",
    "read the customer's name from the event": "handler",
    "read the table of tax rates": "module",
    "draw the order number, with SnapStart": "handler",
}


def _where(answer: Any, _lab: HasClient | None) -> Outcome:
    return judged(
        answer,
        _WHERE,
        "The module does what every call needs and no call changes; the rest waits for its call.",
    )


# -- L22.3: unique in every copy -------------------------------------------------------------------

_COPIES = 3


def _unique(answer: Any, _lab: HasClient | None) -> Outcome:
    source = source_of(answer)
    ours = random.getstate()
    try:
        drawn, again = _drawn(source)
    finally:
        random.setstate(ours)
    if not all(isinstance(one, str) and one for one in (*drawn, again)):
        return not_yet(f"The handler should return text; it returned {shown(drawn[0])}.")
    if len(set(drawn)) < _COPIES:
        return not_yet(
            f"{_COPIES} copies of one snapshot were each called once, and gave the same "
            "number twice."
        )
    if again == drawn[-1]:
        return not_yet("Two calls in one environment gave the same number.")
    return right("The number comes from the operating system, which no snapshot holds.")


def _drawn(source: str) -> tuple[list[Any], Any]:
    """Return what the first call of each copy answers, and the second of the last."""
    module = loaded(source)
    # A copy starts as the snapshot was: the same globals, and the same state of `random`.
    state, snapshot = random.getstate(), _copied(module)
    drawn = []
    for _ in range(_COPIES):
        random.setstate(state)
        module.update(_copied(snapshot))
        drawn += answers(module, [{}])
    return drawn, answers(module, [{}])[0]


def _copied(names: dict[str, Any]) -> dict[str, Any]:
    """Return global names whose values a call can change without changing these."""
    kinds = (list, dict, set, random.Random)
    return {
        name: copy.deepcopy(value)
        if isinstance(value, kinds) and not isinstance(value, random.SystemRandom)
        else value
        for name, value in names.items()
        if name != "__builtins__"
    }


_AT_INIT = """\
import uuid

number = str(uuid.uuid4())

def handler(event, context):
    return number
"""
_SEEDED = """\
import random

def handler(event, context):
    return str(random.random())
"""
_SAFE = """\
import uuid

def handler(event, context):
    return str(uuid.uuid4())
"""


def _as_answer(source: str) -> str:
    return f"answer = '''\n{source}'''\n"


def _is(source: str) -> Callable[[Any], bool]:
    return lambda answer: bool(answer == source)


EXERCISES = (
    Exercise(
        id="L22.1",
        question=(
            "A `REPORT` line says `Duration: 12.30 ms` and `Init Duration: 430.20 ms`. For how "
            "many milliseconds is the call billed? Set `answer` to the number."
        ),
        check=_billed,
        hints=(
            "Since 2025 the init phase of every function is billed.",
            "Add first, then round up.",
        ),
        solution_source=f"answer = {_BILLED}\n",
        mistakes=(
            Mistake(13, "That was the bill before the init phase was part of it."),
            Mistake(444, "The two are added before they are rounded."),
            Mistake(442.5, "A bill counts whole milliseconds."),
            Mistake(442, "Rounded up, not down."),
        ),
    ),
    Exercise(
        id="L22.2",
        question=(
            'Where would you do it? Write `"module"` (once, in the init phase), `"handler"` (in '
            'each call), or `"when needed"` (in the first call that needs it).'
        ),
        check=_where,
        hints=(
            "Does every call need it? Is it the same for every call?",
            "What few calls need should not make every cold start wait.",
            "What must differ from call to call cannot be made once.",
        ),
        solution_source=(
            "answer = {\n"
            + "".join(f'    "{case}": "{place}",\n' for case, place in _WHERE.items())
            + "}\n"
        ),
        mistakes=(
            Mistake(
                _WHERE | {"import a library for reports, needed once a month": "module"},
                "Then every cold start waits for it, all month.",
                says("import a library for reports, needed once a month", "module"),
            ),
            Mistake(
                _WHERE | {"make the client that every call uses": "handler"},
                "Each call would make it anew, and open a connection.",
                says("make the client that every call uses", "handler", "when needed"),
            ),
            Mistake(
                _WHERE | {"draw the order number, with SnapStart": "module"},
                "It would be in the snapshot, and so in every copy.",
                says("draw the order number, with SnapStart", "module", "when needed"),
            ),
        ),
        placeholder=("answer = {\n" + "".join(f'    "{case}": ...,\n' for case in _WHERE) + "}"),
    ),
    Exercise(
        id="L22.3",
        question=(
            "Write a module whose `handler` returns an order number as text: another one in each "
            "call, and another one in each copy that SnapStart makes of the initialised module. "
            "Set `answer` to the text of the module."
        ),
        check=_unique,
        hints=(
            "What is drawn while the module is loaded is in the snapshot.",
            "The state of Python's `random` is in the memory, and so in the snapshot, too.",
            "`uuid.uuid4()` and the module `secrets` ask the operating system. Ask in the handler.",
        ),
        solution_source=_as_answer(_SAFE),
        mistakes=(
            Mistake(_AT_INIT, "It is drawn once, before the snapshot.", _is(_AT_INIT)),
            Mistake(
                _SEEDED,
                "Every copy starts with the same state of `random`, so all draw alike.",
                _is(_SEEDED),
            ),
        ),
        placeholder="answer = ...",
    ),
)
