"""What tests of events do again and again: queues, roles, metrics, the record of a request."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from live_region import LiveRegion

_numbers = itertools.count(1)
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}
"""Lambda may assume a role with this policy, and nobody else."""


def unused(stem: str) -> str:
    """Return a name that no other test has."""
    return f"{stem}-{next(_numbers)}"


def queue(lab: LiveRegion, **attributes: str) -> tuple[str, str]:
    """Create a queue; returns its URL and its ARN."""
    sqs = lab.client("sqs")
    name = unused("queue") + (".fifo" if attributes.get("FifoQueue") else "")
    url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    return url, queue_arn(lab, url)


def queue_arn(lab: LiveRegion, url: str) -> str:
    asked = lab.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return str(asked["Attributes"]["QueueArn"])


def messages(lab: LiveRegion, url: str) -> list[dict[str, Any]]:
    """Take every visible message from a queue, with its attributes."""
    sqs = lab.client("sqs")
    taken: list[dict[str, Any]] = []
    while True:
        got = sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=10,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["All"],
        ).get("Messages", [])
        for message in got:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        taken += got
        if not got:
            return taken


def bodies(lab: LiveRegion, url: str) -> list[Any]:
    """Take every visible message from a queue and read its JSON."""
    return [json.loads(message["Body"]) for message in messages(lab, url)]


def role(lab: LiveRegion, *statements: Mapping[str, Any]) -> str:
    """Create a role that Lambda may assume, with one inline policy of *statements*."""
    iam = lab.client("iam")
    name = unused("role")
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
    if statements:
        allow(lab, made["Role"]["Arn"], *statements)
    return str(made["Role"]["Arn"])


def allow(lab: LiveRegion, role_arn: str, *statements: Mapping[str, Any]) -> None:
    """Give a role an inline policy of *statements*, in place of the one it had."""
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    lab.client("iam").put_role_policy(
        RoleName=role_arn.rpartition("/")[2], PolicyName="p", PolicyDocument=json.dumps(document)
    )


def allowed(actions: str | Sequence[str], resource: str | Sequence[str] = "*") -> dict[str, Any]:
    """Return a statement that allows *actions*."""
    return {"Effect": "Allow", "Action": actions, "Resource": resource}


def metric(
    lab: LiveRegion, name: str, function: str, resource: str | None = None, stat: str = "Sum"
) -> float | None:
    """Return one number for a metric of a function over all time; ``None`` if it has no point."""
    dimensions = [{"Name": "FunctionName", "Value": function}]
    if resource is not None:
        dimensions.append({"Name": "Resource", "Value": resource})
    now = lab.region.clock.now()
    points = lab.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName=name,
        Dimensions=dimensions,
        StartTime=now - timedelta(days=10),
        EndTime=now + timedelta(days=1),
        Period=86_400 * 30,
        Statistics=[stat],
    )["Datapoints"]
    if not points:
        return None
    values = [point[stat] for point in points]
    return float(sum(values)) if stat == "Sum" else float(max(values))


def story(lab: LiveRegion, request: str) -> list[str]:
    """Return what happened to one request, oldest first, as the timeline's words."""
    return [str(event.kind) for event in lab.region.timeline.of() if event.request == request]
