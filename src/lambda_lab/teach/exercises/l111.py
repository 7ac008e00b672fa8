"""Lab L111, break-even with EC2: where the lines cross, and what moves the crossing."""

from __future__ import annotations

import math
from typing import Any

from lambda_lab import cost
from lambda_lab.teach.cases import judged, says
from lambda_lab.teach.records import Exercise, HasClient, Mistake, Outcome
from lambda_lab.teach.trying import not_yet, right, shown

__all__ = ["EXERCISES"]

# -- L111.1: the crossing --------------------------------------------------------------------------

_WORKLOAD = cost.Workload(requests=0, duration_ms=300, memory_mb=1024, architecture="arm64")
_CROSSING = cost.break_even(_WORKLOAD, "m7g.large").requests
_WITH_FREE = cost.break_even(_WORKLOAD, "m7g.large", free_tier=True).requests
_TOLERANCE = 0.01


def _number(answer: Any) -> float:
    """Return the answer as a number, or NaN, which is near nothing."""
    if isinstance(answer, bool) or not isinstance(answer, int | float):
        return math.nan
    try:
        return float(answer)
    except OverflowError:
        return math.nan


def _close(answer: Any, number: float) -> bool:
    return math.isclose(_number(answer), number, rel_tol=_TOLERANCE)


def _crossed(answer: Any, _lab: HasClient | None) -> Outcome:
    if math.isnan(_number(answer)):
        return not_yet(f"The answer should be a number of requests; it is {shown(answer)}.")
    if _close(answer, _CROSSING):
        return right(
            f"{_CROSSING:,} requests: below it you pay less for the function, above it for the "
            "server, as long as one server can carry them."
        )
    return not_yet(f"At {shown(answer)} requests a month the two bills differ by more than 1 %.")


# -- L111.2: which one -----------------------------------------------------------------------------

_CHOICES = {
    "a few hundred calls a day, at no special time": "lambda",
    "500 requests a second day and night, 100 ms each, 1 GB": "server",
    "one job of forty minutes every night": "server",
    "a report of five minutes on the first of the month": "lambda",
    "nothing for hours, then 2,000 requests a second for a minute": "lambda",
}


def _chosen(answer: Any, _lab: HasClient | None) -> Outcome:
    return judged(
        answer,
        _CHOICES,
        "First ask whether it can run there at all, then how busy a server would be.",
    )


# -- L111.3: servers for the peak ------------------------------------------------------------------

_PEAKS = ((100, 50, 3), (101, 50, 4), (10, 50, 2), (50, 50, 2), (0.5, 50, 2), (2_000, 30, 68))


def _counted(answer: Any, _lab: HasClient | None) -> Outcome:
    if not callable(answer):
        return not_yet(f"The answer should be the function servers; it is {shown(answer)}.")
    for peak, each, truth in _PEAKS:
        try:
            found = answer(peak, each)
        except Exception as error:  # noqa: BLE001 - a learner's own function may raise anything
            return not_yet(f"servers({peak}, {each}) raised {type(error).__name__}.")
        if _number(found) != truth:
            return not_yet(f"servers({peak}, {each}) should be {truth}; it is {shown(found)}.")
    return right("You pay for the busiest second all month; the function pays for each second.")


def _without_spare(peak: float, each: float) -> int:
    return math.ceil(peak / each)


def _rounded(peak: float, each: float) -> int:
    return round(peak / each) + 1


def _gives(wrong: Any, *given: float) -> Any:
    """Return a test for functions that answer to *given* as *wrong* does."""
    return lambda answer: callable(answer) and _number(answer(*given)) == wrong(*given)


EXERCISES = (
    Exercise(
        id="L111.1",
        question=(
            "A function on arm64 with 1,024 MB takes 300 ms. From how many requests a month on "
            "does it cost as much as one m7g.large, without the free tier? Set `answer` to the "
            "number; 1 % more or less is right too."
        ),
        check=_crossed,
        hints=(
            "Divide the server's month by the price of one request.",
            "A request costs its share of a million requests, and its GB-seconds.",
            'cost.break_even(workload, "m7g.large").requests is the number.',
        ),
        solution_source=(
            "from lambda_lab import cost\n\n"
            "workload = cost.Workload(\n"
            '    requests=0, duration_ms=300, memory_mb=1024, architecture="arm64"\n'
            ")\n"
            'answer = cost.break_even(workload, "m7g.large").requests\n'
        ),
        mistakes=(
            Mistake(
                _WITH_FREE,
                "That is the crossing with the free tier. Leave it out.",
                lambda answer: _close(answer, _WITH_FREE),
            ),
            Mistake(
                _CROSSING / 1_000_000,
                "Give the number itself, not the millions.",
                lambda answer: _close(answer, _CROSSING / 1_000_000),
            ),
        ),
    ),
    Exercise(
        id="L111.2",
        question=(
            "Lambda or a server? Give `lambda` or `server` for each, going by cost and by what "
            "Lambda can run at all."
        ),
        check=_chosen,
        hints=(
            "One of the five does not fit into Lambda's longest timeout.",
            "For the others, ask how many hours of the month a server would do nothing.",
            "500 requests a second of 100 ms keep 50 environments busy without a pause.",
        ),
        solution_source=(
            "answer = {\n"
            + "".join(f'    "{case}": "{choice}",\n' for case, choice in _CHOICES.items())
            + "}\n"
        ),
        mistakes=(
            Mistake(
                _CHOICES | {"one job of forty minutes every night": "lambda"},
                "It would be cheap there, and be stopped before it has finished.",
                says("one job of forty minutes every night", "lambda"),
            ),
            Mistake(
                _CHOICES | {list(_CHOICES)[4]: "server"},
                "Count the servers for that minute, and what they do in the hours between.",
                says(list(_CHOICES)[4], "server"),
            ),
        ),
        placeholder="answer = {\n" + "".join(f'    "{case}": ...,\n' for case in _CHOICES) + "}",
    ),
    Exercise(
        id="L111.3",
        question=(
            "One server carries `each` requests a second. Write `servers(peak, each)`: how many "
            "you need so that the peak is still carried when one of them fails."
        ),
        check=_counted,
        hints=(
            "Without a failure, peak divided by each is enough, rounded up.",
            "math.ceil rounds up. Then think of the one that fails.",
        ),
        solution_source=(
            "import math\n\n"
            "def servers(peak, each):\n"
            "    return math.ceil(peak / each) + 1\n\n"
            "answer = servers\n"
        ),
        mistakes=(
            Mistake(
                _without_spare,
                "When one of these fails, the peak is no longer carried.",
                _gives(_without_spare, 100, 50),
            ),
            Mistake(
                _rounded,
                "A little more than two servers' worth needs a third: round up.",
                _gives(_rounded, 101, 50),
            ),
        ),
        placeholder="def servers(peak, each):\n    ...\n\nanswer = servers",
    ),
)
