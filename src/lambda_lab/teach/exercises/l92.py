"""Lab L92, a trigger calls a function: what holds, who may call, and which way to choose."""

from __future__ import annotations

from typing import Any

from lambda_lab.teach.cases import judged, says
from lambda_lab.teach.records import Exercise, HasClient, Mistake, Outcome

__all__ = ["EXERCISES"]

# -- L92.1: what a transaction covers --------------------------------------------------------------

_AFTER = {
    "RequestResponse, then ROLLBACK": ("no", "yes"),
    "RequestResponse, and the function sends the mail, then raises": ("no", "yes"),
    "Event, and the function raises before it sends, each time": ("yes", "no"),
    "Event, then COMMIT": ("yes", "yes"),
}


def _covered(answer: Any, _lab: HasClient | None) -> Outcome:
    if isinstance(answer, dict):
        answer = {
            case: tuple(value) if isinstance(value, list) else value
            for case, value in answer.items()
        }
    return judged(answer, _AFTER, "The transaction covers the row, and nothing outside.")


# -- L92.2: what is needed -------------------------------------------------------------------------

_NEEDED = {
    "a role attached to the instance with the feature Lambda": True,
    "lambda:InvokeFunction in that role's policy": True,
    "the extension in this database": True,
    "a permission of the function for events.amazonaws.com": False,
    "the access key of a user, in a table": False,
}


def _needs(answer: Any, _lab: HasClient | None) -> Outcome:
    return judged(answer, _NEEDED, "The instance calls under a role, from inside its sessions.")


def _placeholder(cases: dict[str, Any], blank: str) -> str:
    return "answer = {\n" + "".join(f'    "{case}": {blank},\n' for case in cases) + "}"


def _solution(cases: dict[str, Any]) -> str:
    lines = (f'    "{case}": {value!r},\n' for case, value in cases.items())
    return "answer = {\n" + "".join(lines) + "}\n"


EXERCISES = (
    Exercise(
        id="L92.1",
        question=(
            "A trigger calls a function that sends a mail. Is there a row afterwards, and is there "
            'a mail? Set each to a pair such as `("yes", "no")`: first the row, then the mail.'
        ),
        check=_covered,
        hints=(
            "Ask for the row and for the mail one after the other.",
            "Who waits for the function, and can therefore be told of its error?",
        ),
        solution_source=_solution(_AFTER),
        mistakes=tuple(
            Mistake(_AFTER | {case: wrong}, hint, says(case, wrong))
            for case, wrong, hint in (
                (
                    "RequestResponse, then ROLLBACK",
                    ("no", "no"),
                    "The function ran before the rollback, and does not hear of it.",
                ),
                (
                    "RequestResponse, and the function sends the mail, then raises",
                    ("yes", "yes"),
                    "The function's error is an error of the statement.",
                ),
                (
                    "Event, and the function raises before it sends, each time",
                    ("no", "no"),
                    "The insert got status 202 and went on.",
                ),
                (
                    "Event, then COMMIT",
                    ("yes", "no"),
                    "Nothing failed here.",
                ),
            )
        ),
        placeholder=_placeholder(_AFTER, "(..., ...)"),
    ),
    Exercise(
        id="L92.2",
        question=(
            "What does a database need so that it may call a function? "
            "Set each to `True` or `False`."
        ),
        check=_needs,
        hints=(
            "What did you do between the call that was refused and the one that worked?",
            "Nobody typed a key.",
        ),
        solution_source=_solution(_NEEDED),
        mistakes=tuple(
            Mistake(_NEEDED | {case: wrong}, hint, says(case, wrong))
            for case, wrong, hint in (
                (
                    "a role attached to the instance with the feature Lambda",
                    False,
                    "Without it the first call was refused.",
                ),
                (
                    "lambda:InvokeFunction in that role's policy",
                    False,
                    "A role that allows nothing is of no use.",
                ),
                (
                    "the extension in this database",
                    False,
                    "Where would the SQL function come from?",
                ),
                (
                    "a permission of the function for events.amazonaws.com",
                    True,
                    "That is what EventBridge needs.",
                ),
                (
                    "the access key of a user, in a table",
                    True,
                    "RDS takes the role itself; keys have no business in tables.",
                ),
            )
        ),
        placeholder=_placeholder(_NEEDED, "..."),
    ),
)
