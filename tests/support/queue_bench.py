"""A queue, a function and a clock without AWS, to test the poller of queues on."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast

from lambda_lab.clock import SECOND, Clock
from lambda_lab.errors import AwsError
from lambda_lab.invoke.caller import Caller
from lambda_lab.invoke.deliveries import Delivery
from lambda_lab.invoke.mapping.poller import Surroundings
from lambda_lab.invoke.mapping.queue_poller import QueuePoller
from lambda_lab.invoke.mapping.queue_source import QueueGone, QueueMessage, Received
from lambda_lab.invoke.mapping.settings import MappingSettings
from lambda_lab.invoke.workers import Workers
from lambda_lab.records import FunctionSpec, InvokeResult
from lambda_lab.timeline import Kind, Timeline

QUEUE = "arn:aws:sqs:us-east-1:123456789012:q"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:worker:live"
Handler = Callable[[dict[str, Any]], Any]


class Failed(Exception):
    """A handler of a test fails: the function answers with an error."""


def throttle() -> AwsError:
    return AwsError("TooManyRequestsException", "Rate Exceeded.", status=429)


@dataclass
class Stored:
    """A message in the queue."""

    id: str
    body: str
    group: str
    visible_ns: int = 0
    receives: int = 0
    receipts: list[str] = field(default_factory=list)


class PlainQueue:
    """A queue in a list. Its clock is the test's."""

    def __init__(self, clock: Clock, *, fifo: bool = False, visibility: int = 30) -> None:
        self.arn = f"{QUEUE}.fifo" if fifo else QUEUE
        self.fifo = fifo
        self.visibility = visibility
        self.stored: list[Stored] = []
        self.gone = False
        self.looks = 0
        self._clock = clock
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)

    def put(self, *bodies: str, group: str = "", delay: float = 0) -> None:
        at = self._clock.now_ns() + round(delay * SECOND) if delay else 0
        for body in bodies:
            self.stored.append(Stored(f"m{next(self._numbers)}", body, group, at))

    @property
    def bodies(self) -> list[str]:
        return [stored.body for stored in self.stored]

    def receive(
        self,
        limit: int,
        *,
        room_bytes: int | None = None,
        without_groups: Collection[str] = frozenset(),
    ) -> Received:
        del room_bytes
        with self._lock:
            self._check()
            self.looks += 1
            now = self._clock.now_ns()
            blocked = {s.group for s in self.stored if s.receives and s.visible_ns > now}
            blocked = (blocked | set(without_groups)) if self.fifo else set()
            found = [s for s in self.stored if s.visible_ns <= now and s.group not in blocked]
            later = [s.visible_ns for s in self.stored if s.visible_ns > now]
            taken = [self._take(s, now) for s in found[:limit]]
            return Received(tuple(taken), min(later, default=None))

    def _take(self, stored: Stored, now: int) -> QueueMessage:
        stored.visible_ns = now + self.visibility * SECOND
        stored.receives += 1
        stored.receipts.append(f"{stored.id}-{stored.receives}")
        attributes = {"ApproximateReceiveCount": str(stored.receives)}
        return QueueMessage(
            stored.id, stored.receipts[-1], stored.body, "md5", attributes, stored.visible_ns,
            group=stored.group,
        )  # fmt: skip

    def delete(self, receipts: Iterable[str]) -> int:
        with self._lock:
            self._check()
            wanted = set(receipts)
            left = [s for s in self.stored if wanted.isdisjoint(s.receipts)]
            count = len(self.stored) - len(left)
            self.stored = left
            return count

    def release(self, receipts: Iterable[str]) -> None:
        self._check()
        for stored in self._of(receipts):
            stored.visible_ns = 0

    def hold(self, receipts: Iterable[str], seconds: int) -> None:
        self._check()
        now = self._clock.now_ns()
        for stored in self._of(receipts):
            if stored.visible_ns <= now:
                stored.visible_ns = now + seconds * SECOND

    def _of(self, receipts: Iterable[str]) -> Iterator[Stored]:
        wanted = set(receipts)
        return (s for s in self.stored if s.receipts and s.receipts[-1] in wanted)

    def _check(self) -> None:
        if self.gone:
            raise QueueGone("The queue does not exist.")


