"""Exercises with checks, graded hints and solutions; nothing here ever shows a traceback.

check            right, not yet (with the reason and a hint) or not attempted
hint             the next hint
solution         a worked answer to read
solution_source  the same as the text of a code cell
stopped          what an exercise says if its cell ended before the check
exercises        the exercises of a lab
"""

from lambda_lab.teach.records import Exercise, Hint, Mistake, Outcome, Solution, Verdict
from lambda_lab.teach.session import (
    check,
    exercises,
    forget,
    hint,
    solution,
    solution_source,
    stopped,
)

__all__ = [
    "Exercise",
    "Hint",
    "Mistake",
    "Outcome",
    "Solution",
    "Verdict",
    "check",
    "exercises",
    "forget",
    "hint",
    "solution",
    "solution_source",
    "stopped",
]
