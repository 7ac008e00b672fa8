"""The small parts that pollers of streams are made of."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from lambda_lab.invoke.mapping.shard import lane_of
from lambda_lab.invoke.mapping.stream_positions import Positions, ShardPosition
from lambda_lab.invoke.mapping.stream_records import filter_document, object_key, returned_state


def test_a_position_waits_for_the_first_that_is_open() -> None:
    position = ShardPosition(0)
    for number in range(1, 6):
        assert position.read(number)
    position.finish([5, 2, 3])
    assert position.after == 0
    position.finish([1])
    assert position.after == 3
    position.finish([4])
    assert (position.after, position.complete) == (5, True)


def test_finishing_twice_changes_nothing() -> None:
    position = ShardPosition(0)
    position.read(1)
    position.finish([1])
    position.finish([1])
    assert position.read(2)
    assert position.after == 1


def test_what_ends_after_a_restart_still_counts() -> None:
    position = ShardPosition(0)
    position.read(1)
    position.read(2)
    position.restart()
    position.finish([1])
    assert not position.read(1)
    assert position.read(2)
    assert position.after == 1


def test_positions_are_of_one_stream() -> None:
    positions = Positions()
    assert not positions.belong_to("a")
    positions.shards["s"] = ShardPosition(7)
    assert not positions.belong_to("a")
    assert positions.belong_to("b")
    assert positions.shards == {}


def test_a_key_has_one_lane_and_keys_are_spread() -> None:
    keys = [f"key-{number}" for number in range(200)]
    assert [lane_of(key, 10) for key in keys] == [lane_of(key, 10) for key in keys]
    assert {lane_of(key, 10) for key in keys} == set(range(10))
    assert lane_of("\ud800", 3) in range(3)


def kinesis(data: bytes) -> dict[str, Any]:
    encoded = base64.b64encode(data).decode()
    return {"kinesis": {"partitionKey": "p", "data": encoded}, "eventName": "aws:kinesis:record"}


@pytest.mark.parametrize(
    ("data", "seen"),
    [
        (b'{"a": {"b": [1]}}', {"a": {"b": ["1"]}}),
        (b"[1]", ["1"]),
        (b"text", "text"),
        (b'"text"', '"text"'),
        (b"", ""),
        (b"\xff\xfe", "\ufffd\ufffd"),
        (b"[" * 100_000, "[" * 100_000),
    ],
)
def test_filters_see_the_data_decoded(data: bytes, seen: Any) -> None:
    assert filter_document(kinesis(data))["data"] == seen


@pytest.mark.parametrize("data", ["a", "\u00e9", None])
def test_data_that_is_no_base64_stops_no_filter(data: Any) -> None:
    assert filter_document({"kinesis": {"data": data}})["data"] == data


def test_filters_see_an_item_as_it_is_in_the_event() -> None:
    entry = {"eventName": "INSERT", "dynamodb": {"NewImage": {"n": {"N": "5"}}, "SizeBytes": 3}}
    assert filter_document(entry) == {
        "eventName": "INSERT",
        "dynamodb": {"NewImage": {"n": {"N": "5"}}, "SizeBytes": "3"},
    }


def test_objects_of_failures_lie_by_mapping_shard_and_day() -> None:
    key = object_key("uuid", "shardId-000000000001", 1_800_000_000_999_000_000, "x")
    assert key == "aws/lambda/uuid/shardId-000000000001/2027/01/15/2027-01-15T08.00.00-x"


@pytest.mark.parametrize(
    "payload", [b"", b"null", b"[]", b'{"state": 1}', b'{"state": null}', b"no", b"[" * 100_000]
)
def test_no_state(payload: bytes) -> None:
    assert returned_state(payload) == (None, False)


def test_the_largest_state() -> None:
    room = 1024 * 1024 - len('{"a":""}')
    assert returned_state(json.dumps({"state": {"a": "x" * room}}).encode())[1] is False
    assert returned_state(json.dumps({"state": {"a": "x" * (room + 1)}}).encode())[1] is True
