# ruff: noqa: E501 - tables: one case, one text of AWS
"""CloudFormation's templates: what is refused, what is made, changed and taken away."""

from __future__ import annotations

import json
from typing import Any

import pytest

from api_region import RUNTIME, TRUST, ApiRegion, package

QUEUE = {"Type": "AWS::SQS::Queue"}
FORMAT = "Template format error: "


def queue(**more: Any) -> dict[str, Any]:
    return {"Resources": {"A": {**QUEUE, **more}}}


def told(value: Any) -> dict[str, Any]:
    return {**queue(), "Outputs": {"X": {"Value": value}}}


def circle() -> dict[str, Any]:
    first = {**QUEUE, "Properties": {"QueueName": {"Fn::Sub": "${B.QueueName}-a"}}}
    return {"Resources": {"A": first, "B": {**QUEUE, "DependsOn": ["A"]}}}


def refused(api: ApiRegion, body: Any, **more: Any) -> tuple[int, str, str]:
    stacks, name = api.service("cloudformation"), api.name("refused")
    text = body if isinstance(body, str) else json.dumps(body)
    refusal = api.refused("create_stack", stacks, StackName=name, TemplateBody=text, **more)
    missing = api.refused("describe_stacks", stacks, StackName=name)
    assert missing.message == f"Stack with id {name} does not exist"
    return (refusal.status, refusal.code, refusal.message)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("{}", f"{FORMAT}At least one Resources member must be defined."),
        ({"Resources": {}}, f"{FORMAT}At least one Resources member must be defined."),
        ('{"Resources": {', f"{FORMAT}JSON not well-formed. (line 1, column 16)"),
        ("Resources: [", f"{FORMAT}YAML not well-formed. (line 1, column 13)"),
        pytest.param('{"a":' * 300 + "1" + "}" * 300, f"{FORMAT}it is nested too deeply.", id="deep"),
        ("[]", f"{FORMAT}unsupported structure."),
        ("text", f"{FORMAT}unsupported structure."),
        ({"Resources": {"A": {}}}, f"{FORMAT}[/Resources/A] Every Resources object must contain a Type member."),
        ({"Resources": {"A": "x"}}, f"{FORMAT}Any Resources member must be an object."),
        ({"Resources": {"a-b": QUEUE}}, f"{FORMAT}Resource name a-b is non alphanumeric."),
        ({**queue(), "Colour": {}}, "Invalid template property or properties [Colour]"),
        ({**queue(), "AWSTemplateFormatVersion": "2011"}, f"{FORMAT}2011 is not a supported value for AWSTemplateFormatVersion."),
        (queue(Colour=1), "Invalid template resource property 'Colour'"),
        (queue(Properties={"QueueName": None}), f"{FORMAT}[/Resources/A/Properties/QueueName] 'null' values are not allowed in templates"),
        (queue(Properties={"QueueName": {"Ref": "B"}}), f"{FORMAT}Unresolved resource dependencies [B] in the Resources block of the template"),
        (queue(Properties={"QueueName": {"Fn::Sub": "${B}-${AWS::Region}"}}), f"{FORMAT}Unresolved resource dependencies [B] in the Resources block of the template"),
        (queue(DependsOn="B"), f"{FORMAT}Unresolved resource dependencies [B] in the Resources block of the template"),
        (queue(Condition="Never"), f"{FORMAT}Unresolved condition dependency Never in the Resources block of the template"),
        (queue(Properties={"QueueName": {"Fn::Colour": 1}}), "Template error: Encountered unsupported function: Fn::Colour"),
        (circle(), "Circular dependency between resources: [A, B]"),
        (told({"Ref": "B"}), f"{FORMAT}Unresolved resource dependencies [B] in the Outputs block of the template"),
        (told({"Fn::GetAtt": ["B", "Arn"]}), "Template error: instance of Fn::GetAtt references undefined resource B"),
        (told({"Fn::GetAtt": ["A", "Colour"]}), "Template error: resource Queue does not support attribute type Colour in Fn::GetAtt"),
        ({**queue(), "Outputs": {"X": {}}}, f"{FORMAT}[/Outputs/X] Every Outputs member must contain a Value object"),
        (queue(Properties={"QueueName": {"Fn::Select": [2, ["a"]]}}), "Template error: Fn::Select cannot select nonexistent value at index 2"),
        ({**queue(Properties={"QueueName": {"Fn::FindInMap": ["M", "a", "c"]}}), "Mappings": {"M": {"a": {"b": "x"}}}}, "Template error: Unable to get mapping for M::a::c"),
        ({"Resources": {"A": {"Type": "AWS::EC2::Subnet"}}}, "Properties validation failed for resource A with message:\n[#: required key [VpcId] not found]"),
        ({"Resources": {"A": {"Type": "AWS::DynamoDB::Table"}}}, "Properties validation failed for resource A with message:"),
    ],
)  # fmt: skip
def test_a_template_that_is_not_begun_with(api: ApiRegion, body: Any, message: str) -> None:
    status, code, text = refused(api, body)
    assert (status, code) == (400, "ValidationError")
    assert text.startswith(message)


