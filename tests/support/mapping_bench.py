"""What benches of pollers share: a clock that is moved by hand, and a function of the test."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from lambda_lab.clock import SECOND, Clock
from lambda_lab.errors import AwsError
from lambda_lab.invoke.workers import Workers
from lambda_lab.records import InvokeResult
from lambda_lab.timeline import Kind, Timeline

__all__ = ["FUNCTION", "Bench", "Failed", "Function", "Handler", "throttle"]

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:worker:live"
Handler = Callable[[dict[str, Any]], Any]


class Failed(Exception):
    """A handler of a test fails: the function answers with an error."""


def throttle() -> AwsError:
    return AwsError("TooManyRequestsException", "Rate Exceeded.", status=429)


class Function:
    """Stands for the caller: runs a handler of the test, and keeps what it was called with.

    Parameters
    ----------
    clock
        The bench's.
    names
        Returns what the records of an event say.
    """

    def __init__(self, clock: Clock, names: Callable[[Mapping[str, Any]], list[str]]) -> None:
        self.handler: Handler = lambda event: None
        self.refusal: Exception | None = None
        """Raised instead of a call, while it is set."""
        self.events: list[dict[str, Any]] = []
        """What each call got."""
        self.times: list[float] = []
        """When each call was, in seconds since the bench was made."""
        self.most = 0
        """Most calls at once."""
        self._clock, self._names = clock, names
        self._start_ns = clock.now_ns()
        self._now = 0
        self._ids = itertools.count(1)
        self._lock = threading.Lock()

    @property
    def calls(self) -> list[list[str]]:
        """What the records of each call said."""
        return [self._names(event) for event in self.events]

    @property
    def bodies(self) -> list[str]:
        """What every record of every call said."""
        return [body for call in self.calls for body in call]

    def request_id(self) -> str:
        return f"r{next(self._ids)}"

    def call(self, arn: str, payload: bytes, **more: Any) -> InvokeResult:
        assert arn == FUNCTION
        assert more["request_id"]
        event = json.loads(payload)
        with self._lock:
            self.events.append(event)
            self.times.append(round((self._clock.now_ns() - self._start_ns) / SECOND, 3))
            self._now += 1
            self.most = max(self.most, self._now)
        try:
            if self.refusal is not None:
                raise self.refusal
            answer = self.handler(event)
        except Failed:
            return InvokeResult(b'{"errorType": "Failed"}', "1", "Unhandled")
        finally:
            with self._lock:
                self._now -= 1
        raw = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        return InvokeResult(raw, "1")


class Wakes(Protocol):
    """A poller."""

    def wake(self) -> None:
        """There is something to read."""


class Bench:
    """A clock that moves only by hand, workers, a timeline and the sums of a mapping's metrics."""

    def __init__(self, workers: Workers, start_seconds: int = 0) -> None:
        self.clock = Clock(real_time_ns=lambda: start_seconds * SECOND)
        self.workers = workers
        self.clock.on_settle(workers.wait_idle)
        self.timeline = Timeline()
        self.metrics: dict[str, float] = {}
        """Sums of the mapping's metrics."""

    def metric(self, uuid: str, values: Mapping[str, float]) -> None:
        assert uuid == "u1"
        for name, value in values.items():
            self.metrics[name] = self.metrics.get(name, 0) + value

    def put_into(self, source: Any, poller: Wakes, *bodies: str, **more: Any) -> None:
        """Put records into *source*, of which the poller hears; let it do all it can do now."""
        source.put(*bodies, **more)
        poller.wake()
        self.workers.wait_idle()

    def outcomes(self) -> list[tuple[str, list[str]]]:
        """What became of records, in order."""
        events = self.timeline.of("worker", [Kind.RECORDS])
        return [(event.detail["outcome"], event.detail["records"]) for event in events]
