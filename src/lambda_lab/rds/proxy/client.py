"""A client that has logged in, as the others of the proxy see it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Protocol

from lambda_lab.rds.proxy.line import Line
from lambda_lab.rds.proxy.metrics import ClientMetrics
from lambda_lab.rds.proxy.refusals import Refusal
from lambda_lab.rds.proxy.statements import Statement, StatementNames

__all__ = ["Client", "SessionView"]


@dataclass(frozen=True, slots=True)
class SessionView:
    """A client, as it is now: for figures and tables.

    Parameters
    ----------
    number
        Counts the proxy's clients.
    user, database
        As it logged in.
    endpoint
        Which of the proxy's endpoints it came to.
    pinned
        Why it is pinned, or ``None``.
    state
        ``idle``, ``waiting`` for a database connection, or ``borrowed``.
    """

    number: int
    user: str
    database: str
    endpoint: str
    pinned: str | None
    state: str


class Client(Protocol):
    """A session: see :class:`~lambda_lab.rds.proxy.session.Session`."""

    transport: asyncio.Transport
    line: Line
    metrics: ClientMetrics
    names: StatementNames
    statements: dict[bytes, Statement]
    tls: bool
    number: int
    pinned: str | None
    born_ns: int
    active_ns: int
    asked_ns: int

    @property
    def busy(self) -> bool:
        """Whether it waits for an answer."""

    def view(self) -> SessionView:
        """Return what can be told of it now."""

    def pin(self, reason: str) -> None:
        """Keep the connection until it leaves."""

    def end(self, refusal: Refusal | None) -> None:
        """Close its connection, with a word if there is one."""
