"""A queue as its poller sees it: messages, and the few things that are done with them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from lambda_lab.errors import LabError

__all__ = ["QueueGone", "QueueMessage", "QueueSource", "Received"]


class QueueGone(LabError):
    """The queue does not exist any more."""


@dataclass(frozen=True, slots=True)
class QueueMessage:
    """One message as ``ReceiveMessage`` returned it."""

    id: str
    receipt: str
    """``ReceiptHandle`` of this receive."""
    body: str
    md5: str
    attributes: Mapping[str, str]
    """System attributes, for example ``ApproximateReceiveCount``."""
    visible_ns: int
    """When it becomes visible again, in nanoseconds since the epoch."""
    message_attributes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """As SQS names them: ``DataType``, ``StringValue``, ``BinaryValue`` (bytes)."""
    md5_of_attributes: str | None = None
    """Where there are message attributes."""
    group: str = ""
    """``MessageGroupId`` in a FIFO queue; empty in a standard one."""
    trace_header: str | None = None
    """``AWSTraceHeader``, if the sender had one."""

    @property
    def receives(self) -> int:
        """How often it was received, this time included."""
        return int(self.attributes["ApproximateReceiveCount"])


@dataclass(frozen=True, slots=True)
class Received:
    """What one look at a queue came to."""

    messages: tuple[QueueMessage, ...]
    next_ns: int | None
    """When, as of this look, the next hidden message becomes visible; ``None`` if there is none.
    It is asked for in the same look, so that nothing can become visible in between unnoticed."""


class QueueSource(Protocol):
    """One queue. Every method but :attr:`arn` raises :class:`QueueGone` once it is deleted."""

    @property
    def arn(self) -> str:
        """The queue's ARN."""

    @property
    def fifo(self) -> bool:
        """Whether it is a FIFO queue."""

    def receive(
        self,
        limit: int,
        *,
        room_bytes: int | None = None,
        without_groups: Collection[str] = frozenset(),
    ) -> Received:
        """Receive messages under the queue's own visibility timeout.

        Parameters
        ----------
        limit
            Most messages to receive. More than the ten of one API call: Lambda makes several.
        room_bytes
            Stop before a message that makes more of an event than this, but take one at least.
        without_groups
            Message groups to leave alone.
        """

    def delete(self, receipts: Iterable[str]) -> int:
        """Delete the messages of these receipts; return how many were there."""

    def release(self, receipts: Iterable[str]) -> None:
        """Make them visible now."""

    def hold(self, receipts: Iterable[str], seconds: int) -> None:
        """Hide those that are visible already for some more seconds."""
