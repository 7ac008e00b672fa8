"""Destinations: where records of asynchronous invocations go, and what stands in them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from event_tools import allow, allowed, bodies, metric, queue, queue_arn, role, unused
from lambda_lab.timeline import Kind
from live_region import LiveRegion

ECHO = "def handler(event, context):\n    return {'got': event}\n"
FAILS = "def handler(event, context):\n    raise ValueError('no')\n"
PRINTS = "import json\ndef handler(event, context):\n    print('record', json.dumps(event))\n"
ACCOUNT = "123456789012"


def deploy(lab: LiveRegion, source: str, *, tries: int = 0, **destinations: str) -> str:
    """Deploy a function with destinations OnSuccess and OnFailure."""
    name = lab.deploy(source)
    config = {member: {"Destination": arn} for member, arn in destinations.items()}
    lab.lam.put_function_event_invoke_config(
        FunctionName=name, MaximumRetryAttempts=tries, DestinationConfig=config
    )
    return name


def send(lab: LiveRegion, name: str, event: Any = None, **more: Any) -> str:
    """Invoke with an event and wait until it has ended."""
    payload = json.dumps({} if event is None else event).encode()
    got = lab.lam.invoke(FunctionName=name, InvocationType="Event", Payload=payload, **more)
    lab.region.settle()
    return str(got["ResponseMetadata"]["RequestId"])


def topic(lab: LiveRegion) -> tuple[str, str]:
    """Create a topic with a queue that gets its messages raw; returns ARN and queue URL."""
    url, arn = queue(lab)
    sns = lab.client("sns")
    topic_arn = sns.create_topic(Name=unused("topic"))["TopicArn"]
    sns.subscribe(
        TopicArn=topic_arn,
        Protocol="sqs",
        Endpoint=arn,
        Attributes={"RawMessageDelivery": "true"},
    )
    return topic_arn, url


def arn_of(name: str, qualifier: str = "$LATEST") -> str:
    return f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{name}:{qualifier}"


@pytest.mark.fidelity("destinations")
def test_the_record_of_a_success(lab: LiveRegion) -> None:
    url, arn = queue(lab)
    name = deploy(lab, ECHO, OnSuccess=arn)
    request = send(lab, name, {"n": 1})
    (record,) = bodies(lab, url)
    timestamp = record.pop("timestamp")
    assert timestamp.endswith("Z")
    assert len(timestamp) == len("2026-11-14T18:16:05.568Z")
    assert record == {
        "version": "1.0",
        "requestContext": {
            "requestId": request,
            "functionArn": arn_of(name),
            "condition": "Success",
            "approximateInvokeCount": 1,
        },
        "requestPayload": {"n": 1},
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST"},
        "responsePayload": {"got": {"n": 1}},
    }
    (told,) = lab.region.timeline.of(name, [Kind.DELIVERED])
    assert told.request == request
    assert told.detail == {"target": arn, "condition": "Success", "as": "destination"}


@pytest.mark.fidelity("destinations")
def test_the_record_of_a_failure(lab: LiveRegion) -> None:
    url, arn = queue(lab)
    name = deploy(lab, FAILS, OnFailure=arn, tries=2)
    request = send(lab, name, {"n": 1})
    assert bodies(lab, url) == []
    lab.region.clock.advance(minutes=4)
    (record,) = bodies(lab, url)
    assert record["requestContext"] == {
        "requestId": request,
        "functionArn": arn_of(name),
        "condition": "RetriesExhausted",
        "approximateInvokeCount": 3,
    }
    assert record["requestPayload"] == {"n": 1}
    assert record["responseContext"] == {
        "statusCode": 200,
        "executedVersion": "$LATEST",
        "functionError": "Unhandled",
    }
    assert record["responsePayload"]["errorMessage"] == "no"
    assert record["responsePayload"]["errorType"] == "ValueError"


def test_the_other_destination_hears_nothing(lab: LiveRegion) -> None:
    (good, good_arn), (bad, bad_arn) = queue(lab), queue(lab)
    succeeds = deploy(lab, ECHO, OnSuccess=good_arn, OnFailure=bad_arn)
    fails = deploy(lab, FAILS, OnSuccess=good_arn, OnFailure=bad_arn)
    send(lab, succeeds)
    send(lab, fails)
    assert [r["requestContext"]["functionArn"] for r in bodies(lab, good)] == [arn_of(succeeds)]
    assert [r["requestContext"]["functionArn"] for r in bodies(lab, bad)] == [arn_of(fails)]


def test_a_synchronous_call_tells_no_destination(lab: LiveRegion) -> None:
    url, arn = queue(lab)
    name = deploy(lab, ECHO, OnSuccess=arn, OnFailure=arn)
    lab.call(name, {})
    lab.region.settle()
    assert bodies(lab, url) == []


def test_an_alias_has_settings_of_its_own(lab: LiveRegion) -> None:
    url, arn = queue(lab)
    name = lab.deploy(ECHO)
    lab.lam.publish_version(FunctionName=name)
    lab.lam.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    lab.lam.put_function_event_invoke_config(
        FunctionName=name, Qualifier="live", DestinationConfig={"OnSuccess": {"Destination": arn}}
    )
    send(lab, name)
    send(lab, name, Qualifier="1")
    assert bodies(lab, url) == []
    send(lab, name, Qualifier="live")
    (record,) = bodies(lab, url)
    assert record["requestContext"]["functionArn"] == arn_of(name, "live")
    assert record["responseContext"]["executedVersion"] == "1"


def test_numbers_keep_their_digits(lab: LiveRegion) -> None:
    url, arn = queue(lab)
    name = deploy(lab, "def handler(event, context):\n    return None\n", OnSuccess=arn)
    raw = b'{"long": 12345678901234567890123, "exact": 0.10000000000000000001}'
    lab.lam.invoke(FunctionName=name, InvocationType="Event", Payload=raw)
    lab.region.settle()
    body = lab.client("sqs").receive_message(QueueUrl=url)["Messages"][0]["Body"]
    assert '"requestPayload":' + raw.decode() in body
    assert json.loads(body)["responsePayload"] is None


def test_a_topic(lab: LiveRegion) -> None:
    topic_arn, url = topic(lab)
    name = deploy(lab, ECHO, OnSuccess=topic_arn)
    request = send(lab, name, {"n": 1})
    (record,) = bodies(lab, url)
    assert record["requestContext"]["requestId"] == request


def test_a_topic_takes_a_large_failure_without_its_payloads(lab: LiveRegion) -> None:
    topic_arn, url = topic(lab)
    name = deploy(lab, FAILS, OnFailure=topic_arn)
    send(lab, name, {"text": "x" * 300_000})
    (record,) = bodies(lab, url)
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["responseContext"]["functionError"] == "Unhandled"
    assert "requestPayload" not in record
    assert "responsePayload" not in record
    assert metric(lab, "DestinationDeliveryFailures", name) is None


def test_a_topic_does_not_take_a_large_success(lab: LiveRegion) -> None:
    topic_arn, url = topic(lab)
    name = deploy(lab, ECHO, OnSuccess=topic_arn)
    send(lab, name, {"text": "x" * 300_000})
    assert bodies(lab, url) == []
    assert metric(lab, "DestinationDeliveryFailures", name) == 1
    (dropped,) = lab.region.timeline.of(name, [Kind.DROPPED])
    assert "262144 bytes" in dropped.detail["reason"]


def test_another_function(lab: LiveRegion) -> None:
    second = lab.deploy(PRINTS)
    name = deploy(lab, ECHO, OnSuccess=arn_of(second, "$LATEST").removesuffix(":$LATEST"))
    request = send(lab, name, {"n": 1})
    (line,) = [line for line in lab.logs(second) if line.startswith("record")]
    assert json.loads(line.removeprefix("record "))["requestContext"]["requestId"] == request
    (queued,) = lab.region.timeline.of(second, [Kind.QUEUED])
    assert queued.detail == {"source": arn_of(name)}
    assert queued.request != request


def test_a_chain_of_functions_settles_in_one_move(lab: LiveRegion) -> None:
    url, arn = queue(lab)
    last = deploy(lab, ECHO, OnSuccess=arn)
    middle = deploy(lab, ECHO, OnSuccess=arn_of(last).removesuffix(":$LATEST"))
    first = deploy(lab, ECHO, OnSuccess=arn_of(middle).removesuffix(":$LATEST"))
    send(lab, first, "begin")
    (record,) = bodies(lab, url)
    inner = record["requestPayload"]["requestPayload"]["requestPayload"]
    assert inner == "begin"


def test_an_event_bus(lab: LiveRegion) -> None:
    events, (url, queue_of_rule) = lab.client("events"), queue(lab)
    bus = unused("bus")
    bus_arn = events.create_event_bus(Name=bus)["EventBusArn"]
    pattern = json.dumps({"source": ["lambda"]})
    events.put_rule(Name="r", EventBusName=bus, EventPattern=pattern)
    events.put_targets(Rule="r", EventBusName=bus, Targets=[{"Id": "q", "Arn": queue_of_rule}])
    name = deploy(lab, ECHO, OnSuccess=bus_arn, OnFailure=bus_arn)
    failing = deploy(lab, FAILS, OnSuccess=bus_arn, OnFailure=bus_arn)
    request = send(lab, name, {"n": 1})
    send(lab, failing)
    good, bad = bodies(lab, url)
    assert good["source"] == "lambda"
    assert good["detail-type"] == "Lambda Function Invocation Result - Success"
    assert good["resources"] == [bus_arn, arn_of(name)]
    assert good["detail"]["requestContext"]["requestId"] == request
    assert bad["detail-type"] == "Lambda Function Invocation Result - Failure"


@pytest.mark.fidelity("destinations")
def test_a_bucket_takes_failures(lab: LiveRegion) -> None:
    s3, bucket = lab.client("s3"), unused("bucket")
    s3.create_bucket(Bucket=bucket)
    name = deploy(lab, FAILS, OnFailure=f"arn:aws:s3:::{bucket}")
    request = send(lab, name, {"n": 1})
    (found,) = s3.list_objects_v2(Bucket=bucket)["Contents"]
    now = lab.region.clock.now()
    assert found["Key"].startswith(f"aws/lambda/async/{name}/{now:%Y/%m/%d/%Y-%m-%d}T")
    record = json.loads(s3.get_object(Bucket=bucket, Key=found["Key"])["Body"].read())
    assert record["requestContext"]["requestId"] == request


@pytest.mark.fidelity("delivery-permissions")
def test_a_permission_that_is_taken_away(lab: LiveRegion) -> None:
    url, arn = queue(lab)
    own = role(lab, allowed("sqs:SendMessage", arn))
    name = lab.deploy(ECHO)
    lab.lam.update_function_configuration(FunctionName=name, Role=own)
    lab.settle()
    lab.lam.put_function_event_invoke_config(
        FunctionName=name, DestinationConfig={"OnSuccess": {"Destination": arn}}
    )
    send(lab, name)
    assert len(bodies(lab, url)) == 1
    allow(lab, own, allowed("sqs:ReceiveMessage", arn))
    send(lab, name)
    assert bodies(lab, url) == []
    assert metric(lab, "DestinationDeliveryFailures", name) == 1
    (dropped,) = lab.region.timeline.of(name, [Kind.DROPPED])
    assert "sqs:SendMessage" in dropped.detail["reason"]
    assert dropped.detail["target"] == arn


@pytest.mark.parametrize("kind", ["queue", "topic", "bus", "bucket", "function"])
def test_a_target_that_is_gone(lab: LiveRegion, kind: str) -> None:
    arn, remove = make_target(lab, kind)
    name = deploy(lab, FAILS, OnFailure=arn)
    remove()
    send(lab, name)
    assert metric(lab, "DestinationDeliveryFailures", name) == 1
    assert metric(lab, "AsyncEventsDropped", name) == 1
    (dropped,) = lab.region.timeline.of(name, [Kind.DROPPED])
    assert dropped.detail["target"] == arn
    # Everything else goes on.
    other_url, other = queue(lab)
    send(lab, deploy(lab, FAILS, OnFailure=other))
    assert len(bodies(lab, other_url)) == 1


def make_target(lab: LiveRegion, kind: str) -> tuple[str, Any]:
    """Make a destination; returns its ARN and what removes it."""
    if kind == "queue":
        sqs = lab.client("sqs")
        url = sqs.create_queue(QueueName=unused("q"))["QueueUrl"]
        return queue_arn(lab, url), lambda: sqs.delete_queue(QueueUrl=url)
    if kind == "topic":
        sns = lab.client("sns")
        arn = sns.create_topic(Name=unused("t"))["TopicArn"]
        return arn, lambda: sns.delete_topic(TopicArn=arn)
    if kind == "bus":
        events, bus = lab.client("events"), unused("b")
        arn = events.create_event_bus(Name=bus)["EventBusArn"]
        return arn, lambda: events.delete_event_bus(Name=bus)
    if kind == "bucket":
        s3, bucket = lab.client("s3"), unused("bucket")
        s3.create_bucket(Bucket=bucket)
        return f"arn:aws:s3:::{bucket}", lambda: s3.delete_bucket(Bucket=bucket)
    other = lab.deploy(ECHO)
    return arn_of(other).removesuffix(":$LATEST"), lambda: lab.lam.delete_function(
        FunctionName=other
    )
