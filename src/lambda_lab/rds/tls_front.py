"""TLS at the endpoint of an instance whose parameter group says ``rds.force_ssl = 1``.

The server that pip installs has no OpenSSL. So for such an instance somebody stands at the
endpoint: it ends TLS, refuses who comes without, and passes bytes on to the server, which listens
at a port of its own. All fronts of a region share one thread. An instance that does not ask for it
has no front: its clients talk to the server itself.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/PostgreSQL.Concepts.General.SSL.html
"""

from __future__ import annotations

import asyncio
import logging
import ssl
import threading
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, TypeVar, cast

from lambda_lab.clock import Clock
from lambda_lab.closing import Closing
from lambda_lab.errors import SandboxError
from lambda_lab.rds.proxy.certificate import self_signed
from lambda_lab.rds.proxy.conversation import Conversation
from lambda_lab.rds.proxy.refusals import Refusal
from lambda_lab.rds.proxy.settings import Address
from lambda_lab.rds.proxy.wire import (
    CANCEL_REQUEST,
    GSS_REQUEST,
    TLS_REQUEST,
    ProtocolError,
    first_packet,
    parameters_of,
)

__all__ = ["TlsFronts", "asks_for_tls"]

log = logging.getLogger(__name__)

_BACKLOG = 1024
_PATIENCE_SECONDS = 60.0
"""PostgreSQL's ``authentication_timeout``: how long a client may take to say who it is."""
_Result = TypeVar("_Result")


def asks_for_tls(parameters: Mapping[str, str]) -> bool:
    """Whether an instance with these parameters takes connections with TLS only.

    Examples
    --------
    >>> asks_for_tls({"rds.force_ssl": "1"}), asks_for_tls({})
    (True, False)
    """
    return parameters.get("rds.force_ssl") == "1"


