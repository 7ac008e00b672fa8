"""The engine in plain Python: one pass over the requests, a heap and a stack.

Environments that have finished go to the stack of idle ones; a request takes the one used last if
that is still kept, or a new one. Nothing happens when an idle environment ends: if the one used
last is too old, so are all below it.

A busy environment is when it ends and its number, so that on ties the lower number ends first; an
idle one is when it ended and its number.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from heapq import heappop, heappush
from typing import NamedTuple, TypeAlias

from lambda_lab.clock import SECOND

from .bounds import Bucket, begun_within, throttles
from .inputs import CHUNK
from .outcomes import Outcome
from .settings import MOST, Settings

__all__ = ["Progress", "PurePython", "Run", "run"]

Progress: TypeAlias = Callable[[int, int], None]
"""Called now and then with how many requests are done, and how many there are."""

COLD = int(Outcome.COLD)
PROVISIONED = int(Outcome.PROVISIONED)
SPILLOVER = int(Outcome.SPILLOVER_WARM)
SCALING = int(Outcome.THROTTLED_SCALING)
NEVER = (2**63, -1)
"""Later than any environment ends: a heap with it is never empty."""


class Run(NamedTuple):
    """What an engine finds out: everything else follows from it."""

    outcomes: memoryview
    """One byte for each request: an :class:`Outcome`."""
    environment_ids: memoryview
    """32 bits for each request: the environment it ran in, -1 if it was throttled.

    Provisioned environments come first; the others are numbered as they were made.
    """
    made: int
    """On-demand environments that were made."""


class PurePython:
    """The state of a simulation between two chunks of requests."""

    def __init__(self, settings: Settings, inits: list[int], requests: int) -> None:
        self.settings = settings
        self.inits = inits
        self.outcomes = bytearray(requests)
        self.environment_ids = array("i")
        self.number = settings.provisioned
        """The next on-demand environment's."""
        self._busy = [NEVER]
        self._idle: list[tuple[int, int]] = []
        self._held = [NEVER]
        self._free = list(range(settings.provisioned))[::-1]
        self._bucket = Bucket(settings)
        self._begun = begun_within(settings.requests_a_second, requests)
        self._provisioned_begun = begun_within(settings.provisioned_requests_a_second, requests)
        self._no_concurrency, self._no_rate = throttles(settings)

    def chunk(self, arrivals: list[int], durations: list[int]) -> None:
        """Simulate the next requests."""
        busy, idle, begun = self._busy, self._idle, self._begun
        provisioned, keep = self.settings.provisioned, self.settings.keep_alive
        limit = self.settings.on_demand_limit
        most = MOST if limit is None else limit
        ids: list[int] = []
        first_end, done = busy[0][0], len(self.environment_ids)
        for now, duration in zip(arrivals, durations, strict=True):
            while first_end <= now:  # departures come before arrivals
                idle.append(heappop(busy))
                first_end = busy[0][0]
            if provisioned and self._provisioned(done + len(ids), now, duration, ids):
                continue
            if len(busy) > most:
                self._refuse(done, ids, self._no_concurrency)
                continue
            if begun is not None and now - begun[0] < SECOND:
                self._refuse(done, ids, self._no_rate)
                continue
            stay = duration
            if idle and now - (last := idle.pop())[0] <= keep:
                number = last[1]
            else:
                idle.clear()
                if not self._bucket.take(now):
                    self._refuse(done, ids, SCALING)
                    continue
                number, init = self._create(done + len(ids))
                stay += init
            if begun is not None:
                begun.append(now)
            ids.append(number)
            heappush(busy, (now + stay, number))
            first_end = busy[0][0]
        self.environment_ids.fromlist(ids)

    def _refuse(self, done: int, ids: list[int], outcome: int) -> None:
        self.outcomes[done + len(ids)] = outcome
        ids.append(-1)

    def _create(self, request: int) -> tuple[int, int]:
        """Return the number of a new on-demand environment, and how long its Init takes."""
        number = self.number
        self.number += 1
        self.outcomes[request] += COLD
        return number, self.inits[request % len(self.inits)]

    def _provisioned(self, request: int, now: int, duration: int, ids: list[int]) -> bool:
        """Run or refuse a request in a provisioned environment; false if it has to spill over."""
        held, free, begun = self._held, self._free, self._provisioned_begun
        while held[0][0] <= now:
            free.append(heappop(held)[1])
        if not free or (begun is not None and now - begun[0] < SECOND):
            self.outcomes[request] = SPILLOVER
            return False
        if self._begun is not None and now - self._begun[0] < SECOND:
            self.outcomes[request] = self._no_rate
            ids.append(-1)
            return True
        for window in (begun, self._begun):
            if window is not None:
                window.append(now)
        self.outcomes[request] = PROVISIONED
        ids.append(number := free.pop())
        heappush(held, (now + duration, number))
        return True


def run(
    arrivals: memoryview,
    durations: memoryview,
    inits: memoryview,
    settings: Settings,
    progress: Progress | None = None,
) -> Run:
    """Simulate every request; the inputs are checked already."""
    requests = len(arrivals)
    engine = PurePython(settings, inits.tolist(), requests)
    for first in range(0, requests, CHUNK):
        end = min(first + CHUNK, requests)
        engine.chunk(arrivals[first:end].tolist(), durations[first:end].tolist())
        if progress is not None:
            progress(end, requests)
    return Run(
        memoryview(engine.outcomes).toreadonly(),
        memoryview(engine.environment_ids).toreadonly(),
        engine.number - settings.provisioned,
    )
