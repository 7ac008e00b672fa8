"""Figures of real runs: they tell what happened, and the same in every build."""

from __future__ import annotations

import json
from collections.abc import Callable

import boto3
import pytest

from lambda_lab import Lab, show

FAILS_WHEN_TOLD = """
def handler(event, context):
    for record in event.get("Records", [event]):
        if "bad" in record.get("body", "") or record.get("bad"):
            raise ValueError("bad")
"""
Draw = Callable[[Lab], show.Figure]


def queue(name: str, **attributes: str) -> tuple[str, str]:
    """Create a queue; return its URL and its ARN."""
    sqs = boto3.client("sqs")
    url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    told = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return url, told["Attributes"]["QueueArn"]


def events(lab: Lab) -> show.Figure:
    """Two events at once; one fails three times and becomes a dead letter."""
    _, dead = queue("dead")
    lab.function("work", FAILS_WHEN_TOLD, DeadLetterConfig={"TargetArn": dead})
    for bad in (False, True):
        boto3.client("lambda").invoke(
            FunctionName="work", InvocationType="Event", Payload=json.dumps({"bad": bad}).encode()
        )
    lab.clock.advance(minutes=4)
    return lab.events_figure("work")


def groups(lab: Lab) -> show.Figure:
    """Three message groups, of which one fails until its queue gives up."""
    _, dead = queue("dead.fifo", FifoQueue="true")
    policy = json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": "2"})
    url, source = queue(
        "jobs.fifo", FifoQueue="true", ContentBasedDeduplication="true", RedrivePolicy=policy
    )
    lab.function("work", FAILS_WHEN_TOLD)
    names = {}
    for group in "abc":
        for number in range(2):
            text = f"{group}{number}" + (" bad" if (group, number) == ("b", 0) else "")
            sent = boto3.client("sqs").send_message(
                QueueUrl=url, MessageBody=text, MessageGroupId=group
            )
            names[sent["MessageId"]] = text
    boto3.client("lambda").create_event_source_mapping(
        FunctionName="work", EventSourceArn=source, BatchSize=1
    )
    lab.clock.advance(minutes=2)
    return lab.batches("work", names=names)


def drawn(draw: Draw) -> show.Figure:
    with Lab("figures", isolate=False) as lab:
        return draw(lab)


def test_the_life_of_an_event() -> None:
    told = drawn(events).words
    assert told[0].startswith("2 asynchronous events, 4 tries")
    assert "Event 1: try 1 succeeded; it is done." in told
    assert told[2].startswith(
        "Event 2: try 1 ended in an error (ValueError); it waited 1 min in Lambda's queue; "
        "try 2 ended in an error (ValueError); it waited 2 min in Lambda's queue; "
    )
    assert told[2].endswith("the event went to its dead-letter queue dead (RetriesExhausted).")


def test_the_batches_of_a_queue() -> None:
    told = drawn(groups).words
    assert told[0].startswith("6 messages of the queue jobs.fifo in 7 batches")
    failures = [sentence for sentence in told if "message b0 bad" in sentence]
    assert len(failures) == 2
    assert all("the function failed (ValueError)" in sentence for sentence in failures)
    assert told.index(failures[1]) < next(i for i, s in enumerate(told) if "message b1" in s)


@pytest.mark.parametrize("draw", [events, groups])
def test_two_builds_draw_the_same(draw: Draw, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAMBDA_LAB_STEADY", "1")
    first, second = drawn(draw), drawn(draw)
    assert first.words == second.words
    assert first.svg == second.svg
