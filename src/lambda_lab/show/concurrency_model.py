"""What the concurrency explorer shows: a small simulation, and Erlang's formula behind it.

The requests come from a short table and whole numbers only, so that a page's script draws the very
same requests and finds the very same outcomes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from lambda_lab import facts
from lambda_lab.clock import SECOND
from lambda_lab.show.concurrency_fields import MILLI, Kind, number_text
from lambda_lab.show.concurrency_figure import windows_of
from lambda_lab.simulate import Outcome, Result, erlang_b, simulate

__all__ = ["JUDGED", "REQUESTS", "Picture", "draws", "picture", "share_text"]

REQUESTS = 4_000
JUDGED = 3_000
"""The last so many requests are judged: the first ones find an empty system."""
WINDOWS = 100
PLACES = 24
"""A line over a setting has about so many points."""
KEPT = (1, 2, 5, 10, 20, 60, 120, 300, 600, 1_800, 3_600, 7_200, 36_000)
"""Seconds that an idle environment is kept, along the axis."""
KEPT_LABELS = ((1, "1 s"), (60, "1 min"), (600, "10 min"), (36_000, "10 h"))
LONG_KEPT = 600 * SECOND
TOPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
SEED = 2_463_534_242
"""Marsaglia's, of the generator with shifts 13, 17 and 5: https://doi.org/10.18637/jss.v008.i14"""
_CELLS = 1_024
_MILLION = 1_000_000
_BITS = 0xFFFF_FFFF

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Picture:
    """What is drawn; places go from 0 to 1.

    Attributes
    ----------
    lines
        One or two lines.
    mark
        Where the setting is.
    across, up
        Ticks of the axes: their places and their texts.
    words
        The outcome in a sentence or two.
    """

    lines: tuple[tuple[Point, ...], ...]
    mark: Point | None
    across: tuple[tuple[float, str], ...]
    up: tuple[tuple[float, str], ...]
    words: str


@cache
def draws() -> tuple[int, ...]:
    """Return the table of exponential times, in millionths of their mean."""
    return tuple(
        round(-math.log(1 - (cell + 0.5) / _CELLS) * _MILLION) for cell in range(_CELLS)
    )  # fmt: skip


def _drawn() -> Iterator[int]:
    """Yield times in millionths of their mean, the same in every run."""
    table, state = draws(), SEED
    while True:
        state ^= state << 13 & _BITS
        state ^= state >> 17
        state ^= state << 5 & _BITS
        yield table[state >> 22]


