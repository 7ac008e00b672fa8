"""A stream, a function and a clock without AWS, to test the poller of streams on."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast

from lambda_lab.clock import Clock
from lambda_lab.invoke.caller import Caller
from lambda_lab.invoke.deliveries import Delivery, DeliveryError
from lambda_lab.invoke.mapping.poller import Surroundings
from lambda_lab.invoke.mapping.settings import MappingSettings
from lambda_lab.invoke.mapping.stream_poller import StreamPoller
from lambda_lab.invoke.mapping.stream_source import ShardInfo, StreamGone, StreamRecord
from lambda_lab.invoke.targets import EventInvokeConfig, Target
from lambda_lab.invoke.workers import Workers
from lambda_lab.records import FunctionSpec
from mapping_bench import FUNCTION, Bench, Failed, Function, Handler

STREAM = "arn:aws:kinesis:us-east-1:123456789012:stream/s"
TABLE = "arn:aws:dynamodb:us-east-1:123456789012:table/t/stream/2026-11-21T10:00:00.000"
QUEUE = "arn:aws:sqs:us-east-1:123456789012:failures"
ROLE = "arn:aws:iam::123456789012:role/r"
START = 1_800_000_000
"""Where the clock stands at first, in seconds: a whole minute."""
DAY = 86_400


def numbers(count: int) -> list[str]:
    """Return that many different bodies of records."""
    return [str(number) for number in range(count)]


def names(event: Mapping[str, Any]) -> list[str]:
    """Return what the records of an event say."""
    return [base64.b64decode(one["kinesis"]["data"]).decode() for one in event["Records"]]


def fails_on(*bad: str) -> Handler:
    """Return a handler that fails on batches with one of these records."""

    def handler(event: dict[str, Any]) -> None:
        if set(bad) & set(names(event)):
            raise Failed

    return handler


def reports(*bad: str) -> Handler:
    """Return a handler that reports these records as failed."""

    def handler(event: dict[str, Any]) -> Any:
        failed = [
            {"itemIdentifier": record["kinesis"]["sequenceNumber"]}
            for record, name in zip(event["Records"], names(event), strict=True)
            if name in bad
        ]
        return {"batchItemFailures": failed}

    return handler


def fails(event: dict[str, Any]) -> None:
    raise Failed


@dataclass
class PlainShard:
    info: ShardInfo
    records: list[StreamRecord] = field(default_factory=list)


class PlainStream:
    """A stream in lists. Its clock is the test's."""

    def __init__(self, clock: Clock, arn: str = STREAM) -> None:
        self.arn = arn
        self.made: dict[str, PlainShard] = {}
        self.gone = False
        self.retention = DAY
        self.reads = 0
        self.generation = 1
        self._clock = clock
        self.shard("shard-0")

    def shard(self, name: str, *parents: str) -> None:
        self.made[name] = PlainShard(ShardInfo(name, parents))

    def split(self, parent: str, *children: str) -> None:
        self.made[parent].info = ShardInfo(parent, self.made[parent].info.parents, closed=True)
        for child in children:
            self.shard(child, parent)

    def put(self, *bodies: str, key: str = "k", shard: str = "shard-0") -> None:
        records = self.made[shard].records
        for body in bodies:
            data = base64.b64encode(body.encode()).decode()
            number = len(records) + 1
            event = {
                "kinesis": {"data": data, "partitionKey": key, "sequenceNumber": str(number)},
                "invokeIdentityArn": "",
            }
            size = len(json.dumps(event))
            records.append(StreamRecord(number, key, self._clock.now_ns(), event, size))

    def identity(self) -> str:
        self._check()
        return str(self.generation)

    def shards(self) -> Sequence[ShardInfo]:
        self._check()
        return [shard.info for shard in self.made.values()]

    def read(self, shard_id: str, after: int) -> Sequence[StreamRecord]:
        self._check()
        self.reads += 1
        return self.made[shard_id].records[after:]

    def latest(self, shard_id: str) -> int:
        self._check()
        return len(self.made[shard_id].records)

    def retention_seconds(self) -> int:
        self._check()
        return self.retention

    def _check(self) -> None:
        if self.gone:
            raise StreamGone("The stream does not exist.")


class StreamFunction(Function):
    """A function that may be deleted, and that a mapping of a stream looks up."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock, names)
        self.gone = False

    @property
    def functions(self) -> StreamFunction:
        return self

    def target(self, arn: str) -> Target | None:
        if self.gone:
            return None
        spec = FunctionSpec(
            "123456789012", "us-east-1", "worker", "1", arn.rpartition(":")[0], "r", "python3.14",
            "h", ROLE, "", b"",
        )  # fmt: skip
        return Target(spec, arn, "live", "Active", EventInvokeConfig.default(), None)


class Points:
    """Telemetry that keeps the function's metrics."""

    def __init__(self, points: list[Mapping[str, float]]) -> None:
        self._points = points

    def log(self, spec: FunctionSpec, stream: str, time_ns: int, message: str) -> None:
        raise AssertionError("a poller writes no log")

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
        assert (spec.name, resource) == ("worker", "live")
        self._points.append(values)


class StreamBench(Bench):
    """A clock that moves only by hand, a stream, a function, a destination, a poller."""

    def __init__(self, workers: Workers, arn: str = STREAM) -> None:
        super().__init__(workers, START)
        self.stream = PlainStream(self.clock, arn)
        self.function = StreamFunction(self.clock)
        self.points: list[Mapping[str, float]] = []
        """The function's metrics."""
        self.deliveries: list[Delivery] = []
        self.refuses = False
        """Whether the destination takes nothing."""
        self.around = Surroundings(
            cast("Caller", self.function), self, workers, self.clock, self.timeline,
            Points(self.points), self.metric,
        )  # fmt: skip

    def values(self, name: str) -> list[float]:
        return [point[name] for point in self.points if name in point]

    def deliver(self, delivery: Delivery) -> None:
        if self.refuses:
            raise DeliveryError("It takes nothing.")
        self.deliveries.append(delivery)

    @property
    def records(self) -> list[dict[str, Any]]:
        """What the destination got."""
        return [json.loads(delivery.body) for delivery in self.deliveries]

    def make(self, earlier: StreamPoller | None = None, **more: Any) -> StreamPoller:
        settings = MappingSettings("u1", self.stream.arn, FUNCTION, **{"batch_size": 10, **more})
        return StreamPoller(settings, self.stream, self.around, earlier)

    def poller(self, earlier: StreamPoller | None = None, **more: Any) -> StreamPoller:
        """Start a poller and let it do all there is to do now."""
        poller = self.make(earlier, **more)
        poller.start()
        self.workers.wait_idle()
        return poller

    def put(self, poller: StreamPoller, *bodies: str, **more: Any) -> None:
        """Write records, of which the poller hears, and let it do all there is to do now."""
        self.put_into(self.stream, poller, *bodies, **more)


@contextmanager
def open_bench(arn: str = STREAM) -> Iterator[StreamBench]:
    with Workers(threads=64) as workers:
        yield StreamBench(workers, arn)
