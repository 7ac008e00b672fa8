"""What updates, switches and deletions do to a mapping's work, with real pollers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from event_tools import queue
from lambda_lab.timeline import Kind
from live_region import LiveRegion, until
from stream_tools import put, stream

COUNTS = """
import json
def handler(event, context):
    print("batch", len(event["Records"]))
"""
READS = """
import base64
def handler(event, context):
    for record in event["Records"]:
        print("read", base64.b64decode(record["kinesis"]["data"]).decode())
"""
WAITS = """
import pathlib, time
def handler(event, context):
    while not pathlib.Path(event["Records"][0]["body"]).exists():
        time.sleep(0.01)
"""


def mapping(lab: LiveRegion, function: str, source: str, **settings: Any) -> str:
    """Create a mapping and let it become Enabled."""
    made = lab.lam.create_event_source_mapping(
        FunctionName=function, EventSourceArn=source, **settings
    )
    lab.settle()
    return str(made["UUID"])


def change(lab: LiveRegion, uuid: str, **settings: Any) -> None:
    lab.lam.update_event_source_mapping(UUID=uuid, **settings)
    lab.settle()


def state(lab: LiveRegion, uuid: str) -> str:
    return str(lab.lam.get_event_source_mapping(UUID=uuid)["State"])


def send(lab: LiveRegion, url: str, *texts: str) -> None:
    for text in texts:
        lab.client("sqs").send_message(QueueUrl=url, MessageBody=text)
    lab.region.settle()


def said(lab: LiveRegion, function: str, word: str) -> list[str]:
    lines = lab.logs(function) if lab.region.timeline.of(function, [Kind.INVOKE]) else []
    return [line for line in lines if line.startswith(word)]


def left(lab: LiveRegion, url: str) -> int:
    asked = lab.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
    return sum(
        int(value)
        for name, value in asked["Attributes"].items()
        if name.startswith("ApproximateNumberOfMessages")
    )


def test_messages_wait_until_the_mapping_is_enabled(lab: LiveRegion) -> None:
    function = lab.deploy(COUNTS)
    url, source = queue(lab)
    lab.lam.create_event_source_mapping(FunctionName=function, EventSourceArn=source)
    send(lab, url, "a")
    assert said(lab, function, "batch") == []
    lab.settle()
    assert said(lab, function, "batch") == ["batch 1"]
    assert left(lab, url) == 0


def test_a_mapping_that_is_off_leaves_messages_alone(lab: LiveRegion) -> None:
    function = lab.deploy(COUNTS)
    url, source = queue(lab)
    uuid = mapping(lab, function, source)
    send(lab, url, "a")
    change(lab, uuid, Enabled=False)
    send(lab, url, "b", "c")
    lab.region.clock.advance(minutes=5)
    assert said(lab, function, "batch") == ["batch 1"]
    assert left(lab, url) == 2
    change(lab, uuid, Enabled=True)
    assert left(lab, url) == 0
    assert said(lab, function, "batch") == ["batch 1", "batch 2"]


def test_the_next_batch_has_the_new_settings(lab: LiveRegion) -> None:
    function = lab.deploy(COUNTS)
    url, source = queue(lab)
    uuid = mapping(lab, function, source, Enabled=False)
    send(lab, url, "a", "b", "c")
    change(lab, uuid, Enabled=True, BatchSize=1)
    assert said(lab, function, "batch") == ["batch 1"] * 3
    keeps_b = {"Filters": [{"Pattern": json.dumps({"body": ["b"]})}]}
    change(lab, uuid, FilterCriteria=keeps_b)
    send(lab, url, "a", "b", "c")
    assert said(lab, function, "batch") == ["batch 1"] * 4
    assert left(lab, url) == 0


def test_another_function_takes_over(lab: LiveRegion) -> None:
    first, second = lab.deploy(COUNTS), lab.deploy(COUNTS)
    url, source = queue(lab)
    uuid = mapping(lab, first, source)
    send(lab, url, "a")
    change(lab, uuid, FunctionName=second)
    send(lab, url, "b")
    assert said(lab, first, "batch") == said(lab, second, "batch") == ["batch 1"]


@pytest.mark.parametrize("how", ["disable", "update", "delete"])
def test_a_batch_that_runs_ends_as_it_would(lab: LiveRegion, how: str) -> None:
    function = lab.deploy(WAITS, Timeout=30)
    url, source = queue(lab)
    uuid = mapping(lab, function, source, BatchSize=1)
    goes_on = lab.meeting_place()
    lab.client("sqs").send_message(QueueUrl=url, MessageBody=str(goes_on))
    until(lambda: any(one["state"] == "busy" for one in lab.environments(function)))
    if how == "disable":
        lab.lam.update_event_source_mapping(UUID=uuid, Enabled=False)
    elif how == "update":
        lab.lam.update_event_source_mapping(UUID=uuid, BatchSize=2)
    else:
        lab.lam.delete_event_source_mapping(UUID=uuid)
    passing = {"disable": "Disabling", "update": "Updating", "delete": "Deleting"}[how]
    # Real time passes: the batch runs, so the mapping stays as it is.
    assert state(lab, uuid) == passing
    goes_on.touch()
    lab.region.settle()
    assert left(lab, url) == 0
    lab.region.clock.advance(5)
    if how == "delete":
        with pytest.raises(lab.lam.exceptions.ResourceNotFoundException):
            state(lab, uuid)
    else:
        assert state(lab, uuid) == {"disable": "Disabled", "update": "Enabled"}[how]


def test_a_stream_goes_on_where_it_was(lab: LiveRegion) -> None:
    function = lab.deploy(READS)
    name, source = stream(lab)
    put(lab, name, "0")
    uuid = mapping(lab, function, source, StartingPosition="TRIM_HORIZON", BatchSize=1)
    put(lab, name, "1")
    change(lab, uuid, Enabled=False)
    put(lab, name, "2", "3")
    lab.region.clock.advance(minutes=1)
    assert said(lab, function, "read") == ["read 0", "read 1"]
    change(lab, uuid, Enabled=True)
    change(lab, uuid, BatchSize=10)
    put(lab, name, "4")
    lab.region.clock.advance(5)
    assert said(lab, function, "read") == [f"read {number}" for number in range(5)]


def test_latest_begins_when_the_mapping_is_enabled(lab: LiveRegion) -> None:
    function = lab.deploy(READS)
    name, source = stream(lab)
    put(lab, name, "before")
    lab.lam.create_event_source_mapping(
        FunctionName=function, EventSourceArn=source, StartingPosition="LATEST"
    )
    put(lab, name, "meanwhile")  # "records may be missed": the guide advises TRIM_HORIZON
    lab.settle()
    put(lab, name, "after")
    lab.region.clock.advance(5)
    assert said(lab, function, "read") == ["read after"]


def test_two_mappings_of_a_stream_read_it_each(lab: LiveRegion) -> None:
    first, second = lab.deploy(READS), lab.deploy(READS)
    name, source = stream(lab)
    for function in (first, second):
        mapping(lab, function, source, StartingPosition="TRIM_HORIZON")
    put(lab, name, "a")
    lab.region.clock.advance(5)
    assert said(lab, first, "read") == said(lab, second, "read") == ["read a"]


def test_a_function_made_anew_goes_on(lab: LiveRegion) -> None:
    function = lab.deploy(COUNTS)
    url, source = queue(lab)
    mapping(lab, function, source)
    lab.lam.delete_function(FunctionName=function)
    send(lab, url, "a")
    assert left(lab, url) == 1
    lab.deploy(COUNTS, name=function)
    lab.region.clock.advance(minutes=1)
    assert left(lab, url) == 0


@pytest.mark.fidelity("iterator-age")
def test_event_counts_are_metrics_of_the_mapping(lab: LiveRegion) -> None:
    function = lab.deploy(COUNTS)
    url, source = queue(lab)
    uuid = mapping(lab, function, source, MetricsConfig={"Metrics": ["EventCount"]}, BatchSize=1)
    send(lab, url, "a", "b")
    found = lab.client("cloudwatch").list_metrics(
        Namespace="AWS/Lambda",
        Dimensions=[{"Name": "EventSourceMappingUUID", "Value": uuid}],
    )["Metrics"]
    names = {metric["MetricName"] for metric in found}
    assert {"PolledEventCount", "InvokedEventCount", "DeletedEventCount"} <= names


def test_reset_forgets_every_mapping(lab: LiveRegion) -> None:
    function = lab.deploy(COUNTS)
    url, source = queue(lab)
    uuid = mapping(lab, function, source)
    send(lab, url, "a")
    lab.region.reset()
    assert lab.lam.list_event_source_mappings()["EventSourceMappings"] == []
    with pytest.raises(lab.lam.exceptions.ResourceNotFoundException):
        state(lab, uuid)
    lab.region.clock.advance(minutes=1)
