"""One client, logged in: its requests on their way to a borrowed database connection.

The heart of a pooler. Between transactions a client holds no database connection. Its first request
borrows one; when the answer says that no transaction is open, the connection goes back - unless the
client is pinned to it.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from lambda_lab.clock import stopwatch_ns
from lambda_lab.rds.proxy.client import SessionView
from lambda_lab.rds.proxy.connection import DatabaseConnection, Ready
from lambda_lab.rds.proxy.desk import Desk
from lambda_lab.rds.proxy.refusals import LOST, Refusal
from lambda_lab.rds.proxy.requests import REQUESTS
from lambda_lab.rds.proxy.statements import Statement
from lambda_lab.rds.proxy.wire import HEADER, ProtocolError, check_frame, message

if TYPE_CHECKING:
    from lambda_lab.rds.proxy.line import Line
    from lambda_lab.rds.proxy.metrics import ClientMetrics

__all__ = ["Session"]

_LONG = 65_536
"""A message longer than this goes on before all of it has come, so none is ever held whole."""
_GRACE_SECONDS = 5.0
"""Real seconds for a client to read why it was closed."""
_READY = message(b"Z", b"I")
_SYNC, _TERMINATE = ord("S"), ord("X")
_WITHOUT_CONNECTION = frozenset(b"SXHdcf")
"""Needs no database when nothing is under way: copied data that arrives after its COPY failed, as
PostgreSQL does, is thrown away."""


class Session(asyncio.Protocol):
    """A client that has logged in.

    Parameters
    ----------
    desk
        What all clients of the proxy share.
    line
        Its user, database and settings: which connections it may borrow.
    metrics
        Its endpoint's.
    tls
        Whether it came with TLS.
    """

    def __init__(self, desk: Desk, line: Line, metrics: ClientMetrics, *, tls: bool) -> None:
        self.transport: asyncio.Transport
        self.desk, self.line, self.metrics, self.tls = desk, line, metrics, tls
        self.number = desk.next_number()
        self.names = desk.names
        self.statements: dict[bytes, Statement] = {}
        self.pinned: str | None = None
        self.connection: DatabaseConnection | None = None
        self.waiting = self.closed = self.congested = False
        self.born_ns = self.active_ns = desk.clock.now_ns()
        self.asked_ns = 0
        """When the oldest request that is not on its way yet came, by the stopwatch."""
        self._inbox = bytearray()
        self._needed, self._rest = HEADER, 0
        self._held_back = self._paused = False

    def start(self, transport: asyncio.Transport, read_already: bytes) -> None:
        """Take over the connection from the login."""
        self.transport = transport
        if transport.is_closing():
            self.connection_lost(None)
        elif read_already:
            self.data_received(read_already)

    @property
    def busy(self) -> bool:
        """Whether the client waits for an answer."""
        return self.waiting or (self.connection is not None and self.connection.outstanding > 0)

    def view(self) -> SessionView:
        """Return what can be told of this client now."""
        state = "borrowed" if self.connection else "waiting" if self.waiting else "idle"
        key = self.line.key
        return SessionView(
            self.number, key.user, key.database, self.metrics.endpoint, self.pinned, state
        )

    # -- from the client -----------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """Send on what can go; keep what cannot."""
        if self.closed:
            return
        self.active_ns = self.desk.clock.now_ns()
        if not self.waiting:
            self.asked_ns = stopwatch_ns()
        if self._inbox:
            self._inbox += data
            if self.waiting or len(self._inbox) < self._needed:
                self._regulate()
                return
            data = bytes(self._inbox)
            self._inbox.clear()
        self._relay(data)

    def _relay(self, data: bytes) -> None:
        """Go through messages: each is sent on, answered here, or kept until it can go."""
        at, end, going = 0, len(data), []
        try:
            while at < end and not self.closed:
                if self._rest:
                    piece = data[at : at + self._rest]
                    self._rest -= len(piece)
                    at += len(piece)
                    going.append(piece)
                    continue
                have = self._next_message(data, at, end)
                if not have or (self.connection is None and not self._may_go(data[at])):
                    break
                head = data[at : at + have]
                at += have
                if have >= _LONG:
                    self._rest = int.from_bytes(head[1:HEADER], "big") + 1 - have
                if self.connection is not None and head[0] != _TERMINATE:
                    going.append(REQUESTS[head[0]](self, self.connection, head))
                else:
                    self._answer_here(head[0], going)
        except ProtocolError as mistake:
            self._send(going)
            self.end(Refusal("08P01", str(mistake)))
            return
        if self.closed:
            return
        if at < end:
            self._inbox += data[at:]
        self._send(going)
        if self._inbox or self._held_back or self._paused:
            self._regulate()

    def _next_message(self, data: bytes, at: int, end: int) -> int:
        """Return how many bytes of the message at *at* can go now; 0 to wait for more."""
        there = end - at
        self._needed = HEADER
        if there < HEADER:
            return 0
        length = int.from_bytes(data[at + 1 : at + HEADER], "big")
        check_frame(data[at], length)
        if length < there:
            return length + 1
        if there < _LONG:
            self._needed = min(length + 1, _LONG)
            return 0
        return there

    def _may_go(self, letter: int) -> bool:
        """Whether a message can be dealt with now: without the database, or with one at once."""
        if letter in _WITHOUT_CONNECTION:
            return True
        if not self.waiting:
            connection = self.desk.pool.take(self)
            if connection is not None:
                self._hold(connection)
        return self.connection is not None

    def _answer_here(self, letter: int, going: list[bytes]) -> None:
        if letter == _SYNC:
            self.transport.write(_READY)
        elif letter == _TERMINATE:
            self._send(going)
            self.transport.close()
            self._leave()

    def _send(self, going: list[bytes]) -> None:
        connection = self.connection
        if connection is not None:
            if going:
                connection.transport.write(going[0] if len(going) == 1 else b"".join(going))
            if connection.at_rest:
                self.settled()
        going.clear()

    def _regulate(self) -> None:
        """Read no more from a client whose requests cannot go."""
        wait = self._held_back or (self.waiting and len(self._inbox) > 2 * _LONG)
        if wait != self._paused and not self.closed:
            self._paused = wait
            if wait:
                self.transport.pause_reading()
            else:
                self.transport.resume_reading()

    # -- the connection ------------------------------------------------------------------------

    def _hold(self, connection: DatabaseConnection) -> None:
        self.waiting = False
        self.connection = connection
        connection.attach(self)

    def granted(self, connection: DatabaseConnection) -> None:
        """The pool has a connection for this client."""
        self._hold(connection)
        data = bytes(self._inbox)
        self._inbox.clear()
        self._relay(data)

    def refused(self, refusal: Refusal) -> None:
        """The pool has none, and will not have one in time."""
        self.waiting = False
        self.end(refusal)

    def pin(self, reason: str) -> None:
        """Keep the connection until this client leaves."""
        if self.pinned is None:
            self.pinned = reason
            self.desk.tell_pinned(self, reason)

    def deliver(self, data: bytes) -> None:
        """Hand an answer to the client."""
        self.transport.write(data)

    def answered(self, ready: Ready) -> None:
        """Count a query; AWS's metrics leave the extended protocol out."""
        if ready.asked_ns:
            now = stopwatch_ns()
            self.metrics.query(now - ready.asked_ns, now - ready.sent_ns, tls=self.tls)

    def settled(self) -> None:
        """Give the connection back, unless pinned to it or in the middle of a message."""
        if self.connection is not None and self.pinned is None and not self._rest:
            connection, self.connection = self.connection, None
            self.desk.pool.give_back(connection)
            if self._inbox and len(self._inbox) >= self._needed and not self.closed:
                data = bytes(self._inbox)
                self._inbox.clear()
                self._relay(data)

    def connection_died(self, told: bool) -> None:
        """The database cut the connection in the middle of something."""
        self.connection = None
        self.desk.metrics.cut_clients += 1
        self.end(None if told else LOST)

    # -- flow ----------------------------------------------------------------------------------

    def hold_back(self, wait: bool) -> None:
        """Read no more from the client while the database does not keep up."""
        self._held_back = wait
        self._regulate()

    def pause_writing(self) -> None:
        """The client does not read its answers: let the database wait, keep none of them here."""
        self.congested = True
        if self.connection is not None:
            self.connection.transport.pause_reading()

    def resume_writing(self) -> None:
        """The client reads again."""
        self.congested = False
        if self.connection is not None:
            self.connection.transport.resume_reading()

    # -- the end -------------------------------------------------------------------------------

    def end(self, refusal: Refusal | None) -> None:
        """Close the client's connection, with a word if there is one."""
        if self.closed:
            return
        if refusal is not None:
            self.transport.write(refusal.as_message())
        self.transport.close()
        if self.transport.get_write_buffer_size():
            # It does not read: it has had its chance.
            self.desk.loop.call_later(_GRACE_SECONDS, self.transport.abort)
        self._leave()

    def connection_lost(self, reason: Exception | None) -> None:
        """The client is gone."""
        self._leave()

    def _leave(self) -> None:
        if self.closed:
            return
        self.closed = True
        self._inbox.clear()
        if self.waiting:
            self.waiting = False
            self.desk.pool.abandon(self)
        connection, self.connection = self.connection, None
        if connection is not None:
            # Pinned, or in the middle of something: what it left there is nobody else's to find.
            connection.detach()
            connection.close()
        self.desk.left(self)
