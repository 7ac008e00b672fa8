"""Lab L62, provisioned concurrency: a scheduled action, a number, and what keeping ready costs."""

from __future__ import annotations

from typing import Any

from lambda_lab import cost
from lambda_lab.teach.records import Exercise, HasClient, Mistake, Outcome
from lambda_lab.teach.trying import not_yet, right, shown

__all__ = ["EXERCISES"]

# -- L62.1: the action -----------------------------------------------------------------------------

_COUNT = 20
_ACTION = {"ScalableTargetAction": {"MinCapacity": _COUNT, "MaxCapacity": _COUNT}}


def _planned(answer: Any, _lab: HasClient | None) -> Outcome:
    if not isinstance(answer, dict):
        return not_yet(f"The answer should be a dict with one parameter; it is {shown(answer)}.")
    if answer == _ACTION:
        return right("A minimum alone could be exceeded, a maximum alone need not be reached.")
    return not_yet(f"{shown(answer)} does not keep exactly {_COUNT} ready.")


def _bounds(answer: Any) -> Any:
    """Return the names of the bounds in *answer*, if it has the right shape."""
    action = answer.get("ScalableTargetAction") if isinstance(answer, dict) else None
    return set(action) if isinstance(action, dict) else None


# -- L62.2: the number -----------------------------------------------------------------------------

_READY = 11


def _number(answer: Any, _lab: HasClient | None) -> Outcome:
    if isinstance(answer, bool) or not isinstance(answer, int | float) or answer % 1:
        return not_yet(f"The answer should be a whole number; it is {shown(answer)}.")
    if answer == _READY:
        return right("Ten are in flight on average, and one more stands by.")
    return not_yet(f"{shown(answer)} is not ten in flight and a tenth more.")


# -- L62.3: the bill -------------------------------------------------------------------------------

_HOURS = 12 * 30
_CENT = 0.015


def _dollars(hours: float, count: int = 10) -> float:
    kept = cost.Workload(
        requests=0, duration_ms=0, memory_mb=1024, provisioned=count, provisioned_hours=hours
    )
    return float(cost.bill(kept, free_tier=False).total)


def _paid(answer: Any, _lab: HasClient | None) -> Outcome:
    try:
        number = float(answer)
    except (TypeError, ValueError, ArithmeticError):
        return not_yet(f"The answer should be a number of dollars; it is {shown(answer)}.")
    if isinstance(answer, str | bool):
        return not_yet(f"The answer should be a number of dollars; it is {shown(answer)}.")
    if abs(number - _dollars(_HOURS)) <= _CENT:
        return right("GB times seconds times the price of a provisioned GB-second.")
    return not_yet(f"{shown(answer)} dollars are not what keeping them ready costs.")


EXERCISES = (
    Exercise(
        id="L62.1",
        question=(
            "Which parameter of `put_scheduled_action` says that twenty environments shall be "
            "ready, no more and no fewer? Set `answer` to a dict with that parameter and its value."
        ),
        check=_planned,
        hints=(
            "The lab's schedule has four in the morning and none in the evening.",
            "An action moves the two bounds of its target.",
            "ScalableTargetAction holds MinCapacity and MaxCapacity.",
        ),
        solution_source=f"answer = {_ACTION!r}\n".replace("'", '"'),
        mistakes=(
            Mistake(
                {"ScalableTargetAction": {"MinCapacity": _COUNT}},
                "More than twenty would still be within the bounds.",
                lambda answer: _bounds(answer) == {"MinCapacity"},
            ),
            Mistake(
                {"ScalableTargetAction": {"MaxCapacity": _COUNT}},
                "Fewer than twenty would still be within the bounds.",
                lambda answer: _bounds(answer) == {"MaxCapacity"},
            ),
            Mistake(
                {"ProvisionedConcurrentExecutions": _COUNT},
                "That is Lambda's own operation; Application Auto Scaling knows bounds.",
                lambda answer: (
                    isinstance(answer, dict) and "ProvisionedConcurrentExecutions" in answer
                ),
            ),
        ),
        placeholder='answer = {"...": ...}',
    ),
    Exercise(
        id="L62.2",
        question=(
            "An alias gets 50 requests a second, of a fifth of a second each. Provision for that "
            "and a tenth more. How many environments? Set `answer` to a whole number."
        ),
        check=_number,
        hints=("How many are in flight at one moment?", "Rate times duration, times 1.1."),
        solution_source="answer = round(50 * 0.2 * 1.1)\n",
        mistakes=(
            Mistake(10, "That is the average alone, without the tenth."),
            Mistake(55, "So many arrive in a second, but none of them stays that long."),
        ),
    ),
    Exercise(
        id="L62.3",
        question=(
            "Ten environments of 1,024 MB on x86_64 are kept ready for twelve hours a day, thirty "
            "days. What does keeping them cost, in dollars, without a single request? Set `answer` "
            "to a number; a cent more or less is right."
        ),
        check=_paid,
        hints=(
            "cost.Workload takes provisioned and provisioned_hours, as in the lab.",
            "The hours are those of each environment: twelve times thirty.",
        ),
        solution_source=(
            "from lambda_lab import cost\n\n"
            "month = cost.Workload(\n"
            "    requests=0, duration_ms=0, memory_mb=1024,\n"
            "    provisioned=10, provisioned_hours=12 * 30)\n"
            "answer = float(cost.bill(month).total)\n"
        ),
        mistakes=(
            Mistake(
                round(_dollars(24 * 30), 2),
                "That is the price of nights too.",
                lambda answer: isinstance(answer, float) and abs(answer - _dollars(24 * 30)) < 0.1,
            ),
            Mistake(
                round(_dollars(_HOURS, 1), 2),
                "That is one environment.",
                lambda answer: (
                    isinstance(answer, float) and abs(answer - _dollars(_HOURS, 1)) < 0.1
                ),
            ),
            Mistake(0, "Idle is free for plain functions only."),
        ),
    ),
)