@pytest.mark.parametrize(
    ("slot", "value", "message"),
    [
        ({"Type": "String"}, None, "Parameters: [P] must have values"),
        ({"Type": "String", "AllowedValues": ["a"]}, "b", "Parameter 'P' must be one of AllowedValues"),
        ({"Type": "String", "AllowedPattern": "[a-z]+"}, "B", "Parameter 'P' must match pattern [a-z]+"),
        ({"Type": "String", "AllowedPattern": "a", "ConstraintDescription": "say a"}, "B", "Parameter P failed to satisfy constraint: say a"),
        ({"Type": "String", "MinLength": 2}, "b", "Parameter 'P' must contain at least 2 characters"),
        ({"Type": "String", "MaxLength": "2"}, "bbb", "Parameter 'P' must contain at most 2 characters"),
        ({"Type": "Number"}, "b", "Parameter 'P' must be a number"),
        ({"Type": "Number", "MinValue": 2}, "1", "Parameter 'P' must be a number not less than 2"),
        ({"Type": "List<Number>"}, "1,b", "Parameter 'P' must be a number"),
        ({"Type": "Colour"}, "b", f"{FORMAT}Unrecognized parameter type: Colour"),
        ({}, "b", f"{FORMAT}Every Parameters object must contain a Type member."),
    ],
)  # fmt: skip
def test_a_parameter_that_is_refused(api: ApiRegion, slot: Any, value: Any, message: str) -> None:
    given = [] if value is None else [{"ParameterKey": "P", "ParameterValue": value}]
    body = {**queue(), "Parameters": {"P": slot}}
    assert refused(api, body, Parameters=given) == (400, "ValidationError", message)


def test_requests_that_are_refused(api: ApiRegion) -> None:
    strange = [{"ParameterKey": "P", "ParameterValue": "x"}]
    message = "Parameters: [P] do not exist in the template"
    assert refused(api, queue(), Parameters=strange)[2] == message
    stacks, body = api.service("cloudformation"), json.dumps(queue())
    neither = api.refused("create_stack", stacks, StackName="a")
    assert neither.message == "Either Template URL or Template Body must be specified."
    named = api.refused("create_stack", stacks, StackName="a b", TemplateBody=body)
    assert (named.status, named.code) == (400, "ValidationError")
    assert named.message.endswith("regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*")
    url = "https://s3.amazonaws.com/no-such-bucket/template.json"
    away = api.refused("create_stack", stacks, StackName="a", TemplateURL=url)
    assert (away.code, away.message) == (
        "ValidationError",
        "S3 error: The specified bucket does not exist",
    )
    empty = api.refused("validate_template", stacks, TemplateBody="{}")
    assert empty.message == f"{FORMAT}At least one Resources member must be defined."


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({**queue(), "Transform": "AWS::Serverless-2016-10-31"}, "AWS::Serverless-2016-10-31"),
        ({**queue(), "Transform": ["AWS::LanguageExtensions"]}, "AWS::LanguageExtensions"),
        ({**queue(), "Rules": {"R": {}}}, "Rules"),
        (queue(Properties={"QueueName": {"Fn::Transform": {}}}), "Fn::Transform"),
        (queue(UpdatePolicy={}), "UpdatePolicy"),
        (queue(DeletionPolicy="Snapshot"), "DeletionPolicy Snapshot"),
    ],
)
@pytest.mark.fidelity("stacks")
def test_what_would_change_a_template_is_not_passed_over(
    api: ApiRegion, body: dict[str, Any], word: str
) -> None:
    status, code, message = refused(api, body)
    assert (status, code) == (501, "NotModelledException")
    assert word in message


