"""A second simulator, event by event, that shares nothing with the one under test.

It is written for plainness: one list of environments, an event for everything that happens (ends
of idle environments too), fractions for the scaling rate, and every limit counted anew each time.
"""

from __future__ import annotations

import heapq
import itertools
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

SECOND = 10**9
DEPARTURE, ARRIVAL, EXPIRY = range(3)


@dataclass
class Environment:
    number: int
    provisioned: bool
    busy: bool = False
    idle_since: int = -1
    ended: bool = False
    created: int = -1
    requests: int = 0


@dataclass
class EventModel:
    keep_alive: int
    reserved: int | None
    provisioned: int
    account_limit: int
    burst: int | None
    rate: Fraction | None
    requests_per_environment: int | None
    environments: list[Environment] = field(default_factory=list)
    outcomes: list[str] = field(default_factory=list)
    ran_in: list[int] = field(default_factory=list)
    peak: int = 0

    def __post_init__(self) -> None:
        self.environments = [Environment(n, True) for n in range(self.provisioned)]
        for environment in self.environments:
            environment.idle_since = -environment.number  # the first is taken first
        self.ceiling = self.account_limit if self.reserved is None else self.reserved
        self.began: list[tuple[int, bool]] = []
        self.tokens = Fraction(self.burst or 0)
        self.refilled = 0

    def run(self, arrivals: Any, durations: Any, inits: Any) -> EventModel:
        unique = itertools.count()
        events: list[tuple[int, int, int, int, Any]] = [
            (now, ARRIVAL, number, next(unique), None) for number, now in enumerate(arrivals)
        ]
        heapq.heapify(events)
        while events:
            now, kind, order, _, what = heapq.heappop(events)
            if kind == DEPARTURE:
                what.busy, what.idle_since = False, now
                if not what.provisioned:
                    due = now + self.keep_alive
                    heapq.heappush(events, (due, EXPIRY, order, next(unique), (what, now)))
            elif kind == EXPIRY:
                environment, since = what
                if not environment.busy and environment.idle_since == since:
                    environment.ended = True
            else:
                taken, cold = self.arrive(now)
                if taken is None:
                    continue
                length = durations[order] + (inits[order % len(inits)] if cold else 0)
                departure = (now + length, DEPARTURE, taken.number, next(unique), taken)
                heapq.heappush(events, departure)
                if length:
                    self.peak = max(self.peak, self.in_flight(now, events))
        return self

    def in_flight(self, now: int, events: list[Any]) -> int:
        return sum(kind == DEPARTURE and due > now for due, kind, *_ in events)

    def recent(self, now: int, *, only_provisioned: bool) -> int:
        return sum(
            now - began < SECOND and (provisioned or not only_provisioned)
            for began, provisioned in self.began
        )

    def arrive(self, now: int) -> tuple[Environment | None, bool]:
        """Decide about one request; return its environment, and whether that is new."""
        each = self.requests_per_environment
        ready = [e for e in self.environments if e.provisioned and not e.busy]
        if each is not None and self.recent(now, only_provisioned=True) >= each * self.provisioned:
            ready = []
        on_demand = sum(e.busy and not e.provisioned for e in self.environments)
        kind = "account" if self.reserved is None else "reserved"
        if not ready and on_demand + self.provisioned >= self.ceiling:
            return self.refuse(f"{kind} concurrency")
        if each is not None and self.recent(now, only_provisioned=False) >= each * self.ceiling:
            return self.refuse(f"{kind} rate")
        if ready:
            return self.accept(now, ready, "provisioned"), False
        spill = "spillover " if self.provisioned else ""
        idle = [e for e in self.environments if not (e.provisioned or e.busy or e.ended)]
        if idle:
            return self.accept(now, idle, spill + "warm"), False
        if not self.may_create(now):
            return self.refuse("scaling")
        new = Environment(len(self.environments), False, created=now)
        self.environments.append(new)
        return self.accept(now, [new], spill + "cold"), True

    def may_create(self, now: int) -> bool:
        if self.burst is None or self.rate is None:
            return True
        grown = self.tokens + (now - self.refilled) * self.rate / SECOND
        self.tokens, self.refilled = min(Fraction(self.burst), grown), now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True

    def accept(self, now: int, candidates: list[Environment], outcome: str) -> Environment:
        """Take the environment that was used last; of two, the one with the higher number."""
        taken = max(candidates, key=lambda e: (e.idle_since, e.number))
        taken.busy = True
        taken.requests += 1
        self.began.append((now, taken.provisioned))
        self.outcomes.append(outcome)
        self.ran_in.append(taken.number)
        return taken

    def refuse(self, outcome: str) -> tuple[None, bool]:
        self.outcomes.append(outcome)
        self.ran_in.append(-1)
        return None, False
