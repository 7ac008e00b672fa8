"""Batches of messages, and the room in which messages wait until a batch is sent."""

from __future__ import annotations

from dataclasses import dataclass, field

from lambda_lab.clock import SECOND
from lambda_lab.invoke.mapping.queue_event import FRAME_BYTES, event_of
from lambda_lab.invoke.mapping.queue_source import QueueMessage

__all__ = ["Batch", "Held", "WaitingRoom"]


@dataclass(frozen=True, slots=True)
class Held:
    """A message that was received and not yet sent to the function."""

    message: QueueMessage
    record: bytes
    """Its entry of ``Records``, encoded."""
    received_ns: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Messages that one call of the function is about."""

    items: tuple[Held, ...]
    payload: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "payload", event_of(held.record for held in self.items))

    @property
    def messages(self) -> tuple[QueueMessage, ...]:
        """The messages, in the order of the event."""
        return tuple(held.message for held in self.items)

    @property
    def ids(self) -> list[str]:
        """Their message ids."""
        return [message.id for message in self.messages]

    @property
    def groups(self) -> set[str]:
        """Their message groups; empty for a standard queue."""
        return {message.group for message in self.messages if message.group}

    @property
    def visible_ns(self) -> int:
        """When the first of them becomes visible again."""
        return min(message.visible_ns for message in self.messages)


class WaitingRoom:
    """Collects messages until they make a batch: it is full, too large, or the window is over.

    Parameters
    ----------
    batch_size, window_seconds
        ``BatchSize`` and ``MaximumBatchingWindowInSeconds``.
    limit_bytes
        Largest event, in bytes.
    """

    def __init__(self, batch_size: int, window_seconds: int, limit_bytes: int) -> None:
        self._size = batch_size
        self._window_ns = window_seconds * SECOND
        self._limit = limit_bytes
        self._held: dict[str, Held] = {}
        self._bytes = FRAME_BYTES

    @property
    def room(self) -> int:
        """How many messages are missing to a full batch; 0 where one can be cut already."""
        if self._bytes > self._limit:
            return 0
        return max(0, self._size - len(self._held))

    @property
    def room_bytes(self) -> int:
        """How many bytes of records are missing to a full event."""
        return max(0, self._limit - self._bytes)

    def add(self, held: Held) -> None:
        """Let a message wait.

        Where the window is longer than the visibility timeout, a message that waits here is
        received again; it takes its own place, with the newer receipt.
        """
        earlier = self._held.get(held.message.id)
        if earlier is not None:
            held = Held(held.message, held.record, earlier.received_ns)
            self._bytes -= len(earlier.record) + 1
        self._held[held.message.id] = held
        self._bytes += len(held.record) + 1

    @property
    def due_ns(self) -> int | None:
        """When the batching window ends: it begins with the first message."""
        first = next(iter(self._held.values()), None)
        return None if first is None else first.received_ns + self._window_ns

    def cut(self, now_ns: int) -> Batch | None:
        """Take the next batch out, if it is time to send one."""
        due = self.due_ns
        if due is None or (self.room and now_ns < due):
            return None
        taken: list[Held] = []
        size = FRAME_BYTES
        for held in self._held.values():
            size += len(held.record) + 1
            if len(taken) == self._size or (taken and size > self._limit):
                break
            taken.append(held)
        for held in taken:
            del self._held[held.message.id]
            self._bytes -= len(held.record) + 1
        return Batch(tuple(taken))

    def clear(self) -> list[QueueMessage]:
        """Take everything out and return it."""
        messages = [held.message for held in self._held.values()]
        self._held.clear()
        self._bytes = FRAME_BYTES
        return messages
