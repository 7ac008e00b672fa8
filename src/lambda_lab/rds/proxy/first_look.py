"""What the database reports to new clients has to be asked once for each line.

A client that logs in is told the server's version, its time zone and so on, without a database
connection of its own. The first client of a line waits for one, and the proxy remembers.
"""

from __future__ import annotations

import asyncio
from typing import Any

from lambda_lab.rds.proxy.connection import DatabaseConnection
from lambda_lab.rds.proxy.conversation import Conversation
from lambda_lab.rds.proxy.line import Line
from lambda_lab.rds.proxy.pool import Pool
from lambda_lab.rds.proxy.refusals import Refusal

__all__ = ["look_once"]


class _FirstLook:
    """Borrows a connection once, to learn what the database reports to new clients."""

    waiting = False

    def __init__(self, pool: Pool, line: Line) -> None:
        self._pool, self.line = pool, line
        self.got: asyncio.Future[DatabaseConnection]
        self.got = asyncio.get_running_loop().create_future()

    def granted(self, connection: DatabaseConnection) -> None:
        self.waiting = False
        if self.got.done():  # whoever wanted it has left
            self._pool.give_back(connection)
        else:
            self.got.set_result(connection)

    def refused(self, refusal: Refusal) -> None:
        self.waiting = False
        if not self.got.done():
            self.got.set_exception(refusal)


async def look_once(talk: Conversation, pool: Pool, line: Line) -> None:
    """Wait for the first connection of a line; a client that leaves waits no more."""
    look = _FirstLook(pool, line)
    connection = pool.take(look)
    if connection is None:
        left = asyncio.ensure_future(_until_gone(talk))
        try:
            both: set[asyncio.Future[Any]] = {look.got, left}
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            left.cancel()
            if not look.got.done():
                look.got.cancel()
                pool.abandon(look)
        connection = look.got.result() if not look.got.cancelled() else None
        if connection is None:
            raise ConnectionError("the client left")
    pool.give_back(connection)


async def _until_gone(talk: Conversation) -> None:
    while not talk.gone:
        await talk.more()
