"""What a client asks, as it goes on to the database.

One function for each kind of message that the proxy must understand. Each gets the message, notes
what the database will owe for it, and returns what to send: mostly the message itself. Of a long
message only the beginning is there yet; the rest follows unseen.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from lambda_lab.clock import stopwatch_ns
from lambda_lab.rds.proxy.client import Client
from lambda_lab.rds.proxy.connection import DatabaseConnection, Ready
from lambda_lab.rds.proxy.pinning import LONGEST_STATEMENT, reason_to_pin
from lambda_lab.rds.proxy.statements import (
    NOBODYS,
    PREFIX,
    Action,
    Reply,
    Statement,
    deallocated,
)
from lambda_lab.rds.proxy.wire import HEADER, ProtocolError, cstring, message

__all__ = ["REQUESTS", "Request"]

Request = Callable[[Client, DatabaseConnection, bytes], bytes]
_UNNAMED = b""


def _word(body: bytes, at: int = 0) -> bytes:
    end = body.find(b"\0", at)
    if end < 0:
        raise ProtocolError("invalid string in message")
    return body[at:end]


def _resized(head: bytes, body: bytes) -> bytes:
    """Return the message with a new beginning of its body; what has not come yet still counts."""
    length = int.from_bytes(head[1:HEADER], "big") + len(body) - (len(head) - HEADER)
    return head[:1] + struct.pack("!i", length) + body


def _renamed(head: bytes, name: bytes, there: bytes) -> bytes:
    """Return a ``Parse`` of another name."""
    return _resized(head, cstring(there) + head[HEADER + len(name) + 1 :])


def _is_long(head: bytes) -> bool:
    return len(head) > LONGEST_STATEMENT + 1024


def _query(session: Client, connection: DatabaseConnection, head: bytes) -> bytes:
    """``Query``: SQL in one text, answered with one ``ReadyForQuery``."""
    connection.expect(Ready(session.asked_ns, stopwatch_ns()))
    session.statements.pop(_UNNAMED, None)  # PostgreSQL forgets it too
    connection.unnamed = None
    sql = head[HEADER:-1]
    reason = reason_to_pin(sql)
    if reason is None:
        return head
    session.pin(reason)
    name = None if _is_long(head) else deallocated(sql)
    if name is None:
        return head
    if not name:
        session.statements.clear()
        connection.prepared.clear()
        return head
    statement = session.statements.pop(name, None)
    if statement is None:
        return head
    # On the database the statement has a name of the proxy's.
    before: list[bytes] = []
    _ensure(connection, statement, before)
    connection.prepared.discard(statement.name)
    return b"".join(before) + message(b"Q", b'DEALLOCATE "%b"\0' % statement.name)


def _call(session: Client, connection: DatabaseConnection, head: bytes) -> bytes:
    """``FunctionCall``: old, and answered like a query."""
    connection.expect(Ready())
    return head


def _parse(session: Client, connection: DatabaseConnection, head: bytes) -> bytes:
    """``Parse``: prepare a statement, with or without a name."""
    connection.batch_open = True
    body = head[HEADER:]
    name = _word(body)
    rest = body[len(name) + 1 :]
    long = _is_long(head)
    reason = reason_to_pin(rest if long else _word(rest))
    if reason:
        session.pin(reason)
    if not name:
        statement = Statement(_UNNAMED, None if long else rest)
        session.statements[_UNNAMED] = connection.unnamed = statement

        def undo_unnamed() -> None:
            if session.statements.get(_UNNAMED) is statement:
                del session.statements[_UNNAMED]
            if connection.unnamed is statement:
                connection.unnamed = None

        connection.expect(Reply(Action.PASS, undo_unnamed))
        return head
    return _parse_named(session, connection, head, name, None if long else rest)


def _parse_named(
    session: Client,
    connection: DatabaseConnection,
    head: bytes,
    name: bytes,
    rest: bytes | None,
) -> bytes:
    before: list[bytes] = []
    known = session.statements.get(name)
    if known is not None:
        # The name is taken: let the database say so.
        _ensure(connection, known, before)
        connection.expect(Reply(Action.PASS))
        return b"".join(before) + _renamed(head, name, known.name)
    names = session.names
    # What a pinned client has set may change what its SQL means, so it shares with nobody.
    shared = rest is not None and not session.pinned
    statement = names.of(rest) if rest is not None and shared else names.private(rest)
    session.statements[name] = statement

    def undo() -> None:
        if session.statements.get(name) is statement:
            del session.statements[name]

    if statement.name in connection.prepared:
        # It is there already. Closing what is not there is answered in the same place, with as
        # many bytes, as parsing it would be.
        connection.expect(Reply(Action.AS_PARSE, undo))
        return message(b"C", b"S" + cstring(NOBODYS))

    def undo_both() -> None:
        undo()
        connection.prepared.discard(statement.name)

    connection.prepared.add(statement.name)
    connection.expect(Reply(Action.PASS, undo_both))
    return _renamed(head, name, statement.name)


def _ensure(connection: DatabaseConnection, statement: Statement, before: list[bytes]) -> None:
    """Prepare *statement* on this connection if it is not there; its client hears nothing of it."""
    if not statement.name:
        if connection.unnamed is statement:
            return
        connection.unnamed = statement

        def undo() -> None:
            connection.unnamed = None
    else:
        if statement.name in connection.prepared:
            return
        connection.prepared.add(statement.name)

        def undo() -> None:
            connection.prepared.discard(statement.name)

    connection.expect(Reply(Action.DROP, undo))
    before.append(statement.parse())


def _name_there(
    session: Client, connection: DatabaseConnection, name: bytes, before: list[bytes]
) -> bytes:
    """Return the name on the database of what this client calls *name*."""
    statement = session.statements.get(name)
    if statement is not None:
        _ensure(connection, statement, before)
        return statement.name
    if not name or name.startswith(PREFIX):
        return NOBODYS  # never another client's
    return name  # perhaps made by SQL's PREPARE


def _bind(session: Client, connection: DatabaseConnection, head: bytes) -> bytes:
    """``Bind``: give a statement its parameters."""
    connection.batch_open = True
    body = head[HEADER:]
    portal = _word(body)
    name = _word(body, len(portal) + 1)
    before: list[bytes] = []
    there = _name_there(session, connection, name, before)
    if there == name and not before:
        return head
    rest = body[len(portal) + len(name) + 2 :]
    return b"".join(before) + _resized(head, cstring(portal) + cstring(there) + rest)


def _describe(session: Client, connection: DatabaseConnection, head: bytes) -> bytes:
    """``Describe``: of a statement or a portal."""
    connection.batch_open = True
    if head[HEADER : HEADER + 1] != b"S":
        return head
    name = _word(head[HEADER + 1 :])
    before: list[bytes] = []
    there = _name_there(session, connection, name, before)
    return b"".join(before) + message(b"D", b"S" + cstring(there))


def _close(session: Client, connection: DatabaseConnection, head: bytes) -> bytes:
    """``Close``: of a statement or a portal. Others may go on using the statement."""
    connection.batch_open = True
    connection.expect(Reply(Action.PASS))
    if head[HEADER : HEADER + 1] != b"S":
        return head
    name = _word(head[HEADER + 1 :])
    statement = session.statements.pop(name, None)
    if not name:
        connection.unnamed = None
        return head
    if statement is None and not name.startswith(PREFIX):
        return head
    if statement is not None and not statement.shared:
        connection.prepared.discard(statement.name)
        return message(b"C", b"S" + cstring(statement.name))
    return message(b"C", b"S" + cstring(NOBODYS))


def _execute(session: Client, connection: DatabaseConnection, head: bytes) -> bytes:
    """``Execute``: run what was bound."""
    connection.batch_open = True
    return head


def _flush(session: Client, connection: DatabaseConnection, head: bytes) -> bytes:
    """``Flush`` and ``CopyData``: go on, and nothing more is due for them."""
    return head


def _sync(session: Client, connection: DatabaseConnection, head: bytes) -> bytes:
    """``Sync``: ends a batch, answered with ``ReadyForQuery``."""
    connection.expect(Ready(sync=True))
    return head


def _copy_ends(session: Client, connection: DatabaseConnection, head: bytes) -> bytes:
    """``CopyDone`` or ``CopyFail``."""
    connection.end_of_copy()
    return head


REQUESTS: dict[int, Request] = {
    ord("Q"): _query,
    ord("F"): _call,
    ord("P"): _parse,
    ord("B"): _bind,
    ord("D"): _describe,
    ord("C"): _close,
    ord("E"): _execute,
    ord("H"): _flush,
    ord("S"): _sync,
    ord("c"): _copy_ends,
    ord("f"): _copy_ends,
    ord("d"): _flush,
}
