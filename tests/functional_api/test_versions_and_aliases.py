"""Versions and aliases: what publishing freezes, and which RevisionId changes when."""

from __future__ import annotations

from typing import Any

import pytest

from api_region import ApiRegion, package


def published(api: ApiRegion, name: str) -> list[str]:
    versions = api.client.list_versions_by_function(FunctionName=name)["Versions"]
    return [version["Version"] for version in versions]


def revision(api: ApiRegion, name: str, **more: str) -> str:
    got: str = api.client.get_function(FunctionName=name, **more)["Configuration"]["RevisionId"]
    return got


def test_publishing_freezes_code_and_configuration(api: ApiRegion) -> None:
    name = api.active(Code={"ZipFile": package("def handler(e, c):\n    return 'one'\n")})
    answer = api.client.publish_version(FunctionName=name, Description="the first")
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert (answer["Version"], answer["Description"]) == ("1", "the first")
    assert answer["FunctionArn"] == f"{api.arn(name)}:1"
    assert (answer["State"], answer["LastUpdateStatus"]) == ("Active", "Successful")
    changed = package("def handler(e, c):\n    return c.function_version\n")
    api.client.update_function_code(FunctionName=name, ZipFile=changed)
    api.later()
    assert api.invoke(name, Qualifier="1") == "one"
    assert api.invoke(name) == "$LATEST"
    assert published(api, name) == ["$LATEST", "1"]


def test_nothing_new_is_not_published_twice(api: ApiRegion) -> None:
    name = api.active()
    first = api.client.publish_version(FunctionName=name)
    second = api.client.publish_version(FunctionName=name, Description="ignored")
    assert second["RevisionId"] == first["RevisionId"]
    assert second["Description"] == ""
    assert published(api, name) == ["$LATEST", "1"]


def test_created_and_published_in_one_call(api: ApiRegion) -> None:
    made = api.create(Publish=True)
    name = made["FunctionName"]
    assert (made["Version"], made["State"]) == ("1", "Pending")
    assert made["FunctionArn"] == f"{api.arn(name)}:1"
    assert "LastUpdateStatus" not in made
    assert api.refused("invoke", FunctionName=name, Qualifier="1").status == 409
    api.later()
    assert api.invoke(name, 3, Qualifier="1") == 3


def test_updated_and_published_in_one_call(api: ApiRegion) -> None:
    name = api.active()
    changed = package("def handler(e, c):\n    return 'new'\n")
    answer = api.client.update_function_code(FunctionName=name, ZipFile=changed, Publish=True)
    assert (answer["Version"], answer["State"]) == ("1", "Pending")
    quick = {"Delay": 0, "MaxAttempts": 10_000}
    waiter = api.client.get_waiter("published_version_active")
    waiter.wait(FunctionName=name, Qualifier="1", WaiterConfig=quick)
    assert api.invoke(name, Qualifier="1") == "new"
    config = api.client.get_function_configuration(FunctionName=name, Qualifier="1")
    assert (config["State"], config["LastUpdateStatus"]) == ("Active", "Successful")


def test_publishing_from_a_stated_hash(api: ApiRegion) -> None:
    name = api.active()
    current = api.client.get_function_configuration(FunctionName=name)["CodeSha256"]
    refusal = api.refused("publish_version", FunctionName=name, CodeSha256="other")
    assert [*refusal] == [
        400,
        "InvalidParameterValueException",
        (
            f"CodeSHA256 (other) is different from current CodeSHA256 in $LATEST ({current}). "
            "Please try again with the CodeSHA256 in $LATEST."
        ),
    ]
    assert api.client.publish_version(FunctionName=name, CodeSha256=current)["Version"] == "1"


def test_version_numbers_are_never_used_again(api: ApiRegion) -> None:
    name = api.active(Publish=True)
    api.client.delete_function(FunctionName=name, Qualifier="1")
    api.client.update_function_configuration(FunctionName=name, Timeout=4)
    api.later()
    assert api.client.publish_version(FunctionName=name)["Version"] == "2"
    api.client.delete_function(FunctionName=name)
    api.active(name)
    assert api.client.publish_version(FunctionName=name)["Version"] == "3"


