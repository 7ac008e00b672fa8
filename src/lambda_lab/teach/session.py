"""The teacher's side of a lab: check, hint, solution. Nothing here raises into a notebook."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field, replace
from typing import Any

from lambda_lab.teach.exercises import REGISTRY
from lambda_lab.teach.patience import TooLong, patience
from lambda_lab.teach.records import Exercise, HasClient, Hint, Outcome, Solution, Verdict
from lambda_lab.teach.trying import NotYetError, named, shown, untouched

__all__ = ["check", "exercises", "forget", "hint", "solution", "solution_source", "stopped"]

CPU_SECONDS = 3
"""What a check may work. The slowest of ours takes a hundredth of that."""
_ENDLESS = (
    "Your answer was still at work after a long time, and was stopped. "
    "Is there a loop that never ends?"
)
_STOPPED = "The check was stopped before it had an answer."


@dataclass(slots=True)
class _Progress:
    """How far a learner is; kept in memory only, told to nobody."""

    hints_given: dict[str, int] = field(default_factory=dict)


_progress = _Progress()


def forget() -> None:
    """Begin again: the next hint is the first one."""
    _progress.hints_given.clear()


def check(exercise_id: str, answer: Any = ..., lab: HasClient | None = None) -> Outcome:
    """Judge *answer*.

    Parameters
    ----------
    exercise_id
        For example ``L10.1``.
    answer
        What the learner made; its form stands in the question.
    lab
        The lab, for exercises that try a function in it.

    Returns
    -------
    Outcome
        Right, not yet (with the reason and a hint) or not attempted. Whatever the answer does
        when it is tried, no exception leaves.

    Examples
    --------
    >>> print(check("L30.3", "the caller"))  # doctest: +ELLIPSIS
    Right. ...
    >>> print(check("L30.3"))
    Not attempted. Replace ... with your answer, run the cell, then check again.
    """
    exercise = _find(exercise_id)
    if exercise is None:
        return Outcome(Verdict.NOT_ATTEMPTED, _unknown(exercise_id))
    try:
        with patience(CPU_SECONDS):
            outcome = _judge(exercise, answer, lab)
    except TooLong:
        # The hint of a mistake would be sought by calling the answer once more.
        return Outcome(Verdict.NOT_YET, _ENDLESS, _next_hint(exercise))
    except NotYetError as reason:
        outcome = Outcome(Verdict.NOT_YET, str(reason))
    except KeyboardInterrupt:
        return Outcome(Verdict.NOT_YET, _STOPPED, _next_hint(exercise))
    except (Exception, SystemExit) as error:  # noqa: BLE001 - an answer may do anything when tried
        outcome = Outcome(
            Verdict.NOT_YET,
            f"Your answer could not be checked: looking at it raised {type(error).__name__}. "
            "Compare its form with the question, and see that the cells above have run.",
        )
    if outcome.verdict is Verdict.NOT_YET and not outcome.hint:
        outcome = replace(outcome, hint=_hint_for(exercise, answer))
    return outcome


def _judge(exercise: Exercise, answer: Any, lab: HasClient | None) -> Outcome:
    if untouched(answer):
        return Outcome(
            Verdict.NOT_ATTEMPTED,
            "Replace ... with your answer, run the cell, then check again.",
        )
    return exercise.check(answer, lab)


def _hint_for(exercise: Exercise, answer: Any) -> str:
    """Return the hint of the mistake that was made, else the next one not yet given."""
    for mistake in exercise.mistakes:
        try:
            with patience(CPU_SECONDS):
                if mistake.made_in(answer):
                    return mistake.hint
        except (TooLong, KeyboardInterrupt):
            break
        except (Exception, SystemExit):  # noqa: BLE001 - comparing may raise anything
            continue
    return _next_hint(exercise)


def _next_hint(exercise: Exercise) -> str:
    given = _progress.hints_given.get(exercise.id, 0)
    return exercise.hints[min(given, len(exercise.hints) - 1)]


def stopped(exercise_id: str, error: BaseException) -> Outcome:
    """Return what an exercise says if the cell with the answer ended before the check.

    Parameters
    ----------
    exercise_id
        For example ``L10.1``.
    error
        What ended the cell.

    Examples
    --------
    >>> print(stopped("L00.2", NameError("no", name="REPORT")))  # doctest: +ELLIPSIS
    Not yet. Python knows no name 'REPORT'. Text stands in quotation marks; ...
    Hint: ...
    """
    exercise = _find(exercise_id)
    if exercise is None:
        return Outcome(Verdict.NOT_ATTEMPTED, _unknown(exercise_id))
    return Outcome(Verdict.NOT_YET, _why_stopped(error), _next_hint(exercise))


def _why_stopped(error: BaseException) -> str:
    match error:
        case KeyboardInterrupt():
            return "The cell was stopped before the check."
        case SyntaxError():
            return f"The cell is not Python yet: {error.msg}, in line {error.lineno}."
        case NameError(name=str(name)):
            return (
                f"Python knows no name {name!r}. Text stands in quotation marks; other names are "
                "made by a cell further up, which must have run."
            )
    return f"The cell ended before the check, with {named(error)}."


def hint(exercise_id: str) -> Hint:
    """Return the next hint; after the last one, the last one again."""
    exercise = _find(exercise_id)
    if exercise is None:
        return Hint(_unknown(exercise_id))
    number = min(_progress.hints_given.get(exercise.id, 0) + 1, len(exercise.hints))
    _progress.hints_given[exercise.id] = number
    return Hint(exercise.hints[number - 1], number, len(exercise.hints))


def solution(exercise_id: str) -> Solution:
    """Return a worked answer."""
    exercise = _find(exercise_id)
    if exercise is None:
        return Solution("", _unknown(exercise_id))
    return Solution(exercise.solution_source)


def solution_source(exercise_id: str) -> str:
    """Return the code cell of the solution, which sets ``answer``; a comment for an unknown id."""
    exercise = _find(exercise_id)
    return f"# {_unknown(exercise_id)}" if exercise is None else exercise.solution_source


def exercises(lab_id: str | None = None) -> tuple[Exercise, ...]:
    """Return the exercises of one lab, or all; an unknown lab has none."""
    wanted = None if lab_id is None else str(lab_id).strip().upper()
    return tuple(e for e in REGISTRY.values() if wanted is None or e.lab == wanted)


def _find(exercise_id: Any) -> Exercise | None:
    return REGISTRY.get(exercise_id.strip().upper()) if type(exercise_id) is str else None


def _unknown(exercise_id: Any) -> str:
    asked = shown(exercise_id, 40)
    # A capital O is easily taken for a nought, and an l or I for a one.
    typed = asked.strip("'").upper().translate(str.maketrans("OI", "01"))
    near = difflib.get_close_matches(typed, REGISTRY, n=1, cutoff=0.6)
    meant = f"Did you mean {near[0]}?" if near else f"There are {', '.join(REGISTRY)}."
    return f"There is no exercise {asked}. {meant}"
