"""Facts about queues against the documentation inside botocore's model of SQS."""

from __future__ import annotations

import re
from typing import Any

import botocore.session
import pytest

from lambda_lab import facts


def words(documentation: str) -> str:
    """Return the documentation of a member as one line of plain text."""
    return " ".join(re.sub("<[^>]+>", " ", documentation).split())


@pytest.fixture(scope="module")
def model() -> Any:
    return botocore.session.get_session().get_service_model("sqs")


@pytest.mark.parametrize(
    ("attribute", "default", "longest"),
    [
        ("VisibilityTimeout", "sqs.visibility.default", "sqs.visibility.maximum"),
        ("MessageRetentionPeriod", "sqs.retention.default", "sqs.retention.maximum"),
    ],
)
def test_times_of_a_queue(model: Any, attribute: str, default: str, longest: str) -> None:
    shape = model.operation_model("CreateQueue").input_shape.members["Attributes"]
    said = words(shape.documentation).partition(f"{attribute} – ")[2]
    bounds = re.search(r"from \d+ .*?to ([\d,]+) .*?Default: ([\d,]+)", said)
    assert bounds is not None
    largest, usual = (int(number.replace(",", "")) for number in bounds.groups())
    assert facts.value(longest) == largest
    assert facts.value(default) == usual


def test_the_largest_message(model: Any) -> None:
    shape = model.operation_model("CreateQueue").input_shape.members["Attributes"]
    said = words(shape.documentation).partition("MaximumMessageSize – ")[2]
    assert f"Default: {facts.value('sqs.message.maximum'):,} bytes" in said


def test_one_receive(model: Any) -> None:
    members = model.operation_model("ReceiveMessage").input_shape.members
    most = words(members["MaxNumberOfMessages"].documentation)
    assert f"Valid values: 1 to {facts.value('sqs.receive.maximum')}." in most
    shape = model.operation_model("CreateQueue").input_shape.members["Attributes"]
    wait = words(shape.documentation).partition("ReceiveMessageWaitTimeSeconds – ")[2]
    assert f"from 0 to {facts.value('sqs.long-poll.maximum')} (seconds)" in wait


def test_windows_of_mappings() -> None:
    members = (
        botocore.session.get_session()
        .get_service_model("lambda")
        .operation_model("CreateEventSourceMapping")
        .input_shape.members
    )
    said = words(members["MaximumBatchingWindowInSeconds"].documentation)
    usual, others = facts.value("esm.window.default"), facts.value("esm.window.others.default")
    assert f"event sources, the default batching window is {usual} seconds" in said
    assert f"event sources, the default batching window is {others} ms" in said
