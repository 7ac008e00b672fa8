"""Other services of moto that know Lambda: templates, triggers, tags, reset."""

from __future__ import annotations

import json
import logging
import urllib.request
from typing import Any

import pytest

from api_region import RUNTIME, ApiRegion

NOT_MODELLED = "is not modelled by lambda_lab"


def template(api: ApiRegion, **properties: Any) -> str:
    source = "def handler(event, context):\n    return [event, context.memory_limit_in_mb]\n"
    function = {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Runtime": RUNTIME,
            "Handler": "index.handler",
            "Role": api.role,
            "Code": {"ZipFile": source},
            "MemorySize": "256",
            "Environment": {"Variables": {"NUMBER": 1}},
            "Tags": [{"Key": "made-by", "Value": "template"}],
            **properties,
        },
    }
    permission = {
        "Type": "AWS::Lambda::Permission",
        "Properties": {
            "FunctionName": {"Ref": "Fn"},
            "Action": "lambda:InvokeFunction",
            "Principal": "s3.amazonaws.com",
        },
    }
    resources = {"Fn": function, "Permission": permission}
    return json.dumps({"Resources": resources, "Outputs": {"Name": {"Value": {"Ref": "Fn"}}}})


@pytest.mark.fidelity("stacks")
def test_a_function_from_a_template_really_runs(api: ApiRegion) -> None:
    cloudformation = api.service("cloudformation")
    name = api.name("stacked")
    cloudformation.create_stack(StackName="s", TemplateBody=template(api, FunctionName=name))
    config = api.client.get_function(FunctionName=name)
    assert config["Configuration"]["State"] == "Active"
    assert config["Configuration"]["Environment"] == {"Variables": {"NUMBER": "1"}}
    assert config["Tags"] == {"made-by": "template"}
    assert api.invoke(name, 5) == [5, "256"]
    policy = json.loads(api.client.get_policy(FunctionName=name)["Policy"])
    assert policy["Statement"][0]["Principal"] == {"Service": "s3.amazonaws.com"}
    cloudformation.update_stack(
        StackName="s", TemplateBody=template(api, FunctionName=name, MemorySize=512)
    )
    api.later()
    assert api.invoke(name, 6) == [6, "512"]
    cloudformation.delete_stack(StackName="s")
    assert api.refused("get_function", FunctionName=name).status == 404


def test_a_property_that_a_template_drops_has_its_default_again(api: ApiRegion) -> None:
    cloudformation, name = api.service("cloudformation"), api.name("dropped")
    key = api.service("kms").create_key()["KeyMetadata"]["Arn"]
    more = {
        "Architectures": ["arm64"],
        "Description": "for now",
        "KmsKeyArn": key,
        "LoggingConfig": {"LogFormat": "JSON", "LogGroup": "/of/its/own"},
        "RecursiveLoop": "Allow",
        "ReservedConcurrentExecutions": 5,
        "Timeout": 9,
        "TracingConfig": {"Mode": "Active"},
    }

    def seen() -> dict[str, Any]:
        api.later()
        told = api.client.get_function(FunctionName=name)
        loop = api.client.get_function_recursion_config(FunctionName=name)
        return {
            **{member: told["Configuration"].get(member) for member in more},
            "KmsKeyArn": told["Configuration"].get("KMSKeyArn"),
            "RecursiveLoop": loop["RecursiveLoop"],
            "ReservedConcurrentExecutions": told.get("Concurrency", {}).get(
                "ReservedConcurrentExecutions"
            ),
        }

    body = template(api, FunctionName=name)
    cloudformation.create_stack(StackName="d", TemplateBody=body)
    plain = seen()
    cloudformation.update_stack(
        StackName="d", TemplateBody=template(api, FunctionName=name, **more)
    )
    full = seen()
    levels = {"ApplicationLogLevel": "INFO", "SystemLogLevel": "INFO"}
    assert full == {**more, "LoggingConfig": {**more["LoggingConfig"], **levels}}
    api.client.update_function_configuration(FunctionName=name, EphemeralStorage={"Size": 600})
    api.later()
    cloudformation.update_stack(StackName="d", TemplateBody=body)
    assert seen() == plain
    # What the template never had is not its business.
    config = api.client.get_function_configuration(FunctionName=name)
    assert config["EphemeralStorage"] == {"Size": 600}
    cloudformation.delete_stack(StackName="d")


@pytest.mark.parametrize("unknown", ["KMSKeyArn", "FunctionScalingConfig", "Colour"])
def test_a_property_that_is_not_known_is_not_dropped(api: ApiRegion, unknown: str) -> None:
    refusal = api.refused(
        "create_stack", api.service("cloudformation"), StackName=api.name("unknown"),
        TemplateBody=template(api, **{unknown: "x"}),
    )  # fmt: skip
    assert (refusal.status, refusal.code) == (501, "NotModelledException")
    assert unknown in refusal.message


def stack_of(**kinds: str) -> str:
    return json.dumps({"Resources": {name: {"Type": kind} for name, kind in kinds.items()}})