def test_who_makes_identities_says_so(api: ApiRegion) -> None:
    role: dict[str, Any] = {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": TRUST,
            "ManagedPolicyArns": [
                "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
            ],
        },
    }
    code = "InsufficientCapabilitiesException"
    body = {"Resources": {"R": role}, "Outputs": {"N": {"Value": {"Ref": "R"}}}}
    assert refused(api, body) == (400, code, "Requires capabilities : [CAPABILITY_IAM]")
    named = {"Resources": {"R": {**role, "Properties": {**role["Properties"], "RoleName": "r"}}}}
    text = "Requires capabilities : [CAPABILITY_NAMED_IAM]"
    assert refused(api, named, Capabilities=["CAPABILITY_IAM"]) == (400, code, text)
    stacks, name = api.service("cloudformation"), api.name("identities")
    valid = stacks.validate_template(TemplateBody=json.dumps(body))
    assert valid["Capabilities"] == ["CAPABILITY_IAM"]
    stacks.create_stack(
        StackName=name, TemplateBody=json.dumps(body), Capabilities=["CAPABILITY_NAMED_IAM"]
    )
    made = outputs(api, name)["N"]
    attached = api.service("iam").list_attached_role_policies(RoleName=made)["AttachedPolicies"]
    assert [one["PolicyName"] for one in attached] == ["AWSLambdaBasicExecutionRole"]
    stacks.delete_stack(StackName=name)
    assert api.refused("get_role", api.service("iam"), RoleName=made).code == "NoSuchEntity"


