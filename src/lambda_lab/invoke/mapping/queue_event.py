"""The event that Lambda makes of a queue's messages.

https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from typing import Any

from lambda_lab.invoke.mapping.filters import decoded
from lambda_lab.invoke.mapping.queue_source import QueueMessage

__all__ = ["FRAME_BYTES", "encoded", "event_of", "filter_document", "record_of"]

FRAME_BYTES = len(b'{"Records":[]}')
"""What an event takes besides its records and the commas between them."""


def record_of(message: QueueMessage, queue_arn: str) -> dict[str, Any]:
    """Return *message* as an entry of ``Records``.

    Examples
    --------
    >>> message = QueueMessage("m1", "r1", "hello", "5d41", {"ApproximateReceiveCount": "1"}, 0)
    >>> record = record_of(message, "arn:aws:sqs:eu-west-1:123456789012:q")
    >>> record["body"], record["eventSource"], record["awsRegion"]
    ('hello', 'aws:sqs', 'eu-west-1')
    """
    record: dict[str, Any] = {
        "messageId": message.id,
        "receiptHandle": message.receipt,
        "body": message.body,
        "attributes": dict(message.attributes),
        "messageAttributes": {
            name: _attribute(value) for name, value in message.message_attributes.items()
        },
        "md5OfBody": message.md5,
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": queue_arn.split(":")[3],
    }
    if message.md5_of_attributes is not None:
        record["md5OfMessageAttributes"] = message.md5_of_attributes
    return record


def _attribute(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return a message attribute in the spelling of the event: first letters are small."""
    shown: dict[str, Any] = {}
    if value.get("StringValue") is not None:
        shown["stringValue"] = str(value["StringValue"])
    binary = value.get("BinaryValue")
    if binary is not None:
        text = base64.b64encode(binary).decode() if isinstance(binary, bytes) else str(binary)
        shown["binaryValue"] = text
    # SQS does not implement the lists; the event has them all the same.
    return {
        **shown,
        "stringListValues": [],
        "binaryListValues": [],
        "dataType": str(value.get("DataType", "String")),
    }


def filter_document(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return what filter patterns are held against: the record, its body read where it is JSON.

    A body that is no JSON object or list stays a text, which only a text pattern matches.
    https://docs.aws.amazon.com/lambda/latest/dg/with-sqs-filtering.html

    Examples
    --------
    >>> filter_document({"body": '{"price": 3}'})
    {'body': {'price': '3'}}
    >>> filter_document({"body": "three"})
    {'body': 'three'}
    """
    return {**record, "body": decoded(record["body"])}


def encoded(record: Mapping[str, Any]) -> bytes:
    """Return *record* as the JSON text that stands in the event."""
    text = json.dumps(record, ensure_ascii=False, separators=(",", ":"))
    # Half of a surrogate pair is no character; SQS itself would not have taken it.
    return text.encode("utf-8", "replace")


def event_of(records: Iterable[bytes]) -> bytes:
    """Return the event of encoded *records*.

    Examples
    --------
    >>> event_of([b"1", b"2"])
    b'{"Records":[1,2]}'
    """
    return b'{"Records":[' + b",".join(records) + b"]}"
