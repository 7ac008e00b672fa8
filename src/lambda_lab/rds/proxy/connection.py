"""One connection to the database, once it is open: answers on their way to the client.

Almost every byte passes through as it came. The proxy looks for ``ReadyForQuery``, which says that
a request is done and whether a transaction is open, and for the answers to requests it made itself.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from lambda_lab.rds.proxy.statements import Action, Reply, Statement
from lambda_lab.rds.proxy.wire import HEADER, message

__all__ = ["DatabaseConnection", "Holder", "Home", "Key", "Ready"]

_READY, _PARSED, _CLOSED, _ERROR, _COPY_IN = b"Z13EG"
_LOOKED_AT = frozenset(b"Z13EG")
IDLE = ord("I")
"""``ReadyForQuery`` says: no transaction is open."""
_MOST_STATEMENTS = 500
"""A connection on which more statements than this were prepared is replaced."""


@dataclass(slots=True)
class Ready:
    """A ``ReadyForQuery`` that the database owes, for a query, a function call or a ``Sync``.

    Parameters
    ----------
    asked_ns, sent_ns
        When the client's query came and when it went on, by the stopwatch; 0 for a ``Sync``.
    sync
        Whether it is for a ``Sync``.
    """

    asked_ns: int = 0
    sent_ns: int = 0
    sync: bool = False


class Key(NamedTuple):
    """What must be equal for two clients to share connections."""

    user: str
    database: str
    settings: tuple[tuple[str, str], ...]


class Home(Protocol):
    """Where a connection belongs: a line."""

    key: Key

    def forget(self, connection: DatabaseConnection) -> None:
        """It has ended."""

    def lost(self, connection: DatabaseConnection) -> None:
        """The database ended it."""


class Holder(Protocol):
    """Who holds a connection: a client's session."""

    congested: bool

    def deliver(self, data: bytes) -> None:
        """Take an answer."""

    def answered(self, ready: Ready) -> None:
        """One request has its whole answer."""

    def settled(self) -> None:
        """Nothing is under way any more: the connection could serve somebody else."""

    def connection_died(self, told: bool) -> None:
        """The database closed the connection; *told*: it has said why."""

    def hold_back(self, wait: bool) -> None:
        """Send no more for now, or go on."""


