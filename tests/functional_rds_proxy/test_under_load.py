"""Many clients of three drivers on few connections: every row is the right one.

Each answer carries who asked and a checksum made by the database of what was asked, so a row, a
parameter or a transaction of somebody else's would show at once. PROXY_TURNS makes it
longer.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import random
from contextlib import suppress
from typing import Any

import psycopg

from lambda_lab.rds.server import PostgresServer
from proxy_tools import Bench, bench, run, together

TURNS = int(os.environ.get("PROXY_TURNS", "40"))
CLIENTS = 8
"""Of each driver."""
CONNECTIONS = 5


def payload(chance: random.Random) -> str:
    return chance.randbytes(chance.choice([1, 20, 300, 5000])).hex()


def checked(row: Any, who: str, text: str) -> None:
    assert tuple(row) == (who, text, hashlib.md5(text.encode()).hexdigest())


def psycopg_client(shop: Bench, number: int) -> None:
    who, chance = f"psycopg-{number}", random.Random(number)
    # After a rollback psycopg runs DEALLOCATE ALL if it has prepared anything, and that pins: who
    # prepares here does not roll back.
    careful = number % 2 == 1
    with shop.psycopg(prepare_threshold=0 if careful else None) as connection:
        for turn in range(TURNS):
            text = payload(chance)
            row = connection.execute("SELECT %s, %s, md5(%s)", (who, text, text)).fetchone()
            checked(row, who, text)
            if turn % 4 == 0:
                transfer(connection, who, turn, give_up=turn % 8 == 0 and not careful)
            if turn % 10 == 3:
                with connection.cursor().copy("COPY ledger FROM STDIN") as copy:
                    copy.write_row((who, turn, "copied"))
            if turn % 7 == 2 and not careful:
                with suppress(psycopg.errors.DivisionByZero):
                    connection.execute("SELECT %s::int / 0", (turn,))
            if turn % 9 == 5:
                with connection.pipeline():
                    cursors = [connection.execute("SELECT %s, %s", (who, n)) for n in range(5)]
                assert [c.fetchone() for c in cursors] == [(who, n) for n in range(5)]


def transfer(connection: Any, who: str, turn: int, *, give_up: bool) -> None:
    """Write in a transaction, see nothing of others' in it, and commit or not."""
    try:
        with connection.transaction():
            connection.execute("INSERT INTO ledger VALUES (%s, %s, 'written')", (who, turn))
            first = connection.execute("SELECT txid_current()").fetchone()
            assert connection.execute("SELECT txid_current()").fetchone() == first
            if give_up:
                raise KeyError("change of mind")
    except KeyError:
        pass


def pg8000_client(shop: Bench, number: int) -> None:
    who, chance = f"pg8000-{number}", random.Random(1000 + number)
    connection = shop.pg8000()
    prepared = connection.prepare("SELECT :who, :text, md5(:text)") if number % 2 else None
    try:
        for turn in range(TURNS):
            text = payload(chance)
            if prepared is not None:
                (row,) = prepared.run(who=who, text=text)
            else:
                (row,) = connection.run("SELECT :who, :text, md5(:text)", who=who, text=text)
            checked(row, who, text)
            if turn % 4 == 0:
                connection.run("BEGIN")
                connection.run(
                    "INSERT INTO ledger VALUES (:who, :turn, 'written')", who=who, turn=turn
                )
                connection.run("ROLLBACK" if turn % 8 == 0 else "COMMIT")
    finally:
        connection.close()


async def asyncpg_client(shop: Bench, number: int) -> None:
    who, chance = f"asyncpg-{number}", random.Random(2000 + number)
    connection = await shop.asyncpg()
    try:
        for turn in range(TURNS):
            text = payload(chance)
            checked(
                await connection.fetchrow("SELECT $1::text, $2::text, md5($2)", who, text),
                who,
                text,
            )
            if turn % 4 == 0:
                transaction = connection.transaction()
                await transaction.start()
                await connection.execute("INSERT INTO ledger VALUES ($1, $2, 'written')", who, turn)
                rows = [r[0] async for r in _numbers(connection, turn)]
                assert rows == list(range(turn))
                await (transaction.rollback() if turn % 8 == 0 else transaction.commit())
    finally:
        await connection.close()


async def _numbers(connection: Any, most: int) -> Any:
    for row in await connection.fetch("SELECT generate_series(0, $1 - 1)", most):
        yield row


def expected() -> set[tuple[str, int, str]]:
    rows = {
        (f"{driver}-{n}", turn, "written")
        for driver in ("psycopg", "pg8000", "asyncpg")
        for n in range(CLIENTS)
        for turn in range(4, TURNS, 8)
    }
    rows |= {
        (f"psycopg-{n}", turn, "written")
        for n in range(1, CLIENTS, 2)
        for turn in range(0, TURNS, 8)
    }
    copied = {
        (f"psycopg-{n}", turn, "copied") for n in range(CLIENTS) for turn in range(3, TURNS, 10)
    }
    return rows | copied


def test_every_row_is_the_right_one(server: PostgresServer) -> None:
    server.sql(
        "CREATE TABLE ledger (who text, turn int, how text)",
        "GRANT ALL ON ledger TO PUBLIC",
        database="shop",
    )
    with bench(server, connections=CONNECTIONS) as shop:

        async def third() -> None:
            await asyncio.gather(*[asyncpg_client(shop, n) for n in range(CLIENTS)])

        together(
            [
                *[lambda n=n: psycopg_client(shop, n) for n in range(CLIENTS)],  # type: ignore[misc]
                *[lambda n=n: pg8000_client(shop, n) for n in range(CLIENTS)],  # type: ignore[misc]
                lambda: run(third()),
            ],
            patience=100,
        )
        read = shop.database()
        assert read["DatabaseConnections"] == read["MaxDatabaseConnectionsAllowed"]
        assert shop.proxy.pins() == []
        shop.wait_for(lambda: shop.database()["DatabaseConnectionsCurrentlyBorrowed"] == 0)
        assert shop.proxy.sessions() == []
    rows = [tuple(row) for row in server.sql("SELECT * FROM ledger", database="shop")]
    assert len(rows) == len(set(rows))
    assert set(rows) == expected()