def outputs(api: ApiRegion, stack: str) -> dict[str, str]:
    (found,) = api.service("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    return {one["OutputKey"]: one["OutputValue"] for one in found["Outputs"]}


def release(api: ApiRegion, *, result: str = "1", version: str = "Version", note: str = "a") -> str:
    """Return a template in YAML: a function, a version, an alias and who may call it."""
    return f"""
AWSTemplateFormatVersion: 2010-09-09
Parameters:
  Stage: {{Type: String, Default: dev}}
  Words: {{Type: CommaDelimitedList, Default: "one,two"}}
  Secret: {{Type: String, Default: hidden, NoEcho: true}}
Mappings: {{Times: {{dev: {{Seconds: 7}}, prod: {{Seconds: 8}}}}}}
Conditions: {{IsDev: !Equals [!Ref Stage, dev]}}
Resources:
  Function:
    Type: AWS::Lambda::Function
    Properties:
      Role: {api.role}
      Runtime: {RUNTIME}
      Handler: index.handler
      Description: !Sub "${{Stage}} of ${{AWS::StackName}} ${{!kept}}"
      Timeout: !FindInMap [Times, !Ref Stage, Seconds]
      MemorySize: !If [IsDev, 128, 256]
      Environment: {{Variables: {{WORDS: !Join ["-", !Ref Words], LAST: !Select [1, !Ref Words]}}}}
      Code:
        ZipFile: |
          def handler(event, context):
              return {result}
  {version}:
    Type: AWS::Lambda::Version
    Properties: {{FunctionName: !Ref Function, Description: {note}}}
  Alias:
    Type: AWS::Lambda::Alias
    Properties: {{FunctionName: !Ref Function, FunctionVersion: !GetAtt {version}.Version, Name: live}}
  Permission:
    Type: AWS::Lambda::Permission
    Properties: {{FunctionName: !Ref Alias, Action: "lambda:InvokeFunction", Principal: s3.amazonaws.com}}
Outputs:
  Function: {{Value: !Ref Function}}
  Alias: {{Value: !Ref Alias}}
"""


@pytest.mark.fidelity("stacks")
def test_a_release_by_a_template(api: ApiRegion) -> None:
    stacks, name = api.service("cloudformation"), api.name("release")
    stacks.create_stack(StackName=name, TemplateBody=release(api))
    made = outputs(api, name)
    config = api.client.get_function_configuration(FunctionName=made["Function"])
    assert config["Description"] == f"dev of {name} ${{kept}}"
    assert (config["Timeout"], config["MemorySize"]) == (7, 128)
    assert config["Environment"]["Variables"] == {"WORDS": "one-two", "LAST": "two"}
    (stack,) = stacks.describe_stacks(StackName=name)["Stacks"]
    shown = {one["ParameterKey"]: one["ParameterValue"] for one in stack["Parameters"]}
    assert shown == {"Stage": "dev", "Words": "one,two", "Secret": "****"}
    policy = json.loads(api.client.get_policy(FunctionName=made["Alias"])["Policy"])
    (statement,) = policy["Statement"]
    assert statement["Sid"].startswith(f"{name}-Permission-")
    assert statement["Resource"] == made["Alias"]
    assert api.invoke(made["Alias"]) == 1

    # Another description makes another version, and the alias follows it.
    stacks.update_stack(StackName=name, TemplateBody=release(api, result="2", note="b"))
    assert versions(api, made["Function"]) == ["$LATEST", "2"]
    assert api.invoke(made["Alias"]) == 2
    # As tools do it that name the resource by its code: a new one, and the old one goes last.
    stacks.update_stack(
        StackName=name, TemplateBody=release(api, result="3", version="Other", note="b")
    )
    assert versions(api, made["Function"]) == ["$LATEST", "3"]
    assert api.invoke(made["Alias"]) == 3
    # A parameter that only a text mentions.
    stacks.update_stack(
        StackName=name,
        TemplateBody=release(api, result="3", version="Other", note="b"),
        Parameters=[{"ParameterKey": "Stage", "ParameterValue": "prod"}],
    )
    config = api.client.get_function_configuration(FunctionName=made["Function"])
    assert config["Description"].startswith("prod of")
    assert (config["Timeout"], config["MemorySize"]) == (8, 256)
    stacks.delete_stack(StackName=name)
    assert api.refused("get_function", FunctionName=made["Function"]).status == 404


def versions(api: ApiRegion, function: str) -> list[str]:
    listed = api.client.list_versions_by_function(FunctionName=function)["Versions"]
    return [one["Version"] for one in listed]


def test_a_version_of_nothing_new_fails(api: ApiRegion) -> None:
    stacks, name = api.service("cloudformation"), api.name("again")
    stacks.create_stack(StackName=name, TemplateBody=release(api))
    made, body = outputs(api, name), release(api, version="Other")
    refusal = api.refused("update_stack", stacks, StackName=name, TemplateBody=body)
    assert refusal.message.startswith("A version for this Lambda function exists ( 1 ).")
    (stack,) = stacks.describe_stacks(StackName=name)["Stacks"]
    assert stack["StackStatus"] == "UPDATE_FAILED"
    # The stack can be brought on from there.
    stacks.update_stack(StackName=name, TemplateBody=release(api, result="5", version="Other"))
    assert api.invoke(made["Alias"]) == 5
    stacks.delete_stack(StackName=name)


def test_a_permission_goes_with_its_resource(api: ApiRegion) -> None:
    stacks, name, function = api.service("cloudformation"), api.name("lets-in"), api.active()
    permission: dict[str, Any] = {
        "Type": "AWS::Lambda::Permission",
        "Properties": {
            "FunctionName": function,
            "Action": "lambda:InvokeFunction",
            "Principal": "s3.amazonaws.com",
        },
    }

    def template(*principals: str) -> str:
        made = {
            f"P{number}": {
                **permission,
                "Properties": {**permission["Properties"], "Principal": principal},
            }
            for number, principal in enumerate(principals)
        }
        return json.dumps({"Resources": {**queue()["Resources"], **made}})

    def let_in() -> list[str]:
        policy = json.loads(api.client.get_policy(FunctionName=function)["Policy"])
        return [one["Principal"]["Service"] for one in policy["Statement"]]

    stacks.create_stack(
        StackName=name, TemplateBody=template("s3.amazonaws.com", "sns.amazonaws.com")
    )
    assert let_in() == ["s3.amazonaws.com", "sns.amazonaws.com"]
    stacks.update_stack(StackName=name, TemplateBody=template("events.amazonaws.com"))
    assert let_in() == ["events.amazonaws.com"]
    stacks.delete_stack(StackName=name)
    assert api.refused("get_policy", FunctionName=function).status == 404
    wrong = json.loads(template("not a principal"))
    assert refused(api, wrong)[:2] == (400, "ValidationException")


def test_a_layer_has_the_name_that_its_template_gives(api: ApiRegion) -> None:
    s3, name = api.service("s3"), api.name("layer")
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="layer.zip", Body=package())
    layer = {
        "Type": "AWS::Lambda::LayerVersion",
        "Properties": {
            "LayerName": name,
            "CompatibleArchitectures": ["x86_64"],
            "Content": {"S3Bucket": name, "S3Key": "layer.zip"},
        },
    }
    stacks = api.service("cloudformation")
    stacks.create_stack(StackName=name, TemplateBody=json.dumps({"Resources": {"L": layer}}))
    (made,) = api.client.list_layer_versions(LayerName=name)["LayerVersions"]
    assert made["CompatibleArchitectures"] == ["x86_64"]
    stacks.delete_stack(StackName=name)
    assert api.client.list_layer_versions(LayerName=name)["LayerVersions"] == []


