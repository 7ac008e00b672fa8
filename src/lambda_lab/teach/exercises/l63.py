"""Lab L63, storm: Erlang's limit, the scaling rate, and the simulator's outcomes."""

from __future__ import annotations

from typing import Any

from lambda_lab import facts
from lambda_lab.simulate import erlang_b
from lambda_lab.teach.cases import judged, says
from lambda_lab.teach.records import Exercise, HasClient, Mistake, Outcome
from lambda_lab.teach.trying import not_yet, right, shown

__all__ = ["EXERCISES"]

# -- L63.1: a limit for a load ---------------------------------------------------------------------

_LOAD, _SHARE = 50, 0.001
_ENOUGH = next(limit for limit in range(1, 1_000) if erlang_b(limit, _LOAD) <= _SHARE)


def _whole(answer: Any) -> Outcome | None:
    """Return what is wrong with an answer that is no whole number."""
    if isinstance(answer, bool) or not isinstance(answer, int | float) or answer % 1:
        return not_yet(f"The answer should be a whole number; it is {shown(answer)}.")
    return None


def _enough(answer: Any, _lab: HasClient | None) -> Outcome:
    if (wrong := _whole(answer)) is not None:
        return wrong
    if answer == _ENOUGH:
        return right(
            f"{_ENOUGH} for a load of {_LOAD}. A large function needs less on top, for its size, "
            "than a small one."
        )
    if 0 <= answer < _ENOUGH:
        throttled = 1_000 * erlang_b(int(answer), _LOAD)
        return not_yet(f"With {shown(answer)}, {throttled:.2f} of 1,000 requests are throttled.")
    return not_yet(f"{shown(answer)} is not the smallest.")


# -- L63.2: the scaling rate -----------------------------------------------------------------------

_ARRIVE = 2_500


def _throttled(answer: Any, _lab: HasClient | None) -> Outcome:
    if (wrong := _whole(answer)) is not None:
        return wrong
    if answer == _ARRIVE - int(facts.value("concurrency.scaling.environments")):
        return right("A thousand environments are added at once, and the moment is over.")
    return not_yet(f"{shown(answer)} are not what is throttled.")


# -- L63.3: outcomes -------------------------------------------------------------------------------

_OUTCOMES = {
    "two are provisioned and busy, and a third request comes": "SPILLOVER_COLD",
    "ten are reserved and busy, and one more comes": "THROTTLED_RESERVED",
    "1,500 requests come at once to a function that was idle": "THROTTLED_SCALING",
}


def _named(answer: Any, _lab: HasClient | None) -> Outcome:
    return judged(answer, _OUTCOMES, "Each rule leaves its own trace in the outcomes.")


EXERCISES = (
    Exercise(
        id="L63.1",
        question=(
            "No more than 1 in 1,000 requests may be throttled, at a load of 50. What is the "
            "smallest limit that Erlang's formula B allows? Set `answer` to a whole number."
        ),
        check=_enough,
        hints=(
            "simulate.erlang_b(limit, load) gives the share for one limit.",
            "Try limits one after the other until the share is at most 0.001.",
        ),
        solution_source=(
            "from lambda_lab import simulate\n\n"
            "answer = next(n for n in range(1, 200) if simulate.erlang_b(n, 50) <= 0.001)\n"
        ),
        mistakes=(
            Mistake(50, "That is the average; a tenth of the requests would be throttled."),
            Mistake(_ENOUGH - 1, "Just too few."),
        ),
    ),
    Exercise(
        id="L63.2",
        question=(
            "A function has no environments, and 2,500 requests arrive at one moment, each of a "
            "minute; the account allows 5,000. How many of them are throttled? Use "
            "`simulate.simulate`, or think. Set `answer` to a whole number."
        ),
        check=_throttled,
        hints=(
            "Which limit is left when the account has room?",
            "simulate.simulate([0] * 2500, seconds(60), keep_alive=keep, account_limit=5000)",
        ),
        solution_source=(
            "from lambda_lab import simulate\n\n"
            "minute = simulate.nanoseconds(60)\n"
            "burst = simulate.simulate(\n"
            "    [0] * 2500, minute, keep_alive=minute, account_limit=5000)\n"
            "answer = len(burst) - burst.ran\n"
        ),
        mistakes=(
            Mistake(0, "The account has room, but a function does not gain so many at once."),
            Mistake(1_000, "So many run."),
        ),
    ),
    Exercise(
        id="L63.3",
        question=(
            "Which outcome of the simulator belongs to each of the three? Set each to "
            '`"COLD"`, `"SPILLOVER_COLD"`, `"THROTTLED_RESERVED"` or `"THROTTLED_SCALING"`.'
        ),
        check=_named,
        hints=(
            "One of the three runs, and two do not.",
            "Provisioned concurrency is no limit; reserved concurrency is.",
            "How many environments does a function gain at once?",
        ),
        solution_source=(
            "answer = {\n"
            + "".join(f'    "{case}": "{outcome}",\n' for case, outcome in _OUTCOMES.items())
            + "}\n"
        ),
        mistakes=tuple(
            Mistake(_OUTCOMES | {case: wrong}, hint, says(case, wrong))
            for case, wrong, hint in (
                (
                    "two are provisioned and busy, and a third request comes",
                    "THROTTLED_RESERVED",
                    "What is provisioned does not bound the function.",
                ),
                (
                    "ten are reserved and busy, and one more comes",
                    "SPILLOVER_COLD",
                    "Only provisioned concurrency spills over.",
                ),
                (
                    "1,500 requests come at once to a function that was idle",
                    "COLD",
                    "A thousand of them start cold; ask what becomes of the others.",
                ),
            )
        ),
        placeholder=("answer = {\n" + "".join(f'    "{case}": ...,\n' for case in _OUTCOMES) + "}"),
    ),
)
