"""What clients of every kind do every day, through few connections."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
from typing import Any

import psycopg
import pytest

from lambda_lab.rds.server import PostgresServer
from proxy_tools import DATABASE, PASSWORDS, Bench, bench, packet, run, together


@pytest.mark.fidelity("proxy")
def test_three_drivers(shop: Bench) -> None:
    with shop.psycopg() as connection:
        rows = [connection.execute("SELECT %s::int, 'a'", (n,)).fetchone() for n in range(12)]
        assert rows == [(n, "a") for n in range(12)]  # from the sixth on it is prepared
    plain = shop.pg8000()
    assert plain.run("SELECT :a::text", a="é") == [["é"]]
    plain.close()

    async def third() -> None:
        connection = await shop.asyncpg()
        async with connection.transaction():
            assert [r[0] for r in await connection.fetch("SELECT generate_series(1, $1)", 4)] == [
                1, 2, 3, 4,
            ]  # fmt: skip
        await connection.close()

    run(third())
    assert shop.database()["DatabaseConnections"] == 1


def test_a_connection_goes_back_after_each_transaction(server: PostgresServer) -> None:
    with bench(server, connections=1, connection_borrow_timeout=0) as shop:
        clients = [shop.psycopg() for _ in range(20)]
        pids = {client.execute("SELECT pg_backend_pid()").fetchone() for client in clients * 2}
        assert len(pids) == 1
        with clients[0].transaction():
            clients[0].execute("SELECT 1")
            assert shop.database()["DatabaseConnectionsCurrentlyInTransaction"] == 1
        assert shop.database()["DatabaseConnectionsCurrentlyBorrowed"] == 0
        for client in clients:
            client.close()


def test_an_error_leaves_the_session_alive(shop: Bench) -> None:
    with shop.psycopg() as connection:
        with pytest.raises(psycopg.errors.DivisionByZero):
            connection.execute("SELECT 1/0")
        with pytest.raises(psycopg.errors.SyntaxError):
            connection.execute("NONSENSE %s", (1,))
        with pytest.raises(psycopg.errors.DivisionByZero), connection.transaction():
            connection.execute("SELECT 1/0")
        assert connection.execute("SELECT 1").fetchone() == (1,)
        assert shop.database()["DatabaseConnectionsCurrentlyBorrowed"] == 0


def test_a_client_that_leaves_in_a_transaction_is_rolled_back(shop: Bench) -> None:
    with shop.psycopg() as keeper:
        keeper.execute("CREATE TABLE left_open (n int)")
        leaver = shop.psycopg(autocommit=False)
        leaver.execute("INSERT INTO left_open VALUES (1)")
        leaver.pgconn.finish()
        shop.wait_for(lambda: shop.database()["DatabaseConnectionsCurrentlyBorrowed"] == 0)
        keeper.execute("BEGIN; LOCK TABLE left_open; COMMIT")  # waits for who still holds a lock
        assert keeper.execute("SELECT count(*) FROM left_open").fetchone() == (0,)
        keeper.execute("DROP TABLE left_open")


def copy_and_fail(cursor: psycopg.Cursor[Any]) -> None:
    with cursor.copy("COPY copied FROM STDIN") as copy:
        copy.write("1\tx\n")
        raise OverflowError  # the driver sends CopyFail


def test_copy_in_and_out(shop: Bench) -> None:
    text = "".join(f"{n}\t{hashlib.sha256(str(n).encode()).hexdigest()}\n" for n in range(50_000))
    with shop.psycopg() as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE copied (n int, t text)")
        with cursor.copy("COPY copied FROM STDIN") as copy:
            copy.write(text)
        with cursor.copy("COPY (SELECT * FROM copied ORDER BY n) TO STDOUT") as copy:
            assert b"".join(map(bytes, copy)).decode() == text
        with pytest.raises(OverflowError):
            copy_and_fail(cursor)
    stream = io.StringIO(text)
    plain = shop.pg8000()
    plain.run("COPY copied FROM STDIN", stream=stream)
    assert plain.run("SELECT count(*) FROM copied") == [[100_000]]
    plain.run("DROP TABLE copied")
    plain.close()
    assert shop.database()["DatabaseConnectionsCurrentlyBorrowed"] == 0


def test_a_copy_that_fails_while_data_still_comes(shop: Bench) -> None:
    with shop.psycopg() as connection:
        connection.execute("CREATE TABLE strict (n int)")
        with shop.raw() as raw:
            raw.log_in()
            raw.send(packet(b"Q", b"COPY strict FROM STDIN\0"))
            raw.send(packet(b"d", b"x\n"))
            assert raw.until(b"Z")[-1] == (b"Z", b"I")
            # Sent before it heard of the error: nobody else's connection may see this.
            raw.send(packet(b"d", b"1\n" * 100_000) + packet(b"c") + packet(b"S"))
            assert raw.message() == (b"Z", b"I")
            raw.send(packet(b"Q", b"SELECT 7\0"))
            assert (b"D", b"\0\1\0\0\0\1" + b"7") in raw.until(b"Z")
        assert connection.execute("SELECT count(*) FROM strict").fetchone() == (0,)
        connection.execute("DROP TABLE strict")


def test_copy_by_the_extended_protocol(shop: Bench) -> None:
    """The server ignores the first Sync; counting it would keep the connection for ever."""
    with shop.psycopg() as connection:
        connection.execute("CREATE TABLE longer (n int)")
        with shop.raw() as raw:
            raw.log_in()
            raw.send(
                packet(b"P", b"\0COPY longer FROM STDIN\0\0\0") + packet(b"B", b"\0\0" + b"\0" * 6)
                + packet(b"E", b"\0" + b"\0" * 4) + packet(b"S")
            )  # fmt: skip
            raw.until(b"G")
            raw.send(packet(b"d", b"5\n") + packet(b"c") + packet(b"S"))
            assert raw.until(b"Z")[-1] == (b"Z", b"I")
            shop.wait_for(lambda: shop.database()["DatabaseConnectionsCurrentlyBorrowed"] == 0)
        assert connection.execute("SELECT n FROM longer").fetchall() == [(5,)]
        connection.execute("DROP TABLE longer")


def test_large_values_both_ways(shop: Bench) -> None:
    large = os.urandom(24 << 20)
    with shop.psycopg() as connection:
        back = connection.execute("SELECT %b::bytea", (large,), binary=True).fetchone()
        assert back is not None
        assert back[0] == large
        # The statement itself was short: a long value pins nobody.
        assert shop.proxy.sessions()[0].pinned is None


def test_pipelines(shop: Bench) -> None:
    with shop.psycopg() as connection, connection.pipeline() as pipeline:
        cursors = [connection.execute("SELECT %s::int", (n,)) for n in range(200)]
        pipeline.sync()
        assert [cursor.fetchone() for cursor in cursors] == [(n,) for n in range(200)]


def fail_in_pipeline(connection: psycopg.Connection[Any]) -> None:
    with connection.pipeline():
        connection.execute("SELECT 1/%s::int", (0,))
        connection.execute("SELECT 'skipped', %s::int", (1,))


def test_an_error_in_a_pipeline_undoes_what_was_skipped(shop: Bench) -> None:
    with shop.psycopg(prepare_threshold=0) as connection:
        with pytest.raises(psycopg.errors.DivisionByZero):
            fail_in_pipeline(connection)
        assert connection.execute("SELECT 'skipped', %s::int", (2,)).fetchone() == ("skipped", 2)


def test_prepared_statements_follow_their_client(server: PostgresServer) -> None:
    with bench(server, connections=4) as shop:

        def work(number: int) -> None:
            with shop.psycopg(prepare_threshold=0) as connection:
                for turn in range(30):
                    for text in ("SELECT %s::int", "SELECT %s::int + 1000", "SELECT -%s::int"):
                        (got,) = connection.execute(text, (number * turn,)).fetchone() or (None,)
                        want = {"SELECT %s::int": 1, "SELECT -%s::int": -1}.get(text, 1)
                        assert got == number * turn * want + 1000 * text.endswith("1000")
                assert len(connection._prepared._names) == 3

        together([lambda n=n: work(n) for n in range(12)])  # type: ignore[misc]
        held = shop.database()
        assert held["DatabaseConnections"] <= 7
        assert all(view.pinned is None for view in shop.proxy.sessions())


def test_two_clients_may_give_one_name_to_two_statements(shop: Bench) -> None:
    with shop.raw() as one, shop.raw() as two:
        for raw, value in ((one, b"11"), (two, b"22")):
            raw.log_in()
            raw.send(packet(b"P", b"s\0SELECT " + value + b"\0\0\0") + packet(b"S"))
            assert [letter for letter, _ in raw.until(b"Z")] == [b"1", b"Z"]
        for raw, value in ((one, b"11"), (two, b"22"), (one, b"11")):
            raw.send(packet(b"B", b"\0s\0" + b"\0" * 6) + packet(b"E", b"\0" * 5) + packet(b"S"))
            got = raw.until(b"Z")
            assert [letter for letter, _ in got] == [b"2", b"D", b"C", b"Z"]
            assert got[1][1].endswith(value)


def test_a_name_that_was_never_prepared(shop: Bench) -> None:
    with shop.raw() as one, shop.raw() as two:
        one.log_in()
        two.log_in()
        one.send(packet(b"P", b"\0SELECT 1\0\0\0") + packet(b"P", b"mine\0SELECT 2\0\0\0"))
        one.send(packet(b"S"))
        one.until(b"Z")
        for name in (b"", b"mine", b"rdsproxy_1"):
            two.send(packet(b"B", b"\0" + name + b"\0" + b"\0" * 6) + packet(b"S"))
            letters = [letter for letter, _ in two.until(b"Z")]
            assert letters == [b"E", b"Z"], name
        # The same name twice is refused, as everywhere.
        one.send(packet(b"P", b"mine\0SELECT 3\0\0\0") + packet(b"S"))
        assert [letter for letter, _ in one.until(b"Z")] == [b"E", b"Z"]
        # Closed, it may be used again.
        one.send(packet(b"C", b"Smine\0") + packet(b"P", b"mine\0SELECT 3\0\0\0") + packet(b"S"))
        assert [letter for letter, _ in one.until(b"Z")] == [b"3", b"1", b"Z"]


def test_deallocate_by_sql(shop: Bench) -> None:
    with shop.raw() as raw:
        raw.log_in()
        raw.send(packet(b"P", b"mine\0SELECT 1\0\0\0") + packet(b"S"))
        raw.until(b"Z")
        raw.send(packet(b"Q", b"DEALLOCATE mine\0"))
        assert raw.until(b"Z")[0][0] == b"C"
        raw.send(packet(b"Q", b"DEALLOCATE mine\0"))
        assert raw.until(b"Z")[0][0] == b"E"


def test_settings_of_the_start_are_never_mixed(shop: Bench) -> None:
    latin = shop.psycopg(client_encoding="latin1")
    utf = shop.psycopg()
    for _ in range(5):
        assert latin.execute("SHOW client_encoding").fetchone() == ("LATIN1",)
        assert utf.execute("SHOW client_encoding").fetchone() == ("UTF8",)
        assert latin.execute("SELECT 'é'").fetchone() == utf.execute("SELECT 'é'").fetchone()
    latin.close()
    utf.close()


def test_psql(shop: Bench) -> None:
    host, port = shop.address
    program = shop.server.binaries.program("psql")
    done = subprocess.run(
        [program, "-X", "-A", "-t", "-h", host, "-p", str(port), "-U", "app", DATABASE],
        input="SELECT 1;\n\\d none*\nBEGIN; SELECT 2; ROLLBACK;\n",
        env={**os.environ, "PGPASSWORD": PASSWORDS["app"]},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.split() == ["1", "BEGIN", "2", "ROLLBACK"]


def test_json_rows_through_asyncpg_pools(shop: Bench) -> None:
    """Its pool resets connections with an advisory unlock, which pins, as on AWS."""
    import asyncpg

    async def work() -> list[Any]:
        host, port = shop.address
        async with asyncpg.create_pool(
            host=host, port=port, user="app", password=PASSWORDS["app"], database=DATABASE,
            ssl=False, min_size=3, max_size=3,
        ) as pool:  # fmt: skip
            return [json.loads(await pool.fetchval("SELECT $1::json", f"[{n}]")) for n in range(9)]

    assert run(work()) == [[n] for n in range(9)]
    assert {pinned.reason for pinned in shop.proxy.pins()} == {
        "SQL used a session-level advisory lock."
    }
