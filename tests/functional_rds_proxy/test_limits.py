"""How many connections, for how long, and what waiting ends in."""

from __future__ import annotations

import threading

import psycopg
import pytest

from lambda_lab.clock import Clock
from lambda_lab.errors import SandboxError
from lambda_lab.rds.proxy import ProxyServer, ProxySettings, Target
from lambda_lab.rds.server import PostgresServer
from proxy_tools import MOST, Bench, bench, packet, together


def waiting(shop: Bench) -> int:
    return sum(view.state == "waiting" for view in shop.proxy.sessions())


def test_a_storm_is_calm_behind_few_connections(server: PostgresServer) -> None:
    with bench(server, connections=5) as shop:
        most = shop.database()["MaxDatabaseConnectionsAllowed"]

        def work() -> None:
            with shop.psycopg() as connection:
                connection.execute("SELECT pg_sleep(0.02)")
                connection.execute("SELECT 1")

        together([work] * 60)
        assert shop.database()["DatabaseConnections"] == most < 10
        assert shop.backends() == most


@pytest.mark.fidelity("proxy-limits")
def test_the_share_of_connections(server: PostgresServer) -> None:
    with bench(server, connections=5) as shop:
        assert shop.database()["MaxDatabaseConnectionsAllowed"] == 5
        shop.change(max_connections_percent=1)
        assert shop.database()["MaxDatabaseConnectionsAllowed"] == 1
        shop.change(max_connections_percent=100)
        # PostgreSQL keeps three for superusers.
        assert shop.database()["MaxDatabaseConnectionsAllowed"] == MOST - 3


@pytest.mark.fidelity("proxy-limits")
def test_the_borrow_timeout_is_on_the_clock(server: PostgresServer) -> None:
    with bench(server, connections=1, connection_borrow_timeout=30) as shop:
        holder = shop.psycopg(autocommit=False)
        holder.execute("SELECT 1")
        codes: list[str | None] = []

        def ask() -> None:
            text = "Timed-out waiting to acquire database connection."
            with (
                shop.psycopg() as client,
                pytest.raises(psycopg.OperationalError, match=text) as caught,
            ):
                client.execute("SELECT 1")
            codes.append(caught.value.sqlstate)

        threads = [threading.Thread(target=ask) for _ in range(3)]
        for thread in threads:
            thread.start()
        shop.wait_for(lambda: waiting(shop) == 3)
        shop.clock.advance(29)
        assert waiting(shop) == 3
        shop.clock.advance(2)
        assert waiting(shop) == 0
        for thread in threads:
            thread.join(10)
        assert codes == ["08000"] * 3
        assert holder.execute("SELECT 2").fetchone() == (2,)
        holder.close()


def test_who_waits_gets_the_next_connection(server: PostgresServer) -> None:
    with bench(server, connections=1) as shop:
        holder = shop.psycopg(autocommit=False)
        holder.execute("CREATE TABLE turns (id serial, number integer)")

        def ask(number: int) -> None:
            with shop.psycopg() as client:
                client.execute(f"INSERT INTO turns (number) VALUES ({number})")

        threads = []
        for number in range(3):
            threads.append(threading.Thread(target=ask, args=(number,)))
            threads[-1].start()
            shop.wait_for(lambda n=number: waiting(shop) == n + 1)  # type: ignore[misc]
        holder.commit()
        for thread in threads:
            thread.join(10)
        turns = holder.execute("SELECT number FROM turns ORDER BY id").fetchall()
        assert turns == [(0,), (1,), (2,)]
        read = shop.proxy.snapshot().database
        assert read.latencies["DatabaseConnectionsBorrowLatency"][1] > 0
        holder.close()


def test_a_client_that_stops_waiting(server: PostgresServer) -> None:
    with bench(server, connections=1) as shop:
        holder = shop.psycopg(autocommit=False)
        holder.execute("SELECT 1")
        with shop.raw() as raw:
            raw.log_in()
            raw.send(packet(b"Q", b"INSERT INTO nowhere VALUES (1)\0"))
            shop.wait_for(lambda: waiting(shop) == 1)
        shop.wait_for(lambda: waiting(shop) == 0)
        assert shop.database()["DatabaseConnectionsBorrowRequestsAborted"] == 1
        holder.close()


