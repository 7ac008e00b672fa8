"""The database goes away, comes back, or another takes its place."""

from __future__ import annotations

import gc
import threading
import warnings
from collections.abc import Iterator
from contextlib import suppress

import psycopg
import pytest
from pg8000.exceptions import DatabaseError, InterfaceError

from lambda_lab.clock import Clock
from lambda_lab.errors import SandboxError
from lambda_lab.rds.proxy import ProxyServer, ProxySettings, Target
from lambda_lab.rds.server import PostgresServer
from proxy_tools import MOST, Bench, bench, filled_server, logins, together, wait_until


@pytest.fixture
def pair() -> Iterator[tuple[PostgresServer, PostgresServer]]:
    """Return a writer and a standby, each filled by itself."""
    with filled_server() as writer, filled_server() as standby:
        standby.stop()
        standby.files.signal_file.touch()

        # It streams from nobody, which is what its start waits for: the end of the server ends it.
        def start() -> None:
            with suppress(SandboxError):
                standby.start()

        starting = threading.Thread(target=start)
        starting.start()
        wait_until(lambda: in_recovery(standby))
        yield writer, standby
    starting.join()


def in_recovery(server: PostgresServer) -> bool:
    try:
        return server.sql("SELECT pg_is_in_recovery()") == [[True]]
    except (InterfaceError, DatabaseError):  # not there yet
        return False
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()


def promote(server: PostgresServer) -> None:
    server.sql("SELECT pg_promote()")


def test_idle_clients_survive_a_failover(pair: tuple[PostgresServer, PostgresServer]) -> None:
    writer, standby = pair
    target = Target(
        "shop", lambda: [(standby.host, standby.port), (writer.host, writer.port)], lambda: MOST
    )
    settings = ProxySettings(logins, max_connections_percent=50)
    with Clock() as clock, ProxyServer(target, settings, clock) as proxy:
        shop = Bench(writer, proxy, clock, settings)
        idle = [shop.psycopg() for _ in range(30)]
        ports = {client.execute("SELECT inet_server_port()").fetchone() for client in idle}
        assert ports == {(writer.port,)}  # never the standby, though it is named first
        in_flight = [shop.psycopg() for _ in range(5)]
        in_transaction = shop.psycopg(autocommit=False)
        in_transaction.execute("SELECT 1")
        codes: list[str | None] = []

        def long_one(client: psycopg.Connection[object]) -> None:
            try:
                client.execute("SELECT pg_sleep(60)")
            except psycopg.OperationalError as error:
                codes.append(error.sqlstate)

        threads = [threading.Thread(target=long_one, args=(c,)) for c in in_flight]
        for thread in threads:
            thread.start()
        shop.wait_for(lambda: shop.database()["DatabaseConnectionsCurrentlyBorrowed"] == 6)
        writer.stop()
        for thread in threads:
            thread.join(10)
        assert codes == ["57P01"] * 5
        with pytest.raises(psycopg.OperationalError):
            in_transaction.execute("SELECT 1")
        promoting = threading.Thread(target=promote, args=(standby,))
        asking = [
            threading.Thread(target=lambda c=c: c.execute("SELECT 1"))  # type: ignore[misc]
            for c in idle[:10]
        ]
        for thread in [*asking, promoting]:
            thread.start()
        for thread in [*asking, promoting]:
            thread.join(30)
        ports = {client.execute("SELECT inet_server_port()").fetchone() for client in idle}
        assert ports == {(standby.port,)}
        (stall,) = proxy.snapshot().stalls
        assert 0 < stall.seconds < 20
        assert stall.waited > 0
        for client in idle:
            client.close()


def test_a_restart_stalls_and_loses_nobody(server: PostgresServer) -> None:
    with bench(server) as shop:
        clients = [shop.psycopg() for _ in range(20)]
        for client in clients:
            client.execute("SELECT 1")
        before = shop.proxy.snapshot()
        server.stop()
        shop.wait_for(lambda: shop.proxy.snapshot().down_ns > 0)
        read = shop.proxy.snapshot()
        assert read.availability(before) < 100
        server.start()
        together([lambda c=c: c.execute("SELECT 1") for c in clients])  # type: ignore[misc]
        assert len(shop.proxy.snapshot().stalls) == 1
        for client in clients:
            client.close()


def test_it_notices_the_return_without_clients(server: PostgresServer) -> None:
    with bench(server) as shop:
        shop.psycopg().close()
        server.stop()
        shop.wait_for(lambda: shop.proxy.snapshot().down_ns > 0)
        server.start()
        shop.wait_for(lambda: bool(shop.proxy.snapshot().stalls))


def test_nobody_answers_for_as_long_as_clients_wait(server: PostgresServer) -> None:
    with bench(server, connection_borrow_timeout=120) as shop:
        client = shop.psycopg()
        server.stop()
        try:
            caught: list[psycopg.Error] = []

            def ask() -> None:
                try:
                    client.execute("SELECT 1")
                except psycopg.Error as error:
                    caught.append(error)

            thread = threading.Thread(target=ask)
            thread.start()
            shop.wait_for(lambda: shop.proxy.sessions()[0].state == "waiting")
            shop.clock.advance(121)
            thread.join(10)
            assert caught[0].sqlstate == "08000"
        finally:
            server.start()


def test_no_acknowledged_write_is_lost_over_restarts(server: PostgresServer) -> None:
    server.sql("CREATE TABLE IF NOT EXISTS kept (id int PRIMARY KEY)", database="shop")
    server.sql("GRANT ALL ON kept TO PUBLIC", "TRUNCATE kept", database="shop")
    acknowledged: set[int] = set()
    lock, enough = threading.Lock(), threading.Event()

    with bench(server) as shop:

        def write(number: int) -> None:
            client = None
            for turn in range(150):
                key = number * 1000 + turn
                try:
                    client = client or shop.psycopg()
                    client.execute("INSERT INTO kept VALUES (%s)", (key,))
                except psycopg.OperationalError:
                    client = None  # in flight when it was cut: may be there or not
                else:
                    with lock:
                        acknowledged.add(key)
                        if len(acknowledged) > 100:
                            enough.set()
            if client is not None:
                client.close()

        def restart() -> None:
            enough.wait(30)
            for _ in range(3):
                server.restart()

        together([*[lambda n=n: write(n) for n in range(8)], restart])  # type: ignore[misc]
    rows = {row[0] for row in server.sql("SELECT id FROM kept", database="shop")}
    assert acknowledged <= rows
    assert len(acknowledged) > 1000
