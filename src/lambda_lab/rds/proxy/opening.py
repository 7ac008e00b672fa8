"""Opening a connection to the database: find the writer, log in, run the initialisation query.

https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-START-UP
"""

from __future__ import annotations

import asyncio
import hashlib
import struct
from collections.abc import Mapping
from typing import cast

from lambda_lab.rds.proxy.conversation import Conversation
from lambda_lab.rds.proxy.refusals import Refusal
from lambda_lab.rds.proxy.scram import MECHANISM, ScramClient, ScramError
from lambda_lab.rds.proxy.settings import Login, Target
from lambda_lab.rds.proxy.wire import (
    PROTOCOL_3,
    ProtocolError,
    cstring,
    error_fields,
    first_packet,
    message,
    startup_body,
)

__all__ = ["Opened", "Unreachable", "md5_answer", "open_writer"]

_PATIENCE_SECONDS = 5.0
"""Real seconds for one member to take a login."""
_LATER = {"53300", "57P01", "57P02", "57P03"}
"""Too many connections, shutting down, starting up: it may be different in a moment."""
_AUTHENTICATION, _PARAMETER, _ERROR, _DONE = b"R", b"S", b"E", b"Z"


class Unreachable(Exception):
    """No writer takes a connection now; try again.

    Parameters
    ----------
    text
        What each member said.
    full
        Whether a writer answered, and has no connection left.
    """

    def __init__(self, text: str, *, full: bool = False) -> None:
        super().__init__(text)
        self.full = full


class Opened(Conversation):
    """A connection being opened; afterwards, ``parameters`` is what the server reported."""

    def __init__(self) -> None:
        super().__init__()
        self.parameters: dict[bytes, bytes] = {}
        self._scram: ScramClient | None = None

    async def log_in(self, login: Login, parameters: Mapping[str, str]) -> None:
        """Log in; returns when the server is ready.

        Raises
        ------
        Refusal
            If the server says no, in its own words.
        """
        self.write(first_packet(PROTOCOL_3, startup_body({"user": login.user, **parameters})))
        while True:
            letter, body = await self.message()
            if letter == _AUTHENTICATION:
                self._authenticate(login, body)
            elif letter == _PARAMETER:
                self._note(body)
            elif letter == _ERROR:
                raise Refusal.of_database(error_fields(body))
            elif letter == _DONE:
                return

    def _authenticate(self, login: Login, body: bytes) -> None:
        (kind,) = struct.unpack_from("!i", body)
        if kind == 3:
            self.write(message(b"p", cstring(login.password)))
        elif kind == 5:
            self.write(message(b"p", cstring(md5_answer(login, body[4:8]))))
        elif kind == 10:
            self._scram = ScramClient(login.password)
            first = self._scram.first()
            self.write(message(b"p", cstring(MECHANISM) + struct.pack("!i", len(first)) + first))
        elif kind == 11 and self._scram is not None:
            self.write(message(b"p", self._scram.final(body[4:])))
        elif kind == 12 and self._scram is not None:
            self._scram.check(body[4:])

    def _note(self, body: bytes) -> None:
        name, value = body.split(b"\0")[:2]
        self.parameters[name] = value

    async def run(self, sql: str) -> None:
        """Run statements and forget what they answer."""
        self.write(message(b"Q", cstring(sql)))
        refusal: Refusal | None = None
        while True:
            letter, body = await self.message()
            if letter == _PARAMETER:
                self._note(body)
            elif letter == _ERROR:
                refusal = Refusal.of_database(error_fields(body))
            elif letter == _DONE:
                break
        if refusal is not None:
            raise refusal


def md5_answer(login: Login, salt: bytes) -> str:
    """Return what PostgreSQL's old password method answers.

    Examples
    --------
    >>> md5_answer(Login("app", "secret"), b"salt")
    'md57f097e06031b34893c20e25a0e68242c'
    """
    inner = hashlib.md5((login.password + login.user).encode(), usedforsecurity=False).hexdigest()
    return "md5" + hashlib.md5(inner.encode() + salt, usedforsecurity=False).hexdigest()


async def open_writer(
    target: Target, login: Login, parameters: Mapping[str, str], init_query: str
) -> Opened:
    """Open a connection to whichever member is the writer.

    Parameters
    ----------
    target
        Where it may be.
    login
        As whom.
    parameters
        The start-up parameters: database and settings.
    init_query
        Run before the connection counts as open.

    Raises
    ------
    Refusal
        If the writer says no for good: a wrong password, no such database.
    Unreachable
        If there is no writer, or it is full: worth another try.
    """
    said: list[str] = []
    full = False
    for address in target.members():
        opened: Opened | None = None
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                opened = cast("Opened", await target.connect(Opened, address))
                await opened.log_in(login, parameters)
                if opened.parameters.get(b"in_hot_standby") != b"on":
                    if init_query.strip():
                        await opened.run(init_query)
                    return opened
            said.append(f"{address} is a standby")
        except Refusal as refusal:
            if refusal.code not in _LATER:
                _abort(opened)
                raise
            full = full or refusal.code == "53300"
            said.append(f"{address}: {refusal}")
        except (OSError, TimeoutError, ProtocolError, ScramError) as trouble:
            said.append(f"{address}: {trouble}")
        _abort(opened)
    raise Unreachable("; ".join(said) or "the target has no members", full=full)


def _abort(opened: Opened | None) -> None:
    if opened is not None:
        opened.transport.abort()
