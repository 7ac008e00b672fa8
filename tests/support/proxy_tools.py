"""A database with users, a proxy in front of it, and ways to look at both."""

from __future__ import annotations

import asyncio
import dataclasses
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Self

import psycopg
from pg8000.native import Connection

from lambda_lab.clock import Clock
from lambda_lab.rds.proxy import Login, ProxyServer, ProxySettings, Target
from lambda_lab.rds.server import PostgresServer

PASSWORDS = {"app": "app-password", "other": "other-password", "tokens": "hidden", "old": "md5-way"}
DATABASE = "shop"
MOST = 60
"""``max_connections`` of the server."""


def logins(user: str) -> Login | None:
    """Find a user's secret."""
    if user not in PASSWORDS:
        return None
    return Login(user, PASSWORDS[user], iam=user == "tokens", md5=user == "old")


@contextmanager
def filled_server() -> Iterator[PostgresServer]:
    """Start a server with the users' roles and a database that all may write to."""
    with PostgresServer.create(parameters={"max_connections": str(MOST)}) as server:
        for user, password in PASSWORDS.items():
            server.sql(f"CREATE ROLE {user} LOGIN PASSWORD '{password}'")
        server.sql(f"CREATE DATABASE {DATABASE} OWNER app")
        server.sql("GRANT ALL ON SCHEMA public TO PUBLIC", database=DATABASE)
        yield server


def wait_until(condition: Callable[[], bool]) -> None:
    """Return when something that happens elsewhere has happened."""
    pause = threading.Event()
    for _ in range(1000):
        if condition():
            return
        pause.wait(0.01)
    raise AssertionError("it did not happen in ten seconds")


@dataclasses.dataclass
class Bench:
    """A proxy to try."""

    server: PostgresServer
    proxy: ProxyServer
    clock: Clock
    settings: ProxySettings

    @property
    def address(self) -> tuple[str, int]:
        """Where the proxy listens."""
        return self.proxy.address

    def pg8000(self, user: str = "app", **more: Any) -> Connection:
        """Connect with pg8000."""
        host, port = self.address
        more = {"password": PASSWORDS.get(user, ""), "ssl_context": False, **more}
        return Connection(user, host=host, port=port, database=DATABASE, **more)

    def psycopg(self, user: str = "app", **more: Any) -> psycopg.Connection[Any]:
        """Connect with psycopg, without TLS if nothing else is said."""
        host, port = self.address
        wanted = {
            "host": host, "port": port, "user": user, "password": PASSWORDS.get(user, ""),
            "dbname": DATABASE, "sslmode": "disable", "autocommit": True, **more,
        }  # fmt: skip
        return psycopg.connect(**wanted)

    async def asyncpg(self, user: str = "app", **more: Any) -> Any:
        """Connect with asyncpg."""
        import asyncpg

        host, port = self.address
        wanted = {"ssl": False, **more}
        return await asyncpg.connect(
            host=host, port=port, user=user, password=PASSWORDS[user], database=DATABASE, **wanted
        )

    def raw(self) -> Raw:
        """Connect with nothing but a socket."""
        return Raw(self.address)

    def database(self) -> dict[str, float]:
        """Return gauges and counters of the database's side."""
        read = self.proxy.snapshot().database
        return {**read.gauges, **read.counters}

    def change(self, **settings: Any) -> None:
        """Change settings."""
        self.settings = dataclasses.replace(self.settings, **settings)
        self.proxy.change(self.settings)

    def backends(self) -> int:
        """Count the proxy's connections as the database sees them."""
        users = ", ".join(f"'{user}'" for user in PASSWORDS)
        rows = self.server.sql(f"SELECT count(*) FROM pg_stat_activity WHERE usename IN ({users})")
        return int(rows[0][0])

    def wait_for(self, condition: Callable[[], bool]) -> None:
        """Return when something that happens in another thread has happened."""
        wait_until(condition)


@contextmanager
def bench(
    server: PostgresServer, *, clock: Clock | None = None, **settings: Any
) -> Iterator[Bench]:
    """Run a proxy in front of *server*; ten connections, if nothing else is said."""
    found = ProxySettings(find_login=logins)
    percent = settings.pop("connections", 10) * 100 // MOST + 1
    found = dataclasses.replace(found, max_connections_percent=percent, **settings)
    target = Target("shop", lambda: [(server.host, server.port)], lambda: MOST)
    clock = clock or Clock()
    with clock, ProxyServer(target, found, clock) as proxy:
        yield Bench(server, proxy, clock, found)


class Raw:
    """A client that may say anything."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.socket = socket.create_connection(address, 10)

    def send(self, data: bytes) -> None:
        """Send bytes; a proxy that has closed already is no mistake of the test's."""
        with suppress(OSError):
            self.socket.sendall(data)

    def start(self, user: str = "app", code: int = 3 << 16, **more: str) -> None:
        """Send a start-up packet."""
        words = {"user": user, "database": DATABASE, **more}
        body = b"".join(f"{k}\0{v}\0".encode() for k, v in words.items()) + b"\0"
        self.send(struct.pack("!ii", len(body) + 8, code) + body)

    def exactly(self, size: int) -> bytes:
        """Read so many bytes, or fewer before the end."""
        got = b""
        while len(got) < size:
            try:
                more = self.socket.recv(size - len(got))
            except ConnectionResetError:
                break
            if not more:
                break
            got += more
        return got

    def message(self) -> tuple[bytes, bytes]:
        """Read one message; two empty texts at the end."""
        head = self.exactly(5)
        if len(head) < 5:
            return b"", b""
        return head[:1], self.exactly(int.from_bytes(head[1:], "big") - 4)

    def until(self, letter: bytes) -> list[tuple[bytes, bytes]]:
        """Read messages up to one of this kind, or to the end."""
        got = []
        while True:
            message = self.message()
            if not message[0]:
                return got
            got.append(message)
            if message[0] == letter:
                return got

    def refusal(self) -> dict[str, str]:
        """Read to the end, and return the fields of the error in it."""
        from lambda_lab.rds.proxy.wire import error_fields

        fields: dict[str, str] = {}
        while True:
            letter, body = self.message()
            if not letter:
                return fields
            if letter == b"E":
                fields = error_fields(body)

    def log_in(self, user: str = "app") -> None:
        """Log in with SCRAM."""
        from lambda_lab.rds.proxy.scram import ScramClient

        scram = ScramClient(PASSWORDS[user])
        self.start(user)
        assert self.message()[0] == b"R"
        first = scram.first()
        self.send(_m(b"p", b"SCRAM-SHA-256\0" + struct.pack("!i", len(first)) + first))
        self.send(_m(b"p", scram.final(self.message()[1][4:])))
        assert self.until(b"Z")[-1] == (b"Z", b"I")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *what: object) -> None:
        self.socket.close()


def _m(letter: bytes, body: bytes = b"") -> bytes:
    return letter + struct.pack("!i", len(body) + 4) + body


packet = _m


def together(work: list[Callable[[], None]], patience: float = 60) -> None:
    """Run functions in a thread each, and raise what any of them raised."""
    wrong: list[BaseException] = []

    def run(one: Callable[[], None]) -> None:
        try:
            one()
        except BaseException as error:  # noqa: BLE001 - raised below
            wrong.append(error)

    threads = [threading.Thread(target=run, args=(one,), daemon=True) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(patience)
    assert not any(thread.is_alive() for thread in threads), "a client hangs"
    if wrong:
        raise wrong[0]


def run(work: Any) -> Any:
    """Run a coroutine."""
    return asyncio.run(work)