@pytest.mark.parametrize(
    "kind",
    [
        "AWS::Lambda::EventInvokeConfig",
        "AWS::Lambda::Url",
        "AWS::CloudWatch::Alarm",
        "AWS::CloudFormation::WaitCondition",
        "AWS::CloudFormation::WaitConditionHandle",
        "AWS::ECS::Cluster",
        "AWS::Nothing::It",
    ],
)
@pytest.mark.fidelity("stacks")
def test_a_kind_of_resource_that_is_not_made_is_not_passed_over(api: ApiRegion, kind: str) -> None:
    cloudformation, name = api.service("cloudformation"), api.name("kinds")
    body = stack_of(Queue="AWS::SQS::Queue", Other=kind)
    refusal = api.refused("create_stack", cloudformation, StackName=name, TemplateBody=body)
    assert (refusal.status, refusal.code) == (501, "NotModelledException")
    assert kind in refusal.message
    missing = api.refused("describe_stacks", cloudformation, StackName=name)
    assert missing.code == "ValidationError", "nothing of it was made"
    plain = stack_of(Queue="AWS::SQS::Queue", Usage="AWS::CDK::Metadata")
    cloudformation.create_stack(StackName=name, TemplateBody=plain)
    changed = stack_of(Queue="AWS::SQS::Queue", Topic="AWS::SNS::Topic", Other=kind)
    refusal = api.refused("update_stack", cloudformation, StackName=name, TemplateBody=changed)
    assert refusal.code == "NotModelledException"
    found = cloudformation.describe_stack_resources(StackName=name)["StackResources"]
    assert [one["LogicalResourceId"] for one in found] == ["Queue"]
    cloudformation.delete_stack(StackName=name)


@pytest.mark.parametrize(
    ("kind", "dropped"),
    [
        ("AWS::S3::Bucket", "NotificationConfiguration"),
        ("AWS::Lambda::Version", "ProvisionedConcurrencyConfig"),
        ("AWS::Lambda::Alias", "ProvisionedConcurrencyConfig"),
        ("AWS::DynamoDB::Table", "TimeToLiveSpecification"),
        ("AWS::EC2::InternetGateway", "Colour"),
        ("AWS::SQS::Queue", "SqsManagedSseEnabled"),
    ],
)
def test_a_property_that_is_not_read_is_not_passed_over(
    api: ApiRegion, kind: str, dropped: str
) -> None:
    cloudformation, name = api.service("cloudformation"), api.name("dropped")
    template = {"Resources": {"One": {"Type": kind, "Properties": {dropped: {}}}}}
    refusal = api.refused(
        "create_stack", cloudformation, StackName=name, TemplateBody=json.dumps(template)
    )
    assert (refusal.status, refusal.code) == (501, "NotModelledException")
    assert dropped in refusal.message
    assert kind in refusal.message


def test_a_resource_under_a_condition_that_is_false_may_be_anything(api: ApiRegion) -> None:
    cloudformation, name = api.service("cloudformation"), api.name("conditions")
    template = {
        "Conditions": {"Never": {"Fn::Equals": ["a", "b"]}},
        "Resources": {
            "Queue": {"Type": "AWS::SQS::Queue"},
            "Url": {"Type": "AWS::Lambda::Url", "Condition": "Never"},
        },
    }
    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(template))
    (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    listed = cloudformation.list_stack_resources(StackName=name)["StackResourceSummaries"]
    assert [one["LogicalResourceId"] for one in listed] == ["Queue"]
    cloudformation.delete_stack(StackName=name)


@pytest.mark.fidelity("file-systems")
def test_a_template_that_asks_for_more_than_there_is(api: ApiRegion) -> None:
    cloudformation = api.service("cloudformation")
    more = {"FileSystemConfigs": [{"Arn": "a", "LocalMountPath": "/mnt/a"}]}
    refusal = api.refused(
        "create_stack", cloudformation, StackName="more", TemplateBody=template(api, **more)
    )
    assert (refusal.status, refusal.code) == (501, "NotModelledException")
    refusal = api.refused(
        "create_stack", cloudformation, StackName="bad", TemplateBody=template(api, Timeout=901)
    )
    assert (refusal.status, refusal.code) == (400, "ValidationException")


def warned(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "lambda_lab"]


@pytest.fixture(autouse=True)
def _listen(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "lambda_lab")


@pytest.mark.fidelity("other-callers")
def test_an_event_that_only_a_trail_would_make_is_not_delivered(
    api: ApiRegion, caplog: pytest.LogCaptureFixture
) -> None:
    """On AWS a rule hears of ``CreateBucket`` by CloudTrail; moto makes an event of its own."""
    name, events, s3 = api.active(), api.service("events"), api.service("s3")
    pattern = {"source": ["aws.s3"], "detail": {"eventName": ["CreateBucket"]}}
    events.put_rule(Name="aws", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="aws", Targets=[{"Id": "1", "Arn": api.arn(name)}])
    s3.create_bucket(Bucket="noticed")
    assert [line for line in warned(caplog) if NOT_MODELLED in line and name in line]


@pytest.mark.fidelity("tags")
def test_tags_are_found_by_the_tagging_service(api: ApiRegion) -> None:
    name = api.active(Tags={"found": "yes"})
    tagging = api.service("resourcegroupstaggingapi")
    found = tagging.get_resources(TagFilters=[{"Key": "found"}])["ResourceTagMappingList"]
    assert [row["ResourceARN"] for row in found] == [api.arn(name)]


@pytest.mark.parametrize("path", ["/moto-api/reset", "/_lab/reset"])
@pytest.mark.fidelity("other-services")
def test_a_reset_leaves_an_empty_region(api: ApiRegion, path: str) -> None:
    name = api.active()
    api.invoke(name)
    pending = api.create()["FunctionName"]
    request = urllib.request.Request(api.url + path, method="POST")
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 200
    api.later()
    assert api.client.list_functions()["Functions"] == []
    assert api.refused("get_function", FunctionName=pending).status == 404
    assert api.region.plane.environments() == []
    again = type(api)(api.region)
    assert again.invoke(again.active(name), 1) == 1
