"""What the lanes explorer shows: a few calls, simulated, and the lanes of their environments.

Times are whole milliseconds and places whole units, so that a page's script draws the very same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from lambda_lab.show.lanes_fields import MILLISECOND, NO_LIMIT, time_text
from lambda_lab.simulate import Result, simulate

__all__ = ["ROUNDS", "Picture", "Row", "Span", "picture", "ranges"]

ROUNDS = 4
"""How often each caller calls."""


@dataclass(frozen=True, slots=True)
class Span:
    """One phase of an environment: ``init``, ``run`` or ``frozen``.

    A run has the number of its call, the others 0.
    """

    phase: str
    start: int
    end: int
    call: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """One environment.

    Attributes
    ----------
    spans
        What it did, in order.
    ended
        When it was shut down for being idle, if that was before the last call was over.
    """

    spans: tuple[Span, ...]
    ended: int | None


@dataclass(frozen=True, slots=True)
class Picture:
    """What becomes of the calls.

    Attributes
    ----------
    rows
        The environments, in the order in which they were made.
    refused
        The calls that were throttled, by the moment at which they came.
    end
        When the last call was over.
    words
        The same in sentences, the sum first.
    """

    rows: tuple[Row, ...]
    refused: tuple[tuple[int, tuple[int, ...]], ...]
    end: int
    words: tuple[str, ...]


def picture(values: Mapping[str, int]) -> Picture:
    """Return what becomes of the calls at these settings.

    Examples
    --------
    >>> from lambda_lab.show.lanes_fields import chosen
    >>> given = {"callers": 1, "gap": 0.5, "run": 1, "init": 0.25, "keep": 600, "reserved": 2}
    >>> for sentence in picture(chosen(given)).words:
    ...     print(sentence)
    Of 4 calls, 2 start cold (1 and 2), 1 is warm and 1 is throttled (3). Never do more than 2 run
    at once.
    Environment 1 runs call 1 after its init, then call 4 warm. It stays frozen.
    Environment 2 runs call 2 after its init. It stays frozen.
    Call 3 is throttled: it is refused with status 429 and does not run.
    """
    callers, gap = values["callers"], values["gap"]
    arrivals = [number * gap for number in range(ROUNDS) for _ in range(callers)]
    reserved = values["reserved"]
    result = simulate(
        [moment * MILLISECOND for moment in arrivals],
        values["run"] * MILLISECOND,
        values["init"] * MILLISECOND,
        keep_alive=values["keep"] * MILLISECOND,
        reserved=None if reserved == NO_LIMIT else reserved,
    )
    calls = [number for number in range(len(result)) if not result.outcome(number).accepted]
    refused = tuple(
        (moment, tuple(number + 1 for number in of_one))
        for moment, of_one in groupby(calls, key=arrivals.__getitem__)
    )
    end = result.end // MILLISECOND
    rows = tuple(_rows(result, arrivals, values, end))
    return Picture(rows, refused, end, tuple(_words(rows, refused, values, result.peak)))


def _rows(
    result: Result, arrivals: Sequence[int], values: Mapping[str, int], end: int
) -> Iterator[Row]:
    """Yield the lane of each environment up to *end*."""
    ran: dict[int, list[Span]] = {}
    for number, environment in enumerate(result.environment_ids):
        if environment < 0:
            continue
        spans, now = ran.setdefault(environment, []), arrivals[number]
        if spans and spans[-1].end < now:
            spans.append(Span("frozen", spans[-1].end, now))
        if result.outcome(number).cold:
            spans.append(Span("init", now, now + values["init"]))
            now += values["init"]
        spans.append(Span("run", now, now + values["run"], number + 1))
    for _, spans in sorted(ran.items()):
        idle, over = spans[-1].end, spans[-1].end + values["keep"]
        if idle < end:
            spans.append(Span("frozen", idle, min(over, end)))
        yield Row(tuple(spans), over if over <= end else None)


def _words(
    rows: Sequence[Row],
    refused: Sequence[tuple[int, tuple[int, ...]]],
    values: Mapping[str, int],
    peak: int,
) -> Iterator[str]:
    cold = [row.spans[1].call for row in rows]
    throttled = [number for _, numbers in refused for number in numbers]
    total = ROUNDS * values["callers"]
    warm = total - len(cold) - len(throttled)
    yield (
        f"Of {total} calls, {_counted(cold, 'starts cold', 'start cold')}, "
        f"{warm or 'none'} {'are' if warm > 1 else 'is'} warm and "
        f"{_counted(throttled, 'is throttled', 'are throttled')}."
        + (f" Never do more than {peak} run at once." if peak else "")
    )
    for number, row in enumerate(rows, 1):
        first, *more = [span.call for span in row.spans if span.call]
        then = f", then call{'s' * (len(more) > 1)} {ranges(more)} warm" if more else ""
        left = (
            "It stays frozen."
            if row.ended is None
            else f"After {time_text(values['keep'])} without a call it is shut down."
        )
        yield f"Environment {number} runs call {first} after its init{then}. {left}"
    if len(throttled) == 1:
        yield (f"Call {throttled[0]} is throttled: it is refused with status 429 and does not run.")
    elif throttled:
        yield (
            f"Calls {ranges(throttled)} are throttled: they are refused with status 429 and do "
            "not run."
        )


def _counted(calls: Sequence[int], one: str, many: str) -> str:
    if not calls:
        return f"none {one}"
    return f"{len(calls)} {one if len(calls) == 1 else many} ({ranges(calls)})"


def ranges(numbers: Sequence[int]) -> str:
    """Return ascending numbers as they are read: three or more in a row by their ends.

    Examples
    --------
    >>> ranges([1, 2, 3, 4, 6, 9]), ranges([1, 2]), ranges([7])
    ('1 to 4, 6 and 9', '1 and 2', '7')
    """
    parts: list[str] = []
    for _, of_one in groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0]):
        run = [number for _, number in of_one]
        parts += [f"{run[0]} to {run[-1]}"] if len(run) > 2 else [f"{number}" for number in run]
    return " and ".join(part for part in (", ".join(parts[:-1]), *parts[-1:]) if part)
