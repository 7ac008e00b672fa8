"""The room in which messages wait, and what batches say of themselves."""

from __future__ import annotations

import json

import pytest

from lambda_lab.clock import SECOND
from lambda_lab.invoke.mapping.queue_batch import Batch, Held, WaitingRoom
from lambda_lab.invoke.mapping.queue_event import encoded, event_of, filter_document, record_of
from lambda_lab.invoke.mapping.queue_source import QueueMessage

ARN = "arn:aws:sqs:eu-west-1:123456789012:q.fifo"


def message(name: str, group: str = "", visible: int = 0, receive: int = 1) -> QueueMessage:
    attributes = {"ApproximateReceiveCount": str(receive)}
    return QueueMessage(name, f"{name}-{receive}", "", "", attributes, visible, group=group)


def held(name: str, at: int = 0, size: int = 10, receive: int = 1) -> Held:
    return Held(message(name, receive=receive), b"x" * size, at * SECOND)


def test_an_event_never_passes_its_limit_by_a_byte() -> None:
    room = WaitingRoom(100, 0, limit_bytes=14 + 3 * 11)
    for name in "abcd":
        room.add(held(name))
    first, second = room.cut(0), room.cut(0)
    assert first is not None
    assert second is not None
    assert (first.ids, second.ids) == (["a", "b", "c"], ["d"])
    assert len(first.payload) <= 14 + 3 * 11
    assert room.cut(0) is None


def test_one_message_goes_even_if_it_is_too_large() -> None:
    room = WaitingRoom(10, 300, limit_bytes=50)
    room.add(held("a", size=500))
    assert room.room == 0
    batch = room.cut(0)
    assert batch is not None
    assert batch.ids == ["a"]
    assert room.room == 10


def test_the_window() -> None:
    room = WaitingRoom(10, 5, 1000)
    assert room.cut(0) is None
    room.add(held("a", at=2))
    room.add(held("b", at=6))
    assert room.due_ns == 7 * SECOND
    assert room.cut(7 * SECOND - 1) is None
    batch = room.cut(7 * SECOND)
    assert batch is not None
    assert batch.ids == ["a", "b"]


def test_a_message_received_again_takes_its_own_place() -> None:
    room = WaitingRoom(10, 5, 1000)
    room.add(held("a", at=0))
    room.add(held("b", at=1))
    room.add(held("a", at=4, size=30, receive=2))
    batch = room.cut(5 * SECOND)
    assert batch is not None
    assert [m.receipt for m in batch.messages] == ["a-2", "b-1"]
    assert room.room_bytes == 1000 - len(event_of([]))


def test_clear_empties_it() -> None:
    room = WaitingRoom(2, 5, 1000)
    room.add(held("a"))
    assert [m.id for m in room.clear()] == ["a"]
    assert room.due_ns is None
    assert room.room == 2


def test_the_groups_of_a_batch() -> None:
    names = ["a1", "b1", "a2", "a3"]
    fifo = Batch(tuple(Held(message(name, name[0]), b"", 0) for name in names))
    standard = Batch(tuple(Held(message(name), b"", 0) for name in names))
    assert fifo.groups == {"a", "b"}
    assert standard.groups == set()


def test_when_a_batch_becomes_visible_again() -> None:
    batch = Batch((Held(message("a", visible=9), b"", 0), Held(message("b", visible=7), b"", 0)))
    assert batch.visible_ns == 7


def test_the_record_of_a_message() -> None:
    full = QueueMessage(
        id="m1", receipt="r1", body="hello", md5="5d41",
        attributes={"ApproximateReceiveCount": "1", "SenderId": "s"}, visible_ns=0, group="g",
        message_attributes={
            "Text": {"DataType": "String", "StringValue": "é"},
            "Number": {"DataType": "Number.int", "StringValue": "7"},
            "Bytes": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
        },
        md5_of_attributes="77aa",
    )  # fmt: skip
    record = record_of(full, ARN)
    lists = {"stringListValues": [], "binaryListValues": []}
    assert record == {
        "messageId": "m1",
        "receiptHandle": "r1",
        "body": "hello",
        "attributes": {"ApproximateReceiveCount": "1", "SenderId": "s"},
        "messageAttributes": {
            "Text": {"stringValue": "é", "dataType": "String", **lists},
            "Number": {"stringValue": "7", "dataType": "Number.int", **lists},
            "Bytes": {"binaryValue": "AP8=", "dataType": "Binary", **lists},
        },
        "md5OfBody": "5d41",
        "md5OfMessageAttributes": "77aa",
        "eventSource": "aws:sqs",
        "eventSourceARN": ARN,
        "awsRegion": "eu-west-1",
    }
    assert json.loads(event_of([encoded(record)])) == {"Records": [record]}


def test_a_record_without_message_attributes() -> None:
    record = record_of(message("m1"), ARN)
    assert record["messageAttributes"] == {}
    assert "md5OfMessageAttributes" not in record


def test_half_a_character_does_not_break_the_event() -> None:
    assert json.loads(encoded({"body": "a\ud800b"})) == {"body": "a?b"}


@pytest.mark.parametrize(
    ("body", "seen"),
    [("[1]", ["1"]), ('"text"', '"text"'), ("5", "5"), ("{", "{"), ("[" * 99_999, "[" * 99_999)],
)
def test_what_filters_see(body: str, seen: object) -> None:
    assert filter_document({"body": body, "awsRegion": "r"}) == {"body": seen, "awsRegion": "r"}
