"""What clients see of an outage: served, waiting or refused, before it, through it and after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from lambda_lab.clock import SECOND
from lambda_lab.errors import LabError, shown
from lambda_lab.show.canvas import Canvas, clean, text_width
from lambda_lab.show.figure import Figure
from lambda_lab.show.given import MOST, given_mapping, given_row
from lambda_lab.show.style import WIDTH
from lambda_lab.show.times import say

__all__ = ["Call", "stall"]

Call = tuple[float, float, object]
"""When it was sent, when it ended, and which server answered; ``None`` where none did."""
_MARGIN, _ROW, _BAR = 12.0, 24.0, 24.0
_MOST_CLIENTS = 6
_SIDE = 0.6
"""How much is drawn on each side, in lengths of the outage."""


@dataclass(frozen=True, slots=True)
class _Gap:
    """The time from the last answer of one server to the first of the next, in seconds."""

    client: str
    last: float
    again: float
    failed: int
    """Calls without an answer."""

    @property
    def waited(self) -> bool:
        """Whether no call failed: the first one that the next server answers has waited."""
        return not self.failed

    @property
    def mark(self) -> str:
        return "waiting" if self.waited else "error"

    @property
    def length(self) -> str:
        return say(round((self.again - self.last) * SECOND))


def stall(
    calls: Mapping[str, Sequence[Call]],
    *,
    what: str = "failover",
    seconds: bool = False,
    title: str | None = None,
) -> Figure:
    """Draw how clients fared while one server took another's place: who waited, who was refused.

    Parameters
    ----------
    calls
        The calls of each client, in order: sent, ended, and which server answered, or ``None``.
        Both servers answer each client at least once.
    what
        What happened between the two.
    seconds
        Whether to draw true lengths. Otherwise the time without an answer is the unit: what it is
        to each client is the same in every run, and how many milliseconds it takes is not.
    title
        What stands above the figure.

    Raises
    ------
    LabError
        If a client was not answered by two servers, one after the other, at two moments; or if a
        call is not two moments and an answer.

    Examples
    --------
    >>> before, after = (0.8, 0.9, "first"), (2.1, 2.2, "second")
    >>> print(stall({"direct": [before, (1.1, 1.2, None), (1.5, 1.6, None), after],
    ...              "proxied": [before, (1.1, 2.0, "second"), after]}))
    Through the failover
    - Direct: served, then refused again and again, then served by the other server.
    - Proxied: served, then waiting with one call, then served by the other server.
    - The time without an answer is drawn as one unit; how long it took is not drawn.
    """
    calls = given_mapping("calls", calls, "the calls of each client")
    if not 1 <= len(calls) <= _MOST_CLIENTS:
        raise LabError(f"Give the calls of one to {_MOST_CLIENTS} clients; here are {len(calls)}.")
    gaps = [_gap(name, _checked(name, made)) for name, made in calls.items()]
    if max(gap.again for gap in gaps) <= min(gap.last for gap in gaps):
        raise LabError(
            "No time lies between the two servers' answers, so there is nothing to draw."
        )
    name = clean(what, 24)
    heading = clean(title) if title else f"Through the {name}"
    words = [_told(gap, seconds=seconds) for gap in gaps]
    if not seconds:
        words.append(
            "The time without an answer is drawn as one unit; how long it took is not drawn."
        )
    canvas = Canvas()
    height = _Chart(canvas, gaps, name, seconds=seconds).draw()
    return Figure(canvas.finish(height, heading, words), tuple(words), heading)


def _checked(client: str, calls: Sequence[Call]) -> Sequence[Call]:
    for one in given_row(f"{client!r}", calls, "calls"):
        try:
            sent, ended, _ = one
            fits = -MOST <= sent <= ended <= MOST
        except (TypeError, ValueError):
            fits = False
        if not fits:
            raise LabError(
                f"{client!r} has the call {shown(one)}. Give when it was sent, when it ended (not "
                "before), and who answered it, or None."
            )
    return calls


def _gap(client: str, calls: Sequence[Call]) -> _Gap:
    answered = [one for one in calls if one[2] is not None]
    for before, after in pairwise(answered):
        if before[2] != after[2]:
            inside = [one for one in calls if before[1] <= one[0] and one[1] <= after[1]]
            failed = sum(one[2] is None for one in inside)
            # Who only waits may have had nothing to ask for a while: it waits from its question on.
            return _Gap(clean(client, 16), before[1] if failed else after[0], after[1], failed)
    raise LabError(
        f"{client!r} was not answered by two servers. Let it ask before the change and after it."
    )


def _told(gap: _Gap, *, seconds: bool) -> str:
    name = f"{gap.client[:1].upper()}{gap.client[1:]}"
    if not seconds:
        how = "waiting with one call" if gap.waited else "refused again and again"
        return f"{name}: served, then {how}, then served by the other server."
    how = "one call waited" if gap.waited else f"failed calls: {gap.failed}"
    return f"{name}: no answer for {gap.length}; {how}."


class _Chart:
    """One drawing in the making."""

    def __init__(
        self,
        canvas: Canvas,
        gaps: Sequence[_Gap],
        what: str,
        *,
        seconds: bool,
    ) -> None:
        self._canvas, self._gaps, self._what, self._seconds = canvas, gaps, what, seconds
        self._left, self._right = _MARGIN, WIDTH - _MARGIN
        self._first = min(gap.last for gap in gaps)
        self._end = max(gap.again for gap in gaps)

    def _x(self, moment: float) -> float:
        side = _SIDE * (self._end - self._first)
        share = (moment - self._first + side) / (self._end - self._first + 2 * side)
        return self._left + (self._right - self._left) * min(1.0, max(0.0, share))

    def draw(self) -> float:
        """Draw everything and return the height."""
        canvas, began, ended = self._canvas, self._first, self._end
        top = _MARGIN + _ROW
        bottom = top + len(self._gaps) * (_ROW + _BAR + 10)
        middle = (self._x(began) + self._x(ended)) / 2
        canvas.text(middle, _MARGIN + _ROW / 2 - 2, self._what, "ll-strong", anchor="middle")
        for number, gap in enumerate(self._gaps):
            self._client(gap, top + number * (_ROW + _BAR + 10))
        for moment in (began, ended):
            canvas.line(self._x(moment), top, self._x(moment), bottom, "ll-break", dash="3 4")
        canvas.line(self._left, bottom, self._right, bottom, "ll-arrow")
        return self._axis(bottom) + _MARGIN

    def _client(self, gap: _Gap, top: float) -> None:
        canvas = self._canvas
        last, again = (gap.last, gap.again) if self._seconds else (self._first, self._end)
        note = f"no answer for {gap.length}" if self._seconds else ""
        note = note or ("one call waits" if gap.waited else "refused, again and again")
        bar = top + _ROW
        canvas.begin(_told(gap, seconds=self._seconds))
        canvas.text(self._left, top + _ROW / 2, gap.client, "ll-strong")
        middle = (self._x(last) + self._x(again)) / 2
        half = text_width(note) / 2
        canvas.text(min(middle, self._right - half), top + _ROW / 2, note, "ll-halo",
                    anchor="middle")  # fmt: skip
        for start, end, mark in (
            (self._left, self._x(last), "run"),
            (self._x(last), self._x(again), gap.mark),
            (self._x(again), self._right, "run"),
        ):
            canvas.bar(start, bar, end - start, _BAR, mark)
        for start, end in ((self._left, self._x(last)), (self._x(again), self._right)):
            if end - start > text_width("served") + 6:
                canvas.text((start + end) / 2, bar + _BAR / 2, "served", "ll-on-run",
                            anchor="middle")  # fmt: skip
        canvas.end()

    def _axis(self, base: float) -> float:
        canvas, began, ended = self._canvas, self._first, self._end
        y = base + 6 + _ROW / 2
        if self._seconds:
            length = say(round((ended - began) * SECOND))
            for moment, label in ((began, "0"), (ended, length)):
                canvas.text(self._x(moment), y, label, "ll-soft", anchor="middle")
            return y + _ROW / 2
        for start, end, label in (
            (self._left, self._x(began), "before"),
            (self._x(began), self._x(ended), "nobody listens"),
            (self._x(ended), self._right, "after"),
        ):
            canvas.text((start + end) / 2, y, label, "ll-soft", anchor="middle")
        return y + _ROW / 2
