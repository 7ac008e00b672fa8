"""Aliases with weights: what AWS takes and refuses, and what is said of them."""

from __future__ import annotations

import http.client
import json
from typing import Any

import pytest

from event_tools import queue, role
from live_region import LiveRegion
from release_tools import alias, refusal, routing_config, versions


def test_weights_are_described_until_they_are_taken_away(lab: LiveRegion) -> None:
    name = versions(lab)
    made = alias(lab, name, "1", v2=0.25)
    assert made["RoutingConfig"] == {"AdditionalVersionWeights": {"2": 0.25}}
    assert made["FunctionVersion"] == "1"
    got = lab.lam.get_alias(FunctionName=name, Name="live")
    assert {key: got[key] for key in made} == made
    (listed,) = lab.lam.list_aliases(FunctionName=name)["Aliases"]
    assert listed == made
    # What a change leaves out stays.
    changed = lab.lam.update_alias(FunctionName=name, Name="live", Description="x")
    assert changed["RoutingConfig"] == made["RoutingConfig"]
    assert changed["RevisionId"] != made["RevisionId"]
    cleared = lab.lam.update_alias(FunctionName=name, Name="live", RoutingConfig={})
    assert "RoutingConfig" not in cleared


def test_both_versions_are_found_by_the_filter(lab: LiveRegion) -> None:
    name = versions(lab, 3)
    alias(lab, name, "1", v2=0.25)
    lab.lam.create_alias(FunctionName=name, Name="other", FunctionVersion="2")
    found = {}
    for version in ("1", "2", "3"):
        listed = lab.lam.list_aliases(FunctionName=name, FunctionVersion=version)["Aliases"]
        found[version] = [one["Name"] for one in listed]
    assert found == {"1": ["live"], "2": ["live", "other"], "3": []}


@pytest.mark.parametrize("weight", [0.0, 1.0, 0.5, 1])
def test_every_weight_from_nothing_to_everything(lab: LiveRegion, weight: float) -> None:
    made = alias(lab, versions(lab), "1", v2=weight)
    assert made["RoutingConfig"]["AdditionalVersionWeights"] == {"2": weight}


@pytest.mark.parametrize("weight", [1.01, 100, 1e300])
def test_weights_beyond_the_bounds(lab: LiveRegion, weight: float) -> None:
    name = versions(lab)
    status, code, message = refusal(alias, lab=lab, name=name, version="1", v2=weight)
    assert (status, code) == (400, "ValidationException")
    assert "'routingConfig.additionalVersionWeights' failed to satisfy constraint" in message
    assert lab.lam.list_aliases(FunctionName=name)["Aliases"] == []


