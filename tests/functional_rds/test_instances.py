"""What an instance does really happens to a PostgreSQL server."""

from __future__ import annotations

import json
import socket
from typing import Any

import pytest
from pg8000.exceptions import DatabaseError, InterfaceError

from live_region import LiveRegion, alive, until
from rds_tools import PASSWORD, Rds


@pytest.fixture(scope="module")
def shop(rds: Rds) -> str:
    """Return an available instance that tests share and leave available."""
    return rds.make(DBInstanceIdentifier="Shop", EnableIAMDatabaseAuthentication=True)


def test_creating_then_backing_up_then_available(rds: Rds, lab: LiveRegion) -> None:
    told = rds.create(DBInstanceIdentifier="states")
    assert told["DBInstanceStatus"] == "creating"
    assert "Endpoint" not in told
    seen = []
    for _ in range(4):
        seen.append(rds.status("states"))
        lab.region.clock.advance(0.3)
    assert seen[0] == "creating"
    assert seen[-1] == "available"
    assert "backing-up" in seen
    rds.api.get_waiter("db_instance_available").wait(DBInstanceIdentifier="states")


def test_no_backup_is_made_where_none_is_kept(rds: Rds, lab: LiveRegion) -> None:
    rds.create(DBInstanceIdentifier="bare", BackupRetentionPeriod=0)
    lab.region.clock.advance(0.4)
    assert rds.status("bare") == "available"


@pytest.mark.fidelity("postgresql")
def test_the_endpoint_is_a_real_server(rds: Rds, shop: str) -> None:
    told = rds.describe(shop)
    assert told["DBInstanceIdentifier"] == "shop"
    assert rds.ask(shop, "SHOW server_version").startswith(told["EngineVersion"])
    assert told["IAMDatabaseAuthenticationEnabled"] is True
    assert told["DbiResourceId"].startswith("db-")
    assert len(told["DbiResourceId"]) == 29


