"""The PostgreSQL wire protocol, as far as a pooler must understand it.

A message is one letter, four bytes of length (which count themselves, not the letter), and a body.
The first packet of a client has no letter. Letters mean different things in each direction:
``D`` is *Describe* from a client and *DataRow* from a server.

https://www.postgresql.org/docs/current/protocol-message-formats.html
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping

__all__ = [
    "CANCEL_REQUEST",
    "GSS_REQUEST",
    "HEADER",
    "LARGEST_STARTUP",
    "PROTOCOL_3",
    "TLS_REQUEST",
    "ProtocolError",
    "authentication",
    "check_frame",
    "cstring",
    "error",
    "error_fields",
    "first_packet",
    "message",
    "parameters_of",
    "startup_body",
]

HEADER = 5
"""Bytes before a message's body: its letter and its length."""
PROTOCOL_3 = 3 << 16
TLS_REQUEST, GSS_REQUEST, CANCEL_REQUEST = 80877103, 80877104, 80877102
LARGEST_STARTUP = 10_000
"""PostgreSQL's own limit for a first packet (``MAX_STARTUP_PACKET_LENGTH``)."""
_LARGE = (1 << 30) - 2
"""PostgreSQL's limit for messages that carry data or SQL (``PQ_LARGE_MESSAGE_LIMIT``)."""
_SMALL = 10_000
"""Its limit for all others (``PQ_SMALL_MESSAGE_LIMIT``)."""
_LIMITS = {**dict.fromkeys(b"QPBFd", _LARGE), **dict.fromkeys(b"CDEHSXcf", _SMALL)}


class ProtocolError(Exception):
    """A client sent what no PostgreSQL client sends; the text is PostgreSQL's own."""


def message(letter: bytes, body: bytes = b"") -> bytes:
    r"""Return a message.

    Examples
    --------
    >>> message(b"Z", b"I")
    b'Z\x00\x00\x00\x05I'
    """
    return letter + struct.pack("!i", len(body) + 4) + body


def first_packet(code: int, body: bytes = b"") -> bytes:
    """Return a packet without a letter: how every connection starts."""
    return struct.pack("!ii", len(body) + 8, code) + body


def authentication(code: int, body: bytes = b"") -> bytes:
    """Return an ``Authentication...`` message: 0 is success, 10 to 12 are SASL's steps."""
    return message(b"R", struct.pack("!i", code) + body)


def cstring(text: str | bytes) -> bytes:
    """Return *text* ended by a zero byte."""
    return (text.encode() if isinstance(text, str) else text) + b"\0"


def error(severity: str, code: str, text: str) -> bytes:
    """Return an ``ErrorResponse``.

    Parameters
    ----------
    severity
        ``ERROR``, or ``FATAL`` where the connection ends.
    code
        SQLSTATE, five characters.
    text
        The message for people.

    Examples
    --------
    >>> error_fields(error("FATAL", "28000", "no")[HEADER:])["C"]
    '28000'
    """
    fields = {"S": severity, "V": severity, "C": code, "M": text.replace("\0", "")}
    body = b"".join(name.encode() + cstring(value) for name, value in fields.items())
    return message(b"E", body + b"\0")


def error_fields(body: bytes) -> dict[str, str]:
    """Return the fields of an ``ErrorResponse`` or ``NoticeResponse`` by their letter."""
    return {
        field[:1].decode("ascii", "replace"): field[1:].decode("utf-8", "replace")
        for field in bytes(body).split(b"\0")
        if field
    }


def parameters_of(body: bytes) -> dict[str, str]:
    """Return the parameters of a start-up packet, given without length and code.

    Raises
    ------
    ProtocolError
        If the list does not end as it must, or is not text.

    Examples
    --------
    >>> parameters_of(startup_body({"user": "app", "database": "shop"}))
    {'user': 'app', 'database': 'shop'}
    """
    words = body.split(b"\0")
    # name, value, name, value, "", "": each value is ended by a zero, and so is the list.
    if len(words) < 2 or words[-2:] != [b"", b""] or len(words) % 2 != 0:
        raise ProtocolError("invalid startup packet layout: expected terminator as last byte")
    try:
        texts = [word.decode() for word in words[:-2]]
    except UnicodeDecodeError as mistake:
        raise ProtocolError("invalid startup packet layout: not UTF-8") from mistake
    return dict(zip(texts[::2], texts[1::2], strict=True))


def startup_body(parameters: Mapping[str, str]) -> bytes:
    """Return parameters as a start-up packet carries them."""
    return _joined(word for pair in parameters.items() for word in pair) + b"\0"


def _joined(words: Iterable[str]) -> bytes:
    return b"".join(cstring(word) for word in words)


def check_frame(letter: int, length: int) -> None:
    """Refuse a message that no client may send, before its body is read.

    Parameters
    ----------
    letter
        The first byte.
    length
        The length it announces.

    Raises
    ------
    ProtocolError
        For an unknown letter or a length out of bounds.

    Examples
    --------
    >>> check_frame(ord("Q"), 14)
    >>> check_frame(ord("Q"), 2)
    Traceback (most recent call last):
    lambda_lab.rds.proxy.wire.ProtocolError: invalid message length
    """
    if not 4 <= length <= _LIMITS.get(letter, 0):
        if letter not in _LIMITS:
            raise ProtocolError(f"invalid frontend message type {letter}")
        raise ProtocolError("invalid message length")
