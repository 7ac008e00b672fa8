"""What time ends: clients that are idle or old, database connections nobody needs.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-connections.html
"""

from __future__ import annotations

import asyncio

from lambda_lab import facts
from lambda_lab.clock import SECOND
from lambda_lab.rds.proxy.alarm import Alarm
from lambda_lab.rds.proxy.client import Client
from lambda_lab.rds.proxy.desk import Desk
from lambda_lab.rds.proxy.refusals import idle_for_too_long, old_connection

__all__ = ["Janitor"]

_UNUSED_NS: int = facts.value("rds.proxy.idle-connection") * SECOND
_CONNECTION_LIFE_NS: int = facts.value("rds.proxy.connection-life") * SECOND
_CLIENT_LIFE_NS: int = facts.value("rds.proxy.client-life") * SECOND
_LONGEST_NS = 60 * SECOND
"""It looks at least this often, on the clock."""
_SHORTEST_NS = SECOND


class Janitor:
    """Looks around when the clock says that something may be due.

    Parameters
    ----------
    desk
        The proxy's clients and pool.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._alarm = Alarm(desk.clock, asyncio.get_running_loop(), self.look_around)
        self._alarm.no_later_than(desk.clock.now_ns() + _LONGEST_NS)

    def look_around(self, now_ns: int) -> None:
        """Close what is due, and come back in time for what is due next."""
        following = now_ns + _LONGEST_NS
        for session in list(self._desk.sessions):
            following = min(following, self._client(session, now_ns))
        self._connections(now_ns)
        self._alarm.no_later_than(max(following, now_ns + _SHORTEST_NS))

    def changed(self) -> None:
        """The settings have changed: what is due may be due sooner."""
        self._alarm.no_later_than(self._desk.clock.now_ns() + _SHORTEST_NS)

    def _client(self, session: Client, now_ns: int) -> int:
        """Close a client whose time is up; returns when the next such time is."""
        old_at = session.born_ns + _CLIENT_LIFE_NS
        if now_ns >= old_at:
            session.end(old_connection())
            return old_at + _CLIENT_LIFE_NS
        timeout_ns = round(self._desk.settings.idle_client_timeout * SECOND)
        if session.busy:
            return min(old_at, now_ns + timeout_ns)
        idle_at = session.active_ns + timeout_ns
        if now_ns >= idle_at:
            session.end(idle_for_too_long())
        return min(old_at, max(idle_at, now_ns + _SHORTEST_NS))

    def _connections(self, now_ns: int) -> None:
        """Close idle connections beyond the share that may stay, and all that are old."""
        pool = self._desk.pool
        for connection in pool.lines.connections():
            connection.retired = now_ns - connection.born_ns >= _CONNECTION_LIFE_NS
        idle = [connection for line in pool.lines.known.values() for connection in line.idle]
        idle.sort(key=lambda connection: connection.idle_since_ns)
        spare = len(idle) - pool.idle_limit
        over = pool.lines.size - pool.limit
        for connection in idle:
            unused = now_ns - connection.idle_since_ns >= _UNUSED_NS
            if connection.retired or (unused and spare > 0) or over > 0:
                connection.close()
                spare, over = spare - 1, over - 1

    def close(self) -> None:
        """Come no more."""
        self._alarm.cancel()
