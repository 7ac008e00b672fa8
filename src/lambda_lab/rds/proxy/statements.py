"""Prepared statements of the wire protocol, without pinning.

A client prepares a statement once and runs it many times; through a proxy, each run may meet
another database connection, which has never heard of it. So the proxy remembers what each client
prepared, and prepares it again where it is missing, just before it is needed. On the database,
statements have names of the proxy's own, the same for the same text, so that clients share them.

https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-EXT-QUERY
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from lambda_lab.rds.proxy.wire import cstring, message

__all__ = ["NOBODYS", "PREFIX", "Action", "Reply", "Statement", "StatementNames", "deallocated"]

PREFIX = b"rdsproxy_"
NOBODYS = b"rdsproxy_nobodys"
"""A name that no statement ever has: asking for it fails, closing it succeeds."""
_REMEMBERED = 2000
_DEALLOCATE = re.compile(
    rb'\s*(?:DEALLOCATE\s+(?:PREPARE\s+)?(?:(?P<all>ALL)|"(?P<quoted>[^"]+)"|(?P<name>\w+))'
    rb"|(?P<discard>DISCARD\s+ALL))\s*;?\s*\0?\Z",
    re.IGNORECASE,
)


class Action(Enum):
    """What becomes of the database's next ``ParseComplete`` or ``CloseComplete``."""

    PASS = "pass"
    DROP = "drop"
    AS_PARSE = "as parse"


def _nothing() -> None:
    pass


@dataclass(slots=True)
class Reply:
    """A ``ParseComplete`` or ``CloseComplete`` that the database owes.

    Parameters
    ----------
    action
        What to do with it.
    undo
        Called instead, if an error came first and the request was never carried out.
    """

    action: Action
    undo: Callable[[], None] = _nothing


@dataclass(slots=True, eq=False)
class Statement:
    """What a client prepared.

    Parameters
    ----------
    name
        Its name on the database; empty for the unnamed statement.
    body
        The rest of the ``Parse`` message: SQL and parameter types. ``None`` if it was too long to
        be kept, which pins the client, so that it is never needed.
    shared
        Whether other clients use it too.
    """

    name: bytes
    body: bytes | None
    shared: bool = False

    def parse(self) -> bytes:
        """Return the message that prepares it."""
        return message(b"P", cstring(self.name) + (self.body or b"\0\0\0"))


class StatementNames:
    """Gives each text a name on the database, the same to everybody.

    Examples
    --------
    >>> names = StatementNames()
    >>> names.of(b"SELECT 1") is names.of(b"SELECT 1")
    True
    >>> names.of(b"SELECT 2").name
    b'rdsproxy_2'
    """

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, Statement] = OrderedDict()
        self._count = 0

    def of(self, body: bytes) -> Statement:
        """Return the statement of this text."""
        known = self._known.get(body)
        if known is None:
            known = self._known[body] = self.private(body)
            known.shared = True
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        else:
            self._known.move_to_end(body)
        return known

    def private(self, body: bytes | None) -> Statement:
        """Return a statement that is shared with nobody."""
        self._count += 1
        return Statement(PREFIX + b"%d" % self._count, body)


def deallocated(sql: bytes) -> bytes | None:
    """Return the name that *sql* deallocates, empty for all names, ``None`` if it does not.

    Only a message that does nothing else counts.

    Examples
    --------
    >>> deallocated(b"DEALLOCATE _pg3_0"), deallocated(b"deallocate all;"), deallocated(b"SELECT 1")
    (b'_pg3_0', b'', None)
    """
    found = _DEALLOCATE.match(sql)
    if found is None:
        return None
    if found["all"] or found["discard"]:
        return b""
    return found["quoted"] or found["name"].lower()
