"""Lists in pages: nothing twice, nothing missed, no marker that never was."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest

from api_region import ApiRegion, package


def pages(api: ApiRegion, operation: str, member: str, **params: Any) -> list[dict[str, Any]]:
    """Return everything, listed one by one."""
    listed: list[dict[str, Any]] = []
    marker: dict[str, str] = {}
    while True:
        page = getattr(api.client, operation)(MaxItems=1, **params, **marker)
        assert len(page[member]) <= 1
        listed += page[member]
        if "NextMarker" not in page:
            return listed
        marker = {"Marker": page["NextMarker"]}


@pytest.mark.fidelity("paging")
def test_every_list_goes_on_where_it_stopped(api: ApiRegion) -> None:
    first, second = sorted(api.active(Publish=True) for _ in range(2))
    for number in range(11):
        api.client.update_function_code(FunctionName=first, ZipFile=package(f"# {number}\n"))
        api.later()
        api.client.publish_version(FunctionName=first)
    for name in ("b", "a", "c"):
        api.client.create_alias(FunctionName=first, Name=name, FunctionVersion="1")
    for layer in ("two", "one", "two"):
        api.client.publish_layer_version(LayerName=layer, Content={"ZipFile": package()})
    numbers = [str(number) for number in range(1, 13)]
    wanted: list[tuple[str, str, dict[str, Any], Callable[[dict[str, Any]], Any], list[Any]]] = [
        ("list_functions", "Functions", {}, lambda f: f["FunctionName"], [first, second]),
        (
            "list_functions",
            "Functions",
            {"FunctionVersion": "ALL"},
            lambda f: (f["FunctionName"], f["Version"]),
            [(first, v) for v in ("$LATEST", *numbers)] + [(second, "$LATEST"), (second, "1")],
        ),
        (
            "list_versions_by_function",
            "Versions",
            {"FunctionName": first},
            lambda f: f["Version"],
            ["$LATEST", *numbers],
        ),
        ("list_aliases", "Aliases", {"FunctionName": first}, lambda a: a["Name"], ["a", "b", "c"]),
        ("list_layers", "Layers", {}, lambda layer: layer["LayerName"], ["one", "two"]),
        ("list_layer_versions", "LayerVersions", {"LayerName": "two"}, lambda v: v["Version"],
         [2, 1]),
    ]  # fmt: skip
    for operation, member, params, identity, expected in wanted:
        listed = [identity(item) for item in pages(api, operation, member, **params)]
        assert listed == expected, operation


def test_no_function_is_a_replica_at_the_edge(api: ApiRegion) -> None:
    name = api.active()
    asked = {"FunctionVersion": "ALL"}
    assert api.client.list_functions(MasterRegion="us-east-1", **asked)["Functions"] == []
    listed = pages(api, "list_functions", "Functions", MasterRegion="ALL", **asked)
    assert name in [function["FunctionName"] for function in listed]
    refusal = api.refused("list_functions", MasterRegion="us-east-1")
    assert (refusal.status, refusal.code) == (400, "InvalidParameterValueException")
    api.client.delete_function(FunctionName=name)


def test_deleting_page_by_page_misses_nothing(api: ApiRegion) -> None:
    for _ in range(7):
        api.create()
    marker: dict[str, str] = {}
    while True:
        page = api.client.list_functions(MaxItems=2, **marker)
        for function in page["Functions"]:
            api.client.delete_function(FunctionName=function["FunctionName"])
        if "NextMarker" not in page:
            break
        marker = {"Marker": page["NextMarker"]}
    assert api.client.list_functions()["Functions"] == []


def encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "marker",
    [
        *("foo", "1", "-1", "²", "٣", "9" * 5_000, "é", "%zz"),
        *map(encoded, ["null", "5", "{}", "[[]]", '["f", "1"]', "[0]", "[" * 9_000]),
    ],
    ids=lambda marker: marker[:12],
)
def test_a_marker_that_no_answer_carried(api: ApiRegion, marker: str) -> None:
    name = api.active(Publish=True)
    for operation, params in (
        ("list_functions", {}),
        ("list_versions_by_function", {"FunctionName": name}),
    ):
        refusal = api.refused(operation, Marker=marker, **params)
        assert (refusal.status, refusal.code) == (400, "InvalidParameterValueException")
        assert "NextMarker" in refusal.message


def test_at_most_fifty_at_a_time(api: ApiRegion) -> None:
    while len(api.client.list_functions()["Functions"]) < 50:
        api.create()
    api.create()
    for asked in ({}, {"MaxItems": 51}, {"MaxItems": 10_000}):
        page = api.client.list_functions(**asked)
        assert len(page["Functions"]) == 50
        assert page["NextMarker"]
