"""What a proxy is told: who may log in, how many connections, how long to wait."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from lambda_lab import facts

__all__ = ["Address", "Login", "ProxySettings", "Target"]

Address = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Login:
    """How one database user logs in: an entry of the proxy's ``Auth`` with its secret.

    Parameters
    ----------
    user, password
        The secret's ``username`` and ``password``. The proxy logs in to the database with them.
    iam
        ``IAMAuth`` is ``REQUIRED``: the client sends a token instead of the password.
    md5
        ``ClientPasswordAuthType`` is ``POSTGRES_MD5``; otherwise it is SCRAM.
    """

    user: str
    password: str
    iam: bool = False
    md5: bool = False


def _no_tokens(user: str, token: str) -> None:
    raise PermissionError(f"no token of {user} is accepted: this proxy was given no way to check")


@dataclass(frozen=True, slots=True)
class ProxySettings:
    """The settings of a proxy and of its target group, under AWS's names in Python's spelling.

    Parameters
    ----------
    find_login
        Called in a thread of its own with a user's name, each time that user logs in and each
        time a database connection is opened for it, so a rotated secret counts at once. ``None``:
        the proxy has no credentials for that user.
    check_token
        Called in a thread of its own with user and token where ``Login.iam`` is set; raises
        :class:`PermissionError` if the token is not good.
    require_tls
        ``RequireTLS``.
    idle_client_timeout
        ``IdleClientTimeout``, seconds on the region's clock.
    max_connections_percent, max_idle_connections_percent
        Per cent of the database's ``max_connections``. Idle ones beyond the second number are
        closed when unused for five minutes; ``None`` is half of the first.
    connection_borrow_timeout
        ``ConnectionBorrowTimeout``, seconds on the region's clock.
    init_query
        ``InitQuery``: run once on each new database connection.
    max_clients
        Clients at a time. AWS's own number is not published; this one protects the machine.
    login_timeout
        Real seconds for a client to say who it is: PostgreSQL's ``authentication_timeout``.
    """

    find_login: Callable[[str], Login | None]
    check_token: Callable[[str, str], None] = _no_tokens
    require_tls: bool = False
    idle_client_timeout: float = facts.value("rds.proxy.idle-client.default")
    max_connections_percent: int = facts.value("rds.proxy.connections.default")
    max_idle_connections_percent: int | None = None
    connection_borrow_timeout: float = facts.value("rds.proxy.borrow.default")
    init_query: str = ""
    max_clients: int = 5000
    login_timeout: float = 60.0

    @property
    def idle_percent(self) -> float:
        """Return ``MaxIdleConnectionsPercent`` or its default."""
        if self.max_idle_connections_percent is None:
            return self.max_connections_percent / 2
        return self.max_idle_connections_percent


@dataclass(slots=True)
class Target:
    """The database behind a proxy.

    Parameters
    ----------
    identifier
        The instance's identifier, for metrics.
    members
        Called, in the proxy's own thread, for the addresses where the writer may be, the
        likeliest first. Each is tried; one that says it is a standby is left alone.
    max_connections
        Called for the database's ``max_connections``.
    """

    identifier: str
    members: Callable[[], Sequence[Address]]
    max_connections: Callable[[], int]

    async def connect(
        self, protocol: Callable[[], asyncio.Protocol], address: Address
    ) -> asyncio.Protocol:
        """Open a TCP connection; override to go another way."""
        loop = asyncio.get_running_loop()
        made: tuple[Any, asyncio.Protocol] = await loop.create_connection(protocol, *address)
        return made[1]
