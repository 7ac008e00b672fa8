"""Batches of a stream's records, the rules they are made by, and what the function said to one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Self

from lambda_lab import facts
from lambda_lab.clock import SECOND
from lambda_lab.invoke.mapping.settings import MappingSettings
from lambda_lab.invoke.mapping.stream_source import StreamRecord

__all__ = [
    "RECORD_AGE",
    "RETRY_ATTEMPTS",
    "Answer",
    "Batch",
    "Discard",
    "Response",
    "Rules",
    "Window",
]

RETRY_ATTEMPTS = "RetryAttemptsExhausted"
"""Why records are discarded after the last retry (recorded)."""
RECORD_AGE = "RecordAgeExceeded"
"""Why records are discarded that are older than allowed: as users report it, confidence M."""

FRAME_BYTES = 2048
"""Room kept in an event for what is not a record: the braces, and a tumbling window's fields
without its state."""


@dataclass(frozen=True, slots=True)
class Rules:
    """A mapping's settings as its lanes need them. Times are in nanoseconds."""

    batch_size: int
    batch_window_ns: int
    event_bytes: int
    """Most bytes of records in an event."""
    bisect: bool
    retries: int | None
    """``MaximumRetryAttempts``; ``None`` without limit."""
    max_age_ns: int | None
    """``MaximumRecordAgeInSeconds``; ``None`` without limit."""
    tumbling_ns: int
    """Length of a tumbling window; 0 where there is none."""
    first_wait_ns: int
    longest_wait_ns: int

    @classmethod
    def of(cls, settings: MappingSettings) -> Self:
        """Return the rules that *settings* mean."""
        room = int(facts.value("payload.sync.request")) - FRAME_BYTES
        if settings.tumbling_seconds:
            room -= int(facts.value("esm.tumbling-window.state.maximum"))
        return cls(
            batch_size=settings.batch_size,
            batch_window_ns=settings.window_seconds * SECOND,
            event_bytes=room,
            bisect=settings.bisect,
            retries=None if settings.retries < 0 else settings.retries,
            max_age_ns=None if settings.max_age_seconds < 0 else settings.max_age_seconds * SECOND,
            tumbling_ns=settings.tumbling_seconds * SECOND,
            first_wait_ns=int(facts.value("esm.stream.wait.first")) * SECOND,
            longest_wait_ns=int(facts.value("esm.stream.wait.maximum")) * SECOND,
        )

    def window_of(self, record: StreamRecord) -> int | None:
        """Return when a record's tumbling window began: its arrival decides."""
        length = self.tumbling_ns
        return record.arrival_ns // length * length if length else None

    def age_limit_ns(self, retention_ns: int) -> int:
        """Return how old a record may become."""
        return retention_ns if self.max_age_ns is None else min(self.max_age_ns, retention_ns)


@dataclass(frozen=True, slots=True)
class Window:
    """A tumbling window as one invocation sees it."""

    start_ns: int
    end_ns: int
    state: dict[str, Any] = field(default_factory=dict)
    final: bool = False
    """``isFinalInvokeForWindow``."""
    early: bool = False
    """``isWindowTerminatedEarly``."""


@dataclass(frozen=True, slots=True)
class Response:
    """What is known of the last time a function ran with a batch."""

    request_id: str
    executed_version: str
    function_error: str | None


@dataclass(frozen=True, slots=True)
class Batch:
    """Records that one invocation is about."""

    records: tuple[StreamRecord, ...]
    window: Window | None = None
    tries: int = 0
    """How often the function was called with these records."""
    retries: int = 0
    """How many of ``MaximumRetryAttempts`` they have used."""
    last: Response | None = None

    @property
    def positions(self) -> list[int]:
        """The positions of its records."""
        return [record.position for record in self.records]

    @property
    def sequences(self) -> list[str]:
        """The sequence numbers of its records."""
        return [record.sequence for record in self.records]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of calling the function with a batch."""

    request_id: str
    response: Response | None
    """``None`` if the function did not run: a throttle, a system error, no such function."""
    reason: str = ""
    """What failed, in a word, where something did."""
    problem: str = "Function call failed"
    """The same as ``LastProcessingResult`` words it."""
    failed: bool = False
    """Something of the batch, or all of it, has to be tried again."""
    checkpoint: int = 0
    """How many records of the batch are done, from the front. Only where ``failed``."""
    state: dict[str, Any] | None = None
    """The state that the function returned for its tumbling window."""
    state_too_large: bool = False


@dataclass(frozen=True, slots=True)
class Discard:
    """Records that will not be tried (again)."""

    batch: Batch
    condition: str | None
    """``RetryAttemptsExhausted`` or ``RecordAgeExceeded``; ``None`` where the stream itself did
    not keep the records for longer. Of those Lambda says nothing to anybody."""
