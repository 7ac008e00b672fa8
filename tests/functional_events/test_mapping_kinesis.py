"""Mappings of Kinesis streams, with boto3 and the clock."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from event_tools import bodies, metric, queue, unused
from live_region import LiveRegion
from stream_tools import (
    RECORDER,
    mapping,
    mapping_metric,
    put,
    result,
    seen,
    stream,
    update,
)

ECHO = "def handler(event, context):\n    print(__import__('json').dumps(event))\n"


@pytest.mark.fidelity("mapping-kinesis")
def test_records_reach_the_function_in_order(lab: LiveRegion) -> None:
    name, arn = stream(lab)
    function = lab.deploy(RECORDER)
    put(lab, name, "a", "b")
    uuid = mapping(lab, arn, function)
    assert seen(lab, function) == [["a", "b"]]
    put(lab, name, "c")
    assert seen(lab, function) == [["a", "b"], ["c"]]
    assert result(lab, uuid) == "OK"


def test_the_event(lab: LiveRegion) -> None:
    name, arn = stream(lab)
    function = lab.deploy(ECHO)
    mapping(lab, arn, function)
    put(lab, name, "Hello, this is a test.", key="partition-1")
    lab.region.settle()
    (line,) = [line for line in lab.logs(function) if line.startswith("{")]
    (record,) = json.loads(line)["Records"]
    arrival = record["kinesis"].pop("approximateArrivalTimestamp")
    assert abs(arrival - lab.region.clock.now_ns() / 1e9) < 60
    assert record == {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": "partition-1",
            "sequenceNumber": "1",
            "data": "SGVsbG8sIHRoaXMgaXMgYSB0ZXN0Lg==",
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": "shardId-000000000000:1",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": lab.role,
        "awsRegion": "us-east-1",
        "eventSourceARN": arn,
    }


def test_latest_and_a_time(lab: LiveRegion) -> None:
    name, arn = stream(lab)
    latest, timed = lab.deploy(RECORDER), lab.deploy(RECORDER)
    put(lab, name, "early")
    lab.region.clock.advance(60)
    moment = lab.region.clock.now()
    put(lab, name, "later")
    mapping(lab, arn, latest, StartingPosition="LATEST")
    mapping(lab, arn, timed, StartingPosition="AT_TIMESTAMP", StartingPositionTimestamp=moment)
    put(lab, name, "now")
    assert seen(lab, latest) == [["now"]]
    assert seen(lab, timed) == [["later"], ["now"]]


def test_a_poison_record_blocks_the_shard_and_is_given_up(lab: LiveRegion) -> None:
    name, arn = stream(lab)
    url, failures = queue(lab)
    function = lab.deploy(RECORDER)
    uuid = mapping(
        lab,
        arn,
        function,
        BatchSize=1,
        MaximumRetryAttempts=1,
        DestinationConfig={"OnFailure": {"Destination": failures}},
    )
    put(lab, name, "bad", "good")
    assert seen(lab, function) == [["bad"]]
    assert result(lab, uuid) == "PROBLEM: Function call failed"
    lab.region.clock.advance(1)
    assert seen(lab, function) == [["bad"], ["bad"], ["good"]]
    assert result(lab, uuid) == "OK"
    (record,) = bodies(lab, url)
    context = record["requestContext"]
    info = record["KinesisBatchInfo"]
    # As recorded on AWS: kinesis_event_source_mapping_with_on_failure_destination_config.
    assert context.pop("requestId")
    assert context == {
        "functionArn": lab.lam.get_function_configuration(FunctionName=function)["FunctionArn"],
        "condition": "RetryAttemptsExhausted",
        "approximateInvokeCount": 2,
    }
    assert record["responseContext"] == {
        "statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"
    }  # fmt: skip
    assert (info["shardId"], info["batchSize"]) == ("shardId-000000000000", 1)
    assert info["streamArn"] == arn
    assert info["startSequenceNumber"] == info["endSequenceNumber"] == "1"
    assert record["version"] == "1.0"
    assert record["timestamp"].endswith("Z")


@pytest.mark.fidelity("bisect")
def test_bisect_finds_the_bad_record(lab: LiveRegion) -> None:
    name, arn = stream(lab)
    url, failures = queue(lab)
    function = lab.deploy(RECORDER)
    put(lab, name, "a", "b", "bad", "c")
    mapping(
        lab,
        arn,
        function,
        BisectBatchOnFunctionError=True,
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": failures}},
    )
    assert seen(lab, function) == [["a", "b", "bad", "c"], ["a", "b"], ["bad", "c"], ["bad"], ["c"]]
    (record,) = bodies(lab, url)
    assert record["KinesisBatchInfo"]["startSequenceNumber"] == "3"


@pytest.mark.fidelity("stream-destinations")
def test_a_bucket_keeps_the_payload(lab: LiveRegion) -> None:
    name, arn = stream(lab)
    bucket = unused("bucket")
    s3 = lab.client("s3")
    s3.create_bucket(Bucket=bucket)
    function = lab.deploy(RECORDER)
    uuid = mapping(
        lab,
        arn,
        function,
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": f"arn:aws:s3:::{bucket}"}},
    )
    put(lab, name, "bad")
    (found,) = s3.list_objects_v2(Bucket=bucket)["Contents"]
    assert found["Key"].startswith(f"aws/lambda/{uuid}/shardId-000000000000/")
    record = json.loads(s3.get_object(Bucket=bucket, Key=found["Key"])["Body"].read())
    (sent,) = json.loads(record["payload"])["Records"]
    assert sent["kinesis"]["data"] == "YmFk"


@pytest.mark.fidelity("parallelization")
def test_parallel_batches_keep_each_keys_order(lab: LiveRegion) -> None:
    name, arn = stream(lab)
    function = lab.deploy(ECHO)
    kinesis = lab.client("kinesis")
    records = [
        {"Data": f"{key}-{number}".encode(), "PartitionKey": f"key{key}"}
        for number in range(10)
        for key in range(20)
    ]
    kinesis.put_records(StreamName=name, Records=records)
    mapping(lab, arn, function, ParallelizationFactor=10, BatchSize=5)
    lab.region.settle()
    order: dict[str, list[int]] = {}
    batches = [event for event in lab.region.timeline.of(function) if event.kind == "batch"]
    for event in sorted(batches, key=lambda event: event.time_ns):
        for number in event.detail["records"]:
            record = records[int(number) - 1]
            order.setdefault(str(record["PartitionKey"]), []).append(int(number))
    assert len(order) == 20
    assert all(numbers == sorted(numbers) and len(numbers) == 10 for numbers in order.values())


def test_filters_pass_records_by(lab: LiveRegion) -> None:
    name, arn = stream(lab)
    function = lab.deploy(RECORDER)
    uuid = mapping(
        lab,
        arn,
        function,
        FilterCriteria={"Filters": [{"Pattern": '{"data": {"temp": [{"numeric": [">", 30]}]}}'}]},
        MetricsConfig={"Metrics": ["EventCount"]},
    )
    put(lab, name, {"temp": 10}, {"temp": 31}, "no json")
    assert seen(lab, function) == [['{"temp": 31}']]
    assert mapping_metric(lab, "PolledEventCount", uuid) == 3
    assert mapping_metric(lab, "FilteredOutEventCount", uuid) == 2
    assert mapping_metric(lab, "InvokedEventCount", uuid) == 1


def test_off_and_on_again_goes_on_where_it_was(lab: LiveRegion) -> None:
    name, arn = stream(lab)
    function = lab.deploy(RECORDER)
    uuid = mapping(lab, arn, function, StartingPosition="LATEST")
    put(lab, name, "a")
    update(lab, uuid, Enabled=False)
    put(lab, name, "b", "c")
    assert seen(lab, function) == [["a"]]
    update(lab, uuid, Enabled=True)
    assert seen(lab, function) == [["a"], ["b", "c"]]
    update(lab, uuid, BatchSize=1)
    put(lab, name, "d", "e")
    assert seen(lab, function) == [["a"], ["b", "c"], ["d"], ["e"]]


@pytest.mark.fidelity("mapping-kinesis")
def test_resharding_loses_and_doubles_nothing(lab: LiveRegion) -> None:
    name, arn = stream(lab)
    function = lab.deploy(RECORDER)
    mapping(lab, arn, function)
    kinesis = lab.client("kinesis")
    for number in range(20):
        put(lab, name, str(number), key=str(number))
    kinesis.update_shard_count(StreamName=name, TargetShardCount=2, ScalingType="UNIFORM_SCALING")
    for number in range(20, 40):
        put(lab, name, str(number), key=str(number))
    kinesis.merge_shards(
        StreamName=name,
        ShardToMerge="shardId-000000000001",
        AdjacentShardToMerge="shardId-000000000002",
    )
    for number in range(40, 60):
        put(lab, name, str(number), key=str(number))
    got = [one for call in seen(lab, function) for one in call]
    assert sorted(got, key=int) == [str(number) for number in range(60)]
    assert got[:20] == [str(number) for number in range(20)]


def test_writers_at_once_lose_nothing(lab: LiveRegion) -> None:
    name, arn = stream(lab)
    function = lab.deploy(RECORDER)
    mapping(lab, arn, function)
    kinesis = lab.client("kinesis")

    def write(number: int) -> None:
        kinesis.put_record(StreamName=name, Data=str(number).encode(), PartitionKey=str(number))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(write, range(400)))
    got = [one for call in seen(lab, function) for one in call]
    assert sorted(got, key=int) == [str(number) for number in range(400)]


def test_a_consumer_is_a_source(lab: LiveRegion) -> None:
    name, arn = stream(lab)
    kinesis = lab.client("kinesis")
    made = kinesis.register_stream_consumer(StreamARN=arn, ConsumerName="c")
    consumer = made["Consumer"]["ConsumerARN"]
    function = lab.deploy(RECORDER)
    uuid = mapping(lab, consumer, function)
    put(lab, name, "a")
    assert seen(lab, function) == [["a"]]
    kinesis.deregister_stream_consumer(ConsumerARN=consumer)
    put(lab, name, "b")
    assert "does not exist" in result(lab, uuid)
    assert seen(lab, function) == [["a"]]


def test_a_throttled_function_gets_its_batch_later(lab: LiveRegion) -> None:
    name, arn = stream(lab)
    function = lab.deploy(RECORDER)
    mapping(lab, arn, function, MaximumRetryAttempts=0)
    lab.lam.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=0)
    put(lab, name, "a")
    lab.region.clock.advance(minutes=5)
    lab.lam.delete_function_concurrency(FunctionName=function)
    assert seen(lab, function) == []
    lab.region.clock.advance(minutes=1)
    assert seen(lab, function) == [["a"]]
    age = metric(lab, "IteratorAge", function, stat="Maximum")
    assert age is not None
    assert 300_000 < age < 400_000


def test_a_function_that_is_deleted_does_not_hold_others_up(lab: LiveRegion) -> None:
    name, arn = stream(lab)
    gone, other = lab.deploy(RECORDER), lab.deploy(RECORDER)
    lost, kept = mapping(lab, arn, gone), mapping(lab, arn, other)
    lab.lam.delete_function(FunctionName=gone)
    put(lab, name, "a")
    lab.region.clock.advance(hours=1)
    assert seen(lab, other) == [["a"]]
    assert result(lab, lost).startswith("PROBLEM: Function not found")
    assert result(lab, kept) == "OK"
    lab.lam.delete_event_source_mapping(UUID=lost)
    lab.region.clock.advance(5)
    with pytest.raises(lab.lam.exceptions.ResourceNotFoundException):
        lab.lam.get_event_source_mapping(UUID=lost)


def test_a_stream_that_is_deleted_is_a_clear_state(lab: LiveRegion) -> None:
    name, arn = stream(lab)
    function = lab.deploy(RECORDER)
    uuid = mapping(lab, arn, function)
    put(lab, name, "bad")
    lab.client("kinesis").delete_stream(StreamName=name)
    lab.region.clock.advance(hours=30)
    assert "does not exist" in result(lab, uuid)
    assert seen(lab, function) == [["bad"]]


def test_expired_records_are_skipped(lab: LiveRegion) -> None:
    name, arn = stream(lab)
    function = lab.deploy(RECORDER)
    put(lab, name, "old")
    lab.region.clock.advance(hours=25)
    put(lab, name, "new")
    mapping(lab, arn, function)
    assert seen(lab, function) == [["new"]]


def test_a_longer_retention_keeps_them(lab: LiveRegion) -> None:
    name, arn = stream(lab)
    lab.client("kinesis").increase_stream_retention_period(StreamName=name, RetentionPeriodHours=48)
    function = lab.deploy(RECORDER)
    put(lab, name, "old")
    lab.region.clock.advance(hours=25)
    mapping(lab, arn, function)
    assert seen(lab, function) == [["old"]]


@pytest.mark.fidelity("tumbling-windows")
def test_a_tumbling_window_adds_up(lab: LiveRegion) -> None:
    name, arn = stream(lab)
    function = lab.deploy(
        "def handler(event, context):\n"
        "    total = event['state'].get('n', 0) + len(event['Records'])\n"
        "    if event['isFinalInvokeForWindow']:\n"
        "        print('total', total, event['window']['start'] < event['window']['end'])\n"
        "    return {'state': {'n': total}}\n"
    )
    clock = lab.region.clock
    clock.advance(900 - clock.now_ns() / 1e9 % 900)
    mapping(lab, arn, function, TumblingWindowInSeconds=60)
    put(lab, name, "a", "b")
    clock.advance(20)
    put(lab, name, "c")
    clock.advance(60)
    lab.region.settle()
    assert [line for line in lab.logs(function) if line.startswith("total")] == ["total 3 True"]
