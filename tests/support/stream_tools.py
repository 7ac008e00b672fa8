"""What tests of mappings of streams do again and again, with boto3 alone."""

from __future__ import annotations

import base64
import json
from typing import Any

from event_tools import unused
from live_region import LiveRegion

RECORDER = """
import base64, json
seen = []
def names(event):
    return [base64.b64decode(r["kinesis"]["data"]).decode() for r in event["Records"]]
def handler(event, context):
    if event == "seen":
        return seen
    seen.append(names(event))
    if any("bad" in name for name in seen[-1]):
        raise ValueError("bad record")
"""
"""Keeps what each call got, and fails on records that say they are bad."""
TRANSITION_SECONDS = 5
"""Longer than a mapping takes from one state to the next."""


def stream(lab: LiveRegion, shards: int = 1) -> tuple[str, str]:
    """Create a Kinesis stream; returns its name and its ARN."""
    kinesis = lab.client("kinesis")
    name = unused("stream")
    kinesis.create_stream(StreamName=name, ShardCount=shards)
    summary = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
    return name, summary["StreamARN"]


def put(lab: LiveRegion, name: str, *data: Any, key: str = "k") -> None:
    """Write records, each text as it is and everything else as JSON."""
    kinesis = lab.client("kinesis")
    for one in data:
        text = one if isinstance(one, str) else json.dumps(one)
        kinesis.put_record(StreamName=name, Data=text.encode(), PartitionKey=key)
    lab.region.settle()


def table(lab: LiveRegion, view: str = "NEW_AND_OLD_IMAGES", **more: Any) -> tuple[str, str]:
    """Create a table with a stream; returns its name and the stream's ARN."""
    name = unused("table")
    made = lab.client("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": view},
        **more,
    )
    return name, made["TableDescription"]["LatestStreamArn"]


def mapping(lab: LiveRegion, source: str, function: str, **settings: Any) -> str:
    """Create a mapping and let it become what it is to be; returns its UUID."""
    settings = {"StartingPosition": "TRIM_HORIZON", **settings}
    made = lab.lam.create_event_source_mapping(
        EventSourceArn=source, FunctionName=function, **settings
    )
    lab.region.clock.advance(TRANSITION_SECONDS)
    return str(made["UUID"])


def update(lab: LiveRegion, uuid: str, **settings: Any) -> None:
    lab.lam.update_event_source_mapping(UUID=uuid, **settings)
    lab.region.clock.advance(TRANSITION_SECONDS)


def seen(lab: LiveRegion, function: str) -> list[list[str]]:
    """Return what each call of :data:`RECORDER` got."""
    lab.region.settle()
    calls: list[list[str]] = lab.call(function, "seen").value
    return calls


def result(lab: LiveRegion, uuid: str) -> str:
    return str(lab.lam.get_event_source_mapping(UUID=uuid)["LastProcessingResult"])


def data_of(event: dict[str, Any]) -> list[str]:
    return [base64.b64decode(one["kinesis"]["data"]).decode() for one in event["Records"]]


def mapping_metric(lab: LiveRegion, name: str, uuid: str) -> float:
    """Return the sum of a mapping's metric."""
    from datetime import timedelta

    now = lab.region.clock.now()
    points = lab.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName=name,
        Dimensions=[{"Name": "EventSourceMappingUUID", "Value": uuid}],
        StartTime=now - timedelta(days=10),
        EndTime=now + timedelta(days=1),
        Period=86_400 * 30,
        Statistics=["Sum"],
    )["Datapoints"]
    return float(sum(point["Sum"] for point in points))
