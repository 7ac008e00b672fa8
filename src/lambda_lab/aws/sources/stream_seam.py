"""moto's Kinesis and DynamoDB Streams, and what is set right about them while a region is open.

What moto does otherwise than AWS, and is replaced here:

- it hands each record to Lambda while it is written. The engine reads streams itself;
- splitting or merging shards moves their records, numbers them anew, and may write to a shard
  that is closed. On AWS records stay where they are, and new ones go to the children;
- ``UpdateItem`` of a new item writes two records to the table's stream, and a write that changes
  nothing writes one. AWS writes one, and none;
- once a table's stream is disabled, every write to the table fails, and it cannot be enabled again.

Every replacement is held by a contract test: tests/contract/test_stream_seam.py.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from moto.dynamodb.models import DynamoDBBackend, dynamodb_backends
from moto.dynamodb.models.table import StreamShard, Table
from moto.dynamodb.models.utilities import dynamo_json_dump
from moto.kinesis.models import KinesisBackend, Stream, kinesis_backends

from lambda_lab.aws.moto_seam import ACCOUNT

__all__ = ["LOCK", "find_stream", "find_table", "kinesis_hooks", "plain", "table_hooks", "time_ns"]

Notify = Callable[[str], None]
LOCK = threading.RLock()
"""Held while a stream is written or read: moto's own writes are not safe from several threads."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


# -- looking things up -----------------------------------------------------------------------------


def _backend(backends: Any, arn: str) -> Any:
    """Return the backend of an ARN's region; ``None`` for another account or an unknown region."""
    _, _, _, region, account, *_ = arn.split(":")
    try:
        return backends[account][region] if account == ACCOUNT else None
    except KeyError:
        return None


def find_stream(arn: str) -> Any:
    """Return the Kinesis stream *arn*, or ``None``."""
    backend = _backend(kinesis_backends, arn)
    return None if backend is None else backend.streams.get(arn.partition("/")[2])


def find_table(arn: str) -> Any:
    """Return the table whose stream is *arn*, or ``None``."""
    backend = _backend(dynamodb_backends, arn)
    return None if backend is None else backend.tables.get(arn.split("/")[1])


def plain(value: Any) -> Any:
    """Return moto's attribute values as JSON has them."""
    return json.loads(dynamo_json_dump(value))


