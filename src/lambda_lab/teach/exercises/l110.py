"""Lab L110, price a workload: what is metered, and what a month of it comes to."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

from lambda_lab import cost, facts
from lambda_lab.teach.cases import judged, says
from lambda_lab.teach.records import Exercise, HasClient, Mistake, Outcome
from lambda_lab.teach.trying import not_yet, right, shown

__all__ = ["EXERCISES"]

# -- L110.1: what is billed ------------------------------------------------------------------------

_BILLED = {
    "the init of a cold start": True,
    "a frozen environment between two calls": False,
    "a call that was throttled": False,
    "a run that ended in an exception": True,
    "configured memory that the code never used": True,
    "an hour of provisioned concurrency without a call": True,
}


def _metered(answer: Any, _lab: HasClient | None) -> Outcome:
    return judged(
        answer,
        _BILLED,
        "Lambda bills what ran, at the memory you configured, and what you asked it to keep ready.",
    )


# -- L110.2: a month -------------------------------------------------------------------------------

_MONTH = cost.Workload(requests=5_000_000, duration_ms=200, memory_mb=512)
_DUE = cost.bill(_MONTH).total
_WITHOUT_FREE = cost.bill(_MONTH, free_tier=False).total
_REQUESTS_ONLY = next(line.amount for line in cost.bill(_MONTH).lines if line.what == "Requests")


def _number(answer: Any) -> float:
    """Return the answer as a number, or NaN, which is near nothing."""
    if isinstance(answer, bool) or not isinstance(answer, int | float | Decimal):
        return math.nan
    try:
        return float(answer)
    except (OverflowError, ValueError):  # an int beyond floats, a signalling NaN
        return math.nan


def _near(answer: Any, amount: Decimal | float) -> bool:
    """Whether *answer* is *amount* to the cent; half a cent is left for rounding."""
    return abs(_number(answer) - float(amount)) <= 0.0051


def _priced(answer: Any, _lab: HasClient | None) -> Outcome:
    if math.isnan(_number(answer)):
        return not_yet(f"The answer should be a number of dollars; it is {shown(answer)}.")
    if _near(answer, _DUE):
        return right(
            f"{cost.dollars(_DUE)}: four fifths of the requests are paid, and what duration is "
            "left beyond the free amount."
        )
    return not_yet(f"A month of this workload does not cost {shown(answer)} dollars.")


# -- L110.3: the sum as a function -----------------------------------------------------------------

_TRIED = (
    (1_000_000, 100, 1024),
    (3_000_000, 1, 128),
    (10, 900_000, 10_240),
    (1_000_000, 0.4, 1024),
    (1_000_000, 99.01, 512),
    (0, 100, 128),
)


_PER_REQUEST = float(facts.value("price.requests")) / 1_000_000
_PER_GB_SECOND = float(facts.value("price.duration.x86"))


def _truth(requests: int, ms: float, memory: int) -> float:
    workload = cost.Workload(requests=requests, duration_ms=ms, memory_mb=memory)
    return float(cost.bill(workload, free_tier=False).total)


def _summed(answer: Any, _lab: HasClient | None) -> Outcome:
    if not callable(answer):
        return not_yet(f"The answer should be the function price; it is {shown(answer)}.")
    for given in _TRIED:
        try:
            found = answer(*given)
        except Exception as error:  # noqa: BLE001 - a learner's own function may raise anything
            return not_yet(f"price{given} raised {type(error).__name__}: {shown(str(error))}.")
        truth = _truth(*given)
        said = _number(found)
        if not math.isclose(said, truth, rel_tol=1e-4, abs_tol=1e-9):
            return not_yet(f"price{given} should be {truth:.6g}; it is {shown(found)}.")
    return right("Two products and a sum: that is nearly every bill of Lambda.")


def _round_down(requests: int, ms: float, memory: int) -> float:
    """Price a run of 0.4 ms as the 0.4 ms it took."""
    return requests * (_PER_REQUEST + ms / 1000 * memory / 1024 * _PER_GB_SECOND)


def _in_thousands(requests: int, ms: float, memory: int) -> float:
    """Take a GB for 1,000 MB."""
    return requests * (_PER_REQUEST + math.ceil(ms) / 1000 * memory / 1000 * _PER_GB_SECOND)


def _gives(wrong: Any, given: tuple[int, float, int]) -> Any:
    """Return a test for functions that answer to *given* as *wrong* does."""

    def test(answer: Any) -> bool:
        return callable(answer) and math.isclose(_number(answer(*given)), wrong(*given))

    return test


EXERCISES = (
    Exercise(
        id="L110.1",
        question="Which of these does Lambda bill? Give True or False for each.",
        check=_metered,
        hints=(
            "The figure of the first section shows what was billed, and what was frozen.",
            "A request that never reached an environment cost nobody anything.",
            "Reserving something costs money whether or not it is used.",
        ),
        solution_source=(
            "answer = {\n"
            + "".join(f"    {case!r}: {billed},\n" for case, billed in _BILLED.items()).replace(
                "'", '"'
            )
            + "}\n"
        ),
        mistakes=(
            Mistake(
                _BILLED | {"the init of a cold start": False},
                "It was free once, for zip packages. Since August 2025 it is billed like the run.",
                says("the init of a cold start", False),
            ),
            Mistake(
                _BILLED | {"configured memory that the code never used": False},
                "The log tells both sizes. Which of the two did the lab multiply with?",
                says("configured memory that the code never used", False),
            ),
            Mistake(
                _BILLED | {"a run that ended in an exception": False},
                "The environment worked for it all the same.",
                says("a run that ended in an exception", False),
            ),
        ),
        placeholder=("answer = {\n" + "".join(f'    "{case}": ...,\n' for case in _BILLED) + "}"),
    ),
    Exercise(
        id="L110.2",
        question=(
            "A function on x86_64 runs 5 million times a month, for 200 ms each, with 512 MB. "
            "Nothing else uses the free tier. Set `answer` to the month's bill in dollars, to the "
            "cent."
        ),
        check=_priced,
        hints=(
            "Multiply requests, seconds and GB first: that gives the GB-seconds.",
            "Take the free requests and the free GB-seconds off, then apply the two prices.",
            "cost.bill(cost.Workload(...)) does it for you; look at its total.",
        ),
        solution_source=(
            "from lambda_lab import cost\n\n"
            "workload = cost.Workload(requests=5_000_000, duration_ms=200, memory_mb=512)\n"
            "answer = cost.bill(workload).total\n"
        ),
        mistakes=(
            Mistake(
                float(round(_WITHOUT_FREE, 2)),
                "That is the bill without the free tier. Take it off first.",
                lambda answer: _near(answer, _WITHOUT_FREE),
            ),
            Mistake(
                float(round(_REQUESTS_ONLY, 2)),
                "Those are the requests. The duration beyond the free amount is missing.",
                lambda answer: _near(answer, _REQUESTS_ONLY),
            ),
        ),
    ),
    Exercise(
        id="L110.3",
        question=(
            "Write `price(requests, ms, memory)`: dollars for a month on x86_64, before the free "
            "tier, in the first price tier, without cold starts. Every run is rounded up to a "
            "whole millisecond, and to one at least."
        ),
        check=_summed,
        hints=(
            "Two parts: requests times their price, and GB-seconds times theirs.",
            "Round a single run up with math.ceil before you multiply it by the requests.",
            'float(facts.value("price.duration.x86")) is the price of a GB-second.',
        ),
        solution_source=(
            "import math\n\n"
            "from lambda_lab import facts\n\n"
            "def price(requests, ms, memory):\n"
            "    seconds = max(1, math.ceil(ms)) / 1000\n"
            '    per_request = float(facts.value("price.requests")) / 1_000_000\n'
            '    per_gb_second = float(facts.value("price.duration.x86"))\n'
            "    return requests * (per_request + seconds * memory / 1024 * per_gb_second)\n\n"
            "answer = price\n"
        ),
        mistakes=(
            Mistake(
                _round_down,
                "A run of 0.4 ms is billed as a whole millisecond: round each run up.",
                _gives(_round_down, (1_000_000, 0.4, 1024)),
            ),
            Mistake(
                _in_thousands,
                "A GB of memory has 1,024 MB on Lambda's bill.",
                _gives(_in_thousands, (1_000_000, 100, 1024)),
            ),
        ),
        placeholder="def price(requests, ms, memory):\n    ...\n\nanswer = price",
    ),
)
