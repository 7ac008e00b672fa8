"""What all clients of one proxy share."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import dataclass

from lambda_lab.clock import Clock
from lambda_lab.rds.proxy.client import Client
from lambda_lab.rds.proxy.connection import IDLE
from lambda_lab.rds.proxy.metrics import DatabaseMetrics
from lambda_lab.rds.proxy.pool import Pool
from lambda_lab.rds.proxy.settings import ProxySettings
from lambda_lab.rds.proxy.statements import StatementNames

__all__ = ["Desk", "Pinned"]


@dataclass(frozen=True, slots=True)
class Pinned:
    """A client was pinned.

    Parameters
    ----------
    number, user, database, endpoint
        Which client: see :class:`~lambda_lab.rds.proxy.client.SessionView`.
    reason
        Why.
    at_ns
        When, on the region's clock.
    """

    number: int
    user: str
    database: str
    endpoint: str
    reason: str
    at_ns: int

    @property
    def log_line(self) -> str:
        """Return what AWS's proxy writes to its log (confidence M)."""
        return (
            f"The client session was pinned to the database connection [dbConnection={self.number}]"
            " for the remainder of the session. The proxy can't reuse this connection until the "
            f"session ends. Reason: {self.reason}"
        )


class Desk:
    """The middle of a proxy: its settings of now, its clients, its pool.

    Parameters
    ----------
    clock
        The region's.
    settings
        The proxy's settings; replaced when they change.
    on_pinned
        Called, in the proxy's thread, when a client is pinned.
    """

    pool: Pool

    def __init__(
        self, clock: Clock, settings: ProxySettings, on_pinned: Callable[[Pinned], None]
    ) -> None:
        self.clock, self.settings, self._on_pinned = clock, settings, on_pinned
        self.loop = asyncio.get_running_loop()
        self.names = StatementNames()
        self.metrics = DatabaseMetrics()
        self.sessions: set[Client] = set()
        self.newcomers = 0
        """Clients that have not logged in yet."""
        self.pins: list[Pinned] = []
        """Everybody who was pinned."""
        self._numbers = itertools.count(1)

    def next_number(self) -> int:
        """Number a client."""
        return next(self._numbers)

    @property
    def full(self) -> bool:
        """Whether there is no room for one more client."""
        return len(self.sessions) + self.newcomers > self.settings.max_clients

    def entered(self, session: Client) -> None:
        """A client has logged in."""
        self.sessions.add(session)
        session.metrics.client(1, tls=session.tls)
        session.metrics.counts["ClientConnectionsSetupSucceeded"] += 1

    def left(self, session: Client) -> None:
        """A client is gone."""
        self.sessions.discard(session)
        session.metrics.client(-1, tls=session.tls)
        session.metrics.counts["ClientConnectionsClosed"] += 1

    def tell_pinned(self, session: Client, reason: str) -> None:
        """A client is pinned."""
        key, at_ns = session.line.key, self.clock.now_ns()
        pinned = Pinned(
            session.number, key.user, key.database, session.metrics.endpoint, reason, at_ns
        )
        self.pins.append(pinned)
        self._on_pinned(pinned)

    def gauges(self) -> dict[str, float]:
        """Return what is now between the proxy and the database."""
        every = list(self.pool.lines.connections())
        held = [connection for connection in every if connection.holder is not None]
        return {
            "DatabaseConnections": len(every),
            "DatabaseConnectionsWithTLS": 0,
            "DatabaseConnectionsCurrentlyBorrowed": len(held),
            "DatabaseConnectionsCurrentlyInTransaction": sum(c.status != IDLE for c in held),
            "DatabaseConnectionsCurrentlySessionPinned": sum(
                session.pinned is not None for session in self.sessions
            ),
            "MaxDatabaseConnectionsAllowed": self.pool.limit,
        }
