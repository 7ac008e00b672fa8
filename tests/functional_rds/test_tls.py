"""TLS to an instance itself: only where its parameter group says ``rds.force_ssl = 1``."""

from __future__ import annotations

import asyncio
import logging
import os
import random
import signal
import socket
import ssl
import struct
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from lambda_lab.rds.instance import Instance
from live_region import LiveRegion, until
from rds_tools import PASSWORD, Rds

GROUP = "tls"
BIG = 3_000_000
TLS_REQUEST = struct.pack("!ii", 8, 80877103)


def say(rds: Rds, value: str) -> None:
    """Say in the parameter group whether clients must have TLS."""
    change = {"ParameterName": "rds.force_ssl", "ParameterValue": value}
    rds.api.modify_db_parameter_group(
        DBParameterGroupName=GROUP, Parameters=[{**change, "ApplyMethod": "pending-reboot"}]
    )


@pytest.fixture(scope="module")
def group(rds: Rds) -> str:
    family = (
        "postgres"
        + rds.api.describe_orderable_db_instance_options(Engine="postgres")[
            "OrderableDBInstanceOptions"
        ][0]["EngineVersion"].partition(".")[0]
    )
    rds.api.create_db_parameter_group(
        DBParameterGroupName=GROUP, DBParameterGroupFamily=family, Description="TLS"
    )
    say(rds, "1")
    return GROUP


@pytest.fixture(scope="module")
def shop(rds: Rds, group: str) -> Iterator[str]:
    """Return an instance that takes connections with TLS only."""
    identifier = rds.make(DBParameterGroupName=group)
    yield identifier
    rds.api.delete_db_instance(DBInstanceIdentifier=identifier, SkipFinalSnapshot=True)
    rds.settle()


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Nothing goes wrong in the thread that nobody asks."""
    yield
    assert [one.getMessage() for one in caplog.records if one.levelno >= logging.ERROR] == []


def instance_of(lab: LiveRegion, identifier: str) -> Instance:
    found = lab.region.databases.get(identifier)
    assert found is not None
    return found


def libpq(rds: Rds, identifier: str, **more: Any) -> psycopg.Connection[Any]:
    where = rds.describe(identifier)["Endpoint"]
    asked = {"user": "boss", "password": PASSWORD, "dbname": "shop", "sslmode": "require", **more}
    return psycopg.connect(
        host=where["Address"], port=where["Port"], autocommit=True, connect_timeout=20, **asked
    )


@pytest.fixture
def root(lab: LiveRegion, shop: str, tmp_path: Path) -> Path:
    """Return the file that a client takes as its root's certificate."""
    path = tmp_path / "root.pem"
    path.write_text(instance_of(lab, shop).certificate)
    return path


@pytest.mark.fidelity("rds-tls")
def test_clients_with_tls_are_served(rds: Rds, shop: str, root: Path) -> None:
    for mode in ("prefer", "require", "verify-ca", "verify-full"):
        with libpq(rds, shop, sslmode=mode, sslrootcert=str(root)) as client:
            assert client.pgconn.ssl_in_use
            assert client.execute("SELECT current_user::text").fetchone() == ("boss",)
    context = ssl.create_default_context(cafile=root)
    for given in (None, True, context):  # pg8000 tries TLS by itself
        assert rds.ask(shop, "SELECT 1", ssl_context=given) == 1


def test_asyncpg_verifies_the_certificate(rds: Rds, shop: str, root: Path) -> None:
    import asyncpg

    where = rds.describe(shop)["Endpoint"]
    asked = {
        "host": where["Address"], "port": where["Port"], "user": "boss", "password": PASSWORD,
        "database": "shop",
    }  # fmt: skip

    async def ask(wants: Any) -> Any:
        client = await asyncpg.connect(**asked, ssl=wants)
        try:
            return await client.fetchval("SELECT $1::int", 7)
        finally:
            await client.close()

    assert asyncio.run(ask(ssl.create_default_context(cafile=root))) == 7
    with pytest.raises(ssl.SSLCertVerificationError):
        asyncio.run(ask(ssl.create_default_context()))
    with pytest.raises(asyncpg.InvalidAuthorizationSpecificationError, match="no encryption"):
        asyncio.run(ask(False))


