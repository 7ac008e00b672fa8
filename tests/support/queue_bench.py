"""A queue, a function and a clock without AWS, to test the poller of queues on."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast

from lambda_lab.clock import SECOND, Clock
from lambda_lab.invoke.caller import Caller
from lambda_lab.invoke.deliveries import Delivery
from lambda_lab.invoke.mapping.poller import Surroundings
from lambda_lab.invoke.mapping.queue_poller import QueuePoller
from lambda_lab.invoke.mapping.queue_source import QueueGone, QueueMessage, Received
from lambda_lab.invoke.mapping.settings import MappingSettings
from lambda_lab.invoke.workers import Workers
from lambda_lab.records import FunctionSpec
from mapping_bench import FUNCTION, Bench, Function

QUEUE = "arn:aws:sqs:us-east-1:123456789012:q"


def bodies(event: Mapping[str, Any]) -> list[str]:
    """Return the bodies of the messages of an event."""
    return [record["body"] for record in event["Records"]]


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
        with self._lock:
            self.stored += (Stored(f"m{next(self._numbers)}", body, group, at) for body in bodies)

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
        with self._lock:
            self._check()
            for stored in self._of(receipts):
                stored.visible_ns = 0

    def hold(self, receipts: Iterable[str], seconds: int) -> None:
        with self._lock:
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


class QueueBench(Bench):
    """A clock that stands at 0 and moves only by hand, a queue, a function, a poller."""

    def __init__(self, workers: Workers, **queue: Any) -> None:
        super().__init__(workers)
        self.queue = PlainQueue(self.clock, **queue)
        self.function = Function(self.clock, bodies)
        silent = Silent()
        self.around = Surroundings(
            cast("Caller", self.function), silent, workers, self.clock, self.timeline, silent,
            self.metric,
        )  # fmt: skip

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
        self.put_into(self.queue, poller, *bodies, **more)


@contextmanager
def open_bench(**queue: Any) -> Iterator[QueueBench]:
    with Workers(threads=64) as workers:
        yield QueueBench(workers, **queue)
