"""Asynchronous invocation as a client sees it: the answer, the tries, their times and the end."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import pytest
from botocore.exceptions import ClientError

from event_tools import bodies, metric, queue, story
from lambda_lab.deploy import role_arn
from lambda_lab.timeline import Kind
from live_region import LiveRegion

ECHO = "def handler(event, context):\n    print('ran', event)\n    return event\n"
FAILS = (
    "def handler(event, context):\n"
    "    print('try of', context.aws_request_id)\n"
    "    raise ValueError(event.get('say', 'no'))\n"
)
FAILS_UNTIL = """
import os, pathlib
def handler(event, context):
    count = pathlib.Path(f"/tmp/{context.aws_request_id}")
    tries = int(count.read_text()) + 1 if count.exists() else 1
    count.write_text(str(tries))
    if tries < event["good_on"]:
        raise RuntimeError(f"try {tries}")
    return tries
"""


def send(lab: LiveRegion, name: str, event: Any = None, **more: Any) -> str:
    """Invoke a function with an event; returns the request id."""
    payload = json.dumps({} if event is None else event).encode()
    got = lab.lam.invoke(FunctionName=name, InvocationType="Event", Payload=payload, **more)
    assert got["StatusCode"] == 202
    assert got["Payload"].read() == b""
    assert "ExecutedVersion" not in got
    return str(got["ResponseMetadata"]["RequestId"])


def configure(lab: LiveRegion, name: str, **settings: Any) -> None:
    lab.lam.put_function_event_invoke_config(FunctionName=name, **settings)


def seconds_of(lab: LiveRegion, request: str, kind: Kind) -> list[Fraction]:
    """Return when *kind* happened to a request, in seconds since it was queued."""
    events = [event for event in lab.region.timeline.of() if event.request == request]
    (queued,) = [event.time_ns for event in events if event.kind is Kind.QUEUED]
    return [Fraction(event.time_ns - queued, 10**9) for event in events if event.kind is kind]


def retries(lab: LiveRegion, request: str) -> list[dict[str, Any]]:
    events = lab.region.timeline.of(kinds=[Kind.RETRY])
    return [event.detail for event in events if event.request == request]


def test_the_function_runs_after_the_answer(lab: LiveRegion) -> None:
    name = lab.deploy(ECHO)
    request = send(lab, name, {"n": 1})
    lab.region.settle()
    assert "ran {'n': 1}" in lab.logs(name)
    assert any(f"END RequestId: {request}" in line for line in lab.logs(name))
    assert story(lab, request)[:2] == ["queued", "received"]
    (queued,) = lab.region.timeline.of(name, [Kind.QUEUED])
    assert queued.detail == {"source": "Invoke"}
    (received,) = lab.region.timeline.of(name, [Kind.RECEIVED])
    assert received.detail["invocation_type"] == "Event"


def test_nothing_at_all_is_an_empty_event(lab: LiveRegion) -> None:
    name = lab.deploy(ECHO)
    lab.lam.invoke(FunctionName=name, InvocationType="Event")
    lab.region.settle()
    assert "ran {}" in lab.logs(name)


@pytest.mark.fidelity("async-retries")
def test_three_tries_one_request_id(lab: LiveRegion) -> None:
    name = lab.deploy(FAILS)
    request = send(lab, name)
    lab.region.clock.advance(minutes=3, seconds=5)
    assert lab.logs(name).count(f"try of {request}") == 3
    first, second, third = seconds_of(lab, request, Kind.RECEIVED)
    # A wait begins when a try has failed: the first, with its cold start, takes real time.
    assert 60 <= second - first < 90
    assert 120 <= third - second < 150
    assert retries(lab, request) == [
        {"attempt": 2, "after_seconds": 60, "reason": "FunctionError"},
        {"attempt": 3, "after_seconds": 120, "reason": "FunctionError"},
    ]
    (dropped,) = lab.region.timeline.of(name, [Kind.DROPPED])
    assert dropped.detail == {"reason": "RetriesExhausted"}
    lab.region.clock.advance(hours=7)
    assert len(seconds_of(lab, request, Kind.RECEIVED)) == 3


@pytest.mark.fidelity("async-retries")
def test_no_try_before_its_time(lab: LiveRegion) -> None:
    name = lab.deploy(FAILS)
    request = send(lab, name)
    lab.region.settle()
    lab.region.clock.advance(50)
    assert len(seconds_of(lab, request, Kind.RECEIVED)) == 1
    lab.region.clock.advance(15)
    assert len(seconds_of(lab, request, Kind.RECEIVED)) == 2


@pytest.mark.parametrize("retries_allowed", [0, 1, 2])
def test_maximum_retry_attempts(lab: LiveRegion, retries_allowed: int) -> None:
    name = lab.deploy(FAILS)
    configure(lab, name, MaximumRetryAttempts=retries_allowed)
    request = send(lab, name)
    lab.region.clock.advance(minutes=10)
    assert len(seconds_of(lab, request, Kind.RECEIVED)) == 1 + retries_allowed


def test_a_late_success_ends_the_tries(lab: LiveRegion) -> None:
    name = lab.deploy(FAILS_UNTIL)
    request = send(lab, name, {"good_on": 2})
    lab.region.clock.advance(minutes=10)
    assert len(seconds_of(lab, request, Kind.RECEIVED)) == 2
    assert "dropped" not in story(lab, request)
    assert metric(lab, "Errors", name) == 1
    assert metric(lab, "Invocations", name) == 2
    assert metric(lab, "AsyncEventsDropped", name) is None


@pytest.mark.fidelity("async-age")
def test_age_ends_retries_of_errors_too(lab: LiveRegion) -> None:
    name = lab.deploy(FAILS)
    url, arn = queue(lab)
    configure(
        lab,
        name,
        MaximumEventAgeInSeconds=100,
        DestinationConfig={"OnFailure": {"Destination": arn}},
    )
    request = send(lab, name)
    lab.region.clock.advance(90)
    assert bodies(lab, url) == []
    lab.region.clock.advance(15)
    (record,) = bodies(lab, url)
    # Two tries: the third, after two minutes more, would have come too late.
    assert record["requestContext"]["condition"] == "EventAgeExceeded"
    assert record["requestContext"]["approximateInvokeCount"] == 2
    assert record["responsePayload"]["errorMessage"] == "no"
    assert seconds_of(lab, request, Kind.DELIVERED)[0] == pytest.approx(100, abs=1)
    assert len(retries(lab, request)) == 1


def test_settings_are_read_anew_at_each_try(lab: LiveRegion) -> None:
    name = lab.deploy(FAILS)
    request = send(lab, name)
    lab.region.settle()
    configure(lab, name, MaximumRetryAttempts=1)
    lab.region.clock.advance(minutes=10)
    assert len(seconds_of(lab, request, Kind.RECEIVED)) == 2


def test_new_code_runs_at_the_next_try(lab: LiveRegion) -> None:
    name = lab.deploy(FAILS)
    request = send(lab, name, {"n": 2})
    lab.region.settle()
    lab.update(name, ECHO)
    lab.settle()
    lab.region.clock.advance(minutes=10)
    assert len(seconds_of(lab, request, Kind.RECEIVED)) == 2
    assert "ran {'n': 2}" in lab.logs(name)


def test_an_alias_that_moved_runs_its_new_version(lab: LiveRegion) -> None:
    name = lab.deploy(FAILS)
    lab.lam.publish_version(FunctionName=name)
    lab.lam.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    request = send(lab, name, {"n": 3}, Qualifier="live")
    lab.region.settle()
    lab.update(name, ECHO)
    lab.settle()
    lab.lam.publish_version(FunctionName=name)
    lab.lam.update_alias(FunctionName=name, Name="live", FunctionVersion="2")
    lab.region.clock.advance(minutes=10)
    assert len(seconds_of(lab, request, Kind.RECEIVED)) == 2
    assert "ran {'n': 3}" in lab.logs(name)
    assert metric(lab, "AsyncEventsReceived", name, f"{name}:live") == 1


def test_a_function_deleted_meanwhile_drops_its_events(lab: LiveRegion) -> None:
    name = lab.deploy(FAILS)
    request = send(lab, name)
    lab.region.settle()
    lab.lam.delete_function(FunctionName=name)
    lab.region.clock.advance(minutes=10)
    (dropped,) = lab.region.timeline.of(name, [Kind.DROPPED])
    assert dropped.request == request
    assert dropped.detail == {"reason": "ResourceNotFoundException"}
    assert metric(lab, "AsyncEventsDropped", name) == 1


def test_a_timeout_is_a_function_error(lab: LiveRegion) -> None:
    source = "import time\ndef handler(event, context):\n    time.sleep(9)\n"
    name = lab.deploy(source, Timeout=1)
    configure(lab, name, MaximumRetryAttempts=1)
    request = send(lab, name)
    lab.region.clock.advance(minutes=2)
    assert len(seconds_of(lab, request, Kind.RECEIVED)) == 2
    assert metric(lab, "Errors", name) == 2


def test_a_crash_is_a_function_error(lab: LiveRegion) -> None:
    name = lab.deploy("import os\ndef handler(event, context):\n    os._exit(3)\n")
    request = send(lab, name)
    lab.region.clock.advance(minutes=4)
    assert len(seconds_of(lab, request, Kind.RECEIVED)) == 3


def test_metrics_of_the_queue(lab: LiveRegion) -> None:
    name = lab.deploy(FAILS)
    send(lab, name)
    send(lab, name)
    lab.region.clock.advance(minutes=4)
    assert metric(lab, "AsyncEventsReceived", name) == 2
    assert metric(lab, "AsyncEventsDropped", name) == 2
    assert metric(lab, "Errors", name) == 6
    oldest = metric(lab, "AsyncEventAge", name, stat="Maximum")
    assert oldest is not None
    assert 180_000 <= oldest < 240_000


def test_many_events_keep_their_order_at_one_environment(lab: LiveRegion) -> None:
    name = lab.deploy(ECHO)
    lab.lam.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=50)
    sent = [send(lab, name, {"n": n}) for n in range(40)]
    lab.region.settle()
    ran = {e.request for e in lab.region.timeline.of(name, [Kind.RESPONDED])}
    assert ran == set(sent)
    assert lab.region.events.waiting == 0


def test_the_old_operation_goes_the_same_way(lab: LiveRegion) -> None:
    name = lab.deploy(FAILS)
    got = lab.lam.invoke_async(FunctionName=name, InvokeArgs=b"{}")
    assert got["Status"] == 202
    lab.region.clock.advance(minutes=4)
    request = got["ResponseMetadata"]["RequestId"]
    assert len(seconds_of(lab, request, Kind.RECEIVED)) == 3
    with pytest.raises(ClientError) as caught:
        lab.lam.invoke_async(FunctionName=name, InvokeArgs=b'"' + b"x" * 262_144 + b'"')
    assert caught.value.response["Error"]["Code"] == "RequestTooLargeException"


def test_a_megabyte_is_taken_and_no_more(lab: LiveRegion) -> None:
    name = lab.deploy("def handler(event, context):\n    print('size', len(event))\n")
    fits = b'"' + b"x" * (1_048_576 - 2) + b'"'
    lab.lam.invoke(FunctionName=name, InvocationType="Event", Payload=fits)
    lab.region.settle()
    assert "size 1048574" in lab.logs(name)
    with pytest.raises(ClientError) as caught:
        lab.lam.invoke(FunctionName=name, InvocationType="Event", Payload=fits + b" ")
    assert caught.value.response["Error"]["Code"] == "RequestTooLargeException"


def test_a_reset_leaves_nothing_to_come_back(lab: LiveRegion) -> None:
    name = lab.deploy(FAILS)
    request = send(lab, name)
    lab.region.settle()
    assert lab.region.events.waiting == 1
    lab.region.reset()
    lab.role = role_arn(lab.client("iam"))
    assert lab.region.events.waiting == 0
    lab.region.clock.advance(minutes=10)
    assert story(lab, request) == []
