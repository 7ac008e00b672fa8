"""How a length of time is said, and how measured times are made steady for a printed page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lambda_lab.clock import SECOND
from lambda_lab.timeline import Event, Kind

__all__ = ["HALF_SECOND", "canonical", "say"]

HALF_SECOND = SECOND // 2
_MILLISECOND = 1_000_000
_STEP = 1_000
_MOST_STEPS = _MILLISECOND
"""A steady half second is shorter by the steps before it."""
_MINUTE, _HOUR, _DAY = 60 * SECOND, 3_600 * SECOND, 86_400 * SECOND

# Where the call itself, not an environment, moves on: what comes next is measured from here.
_CALL_ENDS = {Kind.RESPONDED, Kind.THROTTLED, Kind.DELIVERED, Kind.DROPPED}
_CALL_BEGINS = {Kind.RECEIVED, Kind.QUEUED, Kind.RETRY}


def say(duration_ns: int, *, steady: bool = False) -> str:
    """Return *duration_ns* in the unit a reader would choose: ms, s, min, h or days.

    Parameters
    ----------
    duration_ns
        A length of time in nanoseconds; below nought counts as nought.
    steady
        Round to the nearest half second, and say "under 0.5 s" of all that is shorter: what takes
        a busy machine four times as long must still be said alike.

    Examples
    --------
    >>> say(2_340_000), say(120_400_000), say(3 * SECOND), say(180 * SECOND)
    ('2.3 ms', '120 ms', '3 s', '3 min')
    >>> say(3_020_000_000, steady=True), say(120_400_000, steady=True)
    ('3 s', 'under 0.5 s')
    """
    duration_ns = max(0, duration_ns)
    if steady:
        if duration_ns < HALF_SECOND - _MOST_STEPS:
            return "under 0.5 s"
        duration_ns = round(duration_ns / HALF_SECOND) * HALF_SECOND
    if duration_ns < 10 * _MILLISECOND:
        return f"{_short(duration_ns / _MILLISECOND, 1)} ms"
    if duration_ns < 999.5 * _MILLISECOND:
        return f"{round(duration_ns / _MILLISECOND)} ms" if not steady else "0.5 s"
    if duration_ns < _MINUTE - SECOND // 20:
        return f"{_short(duration_ns / SECOND, 1 if duration_ns >= 10 * SECOND else 2)} s"
    return _long(duration_ns)


def _long(duration_ns: int) -> str:
    """Return a minute or more in its two largest units, the second left out where it is nought."""
    for unit, name, part, part_name in (
        (_DAY, "d", _HOUR, "h"),
        (_HOUR, "h", _MINUTE, "min"),
        (_MINUTE, "min", SECOND, "s"),
    ):
        rounded = round(duration_ns / part) * part
        if rounded >= unit:
            rest = rounded % unit // part
            return f"{rounded // unit} {name}" + (f" {rest} {part_name}" if rest else "")
    return f"{round(duration_ns / SECOND)} s"


def _short(value: float, places: int) -> str:
    text = f"{value:.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def canonical(events: Sequence[Event]) -> list[Event]:
    """Return *events* with steady times, so that two runs of one lab give the same figure.

    A time here is a number of half seconds plus a number of tiny steps. Each event is placed after
    what it had to wait for: the event before it in its environment, and the event before it of
    its request. If less than half a second lay between, it comes one step later; otherwise it
    comes later by that time, rounded to the nearest half second. So what was measured falls out,
    and what came after what stays.

    A call that begins came when its caller wanted, after no work of the machine's. A caller who
    waits half a second may be seen a little less after the call before, so that time is rounded
    from its first quarter second on.
    """
    ordered = sorted(events, key=lambda event: event.time_ns)
    clock = _SteadyClock(ordered[0].time_ns if ordered else 0)
    placed = [(clock.place(event), event) for event in ordered]
    placed.sort(key=lambda pair: pair[0])
    return [
        replace(event, time_ns=halves * HALF_SECOND + steps * _STEP)
        for (halves, steps), event in placed
    ]


class _SteadyClock:
    """Remembers, for each environment and request, its last event: true time and steady time."""

    def __init__(self, start_ns: int) -> None:
        origin = (start_ns, (0, 0))
        self._environment: dict[str, tuple[int, tuple[int, int]]] = {}
        self._request: dict[str, tuple[int, tuple[int, int]]] = {}
        self._call_began = origin
        self._call_ended = origin

    def place(self, event: Event) -> tuple[int, int]:
        """Return the steady time of *event* as (half seconds, steps)."""
        known = self._known(event)
        if known:
            at = max(self._after(event, *cause) for cause in known)
        elif event.environment is not None:
            at = self._after(event, *self._call_began)
        else:
            least = HALF_SECOND // 2 if event.kind in _CALL_BEGINS else HALF_SECOND
            at = self._after(event, *self._call_ended, least)
        self._remember(event, (event.time_ns, at))
        return at

    def _known(self, event: Event) -> list[tuple[int, tuple[int, int]]]:
        """Return what came before *event* in its environment, and of its request."""
        known = []
        if event.environment is not None and event.environment in self._environment:
            known.append(self._environment[event.environment])
        if event.request is not None and event.request in self._request:
            known.append(self._request[event.request])
        return known

    @staticmethod
    def _after(
        event: Event, cause_ns: int, at: tuple[int, int], least: int = HALF_SECOND
    ) -> tuple[int, int]:
        """Return when *event* comes; what takes less than *least* is only a step."""
        halves, steps = at
        passed = event.time_ns - cause_ns
        if passed < least:
            return halves, steps + 1
        return halves + max(1, round(passed / HALF_SECOND)), 0

    def _remember(self, event: Event, moment: tuple[int, tuple[int, int]]) -> None:
        if event.environment is not None:
            self._environment[event.environment] = moment
        if event.request is not None:
            self._request[event.request] = moment
        if event.kind in _CALL_ENDS:
            self._call_ended = moment
        if event.kind in _CALL_BEGINS:
            self._call_began = moment
