"""Answers that are a dict of cases: how many are right, and which to look at again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from lambda_lab.teach.records import Outcome
from lambda_lab.teach.trying import not_yet, right, shown

__all__ = ["judged", "says"]


def _same(said: Any, truth: Any) -> bool:
    if isinstance(said, str) and isinstance(truth, str):
        return " ".join(said.casefold().split()) == " ".join(truth.casefold().split())
    return type(said) is type(truth) and bool(said == truth)


def judged(
    answer: Any,
    truth: Mapping[str, Any],
    reason: str,
    same: Callable[[Any, Any], bool] = _same,
) -> Outcome:
    """Judge *answer* case by case.

    Parameters
    ----------
    answer
        What the learner assigned.
    truth
        The right value of every case. Text is compared without case.
    reason
        Said when all are right.
    same
        Whether a value that was said is the true one.

    Examples
    --------
    >>> judged({"a": "Yes", "b": 1}, {"a": "yes", "b": 2}, "Well sorted.").reason
    "1 of 2 are right. Look again at 'b': it is not 1."
    >>> judged({"a": "Yes", "b": 2}, {"a": "yes", "b": 2}, "Well sorted.").right
    True
    """
    if not isinstance(answer, dict):
        return not_yet(f"The answer should be a dict of the cases; it is {shown(answer)}.")
    missing = [case for case in truth if case not in answer]
    if missing:
        return not_yet(f"The case {missing[0]!r} is missing.")
    wrong = [case for case, value in truth.items() if not same(answer[case], value)]
    if not wrong:
        return right(reason)
    return not_yet(
        f"{len(truth) - len(wrong)} of {len(truth)} are right. "
        f"Look again at {wrong[0]!r}: it is not {shown(answer[wrong[0]])}."
    )


def says(case: str, *values: Any) -> Callable[[Any], bool]:
    """Return a test for answers that give *case* one of *values*.

    Examples
    --------
    >>> says("a", "no", "never")({"a": "Never"})
    True
    """

    def test(answer: Any) -> bool:
        return isinstance(answer, dict) and any(_same(answer.get(case), one) for one in values)

    return test