class DatabaseConnection(asyncio.Protocol):
    """A connection that a login has been done on. Never used by two clients at once.

    Parameters
    ----------
    line
        The user, database and settings it was opened for.
    transport
        The open connection.
    born_ns
        When it was opened, on the region's clock.
    """

    def __init__(self, line: Home, transport: asyncio.Transport, born_ns: int) -> None:
        self.line, self.transport, self.born_ns = line, transport, born_ns
        self.idle_since_ns = born_ns
        self.holder: Holder | None = None
        self.alive, self.congested = True, False
        self.retired = False
        """Whether to close it when its client gives it back."""
        self.status = IDLE
        self.prepared: set[bytes] = set()
        """Names of the statements that live here."""
        self.unnamed: Statement | None = None
        """Whose unnamed statement lives here."""
        self.outstanding = 0
        """Requests without their whole answer."""
        self.batch_open = False
        """Whether part of a batch was sent and its ``Sync`` was not."""
        self.copying_in = False
        self._due: deque[Ready | Reply] = deque()
        self._start, self._passing, self._told = b"", 0, False

    # -- towards the database ------------------------------------------------------------------

    def expect(self, answer: Ready | Reply) -> None:
        """Note an answer that is due for what is being sent."""
        self._due.append(answer)
        if isinstance(answer, Ready):
            self.outstanding += 1
            self.batch_open = False

    def end_of_copy(self) -> None:
        """The client ends its ``COPY``. A ``Sync`` it sent before, the server has ignored."""
        if self.copying_in and self._due and any(_is_sync(answer) for answer in self._due):
            self._due = deque(answer for answer in self._due if not _is_sync(answer))
            self.outstanding = sum(isinstance(answer, Ready) for answer in self._due)
            self.batch_open = True
        self.copying_in = False

    @property
    def at_rest(self) -> bool:
        """Whether nothing is under way and no transaction is open."""
        return self.status == IDLE and not self.outstanding and not self.batch_open

    @property
    def worn(self) -> bool:
        """Whether a new connection is better: too old, or too many statements live here."""
        return self.retired or len(self.prepared) > _MOST_STATEMENTS

    # -- from the database ---------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """Pass answers on, but for those to requests that the client did not make."""
        if self._start:
            data, self._start = self._start + data, b""
        at = min(self._passing, len(data))
        self._passing -= at
        kept: list[bytes] = []
        since, end, done = 0, len(data), False
        while at + HEADER <= end:
            letter, after = data[at], at + 1 + int.from_bytes(data[at + 1 : at + HEADER], "big")
            if letter in _LOOKED_AT:
                if after > end:
                    break
                if letter == _READY:
                    done = True
                    self.status = data[at + HEADER]
                    self._one_done()
                elif (instead := self._look(letter, data[at:after])) is not None:
                    kept += [data[since:at], instead]
                    since = after
            elif after > end:
                self._passing, at = after - end, end
                break
            at = after
        self._start = data[at:]
        self._pass_on(b"".join([*kept, data[since:at]]) if kept else data[:at], done)

    def _pass_on(self, data: bytes, done: bool) -> None:
        holder = self.holder
        if holder is not None:
            if data:
                holder.deliver(data)
            if done and self.at_rest:
                holder.settled()

    def _look(self, letter: int, whole: bytes) -> bytes | None:
        """Return what to send instead of an answer, or ``None`` for the answer itself."""
        if letter in {_PARSED, _CLOSED}:
            due = self._due[0] if self._due else None
            if not isinstance(due, Reply):
                return None
            self._due.popleft()
            if due.action is Action.PASS:
                return None
            return b"" if due.action is Action.DROP else message(b"1")
        if letter == _ERROR:
            self._told = whole[HEADER : HEADER + 6] in {b"SFATAL", b"SPANIC"}
            self.copying_in = False
        else:
            self.copying_in = True
        return None

    def _one_done(self) -> None:
        """One request is done. What an error made the server skip has not happened."""
        self.copying_in = False
        while self._due:
            due = self._due.popleft()
            if isinstance(due, Ready):
                self.outstanding -= 1
                if self.holder is not None:
                    self.holder.answered(due)
                return
            due.undo()

    # -- the connection itself -----------------------------------------------------------------

    def attach(self, holder: Holder) -> None:
        """Give the connection to a client."""
        self.holder = holder
        if holder.congested:
            self.transport.pause_reading()
        if self.congested:
            holder.hold_back(True)

    def detach(self) -> None:
        """Take it from its client."""
        holder, self.holder = self.holder, None
        if holder is not None and self.congested:
            holder.hold_back(False)
        if holder is not None and holder.congested:
            self.transport.resume_reading()

    def pause_writing(self) -> None:
        """The database does not keep up: its client must wait."""
        self.congested = True
        if self.holder is not None:
            self.holder.hold_back(True)

    def resume_writing(self) -> None:
        """The database keeps up again."""
        self.congested = False
        if self.holder is not None:
            self.holder.hold_back(False)

    def close(self) -> None:
        """Say goodbye. What was sent before is still carried out, an open transaction is not."""
        self.alive = False
        self.line.forget(self)
        self.transport.write(message(b"X"))
        self.transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        """The database went away; the client that was using it must hear of it."""
        was_alive, self.alive = self.alive, False
        if was_alive:
            holder, self.holder = self.holder, None
            self.line.lost(self)
            if holder is not None:
                holder.connection_died(self._told)


def _is_sync(answer: Ready | Reply) -> bool:
    return isinstance(answer, Ready) and answer.sync
