"""Versions: what makes a new one, what of it never changes, and which one cannot go."""

from __future__ import annotations

from typing import Any

import pytest

from live_region import LiveRegion
from release_tools import TELLS, alias, refusal, versions


@pytest.mark.fidelity("versions")
def test_the_same_code_and_configuration_are_one_version(lab: LiveRegion) -> None:
    name = versions(lab, 1)
    first = lab.lam.publish_version(FunctionName=name)
    lab.update(name, TELLS)  # the very same code again
    lab.settle()
    lab.lam.update_function_configuration(FunctionName=name, Timeout=9)
    lab.settle()
    lab.lam.update_function_configuration(FunctionName=name, Timeout=10)  # and as it was
    lab.settle()
    again = lab.lam.publish_version(FunctionName=name, Description="not taken")
    assert (again["Version"], again["RevisionId"]) == ("1", first["RevisionId"])
    assert again["Description"] == "number 1"


@pytest.mark.parametrize(
    "change",
    [
        {"Timeout": 9},
        {"MemorySize": 256},
        {"Description": "other"},
        {"Environment": {"Variables": {"LEVEL": "1"}}},
        {"EphemeralStorage": {"Size": 600}},
        {"TracingConfig": {"Mode": "Active"}},
        {"LoggingConfig": {"LogFormat": "JSON"}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_any_other_configuration_is_another_version(
    lab: LiveRegion, change: dict[str, Any]
) -> None:
    name = versions(lab, 1)
    before = lab.lam.get_function_configuration(FunctionName=name, Qualifier="1")
    lab.lam.update_function_configuration(FunctionName=name, **change)
    lab.settle()
    assert lab.lam.publish_version(FunctionName=name)["Version"] == "2"
    after = lab.lam.get_function_configuration(FunctionName=name, Qualifier="1")
    assert {**after, "ResponseMetadata": None} == {**before, "ResponseMetadata": None}


def test_publishing_after_the_newest_was_deleted_makes_a_new_one(lab: LiveRegion) -> None:
    name = versions(lab, 2)
    lab.lam.delete_function(FunctionName=name, Qualifier="2")
    assert lab.lam.publish_version(FunctionName=name)["Version"] == "3"
    listed = lab.lam.list_versions_by_function(FunctionName=name)["Versions"]
    assert [one["Version"] for one in listed] == ["$LATEST", "1", "3"]


def test_a_description_of_a_version_is_its_own(lab: LiveRegion) -> None:
    name = lab.deploy(TELLS, Description="of the function")
    assert lab.lam.publish_version(FunctionName=name, Description="one")["Description"] == "one"
    assert lab.lam.publish_version(FunctionName=name)["Version"] == "1"


@pytest.mark.parametrize("guard", ["RevisionId", "CodeSha256"])
def test_guards_refuse_and_nothing_is_published(lab: LiveRegion, guard: str) -> None:
    name = lab.deploy(TELLS)
    status, code, _ = refusal(lab.lam.publish_version, FunctionName=name, **{guard: "other"})
    expected = {
        "RevisionId": (412, "PreconditionFailedException"),
        "CodeSha256": (400, "InvalidParameterValueException"),
    }
    assert (status, code) == expected[guard]
    assert len(lab.lam.list_versions_by_function(FunctionName=name)["Versions"]) == 1


@pytest.mark.parametrize(
    "change",
    [
        ("update_function_configuration", {"Timeout": 5}),
        ("update_function_code", {"ZipFile": b"PK"}),
        ("publish_version", {}),
        ("put_function_concurrency", {"ReservedConcurrentExecutions": 1}),
    ],
    ids=lambda change: change[0],
)
@pytest.mark.fidelity("versions")
def test_a_version_takes_no_change(lab: LiveRegion, change: tuple[str, dict[str, Any]]) -> None:
    name = versions(lab, 1)
    operation, more = change
    status, code, _ = refusal(getattr(lab.lam, operation), FunctionName=f"{name}:1", **more)
    assert (status, code) == (400, "InvalidParameterValueException")


def test_what_an_alias_names_cannot_be_deleted(lab: LiveRegion) -> None:
    name = versions(lab, 3)
    alias(lab, name, "1", v2=0.5)
    for version in ("1", "2"):
        assert refusal(lab.lam.delete_function, FunctionName=name, Qualifier=version) == (
            409,
            "ResourceConflictException",
            "Unable to delete version because the following aliases reference it: [live]",
        )
    lab.lam.delete_function(FunctionName=name, Qualifier="3")
    lab.lam.update_alias(FunctionName=name, Name="live", RoutingConfig={})
    lab.lam.delete_function(FunctionName=f"{name}:2")
    assert refusal(lab.lam.invoke, FunctionName=name, Qualifier="2")[:2] == (
        404,
        "ResourceNotFoundException",
    )
    for qualifier in ("$LATEST", "live"):
        got = refusal(lab.lam.delete_function, FunctionName=name, Qualifier=qualifier)
        assert got[:2] == (400, "InvalidParameterValueException")


def test_aliases_go_with_their_function(lab: LiveRegion) -> None:
    name = versions(lab, 2)
    alias(lab, name, "1", v2=0.5)
    lab.lam.delete_function(FunctionName=name)
    lab.deploy(TELLS, name)
    assert lab.lam.list_aliases(FunctionName=name)["Aliases"] == []


def test_each_version_has_environments_and_log_streams_of_its_own(lab: LiveRegion) -> None:
    name = versions(lab, 2)
    for qualifier in ("1", "2", "$LATEST", "1"):
        answer = lab.call(name, Qualifier=qualifier)
        assert answer.version == answer.value["version"] == qualifier
        assert answer.tail[-3 if answer.tail[0].startswith("START") else 1].startswith("START")
        assert f"Version: {qualifier}" in "\n".join(answer.tail)
    environments = lab.idle(name)
    assert sorted(one["version"] for one in environments) == ["$LATEST", "1", "2"]
    assert len({one["pid"] for one in environments}) == 3
    streams = lab.client("logs").describe_log_streams(logGroupName=f"/aws/lambda/{name}")
    found = sorted(
        one["logStreamName"].split("[")[1].split("]")[0] for one in streams["logStreams"]
    )
    assert found == ["$LATEST", "1", "2"]


def test_new_code_leaves_the_environments_of_versions_alone(lab: LiveRegion) -> None:
    name = versions(lab, 1)
    lab.call(name, Qualifier="1")
    (before,) = lab.idle(name)
    lab.update(name, TELLS + "\n# other\n")
    lab.settle()
    lab.call(name, Qualifier="1")
    (after,) = lab.idle(name)
    assert (after["id"], after["invocations"]) == (before["id"], 2)
