"""Lab L60, concurrency is rate times duration: Little's law, and the limit of requests."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from lambda_lab import facts
from lambda_lab.teach.records import Exercise, HasClient, Mistake, Outcome
from lambda_lab.teach.trying import not_yet, right, shown

__all__ = ["EXERCISES"]

# -- L60.1: Little's law ---------------------------------------------------------------------------

_IN_FLIGHT = 20


def _in_flight(answer: Any, _lab: HasClient | None) -> Outcome:
    if isinstance(answer, bool) or not isinstance(answer, int | float):
        return not_yet(f"The answer should be a number; it is {shown(answer)}.")
    if answer == _IN_FLIGHT:
        return right("80 a second times a quarter of a second is 20, and so 20 environments.")
    return not_yet(f"{shown(answer)} are not in flight.")


# -- L60.2: both limits ----------------------------------------------------------------------------

_CASES = ((100, 500), (80, 250), (3, 1_500), (1_000, 1), (1_000, 20), (95, 100), (1, 10), (7, 333))


def _units(rate: int, milliseconds: int) -> int:
    each = int(facts.value("concurrency.requests-per-environment"))
    return max(-(-rate * milliseconds // 1_000), -(-rate // each))


def _needed(answer: Any, _lab: HasClient | None) -> Outcome:
    if not callable(answer):
        return not_yet(f"The answer should be the function itself; it is {shown(answer)}.")
    for rate, milliseconds in _CASES:
        said = f"{rate} requests a second of {milliseconds} ms"
        try:
            found, wanted = answer(rate, milliseconds), _units(rate, milliseconds)
        except Exception as error:  # noqa: BLE001 - a learner's function may raise anything
            return not_yet(f"For {said} it raised {type(error).__name__}: {shown(str(error))}.")
        if isinstance(found, bool) or not isinstance(found, int | float) or found % 1:
            return not_yet(f"For {said} it should be a whole number; it is {shown(found)}.")
        if found != wanted:
            return not_yet(f"For {said} it should be {wanted}; it is {shown(found)}.")
    return right("The longer of the two queues decides: time for long requests, rate for short.")


def _gives(rate: int, milliseconds: int, wrong: Callable[[int, int], Any]) -> Callable[[Any], bool]:
    """Return a test for functions that give a certain wrong result."""

    def same(answer: Any) -> bool:
        if not callable(answer):
            return False
        try:
            return bool(answer(rate, milliseconds) == wrong(rate, milliseconds))
        except Exception:  # noqa: BLE001 - a learner's function may raise anything
            return False

    return same


def _without_rate(rate: int, milliseconds: int) -> int:
    return math.ceil(rate * milliseconds / 1_000)


def _rounded_down(rate: int, milliseconds: int) -> int:
    return max(rate * milliseconds // 1_000, -(-rate // 10))


EXERCISES = (
    Exercise(
        id="L60.1",
        question=(
            "A function gets 80 requests a second, and each takes a quarter of a second. How many "
            "run at one moment, on average? Set `answer` to a number."
        ),
        check=_in_flight,
        hints=(
            "How many arrive while one of them runs?",
            "Rate times duration, both in seconds.",
        ),
        solution_source="answer = 80 * 0.25\n",
        mistakes=(
            Mistake(320, "That divides by the duration: shorter requests would need more."),
            Mistake(80, "So many arrive in a second, but none of them stays that long."),
        ),
    ),
    Exercise(
        id="L60.2",
        question=(
            "Write `needed(rate, milliseconds)`: the concurrency that so many requests a second of "
            "so many milliseconds need, as a whole number. Keep both limits in mind: one request "
            "at a time in an environment, and ten a second for each."
        ),
        check=_needed,
        hints=(
            "Two numbers bound it from below. The answer is the greater one.",
            "Time: rate times seconds. Requests: rate divided by ten. Round both up.",
            "math.ceil rounds up, max takes the greater one.",
        ),
        solution_source=(
            "import math\n\n\n"
            "def needed(rate, milliseconds):\n"
            "    return max(math.ceil(rate * milliseconds / 1000), math.ceil(rate / 10))\n\n\n"
            "answer = needed\n"
        ),
        mistakes=(
            Mistake(
                _without_rate,
                "Requests of a millisecond hardly overlap, and still an environment takes only ten "
                "of them in a second.",
                _gives(1_000, 1, _without_rate),
            ),
            Mistake(
                _rounded_down,
                "Four and a half requests in flight need five environments: round up.",
                _gives(3, 1_500, _rounded_down),
            ),
        ),
        placeholder="def needed(rate, milliseconds):\n    return ...\n\n\nanswer = needed",
    ),
)
