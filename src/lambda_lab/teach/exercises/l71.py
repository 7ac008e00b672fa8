"""Lab L71, canary and roll back: weights, what a few calls show, an alarm for one version."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lambda_lab.show.canary_model import calls_until_seen
from lambda_lab.teach.records import Exercise, HasClient, Mistake, Outcome
from lambda_lab.teach.trying import not_yet, right, shown

__all__ = ["EXERCISES"]

# -- L71.1: the weight -----------------------------------------------------------------------------

_WEIGHT = 0.05
_WEIGHTS = {"8": _WEIGHT}
_ROUTING = {"RoutingConfig": {"AdditionalVersionWeights": _WEIGHTS}}


def _routed(answer: Any, _lab: HasClient | None) -> Outcome:
    if not isinstance(answer, dict):
        return not_yet(f"The answer should be a dict of parameters; it is {shown(answer)}.")
    # Naming the version that the alias has already changes nothing.
    rest = {name: value for name, value in answer.items() if name != "FunctionVersion"}
    if rest == _ROUTING and answer.get("FunctionVersion", "7") == "7":
        return right("Version 7 keeps the rest: only the additional version has a weight.")
    return not_yet(f"{shown(answer)} does not give version 8 one call in twenty.")


def _weights_in(answer: Any) -> dict[Any, Any]:
    """Return the weights in *answer*, wherever they stand."""
    if not isinstance(answer, dict):
        return {}
    routing = answer.get("RoutingConfig", answer)
    weights = routing.get("AdditionalVersionWeights", routing) if isinstance(routing, dict) else {}
    return weights if isinstance(weights, dict) else {}


# -- L71.2: how many calls -------------------------------------------------------------------------

_PERCENT, _FAILING = 5, 2
_NEEDED = calls_until_seen(_PERCENT, _FAILING)
_SLACK = 10


def _waited(answer: Any, _lab: HasClient | None) -> Outcome:
    if isinstance(answer, bool) or not isinstance(answer, int | float):
        return not_yet(f"The answer should be a number; it is {shown(answer)}.")
    if abs(answer - _NEEDED) <= _SLACK:
        return right(
            f"One call in a thousand shows the fault. After {_NEEDED:,} calls it has stayed hidden "
            "in only 5 of 100 runs."
        )
    return not_yet(f"After {shown(answer)} calls the chance is not 95 %.")


def _near(number: int) -> Callable[[Any], bool]:
    """Return a test for answers near *number*."""
    return lambda answer: isinstance(answer, int | float) and bool(abs(answer - number) <= _SLACK)


# -- L71.3: the alarm ------------------------------------------------------------------------------

_DIMENSIONS = {"FunctionName": "cart", "Resource": "cart:live", "ExecutedVersion": "8"}


def _watched(answer: Any, _lab: HasClient | None) -> Outcome:
    if not isinstance(answer, dict):
        return not_yet(f"The answer should be a dict of dimensions; it is {shown(answer)}.")
    if answer == _DIMENSIONS:
        return right(
            "All three are needed: CloudWatch finds a metric only by exactly its dimensions."
        )
    missing = [name for name in _DIMENSIONS if name not in answer]
    if missing:
        return not_yet("A dimension is missing, so the alarm sees more calls, or none at all.")
    others = [name for name in answer if name not in _DIMENSIONS]
    if others:
        return not_yet(f"{shown(others[0])} is not a dimension of this metric.")
    wrong = next(name for name, value in _DIMENSIONS.items() if answer[name] != value)
    return not_yet(f"Look again at {wrong}: it is not {shown(answer[wrong])}.")


def _has(name: str, *values: Any) -> Callable[[Any], bool]:
    """Return a test for answers that give *name* one of *values*."""
    return lambda answer: isinstance(answer, dict) and answer.get(name) in values


EXERCISES = (
    Exercise(
        id="L71.1",
        question=(
            "The alias `live` points to version 7. Version 8 is to get one call in twenty, and "
            "version 7 the rest. Which parameters does `update_alias` need besides `FunctionName` "
            "and `Name`? Set `answer` to a dict."
        ),
        check=_routed,
        hints=(
            "The lab did the same for version 2, with another weight.",
            "A weight is a part of one, not of a hundred. Only one version has a weight.",
            "RoutingConfig holds AdditionalVersionWeights: the version, as text, and its weight.",
        ),
        solution_source=f"answer = {_ROUTING!r}\n".replace("'", '"'),
        mistakes=(
            Mistake(
                {"RoutingConfig": {"AdditionalVersionWeights": {"7": 0.95, "8": _WEIGHT}}},
                "Lambda refuses a weight for the version that the alias has: it gets the rest.",
                lambda answer: "7" in _weights_in(answer),
            ),
            Mistake(
                {"RoutingConfig": {"AdditionalVersionWeights": {"8": 5}}},
                "A weight goes from 0.0 to 1.0, so one in twenty is smaller than one.",
                lambda answer: _weights_in(answer).get("8") in (5, 20),
            ),
            Mistake(
                {"FunctionVersion": "8"} | _ROUTING,
                "That would make version 8 the main one. The alias stays on version 7.",
                _has("FunctionVersion", "8", 8),
            ),
            Mistake(
                {"AdditionalVersionWeights": _WEIGHTS},
                "The weights stand inside a parameter of update_alias.",
                lambda answer: isinstance(answer, dict) and "AdditionalVersionWeights" in answer,
            ),
        ),
        placeholder='answer = {"...": ...}',
    ),
    Exercise(
        id="L71.2",
        question=(
            "Version 8 fails in 2 of 100 calls, and its weight is 0.05. How many calls to the "
            "alias are needed to see at least one failure with a chance of 95 %? Set `answer` to a "
            "whole number; ten more or less are right."
        ),
        check=_waited,
        hints=(
            "The explorer of the lab answers this for every setting of its two controls.",
            "A call shows the fault with a chance of 0.05 × 0.02. How likely do n calls not?",
            "Look for the n at which (1 - 0.05 × 0.02) ** n falls to 0.05.",
        ),
        solution_source=(
            "import math\n\n"
            "shows_it = 0.05 * 0.02\n"
            "answer = math.ceil(math.log(0.05) / math.log(1 - shows_it))\n"
        ),
        mistakes=(
            Mistake(
                1_000,
                "After that many calls one failure is to be expected on average, and in a third of "
                "all runs there was none.",
                _near(1_000),
            ),
            Mistake(
                calls_until_seen(100, _FAILING),
                "So many calls must reach version 8. Only one in twenty does.",
                _near(calls_until_seen(100, _FAILING)),
            ),
            Mistake(
                calls_until_seen(_PERCENT, 100),
                "After that many calls version 8 has very likely run once, and need not have "
                "failed.",
                _near(calls_until_seen(_PERCENT, 100)),
            ),
        ),
    ),
    Exercise(
        id="L71.3",
        question=(
            "An alarm on `Errors` is to see only the calls that the alias `live` of the function "
            "`cart` sends to version 8. Which dimensions does it need? Set `answer` to a dict of "
            "names and values."
        ),
        check=_watched,
        hints=(
            "The alarm of the lab has three dimensions.",
            "One names the function, one the alias, and one the version that ran.",
            "Resource is written function:alias, and a version is text.",
        ),
        solution_source=f"answer = {_DIMENSIONS!r}\n".replace("'", '"'),
        mistakes=(
            Mistake(
                {"FunctionName": "cart"},
                "These are the errors of all versions and aliases of the function.",
                lambda answer: isinstance(answer, dict) and set(answer) == {"FunctionName"},
            ),
            Mistake(
                {"FunctionName": "cart", "Resource": "cart:live"},
                "These are the errors of the alias: those of version 7 are among them.",
                lambda answer: (
                    isinstance(answer, dict) and set(answer) == {"FunctionName", "Resource"}
                ),
            ),
            Mistake(
                _DIMENSIONS | {"Resource": "cart:8"},
                "cart:8 are the calls that ask for the version by its number, not by the alias.",
                _has("Resource", "cart:8", "8"),
            ),
            Mistake(
                _DIMENSIONS | {"Resource": "live"},
                "Resource holds the function's name too.",
                _has("Resource", "live"),
            ),
            Mistake(
                _DIMENSIONS | {"ExecutedVersion": 8},
                "A dimension's value is text.",
                _has("ExecutedVersion", 8),
            ),
        ),
        placeholder='answer = {"...": ...}',
    ),
)