class Function:
    """Stands for the caller: runs a handler of the test, and keeps what it was called with."""

    def __init__(self, clock: Clock) -> None:
        self.handler: Handler = lambda event: None
        self.calls: list[list[str]] = []
        """The bodies of each call."""
        self.times: list[float] = []
        """When, in seconds on the clock."""
        self.events: list[dict[str, Any]] = []
        self.most = 0
        """Most calls at once."""
        self._clock = clock
        self._now = 0
        self._ids = itertools.count(1)
        self._lock = threading.Lock()

    @property
    def bodies(self) -> list[str]:
        """Every body of every call."""
        return [body for call in self.calls for body in call]

    def request_id(self) -> str:
        return f"r{next(self._ids)}"

    def call(self, arn: str, payload: bytes, **more: Any) -> InvokeResult:
        assert arn == FUNCTION
        event = json.loads(payload)
        with self._lock:
            self.calls.append([record["body"] for record in event["Records"]])
            self.times.append(round(self._clock.now_ns() / SECOND, 3))
            self.events.append(event | {"trace": more.get("trace_header")})
            self._now += 1
            self.most = max(self.most, self._now)
        try:
            answer = self.handler(event)
        except Failed:
            return InvokeResult(b'{"errorType": "Failed"}', "1", "Unhandled")
        finally:
            with self._lock:
                self._now -= 1
        raw = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        return InvokeResult(raw, "1")


class Silent:
    """Telemetry and deliveries that nobody looks at."""

    def log(self, spec: FunctionSpec, stream: str, time_ns: int, message: str) -> None:
        """Nothing is kept."""

    def metrics(
        self,
        spec: FunctionSpec,
        resource: str | None,
        values: Mapping[str, float],
        time_ns: int,
        *,
        executed_version: str | None = None,
        account: Mapping[str, float] | None = None,
    ) -> None:
        """Nothing is kept."""

    def deliver(self, delivery: Delivery) -> None:
        raise AssertionError("a queue's mapping delivers nothing")


class QueueBench:
    """A clock that stands at 0 and moves only by hand, a queue, a function, a poller."""

    def __init__(self, workers: Workers, **queue: Any) -> None:
        self.clock = Clock(real_time_ns=lambda: 0)
        self.workers = workers
        self.clock.on_settle(workers.wait_idle)
        self.queue = PlainQueue(self.clock, **queue)
        self.function = Function(self.clock)
        self.timeline = Timeline()
        self.metrics: dict[str, float] = {}
        silent = Silent()
        self.around = Surroundings(
            cast("Caller", self.function), silent, workers, self.clock, self.timeline, silent,
            self._metric,
        )  # fmt: skip

    def _metric(self, uuid: str, values: Mapping[str, float]) -> None:
        assert uuid == "u1"
        for name, value in values.items():
            self.metrics[name] = self.metrics.get(name, 0) + value

    def start(self, **more: Any) -> QueuePoller:
        """Start a poller."""
        settings = MappingSettings("u1", self.queue.arn, FUNCTION, **{"batch_size": 10, **more})
        poller = QueuePoller(settings, self.queue, self.around)
        poller.start()
        return poller

    def poller(self, **more: Any) -> QueuePoller:
        """Start a poller and let it do all there is to do now."""
        poller = self.start(**more)
        self.workers.wait_idle()
        return poller

    def put(self, poller: QueuePoller, *bodies: str, **more: Any) -> None:
        """Send messages, of which the poller hears, and let it do all there is to do now."""
        self.queue.put(*bodies, **more)
        poller.wake()
        self.workers.wait_idle()

    def outcomes(self) -> list[tuple[str, list[str]]]:
        """What became of messages, in order."""
        events = self.timeline.of("worker", [Kind.RECORDS])
        return [(event.detail["outcome"], event.detail["records"]) for event in events]


@contextmanager
def open_bench(**queue: Any) -> Iterator[QueueBench]:
    with Workers(threads=64) as workers:
        yield QueueBench(workers, **queue)