def test_which_revision_changes_when(api: ApiRegion) -> None:
    created = api.create()
    name = created["FunctionName"]
    api.later()
    active = revision(api, name)
    version = api.client.publish_version(FunctionName=name, RevisionId=active)
    latest = revision(api, name)
    assert len({created["RevisionId"], active, version["RevisionId"], latest}) == 4
    assert revision(api, name, Qualifier="1") == version["RevisionId"]
    alias = api.client.create_alias(FunctionName=name, Name="rev", FunctionVersion="1")
    assert set(alias) - {"ResponseMetadata"} == {
        *("AliasArn", "Description", "FunctionVersion", "Name", "RevisionId"),
    }
    assert revision(api, name) == latest
    refusal = api.refused("update_alias", FunctionName=name, Name="rev", RevisionId="old")
    assert refusal.code == "PreconditionFailedException"
    changed = api.client.update_alias(
        FunctionName=name, Name="rev", Description="x", RevisionId=alias["RevisionId"]
    )
    assert changed["RevisionId"] != alias["RevisionId"]
    assert revision(api, name) == latest


@pytest.mark.fidelity("aliases")
def test_an_alias_is_called_by_its_own_arn(api: ApiRegion) -> None:
    source = "def handler(e, c):\n    return [c.invoked_function_arn, c.function_version]\n"
    name = api.active(Publish=True, Code={"ZipFile": package(source)})
    made = api.client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert made["AliasArn"] == f"{api.arn(name)}:live"
    assert api.invoke(name, Qualifier="live") == [f"{api.arn(name)}:live", "1"]
    answer = api.client.invoke(FunctionName=made["AliasArn"])
    assert answer["ExecutedVersion"] == "1"
    api.client.update_alias(FunctionName=name, Name="live", FunctionVersion="$LATEST")
    assert api.invoke(name, Qualifier="live") == [f"{api.arn(name)}:live", "$LATEST"]
    listed = api.client.list_aliases(FunctionName=name, FunctionVersion="$LATEST")["Aliases"]
    assert [alias["Name"] for alias in listed] == ["live"]
    assert api.client.list_aliases(FunctionName=name, FunctionVersion="1")["Aliases"] == []
    for _ in range(2):  # one that is not there is no error
        answer = api.client.delete_alias(FunctionName=name, Name="live")
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
    for operation, text in (
        ("get_alias", "Cannot find alias arn"),
        ("update_alias", "Alias not found"),
    ):
        refusal = api.refused(operation, FunctionName=name, Name="live")
        assert [*refusal] == [
            404,
            "ResourceNotFoundException",
            f"{text}: {api.arn(name)}:live",
        ]


@pytest.mark.parametrize(
    ("change", "status", "code", "text"),
    [
        ({"FunctionVersion": "9"}, 404, "ResourceNotFoundException", "Function not found: {arn}:9"),
        ({"Name": "live"}, 409, "ResourceConflictException", "Alias already exists: {arn}:live"),
        (
            {"Name": "1234"},
            400,
            "ValidationException",
            (
                "1 validation error detected: Value '1234' at 'name' failed to satisfy constraint: "
                "Member must satisfy regular expression pattern: "
            ),
        ),
        (
            {"RoutingConfig": {"AdditionalVersionWeights": {"1": 0.5, "2": 0.2}}},
            400,
            "InvalidParameterValueException",
            "Number of items in AdditionalVersionWeights cannot be greater than 1",
        ),
        (
            {"RoutingConfig": {"AdditionalVersionWeights": {"1": 0.5}}},
            400,
            "InvalidParameterValueException",
            (
                "Invalid function version 1. Function version 1 is already included in routing "
                "configuration."
            ),
        ),
        (
            {
                "FunctionVersion": "$LATEST",
                "RoutingConfig": {"AdditionalVersionWeights": {"1": 0.5}},
            },
            400,
            "InvalidParameterValueException",
            "$LATEST is not supported for an alias pointing to more than 1 version",
        ),
        (
            {"RoutingConfig": {"AdditionalVersionWeights": {"9": 0.5}}},
            404,
            "ResourceNotFoundException",
            "Function not found: {arn}:9",
        ),
    ],
)
def test_aliases_that_cannot_be(
    api: ApiRegion, change: dict[str, Any], status: int, code: str, text: str
) -> None:
    name = api.active(Publish=True)
    api.client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    asked = {"FunctionName": name, "Name": "new", "FunctionVersion": "1"} | change
    refusal = api.refused("create_alias", **asked)
    assert (refusal.status, refusal.code) == (status, code)
    assert refusal.message.startswith(text.format(arn=api.arn(name)))
