"""Messages on their way into a queue, and batches: what AWS refuses of them, and moto takes.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html

Codes are those of the API reference. Texts are as users of AWS quote them: confidence M, where a
comment does not say less.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from moto.sqs.exceptions import (
    BatchEntryIdsNotDistinct,
    BatchRequestTooLong,
    EmptyBatchRequest,
    InvalidBatchEntryId,
    InvalidParameterValue,
    MissingParameter,
    TooManyEntriesInBatchRequest,
)
from moto.sqs.models import Queue

from lambda_lab import facts
from lambda_lab.aws.refused import Refused

__all__ = ["check_batch", "check_message", "check_number"]

_NO_TEXT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ENTRY_ID = re.compile(r"[A-Za-z0-9_-]{1,80}")
_MARK = re.compile(r"[A-Za-z0-9!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~]{1,128}")
"""Group ids and deduplication ids: alphanumeric characters and punctuation."""
_ATTRIBUTE_NAME = re.compile(r"[A-Za-z0-9_.-]{1,256}")
_PREFIXES = ("Binary", "Number", "String")


def check_batch(entries: Sequence[Mapping[str, Any]], action: str) -> None:
    """Refuse a batch as a whole.

    Parameters
    ----------
    entries
        What came in.
    action
        ``Send``, ``Delete`` or ``ChangeVisibility``.
    """
    if not entries:
        name = "ChangeMessageVisibility" if action == "ChangeVisibility" else action
        if name == "ChangeMessageVisibility":
            raise Refused(
                "AWS.SimpleQueueService.EmptyBatchRequest",
                "There should be at least one ChangeMessageVisibilityBatchRequestEntry in the "
                "request.",
            )
        raise EmptyBatchRequest(action=name)
    if len(entries) > int(facts.value("sqs.receive.maximum")):
        raise TooManyEntriesInBatchRequest(len(entries))
    seen = set()
    for entry in entries:
        name = str(entry.get("Id") or "")
        if _ENTRY_ID.fullmatch(name) is None:
            raise InvalidBatchEntryId
        if name in seen:
            raise BatchEntryIdsNotDistinct(name)
        seen.add(name)
    if action == "Send":
        # Before any message by itself, seen on AWS by moto's test_send_message_batch_errors.
        size = sum(map(_size, entries))
        if size > int(facts.value("sqs.message.maximum")):
            raise BatchRequestTooLong(size)


def check_number(name: str, value: int | None, low: int, fact: str) -> None:
    """Refuse a number of ``ReceiveMessage`` or ``ChangeMessageVisibility`` that is out of bounds.

    Parameters
    ----------
    name
        Of the parameter.
    value
        ``None``: it was left out.
    low, fact
        The bounds; the upper one by its key.
    """
    high = int(facts.value(fact))
    if value is not None and not low <= value <= high:
        reason = (
            f"Must be between {low} and {high}, if provided."
            if low
            else f"Must be >= {low} and <= {high}, if provided."
        )
        raise InvalidParameterValue(
            f"Value {value} for parameter {name} is invalid. Reason: {reason}"
        )


def check_message(queue: Queue, message: Mapping[str, Any]) -> None:
    """Refuse a message.

    Parameters
    ----------
    queue
        Where it shall go.
    message
        The parameters of ``SendMessage``, or an entry of a batch.
    """
    body = message.get("MessageBody")
    if not body:
        raise MissingParameter("MessageBody")
    if _NO_TEXT.search(body):
        raise Refused(
            "InvalidMessageContents",
            "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to "
            "#xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF",
        )
    attributes = message.get("MessageAttributes") or {}
    _check_attributes(attributes)
    _check_size(queue, message)
    _check_delay(queue, message.get("DelaySeconds"))
    for name in ("MessageGroupId", "MessageDeduplicationId"):
        _check_mark(queue, name, message.get(name))


def _check_delay(queue: Queue, seconds: int | None) -> None:
    most = int(facts.value("sqs.delay.maximum"))
    if seconds is None:
        return
    if not 0 <= seconds <= most:
        reason = f"DelaySeconds must be >= 0 and <= {most}."
    elif seconds and queue.fifo_queue:
        reason = "The request include parameter that is not valid for this queue type."
    else:
        return
    raise InvalidParameterValue(
        f"Value {seconds} for parameter DelaySeconds is invalid. Reason: {reason}"
    )


def _check_mark(queue: Queue, name: str, value: str | None) -> None:
    if value is None:
        return
    if _MARK.fullmatch(value) is None:
        reason = f"{name} can only include alphanumeric and punctuation characters. "
        reason += "1 to 128 in length."
    elif name == "MessageDeduplicationId" and not queue.fifo_queue:
        # A group id may come with a standard queue, for fairness; this may not.
        reason = "The request include parameter that is not valid for this queue type."
    else:
        return
    raise InvalidParameterValue(f"Value {value} for parameter {name} is invalid. Reason: {reason}")


def _size(message: Mapping[str, Any]) -> int:
    size = len((message.get("MessageBody") or "").encode())
    for name, value in (message.get("MessageAttributes") or {}).items():
        held = value.get("StringValue") or value.get("BinaryValue") or ""
        size += len(name.encode()) + len((value.get("DataType") or "").encode())
        size += len(held.encode() if isinstance(held, str) else held)
    return size


def _check_size(queue: Queue, message: Mapping[str, Any]) -> None:
    most = int(vars(queue)["maximum_message_size"])
    if _size(message) > most:
        raise InvalidParameterValue(
            f"One or more parameters are invalid. Reason: Message must be shorter than {most} "
            "bytes."
        )


def _check_attributes(attributes: Mapping[str, Any]) -> None:
    most = int(facts.value("sqs.message.attributes.maximum"))
    if len(attributes) > most:
        raise InvalidParameterValue(
            f"Number of message attributes [{len(attributes)}] exceeds the allowed maximum [{most}]"
            "."
        )
    for name, value in attributes.items():
        _check_attribute(name, value)


def _check_attribute(name: str, value: Mapping[str, Any]) -> None:
    lowered = name.lower()
    if (
        _ATTRIBUTE_NAME.fullmatch(name) is None
        or lowered.startswith(("aws.", "amazon."))
        or name.startswith(".")
        or name.endswith(".")
        or ".." in name
    ):
        # The rules are those of the developer guide, "Amazon SQS message attributes"; text: L.
        raise InvalidParameterValue(f"Message (user) attribute name '{name}' is invalid.")
    kind = value.get("DataType")
    if not kind:
        raise InvalidParameterValue(
            f"Message (user) attribute '{name}' must contain a non-empty message attribute type."
        )
    prefix = kind.split(".")[0]
    if prefix not in _PREFIXES:
        raise InvalidParameterValue(
            f"The type of message (user) attribute '{name}' is invalid. You must use only the "
            "following supported type prefixes: Binary, Number, String."
        )
    held = value.get("BinaryValue" if prefix == "Binary" else "StringValue")
    if not held:
        raise InvalidParameterValue(
            f"Message (user) attribute '{name}' must contain a non-empty value of type '{prefix}'."
        )
    if prefix == "Number" and not _is_number(held):
        raise InvalidParameterValue(
            f"Can't cast the value of message (user) attribute '{name}' to a number."
        )


def _is_number(text: str) -> bool:
    try:
        return Decimal(text).is_finite()
    except InvalidOperation:
        return False
