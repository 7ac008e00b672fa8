"""Small simulations drawn at random from a seed, with many ties and tight limits."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from random import Random
from typing import Any

from event_model import EventModel

SECOND_IN_NS = 10**9
TICK = 10**8


@dataclass(frozen=True)
class Case:
    arrivals: list[int]
    durations: list[int]
    inits: list[int]
    settings: dict[str, Any]

    @property
    def inputs(self) -> tuple[list[int], list[int], list[int]]:
        return self.arrivals, self.durations, self.inits

    def by_events(self) -> EventModel:
        """Run the independent model on this case."""
        given = dict(self.settings)
        if given["burst"] == math.inf or given["rate"] == math.inf:
            given["burst"] = given["rate"] = None
        else:
            given["rate"] = Fraction(given["rate"])
        if given["requests_per_environment"] == math.inf:
            given["requests_per_environment"] = None
        return EventModel(**given).run(*self.inputs)


def draw(seed: int, longest: int = 40) -> Case:
    """Draw one case; times lie on a coarse grid or a fine one, so that ties are common."""
    chance = Random(seed)
    tick = chance.choice([TICK, TICK, 37_000_001, 1])
    count = chance.randint(1, longest)
    gaps = [chance.randrange(chance.choice([1, 2, 4, 30])) for _ in range(count)]
    arrivals = [sum(gaps[: n + 1]) * tick for n in range(count)]
    durations = [chance.randrange(12) * tick for _ in range(count)]
    inits = [chance.randrange(4) * tick for _ in range(chance.randint(1, 3))]
    account = chance.randint(1, 8)
    reserved = chance.choice([None, None, chance.randint(0, account)])
    ceiling = account if reserved is None else reserved
    fast = Fraction(SECOND_IN_NS, tick)
    return Case(
        arrivals,
        durations,
        inits,
        {
            "keep_alive": chance.choice([0, 1, 3, 10, 100]) * tick,
            "account_limit": account,
            "reserved": reserved,
            "provisioned": chance.choice([0, 0, chance.randint(0, ceiling)]),
            "burst": chance.choice([math.inf, 1, 2, 3]),
            "rate": chance.choice(
                [math.inf, fast * 2 / 3, fast * 3 / 7, Fraction(1, 2), Fraction(3)]
            ),
            "requests_per_environment": chance.choice([math.inf, 1, 2, 10]),
        },
    )
