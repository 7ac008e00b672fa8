"""DNS messages: just enough to answer a function's questions for addresses (RFC 1035, RFC 3596)."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from lambda_lab.network.components import Address

__all__ = ["Question", "failed", "no_such_name", "read_question", "with_addresses"]

TYPES = {1: 4, 28: 6}
"""Record types A and AAAA, and the family of their addresses."""
IS_ANSWER, RECURSION = 0x8000, 0x0180
SERVER_FAILED, NO_SUCH_NAME = 2, 3
TTL_SECONDS = 60
_HEADER = struct.Struct(">6H")
_POINTER_TO_NAME = 0xC00C


@dataclass(frozen=True, slots=True)
class Question:
    """A name that is asked for. ``version`` is 4 or 6, or 0 for records that are no addresses."""

    ident: int
    name: str
    version: int
    raw: bytes


def read_question(message: bytes) -> Question | None:
    r"""Return what a message asks; ``None`` if it is no question that can be read.

    Examples
    --------
    >>> asked = b"\x00\x07\x01\x00\x00\x01" + bytes(6) + b"\x01a\x07example\x00\x00\x01\x00\x01"
    >>> read_question(asked).name
    'a.example'
    """
    if len(message) < _HEADER.size:
        return None
    ident, flags, count, *_ = _HEADER.unpack_from(message)
    if flags & IS_ANSWER or count != 1:
        return None
    labels, place = [], _HEADER.size
    try:
        while length := message[place]:
            if length > 63:
                return None
            labels.append(message[place + 1 : place + 1 + length].decode("ascii", "replace"))
            place += 1 + length
        kind, _ = struct.unpack_from(">2H", message, place + 1)
    except (IndexError, struct.error):
        return None
    raw = message[_HEADER.size : place + 5]
    return Question(ident, ".".join(labels).lower(), TYPES.get(kind, 0), raw)


def with_addresses(question: Question, addresses: Sequence[Address]) -> bytes:
    """Return the answer that holds those of the addresses that were asked for."""
    fit = [one for one in addresses if one.version == question.version]
    head = _HEADER.pack(question.ident, IS_ANSWER | RECURSION, 1, len(fit), 0, 0)
    kind = 1 if question.version == 4 else 28
    records = [
        struct.pack(">3HIH", _POINTER_TO_NAME, kind, 1, TTL_SECONDS, len(one.packed)) + one.packed
        for one in fit
    ]
    return head + question.raw + b"".join(records)


def no_such_name(question: Question) -> bytes:
    """Return the answer for a name that does not exist."""
    return _without(question, NO_SUCH_NAME)


def failed(question: Question) -> bytes:
    """Return the answer of a resolver that cannot find out."""
    return _without(question, SERVER_FAILED)


def _without(question: Question, code: int) -> bytes:
    return _HEADER.pack(question.ident, IS_ANSWER | RECURSION | code, 1, 0, 0, 0) + question.raw
