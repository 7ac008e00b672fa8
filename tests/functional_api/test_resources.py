"""What hangs on a function: tags, permissions, layers, reserved concurrency; and the account."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

import pytest

from api_region import RUNTIME, ApiRegion, package
from lambda_lab import facts

# -- tags ----------------------------------------------------------------------------------


@pytest.mark.fidelity("tags")
def test_tags_come_and_go(api: ApiRegion) -> None:
    name = api.active(Tags={"A": "1"})
    arn = api.arn(name)
    assert api.client.get_function(FunctionName=name)["Tags"] == {"A": "1"}
    assert (
        api.client.tag_resource(Resource=arn, Tags={"B": "2"})["ResponseMetadata"]["HTTPStatusCode"]
        == 204
    )
    assert api.client.list_tags(Resource=arn)["Tags"] == {"A": "1", "B": "2"}
    for keys in (["A", "B"], ["none"]):
        answer = api.client.untag_resource(Resource=arn, TagKeys=keys)
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert api.client.list_tags(Resource=arn)["Tags"] == {}
    assert "Tags" not in api.client.get_function(FunctionName=name)


def test_tags_that_are_refused(api: ApiRegion) -> None:
    arn = api.arn(api.active(Publish=True))
    only_functions = (
        "Tags on function aliases and versions are not supported. Please specify a function ARN."
    )
    tags = {"A": "1"}
    for operation, params, code, text in (
        (
            "tag_resource",
            {"Resource": api.arn("nobody"), "Tags": tags},
            "ResourceNotFoundException",
            f"Function not found: {api.arn('nobody')}",
        ),
        (
            "tag_resource",
            {"Resource": arn, "Tags": {}},
            "InvalidParameterValueException",
            "An error occurred and the request cannot be processed.",
        ),
        (
            "tag_resource",
            {"Resource": arn, "Tags": {f"k{n}": "v" for n in range(51)}},
            "InvalidParameterValueException",
            "Number of tags exceeds resource tag limit.",
        ),
        (
            "untag_resource",
            {"Resource": arn, "TagKeys": []},
            "ValidationException",
            (
                "1 validation error detected: Value null at 'tagKeys' failed to satisfy "
                "constraint: Member must not be null"
            ),
        ),
        *(
            (
                "tag_resource",
                {"Resource": f"{arn}:{qualifier}", "Tags": tags},
                "InvalidParameterValueException",
                only_functions,
            )
            for qualifier in ("1", "$LATEST", "gone")
        ),
    ):
        refusal = api.refused(operation, **params)
        assert (refusal.code, refusal.message) == (code, text)


# -- permissions ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"Principal": "s3.amazonaws.com"}, {"Principal": {"Service": "s3.amazonaws.com"}}),
        ({"Principal": "*"}, {"Principal": "*"}),
        (
            {"Principal": "111111111111"},
            {"Principal": {"AWS": "arn:aws:iam::111111111111:root"}},
        ),
        (
            {"Principal": "arn:aws:iam::111111111111:role/r"},
            {"Principal": {"AWS": "arn:aws:iam::111111111111:role/r"}},
        ),
        (
            {"Principal": "s3.amazonaws.com", "SourceArn": "arn:aws:s3:::b"},
            {"Condition": {"ArnLike": {"AWS:SourceArn": "arn:aws:s3:::b"}}},
        ),
        (
            {"Principal": "s3.amazonaws.com", "SourceAccount": "111111111111"},
            {"Condition": {"StringEquals": {"AWS:SourceAccount": "111111111111"}}},
        ),
        (
            {"Principal": "alexa-appkit.amazon.com.amazonaws.com", "EventSourceToken": "t"},
            {"Condition": {"StringEquals": {"lambda:EventSourceToken": "t"}}},
        ),
        (
            {"Principal": "*", "PrincipalOrgID": "o-1234567890"},
            {"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1234567890"}}},
        ),
        (
            {
                "Principal": "*",
                "Action": "lambda:InvokeFunctionUrl",
                "FunctionUrlAuthType": "NONE",
            },
            {"Condition": {"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}}},
        ),
    ],
)
def test_a_statement_is_worded_as_aws_does(
    api: ApiRegion, asked: dict[str, Any], expected: dict[str, Any]
) -> None:
    name = api.active()
    params = {"StatementId": "s", "Action": "lambda:InvokeFunction", **asked}
    answer = api.client.add_permission(FunctionName=name, **params)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 201
    statement = json.loads(answer["Statement"])
    wanted = {"Sid": "s", "Effect": "Allow", "Action": params["Action"], "Resource": api.arn(name)}
    assert statement | wanted | expected == statement
    policy = json.loads(api.client.get_policy(FunctionName=name)["Policy"])
    assert policy == {"Version": "2012-10-17", "Id": "default", "Statement": [statement]}


GRANT = {"Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com"}


def test_versions_and_aliases_have_policies_of_their_own(api: ApiRegion) -> None:
    name = api.active(Publish=True)
    api.client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    for qualifier in ("1", "live"):
        answer = api.client.add_permission(
            FunctionName=name, Qualifier=qualifier, StatementId="s", **GRANT
        )
        assert json.loads(answer["Statement"])["Resource"] == f"{api.arn(name)}:{qualifier}"
    assert api.refused("get_policy", FunctionName=name).status == 404
    api.client.remove_permission(FunctionName=name, Qualifier="1", StatementId="s")
    assert api.refused("get_policy", FunctionName=name, Qualifier="1").status == 404
    api.client.get_policy(FunctionName=name, Qualifier="live")
    api.client.delete_alias(FunctionName=name, Name="live")
    api.client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    assert api.refused("get_policy", FunctionName=name, Qualifier="live").status == 404


def test_a_policy_shares_the_functions_revision(api: ApiRegion) -> None:
    name = api.active()

    def revision() -> str:
        got: str = api.client.get_function_configuration(FunctionName=name)["RevisionId"]
        return got

    before = revision()
    wrong = {"FunctionName": name, "StatementId": "s", "RevisionId": "old"}
    message = (
        "The Revision Id provided does not match the latest Revision Id. Call the "
        "GetPolicy API to retrieve the latest Revision Id"
    )
    refusal = api.refused("add_permission", **wrong, **GRANT)
    assert [*refusal] == [412, "PreconditionFailedException", message]
    api.client.add_permission(FunctionName=name, StatementId="s", RevisionId=before, **GRANT)
    added = api.client.get_policy(FunctionName=name)["RevisionId"]
    assert added == revision() != before
    assert api.refused("remove_permission", **wrong).message == message
    api.client.remove_permission(FunctionName=name, StatementId="s", RevisionId=added)
    assert revision() != added


def test_permissions_that_are_refused(api: ApiRegion) -> None:
    name = api.active()
    arn = api.arn(name)
    grant = {"FunctionName": name, "StatementId": "s", **GRANT}
    refusals = [
        ("get_policy", {}, 404, "The resource you requested does not exist."),
        (
            "remove_permission",
            {"StatementId": "s"},
            404,
            "No policy is associated with the given resource.",
        ),
        (
            "add_permission",
            {**grant, "Principal": "nobody.example.org"},
            400,
            "The provided principal was invalid. Please check the principal and try again.",
        ),
        (
            "add_permission",
            {**grant, "Qualifier": "$LATEST"},
            400,
            "We currently do not support adding policies for $LATEST.",
        ),
        ("add_permission", {**grant, "Qualifier": "5"}, 404, f"Function not found: {arn}:5"),
        ("add_permission", {**grant, "Qualifier": "no"}, 404, f"Cannot find alias arn: {arn}:no"),
    ]
    for operation, more, status, text in refusals:
        refusal = api.refused(operation, **{"FunctionName": name, **more})
        assert (refusal.status, refusal.message) == (status, text)
    api.client.add_permission(**grant)
    assert api.refused("add_permission", **grant).message == (
        "The statement id (s) provided already exists. Please provide a new statement id, or "
        "remove the existing statement."
    )
    refusal = api.refused("remove_permission", FunctionName=name, StatementId="t")
    assert refusal.message == "Statement t is not found in resource policy."


# -- layers --------------------------------------------------------------------------------

LAYER = {
    *("CompatibleArchitectures", "CompatibleRuntimes", "Content", "CreatedDate", "Description"),
    *("LayerArn", "LayerVersionArn", "LicenseInfo", "Version"),
}
TOOL = package({"python/tool.py": "WORD = 'from the layer'\n"})


def publish(api: ApiRegion, name: str, code: bytes = TOOL) -> dict[str, Any]:
    answer: dict[str, Any] = api.client.publish_layer_version(
        LayerName=name,
        Description="d",
        Content={"ZipFile": code},
        CompatibleRuntimes=[RUNTIME],
        CompatibleArchitectures=["x86_64"],
        LicenseInfo="MIT",
    )
    return answer


@pytest.mark.fidelity("layers")
def test_the_life_of_a_layer(api: ApiRegion) -> None:
    layer = api.name("layer")
    first, second = publish(api, layer), publish(api, layer)
    assert first["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert set(first) - {"ResponseMetadata"} == LAYER
    assert (first["Version"], second["Version"]) == (1, 2)
    assert first["LayerVersionArn"] == f"{first['LayerArn']}:1"
    assert set(first["Content"]) == {"CodeSha256", "CodeSize", "Location"}
    with urllib.request.urlopen(first["Content"]["Location"]) as answer:
        assert answer.read() == TOOL
    by_arn = api.client.get_layer_version_by_arn(Arn=first["LayerVersionArn"])
    by_name = api.client.get_layer_version(LayerName=first["LayerArn"], VersionNumber=1)
    for got in (by_arn, by_name):
        del got["ResponseMetadata"]
        assert got == {key: first[key] for key in LAYER}
    listed = api.client.list_layer_versions(LayerName=layer)["LayerVersions"]
    assert [version["Version"] for version in listed] == [2, 1]
    assert set(listed[0]) == LAYER - {"Content", "LayerArn"}
    mute = api.client.publish_layer_version(LayerName=layer, Content={"ZipFile": TOOL})
    assert mute["Description"] == ""
    listed = api.client.list_layer_versions(LayerName=layer)["LayerVersions"]
    assert set(listed[0]) == {"CreatedDate", "LayerVersionArn", "Version"}, "nothing was said of it"
    source = "import tool\ndef handler(e, c):\n    return tool.WORD\n"
    name = api.active(Code={"ZipFile": package(source)}, Layers=[first["LayerVersionArn"]])
    for version in (1, 2, 3):
        answer = api.client.delete_layer_version(LayerName=layer, VersionNumber=version)
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert api.client.list_layer_versions(LayerName=layer)["LayerVersions"] == []
    # Who uses a deleted version goes on using it, through updates as well.
    api.client.update_function_configuration(FunctionName=name, Timeout=9)
    api.later()
    config = api.client.get_function_configuration(FunctionName=name)
    used = [{"Arn": first["LayerVersionArn"], "CodeSize": len(TOOL)}]
    assert config["Layers"] == used
    assert api.invoke(name) == "from the layer"
    assert publish(api, layer)["Version"] == 4
    api.client.update_function_configuration(FunctionName=name, Layers=[])
    assert "Layers" not in api.client.get_function_configuration(FunctionName=name)


def test_layers_that_are_refused(api: ApiRegion) -> None:
    layer = api.name("layer")
    one, two = (publish(api, layer)["LayerVersionArn"] for _ in range(2))
    elsewhere = one.replace("us-east-1", "eu-west-1")
    gone = f"{one[:-1]}7"
    for operation, params, text in (
        ("get_layer_version", {"VersionNumber": 0}, "Layer Version Cannot be less than 1"),
        ("delete_layer_version", {"VersionNumber": 0}, "Layer Version Cannot be less than 1"),
        ("get_layer_version", {"VersionNumber": 9}, "The resource you requested does not exist."),
    ):
        assert api.refused(operation, LayerName=layer, **params).message == text
    name = api.active()
    for layers, text in (
        ([gone], f"Layer version {gone} does not exist."),
        (
            [elsewhere],
            (
                "Layers are not in the same region as the function. "
                "Layers are expected to be in region us-east-1."
            ),
        ),
        (
            [one, two],
            (
                "Two different versions of the same layer are not allowed to be referenced in the "
                f"same function. {one} and {two} are versions of the same layer."
            ),
        ),
        ([f"{one}{number}" for number in range(6)], "Cannot reference more than 5 layers."),
    ):
        refusal = api.refused("update_function_configuration", FunctionName=name, Layers=layers)
        assert (refusal.code, refusal.message) == ("InvalidParameterValueException", text)
    unversioned = one.rpartition(":")[0]
    refusal = api.refused("update_function_configuration", FunctionName=name, Layers=[unversioned])
    assert refusal.code == "ValidationException"
    assert refusal.message.startswith(
        f"1 validation error detected: Value '[{unversioned}]' at 'layers' failed to satisfy "
        "constraint: Member must satisfy constraint: ["
    )


# -- concurrency and account ---------------------------------------------------------------


def test_reserved_concurrency(api: ApiRegion) -> None:
    name = api.active()
    params = {"FunctionName": name, "ReservedConcurrentExecutions": 3}
    answer = api.client.put_function_concurrency(**params)
    assert answer["ReservedConcurrentExecutions"] == 3
    got = api.client.get_function_concurrency(FunctionName=name)
    assert got["ReservedConcurrentExecutions"] == 3
    got = api.client.get_function(FunctionName=name)
    assert got["Concurrency"] == {"ReservedConcurrentExecutions": 3}
    settings = api.client.get_account_settings()["AccountLimit"]
    assert settings["UnreservedConcurrentExecutions"] == settings["ConcurrentExecutions"] - 3
    answer = api.client.delete_function_concurrency(FunctionName=name)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
    got = api.client.get_function_concurrency(FunctionName=name)
    assert set(got) == {"ResponseMetadata"}


def test_concurrency_that_is_refused(api: ApiRegion) -> None:
    name = api.active()
    missing = f"Function not found: {api.arn('nobody')}:$LATEST"
    account = int(facts.value("concurrency.default"))
    keep = int(facts.value("concurrency.unreserved-minimum"))
    qualified = (
        "This operation is permitted on Lambda functions only. Aliases and versions do not "
        "support this operation. Please specify either a function name or an unqualified "
        "function ARN."
    )
    for function, wanted, text in (
        ("nobody", 1, missing),
        ("nobody", account + 1, missing),
        (f"{api.arn(name)}:$LATEST", 1, qualified),
        (f"{api.arn(name)}:live", 1, qualified),
        (
            name,
            account - keep + 1,
            (
                "Specified ReservedConcurrentExecutions for function decreases account's "
                f"UnreservedConcurrentExecution below its minimum value of [{keep}]."
            ),
        ),
    ):
        params = {"FunctionName": function, "ReservedConcurrentExecutions": wanted}
        assert api.refused("put_function_concurrency", **params).message == text


def test_a_function_that_may_not_run_is_throttled(api: ApiRegion) -> None:
    name = api.active()
    api.client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    refusal = api.refused("invoke", FunctionName=name)
    assert [*refusal] == [429, "TooManyRequestsException", "Rate Exceeded."]
    assert refusal.members >= {"Reason", "Type", "message"}


@pytest.mark.fidelity("account-settings")
def test_account_settings_count_what_is_stored(api: ApiRegion) -> None:
    before = api.client.get_account_settings()
    assert before["AccountLimit"] == {
        "TotalCodeSize": int(facts.value("storage.code")) * 1024**3,
        "CodeSizeUnzipped": facts.value("package.unzipped-maximum"),
        "CodeSizeZipped": facts.value("package.zip.direct-maximum"),
        "ConcurrentExecutions": facts.value("concurrency.default"),
        "UnreservedConcurrentExecutions": facts.value("concurrency.default"),
    }
    size = len(package())
    name = api.active(Publish=True)
    publish(api, api.name("layer"))
    after = api.client.get_account_settings()
    grown = after["AccountUsage"]["TotalCodeSize"] - before["AccountUsage"]["TotalCodeSize"]
    assert grown == 2 * size + len(TOOL)
    count = before["AccountUsage"]["FunctionCount"]
    assert after["AccountUsage"]["FunctionCount"] == count + 1
    api.client.delete_function(FunctionName=name)
    assert api.client.get_account_settings()["AccountUsage"]["FunctionCount"] == count
