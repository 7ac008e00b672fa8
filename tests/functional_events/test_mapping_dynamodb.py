"""Mappings of DynamoDB streams, with boto3 and the clock."""

from __future__ import annotations

import json
from typing import Any

import pytest

from event_tools import bodies, queue
from live_region import LiveRegion
from stream_tools import mapping, result, table, update

ECHO = """
import json
answer = %s
def handler(event, context):
    print(json.dumps(event))
    return answer
"""
RAISES = """
import json
def handler(event, context):
    print(json.dumps(event))
    raise Exception("unhandled")
"""


def events(lab: LiveRegion, function: str) -> list[dict[str, Any]]:
    lab.region.settle()
    return [json.loads(line) for line in lab.logs(function) if line.startswith('{"Records"')]


def write(lab: LiveRegion, name: str, key: str, **more: Any) -> None:
    lab.client("dynamodb").put_item(TableName=name, Item={"id": {"S": key}, **more})
    lab.region.settle()


@pytest.mark.fidelity("mapping-dynamodb")
def test_the_event(lab: LiveRegion) -> None:
    name, arn = table(lab, "NEW_IMAGE")
    function = lab.deploy(ECHO % None)
    mapping(lab, arn, function)
    # The sizes are AWS's: dynamodb_report_batch_* counts 70 bytes for keys of 16 and 11 letters.
    write(lab, name, "hello world", binary_key={"B": b"foobar"})
    (event,) = events(lab, function)
    (record,) = event["Records"]
    assert len(record.pop("eventID")) == 32
    created = record["dynamodb"].pop("ApproximateCreationDateTime")
    assert created == int(created)
    assert record["dynamodb"].pop("SequenceNumber").isdecimal()
    assert record == {
        "eventName": "INSERT",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "dynamodb": {
            "Keys": {"id": {"S": "hello world"}},
            "NewImage": {"id": {"S": "hello world"}, "binary_key": {"B": "Zm9vYmFy"}},
            "SizeBytes": 42,
            "StreamViewType": "NEW_IMAGE",
        },
        "eventSourceARN": arn,
    }


@pytest.mark.fidelity("mapping-dynamodb")
def test_every_kind_of_change_is_one_record(lab: LiveRegion) -> None:
    name, arn = table(lab)
    function = lab.deploy(ECHO % None)
    mapping(lab, arn, function)
    dynamodb = lab.client("dynamodb")
    key = {"id": {"S": "a"}}
    for age in ("1", "1", "2"):
        dynamodb.update_item(
            TableName=name, Key=key, UpdateExpression="SET age = :a, tags.x = :a"
            if age == "2" else "SET age = :a, tags = :t",
            ExpressionAttributeValues={":a": {"N": age}}
            | ({} if age == "2" else {":t": {"M": {"x": {"L": [{"BOOL": True}]}}}}),
        )  # fmt: skip
        lab.region.settle()
    dynamodb.delete_item(TableName=name, Key=key)
    records = [event["Records"][0] for event in events(lab, function)]
    assert [record["eventName"] for record in records] == ["INSERT", "MODIFY", "REMOVE"]
    insert, modify, remove = (record["dynamodb"] for record in records)
    first = {"id": {"S": "a"}, "age": {"N": "1"}, "tags": {"M": {"x": {"L": [{"BOOL": True}]}}}}
    second = {"id": {"S": "a"}, "age": {"N": "2"}, "tags": {"M": {"x": {"N": "2"}}}}
    assert (insert.get("OldImage"), insert["NewImage"]) == (None, first)
    assert (modify["OldImage"], modify["NewImage"]) == (first, second)
    assert (remove["OldImage"], remove.get("NewImage")) == (second, None)


def test_keys_only(lab: LiveRegion) -> None:
    name, arn = table(lab, "KEYS_ONLY")
    function = lab.deploy(ECHO % None)
    mapping(lab, arn, function)
    write(lab, name, "a", n={"N": "1"})
    (event,) = events(lab, function)
    change = event["Records"][0]["dynamodb"]
    assert "NewImage" not in change
    assert change["SizeBytes"] == 3


