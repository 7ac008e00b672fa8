"""A queue of moto's as its poller sees it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from lambda_lab.aws.sources import sqs_seam
from lambda_lab.aws.sources.sqs_clients import queue_writes
from lambda_lab.invoke.mapping.queue_source import QueueGone, QueueMessage, Received

__all__ = ["MotoQueue", "queue_writes"]

FRAME_BYTES = 2_048
"""More than a record takes besides its body and message attributes: ids, handles, checksums."""
MILLISECOND = 1_000_000
SHORTEST_VISIBILITY = 1
"""A queue may hide its messages for no time at all. The poller hides them for a second then, so
that one that fails is not received again at the very same moment, for ever."""


class MotoQueue:
    """The queue *arn*. It is looked up at every call, as it may have been deleted or made anew."""

    def __init__(self, arn: str) -> None:
        self.arn = arn
        self.fifo = arn.endswith(".fifo")

    def _queue(self) -> Any:
        queue = sqs_seam.find_queue(self.arn)
        if queue is None:
            raise QueueGone(
                f"The queue {self.arn} does not exist. Create it, or delete the mapping."
            )
        return queue

    @property
    def exists(self) -> bool:
        """Whether there is such a queue now."""
        return sqs_seam.find_queue(self.arn) is not None

    def visibility_seconds(self) -> int:
        """Return the queue's ``VisibilityTimeout``."""
        return int(self._queue().visibility_timeout)

    def receive(
        self,
        limit: int,
        *,
        room_bytes: int | None = None,
        without_groups: Collection[str] = frozenset(),
    ) -> Received:
        """Receive messages under the queue's own visibility timeout; see ``QueueSource``."""
        queue = self._queue()
        used = 0

        def fits(message: Any, taken: int) -> bool:
            nonlocal used
            if room_bytes is None:
                return True
            used += _size(message)
            return not taken or used <= room_bytes

        seconds = max(SHORTEST_VISIBILITY, int(queue.visibility_timeout))
        taken, next_ms = sqs_seam.take(
            queue, limit, seconds, fits=fits, without_groups=without_groups
        )
        # moto's messages become visible strictly after the moment they name, in milliseconds.
        next_ns = None if next_ms is None else round(next_ms * MILLISECOND) + MILLISECOND
        return Received(tuple(_plain(message) for message in taken), next_ns)

    def delete(self, receipts: Iterable[str]) -> int:
        """Delete the messages of these receipts; return how many were there."""
        return sqs_seam.delete(self._queue(), receipts)

    def release(self, receipts: Iterable[str]) -> None:
        """Make them visible now."""
        sqs_seam.release(self._queue(), set(receipts))

    def hold(self, receipts: Iterable[str], seconds: int) -> None:
        """Hide those that are visible already for some more seconds."""
        sqs_seam.hold(self._queue(), set(receipts), seconds)


def _size(message: Any) -> int:
    """Return no less than a message takes in an event, in bytes."""
    attributes: Mapping[str, Mapping[str, Any]] = message.message_attributes
    parts = [message.body, *attributes]
    for value in attributes.values():
        parts += [str(value.get("DataType")), str(value.get("StringValue") or "")]
    encoded = sum(
        len(json.dumps(part, ensure_ascii=False).encode("utf-8", "replace")) for part in parts
    )
    binary = sum(len(value.get("BinaryValue") or b"") for value in attributes.values())
    # Base64 makes four characters of three bytes.
    return FRAME_BYTES + encoded + binary * 4 // 3 + 128 * len(attributes)


def _plain(message: Any) -> QueueMessage:
    header = (message.system_attributes.get("AWSTraceHeader") or {}).get("StringValue")
    attributes = {
        "ApproximateReceiveCount": str(message.approximate_receive_count),
        "AWSTraceHeader": header,
        "SentTimestamp": str(message.sent_timestamp),
        "SequenceNumber": message.sequence_number,
        "MessageGroupId": message.group_id,
        "SenderId": message.sender_id,
        "MessageDeduplicationId": message.deduplication_id,
        "ApproximateFirstReceiveTimestamp": str(message.approximate_first_receive_timestamp),
        "DeadLetterQueueSourceArn": getattr(message, "lab_dead_letter_source", None),
    }
    return QueueMessage(
        id=message.id,
        receipt=message.receipt_handle,
        body=message.body,
        md5=message.body_md5,
        attributes={name: value for name, value in attributes.items() if value is not None},
        visible_ns=round(message.visible_at * MILLISECOND),
        message_attributes=message.message_attributes,
        md5_of_attributes=message.attribute_md5 if message.message_attributes else None,
        group=message.group_id or "",
        trace_header=header,
    )
