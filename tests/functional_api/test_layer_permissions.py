"""Who may use a layer version: stored and worded as on AWS, enforced by nobody."""

from __future__ import annotations

import json
from typing import Any

import pytest

from api_region import ApiRegion, package
from lambda_lab import facts

GRANT = {"StatementId": "s1", "Action": "lambda:GetLayerVersion", "Principal": "*"}
NO_POLICY = "No policy is associated with the given resource."


@pytest.fixture
def layer(api: ApiRegion) -> dict[str, Any]:
    """Return the parameters that name a new layer version."""
    name = api.name("layer")
    api.client.publish_layer_version(LayerName=name, Content={"ZipFile": package()})
    return {"LayerName": name, "VersionNumber": 1}


def arn_of(layer: dict[str, Any]) -> str:
    return f"arn:aws:lambda:us-east-1:123456789012:layer:{layer['LayerName']}:1"


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, {"Principal": "*"}),
        (
            {"Principal": "111111111111"},
            {"Principal": {"AWS": "arn:aws:iam::111111111111:root"}},
        ),
        (
            {"OrganizationId": "o-1234567890"},
            {
                "Principal": "*",
                "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1234567890"}},
            },
        ),
    ],
)
@pytest.mark.fidelity("layer-permissions")
def test_the_life_of_a_permission(
    api: ApiRegion, layer: dict[str, Any], asked: dict[str, Any], expected: dict[str, Any]
) -> None:
    added = api.client.add_layer_version_permission(**layer, **GRANT | asked)
    assert added["ResponseMetadata"]["HTTPStatusCode"] == 201
    statement = {
        "Sid": "s1",
        "Effect": "Allow",
        "Action": "lambda:GetLayerVersion",
        "Resource": arn_of(layer),
        **expected,
    }
    assert json.loads(added["Statement"]) == statement
    found = api.client.get_layer_version_policy(**layer)
    assert json.loads(found["Policy"]) == {
        "Version": "2012-10-17",
        "Id": "default",
        "Statement": [statement],
    }
    assert found["RevisionId"] == added["RevisionId"]
    removed = api.client.remove_layer_version_permission(**layer, StatementId="s1")
    assert removed["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert [*api.refused("get_layer_version_policy", **layer)] == [
        404, "ResourceNotFoundException", NO_POLICY,
    ]  # fmt: skip


def test_permissions_that_are_refused(api: ApiRegion, layer: dict[str, Any]) -> None:
    remove = "remove_layer_version_permission"
    assert api.refused(remove, **layer, StatementId="s1").message == NO_POLICY
    api.client.add_layer_version_permission(**layer, **GRANT)
    assert [*api.refused("add_layer_version_permission", **layer, **GRANT)] == [
        409,
        "ResourceConflictException",
        (
            "The statement id (s1) provided already exists. Please provide a new statement id, "
            "or remove the existing statement."
        ),
    ]
    assert [*api.refused(remove, **layer, StatementId="s2")] == [
        404, "ResourceNotFoundException", "Statement s2 is not found in resource policy.",
    ]  # fmt: skip
    refusal = api.refused("add_layer_version_permission", **layer, **GRANT | {"Action": "lambda:*"})
    assert refusal.code == "ValidationException"
    assert "Member must satisfy regular expression pattern: lambda:GetLayerVersion" in (
        refusal.message
    )


def test_a_change_from_an_old_revision_is_refused(api: ApiRegion, layer: dict[str, Any]) -> None:
    stale = {"RevisionId": "11111111-1111-1111-1111-111111111111"}
    added = api.client.add_layer_version_permission(**layer, **GRANT)
    second = GRANT | {"StatementId": "s2"}
    for operation, params in (
        ("add_layer_version_permission", second),
        ("remove_layer_version_permission", {"StatementId": "s1"}),
    ):
        assert [*api.refused(operation, **layer, **params, **stale)] == [
            412,
            "PreconditionFailedException",
            (
                "The Revision Id provided does not match the latest Revision Id. Call the "
                "GetLayerPolicy API to retrieve the latest Revision Id"
            ),
        ]
    newest = {"RevisionId": added["RevisionId"]}
    again = api.client.add_layer_version_permission(**layer, **second, **newest)
    assert again["RevisionId"] != added["RevisionId"]


def test_a_policy_has_its_length(api: ApiRegion, layer: dict[str, Any]) -> None:
    grants = [GRANT | {"StatementId": f"s{number}-" + "n" * 90} for number in range(100)]
    refused = 0
    for grant in grants:
        try:
            api.client.add_layer_version_permission(**layer, **grant)
        except api.client.exceptions.PolicyLengthExceededException:
            refused += 1
    text = api.client.get_layer_version_policy(**layer)["Policy"]
    assert 0 < refused == len(grants) - len(json.loads(text)["Statement"])
    limit = int(facts.value("function.policy.maximum"))
    assert len(text) <= limit < len(text) * (1 + 2 / len(grants))


def test_permissions_of_what_is_not_there(api: ApiRegion, layer: dict[str, Any]) -> None:
    for missing in ({**layer, "VersionNumber": 7}, {"LayerName": "none", "VersionNumber": 7}):
        arn = arn_of(missing).removesuffix(":1") + ":7"
        for operation, params in (
            ("add_layer_version_permission", GRANT),
            ("get_layer_version_policy", {}),
            ("remove_layer_version_permission", {"StatementId": "s1"}),
        ):
            assert [*api.refused(operation, **missing, **params)] == [
                404, "ResourceNotFoundException", f"Layer version {arn} does not exist.",
            ]  # fmt: skip
    api.client.add_layer_version_permission(**layer, **GRANT)
    api.client.delete_layer_version(**layer)
    refusal = api.refused("get_layer_version_policy", **layer)
    assert refusal.message == f"Layer version {arn_of(layer)} does not exist."


def test_a_layer_of_another_account_is_not_ours_to_share(
    api: ApiRegion, layer: dict[str, Any]
) -> None:
    arn = f"arn:aws:lambda:us-east-1:111111111111:layer:{layer['LayerName']}"
    refusal = api.refused("add_layer_version_permission", LayerName=arn, VersionNumber=1, **GRANT)
    assert (refusal.status, refusal.code) == (403, "AccessDeniedException")
