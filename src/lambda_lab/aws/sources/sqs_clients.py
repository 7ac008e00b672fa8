"""What clients - and moto's other services - do to moto's queues, and what is mended there.

While :func:`queue_writes` is in force, moto's queues

* tell about each message that can be received anew, and that they were deleted, and push nothing
  to Lambda themselves;
* hand a message to one receiver only: moto's own receive is not safe between threads;
* hold a FIFO group back while one of its messages is in flight, remember deduplication ids for
  five minutes although the message is deleted, and give every message a growing sequence number;
* drop what is older than the retention period, where moto stops receiving for good;
* keep a trace header that came with the request;
* count their messages when they are asked for the counts: moto asks the clock three times per
  message with every send, so that sending 3,000 took 100 seconds.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

from moto.sqs.exceptions import InvalidParameterValue, ReceiptHandleIsInvalid
from moto.sqs.models import Message, Queue, SQSBackend, _filter_message_attributes

from lambda_lab.aws.sources.sqs_seam import (
    Notify,
    append,
    delete,
    drop_expired,
    now_ms,
    sent_ms,
    take,
    tell,
    telling,
)
from lambda_lab.invoke.lineage import carried

__all__ = ["queue_writes"]

DEDUPLICATION_MS = 300_000
"""https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-exactly-once-processing.html"""
LONGEST_INVISIBLE_MS = 43_200_000
"""Twelve hours from the receive."""
FIRST_SEQUENCE = 18_849_496_460_467_696_128
SEQUENCE_STEP = 256
"""How the sequence numbers in AWS's examples begin and go on: twenty digits, steps of 256."""
LONG_POLL_SLICE_SECONDS = 0.2
"""A client that polls long notices within this real time that the clock was moved."""

_sent: WeakKeyDictionary[Queue, dict[tuple[str | None, str], Message]] = WeakKeyDictionary()
_numbering = threading.Lock()
_last_sequence = FIRST_SEQUENCE


def _next_sequence() -> str:
    global _last_sequence  # noqa: PLW0603 - one world of moto's per process
    with _numbering:
        _last_sequence += SEQUENCE_STEP
        return str(_last_sequence)


def _add_message(queue: Queue, message: Message) -> None:
    """Stand in for ``Queue.add_message``: every message comes through here."""
    header = carried()
    if header is not None and not message.system_attributes.get("AWSTraceHeader"):
        header_attribute = {"DataType": "String", "StringValue": header}
        message.system_attributes = message.system_attributes | {"AWSTraceHeader": header_attribute}
    if queue.fifo_queue and _is_duplicate(queue, message):
        return
    append(queue, message)


def _is_duplicate(queue: Queue, message: Message) -> bool:
    """Whether the message was sent within five minutes; if not, give it its number.

    A duplicate is answered with the id and number of the first (confidence M).
    """
    with queue._messages_lock:
        sent = _sent.setdefault(queue, {})
        oldest = now_ms() - DEDUPLICATION_MS
        for key, earlier in list(sent.items()):
            if sent_ms(earlier) > oldest:
                break
            del sent[key]
        per_group = vars(queue)["deduplication_scope"] == "messageGroup"
        key = (message.group_id if per_group else None, str(message.deduplication_id))
        first = sent.get(key) if message.deduplication_id is not None else None
        if first is not None:
            message.id, message.sequence_number = first.id, first.sequence_number
            return True
        message.sequence_number = _next_sequence()
        sent[key] = copy.copy(message)
        return False


def _receive_message(  # noqa: PLR0917 - moto's parameters
    backend: SQSBackend,
    queue_name: str,
    count: int,
    wait_seconds_timeout: int,
    visibility_timeout: int,
    message_attribute_names: list[str] | None = None,
) -> list[Message]:
    """Stand in for ``SQSBackend.receive_message``: the path of clients."""
    end = now_ms() + wait_seconds_timeout * 1000
    while True:
        queue = backend.get_queue(queue_name)
        taken, _ = take(queue, count, visibility_timeout)
        if taken or now_ms() >= end:
            break
        with queue._messages_lock:
            queue._messages_lock.wait(LONG_POLL_SLICE_SECONDS)
    # Copies, because the answer names some message attributes only.
    copies = [copy.copy(message) for message in taken]
    for message in copies:
        _filter_message_attributes(message, message_attribute_names or [])
    return copies


