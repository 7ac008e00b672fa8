"""Borrowing: few database connections among many clients, first come, first served.

A *line* is the queue of those who want the same kind of connection: one user, one database, the
same settings. Each line has idle connections or waiting clients, never both. All lines share the
number of connections that ``MaxConnectionsPercent`` allows.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable

from lambda_lab import facts
from lambda_lab.clock import SECOND, Clock, stopwatch_ns
from lambda_lab.rds.proxy.alarm import Alarm
from lambda_lab.rds.proxy.connection import DatabaseConnection, Key
from lambda_lab.rds.proxy.line import Borrower, Line, Lines, Waiter
from lambda_lab.rds.proxy.metrics import DatabaseMetrics
from lambda_lab.rds.proxy.opening import Opened, Unreachable
from lambda_lab.rds.proxy.refusals import TIMED_OUT, UNKNOWN, Refusal
from lambda_lab.rds.proxy.retry import Retry
from lambda_lab.rds.proxy.settings import ProxySettings, Target

__all__ = ["Pool"]

log = logging.getLogger(__name__)

_OPENING_SECONDS = 5
"""Where the borrow timeout is shorter, opening a connection may still take this long."""
_RESERVED: int = facts.value("rds.superuser-connections")


Dial = Callable[[Key], Awaitable[Opened]]


class Pool:
    """The database connections of a proxy. Everything happens in the proxy's thread.

    Parameters
    ----------
    target
        For its ``max_connections``.
    settings
        Called for the settings of now.
    dial
        Opens a connection for a key.
    clock
        For timeouts.
    metrics
        To count.
    """

    def __init__(
        self,
        target: Target,
        settings: Callable[[], ProxySettings],
        dial: Dial,
        clock: Clock,
        metrics: DatabaseMetrics,
    ) -> None:
        self._target, self._settings, self._dial = target, settings, dial
        self._clock, self._metrics = clock, metrics
        self._loop = asyncio.get_running_loop()
        self._alarm = Alarm(clock, self._loop, self._expire)
        self._tasks: set[asyncio.Task[None]] = set()
        self._retry = Retry(self._loop, self._try_again)
        self._latest: Line | None = None
        self._closed = False
        self.lines = Lines()

    def line(self, key: Key) -> Line:
        """Return the line for *key*."""
        return self.lines.known.setdefault(key, Line(self, key))

    @property
    def limit(self) -> int:
        """``MaxDatabaseConnectionsAllowed``; at least one.

        PostgreSQL keeps its last few connections for superusers, which the proxy is not.
        """
        most, share = self._target.max_connections(), self._settings().max_connections_percent
        return max(1, min(most * share // 100, most - _RESERVED))

    @property
    def idle_limit(self) -> int:
        """How many unused connections stay open."""
        return int(self._target.max_connections() * self._settings().idle_percent / 100)

    # -- borrowing -----------------------------------------------------------------------------

    def take(self, borrower: Borrower) -> DatabaseConnection | None:
        """Return a connection, or put *borrower* in line: it is granted one, or refused, later."""
        line = borrower.line
        while line.idle:
            connection = line.idle.pop()
            if connection.alive:
                self._metrics.borrowed(0)
                return connection
        borrower.waiting = True
        timeout = self._settings().connection_borrow_timeout
        if timeout < _OPENING_SECONDS and self.lines.size < self.limit:
            timeout = _OPENING_SECONDS
        due = self._clock.now_ns() + round(timeout * SECOND)
        line.waiters.append(Waiter(borrower, stopwatch_ns(), due))
        self.lines.hungry.setdefault(line)
        self._alarm.no_later_than(due)
        if self.lines.size < self.limit or len(self.lines.known) > 1:
            self._grow(line)
        return None

    def abandon(self, borrower: Borrower) -> None:
        """*borrower* waits no more."""
        line = borrower.line
        for waiter in line.waiters:
            if waiter.borrower is borrower:
                line.waiters.remove(waiter)
                self._metrics.aborted += 1
                break
        self._fed(line)

    def give_back(self, connection: DatabaseConnection) -> None:
        """Let the next client have *connection*."""
        connection.detach()
        if not connection.alive:
            return
        if connection.worn:
            connection.close()
        else:
            self._offer(connection)

    def _offer(self, connection: DatabaseConnection) -> None:
        line = self.lines.of(connection)
        if self.lines.others_first(line, self.limit):
            connection.close()  # makes room for a connection of the other kind
        elif line.waiters:
            waiter = line.waiters.popleft()
            self._fed(line)
            self._metrics.borrowed(stopwatch_ns() - waiter.since_ns)
            waiter.borrower.granted(connection)
        else:
            connection.idle_since_ns = self._clock.now_ns()
            line.idle.append(connection)

    def _fed(self, line: Line) -> None:
        if not line.waiters:
            self.lines.hungry.pop(line, None)

    # -- opening -------------------------------------------------------------------------------

    def room(self) -> None:
        """There may be room for a connection: open what is wanted, the longest wait first."""
        for line in sorted(self.lines.hungry, key=lambda line: line.waiters[0].since_ns):
            self._grow(line)

    def suspect(self) -> None:
        """A connection was lost; if all were, the database is away."""
        if not self._closed and not any(self.lines.connections()):
            self._metrics.went_down(self.lines.waiting)
            self._retry.later(wanted=bool(self.lines.hungry))

    def _grow(self, line: Line) -> None:
        while line.opening < len(line.waiters) and not self._closed:
            # While the database is away, one knock at a time is enough.
            if self._metrics.down and (self._retry.pending or self.lines.opening):
                return
            if self.lines.size >= self.limit:
                unused = self.lines.longest_idle(besides=line)
                if unused is None:
                    return
                theirs = self.lines.of(unused)
                theirs.idle.remove(unused)  # first, so that the room is not given away twice
                theirs.connections.discard(unused)
                unused.close()
                continue
            self._open(line)

    def _open(self, line: Line) -> None:
        line.opening += 1
        self._latest = line
        task = self._loop.create_task(self._opener(line))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _opener(self, line: Line) -> None:
        self._metrics.requests += 1
        try:
            opened = await self._dial(line.key)
        except Unreachable as trouble:
            line.opening -= 1
            self._metrics.failed += 1
            if not trouble.full:
                self._metrics.went_down(self.lines.waiting)
            self._retry.later(wanted=bool(self.lines.hungry))
        except Refusal as refusal:
            line.opening -= 1
            self._metrics.failed += 1
            if not refusal.authentication:  # the database spoke
                self._metrics.came_up(self.lines.waiting)
            self._refuse(line, refusal)
        except Exception:
            log.exception("RDS Proxy: a database connection cannot be opened")
            line.opening -= 1
            self._metrics.failed += 1
            self._refuse(line, UNKNOWN)
        else:
            line.opening -= 1
            self._add(line, opened)

    def _add(self, line: Line, opened: Opened) -> None:
        connection = DatabaseConnection(line, opened.transport, self._clock.now_ns())
        read_already = opened.hand_over(connection)
        if self._closed or opened.gone:
            opened.transport.abort()
            if opened.gone:
                self._retry.later(wanted=bool(self.lines.hungry))
            return
        self._metrics.opened += 1
        self._retry.reset()
        self._metrics.came_up(self.lines.waiting)
        line.connections.add(connection)
        line.parameters = opened.parameters
        if read_already:
            connection.data_received(read_already)
        self._offer(connection)
        self.room()

    def _try_again(self) -> None:
        if self.lines.hungry:
            self.room()
        elif self._metrics.down and self._latest is not None and not self.lines.opening:
            self._open(self._latest)  # nobody waits: find out when the database is back

    def look_again(self) -> None:
        """The target has changed: look for the writer now."""
        self._retry.now()

    def _refuse(self, line: Line, refusal: Refusal) -> None:
        waiters, line.waiters = line.waiters, deque()
        self._fed(line)
        if line.parameters is None and not line.opening:
            self.lines.known.pop(line.key, None)  # nobody is in it: no such database, perhaps
        for waiter in waiters:
            waiter.borrower.refused(refusal)

    # -- time ----------------------------------------------------------------------------------

    def _expire(self, now_ns: int) -> None:
        """Refuse those whose time is up, and wait for the next."""
        for line in list(self.lines.hungry):
            late = [waiter for waiter in line.waiters if waiter.deadline_ns <= now_ns]
            for waiter in late:
                line.waiters.remove(waiter)
            self._fed(line)
            for waiter in late:
                self._metrics.timed_out += 1
                waiter.borrower.refused(TIMED_OUT)
        dues = [waiter.deadline_ns for line in self.lines.hungry for waiter in line.waiters]
        if dues:
            self._alarm.no_later_than(min(dues))

    def drop_all(self) -> None:
        """Close every connection: the writer may be elsewhere now. Who is in the middle is cut."""
        for connection in list(self.lines.connections()):
            connection.transport.abort()

    def close(self) -> None:
        """Close everything for good."""
        self._closed = True
        self._alarm.cancel()
        self._retry.cancel()
        for task in list(self._tasks):
            task.cancel()
        for connection in list(self.lines.connections()):
            connection.close()
            if connection.transport.get_write_buffer_size():
                connection.transport.abort()
