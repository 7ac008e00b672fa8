"""What clients ask of moto's streams, checked as Kinesis and DynamoDB Streams check it.

Codes are those of the API references. Texts are of confidence L, where a comment does not say more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from moto.kinesis.utils import decompose_shard_iterator

from lambda_lab.aws.pushes.patches import replaced
from lambda_lab.aws.refused import Refused
from lambda_lab.aws.sources.stream_seam import find_table

__all__ = ["check_kinesis", "table_stream_requests"]

_STREAM = re.compile(r"arn:aws[a-z-]*:dynamodb:[a-z0-9-]+:\d{12}:table/[^/]+/stream/(?P<label>.+)")
_BY_NUMBER = ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER")


def _invalid(text: str) -> Refused:
    return Refused("InvalidArgumentException", text)


def check_kinesis(shape: Any, asked: Mapping[str, Any]) -> None:
    """Refuse what keeps the model's rules of Kinesis and has no meaning.

    Parameters
    ----------
    shape
        The structure that the operation takes.
    asked
        What came in.
    """
    members = shape.members
    if (
        {"StreamName", "StreamARN"} <= {*members}
        and "StreamName" not in shape.required_members
        and not any(asked.get(name) for name in ("StreamName", "StreamARN", "NextToken"))
    ):
        # Users quote it: confidence M.
        raise _invalid("Either StreamName or StreamARN should be provided.")
    if shape.name == "CreateStreamInput":
        mode = (asked.get("StreamModeDetails") or {}).get("StreamMode", "PROVISIONED")
        if mode == "PROVISIONED" and asked.get("ShardCount") is None:
            raise _invalid("ShardCount must be given for a stream in PROVISIONED mode.")
    if shape.name == "GetShardIteratorInput":
        _check_start(asked)
    if shape.name == "GetRecordsInput":
        _check_iterator(asked["ShardIterator"])


def _check_start(asked: Mapping[str, Any]) -> None:
    kind = asked["ShardIteratorType"]
    needed = "StartingSequenceNumber" if kind in _BY_NUMBER else "Timestamp"
    if (kind in _BY_NUMBER or kind == "AT_TIMESTAMP") and asked.get(needed) is None:
        raise _invalid(f"Must specify {needed} parameter for iterator of type {kind}.")


def _check_iterator(iterator: str) -> None:
    try:
        _, _, position = decompose_shard_iterator(iterator)
        int(position)
    except ValueError:
        raise _invalid("Invalid ShardIterator.") from None  # confidence M


@contextmanager
def table_stream_requests() -> Iterator[None]:
    """Check, while the block runs, what clients ask of the streams of tables."""
    from moto.dynamodbstreams.models import DynamoDBStreamsBackend

    describe = DynamoDBStreamsBackend.describe_stream
    iterate = DynamoDBStreamsBackend.get_shard_iterator
    read = DynamoDBStreamsBackend.get_records

    def describe_stream(self: Any, arn: str) -> Any:
        _check_stream(arn)
        return describe(self, arn)

    def get_shard_iterator(
        self: Any, arn: str, shard_id: str, shard_iterator_type: str, sequence: Any = None
    ) -> Any:
        table = _check_stream(arn)
        if table.stream_shard.id != shard_id:
            raise Refused(
                "ResourceNotFoundException",
                f"Requested resource not found: Shard: {shard_id} in stream: {arn} not found",
            )
        if shard_iterator_type in _BY_NUMBER and sequence is None:
            raise Refused(
                "ValidationException",
                f"SequenceNumber must be given for ShardIteratorType {shard_iterator_type}",
            )
        return iterate(self, arn, shard_id, shard_iterator_type, sequence)

    def get_records(self: Any, iterator: str, limit: int) -> Any:
        if iterator not in self.shard_iterators:
            raise Refused("ValidationException", "Invalid ShardIterator")
        return read(self, iterator, limit)

    with replaced(
        DynamoDBStreamsBackend,
        describe_stream=describe_stream,
        get_shard_iterator=get_shard_iterator,
        get_records=get_records,
    ):
        yield


def _check_stream(arn: str) -> Any:
    found = _STREAM.fullmatch(arn)
    if found is None:
        raise Refused("ValidationException", "Invalid StreamArn")
    table = find_table(arn)
    # A stream that was switched off can still be read for a while; it has no label then.
    if (
        table is None
        or table.stream_shard is None
        or table.stream_specification is None
        or table.latest_stream_label not in (None, found["label"])
    ):
        # Users quote it: confidence M.
        raise Refused(
            "ResourceNotFoundException", f"Requested resource not found: Stream: {arn} not found"
        )
    return table
