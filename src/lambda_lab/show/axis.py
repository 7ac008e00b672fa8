"""Time to the right: where a moment lies, which idle stretches are cut, where the ticks stand."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from lambda_lab.clock import SECOND
from lambda_lab.show.canvas import text_width
from lambda_lab.show.times import HALF_SECOND, say

__all__ = ["Axis", "Cut", "Stretch", "Tick"]

_CUT_WIDTH = 46.0
_TAIL = 22.0


@dataclass(frozen=True, slots=True)
class Stretch:
    """Something that lasts and is drawn.

    Attributes
    ----------
    start_ns, end_ns
        Both must be moments of the axis.
    room
        Units it gets at least, so that it can be seen.
    idle
        Whether nothing goes on in it, so that it may be cut.
    """

    start_ns: int
    end_ns: int
    room: float
    idle: bool = False


@dataclass(frozen=True, slots=True)
class Cut:
    """A stretch in which nothing ran, drawn short and marked as such."""

    start_ns: int
    end_ns: int
    left: float
    right: float


@dataclass(frozen=True, slots=True)
class Tick:
    """A labelled moment."""

    x: float
    label: str


@dataclass(slots=True)
class Axis:
    """A map from the region's time to the sheet, between *left* and *right*.

    *moments* are the times at which something happened, *stretches* what lasted between them.
    """

    moments: Iterable[int]
    stretches: Sequence[Stretch]
    left: float
    right: float
    steady: bool = False
    widened: bool = field(init=False, default=False)
    """Whether some phase is wider than its time."""
    _times: list[int] = field(init=False)
    _xs: list[float] = field(init=False)
    _cut_at: set[int] = field(init=False)

    def __post_init__(self) -> None:
        self._times = sorted(set(self.moments)) or [0]
        self._cut_at = self._find_cuts()
        self._xs = self._place(self.right - self.left - _TAIL)

    def x(self, time_ns: int) -> float:
        """Return where *time_ns* lies; between two known moments, in proportion."""
        if time_ns <= self._times[0]:
            return self._xs[0]
        index = bisect_right(self._times, time_ns) - 1
        if index + 1 >= len(self._times):
            return self._xs[-1]
        passed = time_ns - self._times[index]
        share = passed / (self._times[index + 1] - self._times[index])
        return self._xs[index] + share * (self._xs[index + 1] - self._xs[index])

    @property
    def cuts(self) -> list[Cut]:
        """The stretches that are cut, in order."""
        return [
            Cut(self._times[i], self._times[i + 1], self._xs[i], self._xs[i + 1])
            for i in sorted(self._cut_at)
        ]

    # -- which stretches are cut -----------------------------------------------------------

    def _busy(self) -> list[bool]:
        """Return for each pair of neighbouring moments whether anything went on between them."""
        change = [0] * (len(self._times) + 1)
        index = {moment: i for i, moment in enumerate(self._times)}
        for stretch in self.stretches:
            if not stretch.idle:
                change[index[stretch.start_ns]] += 1
                change[index[stretch.end_ns]] -= 1
        busy, level = [], 0
        for delta in change[: len(self._times) - 1]:
            level += delta
            busy.append(level > 0)
        return busy

    def _find_cuts(self) -> set[int]:
        """Cut an idle stretch that outlasts all the work twice over: drawn true, it would hide it.

        Where nothing ran at all there is no work to hide; then a stretch is cut that is five times
        longer than all the others together.
        """
        lengths = [b - a for a, b in zip(self._times, self._times[1:], strict=False)]
        busy = self._busy()
        work = sum(length for length, at_work in zip(lengths, busy, strict=True) if at_work)
        total = sum(lengths)
        return {
            i
            for i, (length, at_work) in enumerate(zip(lengths, busy, strict=True))
            if not at_work
            and length > 1_000
            and len(lengths) > 1
            and (length > 2 * work if work else length > 5 * (total - length))
        }

    # -- where moments lie -----------------------------------------------------------------

    def _place(self, room: float) -> list[float]:
        """Return an x for every moment: in proportion to time, with the room each phase needs.

        Every row is a chain of wishes "this end at least so far right of that start". The largest
        scale at which the longest chain still fits is found by halving.
        """
        wishes = self._wishes()
        drawn = [self._drawn(i) for i in range(1, len(self._times))]
        least = _spread(wishes, drawn, 0.0, 1.0)[-1]
        uncut = sum(drawn)
        # With no time to draw to scale, the phases share the room; else they leave a fifth of it.
        most = 1.0 if uncut else 2.5
        shrink = min(most, (0.8 if uncut else 1.0) * room / least) if least > 0 else 1.0
        low, high = 0.0, room / uncut if uncut else 0.0
        for _ in range(50):
            middle = (low + high) / 2
            if _spread(wishes, drawn, middle, shrink)[-1] <= room:
                low = middle
            else:
                high = middle
        spread = _spread(wishes, drawn, low, shrink)
        true = _true_scale(room, self._cut_total(spread), uncut) if uncut else 0.0
        self.widened = least > 0 and (not uncut or low < 0.98 * true)
        return [self.left + x for x in spread]

    def _cut_total(self, spread: Sequence[float]) -> float:
        return sum(spread[i + 1] - spread[i] for i in self._cut_at)

    def _wishes(self) -> list[list[tuple[int, float]]]:
        """Return for each moment the pairs (earlier moment, units wanted in between)."""
        wishes: list[list[tuple[int, float]]] = [[] for _ in self._times]
        index = {moment: i for i, moment in enumerate(self._times)}
        for stretch in self.stretches:
            if stretch.end_ns > stretch.start_ns:
                wishes[index[stretch.end_ns]].append((index[stretch.start_ns], stretch.room))
        for i in self._cut_at:
            wishes[i + 1].append((i, _CUT_WIDTH))
        return wishes

    def _drawn(self, i: int) -> int:
        """Return how much of the time before moment *i* is drawn to scale, in nanoseconds.

        The tiny steps of a steady record only order events; they are no time.
        """
        if i - 1 in self._cut_at:
            return 0
        passed = self._times[i] - self._times[i - 1]
        return round(passed / HALF_SECOND) * HALF_SECOND if self.steady else passed

    # -- ticks -----------------------------------------------------------------------------

    def ticks(self) -> list[Tick]:
        """Return labelled moments that do not collide: ends of stretches first, then round ones."""
        chosen: list[Tick] = []
        for time_ns, label in self._candidates():
            tick = Tick(self.x(time_ns), label)
            half = text_width(label) / 2
            if tick.x + half > self.right + _TAIL:
                continue
            if all(abs(tick.x - o.x) > half + text_width(o.label) / 2 + 8 for o in chosen):
                chosen.append(tick)
        return sorted(chosen, key=lambda tick: tick.x)

    def _candidates(self) -> Iterable[tuple[int, str]]:
        zero = self._times[0]
        yield zero, "0"
        for cut in self.cuts:
            yield cut.end_ns, say(cut.end_ns - zero, steady=self.steady)
        yield from self._half_seconds() if self.steady else self._round_moments()

    def _half_seconds(self) -> Iterable[tuple[int, str]]:
        """Steady moments: the first one of each half second that something happened in."""
        zero, seen = self._times[0], 0
        for moment in self._times:
            halves = round((moment - zero) / HALF_SECOND)
            if halves > seen:
                seen = halves
                yield moment, say(halves * HALF_SECOND, steady=True)

    def _round_moments(self) -> Iterable[tuple[int, str]]:
        """Round moments of every stretch; after a cut they count from the end of the cut."""
        starts = [self._times[0], *(cut.end_ns for cut in self.cuts)]
        ends = [*(cut.start_ns for cut in self.cuts), self._times[-1]]
        for number, (start, end) in enumerate(zip(starts, ends, strict=True)):
            step = _nice((end - start) / 4)
            for count in range(1, 9):
                if start + count * step > end:
                    break
                yield start + count * step, ("+" if number else "") + say(count * step)


def _spread(
    wishes: Sequence[Sequence[tuple[int, float]]],
    drawn: Sequence[int],
    scale: float,
    shrink: float,
) -> list[float]:
    """Return an x for each moment from 0 on, as near to the one before as all wishes allow."""
    xs = [0.0]
    for passed, wanted_here in zip(drawn, wishes[1:], strict=True):
        x = xs[-1] + passed * scale
        for earlier, wanted in wanted_here:
            x = max(x, xs[earlier] + wanted * shrink)
        xs.append(x)
    return xs


def _true_scale(room: float, taken: float, uncut: int) -> float:
    """Return the units per nanosecond if everything outside the cuts were true to scale."""
    return max(0.0, room - taken) / uncut


def _nice(rough_ns: float) -> int:
    """Return the next round step: 1, 2 or 5 times a power of ten; above a minute 1, 2, 5, 10 ..."""
    for step in (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1_440):
        if 30 * SECOND < rough_ns <= step * 60 * SECOND:
            return step * 60 * SECOND
    power = 10 ** math.floor(math.log10(max(rough_ns, 1_000)))
    return int(next(f * power for f in (1, 2, 5, 10) if f * power >= min(rough_ns, 10 * power)))
