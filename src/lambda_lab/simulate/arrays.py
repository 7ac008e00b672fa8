"""What the loop over arrays works on: its settings, and arrays that grow as they are needed."""

from __future__ import annotations

from typing import Any

from lambda_lab.clock import SECOND

from .bounds import begun_within, throttles
from .compiled import numbers, over
from .inputs import CHUNK
from .outcomes import Outcome
from .pure import Progress, Run
from .settings import MOST, Settings

__all__ = ["run"]


def _rules(settings: Settings) -> Any:
    """Return the settings in the order in which the loop reads them."""
    limit = settings.on_demand_limit
    spills = settings.provisioned > 0
    values = [
        settings.keep_alive,
        MOST if limit is None else limit,
        settings.provisioned,
        *settings.tokens,
        Outcome.SPILLOVER_WARM if spills else Outcome.WARM,
        Outcome.SPILLOVER_COLD if spills else Outcome.COLD,
        Outcome.PROVISIONED,
        *throttles(settings),
        Outcome.THROTTLED_SCALING,
    ]
    rules = numbers("q", len(values))
    for at, value in enumerate(values):
        rules[at] = int(value)
    return rules


def _ring(most: int | None, requests: int) -> Any:
    """Return a ring of the last *most* requests; an empty one stands for no limit."""
    window = begun_within(most, requests)
    return numbers("q", len(window) if window is not None else 0, -SECOND)


class _Environments:
    """Arrays of environments, with room for one more for each request of the next chunk."""

    def __init__(self, settings: Settings) -> None:
        from . import loop

        self.state = numbers("q", loop.STATES)
        self.state[loop.FREE] = self.state[loop.NEXT] = settings.provisioned
        self.state[loop.LEVEL] = settings.tokens[2]
        self.free = numbers("i", settings.provisioned + 1)
        for at in range(settings.provisioned):
            self.free[at] = settings.provisioned - 1 - at
        self._places = loop.BUSY, loop.IDLE
        self.arrays = [numbers(kind, 0) for kind in "qiqi"]

    def make_room(self, requests: int) -> None:
        """Grow the arrays of busy and idle environments so that *requests* more fit in."""
        used = [int(self.state[place]) for place in self._places]
        needed = sum(used) + requests
        if needed <= len(self.arrays[0]):
            return
        for at, kind in enumerate("qiqi"):
            grown = numbers(kind, 2 * needed)
            full = used[at // 2]
            grown[:full] = self.arrays[at][:full]
            self.arrays[at] = grown


def run(
    arrivals: memoryview,
    durations: memoryview,
    inits: memoryview,
    settings: Settings,
    progress: Progress | None = None,
) -> Run:
    """Simulate every request; the inputs are checked already."""
    from . import loop

    requests = len(arrivals)
    inputs = (over(arrivals), over(durations), over(inits))
    environments = _Environments(settings)
    rings = (
        _ring(settings.requests_a_second, requests),
        _ring(settings.provisioned_requests_a_second, requests),
    )
    outcomes, ids = numbers("B", requests), numbers("i", requests)
    rules, state = _rules(settings), environments.state
    for first in range(0, requests, CHUNK):
        end = min(first + CHUNK, requests)
        environments.make_room(end - first)
        memory = (rules, state, *environments.arrays, environments.free)
        loop.run_requests((first, end), inputs, memory, rings, (outcomes, ids))
        if progress is not None:
            progress(end, requests)
    made = int(state[loop.NEXT]) - settings.provisioned
    return Run(memoryview(outcomes).toreadonly(), memoryview(ids).toreadonly(), made)