@pytest.mark.parametrize(
    ("kind", "first", "second", "word"),
    [
        ("AWS::Logs::LogGroup", {"RetentionInDays": 1}, {"RetentionInDays": 3}, "RetentionInDays"),
        ("AWS::SQS::Queue", {"DelaySeconds": 1}, {"DelaySeconds": 2}, "DelaySeconds"),
        ("AWS::SQS::Queue", {"VisibilityTimeout": 1}, {}, "VisibilityTimeout"),
    ],
)
@pytest.mark.fidelity("stacks")
def test_a_change_that_nothing_makes_is_not_passed_over(
    api: ApiRegion, kind: str, first: dict[str, Any], second: dict[str, Any], word: str
) -> None:
    stacks, name = api.service("cloudformation"), api.name("changed")

    def template(properties: dict[str, Any], **more: Any) -> str:
        return json.dumps({"Resources": {"A": {"Type": kind, "Properties": properties, **more}}})

    stacks.create_stack(StackName=name, TemplateBody=template(first))
    again = api.refused("update_stack", stacks, StackName=name, TemplateBody=template(first))
    assert (again.code, again.message) == ("ValidationError", "No updates are to be performed.")
    for _ in range(2):
        refusal = api.refused("update_stack", stacks, StackName=name, TemplateBody=template(second))
        assert (refusal.status, refusal.code) == (501, "NotModelledException")
        assert word in refusal.message
    listed = stacks.list_stack_resources(StackName=name)["StackResourceSummaries"]
    # What is only told about a resource changes nothing of it.
    stacks.update_stack(StackName=name, TemplateBody=template(first, Metadata={"a": "b"}))
    assert [one["PhysicalResourceId"] for one in listed] == [
        one["PhysicalResourceId"]
        for one in stacks.list_stack_resources(StackName=name)["StackResourceSummaries"]
    ]
    stacks.delete_stack(StackName=name)


def test_a_rule_keeps_its_name_when_it_changes(api: ApiRegion) -> None:
    stacks, name = api.service("cloudformation"), api.name("rule")

    def template(rate: str) -> str:
        rule = {"Type": "AWS::Events::Rule", "Properties": {"ScheduleExpression": rate}}
        return json.dumps({"Resources": {"R": rule}, "Outputs": {"N": {"Value": {"Ref": "R"}}}})

    stacks.create_stack(StackName=name, TemplateBody=template("rate(1 day)"))
    before = outputs(api, name)
    stacks.update_stack(StackName=name, TemplateBody=template("rate(2 days)"))
    assert outputs(api, name) == before
    rule = api.service("events").describe_rule(Name=before["N"])
    assert rule["ScheduleExpression"] == "rate(2 days)"
    stacks.delete_stack(StackName=name)


def test_what_is_retained_stays(api: ApiRegion) -> None:
    stacks, sqs, name = api.service("cloudformation"), api.service("sqs"), api.name("retained")
    kept = {**QUEUE, "DeletionPolicy": "Retain", "Properties": {"QueueName": name}}
    body = {"Resources": {"A": kept, "B": QUEUE}}
    stacks.create_stack(StackName=name, TemplateBody=json.dumps(body))
    less = json.dumps({"Resources": {"B": QUEUE}})
    stacks.update_stack(StackName=name, TemplateBody=less)
    assert sqs.get_queue_url(QueueName=name)["QueueUrl"].endswith(name)
    stacks.delete_stack(StackName=name)
    assert sqs.get_queue_url(QueueName=name)["QueueUrl"].endswith(name)


def test_what_a_failed_stack_had_made_is_gone(api: ApiRegion) -> None:
    name = api.name("half")
    body = {
        "Resources": {
            "A": {**QUEUE, "Properties": {"QueueName": name}},
            "B": {
                "Type": "AWS::Lambda::Version",
                "DependsOn": "A",
                "Properties": {"FunctionName": "nobody"},
            },
        }
    }
    assert refused(api, body)[:2] == (404, "ResourceNotFoundException")
    gone = api.refused("get_queue_url", api.service("sqs"), QueueName=name)
    assert gone.code == "AWS.SimpleQueueService.NonExistentQueue"


