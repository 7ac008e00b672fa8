"""Event source mappings that CloudFormation makes, changes and deletes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from event_tools import queue, unused
from live_region import LiveRegion

SOURCE = "def handler(event, context):\n    print('batch', len(event['Records']))\n"


def template(lab: LiveRegion, source: str, **settings: Any) -> str:
    resources = {
        "Worker": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Runtime": "python3.14",
                "Handler": "index.handler",
                "Role": lab.role,
                "Code": {"ZipFile": SOURCE},
            },
        },
        "Mapping": {
            "Type": "AWS::Lambda::EventSourceMapping",
            "Properties": {
                "FunctionName": {"Ref": "Worker"},
                "EventSourceArn": source,
                **settings,
            },
        },
    }
    outputs = {
        "Id": {"Value": {"Ref": "Mapping"}},
        "Arn": {"Value": {"Fn::GetAtt": ["Mapping", "EventSourceMappingArn"]}},
    }
    return json.dumps({"Resources": resources, "Outputs": outputs})


def outputs(lab: LiveRegion, stack: str) -> dict[str, str]:
    (found,) = lab.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    return {one["OutputKey"]: one["OutputValue"] for one in found["Outputs"]}


@pytest.mark.fidelity("stacks")
def test_a_stack_with_a_mapping(lab: LiveRegion) -> None:
    stacks, stack = lab.client("cloudformation"), unused("stack")
    url, source = queue(lab)
    # Templates quote numbers as they like.
    body = template(
        lab, source, BatchSize="5", Enabled="true", Tags=[{"Key": "made", "Value": "by stack"}]
    )
    stacks.create_stack(StackName=stack, TemplateBody=body)
    made = outputs(lab, stack)
    got = lab.lam.get_event_source_mapping(UUID=made["Id"])
    assert (got["State"], got["BatchSize"]) == ("Enabled", 5)
    assert got["EventSourceMappingArn"] == made["Arn"]
    assert lab.lam.list_tags(Resource=made["Arn"])["Tags"] == {"made": "by stack"}

    lab.client("sqs").send_message(QueueUrl=url, MessageBody="a")
    lab.region.clock.advance(1)
    function = got["FunctionArn"].rpartition(":")[2]
    assert "batch 1" in lab.logs(function)

    stacks.update_stack(StackName=stack, TemplateBody=template(lab, source, BatchSize=6))
    lab.settle()
    assert outputs(lab, stack)["Id"] == made["Id"]
    changed = lab.lam.get_event_source_mapping(UUID=made["Id"])
    assert (changed["State"], changed["BatchSize"]) == ("Enabled", 6)

    _, other = queue(lab)
    stacks.update_stack(StackName=stack, TemplateBody=template(lab, other))
    lab.settle()
    (only,) = lab.lam.list_event_source_mappings()["EventSourceMappings"]
    assert only["EventSourceArn"] == other
    assert only["UUID"] != made["Id"]

    stacks.delete_stack(StackName=stack)
    lab.settle()
    assert lab.lam.list_event_source_mappings()["EventSourceMappings"] == []


@pytest.mark.parametrize(
    "settings", [{"BatchSize": 11}, {"BatchSize": 0}, {"StartingPosition": "LATEST"}]
)
def test_what_the_api_refuses_a_stack_refuses(lab: LiveRegion, settings: dict[str, Any]) -> None:
    _, source = queue(lab)
    stack = unused("stack")
    with pytest.raises(lab.client("cloudformation").exceptions.ClientError):
        lab.client("cloudformation").create_stack(
            StackName=stack, TemplateBody=template(lab, source, **settings)
        )
    assert lab.lam.list_event_source_mappings()["EventSourceMappings"] == []
