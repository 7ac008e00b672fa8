"""Messages one at a time, awaited: how a connection starts, towards clients and the database.

Logging in is a dialogue, easiest to read as one. What follows it is a stream, and another protocol
object takes over (:meth:`Conversation.hand_over`).
"""

from __future__ import annotations

import asyncio
import ssl
from typing import cast

from lambda_lab.rds.proxy.wire import HEADER, LARGEST_STARTUP, ProtocolError

__all__ = ["Conversation"]

_LARGEST = 65_536
"""No message of a login is larger; a token with its session token is a few thousand bytes."""


class Conversation(asyncio.Protocol):
    """The start of a connection.

    All ``async`` methods raise :class:`ConnectionError` when the other side goes away, and
    :class:`~lambda_lab.rds.proxy.wire.ProtocolError` for a length that cannot be.
    """

    def __init__(self) -> None:
        self.transport: asyncio.Transport
        self.tls = False
        self._buffer = bytearray()
        self._more: asyncio.Future[None] | None = None
        self._gone = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember the transport."""
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Keep what came; a peer that sends on and on is not read any more."""
        self._buffer += data
        if len(self._buffer) > _LARGEST:
            self.transport.pause_reading()
        self._wake()

    def connection_lost(self, error: Exception | None) -> None:
        """Let whoever waits know."""
        self._gone = True
        self._wake()

    def _wake(self) -> None:
        if self._more is not None and not self._more.done():
            self._more.set_result(None)

    @property
    def gone(self) -> bool:
        """Whether the other side has gone away."""
        return self._gone

    async def more(self) -> None:
        """Return when something came, or the other side went away."""
        self._more = asyncio.get_running_loop().create_future()
        await self._more

    async def _take(self, size: int) -> bytes:
        while len(self._buffer) < size:
            if self._gone:
                raise ConnectionError("the other side closed the connection")
            await self.more()
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken

    async def first_packet(self) -> tuple[int, bytes]:
        """Return code and body of a packet without a letter."""
        size = int.from_bytes(await self._take(4), "big")
        if not 8 <= size <= LARGEST_STARTUP:
            raise ProtocolError("invalid length of startup packet")
        packet = await self._take(size - 4)
        return int.from_bytes(packet[:4], "big"), packet[4:]

    async def message(self) -> tuple[bytes, bytes]:
        """Return letter and body of the next message."""
        head = await self._take(HEADER)
        size = int.from_bytes(head[1:], "big")
        if not 4 <= size <= _LARGEST:
            raise ProtocolError("invalid message length")
        return head[:1], await self._take(size - 4)

    def write(self, data: bytes) -> None:
        """Send."""
        self.transport.write(data)

    async def start_tls(self, context: ssl.SSLContext) -> None:
        """Answer a request for TLS and go on inside it.

        Raises
        ------
        ProtocolError
            If something came in the clear after the request: it could be anybody's.
        """
        if self._buffer:
            raise ProtocolError("received unencrypted data after SSL request")
        self.write(b"S")
        loop = asyncio.get_running_loop()
        transport = await loop.start_tls(self.transport, self, context, server_side=True)
        if transport is None:
            raise ConnectionError("the other side closed the connection")
        self.transport, self.tls = transport, True

    def hand_over(self, protocol: asyncio.Protocol) -> bytes:
        """Let *protocol* have the connection; returns what was read too far."""
        self.transport.set_protocol(protocol)
        if len(self._buffer) > _LARGEST:
            self.transport.resume_reading()
        rest = bytes(self._buffer)
        self._buffer.clear()
        return rest
