"""Places moments on an axis along chains of causes, so that short steps keep their order.

On an axis of minutes a try of the function takes no time at all, but it has a beginning and an end.
A moment is therefore a number of quanta of time and, within a quantum, a number of steps since its
chain entered it. Chains do not disturb one another: what two events do at the same time stands at
the same place, whichever of them was a millisecond earlier.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lambda_lab.show.times import HALF_SECOND, say

__all__ = ["Moment", "Placer", "resolution", "took"]

_LONGEST_STEP_NS = 1_000
_PARTS = 400
"""Quanta that all the time drawn is cut into: about one for each unit of the sheet."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time and its place on the axis.

    Attributes
    ----------
    at_ns
        Its place, nanoseconds from the axis's zero.
    true_ns
        When it was, nanoseconds since the epoch.
    quanta, steps
        What the place is made of.
    """

    at_ns: int
    true_ns: int
    quanta: int
    steps: int


class Placer:
    """Gives moments their places.

    Parameters
    ----------
    start_ns
        Zero of the axis.
    quantum_ns
        What is shorter than this is a step.
    steady
        Count from what came before in the chain, not from zero: then what was measured on the way
        does not add up, as in :func:`lambda_lab.show.times.canonical`.

    Examples
    --------
    >>> placer = Placer(0, HALF_SECOND, steady=True)
    >>> taken = placer.begin(3_000_000)
    >>> done = placer.after(9_000_000, taken)
    >>> again = placer.after(60_012_000_000, done)
    >>> [(moment.quanta, moment.steps) for moment in (taken, done, again)]
    [(0, 0), (0, 1), (120, 0)]
    """

    def __init__(self, start_ns: int, quantum_ns: int, *, steady: bool) -> None:
        self._start_ns = start_ns
        self._quantum_ns = max(1, quantum_ns)
        self._step_ns = min(_LONGEST_STEP_NS, max(1, quantum_ns // 1_000))
        self._steady = steady
        self._begun = Moment(0, start_ns, 0, 0)

    def begin(self, time_ns: int, *, asked: bool = False) -> Moment:
        """Place the first moment of a chain. Chains begin in order of time.

        A chain that somebody *asked* for began when they wanted, after no work of the machine's:
        in a steady figure that time goes to the nearest quantum.
        """
        before = self._begun if self._steady else Moment(0, self._start_ns, 0, 0)
        passed = time_ns - before.true_ns
        if asked and self._steady:
            quanta = before.quanta + max(0, round(passed / self._quantum_ns))
        else:
            quanta = before.quanta + self._quanta(passed)
        self._begun = self._moment(quanta, 0, time_ns)
        return self._begun

    def after(self, time_ns: int, *causes: Moment) -> Moment:
        """Place a moment that follows *causes*, at least one."""
        if self._steady:
            at = max(self._next(time_ns, cause) for cause in causes)
        else:
            least = max((cause.quanta, cause.steps + 1) for cause in causes)
            at = max((self._quanta(time_ns - self._start_ns), 0), least)
        return self._moment(*at, time_ns)

    def _next(self, time_ns: int, cause: Moment) -> tuple[int, int]:
        quanta = self._quanta(time_ns - cause.true_ns)
        return (cause.quanta + quanta, 0) if quanta else (cause.quanta, cause.steps + 1)

    def _quanta(self, passed_ns: int) -> int:
        if passed_ns < self._quantum_ns:
            return 0
        return round(passed_ns / self._quantum_ns)

    def _moment(self, quanta: int, steps: int, time_ns: int) -> Moment:
        at_ns = quanta * self._quantum_ns + min(steps * self._step_ns, self._quantum_ns - 1)
        return Moment(at_ns, time_ns, quanta, steps)


def resolution(spans: Sequence[tuple[int, int]], *, steady: bool) -> int:
    """Return the quantum for a figure in which something goes on during *spans* (start, end).

    Examples
    --------
    >>> resolution([(0, 100), (50, 200), (900, 1_100)], steady=False)
    1
    >>> resolution([], steady=True)
    500000000
    """
    if steady:
        return HALF_SECOND
    total, reached = 0, 0
    for start, end in sorted(spans):
        total += max(0, end - max(start, reached))
        reached = max(reached, end)
    return max(1, round(total / _PARTS))


def took(start: Moment, end: Moment, *, steady: bool) -> str:
    """Return how long it was from *start* to *end*, in words."""
    if steady:
        return say(end.at_ns - start.at_ns, steady=True)
    return say(end.true_ns - start.true_ns)
