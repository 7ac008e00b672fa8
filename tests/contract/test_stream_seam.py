"""What ``aws/sources/stream_seam.py`` uses and replaces of moto's, name by name and fault by fault.

The second half shows each fault of moto's without the seam. When one is mended there, its test
fails: then the replacement can go.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.dynamodb.models import DynamoDBBackend, dynamodb_backends
from moto.dynamodb.models.table import StreamShard, Table
from moto.kinesis.models import KinesisBackend, Stream, kinesis_backends

from lambda_lab.aws.moto_seam import ACCOUNT
from lambda_lab.aws.sources.dynamodb_stream import MotoTableStream, item_size
from lambda_lab.aws.sources.stream import MotoKinesisStream, stream_writes

REGION = "us-east-1"
HALF = str(2**127)


@pytest.fixture
def aws() -> Iterator[None]:
    with mock_aws():
        yield


def kinesis(shards: int = 1) -> Any:
    client = boto3.client("kinesis", REGION)
    client.create_stream(StreamName="s", ShardCount=shards)
    return client


def stream() -> Any:
    return kinesis_backends[ACCOUNT][REGION].streams["s"]


def source() -> MotoKinesisStream:
    return MotoKinesisStream(stream().arn)


def put(client: Any, *data: str, key: str = "k") -> None:
    for one in data:
        client.put_record(StreamName="s", Data=one.encode(), PartitionKey=key)


def dynamodb() -> Any:
    client = boto3.client("dynamodb", REGION)
    client.create_table(
        TableName="t",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    return client


def table() -> Any:
    return dynamodb_backends[ACCOUNT][REGION].tables["t"]


def changes() -> list[str]:
    return [item.record["eventName"] for item in table().stream_shard.items]


def add_age(client: Any) -> None:
    client.update_item(
        TableName="t",
        Key={"id": {"S": "new"}},
        UpdateExpression="SET age = :a",
        ExpressionAttributeValues={":a": {"N": "1"}},
    )


class Mapping:
    """What moto would push to."""

    function_arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:nobody"
    event_source_arn = "arn:aws:kinesis"


# -- names -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "parameters"),
    [
        (Stream.put_record, ["self", "partition_key", "explicit_hash_key", "data"]),
        (Stream.get_shard_for_key, ["self", "partition_key", "explicit_hash_key"]),
        (Stream.split_shard, ["self", "shard_to_split", "new_starting_hash_key"]),
        (Stream.merge_shards, ["self", "shard_to_merge", "adjacent_shard_to_merge"]),
        (KinesisBackend.delete_stream, ["self", "stream_arn", "stream_name"]),
        (StreamShard.add, ["self", "old", "new"]),
        (DynamoDBBackend.transact_write_items, ["self", "transact_items"]),
        (DynamoDBBackend.update_table_streams, ["self", "table", "stream_specification"]),
        (DynamoDBBackend.delete_table, ["self", "name"]),
    ],
)
def test_what_is_replaced_is_called_as_it_was(function: Any, parameters: list[str]) -> None:
    assert list(inspect.signature(function).parameters) == parameters


def test_updating_an_item_begins_with_the_table() -> None:
    assert list(inspect.signature(DynamoDBBackend.update_item).parameters)[:2] == [
        "self", "table_name"
    ]  # fmt: skip


def test_records_of_a_shard_are_numbered_from_1_without_gaps(aws: None) -> None:
    put(kinesis(), "a", "b", "c")
    (shard,) = stream().shards.values()
    assert list(shard.records) == [1, 2, 3]
    record = shard.records[2]
    assert (record.data, record.partition_key, record.sequence_number) == ("Yg==", "k", 2)
    assert record.created_at_datetime.tzinfo is None
    assert (shard.is_open, shard.parent, shard.adjacent_parent) == (True, None, None)


def test_records_of_a_table_are_numbered_without_gaps(aws: None) -> None:
    client = dynamodb()
    for name in ("a", "b"):
        client.put_item(TableName="t", Item={"id": {"S": name}})
    shard = table().stream_shard
    first = shard.starting_sequence_number
    numbers = [int(item.record["dynamodb"]["SequenceNumber"]) for item in shard.items]
    assert numbers == [first, first + 1]


def test_everything_is_put_back(aws: None) -> None:
    before = {
        (owner, name): vars(owner)[name]
        for owner in (Stream, KinesisBackend, StreamShard, DynamoDBBackend)
        for name in list(vars(owner))
    }
    with stream_writes(lambda arn: None):
        assert Stream.put_record is not before[Stream, "put_record"]
    assert all(vars(owner)[name] is value for (owner, name), value in before.items())
    assert isinstance(Table, type)


# -- faults of moto's, and without them ------------------------------------------------------------


def test_moto_pushes_and_here_it_does_not(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    pushed: list[Any] = []

    class Backend:
        def send_kinesis_message(self, **record: Any) -> None:
            pushed.append(record)

        def send_dynamodb_items(self, *args: Any) -> str:
            pushed.append(args)
            return ""

    monkeypatch.setattr("moto.awslambda.utils.get_backend", lambda *args: Backend())
    streams, tables = kinesis(), dynamodb()
    stream().lambda_event_source_mappings["arn:aws:lambda:us-east-1:1:x"] = Mapping()
    table().lambda_event_source_mappings["arn:aws:lambda:us-east-1:1:x"] = Mapping()
    put(streams, "a")
    tables.put_item(TableName="t", Item={"id": {"S": "a"}})
    assert len(pushed) == 2
    with stream_writes(lambda arn: None):
        put(streams, "b")
        tables.put_item(TableName="t", Item={"id": {"S": "b"}})
    assert len(pushed) == 2


def test_moto_writes_to_a_closed_shard_and_here_it_does_not(aws: None) -> None:
    client = kinesis()
    split = {"ShardToSplit": "shardId-000000000000", "NewStartingHashKey": HALF}
    with stream_writes(lambda arn: None):
        put(client, "before")
        client.split_shard(StreamName="s", **split)
        put(client, "after")
        put(client, "after", key="other")
    assert {info.id: info.closed for info in source().shards()} == {
        "shardId-000000000000": True,
        "shardId-000000000001": False,
        "shardId-000000000002": False,
    }
    parent, *children = (len(shard.records) for shard in stream().shards.values())
    assert parent == 1
    assert sum(children) == 2
    put(client, "moto's own")
    parent = len(stream().shards["shardId-000000000000"].records)
    assert parent == 2


def test_moto_moves_records_and_here_they_stay(aws: None) -> None:
    client = kinesis(2)
    both = ["shardId-000000000000", "shardId-000000000001"]
    for key in "abcdefgh":
        put(client, key, key=key)
    before = [len(source().read(shard, 0)) for shard in both]
    with stream_writes(lambda arn: None):
        client.merge_shards(StreamName="s", ShardToMerge=both[0], AdjacentShardToMerge=both[1])
    assert [len(source().read(shard, 0)) for shard in both] == before
    child = source().shards()[2]
    assert child.parents == tuple(both)
    assert source().read(child.id, 0) == []
    client.create_stream(StreamName="again", ShardCount=2)
    client.put_record(StreamName="again", Data=b"x", PartitionKey="a")
    client.merge_shards(StreamName="again", ShardToMerge=both[0], AdjacentShardToMerge=both[1])
    moved = kinesis_backends[ACCOUNT][REGION].streams["again"].shards
    assert len(moved["shardId-000000000002"].records) == 1


def test_the_last_hash_key_belongs_to_the_last_shard(aws: None) -> None:
    client = kinesis()
    last = {
        "StreamName": "s",
        "Data": b"x",
        "PartitionKey": "k",
        "ExplicitHashKey": str(2**128 - 1),
    }
    with stream_writes(lambda arn: None):
        assert client.put_record(**last)["ShardId"] == "shardId-000000000000"
    with pytest.raises(AttributeError):
        client.put_record(**last)


def test_moto_doubles_a_new_item_and_here_it_is_one_record(aws: None) -> None:
    client = dynamodb()
    add_age(client)
    assert changes() == ["INSERT", "INSERT"]
    client.delete_item(TableName="t", Key={"id": {"S": "new"}})
    table().stream_shard.items.clear()
    with stream_writes(lambda arn: None):
        add_age(client)
    assert changes() == ["INSERT"]
    (record,) = MotoTableStream(f"{table().table_arn}/stream/{table().latest_stream_label}").read(
        "", 0
    )
    assert record.event["dynamodb"]["NewImage"] == {"id": {"S": "new"}, "age": {"N": "1"}}
    assert record.position == table().stream_shard.starting_sequence_number


def test_moto_records_what_changes_nothing_and_here_it_does_not(aws: None) -> None:
    client = dynamodb()
    item = {"id": {"S": "a"}, "n": {"N": "1"}, "s": {"SS": ["x", "y"]}}
    client.put_item(TableName="t", Item=item)
    client.put_item(TableName="t", Item=item)
    assert changes() == ["INSERT", "MODIFY"]
    with stream_writes(lambda arn: None):
        client.put_item(TableName="t", Item=item)
        client.put_item(TableName="t", Item={**item, "n": {"N": "1.0"}})
        assert changes() == ["INSERT", "MODIFY"]
        client.put_item(TableName="t", Item={**item, "n": {"N": "2"}})
    assert changes() == ["INSERT", "MODIFY", "MODIFY"]


def test_moto_takes_no_write_after_a_stream_is_disabled_and_here_it_does(aws: None) -> None:
    client = dynamodb()
    off = {"StreamEnabled": False}
    on = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    client.update_table(TableName="t", StreamSpecification=off)
    with pytest.raises(KeyError):
        client.put_item(TableName="t", Item={"id": {"S": "a"}})
    label = table().latest_stream_label
    told: list[str] = []
    with stream_writes(told.append):
        client.put_item(TableName="t", Item={"id": {"S": "b"}})
        assert told == []
        client.update_table(TableName="t", StreamSpecification=on)
        client.put_item(TableName="t", Item={"id": {"S": "c"}})
    assert table().latest_stream_label != label
    assert told[-1] == f"{table().table_arn}/stream/{table().latest_stream_label}"
    assert changes() == ["INSERT"]


# -- what is told ----------------------------------------------------------------------------------


def test_each_change_of_a_stream_is_told(aws: None) -> None:
    told: list[str] = []
    with stream_writes(told.append):
        client = kinesis()
        arn = stream().arn
        put(client, "a")
        client.put_records(
            StreamName="s", Records=[{"Data": b"x", "PartitionKey": "p"} for _ in range(3)]
        )
        assert told == [arn] * 4
        client.split_shard(
            StreamName="s", ShardToSplit="shardId-000000000000", NewStartingHashKey=HALF
        )
        assert told == [arn] * 5
        client.delete_stream(StreamName="s")
        assert told == [arn] * 6
    assert MotoKinesisStream(arn).arn == arn


def test_each_change_of_a_table_is_told(aws: None) -> None:
    told: list[str] = []
    with stream_writes(told.append):
        client = dynamodb()
        arn = f"{table().table_arn}/stream/{table().latest_stream_label}"
        client.put_item(TableName="t", Item={"id": {"S": "a"}})
        client.delete_item(TableName="t", Key={"id": {"S": "a"}})
        client.batch_write_item(
            RequestItems={"t": [{"PutRequest": {"Item": {"id": {"S": one}}}} for one in "bc"]}
        )
        assert told == [arn] * 4
        client.delete_table(TableName="t")
        assert told == [arn] * 5


def test_a_transaction_that_fails_leaves_no_record(aws: None) -> None:
    client = dynamodb()
    check = {"ConditionCheck": {
        "TableName": "t", "Key": {"id": {"S": "none"}},
        "ConditionExpression": "attribute_exists(id)",
    }}  # fmt: skip
    write = {"Put": {"TableName": "t", "Item": {"id": {"S": "a"}}}}
    with stream_writes(lambda arn: None):
        with pytest.raises(client.exceptions.TransactionCanceledException):
            client.transact_write_items(TransactItems=[write, check])
        assert changes() == []
        client.transact_write_items(TransactItems=[write])
    assert changes() == ["INSERT"]


# -- what records are made of ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ({"S": "h\u00e9"}, 3),
        ({"N": "123"}, 3),
        ({"N": "-1.50"}, 3),
        ({"N": "1e20"}, 2),
        ({"B": "Zm9v"}, 3),
        ({"BOOL": True}, 1),
        ({"NULL": True}, 1),
        ({"SS": ["ab", "c"]}, 3),
        ({"L": [{"S": "ab"}, {"N": "1"}]}, 9),
        ({"M": {"k": {"S": "ab"}}}, 7),
        ({"N": "no number"}, len('{"N": "no number"}')),
        ({"B": "a"}, len('{"B": "a"}')),
        ({"S": 5}, len('{"S": 5}')),
        ({}, 2),
    ],
)
def test_sizes_of_attributes(value: Any, size: int) -> None:
    assert item_size({"a": value}) == 1 + size