@cache
def _requests(rate: int, duration: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return arrivals and durations in nanoseconds; *rate* and *duration* are thousandths."""
    drawn, now = _drawn(), 0
    arrivals, durations = [], []
    for _ in range(REQUESTS):
        now += next(drawn) * MILLI // rate
        arrivals.append(now * MILLI)
        durations.append(max(1, next(drawn) * duration // MILLI) * MILLI)
    return tuple(arrivals), tuple(durations)


def _run(
    values: Mapping[str, int],
    *,
    keep_alive: int = LONG_KEPT,
    reserved: int | None = None,
    provisioned: int = 0,
) -> Result:
    arrivals, durations = _requests(values["rate"], values["duration"])
    return simulate(
        arrivals, durations, keep_alive=keep_alive, reserved=reserved, provisioned=provisioned,
        account_limit=math.inf, burst=math.inf,
    )  # fmt: skip


def share_text(share: float) -> str:
    """Return a share in percent, to a tenth.

    Examples
    --------
    >>> share_text(0.1217), share_text(1.0)
    ('12.2 %', '100 %')
    """
    tenths = math.floor(share * 1_000 + 0.5)
    whole, part = divmod(tenths, 10)
    return f"{whole}.{part} %" if part else f"{whole} %"


def picture(kind: Kind, values: Mapping[str, int]) -> Picture:
    """Return what *kind* shows for what was typed, in thousandths.

    Examples
    --------
    >>> from lambda_lab.show.concurrency_fields import KINDS
    >>> found = picture(KINDS["reserved"], {"rate": 20000, "duration": 500, "reserved": 12000})
    >>> print(found.words)
    Rate times duration is 10. With 12 reserved, 11.4 % of the requests are throttled; Erlang's
    formula B says 12 %.
    """
    return _PICTURES[kind.key](values)


def _load(values: Mapping[str, int]) -> float:
    return values["rate"] * values["duration"] / MILLI**2


def _said_load(values: Mapping[str, int]) -> str:
    product = values["rate"] * values["duration"]
    rounded = (product + MILLI // 2) // MILLI
    if not rounded:
        return "Rate times duration is under 0.001."
    return f"Rate times duration is {number_text(rounded)}."


def _too_fast(values: Mapping[str, int], setting: int) -> str:
    """Say so where requests per second bind, which Erlang's formula does not know."""
    served = int(facts.value("concurrency.requests-per-environment")) * setting
    if values["rate"] <= served * MILLI:
        return ""
    return f" {setting:,} can begin {served:,} requests a second at most; more than that come."


# -- concurrency over time -------------------------------------------------------------------------


def _over_time(values: Mapping[str, int]) -> Picture:
    limit = values["limit"] // MILLI
    result = _run(values, reserved=limit)
    windows = windows_of(result, WINDOWS)
    top = _round_up(max(result.peak, limit))
    heights = [window.running / top for window in windows]
    corners = [
        (place / len(heights), height)
        for number, height in enumerate(heights)
        for place in (number, number + 1)
    ]
    refused = sum(window.throttled for window in windows)
    words = (
        f"{_said_load(values)} Of {REQUESTS:,} requests, {result.peak:,} are in flight at most; "
        f"the limit of {limit:,} refuses {share_text(refused / REQUESTS)} of them."
        + _too_fast(values, limit)
    )
    span = (result.end - result.start) // SECOND
    return Picture(
        (tuple(corners), ((0.0, limit / top), (1.0, limit / top))), None,
        ((0.0, "0"), (0.5, _time_text(span // 2)), (1.0, _time_text(span))),
        ((0.0, "0"), (0.5, f"{top // 2:,}"), (1.0, f"{top:,}")), words,
    )  # fmt: skip


def _round_up(most: int) -> int:
    """Return the first of 2, 4, 10, 20, 40, 100 and so on that is above *most*."""
    power = 1
    while True:
        for factor in (2, 4, 10):
            if power * factor > most:
                return power * factor
        power *= 10


def _time_text(seconds: int) -> str:
    for unit, name in ((3_600, "h"), (60, "min")):
        if seconds >= 5 * unit:
            return f"{seconds // unit:,} {name}"
    return f"{seconds} s"


# -- shares over a setting -------------------------------------------------------------------------


def _shares(
    lines: tuple[tuple[Point, ...], ...],
    mark: Point,
    across: tuple[tuple[float, str], ...],
    words: str,
) -> Picture:
    """Return a picture of shares, with an axis as high as they need."""
    highest = max(share for line in lines for _, share in line)
    top = next(top for top in TOPS if top >= highest)
    return Picture(
        tuple(tuple((x, share / top) for x, share in line) for line in lines),
        (mark[0], min(1.0, mark[1] / top)), across,
        ((0.0, "0 %"), (0.5, share_text(top / 2)), (1.0, share_text(top))), words,
    )  # fmt: skip


def _judged(result: Result, wanted: Callable[[Outcome], bool]) -> float:
    codes = bytes(outcome for outcome in Outcome if wanted(outcome))
    last = result.outcomes[REQUESTS - JUDGED :].tobytes()
    return sum(last.count(code) for code in codes) / JUDGED


def _over_keep_alive(values: Mapping[str, int]) -> Picture:
    def cold(seconds: int) -> float:
        return _judged(_run(values, keep_alive=seconds * SECOND), lambda outcome: outcome.cold)

    def place(seconds: int) -> float:
        return math.log(seconds) / math.log(KEPT[-1])

    chosen = values["keep-alive"] // MILLI
    share = cold(chosen)
    words = (
        f"{_said_load(values)} If an idle environment is kept for {_time_text(chosen)}, "
        f"{share_text(share)} of the requests start cold."
    )
    return _shares(
        (tuple((place(seconds), cold(seconds)) for seconds in KEPT),), (place(chosen), share),
        tuple((place(seconds), label) for seconds, label in KEPT_LABELS), words,
    )  # fmt: skip


def _over_a_setting(values: Mapping[str, int], name: str, verb: str) -> Picture:
    reserving = name == "reserved"

    def refused(units: int) -> float:
        if not units:
            return 1.0
        run = _run(values, **{name: units})
        if reserving:
            return _judged(run, lambda outcome: not outcome.accepted)
        return _judged(run, lambda outcome: outcome.spillover)

    load, chosen = _load(values), values[name] // MILLI
    most = max(chosen, math.ceil(2 * load) + 2)
    step = math.ceil(most / PLACES)
    end = step * math.ceil(most / step)
    units = range(0, end + 1, step)
    share = refused(chosen)
    words = (
        f"{_said_load(values)} With {chosen:,} {name}, {share_text(share)} of the requests {verb}; "
        f"Erlang's formula B says {share_text(erlang_b(chosen, load))}." + _too_fast(values, chosen)
    )
    return _shares(
        (
            tuple((one / end, refused(one)) for one in units),
            tuple((one / end, erlang_b(one, load)) for one in units),
        ),
        (chosen / end, share),
        ((0.0, "0" if chosen * 10 > end else ""), (chosen / end, f"{chosen:,}")),
        words,
    )


_PICTURES: Mapping[str, Callable[[Mapping[str, int]], Picture]] = {
    "limit": _over_time,
    "keep-alive": _over_keep_alive,
    "reserved": lambda values: _over_a_setting(values, "reserved", "are throttled"),
    "provisioned": lambda values: _over_a_setting(values, "provisioned", "spill over"),
}
