"""Bad input that is none of the service model's business: names, tags, texts, empty settings."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from api_region import RUNTIME, ApiRegion, package
from lambda_lab.aws.model import operation_model

INVALID = "InvalidParameterValueException"
ELSEWHERE = "arn:aws:lambda:us-east-1:111111111111"


def create(api: ApiRegion, **change: Any) -> Any:
    asked = {"FunctionName": "never", "Role": api.role, "Runtime": RUNTIME, "Handler": "i.h"}
    return api.refused("create_function", **asked | {"Code": {"ZipFile": package()}} | change)


# -- what belongs to others ------------------------------------------------------------------------


@pytest.mark.parametrize("name", [f"{ELSEWHERE}:function:f", "111111111111:function:f"])
def test_no_function_is_made_in_another_account(api: ApiRegion, name: str) -> None:
    refusal = create(api, FunctionName=name)
    assert (refusal.status, refusal.code) == (403, "AccessDeniedException")
    assert "lambda:CreateFunction" in refusal.message
    assert f"{ELSEWHERE}:function:f" in refusal.message
    assert api.refused("get_function", FunctionName="f").status == 404


def test_layers_of_others_are_not_ours(api: ApiRegion) -> None:
    layer, content = api.name("layer"), {"ZipFile": package()}
    api.client.publish_layer_version(LayerName=layer, Content=content)
    foreign = f"{ELSEWHERE}:layer:{layer}"
    away = f"arn:aws:lambda:eu-west-1:123456789012:layer:{layer}"
    for operation, params in (
        ("publish_layer_version", {"Content": content}),
        ("list_layer_versions", {}),
        ("get_layer_version", {"VersionNumber": 1}),
        ("delete_layer_version", {"VersionNumber": 1}),
    ):
        refusal = api.refused(operation, LayerName=foreign, **params)
        assert (refusal.status, refusal.code) == (403, "AccessDeniedException")
        assert foreign in refusal.message
        assert api.refused(operation, LayerName=away, **params).status == 404
    assert api.refused("get_layer_version_by_arn", Arn=f"{foreign}:1").status == 403
    listed = api.client.list_layer_versions(LayerName=layer)["LayerVersions"]
    assert [version["Version"] for version in listed] == [1]


# -- names and tags --------------------------------------------------------------------------------


def test_a_name_within_an_arn_is_no_longer_than_one_alone(api: ApiRegion) -> None:
    arn = api.arn("n" * 65)
    assert [*create(api, FunctionName=arn)] == [
        400,
        "ValidationException",
        (
            f"1 validation error detected: Value '{arn}' at 'functionName' failed to satisfy "
            "constraint: Member must have length less than or equal to 64"
        ),
    ]
    assert api.create(api.arn("n" * 64))["FunctionName"] == "n" * 64


@pytest.mark.parametrize("qualifier", ["1", "live"])
def test_no_version_or_alias_is_made_by_its_name(api: ApiRegion, qualifier: str) -> None:
    # The pattern of the model allows it: an ARN of something else may pass for a name as well.
    layer = f"arn:aws:lambda:us-east-1:123456789012:layer:{qualifier}"
    for name in (f"unmade:{qualifier}", f"{api.arn('unmade')}:{qualifier}", layer):
        refusal = create(api, FunctionName=name)
        assert (refusal.status, refusal.code) == (400, INVALID)
        assert name in refusal.message
    for name in ("unmade", "layer"):
        assert api.refused("get_function", FunctionName=name).status == 404


@pytest.mark.parametrize("key", ["aws:team", "AWS:team", "aws:"])
def test_some_tags_are_awss_own(api: ApiRegion, key: str) -> None:
    arn = api.arn(api.active(Tags={"mine": "1"}))
    refusals = (
        create(api, Tags={key: "x"}),
        api.refused("tag_resource", Resource=arn, Tags={key: "x"}),
    )
    for refusal in refusals:
        assert (refusal.status, refusal.code) == (400, INVALID)
    assert api.client.list_tags(Resource=arn)["Tags"] == {"mine": "1"}


@pytest.mark.parametrize(
    "kind",
    [
        "event-source-mapping:14e0db71-5d35-4eb5-b481-8945cf9d10c2",
        "code-signing-config:csc-12345678901234567",
        "capacity-provider:none",
        "layer:none",
    ],
)
def test_tags_of_what_is_not_there(api: ApiRegion, kind: str) -> None:
    arn = f"arn:aws:lambda:us-east-1:123456789012:{kind}"
    for operation, params in (
        ("list_tags", {}),
        ("tag_resource", {"Tags": {"A": "1"}}),
        ("untag_resource", {"TagKeys": ["A"]}),
    ):
        refusal = api.refused(operation, Resource=arn, **params)
        assert (refusal.status, refusal.code) == (404, "ResourceNotFoundException")


@pytest.mark.fidelity("tags-of-layers")
def test_tags_of_a_layer_are_not_modelled(api: ApiRegion) -> None:
    layer = api.client.publish_layer_version(LayerName="tagged", Content={"ZipFile": package()})
    refusal = api.refused("list_tags", Resource=layer["LayerArn"])
    assert (refusal.status, refusal.code) == (501, "NotModelledException")
    assert "layer" in refusal.message


# -- texts -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "document",
    [
        '{"FunctionName":"\\ud800"}',
        '{"\\uDFFF":1}',
        '{"Description":"\\ude00\\ud83d"}',
        '{"Environment":{"Variables":{"AB":"\\ud800"}}}',
        '{"Tags":{"\\udc00":"x"}}',
    ],
)
def test_half_a_surrogate_pair_is_no_text(api: ApiRegion, document: str) -> None:
    status, headers, body = api.raw("POST", "/2015-03-31/functions", document.encode())
    assert (status, headers["x-amzn-errortype"]) == (400, "SerializationException")
    assert "surrogate" in json.loads(body)["Message"]


def test_a_whole_surrogate_pair_is_one_character(api: ApiRegion) -> None:
    name = api.active()
    path = f"/2015-03-31/functions/{name}/configuration"
    status, _, body = api.raw("PUT", path, b'{"Description":"\\ud83d\\ude00 \\\\ud800"}')
    assert (status, json.loads(body)["Description"]) == (200, "\U0001f600 \\ud800")


# -- settings --------------------------------------------------------------------------------------


def test_a_network_has_subnets_and_security_groups(api: ApiRegion) -> None:
    text = "SubnetIds and SecurityIds must coexist or be both empty list."
    name = api.active(VpcConfig={"SubnetIds": [], "SecurityGroupIds": []})
    for half in ({"SubnetIds": ["subnet-1"]}, {"SecurityGroupIds": ["sg-1"]}):
        assert [*create(api, VpcConfig=half)] == [400, INVALID, text]
        refusal = api.refused("update_function_configuration", FunctionName=name, VpcConfig=half)
        assert [*refusal] == [400, INVALID, text]
    whole = {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}
    text = (
        "Error occurred while DescribeSubnets. EC2 Error Code: InvalidSubnetID.NotFound. "
        "EC2 Error Message: The subnet ID 'subnet-1' does not exist"
    )
    assert [*create(api, VpcConfig=whole)] == [400, INVALID, text]


@pytest.mark.fidelity("published-latest")
def test_the_published_latest_is_not_modelled(api: ApiRegion) -> None:
    name = api.active()
    refusal = api.refused("publish_version", FunctionName=name, PublishTo="LATEST_PUBLISHED")
    assert (refusal.status, refusal.code) == (501, "NotModelledException")
    assert "$LATEST.PUBLISHED" in refusal.message


ODD: dict[str, list[Any]] = {
    "structure": [{}],
    "string": ["", " ", "\0", "é"],
    "integer": [0, 1, -1],
    "list": [[], [None], [""]],
    "map": [{}],
    "boolean": [True, False],
}


def odd(shape: Any) -> Iterator[Any]:
    """Make values of *shape* that nobody sends on purpose: empty ones above all."""
    yield from ODD.get(shape.type_name, [None])
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            yield from ({name: value} for value in odd(member))


def test_whatever_an_update_is_refused_for_the_function_stays_sound(api: ApiRegion) -> None:
    name = api.active()
    path = f"/2015-03-31/functions/{name}/configuration"
    shape = operation_model("UpdateFunctionConfiguration").input_shape
    assert shape is not None
    for member, inner in shape.members.items():
        for value in odd(inner):
            body = json.dumps({member: value}).encode()
            status, _, text = api.raw("PUT", path, body)
            assert status in (200, 400, 404, 412, 501), (member, value, text)
            api.later()
            found = api.client.get_function_configuration(FunctionName=name)
            assert found["LastUpdateStatus" if status == 200 else "State"] in (
                "Successful", "Active",
            ), (member, value)  # fmt: skip
            try:
                api.client.publish_version(FunctionName=name)
            except ClientError as error:
                raise AssertionError((member, value)) from error
    sound = {"Runtime": RUNTIME, "Handler": "index.handler", "Environment": {"Variables": {}}}
    api.client.update_function_configuration(FunctionName=name, **sound)
    api.later()
    assert api.invoke(name, "alive") == "alive"
