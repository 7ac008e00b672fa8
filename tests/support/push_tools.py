"""What tests of pushing sources share: a function that keeps what it was sent, and permissions."""

from __future__ import annotations

import json
from typing import Any

from event_tools import unused
from lambda_lab.timeline import Kind
from live_region import LiveRegion

ACCOUNT = "123456789012"
CREATED = ("s3:ObjectCreated:*",)
KEEPS = """
import json
def handler(event, context):
    print("GOT", json.dumps(event))
    print("AS", context.invoked_function_arn)
"""


def arn_of(name: str, qualifier: str | None = None) -> str:
    arn = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{name}"
    return f"{arn}:{qualifier}" if qualifier else arn


def let_in(lab: LiveRegion, name: str, service: str, **more: Any) -> None:
    """Let a service call a function."""
    lab.lam.add_permission(
        FunctionName=name,
        StatementId=f"s{len(policy(lab, name, more.get('Qualifier')))}",
        Action="lambda:InvokeFunction",
        Principal=f"{service}.amazonaws.com",
        **more,
    )


def policy(lab: LiveRegion, name: str, qualifier: str | None = None) -> list[Any]:
    which = {"Qualifier": qualifier} if qualifier else {}
    try:
        text = lab.lam.get_policy(FunctionName=name, **which)["Policy"]
    except lab.lam.exceptions.ResourceNotFoundException:
        return []
    statements: list[Any] = json.loads(text)["Statement"]
    return statements


def keeper(lab: LiveRegion, *services: str, **settings: Any) -> str:
    """Deploy a function that keeps its events and lets *services* in; returns its name."""
    name = lab.deploy(KEEPS, **settings)
    for service in services:
        let_in(lab, name, service)
    return name


def got(lab: LiveRegion, name: str) -> list[Any]:
    """Return the events that a keeper was sent, once nothing runs any more."""
    lab.region.settle()
    lines = [line for line in logs(lab, name) if line.startswith("GOT ")]
    return [json.loads(line.removeprefix("GOT ")) for line in lines]


def logs(lab: LiveRegion, name: str) -> list[str]:
    try:
        return lab.logs(name)
    except lab.client("logs").exceptions.ResourceNotFoundException:
        return []


def sources(lab: LiveRegion, name: str) -> list[str]:
    """Return where the events of a function came from, as the timeline has it."""
    return [event.detail.get("source", "") for event in lab.region.timeline.of(name, [Kind.QUEUED])]


# -- buckets -------------------------------------------------------------------------------------


def bucket(lab: LiveRegion, *, versioned: bool = False) -> str:
    name = unused("bucket")
    lab.client("s3").create_bucket(Bucket=name)
    if versioned:
        lab.client("s3").put_bucket_versioning(
            Bucket=name, VersioningConfiguration={"Status": "Enabled"}
        )
    return name


def rule(name: str, *events: str, prefix: str = "", suffix: str = "") -> dict[str, Any]:
    filters = [{"Name": key, "Value": value} for key, value in
               (("prefix", prefix), ("suffix", suffix)) if value]  # fmt: skip
    made: dict[str, Any] = {"LambdaFunctionArn": arn_of(name), "Events": list(events or CREATED)}
    if filters:
        made["Filter"] = {"Key": {"FilterRules": filters}}
    return made


def notify(lab: LiveRegion, bucket_name: str, *rules: dict[str, Any], **others: Any) -> None:
    lab.client("s3").put_bucket_notification_configuration(
        Bucket=bucket_name,
        NotificationConfiguration={"LambdaFunctionConfigurations": list(rules), **others},
    )


def put(lab: LiveRegion, bucket_name: str, key: str = "k", body: bytes = b"x") -> None:
    lab.client("s3").put_object(Bucket=bucket_name, Key=key, Body=body)


def records(lab: LiveRegion, name: str) -> list[dict[str, Any]]:
    return [record for event in got(lab, name) for record in event["Records"]]


def names(lab: LiveRegion, name: str) -> list[str]:
    return [record["eventName"] for record in records(lab, name)]


def keys(lab: LiveRegion, name: str) -> list[str]:
    return [record["s3"]["object"]["key"] for record in records(lab, name)]
