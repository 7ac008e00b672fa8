"""A Kinesis stream of moto's as its poller sees it, and how streams say that they were written to.

https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from lambda_lab.aws.sources.dynamodb_stream import MotoTableStream
from lambda_lab.aws.sources.stream_seam import (
    LOCK,
    find_stream,
    kinesis_hooks,
    table_hooks,
    time_ns,
)
from lambda_lab.invoke.mapping.stream_records import encoded_size
from lambda_lab.invoke.mapping.stream_source import (
    ShardInfo,
    StreamGone,
    StreamRecord,
    StreamSource,
)

__all__ = ["MotoKinesisStream", "stream_source", "stream_writes"]

HOUR_SECONDS = 3600
ROLE_BYTES = 200
"""Room for ``invokeIdentityArn``, which is known only when the function is called."""


def stream_source(arn: str) -> StreamSource:
    """Return the stream that a mapping's *arn* names: of Kinesis, or of a table.

    Examples
    --------
    >>> stream_source("arn:aws:kinesis:us-east-1:123456789012:stream/s/consumer/c:1").arn
    'arn:aws:kinesis:us-east-1:123456789012:stream/s'
    """
    return MotoTableStream(arn) if ":dynamodb:" in arn else MotoKinesisStream(arn)


@contextmanager
def stream_writes(notify: Callable[[str], None]) -> Iterator[None]:
    """Have *notify* called with a stream's ARN after each write to it, while the block runs.

    moto's own delivery to Lambda at write time is off meanwhile, and so are faults of moto's that
    would lose, double or move records; ``stream_seam`` names them.

    Parameters
    ----------
    notify
        Called from the writer's thread, also when shards were split or merged and when a stream
        was deleted. It must be quick, and must not read the stream itself.
    """
    with kinesis_hooks(notify), table_hooks(notify):
        yield


class MotoKinesisStream:
    """The data stream that *source_arn*, its own ARN or a consumer's, names.

    It is looked up at every call, as it may have been deleted or made anew.
    """

    def __init__(self, source_arn: str) -> None:
        self._source_arn = source_arn
        self.arn, _, consumer = source_arn.partition("/consumer/")
        self._consumer = consumer.partition(":")[0]
        self._region = source_arn.split(":")[3]

    def _stream(self) -> Any:
        stream = find_stream(self.arn)
        if stream is None:
            raise StreamGone(
                f"The stream {self.arn} does not exist. Create it, or delete the mapping."
            )
        names = [consumer.consumer_name for consumer in stream.consumers]
        if self._consumer and self._consumer not in names:
            raise StreamGone(
                f"The consumer {self._source_arn} does not exist. "
                "Register it, or delete the mapping."
            )
        return stream

    def _shard(self, shard_id: str) -> Any:
        shard = self._stream().shards.get(shard_id)
        if shard is None:
            # The stream was deleted and made anew between two looks at it.
            raise StreamGone(f"The stream {self.arn} has no shard {shard_id} any more.")
        return shard

    def identity(self) -> str:
        """Return when the stream was made."""
        return str(self._stream().creation_datetime.isoformat())

    def shards(self) -> list[ShardInfo]:
        """Return the shards there are, oldest first."""
        with LOCK:
            return [
                ShardInfo(
                    shard.shard_id,
                    tuple(one for one in (shard.parent, shard.adjacent_parent) if one),
                    not shard.is_open,
                )
                for shard in self._stream().shards.values()
            ]

    def read(self, shard_id: str, after: int) -> Sequence[StreamRecord]:
        """Return the records of a shard behind position *after*, oldest first."""
        with LOCK:
            records = self._shard(shard_id).records
            # moto numbers the records of a shard without gaps, from 1.
            found: list[Any] = []
            while (record := records.get(after + 1 + len(found))) is not None:
                found.append(record)
        return [self._record(shard_id, record) for record in found]

    def latest(self, shard_id: str) -> int:
        """Return the position of the newest record of a shard; 0 if it never had one."""
        with LOCK:
            return len(self._shard(shard_id).records)

    def retention_seconds(self) -> int:
        """Return ``RetentionPeriodHours`` in seconds."""
        return int(self._stream().retention_period_hours) * HOUR_SECONDS

    def _record(self, shard_id: str, record: Any) -> StreamRecord:
        arrival_ns = time_ns(record.created_at_datetime)
        event = {
            "kinesis": {
                "kinesisSchemaVersion": "1.0",
                "partitionKey": record.partition_key,
                "sequenceNumber": str(record.sequence_number),
                "data": record.data,
                "approximateArrivalTimestamp": arrival_ns // 1_000_000 / 1000,
            },
            "eventSource": "aws:kinesis",
            "eventVersion": "1.0",
            "eventID": f"{shard_id}:{record.sequence_number}",
            "eventName": "aws:kinesis:record",
            "invokeIdentityArn": "",
            "awsRegion": self._region,
            "eventSourceARN": self._source_arn,
        }
        return StreamRecord(
            record.sequence_number,
            record.partition_key,
            arrival_ns,
            event,
            encoded_size(event) + ROLE_BYTES,
        )