def test_a_stack_that_is_kept(api: ApiRegion) -> None:
    stacks, name, body = api.service("cloudformation"), api.name("kept"), json.dumps(queue())
    stacks.create_stack(StackName=name, TemplateBody=body, EnableTerminationProtection=True)
    taken = api.refused("create_stack", stacks, StackName=name, TemplateBody=body)
    assert (taken.code, taken.message) == (
        "AlreadyExistsException",
        f"Stack [{name}] already exists",
    )
    refusal = api.refused("delete_stack", stacks, StackName=name)
    assert "cannot be deleted while TerminationProtection is enabled" in refusal.message


def test_a_stack_that_cannot_go_says_so(api: ApiRegion) -> None:
    stacks, s3, name = api.service("cloudformation"), api.service("s3"), api.name("full")
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": name}}
    stacks.create_stack(StackName=name, TemplateBody=json.dumps({"Resources": {"B": bucket}}))
    s3.put_object(Bucket=name, Key="a", Body=b"a")
    stacks.delete_stack(StackName=name)
    (stack,) = stacks.describe_stacks(StackName=name)["Stacks"]
    assert stack["StackStatus"] == "DELETE_FAILED"
    s3.delete_object(Bucket=name, Key="a")
    stacks.delete_stack(StackName=name)
    missing = api.refused("describe_stacks", stacks, StackName=name)
    assert missing.code == "ValidationError"


def test_a_parameter_that_only_a_condition_mentions(api: ApiRegion) -> None:
    stacks, sqs, name = api.service("cloudformation"), api.service("sqs"), api.name("stage")
    body: dict[str, Any] = {
        "Parameters": {"Stage": {"Type": "String", "Default": "dev"}},
        "Conditions": {"Dev": {"Fn::Equals": [{"Ref": "Stage"}, "dev"]}},
        **queue(Properties={"QueueName": name, "VisibilityTimeout": {"Fn::If": ["Dev", 1, 2]}}),
    }
    prod = [{"ParameterKey": "Stage", "ParameterValue": "prod"}]
    stacks.create_stack(StackName=name, TemplateBody=json.dumps(body))
    stacks.update_stack(StackName=name, TemplateBody=json.dumps(body), Parameters=prod)
    url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    told = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])
    assert told["Attributes"] == {"VisibilityTimeout": "2"}
    stacks.delete_stack(StackName=name)
    body["Resources"]["B"] = {**QUEUE, "Condition": "Dev"}
    stacks.create_stack(StackName=name, TemplateBody=json.dumps(body))
    asked = {"StackName": name, "TemplateBody": json.dumps(body), "Parameters": prod}
    refusal = api.refused("update_stack", stacks, **asked)
    assert refusal.code == "NotModelledException"
    stacks.delete_stack(StackName=name)


def test_a_change_set_makes_and_changes(api: ApiRegion) -> None:
    stacks, name = api.service("cloudformation"), api.name("set")
    for kind, body in (("CREATE", release(api)), ("UPDATE", release(api, result="2", note="b"))):
        stacks.create_change_set(
            StackName=name, ChangeSetName=f"{name}-{kind}", ChangeSetType=kind, TemplateBody=body
        )
        stacks.execute_change_set(StackName=name, ChangeSetName=f"{name}-{kind}")
    assert api.invoke(outputs(api, name)["Alias"]) == 2
    # A tool that has nothing to deploy makes an empty change set, and reads why.
    asked = {"StackName": name, "ChangeSetName": "same", "ChangeSetType": "UPDATE"}
    previous = [{"ParameterKey": "Stage", "UsePreviousValue": True}]
    stacks.create_change_set(TemplateBody=body, Parameters=previous, **asked)
    empty = stacks.describe_change_set(StackName=name, ChangeSetName="same")
    assert empty["Status"] == "FAILED"
    assert empty["StatusReason"].startswith("The submitted information didn't contain changes.")
    asked["ChangeSetName"] = "bad"
    refusal = api.refused("create_change_set", stacks, TemplateBody="{}", **asked)
    assert refusal.message == f"{FORMAT}At least one Resources member must be defined."
    stacks.delete_stack(StackName=name)
