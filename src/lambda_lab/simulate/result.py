"""What a simulation found: outcomes of requests, and the figures that follow from them."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import SupportsIndex

from lambda_lab.errors import shown

from .checks import LONGEST, measured, whole
from .compiled import counting
from .cost import Cost, billing_unit, cost_of
from .errors import SimulationError
from .outcomes import Outcome
from .records import Concurrency, EnvironmentLife
from .settings import Settings

__all__ = ["Result"]

RAN = [outcome for outcome in Outcome if outcome.accepted]
COLD = [outcome for outcome in Outcome if outcome.cold]
MOST_WINDOWS = 10_000_000


@dataclass(frozen=True, eq=False, repr=False)
class Result:
    """What became of every request. Made by :func:`~lambda_lab.simulate.simulate`.

    The buffers hold one number for each request and are read by NumPy without a copy
    (``numpy.asarray(result.outcomes)``). Everything else is counted from them when asked for.
    """

    settings: Settings
    arrivals: memoryview
    durations: memoryview
    inits: memoryview
    outcomes: memoryview
    """One byte each: an :class:`~lambda_lab.simulate.Outcome`."""
    environment_ids: memoryview
    """The environment each request ran in, -1 where it was throttled; provisioned ones first."""
    on_demand_environments: int
    """On-demand environments that were made."""

    def __len__(self) -> int:
        return len(self.outcomes)

    def __repr__(self) -> str:
        counts = ", ".join(f"{count:,} {outcome.name}" for outcome, count in self.counts.items())
        return f"<Result of {len(self):,} requests: {counts}>"

    def outcome(self, request: SupportsIndex) -> Outcome:
        """Return what became of one request, counted from 0.

        Raises
        ------
        IndexError
            If there is no such request; -1 is none.
        SimulationError
            If *request* is no whole number.

        Examples
        --------
        >>> from lambda_lab.simulate import simulate
        >>> simulate([0, 5], 1, keep_alive=10).outcome(1).name
        'WARM'
        """
        try:
            number = None if isinstance(request, bool) else operator.index(request)
        except TypeError:
            number = None
        if number is None:
            raise SimulationError(f"request is {shown(request)}; give its number, counted from 0.")
        if not 0 <= number < len(self):
            raise IndexError(
                f"There is no request {shown(number)}: they are counted from 0 to {len(self) - 1}."
            )
        return Outcome(self.outcomes[number])

    # -- counts --------------------------------------------------------------------------------

    @cached_property
    def counts(self) -> dict[Outcome, int]:
        """Requests by outcome; outcomes that nothing came to are left out."""
        codes = self.outcomes.tobytes()
        found = {outcome: codes.count(outcome) for outcome in Outcome}
        return {outcome: count for outcome, count in found.items() if count}

    @property
    def throttles(self) -> dict[str, int]:
        """Throttled requests by the ``Reason`` of AWS's 429."""
        found: dict[str, int] = {}
        for outcome, count in self.counts.items():
            if outcome.reason is not None:
                found[outcome.reason] = found.get(outcome.reason, 0) + count
        return found

    @property
    def ran(self) -> int:
        """Requests that were not throttled."""
        return sum(count for outcome, count in self.counts.items() if outcome.accepted)

    @property
    def throttled_share(self) -> float:
        """Throttled requests among all."""
        return (len(self) - self.ran) / len(self)

    @property
    def cold_share(self) -> float:
        """Requests that waited for an Init, among those that ran; 0 if none ran."""
        cold = sum(count for outcome, count in self.counts.items() if outcome.cold)
        return cold / self.ran if self.ran else 0.0

    # -- times ---------------------------------------------------------------------------------

    @cached_property
    def stays(self) -> memoryview:
        """Nanoseconds each request held its environment, Init included; -1 if throttled."""
        found: memoryview = counting().stays(self.outcomes, self.durations, self.inits, (RAN, COLD))
        return found

    def percentiles(self, *shares: float) -> list[int]:
        """Return response times: the nearest rank at each share, in nanoseconds.

        Parameters
        ----------
        shares
            From 0 to 1, such as 0.5 for the median and 0.99.

        Raises
        ------
        SimulationError
            If a share is out of range, or if every request was throttled.

        Examples
        --------
        >>> from lambda_lab.simulate import simulate
        >>> simulate([0, 100], 10, 5, keep_alive=1000).percentiles(0.5, 1)
        [10, 15]
        """
        if not self.ran:
            raise SimulationError("Every request was throttled, so no response has a time.")
        ranks = []
        for share in shares:
            number = measured("share", share, zero=True)
            if number > 1:
                raise SimulationError(f"share is {shown(share)}; give a share from 0 to 1.")
            # Of the share as it is written: 0.07 of 100 is the seventh, not the eighth.
            place = -(-Fraction(repr(number)) * self.ran // 1)
            ranks.append(max(1, int(place)))
        found: list[int] = counting().ranked(self.stays, ranks) if ranks else []
        return found

    @cached_property
    def start(self) -> int:
        """When the first request arrived, in nanoseconds."""
        return int(self.arrivals[0])

    @cached_property
    def end(self) -> int:
        """When the last request was over, in nanoseconds: throttled ones are at once."""
        found: int = counting().last_end(self.arrivals, self.stays)
        return found

    # -- concurrency and environments ----------------------------------------------------------

    def concurrency(
        self, step: int, *, start: int | None = None, end: int | None = None
    ) -> Concurrency:
        """Return how many requests were in flight, window by window.

        Parameters
        ----------
        step
            Length of a window, in nanoseconds.
        start, end
            Where the first window begins and the last one ends at the latest, in nanoseconds;
            the whole run by default. The last window is as long as the others.

        Raises
        ------
        SimulationError
            If the windows would be none, or more than ten million.

        Examples
        --------
        >>> from lambda_lab.simulate import simulate
        >>> result = simulate([0, 5], [10, 10], keep_alive=1000)
        >>> result.concurrency(step=5)
        Concurrency(start=0, step=5, peaks=[1, 2, 1], means=[1.0, 2.0, 1.0])
        """
        step = whole("step", step, least=1, most=8 * LONGEST)
        begin, stop = self._span(start, end)
        count = max(1, -(-(stop - begin) // step))
        if count > MOST_WINDOWS:
            raise SimulationError(f"step is {step}: that makes {count} windows; give a longer one.")
        peaks, taken = counting().windows(self.arrivals, self.stays, begin, step, count)
        return Concurrency(begin, step, peaks, [nanoseconds / step for nanoseconds in taken])

    def _span(self, start: int | None, end: int | None) -> tuple[int, int]:
        most = 8 * LONGEST
        begin = self.start if start is None else whole("start", start, most=most)
        stop = self.end if end is None else whole("end", end, most=most)
        if stop < begin or (stop == begin and end is not None):
            raise SimulationError(f"end is {stop} and start {begin}; give an end after the start.")
        return begin, stop

    @cached_property
    def peak(self) -> int:
        """Most requests in flight at any moment."""
        return self.concurrency(max(1, self.end - self.start)).peaks[0]

    @cached_property
    def environments(self) -> list[EnvironmentLife]:
        """Every environment that a request came to, in the order of their numbers."""
        provisioned = self.settings.provisioned
        lives = counting().lives(
            self.environment_ids,
            self.arrivals,
            self.stays,
            provisioned + self.on_demand_environments,
        )
        found = []
        for number, (created, ended, requests, busy) in enumerate(zip(*lives, strict=True)):
            if not requests:
                continue
            ahead = number < provisioned
            kept = None if ahead else ended + self.settings.keep_alive
            found.append(EnvironmentLife(number, ahead, created, ended, kept, requests, busy))
        return found

    def averages(self, *, start: int | None = None, end: int | None = None) -> tuple[float, float]:
        """Return the environments that were busy, and idle, on average over a span of time.

        Provisioned environments count over all of it.

        Parameters
        ----------
        start, end
            The span, in nanoseconds; the whole run by default.

        Raises
        ------
        SimulationError
            If the span is empty.

        Examples
        --------
        >>> from lambda_lab.simulate import simulate
        >>> simulate([0, 50], 10, keep_alive=1000).averages(end=100)
        (0.2, 0.8)
        """
        begin, stop = self._span(start, end)
        span = max(1, stop - begin)
        _, (busy,) = counting().windows(self.arrivals, self.stays, begin, span, 1)
        there = self.settings.provisioned * span
        for life in self.environments:
            if life.ends is not None:
                there += max(0, min(life.ends, stop) - max(life.created, begin))
        return busy / span, (there - busy) / span

    # -- money ---------------------------------------------------------------------------------

    def cost(self, memory: int, *, architecture: str = "x86_64") -> Cost:
        """Return what AWS would charge, without the free tier.

        Parameters
        ----------
        memory
            MB of the function.
        architecture
            ``x86_64`` or ``arm64``.

        Raises
        ------
        SimulationError
            If the memory is out of Lambda's range, or there is no such architecture.

        Examples
        --------
        >>> from lambda_lab.simulate import constant, nanoseconds, simulate
        >>> result = simulate(constant(10, 1000), nanoseconds(1), keep_alive=nanoseconds(60))
        >>> print(result.cost(memory=1024))
        Cost in USD: requests 0.002000, duration 0.166667, total 0.168667
        """
        on_demand, ahead = counting().billed(
            self.outcomes, self.stays, int(Outcome.PROVISIONED), billing_unit()
        )
        return cost_of(
            requests=self.ran,
            on_demand_units=on_demand,
            provisioned_units=ahead,
            provisioned=self.settings.provisioned,
            span=self.end - self.start,
            memory=memory,
            architecture=architecture,
        )