def test_users_share_the_connections_fairly(server: PostgresServer) -> None:
    with bench(server, connections=2) as shop:

        def work(user: str) -> None:
            with shop.psycopg(user) as client:
                for _ in range(15):
                    assert client.execute("SELECT current_user").fetchone() == (user,)

        together([lambda u=u: work(u) for u in ("app", "other", "old") * 4])  # type: ignore[misc]
        assert shop.database()["DatabaseConnections"] <= 2


def test_idle_clients_are_closed(server: PostgresServer) -> None:
    with bench(server, idle_client_timeout=600) as shop:
        idle, busy = shop.psycopg(), shop.psycopg()
        shop.clock.advance(minutes=9)
        busy.execute("SELECT 1")
        shop.clock.advance(minutes=2)
        with pytest.raises(psycopg.OperationalError, match="idle-session timeout"):
            idle.execute("SELECT 1")
        assert busy.execute("SELECT 1").fetchone() == (1,)
        busy.close()


def test_no_client_lives_longer_than_a_day(server: PostgresServer) -> None:
    with bench(server, idle_client_timeout=28_800) as shop:
        client = shop.psycopg()
        pids = set()
        for _ in range(3):
            shop.clock.advance(hours=7)
            pids.add(client.execute("SELECT pg_backend_pid()").fetchone())
        shop.clock.advance(hours=4)
        with pytest.raises(psycopg.OperationalError):
            client.execute("SELECT 1")
        shop.wait_for(lambda: shop.database()["DatabaseConnections"] == 0)


def test_unused_connections_are_closed_down_to_a_share(server: PostgresServer) -> None:
    with bench(server, connections=12, max_idle_connections_percent=5) as shop:
        together([lambda: shop.psycopg().close()] * 2)
        clients = [shop.psycopg(autocommit=False) for _ in range(8)]
        for client in clients:
            client.execute("SELECT 1")
        for client in clients:
            client.rollback()
        assert shop.database()["DatabaseConnections"] == 8
        shop.clock.advance(minutes=4)
        assert shop.database()["DatabaseConnections"] == 8
        shop.clock.advance(minutes=2)
        assert shop.database()["DatabaseConnections"] == 3  # 5 % of 60
        for client in clients:
            client.close()


def test_a_database_that_is_full_of_others(server: PostgresServer) -> None:
    with bench(server, connections=MOST) as shop:
        from pg8000.native import Connection

        direct = [
            Connection("app", server.host, "shop", server.port, "app-password", ssl_context=False)
            for _ in range(MOST - 5)
        ]
        clients = [shop.psycopg() for _ in range(12)]
        together([lambda c=c: c.execute("SELECT pg_sleep(0.05)") for c in clients])  # type: ignore[misc]
        for connection in [*direct, *clients]:
            connection.close()


def test_a_taken_port(shop: Bench) -> None:
    host, port = shop.address
    target = Target("x", list, lambda: 1)
    with pytest.raises(SandboxError, match="cannot listen"):
        ProxyServer(target, ProxySettings(lambda user: None), Clock(), host=host, port=port).start()


def test_another_endpoint(shop: Bench) -> None:
    host, port = shop.proxy.open_endpoint("reporting", "127.0.0.1", 0)
    with shop.psycopg(port=port) as connection:
        connection.execute("SELECT 1")
        assert shop.proxy.sessions()[0].endpoint == "reporting"
        read = shop.proxy.snapshot().clients
        assert read["reporting"].counters["QueryRequests"] == 1
        assert read["default"].counters["QueryRequests"] == 0
        shop.proxy.close_endpoint("reporting")
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    with pytest.raises(psycopg.OperationalError):
        shop.psycopg(host=host, port=port)
