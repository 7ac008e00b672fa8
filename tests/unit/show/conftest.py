"""Records as a region writes them, with times that can be jittered."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import pytest

from lambda_lab.timeline import Event, Kind

MS = 1_000_000
SECOND = 1_000 * MS
START = 1_795_255_200 * SECOND
QUEUE = "arn:aws:sqs:us-east-1:123456789012:jobs"
STREAM = "arn:aws:kinesis:us-east-1:123456789012:stream/clicks"


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

    def send(self, request: str) -> None:
        """Accept an asynchronous event."""
        self.add(Kind.QUEUED, request=request, source="Invoke")

    def attempt(self, request: str, status: str = "error", environment: str = "e1") -> None:
        """Try an asynchronous event once."""
        self.add(Kind.RECEIVED, request=request, invocation_type="Event")
        if status == "throttled":
            self.add(Kind.THROTTLED, request=request)
            return
        self.add(Kind.INVOKE, environment, request)
        self.wait(2)
        error = {"error_type": "ValueError"} if status == "error" else {}
        self.add(Kind.INVOKE_DONE, environment, request, status=status, duration_ms=2.0, **error)
        self.add(Kind.RESPONDED, request=request, status=status)
        self.add(Kind.FROZEN, environment)

    def again(self, request: str, attempt: int, seconds: float, reason: str) -> None:
        """Plan a further try, and let the time pass."""
        self.add(Kind.RETRY, request=request, attempt=attempt, after_seconds=seconds, reason=reason)
        self.now += round(seconds * SECOND)

    def batch(
        self,
        request: str,
        records: Sequence[str],
        outcome: str,
        *,
        status: str = "success",
        lanes: Sequence[str] = (),
        source: str = QUEUE,
        kept: Sequence[str] = (),
        **detail: object,
    ) -> None:
        """Hand a batch over; *kept* of its records go back, *outcome* befalls the others."""
        shared = {"mapping": f"uuid of {source}", "source": source}
        lanes = list(lanes or [""] * len(records))
        self.add(Kind.BATCH, None, request, **shared, records=list(records), lanes=lanes, attempt=1)
        self.attempt(request, status)
        for names, what in (
            ([one for one in records if one not in kept], outcome),
            (list(kept), "returned"),
        ):
            if names:
                self.add(
                    Kind.RECORDS, None, request, **shared, records=names, outcome=what, **detail
                )


def _async_lab(seed: int = 0, jitter_ms: float = 0.0) -> list[Event]:
    """Done, done at the second try, given up to a dead-letter queue, throttled, still waiting."""
    region = Region(seed, jitter_ms)
    region.send("good")
    region.attempt("good", "success")
    region.send("mended")
    region.attempt("mended")
    region.again("mended", 2, 60, "FunctionError")
    region.attempt("mended", "success")
    region.send("bad")
    region.attempt("bad")
    region.again("bad", 2, 60, "FunctionError")
    region.attempt("bad", "timeout")
    region.again("bad", 3, 120, "FunctionError")
    region.attempt("bad")
    dead = {"target": "arn:aws:sqs:us-east-1:123456789012:dead", "as": "dead-letter"}
    region.add(Kind.DELIVERED, request="bad", condition="RetriesExhausted", **dead)
    region.send("late")
    for attempt, seconds in ((2, 1), (3, 2), (4, 4)):
        region.attempt("late", "throttled")
        region.again("late", attempt, seconds, "Throttled")
    region.add(Kind.DROPPED, request="late", reason="EventAgeExceeded")
    region.send("open")
    region.attempt("open")
    region.add(Kind.RETRY, request="open", attempt=2, after_seconds=60.0, reason="FunctionError")
    return region.events


def _queue_lab(seed: int = 0, jitter_ms: float = 0.0) -> list[Event]:
    """A partial batch: message c comes back twice; x is filtered before."""
    region = Region(seed, jitter_ms)
    shared = {"mapping": f"uuid of {QUEUE}", "source": QUEUE}
    region.add(Kind.RECORDS, **shared, records=["x"], outcome="filtered")
    region.batch("b1", ["a", "b", "c"], "deleted", kept=["c"])
    region.wait(30_000)
    region.batch("b2", ["c"], "returned", status="error")
    region.wait(30_000)
    region.batch("b3", ["c"], "deleted")
    return region.events


def _stream_lab(seed: int = 0, jitter_ms: float = 0.0) -> list[Event]:
    """A shard that a bad record blocks until it is given up, and one that goes on."""
    region = Region(seed, jitter_ms)
    one, two = (f"shardId-00000000000{number}" for number in (0, 1))
    region.batch("s1", ["1", "2"], "retry", status="error", lanes=[one] * 2, source=STREAM)
    region.batch("s2", ["7", "8"], "passed", lanes=[two] * 2, source=STREAM)
    region.batch("s3", ["1"], "passed", lanes=[one], source=STREAM)
    region.batch("s4", ["2"], "retry", status="error", lanes=[one], source=STREAM, after_seconds=1)
    region.wait(1_000)
    region.batch(
        "s5", ["2"], "delivered", status="error", lanes=[one], source=STREAM,
        reason="RetryAttemptsExhausted", target="arn:aws:sns:us-east-1:123456789012:alarm",
    )  # fmt: skip
    region.batch("s6", ["3"], "passed", lanes=[one], source=STREAM)
    return region.events


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
def async_lab() -> Callable[..., Sequence[Event]]:
    return _async_lab


@pytest.fixture
def queue_lab() -> Callable[..., Sequence[Event]]:
    return _queue_lab


@pytest.fixture
def stream_lab() -> Callable[..., Sequence[Event]]:
    return _stream_lab


@pytest.fixture
def region() -> type[Region]:
    return Region
