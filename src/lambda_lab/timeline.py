"""What happened in a region, oldest first: the record every figure is drawn from.

Everything that happens to an invocation or an execution environment is one :class:`Event`.
Figures, text alternatives and tests all read the same record, so they cannot disagree.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

__all__ = ["Event", "Kind", "Timeline"]


class Kind(StrEnum):
    """What can happen. The words are the ones AWS uses for the phases of an environment."""

    RECEIVED = "received"
    """An invocation arrived (``request``)."""
    THROTTLED = "throttled"
    """An invocation was refused with 429 (``request``)."""
    STARTING = "starting"
    """An environment is being prepared: package, sandbox, process (``environment``)."""
    INIT = "init"
    """The init phase began: runtime and module code run (``environment``)."""
    INIT_DONE = "init-done"
    """The runtime asked for its first invocation, or init failed (``detail['status']``)."""
    SNAPSHOT = "snapshot"
    """An initialised environment became the snapshot of its version (``environment``)."""
    RESTORE = "restore"
    """An environment begins as a copy of its version's snapshot (``environment``)."""
    RESTORE_DONE = "restore-done"
    """The runtime asked for its first invocation, or a hook failed (``detail['status']``)."""
    INVOKE = "invoke"
    """An environment began to run an invocation (``environment``, ``request``)."""
    INVOKE_DONE = "invoke-done"
    """It ended; ``detail['status']`` is success, error or timeout (both ids)."""
    RESPONDED = "responded"
    """The caller has its answer (``request``)."""
    FROZEN = "frozen"
    """An environment waits for its next invocation and does not run (``environment``)."""
    THAWED = "thawed"
    """A frozen environment goes on: it takes its next invocation (``environment``)."""
    SHUTDOWN = "shutdown"
    """An environment is gone; ``detail['reason']`` says why (``environment``)."""
    QUEUED = "queued"
    """An asynchronous event was accepted (``request``)."""
    RETRY = "retry"
    """A further try is planned; ``detail['after_seconds']`` (``request``)."""
    DELIVERED = "delivered"
    """A result reached its destination (``request``)."""
    DROPPED = "dropped"
    """An event ended nowhere (``request``)."""
    BATCH = "batch"
    """A mapping hands a batch to the function (``request``); ``detail`` has ``mapping`` (UUID),
    ``source`` (ARN), ``records`` (ids, oldest first), ``lanes`` (shard, group or ``""`` of each),
    ``attempt`` (1, 2, ...)."""
    RECORDS = "records"
    """What became of records of a batch (``request``); ``detail`` has ``mapping``, ``source``,
    ``records`` and ``outcome``: deleted, returned, passed, retry, filtered, dropped, delivered."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened.

    Attributes
    ----------
    time_ns
        The region's time, nanoseconds since the epoch.
    kind
        What happened.
    function
        The function's name, without qualifier.
    environment
        Id of the execution environment, or ``None``.
    request
        The invocation's request id, or ``None``.
    detail
        Further facts, JSON values only.
    """

    time_ns: int
    kind: Kind
    function: str
    environment: str | None = None
    request: str | None = None
    detail: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the event as ``GET /_lab/timeline`` shows it."""
        seconds, rest_ns = divmod(self.time_ns, 1_000_000_000)
        moment = datetime.fromtimestamp(seconds, tz=UTC)
        return {
            "time": f"{moment:%Y-%m-%dT%H:%M:%S}.{rest_ns // 1_000_000:03d}Z",
            "time_ns": self.time_ns,
            "event": self.kind.value,
            "function": self.function,
            "environment": self.environment,
            "request": self.request,
            **({"detail": self.detail} if self.detail else {}),
        }


class Timeline:
    """An append-only record of events, safe to use from many threads.

    Parameters
    ----------
    limit
        How many events are kept; the oldest half is dropped when it is passed, so that a server
        that runs for days does not grow without bound.

    Examples
    --------
    >>> timeline = Timeline()
    >>> timeline.add(Event(5, Kind.RECEIVED, "f", request="r1"))
    >>> [event.kind.value for event in timeline.of("f")]
    ['received']
    """

    def __init__(self, limit: int = 200_000) -> None:
        self._limit = limit
        self._events: list[Event] = []
        self._lock = threading.Lock()

    def add(self, event: Event) -> None:
        """Record *event*."""
        with self._lock:
            self._events.append(event)
            if len(self._events) > self._limit:
                del self._events[: self._limit // 2]

    def of(self, function: str | None = None, kinds: Iterable[Kind] | None = None) -> list[Event]:
        """Return the events of one function (or all), oldest first."""
        wanted = None if kinds is None else set(kinds)
        return [
            event
            for event in self
            if (function is None or event.function == function)
            and (wanted is None or event.kind in wanted)
        ]

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._events.clear()

    def __iter__(self) -> Iterator[Event]:
        with self._lock:
            events = list(self._events)
        return iter(sorted(events, key=lambda event: event.time_ns))

    def __len__(self) -> int:
        return len(self._events)