@pytest.mark.parametrize(
    "answer",
    [
        {"batchItemFailures": [{"itemIdentifier": ""}]},
        {"batchItemFailures": [{"foo": "123-abc"}]},
        {"batchItemFailures": [{"foo": None}]},
        {"batchItemFailures": [{"itemIdentifier": "123-abc"}]},
        {"batchItemFailures": [{"itemIdentifier": None}]},
        "raises",
    ],
    ids=str,
)
@pytest.mark.fidelity("partial-batches")
def test_recorded_failures(lab: LiveRegion, answer: Any) -> None:
    """dynamodb_report_batch_item_failure_scenarios."""
    name, arn = table(lab, "NEW_IMAGE")
    url, failures = queue(lab)
    function = lab.deploy(RAISES if answer == "raises" else ECHO % answer)
    mapping(
        lab,
        arn,
        function,
        BatchSize=1,
        MaximumBatchingWindowInSeconds=1,
        MaximumRetryAttempts=3,
        FunctionResponseTypes=["ReportBatchItemFailures"],
        DestinationConfig={"OnFailure": {"Destination": failures}},
    )
    write(lab, name, "hello world")
    lab.region.clock.advance(30)
    assert len(events(lab, function)) == 4
    (record,) = bodies(lab, url)
    assert record["requestContext"]["approximateInvokeCount"] == 4
    assert record["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert record["responseContext"] == {
        "executedVersion": "$LATEST",
        "functionError": "Unhandled" if answer == "raises" else None,
        "statusCode": 200,
    }
    info = record["DDBStreamBatchInfo"]
    assert sorted(info) == [
        "approximateArrivalOfFirstRecord", "approximateArrivalOfLastRecord", "batchSize",
        "endSequenceNumber", "shardId", "startSequenceNumber", "streamArn",
    ]  # fmt: skip
    assert (info["batchSize"], info["streamArn"]) == (1, arn)
    assert "." not in info["approximateArrivalOfFirstRecord"]


@pytest.mark.parametrize(
    "answer",
    [{"batchItemFailures": []}, {}, [], {"batchItemFailures": None}, None],
    ids=str,
)
def test_recorded_successes(lab: LiveRegion, answer: Any) -> None:
    """dynamodb_report_batch_item_success_scenarios."""
    name, arn = table(lab, "NEW_IMAGE")
    url, failures = queue(lab)
    function = lab.deploy(ECHO % answer)
    uuid = mapping(
        lab,
        arn,
        function,
        BatchSize=1,
        MaximumRetryAttempts=3,
        FunctionResponseTypes=["ReportBatchItemFailures"],
        DestinationConfig={"OnFailure": {"Destination": failures}},
    )
    write(lab, name, "hello world")
    lab.region.clock.advance(30)
    assert len(events(lab, function)) == 1
    assert bodies(lab, url) == []
    assert result(lab, uuid) == "OK"


def test_filters(lab: LiveRegion) -> None:
    name, arn = table(lab)
    function = lab.deploy(ECHO % None)
    pattern = {"eventName": ["INSERT"], "dynamodb": {"NewImage": {"kind": {"S": ["wanted"]}}}}
    mapping(lab, arn, function, FilterCriteria={"Filters": [{"Pattern": json.dumps(pattern)}]})
    write(lab, name, "a", kind={"S": "other"})
    write(lab, name, "b", kind={"S": "wanted"})
    write(lab, name, "b", kind={"S": "wanted"}, n={"N": "1"})
    (event,) = events(lab, function)
    assert event["Records"][0]["dynamodb"]["Keys"] == {"id": {"S": "b"}}


def test_records_expire_after_a_day(lab: LiveRegion) -> None:
    name, arn = table(lab)
    write(lab, name, "old")
    lab.region.clock.advance(hours=24)
    write(lab, name, "new")
    function = lab.deploy(ECHO % None)
    mapping(lab, arn, function)
    (event,) = events(lab, function)
    assert event["Records"][0]["dynamodb"]["Keys"] == {"id": {"S": "new"}}


def test_a_disabled_stream_is_read_to_its_end(lab: LiveRegion) -> None:
    name, arn = table(lab)
    function = lab.deploy(ECHO % None)
    uuid = mapping(lab, arn, function, Enabled=False)
    write(lab, name, "a")
    dynamodb = lab.client("dynamodb")
    dynamodb.update_table(TableName=name, StreamSpecification={"StreamEnabled": False})
    write(lab, name, "b")
    update(lab, uuid, Enabled=True)
    (event,) = events(lab, function)
    assert event["Records"][0]["dynamodb"]["Keys"] == {"id": {"S": "a"}}


def test_a_table_that_is_deleted_is_a_clear_state(lab: LiveRegion) -> None:
    name, arn = table(lab)
    function = lab.deploy(ECHO % None)
    uuid = mapping(lab, arn, function)
    write(lab, name, "a")
    lab.client("dynamodb").delete_table(TableName=name)
    lab.region.clock.advance(hours=30)
    assert "does not exist" in result(lab, uuid)
    assert len(events(lab, function)) == 1
