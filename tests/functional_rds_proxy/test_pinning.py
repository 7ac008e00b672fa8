"""What pins a client, that it keeps its connection to the end, and that nothing is left on it."""

from __future__ import annotations

import psycopg
import pytest

from lambda_lab.rds.server import PostgresServer
from proxy_tools import Bench, bench


@pytest.mark.parametrize(
    ("sql", "word"),
    [
        ("SET work_mem = '2MB'", "settings"),
        ("SELECT set_config('work_mem', '2MB', false)", "settings"),
        ("PREPARE p AS SELECT 1", "PREPARE"),
        ("CREATE TEMP TABLE scratch (n int)", "temporary"),
        ("SELECT pg_advisory_lock(42)", "lock"),
        ("LISTEN news", "listened"),
    ],
)
@pytest.mark.fidelity("proxy-pinning")
def test_pinned_until_it_leaves(server: PostgresServer, sql: str, word: str) -> None:
    with bench(server, connections=6) as shop:
        with shop.psycopg() as pinned, shop.psycopg() as free:
            pid = pinned.execute("SELECT pg_backend_pid()").fetchone()
            pinned.execute(sql)
            assert free.execute("SELECT pg_backend_pid()").fetchone() != pid
            assert pinned.execute("SELECT pg_backend_pid()").fetchone() == pid
            (told,) = shop.proxy.pins()
            assert word in told.reason
            assert told.log_line.startswith("The client session was pinned to the database")
            assert [view.pinned for view in shop.proxy.sessions()] == [told.reason, None]
            assert shop.database()["DatabaseConnectionsCurrentlySessionPinned"] == 1
            assert shop.database()["DatabaseConnectionsCurrentlyBorrowed"] == 1
        shop.wait_for(lambda: shop.database()["DatabaseConnections"] == 1)
        with shop.psycopg() as after:
            assert after.execute("SELECT pg_backend_pid()").fetchone() != pid
            assert after.execute("SHOW work_mem").fetchone() == ("4MB",)


def test_a_pinned_client_takes_the_last_connection(server: PostgresServer) -> None:
    with bench(server, connections=1) as shop, shop.psycopg() as pinned, shop.psycopg() as other:
        pinned.execute("SET work_mem = '2MB'")
        with pytest.raises(psycopg.OperationalError) as caught:
            waiting(shop, other)
        assert caught.value.sqlstate == "08000"


def waiting(shop: Bench, client: psycopg.Connection[object]) -> None:
    """Ask, and let the borrow timeout pass while the client waits."""
    import threading

    def pass_time() -> None:
        shop.wait_for(lambda: any(view.state == "waiting" for view in shop.proxy.sessions()))
        shop.clock.advance(minutes=2)

    helper = threading.Thread(target=pass_time)
    helper.start()
    try:
        client.execute("SELECT 1")
    finally:
        helper.join()


def test_notifications_reach_a_listener_that_does_nothing(shop: Bench) -> None:
    with shop.psycopg() as listener, shop.psycopg() as speaker:
        listener.execute("LISTEN news")
        speaker.execute("NOTIFY news, 'extra'")
        (heard,) = listener.notifies(timeout=10, stop_after=1)
        assert (heard.channel, heard.payload) == ("news", "extra")
        assert [view.pinned is None for view in shop.proxy.sessions()] == [False, True]


def test_a_long_statement_pins_and_still_works(shop: Bench) -> None:
    with shop.psycopg() as connection:
        text = "x" * 200_000
        assert connection.execute(f"SELECT '{text}'").fetchone() == (text,)
        assert connection.execute(f"SELECT '{text}', %s::int", (4,)).fetchone() == (text, 4)
        again = connection.execute(f"SELECT '{text}', %s::int", (5,), prepare=True)
        assert again.fetchone() == (text, 5)
        assert "16384 byte" in shop.proxy.pins()[0].reason


def test_the_initialisation_query_instead_of_a_set(server: PostgresServer) -> None:
    with bench(server, init_query="SET work_mem='3MB'; SET TimeZone='Asia/Tokyo'") as shop:
        clients = [shop.psycopg() for _ in range(4)]
        for client in clients:
            assert client.execute("SHOW work_mem").fetchone() == ("3MB",)
            assert client.info.parameter_status("TimeZone") == "Asia/Tokyo"
            client.close()
        assert shop.proxy.pins() == []


def test_an_initialisation_query_that_fails(server: PostgresServer) -> None:
    with (
        bench(server, init_query="SET nonsense = 1") as shop,
        pytest.raises(psycopg.OperationalError, match="nonsense"),
    ):
        shop.psycopg()


def test_deallocate_all_forgets_protocol_statements_too(shop: Bench) -> None:
    with shop.psycopg(prepare_threshold=0) as connection:
        assert connection.execute("SELECT %s::int", (1,)).fetchone() == (1,)
        connection.execute("DEALLOCATE ALL")
        assert connection.execute("SELECT %s::int", (2,)).fetchone() == (2,)
