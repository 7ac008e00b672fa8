"""A client between its first byte and its session."""

from __future__ import annotations

import asyncio

from lambda_lab.rds.proxy.conversation import Conversation
from lambda_lab.rds.proxy.login import Entrance

__all__ = ["Arrival"]


class Arrival(Conversation):
    """A client that has just connected; in *present* until it has logged in or left."""

    def __init__(self, entrance: Entrance, present: dict[Arrival, asyncio.Task[None]]) -> None:
        super().__init__()
        self._entrance, self._present = entrance, present

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the login; inside TLS it goes on."""
        super().connection_made(transport)
        loop = asyncio.get_running_loop()
        self._present[self] = loop.create_task(self._entrance.receive(self))

    def connection_lost(self, error: Exception | None) -> None:
        """It left."""
        self._present.pop(self, None)
        super().connection_lost(error)

    def hand_over(self, protocol: asyncio.Protocol) -> bytes:
        """It has logged in."""
        self._present.pop(self, None)
        return super().hand_over(protocol)