def time_ns(moment: datetime) -> int:
    """Return a time of moto's, in UTC without saying so, as nanoseconds since the epoch."""
    return (moment.replace(tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1) * 1000


def _stream_arn(table: Any) -> str:
    return f"{table.table_arn}/stream/{table.latest_stream_label}"


# -- replacing -------------------------------------------------------------------------------------


@contextmanager
def _replaced(owner: Any, **functions: Callable[..., Any]) -> Iterator[None]:
    originals = {name: vars(owner)[name] for name in functions}
    for name, function in functions.items():
        setattr(owner, name, function)
    try:
        yield
    finally:
        for name, function in originals.items():
            setattr(owner, name, function)


@contextmanager
def _without_push(owner: Any) -> Iterator[None]:
    """Let moto see no mapping of *owner*, a stream or a table."""
    kept = owner.lambda_event_source_mappings
    owner.lambda_event_source_mappings = {}
    try:
        yield
    finally:
        owner.lambda_event_source_mappings = kept


@contextmanager
def kinesis_hooks(notify: Notify) -> Iterator[None]:
    """Have *notify* told of every change of a Kinesis stream; mend what moto does to shards."""
    put, find = Stream.put_record, Stream.get_shard_for_key
    split, merge = Stream.split_shard, Stream.merge_shards
    delete = KinesisBackend.delete_stream

    def put_record(self: Any, *args: Any, **kwargs: Any) -> Any:
        with LOCK, _without_push(self):
            written = put(self, *args, **kwargs)
        notify(self.arn)
        return written

    def get_shard_for_key(self: Any, partition_key: str, explicit_hash_key: str) -> Any:
        found = find(self, partition_key, explicit_hash_key)  # it checks the keys
        open_shards = (shard for shard in self.shards.values() if shard.is_open)
        number = int(explicit_hash_key) if explicit_hash_key else _hash_key(partition_key)
        return next(
            (one for one in open_shards if one.starting_hash <= number <= one.ending_hash), found
        )

    def split_shard(self: Any, shard_to_split: str, new_starting_hash_key: str) -> None:
        with LOCK, _kept_records(self, shard_to_split):
            split(self, shard_to_split, new_starting_hash_key)
        notify(self.arn)

    def merge_shards(self: Any, shard_to_merge: str, adjacent_shard_to_merge: str) -> None:
        with LOCK, _kept_records(self, shard_to_merge, adjacent_shard_to_merge):
            merge(self, shard_to_merge, adjacent_shard_to_merge)
        notify(self.arn)

    def delete_stream(self: Any, *args: Any, **kwargs: Any) -> Any:
        with LOCK:
            stream = delete(self, *args, **kwargs)
        notify(stream.arn)
        return stream

    with (
        _replaced(
            Stream,
            put_record=put_record,
            get_shard_for_key=get_shard_for_key,
            split_shard=split_shard,
            merge_shards=merge_shards,
        ),
        _replaced(KinesisBackend, delete_stream=delete_stream),
    ):
        yield


def _hash_key(partition_key: str) -> int:
    """Return where a partition key lies: "an MD5 hash function is used to map partition keys"."""
    import hashlib

    digest = hashlib.md5(partition_key.encode(), usedforsecurity=False)
    return int(digest.hexdigest(), 16)


@contextmanager
def _kept_records(stream: Any, *shard_ids: str) -> Iterator[None]:
    """Keep moto from moving the records of these shards."""
    shards = [stream.shards[shard_id] for shard_id in shard_ids if shard_id in stream.shards]
    kept = [shard.records for shard in shards]
    for shard in shards:
        shard.records = type(shard.records)()
    try:
        yield
    finally:
        for shard, records in zip(shards, kept, strict=True):
            shard.records = records


@contextmanager
def table_hooks(notify: Notify) -> Iterator[None]:
    """Have *notify* told of every change of a table's stream; mend what moto writes to it."""
    add = StreamShard.add
    update, transact = DynamoDBBackend.update_item, DynamoDBBackend.transact_write_items
    switch, delete = DynamoDBBackend.update_table_streams, DynamoDBBackend.delete_table

    def add_record(self: Any, old: Any, new: Any) -> None:
        with LOCK, _without_push(self.table):
            if not self.table.stream_specification["StreamEnabled"]:
                return
            if old is not None and new is not None and old == new:
                return
            add(self, old, new)
        notify(_stream_arn(self.table))

    def update_item(self: Any, table_name: str, *args: Any, **kwargs: Any) -> Any:
        # A reader waits for the lock, so it never sees the record that is taken out again.
        with LOCK:
            shard = getattr(self.tables.get(table_name.rpartition("/")[2]), "stream_shard", None)
            before = 0 if shard is None else len(shard.items)
            item = update(self, table_name, *args, **kwargs)
            if shard is not None:
                _drop_first_of_two_inserts(shard, before)
        return item

    def transact_write_items(self: Any, *args: Any, **kwargs: Any) -> Any:
        with LOCK:  # one that fails takes its records back
            return transact(self, *args, **kwargs)

    def update_table_streams(self: Any, table: Table, stream_specification: Any) -> None:
        with LOCK:
            earlier = _stream_arn(table)
            if not (table.stream_specification or {}).get("StreamEnabled"):
                table.latest_stream_label = None
            switch(self, table, stream_specification)
        notify(earlier)

    def delete_table(self: Any, *args: Any, **kwargs: Any) -> Any:
        with LOCK:
            table = delete(self, *args, **kwargs)
        notify(_stream_arn(table))
        return table

    with (
        _replaced(StreamShard, add=add_record),
        _replaced(
            DynamoDBBackend,
            update_item=update_item,
            transact_write_items=transact_write_items,
            update_table_streams=update_table_streams,
            delete_table=delete_table,
        ),
    ):
        yield


def _drop_first_of_two_inserts(shard: Any, before: int) -> None:
    """Leave one record of an item that ``UpdateItem`` made: moto first puts its key alone."""
    added = shard.items[before:]
    if [one.record["eventName"] for one in added] == ["INSERT", "INSERT"]:
        first = shard.items.pop(before)
        number = first.record["dynamodb"]["SequenceNumber"]
        shard.items[before].record["dynamodb"]["SequenceNumber"] = number
