"""Asynchronous events that Lambda cannot run now: throttles, functions not ready, the lab's own."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from event_tools import bodies, messages, metric, queue
from lambda_lab.timeline import Kind
from live_region import LiveRegion, until

ECHO = "def handler(event, context):\n    print('ran', event)\n    return event\n"
SLOW = """
import pathlib, time
def handler(event, context):
    gate = pathlib.Path(event["gate"])
    while not gate.exists():
        time.sleep(0.01)
    return "through"
"""


def send(lab: LiveRegion, name: str, event: Any = None) -> str:
    payload = json.dumps({} if event is None else event).encode()
    got = lab.lam.invoke(FunctionName=name, InvocationType="Event", Payload=payload)
    return str(got["ResponseMetadata"]["RequestId"])


def waits(lab: LiveRegion, name: str) -> list[float]:
    return [e.detail["after_seconds"] for e in lab.region.timeline.of(name, [Kind.RETRY])]


@pytest.fixture
def full(lab: LiveRegion, monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Leave the account no concurrency until the event is set."""
    room = threading.Event()
    limit = lab.region.plane.admission.account_limit
    admission = lab.region.plane.admission
    monkeypatch.setattr(type(admission), "take", _refusing(type(admission).take, room))
    assert limit
    return room


def _refusing(take: Any, room: threading.Event) -> Any:
    from lambda_lab.invoke.admission import throttled

    def refused_take(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not room.is_set():
            raise throttled("ConcurrentInvocationLimitExceeded")
        return take(self, *args, **kwargs)

    return refused_take


@pytest.mark.fidelity("async-throttles")
def test_throttles_wait_longer_and_longer(lab: LiveRegion, full: threading.Event) -> None:
    name = lab.deploy(ECHO)
    lab.lam.put_function_event_invoke_config(FunctionName=name, MaximumRetryAttempts=0)
    send(lab, name)
    lab.region.clock.advance(minutes=20)
    assert waits(lab, name)[:10] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300]
    assert {e.detail["reason"] for e in lab.region.timeline.of(name, [Kind.RETRY])} == {"Throttled"}
    full.set()
    lab.region.clock.advance(minutes=10)
    # Throttles were no retries: the function still ran, though it may be tried only once.
    assert lab.logs(name).count("ran {}") == 1
    assert metric(lab, "Throttles", name) == len(waits(lab, name))
    assert metric(lab, "Errors", name) == 0


@pytest.mark.fidelity("async-throttles")
def test_throttled_until_too_old(lab: LiveRegion, full: threading.Event) -> None:
    name = lab.deploy(ECHO)
    url, arn = queue(lab)
    letters, letter_arn = queue(lab)
    lab.lam.update_function_configuration(
        FunctionName=name, DeadLetterConfig={"TargetArn": letter_arn}
    )
    lab.lam.put_function_event_invoke_config(
        FunctionName=name,
        MaximumEventAgeInSeconds=60,
        DestinationConfig={"OnFailure": {"Destination": arn}},
    )
    lab.settle()
    request = send(lab, name, {"n": 1})
    lab.region.clock.advance(59)
    assert messages(lab, url) == []
    lab.region.clock.advance(2)
    (record,) = bodies(lab, url)
    assert record["requestContext"] == {
        "requestId": request,
        "functionArn": f"arn:aws:lambda:us-east-1:123456789012:function:{name}:$LATEST",
        "condition": "EventAgeExceeded",
        "approximateInvokeCount": 0,
    }
    assert record["requestPayload"] == {"n": 1}
    assert "responsePayload" not in record
    (letter,) = messages(lab, letters)
    assert json.loads(letter["Body"]) == {"n": 1}
    assert letter["MessageAttributes"]["ErrorCode"] == {"StringValue": "429", "DataType": "Number"}
    assert letter["MessageAttributes"]["ErrorMessage"]["StringValue"] == "Rate Exceeded."
    assert metric(lab, "AsyncEventsDropped", name) == 1


@pytest.mark.fidelity("async-reserved-zero")
def test_reserved_concurrency_zero_ends_at_once(lab: LiveRegion) -> None:
    name = lab.deploy(ECHO)
    url, arn = queue(lab)
    lab.lam.put_function_event_invoke_config(
        FunctionName=name, DestinationConfig={"OnFailure": {"Destination": arn}}
    )
    lab.lam.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    send(lab, name)
    lab.region.settle()
    (record,) = bodies(lab, url)
    assert record["requestContext"]["condition"] == "ZeroReservedConcurrency"
    assert record["requestContext"]["approximateInvokeCount"] == 0
    assert waits(lab, name) == []
    assert metric(lab, "AsyncEventsDropped", name) == 1


def test_reserved_concurrency_one_throttles_the_rest_for_a_while(lab: LiveRegion) -> None:
    gate = lab.meeting_place()
    name = lab.deploy(SLOW, Timeout=60)
    lab.lam.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)
    for _ in range(3):
        send(lab, name, {"gate": str(gate)})
    until(lambda: len(waits(lab, name)) >= 2)
    gate.touch()
    lab.region.clock.advance(minutes=5)
    assert metric(lab, "Invocations", name) == 3
    assert metric(lab, "AsyncEventsDropped", name) is None
    assert lab.region.events.waiting == 0


def test_a_function_that_is_pending_gets_its_event_later(lab: LiveRegion) -> None:
    name = lab.create(ECHO)
    arn = lab.lam.get_function(FunctionName=name)["Configuration"]["FunctionArn"]
    lab.region.events.accept(arn, b'{"n": 1}', source="test")
    lab.region.clock.advance(5)
    assert lab.logs(name).count("ran {'n': 1}") == 1


def test_a_failure_of_the_lab_is_tried_again(
    lab: LiveRegion, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = lab.deploy(ECHO)
    plane = lab.region.plane
    real, failures = plane.invoke, [OSError("no more processes"), OSError("still none")]

    def invoke(request: Any) -> Any:
        if failures:
            raise failures.pop(0)
        return real(request)

    monkeypatch.setattr(plane, "invoke", invoke)
    send(lab, name)
    lab.region.clock.advance(10)
    reasons = [e.detail["reason"] for e in lab.region.timeline.of(name, [Kind.RETRY])]
    assert reasons == ["SystemError", "SystemError"]
    assert waits(lab, name) == [1, 2]
    assert lab.logs(name).count("ran {}") == 1