@pytest.mark.parametrize("weight", ["NaN", "Infinity", '"0.5"', "true", "null", "[]", "{}", "-0.1"])
def test_weights_that_no_sdk_sends(lab: LiveRegion, weight: str) -> None:
    name = versions(lab)
    body = '{"Name": "live", "FunctionVersion": "1", "RoutingConfig": '
    body += f'{{"AdditionalVersionWeights": {{"2": {weight}}}}}}}'
    connection = http.client.HTTPConnection("127.0.0.1", lab.region.port, timeout=60)
    scope = "Credential=a/20261121/us-east-1/lambda/aws4_request"
    signed = {"Authorization": f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0"}
    path = f"/2015-03-31/functions/{name}/aliases"
    connection.request("POST", path, body=body.encode(), headers=signed)
    answer = connection.getresponse()
    told = json.loads(answer.read())
    connection.close()
    assert answer.status == 400, told
    assert lab.lam.list_aliases(FunctionName=name)["Aliases"] == []


@pytest.mark.parametrize(
    ("version", "weights", "status", "code", "text"),
    [
        (
            "1",
            {"1": 0.5},
            400,
            "InvalidParameterValueException",
            "Invalid function version 1. Function version 1 is already included",
        ),
        (
            "$LATEST",
            {"1": 0.5},
            400,
            "InvalidParameterValueException",
            "$LATEST is not supported for an alias pointing to more than 1 version",
        ),
        ("1", {"$LATEST": 0.5}, 400, "ValidationException", "1 validation error detected"),
        ("1", {"live": 0.5}, 400, "ValidationException", "1 validation error detected"),
        (
            "1",
            {"2": 0.5, "3": 0.1},
            400,
            "InvalidParameterValueException",
            "Number of items in AdditionalVersionWeights cannot be greater than 1",
        ),
        ("1", {"9": 0.5}, 404, "ResourceNotFoundException", "Function not found: "),
        ("other", {}, 400, "ValidationException", "1 validation error detected"),
    ],
)
@pytest.mark.parametrize("operation", ["create_alias", "update_alias"])
@pytest.mark.fidelity("aliases")
def test_what_an_alias_may_not_point_to(
    lab: LiveRegion,
    operation: str,
    version: str,
    weights: dict[str, float],
    status: int,
    code: str,
    text: str,
) -> None:
    name = versions(lab, 3)
    lab.lam.create_alias(FunctionName=name, Name="other", FunctionVersion="1")
    asked: dict[str, Any] = {"FunctionName": name, "Name": "other", "FunctionVersion": version}
    asked["Name"] = "new" if operation == "create_alias" else "other"
    got = refusal(getattr(lab.lam, operation), **asked, **routing_config(weights))
    assert got[:2] == (status, code)
    assert got[2].startswith(text)
    (kept,) = lab.lam.list_aliases(FunctionName=name)["Aliases"]
    assert (kept["FunctionVersion"], "RoutingConfig" in kept) == ("1", False)


def test_the_version_that_has_a_share_cannot_become_the_first(lab: LiveRegion) -> None:
    name = versions(lab)
    alias(lab, name, "1", v2=0.5)
    asked = {"FunctionName": name, "Name": "live", "FunctionVersion": "2"}
    assert refusal(lab.lam.update_alias, **asked)[:2] == (400, "InvalidParameterValueException")
    promoted = lab.lam.update_alias(**asked, RoutingConfig={})
    assert (promoted["FunctionVersion"], "RoutingConfig" in promoted) == ("2", False)


@pytest.mark.parametrize("what", ["execution role", "dead-letter queue"])
def test_versions_that_are_not_alike(lab: LiveRegion, what: str) -> None:
    name = versions(lab, 1)
    _, arn = queue(lab)
    sends = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}
    other = role(lab, sends)
    lab.lam.update_function_configuration(FunctionName=name, Role=other)
    lab.settle()
    lab.lam.publish_version(FunctionName=name)
    lab.lam.update_function_configuration(FunctionName=name, DeadLetterConfig={"TargetArn": arn})
    lab.settle()
    lab.lam.publish_version(FunctionName=name)
    first, second = ("1", "2") if what == "execution role" else ("2", "3")
    status, code, message = refusal(
        lab.lam.create_alias,
        FunctionName=name,
        Name="live",
        FunctionVersion=first,
        **routing_config({second: 0.5}),
    )
    assert (status, code) == (400, "InvalidParameterValueException")
    assert what in message


def test_an_alias_hangs_on_the_function_itself(lab: LiveRegion) -> None:
    name = versions(lab, 1)
    for qualified in (f"{name}:1", f"{name}:live"):
        got = refusal(lab.lam.create_alias, FunctionName=qualified, Name="x", FunctionVersion="1")
        assert got[0] in (400, 404)
    assert lab.lam.list_aliases(FunctionName=name)["Aliases"] == []


def test_pages_of_aliases(lab: LiveRegion) -> None:
    name = versions(lab, 1)
    names = [f"a{number:02}" for number in range(7)]
    for one in reversed(names):
        lab.lam.create_alias(FunctionName=name, Name=one, FunctionVersion="1")
    paginator = lab.lam.get_paginator("list_aliases")
    pages = [*paginator.paginate(FunctionName=name, PaginationConfig={"PageSize": 3})]
    assert [len(page["Aliases"]) for page in pages] == [3, 3, 1]
    assert [one["Name"] for page in pages for one in page["Aliases"]] == names
