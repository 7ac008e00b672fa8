"""Lab L90, too many connections: how many are left, what holds them, and how to brake."""

from __future__ import annotations

from typing import Any

from lambda_lab.teach.cases import judged, says
from lambda_lab.teach.records import Exercise, HasClient, Mistake, Outcome
from lambda_lab.teach.trying import not_yet, right, shown

__all__ = ["EXERCISES"]

# -- L90.1: how much to reserve --------------------------------------------------------------------

_MAXIMUM, _SUPERUSER, _TOOLS, _OTHER = 112, 3, 9, 40
_LEFT = _MAXIMUM - _SUPERUSER - _TOOLS - _OTHER


def _reserved(answer: Any, _lab: HasClient | None) -> Outcome:
    if isinstance(answer, bool) or not isinstance(answer, int | float) or answer % 1:
        return not_yet(f"The answer should be a whole number; it is {shown(answer)}.")
    if answer == _LEFT:
        return right("Each environment holds one connection, so the bounds of both are the same.")
    if answer > _LEFT:
        return not_yet(f"With {shown(answer)} environments, somebody would be refused.")
    return not_yet(f"{shown(answer)} is safe, but not the most.")


# -- L90.2: what holds a connection ----------------------------------------------------------------

_OPEN = {
    "connected outside the handler, twenty calls one after another": 1,
    "connected outside the handler, twenty calls at once": 20,
    "connected in the handler and closed, twenty calls one after another": 0,
    "connected in the handler, kept in a list, twenty calls one after another": 20,
}


def _held(answer: Any, _lab: HasClient | None) -> Outcome:
    return judged(answer, _OPEN, "Count the environments, then what each of them holds.")


# -- L90.3: who says no ----------------------------------------------------------------------------

_WHO = {
    "53300": "database",
    "TooManyRequestsException": "Lambda",
    "Task timed out, after a wait for a connection": "network",
}


def _refuses(answer: Any, _lab: HasClient | None) -> Outcome:
    return judged(answer, _WHO, "Each of them says no in words of its own, or says nothing.")


def _placeholder(cases: dict[str, Any]) -> str:
    return "answer = {\n" + "".join(f'    "{case}": ...,\n' for case in cases) + "}"


def _solution(cases: dict[str, Any]) -> str:
    return (
        "answer = {\n"
        + "".join(f'    "{case}": {value!r},\n' for case, value in cases.items())
        + "}\n"
    )


EXERCISES = (
    Exercise(
        id="L90.1",
        question=(
            f"A database has `max_connections` {_MAXIMUM}; {_SUPERUSER} are kept for the "
            f"superuser, {_TOOLS} for people and their tools, and a web server holds {_OTHER}. "
            "What is the highest reserved concurrency with which a function, one connection for "
            "each environment, never meets 53300? Set `answer` to a whole number."
        ),
        check=_reserved,
        hints=(
            "Take from the whole what others hold.",
            "One environment, one connection.",
        ),
        solution_source=f"answer = {_MAXIMUM} - {_SUPERUSER} - {_TOOLS} - {_OTHER}\n",
        mistakes=(
            Mistake(_MAXIMUM, "Others are connected too."),
            Mistake(_LEFT + _SUPERUSER, "The superuser's places are not for your user."),
            Mistake(_LEFT - 1, "One more fits."),
        ),
    ),
    Exercise(
        id="L90.2",
        question=(
            "A function begins without environments, and the database has room for all. How many "
            "connections are open after the calls, before any environment is taken away? "
            "Set each to a whole number."
        ),
        check=_held,
        hints=(
            "How many environments does it take?",
            "What is outside the handler is made once for each environment.",
        ),
        solution_source=_solution(_OPEN),
        mistakes=tuple(
            Mistake(_OPEN | {case: wrong}, hint, says(case, wrong))
            for case, wrong, hint in (
                (
                    "connected outside the handler, twenty calls one after another",
                    20,
                    "The second call finds the first one's environment warm.",
                ),
                (
                    "connected outside the handler, twenty calls at once",
                    1,
                    "Environments share nothing, and each serves one call at a time.",
                ),
                (
                    "connected in the handler and closed, twenty calls one after another",
                    1,
                    "Each call gives back what it took.",
                ),
                (
                    "connected in the handler, kept in a list, twenty calls one after another",
                    1,
                    "One environment, but what does its list hold?",
                ),
            )
        ),
        placeholder=_placeholder(_OPEN),
    ),
    Exercise(
        id="L90.3",
        question=('Who is it that says no? Set each to `"database"`, `"Lambda"` or `"network"`.'),
        check=_refuses,
        hints=(
            "SQLSTATE codes have five characters.",
            "A security group that lets nothing in is silent.",
        ),
        solution_source=_solution(_WHO),
        mistakes=tuple(
            Mistake(_WHO | {case: wrong}, hint, says(case, wrong))
            for case, wrong, hint in (
                ("53300", "Lambda", "It is an SQLSTATE. Who speaks SQL?"),
                (
                    "TooManyRequestsException",
                    "database",
                    "The database never heard of this call.",
                ),
                (
                    "Task timed out, after a wait for a connection",
                    "database",
                    "A database that is full answers at once.",
                ),
            )
        ),
        placeholder=_placeholder(_WHO),
    ),
)
