"""What tests of EventBridge do again and again: functions that keep their events, rules, roles."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from event_tools import unused
from live_region import LiveRegion

ACCOUNT = "123456789012"
KEEP = """
import json
def handler(event, context):
    print("GOT " + json.dumps(event))
"""


def keeper(lab: LiveRegion, *, principal: str | None = "events.amazonaws.com") -> tuple[str, str]:
    """Deploy a function that prints its events; returns its name and its ARN.

    *principal* may call it from anywhere; nobody may where it is ``None``.
    """
    name = lab.deploy(KEEP)
    if principal is not None:
        permit(lab, name, principal=principal)
    return name, function_arn(lab, name)


def function_arn(lab: LiveRegion, name: str) -> str:
    return f"arn:aws:lambda:{lab.region.name}:{ACCOUNT}:function:{name}"


def permit(
    lab: LiveRegion, name: str, source: str | None = None, principal: str = "events.amazonaws.com"
) -> None:
    more = {"SourceArn": source} if source else {}
    lab.lam.add_permission(
        FunctionName=name,
        StatementId=unused("s"),
        Action="lambda:InvokeFunction",
        Principal=principal,
        **more,
    )


def got(lab: LiveRegion, name: str) -> list[Any]:
    """Return the events that a keeper got so far, oldest first."""
    lab.region.settle()
    logs = lab.client("logs")
    try:
        lines = lab.logs(name)
    except logs.exceptions.ResourceNotFoundException:
        return []
    return [json.loads(line[4:]) for line in lines if line.startswith("GOT ")]


def rule(
    lab: LiveRegion,
    *targets: Mapping[str, Any] | str,
    bus: str | None = None,
    name: str | None = None,
    **settings: Any,
) -> str:
    """Put a rule with *targets* (ARNs, or targets without ``Id``); returns its name."""
    events = lab.client("events")
    name = name or unused("rule")
    on = {"EventBusName": bus} if bus else {}
    if isinstance(settings.get("EventPattern"), dict):
        settings["EventPattern"] = json.dumps(settings["EventPattern"])
    events.put_rule(Name=name, **on, **settings)
    if targets:
        listed = [{"Arn": one} if isinstance(one, str) else dict(one) for one in targets]
        events.put_targets(
            Rule=name, Targets=[{"Id": f"t{i}", **one} for i, one in enumerate(listed)], **on
        )
    return name


def rule_arn(lab: LiveRegion, name: str, bus: str | None = None) -> str:
    on = {"EventBusName": bus} if bus else {}
    return str(lab.client("events").describe_rule(Name=name, **on)["Arn"])


def put(lab: LiveRegion, detail: Any, **entry: Any) -> str:
    """Put one event on a bus and wait until nothing runs; returns its id."""
    answer = lab.client("events").put_events(
        Entries=[{"Source": "shop", "DetailType": "Order", "Detail": json.dumps(detail), **entry}]
    )
    assert answer["FailedEntryCount"] == 0, answer
    lab.region.settle()
    return str(answer["Entries"][0]["EventId"])


def drop_rules(lab: LiveRegion) -> None:
    """Delete every rule of the default bus, so that no schedule of one test meets the next."""
    events = lab.client("events")
    for found in events.list_rules()["Rules"]:
        ids = [one["Id"] for one in events.list_targets_by_rule(Rule=found["Name"])["Targets"]]
        if ids:
            events.remove_targets(Rule=found["Name"], Ids=ids)
        events.delete_rule(Name=found["Name"])


def scheduler_role(lab: LiveRegion, *statements: Mapping[str, Any]) -> str:
    """Create a role that EventBridge Scheduler may assume; returns its ARN."""
    iam = lab.client("iam")
    name = unused("scheduler-role")
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "scheduler.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
    if statements:
        document = {"Version": "2012-10-17", "Statement": list(statements)}
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=json.dumps(document))
    return str(made["Role"]["Arn"])
