"""Lab L21, what survives: variables, files and connections, and whose data they hold."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lambda_lab.teach.cases import judged, says
from lambda_lab.teach.modules import answers, loaded, source_of
from lambda_lab.teach.records import Exercise, HasClient, Mistake, Outcome
from lambda_lab.teach.trying import not_yet, right, shown

__all__ = ["EXERCISES"]

# -- L21.1: what is left after what ----------------------------------------------------------------

# "If the function crashes, times out..., Lambda resets the environment; /tmp is kept":
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
_LEFT = {
    "an exception": "both",
    "a crash": "/tmp",
    "a timeout": "/tmp",
    "new code": "nothing",
    "a longer timeout in the configuration": "nothing",
}


def _left(answer: Any, _lab: HasClient | None) -> Outcome:
    return judged(
        answer,
        _LEFT,
        "A variable lives with the process, and a file in /tmp with the environment.",
    )


# -- L21.2: a cache that does not tell -------------------------------------------------------------

_CALLERS = ("Ada", "Bob", "Ada", "Eve", "Bob", "Ada")


def _cached(answer: Any, _lab: HasClient | None) -> Outcome:
    source = source_of(answer)
    asked: list[Any] = []

    def look_up(user: Any) -> str:
        asked.append(user)
        return f"card of {user}"

    module = loaded(source, {"look_up": look_up})
    said = answers(module, [{"user": user} for user in _CALLERS])
    for user, card in zip(_CALLERS, said, strict=True):
        if card != f"card of {user}":
            return not_yet(f"{user} got {shown(card)}, and should get 'card of {user}'.")
    if len(asked) > len(set(_CALLERS)):
        return not_yet(
            f"Six calls by three users looked up {len(asked)} times; three times are enough."
        )
    return right("What is kept is kept under the name of the caller it belongs to.")


_GLOBAL = """\
card = None

def handler(event, context):
    global card
    if card is None:
        card = look_up(event["user"])
    return card
"""
_EACH_TIME = """\
def handler(event, context):
    return look_up(event["user"])
"""
_KEYED = """\
cards = {}

def handler(event, context):
    user = event["user"]
    if user not in cards:
        cards[user] = look_up(user)
    return cards[user]
"""

# -- L21.3: where it belongs -----------------------------------------------------------------------

_PLACES = {
    "a connection to a database": "variable",
    "the basket of a customer": "outside",
    "a video while one call converts it": "/tmp",
    "the number of calls today": "outside",
    "a table of tax rates, the same for everybody": "variable",
}


def _placed(answer: Any, _lab: HasClient | None) -> Outcome:
    return judged(
        answer,
        _PLACES,
        "What another call must find goes outside; what only saves time may stay inside.",
    )


def _as_answer(source: str) -> str:
    return f"answer = '''\n{source}'''\n"


def _written(mapping: dict[str, str]) -> str:
    lines = "".join(f'    "{case}": "{value}",\n' for case, value in mapping.items())
    return f"answer = {{\n{lines}}}\n"


def _asked(mapping: dict[str, str]) -> str:
    return "answer = {\n" + "".join(f'    "{case}": ...,\n' for case in mapping) + "}"


def _is(source: str) -> Callable[[Any], bool]:
    return lambda answer: bool(answer == source)


EXERCISES = (
    Exercise(
        id="L21.1",
        question=(
            "A call has set a global variable and written a file in `/tmp`. What does the next "
            'call find after each of these? Write `"both"`, `"/tmp"` or `"nothing"`.'
        ),
        check=_left,
        hints=(
            "Does the process go on? Does the environment?",
            "A crash or a timeout ends the process and resets the environment.",
            "A change of code or configuration starts new environments.",
        ),
        solution_source=_written(_LEFT),
        mistakes=(
            Mistake(
                _LEFT | {"a crash": "nothing"},
                "The count in the file went on after the crash in the lab.",
                says("a crash", "nothing"),
            ),
            Mistake(
                _LEFT | {"a timeout": "both"},
                "After a timeout the process cannot be trusted, and Lambda ends it.",
                says("a timeout", "both"),
            ),
            Mistake(
                _LEFT | {"an exception": "/tmp"},
                "An exception ends the handler, not the process.",
                says("an exception", "/tmp", "nothing"),
            ),
            Mistake(
                _LEFT | {"a longer timeout in the configuration": "both"},
                "A configuration is part of what an environment was made for.",
                says("a longer timeout in the configuration", "both", "/tmp"),
            ),
        ),
        placeholder=_asked(_LEFT),
    ),
    Exercise(
        id="L21.2",
        question=(
            "Repair the wallet. Write a module whose `handler` returns `look_up(user)` for the "
            "`user` of its event, and never looks the same user up twice in one environment. "
            "`look_up` is there already. Set `answer` to the text of the module."
        ),
        check=_cached,
        hints=(
            "Under which name is the card kept?",
            "A dict in a global variable, with the user as its key.",
            "Look into the dict first, and look up only what is not in it.",
        ),
        solution_source=_as_answer(_KEYED),
        mistakes=(
            Mistake(
                _GLOBAL, "This is the wallet of the lab: one variable for everybody.", _is(_GLOBAL)
            ),
            Mistake(
                _EACH_TIME,
                "Nobody sees another's card, and nothing is kept either.",
                _is(_EACH_TIME),
            ),
        ),
        placeholder="answer = ...",
    ),
    Exercise(
        id="L21.3",
        question=(
            'Where does it belong? Write `"variable"` (made outside the handler), `"/tmp"`, or '
            '`"outside"` (a table, a bucket).'
        ),
        check=_placed,
        hints=(
            "Would it be wrong if the next call, in another environment, did not find it?",
            "What is slow to make and the same for everybody saves time in a variable.",
            "A customer's next call may meet another environment, and so may tomorrow's count.",
        ),
        solution_source=_written(_PLACES),
        mistakes=(
            Mistake(
                _PLACES | {"the basket of a customer": "variable"},
                "The next call may go to another environment, and the next customer to this one.",
                says("the basket of a customer", "variable", "/tmp"),
            ),
            Mistake(
                _PLACES | {"the number of calls today": "variable"},
                "Each environment would count its own calls, and forget them when it ends.",
                says("the number of calls today", "variable", "/tmp"),
            ),
            Mistake(
                _PLACES | {"a video while one call converts it": "variable"},
                "It may be larger than the memory, and tools for video want a file.",
                says("a video while one call converts it", "variable"),
            ),
        ),
        placeholder=_asked(_PLACES),
    ),
)
