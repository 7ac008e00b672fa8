"""A function that calls itself is stopped after about sixteen rounds; nothing else is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lambda_lab import facts
from live_region import LiveRegion

LIMIT = facts.value("concurrency.recursion.limit")
LOOP = """
import json
import boto3

def handler(event, context):
    print("round", event["round"])
    boto3.client("lambda").invoke(
        FunctionName=context.function_name,
        InvocationType=event["type"],
        Payload=json.dumps({**event, "round": event["round"] + 1}),
    )
"""


def rounds(lab: LiveRegion, name: str) -> int:
    return sum(line.startswith("round") for line in lab.logs(name))


def drops(lab: LiveRegion, name: str) -> float:
    now = lab.region.clock.now()
    found: Any = lab.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName="RecursiveInvocationsDropped",
        Dimensions=[{"Name": "FunctionName", "Value": name}],
        StartTime=now - timedelta(days=1),
        EndTime=now + timedelta(minutes=1),
        Period=86_400,
        Statistics=["Sum"],
    )
    return sum(point["Sum"] for point in found["Datapoints"])


@pytest.mark.fidelity("recursion")
def test_a_function_that_sends_itself_events_is_stopped(lab: LiveRegion) -> None:
    name = lab.deploy(LOOP)
    lab.lam.put_function_event_invoke_config(FunctionName=name, MaximumRetryAttempts=0)
    lab.call(name, {"round": 1, "type": "Event"}, InvocationType="Event")
    lab.region.clock.advance(minutes=10)
    assert rounds(lab, name) == LIMIT
    assert drops(lab, name) == 1


def test_a_function_that_waits_for_itself_is_stopped(lab: LiveRegion) -> None:
    # Sixteen cold starts, each within the one before it: on a busy machine more than ten seconds.
    name = lab.deploy(LOOP, Timeout=60)
    answer = lab.call(name, {"round": 1, "type": "RequestResponse"})
    assert answer.error is None  # only the last round had an error, and each call hides it
    assert rounds(lab, name) == LIMIT


def test_a_loop_goes_on_where_it_is_allowed(lab: LiveRegion) -> None:
    source = LOOP.replace("    boto3", f"    if event['round'] < {LIMIT + 9}:\n     boto3")
    name = lab.deploy(source)
    said = lab.lam.put_function_recursion_config(FunctionName=name, RecursiveLoop="Allow")
    assert said["RecursiveLoop"] == "Allow"
    assert lab.lam.get_function_recursion_config(FunctionName=name)["RecursiveLoop"] == "Allow"
    lab.call(name, {"round": 1, "type": "Event"}, InvocationType="Event")
    lab.region.clock.advance(minutes=10)
    assert rounds(lab, name) == LIMIT + 9


def test_calls_of_a_client_are_no_loop(lab: LiveRegion) -> None:
    name = lab.deploy("def handler(event, context):\n    return 1\n")
    for _ in range(LIMIT + 2):
        assert lab.call(name).value == 1


def test_what_is_refused(lab: LiveRegion) -> None:
    name = lab.deploy("def handler(event, context):\n    return 1\n")
    assert lab.lam.get_function_recursion_config(FunctionName=name)["RecursiveLoop"] == "Terminate"
    for function, setting, code in (
        (name, "Never", "ValidationException"),
        ("nobody", "Allow", "ResourceNotFoundException"),
        (f"{name}:1", "Allow", "ValidationException"),
    ):
        with pytest.raises(ClientError) as caught:
            lab.lam.put_function_recursion_config(FunctionName=function, RecursiveLoop=setting)
        assert caught.value.response["Error"]["Code"] == code