def test_the_master_user_is_mighty_but_no_superuser(rds: Rds, shop: str) -> None:
    assert rds.ask(shop, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
    assert rds.ask(shop, "SELECT pg_has_role('rds_superuser', 'member')") is True
    connection = rds.connect(shop)
    connection.run("CREATE ROLE app LOGIN PASSWORD 'secret-word' IN ROLE rds_iam")
    connection.run("CREATE DATABASE other")
    connection.close()
    assert rds.ask(shop, "SELECT 1", user="app", password="secret-word") == 1


def test_a_wrong_password_is_refused_in_scram(rds: Rds, shop: str) -> None:
    with pytest.raises(DatabaseError, match="28P01"):
        rds.connect(shop, password="not-the-one")


@pytest.mark.fidelity("max-connections")
def test_connections_from_the_class(rds: Rds, shop: str) -> None:
    assert rds.ask(shop, "SHOW max_connections") == "112"


@pytest.mark.fidelity("postgresql")
def test_reboot_cuts_connections_and_keeps_data(rds: Rds, shop: str) -> None:
    connection = rds.connect(shop)
    connection.run("CREATE TABLE IF NOT EXISTS kept (n int)")
    connection.run("INSERT INTO kept VALUES (7)")
    told = rds.api.reboot_db_instance(DBInstanceIdentifier=shop)["DBInstance"]
    assert told["DBInstanceStatus"] == "rebooting"
    with pytest.raises((InterfaceError, DatabaseError)):
        connection.run("SELECT 1")
    rds.settle()
    assert rds.status(shop) == "available"
    assert rds.ask(shop, "SELECT max(n) FROM kept") == 7


def test_stop_refuses_connections_and_start_takes_them(rds: Rds, shop: str) -> None:
    connection = rds.connect(shop)
    told = rds.api.stop_db_instance(DBInstanceIdentifier=shop)["DBInstance"]
    assert told["DBInstanceStatus"] == "stopping"
    with pytest.raises((InterfaceError, DatabaseError)):
        connection.run("SELECT 1")
    rds.settle()
    assert rds.status(shop) == "stopped"
    with pytest.raises(InterfaceError):
        rds.connect(shop)
    rds.refuses("stop_db_instance", "InvalidDBInstanceState", DBInstanceIdentifier=shop)
    rds.refuses("reboot_db_instance", "InvalidDBInstanceState", DBInstanceIdentifier=shop)
    rds.api.start_db_instance(DBInstanceIdentifier=shop)
    assert rds.status(shop) == "starting"
    rds.settle()
    assert rds.ask(shop, "SELECT 1") == 1


def test_a_server_that_is_killed_comes_back(rds: Rds, lab: LiveRegion, shop: str) -> None:
    import os
    import signal

    heard: list[str] = []
    lab.region.databases.listen(lambda event: heard.append(event.what))
    instance = lab.region.databases.get(shop)
    assert instance is not None
    os.kill(instance.server.pid or 0, signal.SIGKILL)
    until(lambda: "recovered" in heard)
    assert rds.ask(shop, "SELECT 1") == 1


def test_a_keeper_that_is_killed_is_replaced(rds: Rds, lab: LiveRegion, shop: str) -> None:
    instance = lab.region.databases.get(shop)
    assert instance is not None
    heard: list[str] = []
    lab.region.databases.listen(lambda event: heard.append(event.what))
    instance.server._keeper._process.kill()
    until(lambda: "recovered" in heard)
    assert rds.ask(shop, "SELECT 1") == 1


def test_delete_ends_the_server(rds: Rds, lab: LiveRegion) -> None:
    identifier = rds.make()
    instance = lab.region.databases.get(identifier)
    assert instance is not None
    pid, folder = instance.server.pid, instance.server.folder
    assert pid
    assert folder.exists()
    rds.api.delete_db_instance(
        DBInstanceIdentifier=identifier, FinalDBSnapshotIdentifier=f"last-{identifier}"
    )
    assert rds.status(identifier) == "deleting"
    assert not alive(pid)
    assert not folder.exists()
    again = {"DBInstanceIdentifier": identifier, "SkipFinalSnapshot": True}
    rds.refuses("delete_db_instance", "InvalidDBInstanceState", **again)
    rds.settle()
    rds.refuses("describe_db_instances", "DBInstanceNotFound", DBInstanceIdentifier=identifier)
    names = [one["DBSnapshotIdentifier"] for one in rds.api.describe_db_snapshots()["DBSnapshots"]]
    assert f"last-{identifier}" in names
    assert lab.region.databases.get(identifier) is None


def test_deletion_needs_a_word_about_the_snapshot(rds: Rds, shop: str) -> None:
    asked: dict[str, Any] = {"DBInstanceIdentifier": shop}
    said = rds.refuses("delete_db_instance", "InvalidParameterCombination", **asked)
    assert said == "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified."
    rds.api.modify_db_instance(DBInstanceIdentifier=shop, DeletionProtection=True)
    asked["SkipFinalSnapshot"] = True
    said = rds.refuses("delete_db_instance", "InvalidParameterCombination", **asked)
    assert "Cannot delete protected DB Instance" in said
    rds.api.modify_db_instance(DBInstanceIdentifier=shop, DeletionProtection=False)


def test_a_managed_secret_opens_the_database(rds: Rds, lab: LiveRegion) -> None:
    identifier = rds.make(MasterUserPassword=None, ManageMasterUserPassword=True)
    arn = rds.describe(identifier)["MasterUserSecret"]["SecretArn"]
    secrets = lab.client("secretsmanager")
    first = json.loads(secrets.get_secret_value(SecretId=arn)["SecretString"])
    assert set(first) == {"username", "password"}
    assert rds.ask(identifier, "SELECT 1", password=first["password"]) == 1
    rds.api.modify_db_instance(
        DBInstanceIdentifier=identifier, RotateMasterUserPassword=True, ApplyImmediately=True
    )
    second = json.loads(secrets.get_secret_value(SecretId=arn)["SecretString"])
    assert second["password"] != first["password"]
    assert rds.ask(identifier, "SELECT 1", password=second["password"]) == 1
    with pytest.raises(DatabaseError):
        rds.connect(identifier, password=first["password"])


def test_two_instances_keep_the_port_and_differ_in_address(rds: Rds, shop: str) -> None:
    other = rds.make()
    one, two = rds.describe(shop)["Endpoint"], rds.describe(other)["Endpoint"]
    assert one["Address"] != two["Address"]
    assert rds.ask(other, "SELECT count(*) FROM pg_class WHERE relname = 'kept'") == 0


@pytest.mark.fidelity("other-engines")
def test_other_engines_say_that_nothing_runs(rds: Rds) -> None:
    import socket

    told = rds.create(Engine="mysql", DBInstanceIdentifier="mine")
    assert "PostgreSQL only" in told["StatusInfos"][0]["Message"]
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((told["Endpoint"]["Address"], told["Endpoint"]["Port"]), 5)


def test_what_describe_tells_is_where_postgresql_answers(rds: Rds, shop: str) -> None:
    # What functions reach is a matter of networks: tests/functional_egress/test_databases.py.
    endpoint = rds.describe(shop)["Endpoint"]
    with socket.create_connection((endpoint["Address"], endpoint["Port"]), 5) as server:
        server.sendall(bytes([0, 0, 0, 8, 4, 210, 22, 47]))
        assert server.recv(1) == b"N"  # PostgreSQL: no TLS here


@pytest.mark.parametrize("client", ["psycopg", "asyncpg"])
def test_other_clients_work_too(rds: Rds, shop: str, client: str) -> None:
    place = rds.describe(shop)["Endpoint"]
    url = f"postgresql://boss:{PASSWORD}@{place['Address']}:{place['Port']}/shop"
    if client == "psycopg":
        import psycopg

        with psycopg.connect(url) as connection:
            row = connection.execute("SELECT 6 * 7").fetchone()
        assert row == (42,)
    else:
        import asyncio

        import asyncpg

        async def ask() -> Any:
            connection = await asyncpg.connect(url)
            try:
                return await connection.fetchval("SELECT 6 * 7")
            finally:
                await connection.close()

        assert asyncio.run(ask()) == 42