class TlsFronts(Closing):
    """The fronts of a region. Nothing runs before the first one is opened.

    Parameters
    ----------
    clock
        Certificates are good from a day before its time.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._doors: dict[Address, asyncio.Server] = {}
        self._guests: set[_Guest] = set()

    def open(self, at: Address, name: str, server: Callable[[], Address]) -> str:
        """Listen at *at*; returns the certificate in PEM, which a client may take as its root's.

        Parameters
        ----------
        at
            The endpoint.
        name
            What AWS would call it; the certificate has both.
        server
            Where the server listens now.

        Raises
        ------
        SandboxError
            If the port is taken.
        """
        context, pem = self_signed([name, at[0]], self._clock)
        try:
            self._doors[at] = self._ask(self._listen(at, context, server))
        except OSError as error:
            raise SandboxError(
                f"Nothing can listen on {at[0]}:{at[1]}: {error}. Stop what has that port, or "
                "choose another."
            ) from error
        return pem

    async def _listen(
        self, at: Address, context: ssl.SSLContext, server: Callable[[], Address]
    ) -> asyncio.Server:
        return await asyncio.get_running_loop().create_server(
            lambda: _Guest(self._guests, context, server), *at, backlog=_BACKLOG
        )

    def shut(self, at: Address) -> None:
        """Listen no more; connections live as long as the server has them."""
        door = self._doors.pop(at, None)
        if door is not None:
            self._ask(_shut(door))

    def close(self) -> None:
        """End every front and every connection, and the thread."""
        with self._lock:
            thread, loop = self._thread, self._loop
            self._thread = self._loop = None
        if thread is None or loop is None:
            return
        asyncio.run_coroutine_threadsafe(self._end(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()

    async def _end(self) -> None:
        for door in self._doors.values():
            door.close()
        self._doors.clear()
        for guest in list(self._guests):
            guest.end()
        for _ in range(4):  # transports close in the loop's next rounds
            await asyncio.sleep(0)

    def _ask(self, work: Coroutine[Any, Any, _Result]) -> _Result:
        with self._lock:
            if self._loop is None:
                loop = self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(
                    target=_serve, args=(loop,), name="rds-tls", daemon=True
                )
                self._thread.start()
            return asyncio.run_coroutine_threadsafe(work, self._loop).result()


async def _shut(door: asyncio.Server) -> None:
    door.close()


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    loop.run_forever()
    pending = asyncio.all_tasks(loop)
    for task in pending:
        task.cancel()
    loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
    loop.close()


class _Pipe(asyncio.Protocol):
    """Passes on what one side sends, no faster than the other side reads.

    Parameters
    ----------
    other
        Where to.
    ended
        Called when there is no more.
    """

    transport: asyncio.Transport

    def __init__(self, other: asyncio.Transport, ended: Callable[[], None]) -> None:
        self._other, self._ended = other, ended

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._other.write(data)

    def pause_writing(self) -> None:
        self._other.pause_reading()

    def resume_writing(self) -> None:
        self._other.resume_reading()

    def connection_lost(self, error: Exception | None) -> None:
        """Let the other side have what is on its way, but do not wait for it for ever."""
        self._ended()
        if not self._other.is_closing():
            self._other.close()
            asyncio.get_running_loop().call_later(1, self._other.abort)


class _Guest(Conversation):
    """A client from its first byte until bytes are passed on, and the pipes after that."""

    def __init__(
        self, present: set[_Guest], context: ssl.SSLContext, server: Callable[[], Address]
    ) -> None:
        super().__init__()
        self._present, self._context, self._server = present, context, server
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._present.add(self)
        self._task = asyncio.get_running_loop().create_task(self._receive())

    def connection_lost(self, error: Exception | None) -> None:
        self._present.discard(self)
        super().connection_lost(error)

    def end(self) -> None:
        """Cut it."""
        if self._task is not None:
            self._task.cancel()
        self.transport.abort()

    async def _receive(self) -> None:
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                code, body = await self._opening()
                if code != CANCEL_REQUEST and not self.tls:
                    raise _no_encryption(self._peer(), parameters_of(body))
                await self._pass_on(first_packet(code, body))
        except Refusal as refusal:
            self.write(refusal.as_message())
            self.transport.close()
        except ProtocolError as mistake:
            self.write(Refusal("08P01", str(mistake)).as_message())
            self.transport.close()
        except (OSError, TimeoutError):  # it left, or speaks no TLS, or the server is down
            self.transport.abort()
        except Exception:
            log.exception("a connection with TLS failed for a reason of ours")
            self.transport.abort()

    async def _opening(self) -> tuple[int, bytes]:
        """Return the first packet that is not about encryption."""
        asked: set[int] = set()
        while True:
            code, body = await self.first_packet()
            if code not in {TLS_REQUEST, GSS_REQUEST} or code in asked:
                return code, body
            asked.add(code)
            if code == TLS_REQUEST:
                await self.start_tls(self._context)
            else:
                self.write(b"N")

    def _peer(self) -> str:
        peer: Address = self.transport.get_extra_info("peername")
        return peer[0]

    async def _pass_on(self, opening: bytes) -> None:
        host, port = self._server()
        _, there = await asyncio.get_running_loop().create_connection(
            lambda: _Pipe(self.transport, lambda: None),
            host,
            port,
            local_addr=(self._peer(), 0),  # so that the database sees who its client is
        )
        if self.gone:
            there.transport.abort()
            return
        there.transport.write(opening)
        here = _Pipe(there.transport, lambda: self._present.discard(self))
        there.transport.write(self.hand_over(here))


def _no_encryption(host: str, parameters: dict[str, str]) -> Refusal:
    """Return PostgreSQL's words for a client that no line of ``pg_hba.conf`` lets in."""
    user = parameters.get("user", "")
    database = parameters.get("database") or user
    return Refusal(
        "28000",
        f'no pg_hba.conf entry for host "{host}", user "{user}", database "{database}", '
        "no encryption",
    )
