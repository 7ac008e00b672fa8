"""Who wants what kind of connection, in the order they came."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from lambda_lab.clock import SECOND, stopwatch_ns
from lambda_lab.rds.proxy.connection import DatabaseConnection, Key
from lambda_lab.rds.proxy.refusals import Refusal

__all__ = ["Borrower", "Line", "Lines", "Opens", "Waiter"]

_PATIENCE_NS = SECOND
"""A client of another line that has waited this long comes before those of a connection's own."""


class Borrower(Protocol):
    """Who can borrow a connection."""

    waiting: bool

    @property
    def line(self) -> Line:
        """Where it stands."""

    def granted(self, connection: DatabaseConnection) -> None:
        """Have it."""

    def refused(self, refusal: Refusal) -> None:
        """Never get it."""


@dataclass(slots=True, eq=False)
class Waiter:
    """A borrower that waits, since when by the stopwatch, and until when on the clock."""

    borrower: Borrower
    since_ns: int
    deadline_ns: int


class Opens(Protocol):
    """Who opens connections: a pool."""

    def room(self) -> None:
        """There may be room for one more."""

    def suspect(self) -> None:
        """The database ended one."""


class Line:
    """Clients and connections of one kind."""

    def __init__(self, pool: Opens, key: Key) -> None:
        self._pool, self.key = pool, key
        self.idle: deque[DatabaseConnection] = deque()
        self.waiters: deque[Waiter] = deque()
        self.connections: set[DatabaseConnection] = set()
        self.opening = 0
        self.parameters: dict[bytes, bytes] | None = None
        """What the database reported to the first connection."""

    def forget(self, connection: DatabaseConnection) -> None:
        """A connection has ended."""
        self.connections.discard(connection)
        if connection in self.idle:
            self.idle.remove(connection)
        self._pool.room()

    def lost(self, connection: DatabaseConnection) -> None:
        """The database ended a connection."""
        self.forget(connection)
        self._pool.suspect()


class Lines:
    """All lines of a pool, and what is asked of them together."""

    def __init__(self) -> None:
        self.known: dict[Key, Line] = {}
        self.hungry: dict[Line, None] = {}
        """Those with somebody waiting."""

    @property
    def size(self) -> int:
        """Connections that are open or being opened."""
        size = 0
        for line in self.known.values():
            size += len(line.connections) + line.opening
        return size

    @property
    def waiting(self) -> int:
        """Clients that wait."""
        return sum(len(line.waiters) for line in self.hungry)

    @property
    def opening(self) -> bool:
        """Whether any connection is being opened."""
        return any(line.opening for line in self.known.values())

    def of(self, connection: DatabaseConnection) -> Line:
        """Return the line that a connection belongs to."""
        return self.known[connection.line.key]

    def connections(self) -> Iterator[DatabaseConnection]:
        """Every open connection."""
        for line in self.known.values():
            yield from line.connections

    def longest_idle(self, *, besides: Line) -> DatabaseConnection | None:
        """Return the connection of another line that has been idle longest."""
        heads = [line.idle[0] for line in self.known.values() if line.idle and line is not besides]
        return min(heads, key=lambda connection: connection.idle_since_ns, default=None)

    def others_first(self, line: Line, limit: int) -> bool:
        """Whether another line should have the room that a free connection of *line* takes."""
        others = [other.waiters[0].since_ns for other in self.hungry if other is not line]
        if not others:
            return False
        if not line.waiters:
            return self.size >= limit
        oldest = min(others)
        return oldest < line.waiters[0].since_ns and stopwatch_ns() - oldest > _PATIENCE_NS
