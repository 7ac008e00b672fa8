"""One connection of a database session, from the first packet to the last.

Simple queries only: ``dblink`` asks nothing else. What is no request - ``SET client_encoding``, for
example - is answered as done; the requests are plain ASCII.

https://www.postgresql.org/docs/current/protocol-flow.html
"""

from __future__ import annotations

import logging
import socket
import struct
from collections.abc import Callable

from lambda_lab.rds.proxy.wire import (
    GSS_REQUEST,
    HEADER,
    LARGEST_STARTUP,
    PROTOCOL_3,
    TLS_REQUEST,
    ProtocolError,
    authentication,
    check_frame,
    cstring,
    error,
    message,
)

__all__ = ["LARGEST", "Answer", "Row", "serve"]

log = logging.getLogger(__name__)
LARGEST = 32 << 20
"""Most bytes of a query that are kept. The largest event that Lambda takes is, as base64, far
smaller."""
_PIECE = 1 << 16
_TEXT = 25
"""PostgreSQL's number of the type ``text``."""
_SETTINGS = {
    "server_version": "18.0",
    "server_encoding": "UTF8",
    "client_encoding": "UTF8",
    "DateStyle": "ISO, MDY",
    "IntervalStyle": "postgres",
    "integer_datetimes": "on",
    "standard_conforming_strings": "on",
}
_READY = message(b"Z", b"I")
_SET = message(b"C", cstring("SET"))
_DONE = message(b"C", cstring("SELECT 1"))
Row = tuple[bytes, bytes | None]
"""The two columns of an answer: ``told`` and ``result``; both ASCII."""
Answer = Callable[[bytes | None], Row | None]
"""Answers a query. It gets ``None`` for one that was too long to keep, and returns ``None`` for
one that is no request."""


def serve(connection: socket.socket, answer: Answer) -> None:
    """Speak with one client until it leaves, or breaks the protocol.

    Parameters
    ----------
    connection
        Accepted; whoever called closes it.
    answer
        Called with each query.

    Raises
    ------
    EOFError, OSError
        If the client leaves without a word.
    """
    try:
        _welcome(connection)
        while True:
            letter, length = struct.unpack("!BI", _exactly(connection, HEADER))
            check_frame(letter, length)
            body = _body(connection, length - 4)
            if letter == ord("X"):
                return
            if letter != ord("Q"):
                raise ProtocolError("this server takes simple queries only")
            connection.sendall(_answered(body, answer) + _READY)
    except ProtocolError as mistake:
        connection.sendall(error("FATAL", "08P01", str(mistake)))


def _welcome(connection: socket.socket) -> None:
    while True:
        length, code = struct.unpack("!II", _exactly(connection, 8))
        if not 8 <= length <= LARGEST_STARTUP:
            raise ProtocolError("invalid length of startup packet")
        _exactly(connection, length - 8)
        if code not in (TLS_REQUEST, GSS_REQUEST):
            break
        connection.sendall(b"N")
    if code != PROTOCOL_3:
        raise ProtocolError(f"unsupported frontend protocol {code >> 16}.{code & 0xFFFF}")
    settings = (message(b"S", cstring(name) + cstring(_SETTINGS[name])) for name in _SETTINGS)
    connection.sendall(authentication(0) + b"".join(settings) + _READY)


def _answered(query: bytes | None, answer: Answer) -> bytes:
    try:
        row = answer(None if query is None else query.removesuffix(b"\0"))
    except Exception as failure:
        # The database is told, and its next request is another one.
        log.exception("a request of a database failed")
        return error("ERROR", "58000", f"lambda_lab failed to answer: {failure}")
    return _SET if row is None else _described(row) + _DONE


def _described(row: Row) -> bytes:
    names = b"".join(
        cstring(name) + struct.pack("!ihihih", 0, 0, _TEXT, -1, -1, 0)
        for name in ("told", "result")
    )
    cells = b"".join(
        struct.pack("!i", -1) if cell is None else struct.pack("!i", len(cell)) + cell
        for cell in row
    )
    count = struct.pack("!h", len(row))
    return message(b"T", count + names) + message(b"D", count + cells)


def _body(connection: socket.socket, size: int) -> bytes | None:
    """Read a message's body; one that is too long is read and forgotten."""
    if size <= LARGEST:
        return _exactly(connection, size)
    while size:
        size -= len(_exactly(connection, min(size, _PIECE)))
    return None


def _exactly(connection: socket.socket, size: int) -> bytes:
    pieces = bytearray()
    while len(pieces) < size:
        piece = connection.recv(min(size - len(pieces), _PIECE))
        if not piece:
            raise EOFError
        pieces += piece
    return bytes(pieces)