def _change_message_visibility(
    backend: SQSBackend, queue_name: str, receipt_handle: str, visibility_timeout: int
) -> None:
    """Stand in for ``SQSBackend.change_message_visibility``, which counts from the sending."""
    queue = backend.get_queue(queue_name)
    with queue._messages_lock:
        now = now_ms()
        known = (m for m in queue._messages if m.had_receipt_handle(receipt_handle))
        message = next(known, None)
        if message is None:
            raise _no_receipt(receipt_handle)
        since = getattr(message, "lab_received_ms", now)
        if now + int(visibility_timeout) * 1000 - since > LONGEST_INVISIBLE_MS:
            raise InvalidParameterValue(
                f"Value {visibility_timeout} for parameter VisibilityTimeout is invalid. Reason: "
                "Total VisibilityTimeout for the message is beyond the limit [43200 seconds]"
            )
        message.visible_at = now + int(visibility_timeout) * 1000 if visibility_timeout else 0.0
    tell(queue)


def _delete_message(queue: Queue, receipt_handle: str) -> None:
    """Stand in for ``Queue.delete_message``."""
    with queue._messages_lock:
        if receipt_handle not in queue.deleted_messages and not delete(queue, [receipt_handle]):
            raise _no_receipt(receipt_handle)
    if queue.fifo_queue:
        tell(queue)  # its group may go on


def _no_receipt(receipt_handle: str) -> ReceiptHandleIsInvalid:
    error = ReceiptHandleIsInvalid()
    # As users of AWS quote it: confidence M.
    error.message = f'The input receipt handle "{receipt_handle}" is not a valid receipt handle.'
    return error


def _visible(queue: Queue) -> int:
    return _count(queue, lambda m, now: m.visible_at < now and m.delayed_until <= now)


def _not_visible(queue: Queue) -> int:
    return _count(queue, lambda m, now: m.visible_at >= now)


def _delayed(queue: Queue) -> int:
    return _count(queue, lambda m, now: m.delayed_until > now)


def _count(queue: Queue, counts: Callable[[Message, float], bool]) -> int:
    with queue._messages_lock:
        now = now_ms()
        drop_expired(queue, now)
        return sum(1 for message in queue._messages if counts(message, now))


class _Attributes(Mapping[str, Any]):
    """The attributes of a queue, its counts among them, read when they are asked for.

    Every send asks for one of them only, which needs no counting.
    """

    def __init__(self, queue: Queue) -> None:
        self._queue = queue

    @cached_property
    def _all(self) -> dict[str, Any]:
        found: dict[str, Any] = _moto_attributes(self._queue)
        return found

    def __getitem__(self, name: str) -> Any:
        if name == "ContentBasedDeduplication" and self._queue.fifo_queue:
            return str(vars(self._queue)["content_based_deduplication"]).lower()
        return self._all[name]

    def __contains__(self, name: object) -> bool:
        return name in self._all

    def get(self, name: str, default: Any = None) -> Any:
        if name == "ContentBasedDeduplication" and not self._queue.fifo_queue:
            return default
        return super().get(name, default)

    def __iter__(self) -> Iterator[str]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)


_moto_delete_queue: Callable[[SQSBackend, str], None] = vars(SQSBackend)["delete_queue"]


def _delete_queue(backend: SQSBackend, queue_name: str) -> None:
    """Stand in for ``SQSBackend.delete_queue``: who polls it looks once more, and finds it gone."""
    queue = backend.get_queue(queue_name)
    _moto_delete_queue(backend, queue_name)
    tell(queue)


_moto_attributes: Callable[[Queue], dict[str, Any]] = vars(Queue)["attributes"].fget
_STAND_INS: tuple[tuple[type, str, Any], ...] = (
    (Queue, "add_message", _add_message),
    (Queue, "delete_message", _delete_message),
    (Queue, "attributes", property(_Attributes)),
    (Queue, "approximate_number_of_messages", property(_visible)),
    (Queue, "approximate_number_of_messages_not_visible", property(_not_visible)),
    (Queue, "approximate_number_of_messages_delayed", property(_delayed)),
    (SQSBackend, "receive_message", _receive_message),
    (SQSBackend, "change_message_visibility", _change_message_visibility),
    (SQSBackend, "delete_queue", _delete_queue),
)


@contextmanager
def queue_writes(notify: Notify) -> Iterator[None]:
    """Call *notify* with a queue's ARN whenever something in it may be receivable anew.

    That is a message that was sent - by a client, or by SNS, S3, EventBridge or Lambda inside
    moto -, one that a redrive policy moved there, and one whose visibility was changed. It is also
    called when the queue was deleted.

    Parameters
    ----------
    notify
        Must be quick; it is called on the thread that wrote.
    """
    originals = [(owner, name, vars(owner)[name]) for owner, name, _ in _STAND_INS]
    for owner, name, replacement in _STAND_INS:
        setattr(owner, name, replacement)
    try:
        with telling(notify):
            yield
    finally:
        for owner, name, original in originals:
            setattr(owner, name, original)
