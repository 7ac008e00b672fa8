"""Records as a region writes them, with times that can be jittered."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import pytest

from lambda_lab.timeline import Event, Kind

MS = 1_000_000
SECOND = 1_000 * MS
START = 1_795_255_200 * SECOND


class Region:
    """Writes events one after the other; each step takes its time plus some jitter."""

    def __init__(self, seed: int = 0, jitter_ms: float = 0.0, function: str = "hello") -> None:
        self.now = START
        self.events: list[Event] = []
        self._random = random.Random(seed)
        self._jitter_ms = jitter_ms
        self._function = function

    def wait(self, milliseconds: float) -> None:
        self.now += round((milliseconds + self._random.random() * self._jitter_ms) * MS)

    def add(
        self,
        kind: Kind,
        environment: str | None = None,
        request: str | None = None,
        **detail: object,
    ) -> None:
        self.wait(0.4)
        self.events.append(
            Event(self.now, kind, self._function, environment, request, dict(detail))
        )

    def call(
        self,
        request: str,
        environment: str = "e1",
        *,
        cold: bool = False,
        run_ms: float = 2,
        status: str = "success",
    ) -> None:
        self.add(Kind.RECEIVED, request=request)
        if cold:
            self.add(Kind.STARTING, environment)
            self.wait(15)
            self.add(Kind.INIT, environment)
            self.wait(100)
            self.add(Kind.INIT_DONE, environment, status="success")
        self.add(Kind.INVOKE, environment, request)
        self.wait(run_ms)
        self.add(Kind.INVOKE_DONE, environment, request, status=status)
        self.add(Kind.RESPONDED, request=request)
        if status == "timeout":
            self.add(Kind.SHUTDOWN, environment, reason="timeout")
        else:
            self.add(Kind.FROZEN, environment)


def _lab(seed: int = 0, jitter_ms: float = 0.0) -> list[Event]:
    """Cold, warm, error, three minutes, warm, timeout, a new cold start, idle, gone."""
    region = Region(seed, jitter_ms)
    region.call("r1", cold=True)
    region.call("r2")
    region.call("r3", status="error")
    region.wait(180_000)
    region.call("r4", run_ms=1_000)
    region.call("r5", run_ms=3_000, status="timeout")
    region.add(Kind.RECEIVED, request="r6")
    region.add(Kind.THROTTLED, request="r6")
    region.call("r7", "e2", cold=True)
    region.wait(600_000)
    region.add(Kind.SHUTDOWN, "e2", reason="idle")
    return region.events


@pytest.fixture
def lab() -> Callable[..., Sequence[Event]]:
    return _lab


@pytest.fixture
def region() -> type[Region]:
    return Region
