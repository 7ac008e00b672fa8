"""The stream of a table of moto's as its poller sees it.

https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from lambda_lab import facts
from lambda_lab.aws.sources.stream_seam import LOCK, find_table, plain, time_ns
from lambda_lab.clock import SECOND
from lambda_lab.invoke.mapping.stream_records import encoded_size
from lambda_lab.invoke.mapping.stream_source import ShardInfo, StreamGone, StreamRecord

__all__ = ["MotoTableStream", "item_size"]


def item_size(item: Mapping[str, Any]) -> int:
    """Return how many bytes DynamoDB counts for attributes in their typed form.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html

    Examples
    --------
    >>> item_size({"my_partition_key": {"S": "hello world"}, "binary_key": {"B": "Zm9vYmFy"}})
    43
    """
    return sum(_text_size(name) + _attribute_size(value) for name, value in item.items())


def _attribute_size(value: Any) -> int:
    try:
        return _value_size(value)
    except (ArithmeticError, AttributeError, TypeError, ValueError):
        # moto keeps values that DynamoDB refuses; one of them must not stop a stream.
        return len(json.dumps(value))


def _text_size(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def _value_size(value: Mapping[str, Any]) -> int:
    ((kind, held),) = value.items()
    match kind:
        case "S":
            size = _text_size(held)
        case "N":
            size = _number_size(held)
        case "B":
            size = len(base64.b64decode(held))
        case "SS" | "NS" | "BS":
            size = sum(_value_size({kind[0]: one}) for one in held)
        case "L":
            size = 3 + sum(1 + _value_size(one) for one in held)
        case "M":
            size = 3 + len(held) + item_size(held)
        case _:
            size = 1  # NULL and BOOL
    return size


def _number_size(text: str) -> int:
    """About a byte for two significant digits, and one more; a negative number has another."""
    sign, digits, _ = Decimal(text).normalize().as_tuple()
    return (len(digits) + 1) // 2 + 1 + sign


class MotoTableStream:
    """The stream *arn* of a table. It is looked up at every call."""

    def __init__(self, arn: str) -> None:
        self.arn = arn
        self._region = arn.split(":")[3]
        self._label = arn.partition("/stream/")[2]

    def _table(self) -> Any:
        table = find_table(self.arn)
        if table is None or table.stream_shard is None or table.latest_stream_label != self._label:
            raise StreamGone(
                f"The stream {self.arn} does not exist. Create it, or delete the mapping."
            )
        return table

    def identity(self) -> str:
        """Return when the table was made: its stream's ARN names the moment it was enabled."""
        return str(self._table().created_at.isoformat())

    def shards(self) -> list[ShardInfo]:
        """Return the one shard of the stream; it is closed when the stream is disabled."""
        with LOCK:
            table = self._table()
            enabled = bool(table.stream_specification["StreamEnabled"])
            return [ShardInfo(table.stream_shard.id, closed=not enabled)]

    def read(self, shard_id: str, after: int) -> Sequence[StreamRecord]:
        """Return the records of a shard behind position *after*, oldest first."""
        del shard_id  # moto has one
        with LOCK:
            shard = self._table().stream_shard
            found = shard.items[max(0, after + 1 - shard.starting_sequence_number) :]
        return [self._record(item.record) for item in found]

    def latest(self, shard_id: str) -> int:
        """Return the position of the newest record of a shard; 0 if it never had one."""
        del shard_id
        with LOCK:
            shard = self._table().stream_shard
            return int(shard.starting_sequence_number + len(shard.items) - 1) if shard.items else 0

    def retention_seconds(self) -> int:
        """Return for how long a stream of a table keeps records: it is the same for all."""
        self._table()
        return int(facts.value("esm.stream.retention.dynamodb"))

    def _record(self, made: Mapping[str, Any]) -> StreamRecord:
        change = made["dynamodb"]
        arrival_ns = time_ns(change["ApproximateCreationDateTime"])
        images = {
            name: plain(change[name]) for name in ("Keys", "NewImage", "OldImage") if name in change
        }
        event = {
            "eventID": made["eventID"],
            "eventName": made["eventName"],
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": self._region,
            "dynamodb": {
                # Whole seconds, and yet a number with a point.
                "ApproximateCreationDateTime": float(arrival_ns // SECOND),
                **images,
                "SequenceNumber": change["SequenceNumber"],
                "SizeBytes": sum(item_size(image) for image in images.values()),
                "StreamViewType": change["StreamViewType"],
            },
            "eventSourceARN": self.arn,
        }
        key = json.dumps(images["Keys"], sort_keys=True)
        position = int(change["SequenceNumber"])
        return StreamRecord(position, key, arrival_ns, event, encoded_size(event))