def test_a_certificate_that_is_not_its_own(
    rds: Rds, lab: LiveRegion, shop: str, root: Path
) -> None:
    from lambda_lab.rds.proxy.certificate import self_signed

    root.write_text(self_signed([instance_of(lab, shop).endpoint.name], lab.region.clock)[1])
    with pytest.raises(psycopg.OperationalError, match="certificate verify failed"):
        libpq(rds, shop, sslmode="verify-full", sslrootcert=str(root))


def test_without_tls_in_the_words_of_postgresql(rds: Rds, shop: str) -> None:
    text = 'no pg_hba.conf entry for host "127.0.0.1", user "boss", database "shop", no encryption'
    with pytest.raises(psycopg.OperationalError) as refused:
        libpq(rds, shop, sslmode="disable")
    assert f"FATAL:  {text}" in str(refused.value)
    with pytest.raises(Exception, match="no encryption") as answered:
        rds.ask(shop, "SELECT 1", ssl_context=False)
    assert answered.value.args[0]["C"] == "28000"


def test_a_wrong_password_is_the_databases_own_word(rds: Rds, shop: str) -> None:
    with pytest.raises(psycopg.OperationalError, match='authentication failed for user "boss"'):
        libpq(rds, shop, password="wrong")


def test_the_database_sees_where_its_client_is(rds: Rds, shop: str) -> None:
    asked = "SELECT host(client_addr) FROM pg_stat_activity WHERE pid = pg_backend_pid()"
    assert rds.ask(shop, asked, ssl_context=True) == "127.0.0.1"
    if os.uname().sysname == "Linux":  # elsewhere there is no other loopback address
        there = {"ssl_context": True, "source_address": ("127.0.0.9", 0)}
        assert rds.ask(shop, asked, **there) == "127.0.0.9"


