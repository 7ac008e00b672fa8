"""A stream as its poller sees it: shards, and the records in each of them, oldest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from lambda_lab.errors import LabError

__all__ = ["ShardInfo", "StreamGone", "StreamRecord", "StreamSource"]


class StreamGone(LabError):
    """The stream (or the consumer) does not exist any more."""


@dataclass(frozen=True, slots=True)
class StreamRecord:
    """One record of a shard."""

    position: int
    """``SequenceNumber`` as a number: records of one shard are in its order."""
    key: str
    """What records keep their order by: a partition key, or the key of an item."""
    arrival_ns: int
    """``ApproximateArrivalTimestamp``, nanoseconds since the epoch."""
    event: Mapping[str, Any]
    """Its entry of ``Records``."""
    size: int
    """Bytes that the entry takes in the function's event."""

    @property
    def sequence(self) -> str:
        """``SequenceNumber`` as AWS writes it."""
        return str(self.position)


@dataclass(frozen=True, slots=True)
class ShardInfo:
    """One shard of a stream."""

    id: str
    parents: tuple[str, ...] = ()
    """The shards it was split off or merged from; their records come first."""
    closed: bool = False
    """Nothing is written to it any more."""


class StreamSource(Protocol):
    """One stream. Every method but :attr:`arn` raises :class:`StreamGone` once it is deleted."""

    @property
    def arn(self) -> str:
        """The stream's ARN (not its consumer's)."""

    def identity(self) -> str:
        """Return what tells this stream from a later one with the same ARN."""

    def shards(self) -> Sequence[ShardInfo]:
        """Return the shards there are, oldest first."""

    def read(self, shard_id: str, after: int) -> Sequence[StreamRecord]:
        """Return the records of a shard behind position *after*, oldest first."""

    def latest(self, shard_id: str) -> int:
        """Return the position of the newest record of a shard; 0 if it never had one."""

    def retention_seconds(self) -> int:
        """Return for how long the stream keeps a record."""