def test_large_answers_and_copies(rds: Rds, shop: str) -> None:
    with libpq(rds, shop) as client:
        (text,) = client.execute("SELECT repeat('x', %s)", (BIG,)).fetchone() or ("",)
        assert len(text) == BIG
        client.execute("CREATE TEMP TABLE copied (line text)")
        with client.cursor().copy("COPY copied FROM STDIN") as copy:
            for _ in range(30):
                copy.write(("y" * (BIG // 30 - 1) + "\n").encode())
        told = client.execute("SELECT count(*), sum(length(line)) FROM copied").fetchone()
        assert told == (30, BIG - 30)


def test_a_query_is_cancelled(rds: Rds, shop: str) -> None:
    # Not by ``cancel()``, which keeps Python's lock until somebody answers: the front has to.
    active = "SELECT count(*) FROM pg_stat_activity WHERE pid = %s AND wait_event = 'PgSleep'"
    with libpq(rds, shop) as client, libpq(rds, shop) as other:

        def cancel() -> None:
            until(lambda: other.execute(active, (client.info.backend_pid,)).fetchone() == (1,))
            client.cancel_safe()

        with ThreadPoolExecutor(1) as apart:
            cancelled = apart.submit(cancel)
            with pytest.raises(psycopg.errors.QueryCanceled):
                client.execute("SELECT pg_sleep(60)")
            cancelled.result()
        assert client.execute("SELECT 1").fetchone() == (1,)


def test_broken_openings_disturb_nobody(rds: Rds, shop: str) -> None:
    where = rds.describe(shop)["Endpoint"]
    address = where["Address"], where["Port"]
    chance = random.Random(90)
    openings = [
        b"", b"\0\0\0\x08", b"GET / HTTP/1.1\r\n\r\n", TLS_REQUEST, TLS_REQUEST + b"early",
        TLS_REQUEST * 2, b"\x16\x03\x01\x02\0\x01", struct.pack("!ii", 8, 3 << 16),
        struct.pack("!iiii", 16, 80877102, 1, 1), struct.pack("!ii", 9, 3 << 16) + b"x",
        *(chance.randbytes(chance.randint(1, 60)) for _ in range(150)),
    ]  # fmt: skip
    with libpq(rds, shop) as client:
        for opening in openings:
            with closing(socket.create_connection(address)) as guest, suppress(OSError):
                guest.sendall(opening)
                guest.shutdown(socket.SHUT_WR)
                while guest.recv(4096):
                    pass
        assert client.execute("SELECT 1").fetchone() == (1,)
    assert rds.ask(shop, "SELECT 2") == 2


def test_it_counts_from_the_next_reboot_on(rds: Rds, lab: LiveRegion, group: str) -> None:
    say(rds, "0")
    identifier = rds.make(DBParameterGroupName=group)
    try:
        libpq(rds, identifier, sslmode="disable").close()
        before = rds.describe(identifier)["Endpoint"]
        say(rds, "1")
        told = rds.describe(identifier)["DBParameterGroups"][0]
        assert told["ParameterApplyStatus"] == "pending-reboot"
        libpq(rds, identifier, sslmode="disable").close()
        rds.api.reboot_db_instance(DBInstanceIdentifier=identifier)
        rds.settle()
        with libpq(rds, identifier) as client:
            assert client.execute("SHOW rds.force_ssl").fetchone() == ("1",)
        with pytest.raises(psycopg.OperationalError, match="no encryption"):
            libpq(rds, identifier, sslmode="disable")
        assert rds.describe(identifier)["Endpoint"] == before
        rds.api.modify_db_instance(
            DBInstanceIdentifier=identifier, DBPortNumber=5499, ApplyImmediately=True
        )
        rds.settle()
        assert rds.ask(identifier, "SELECT 1", ssl_context=True) == 1
        before = rds.describe(identifier)["Endpoint"]
        rds.api.stop_db_instance(DBInstanceIdentifier=identifier)
        rds.settle()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((before["Address"], before["Port"]))
        say(rds, "0")
        rds.api.start_db_instance(DBInstanceIdentifier=identifier)
        rds.settle()
        libpq(rds, identifier, sslmode="disable").close()
        assert instance_of(lab, identifier).certificate == ""
    finally:
        say(rds, "1")
        rds.api.delete_db_instance(DBInstanceIdentifier=identifier, SkipFinalSnapshot=True)
        rds.settle()


def test_a_server_that_is_killed_comes_back_behind_it(rds: Rds, lab: LiveRegion, shop: str) -> None:
    instance = instance_of(lab, shop)
    killed = instance.server.pid
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    until(lambda: instance.server.pid not in (None, killed))
    assert rds.ask(shop, "SELECT 1", ssl_context=True) == 1


def test_a_failover_keeps_it(rds: Rds, lab: LiveRegion, group: str) -> None:
    identifier = rds.make(DBParameterGroupName=group, MultiAZ=True)
    with libpq(rds, identifier) as client:
        client.execute("CREATE TABLE kept AS SELECT 5 AS n")
    first = instance_of(lab, identifier).server
    rds.api.reboot_db_instance(DBInstanceIdentifier=identifier, ForceFailover=True)
    rds.settle()
    assert instance_of(lab, identifier).server is not first
    with libpq(rds, identifier) as client:
        assert client.execute("SELECT n FROM kept").fetchone() == (5,)
    with pytest.raises(psycopg.OperationalError, match="no encryption"):
        libpq(rds, identifier, sslmode="disable")
    rds.api.delete_db_instance(DBInstanceIdentifier=identifier, SkipFinalSnapshot=True)
    rds.settle()
