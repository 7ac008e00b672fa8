"""A Multi-AZ instance: a standby that has everything, and takes over."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from typing import Any

import psutil
import pytest

from lambda_lab.rds.instance import Instance
from live_region import LiveRegion
from proxy_tools import wait_until
from rds_tools import Rds


@pytest.fixture
def shop(rds: Rds) -> Iterator[str]:
    """Return an available Multi-AZ instance with a table."""
    identifier = rds.make(MultiAZ=True)
    rds.ask(identifier, "CREATE TABLE kept (n int)")
    yield identifier
    rds.api.delete_db_instance(DBInstanceIdentifier=identifier, SkipFinalSnapshot=True)
    rds.settle()


def instance_of(lab: LiveRegion, identifier: str) -> Instance:
    instance = lab.region.databases.get(identifier)
    assert instance is not None
    return instance


def zones(rds: Rds, identifier: str) -> tuple[Any, Any]:
    told = rds.describe(identifier)
    return told["AvailabilityZone"], told.get("SecondaryAvailabilityZone")


def messages(rds: Rds, identifier: str) -> list[str]:
    told = rds.api.describe_events(SourceIdentifier=identifier, SourceType="db-instance")["Events"]
    return [one["Message"] for one in told]


def follows(instance: Instance) -> bool:
    standby = instance.standby
    return standby is not None and standby.alive and bool(
        instance.server.sql("SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'")
    )  # fmt: skip


@pytest.mark.fidelity("multi-az")
def test_a_forced_failover(rds: Rds, lab: LiveRegion, shop: str) -> None:
    instance = instance_of(lab, shop)
    rds.ask(shop, "INSERT INTO kept VALUES (1)")
    old, standby, before = instance.server, instance.standby, rds.describe(shop)
    assert before["MultiAZ"]
    assert zones(rds, shop) == ("us-east-1a", "us-east-1b")
    held = rds.connect(shop)

    told = rds.api.reboot_db_instance(DBInstanceIdentifier=shop, ForceFailover=True)["DBInstance"]
    assert told["DBInstanceStatus"] == "rebooting"
    assert rds.ask(shop, "SELECT n FROM kept") == 1
    with pytest.raises(Exception, match=r"57P01|network error|reset|closed"):
        held.run("SELECT 1")
    rds.settle()
    after = rds.describe(shop)
    assert after["DBInstanceStatus"] == "available"
    assert after["Endpoint"] == before["Endpoint"]
    assert zones(rds, shop) == ("us-east-1b", "us-east-1a")
    assert instance.server is standby
    assert not old.folder.exists()
    assert follows(instance)
    said = messages(rds, shop)
    assert any("failover started" in one for one in said), said
    assert any("failover completed" in one for one in said), said


def test_failovers_one_after_the_other(rds: Rds, shop: str) -> None:
    for number in range(3):
        rds.ask(shop, f"INSERT INTO kept VALUES ({number})")
        rds.api.reboot_db_instance(DBInstanceIdentifier=shop, ForceFailover=True)
        rds.settle()
    assert rds.ask(shop, "SELECT count(*) FROM kept") == 3
    assert zones(rds, shop) == ("us-east-1b", "us-east-1a")


def test_a_killed_primary_fails_over_by_itself(rds: Rds, lab: LiveRegion, shop: str) -> None:
    instance = instance_of(lab, shop)
    for number in range(20):
        rds.ask(shop, f"INSERT INTO kept VALUES ({number})")
    standby = instance.standby
    os.kill(instance.server.pid or 0, signal.SIGKILL)
    wait_until(lambda: instance.server is standby and instance.standby is not None)
    assert rds.ask(shop, "SELECT count(*) FROM kept") == 20
    assert zones(rds, shop) == ("us-east-1b", "us-east-1a")
    wait_until(lambda: any("failover completed" in one for one in messages(rds, shop)))


def test_a_killed_standby_is_made_anew(rds: Rds, lab: LiveRegion, shop: str) -> None:
    instance = instance_of(lab, shop)
    first = instance.standby
    assert first is not None
    os.kill(first.pid or 0, signal.SIGKILL)
    rds.ask(shop, "INSERT INTO kept VALUES (1)")  # waits a moment, and not for ever
    wait_until(lambda: instance.standby not in (None, first))
    rds.api.reboot_db_instance(DBInstanceIdentifier=shop, ForceFailover=True)
    assert rds.ask(shop, "SELECT n FROM kept") == 1


def test_what_is_done_to_an_instance_is_done_to_both(rds: Rds, lab: LiveRegion, shop: str) -> None:
    instance = instance_of(lab, shop)
    rds.ask(shop, "INSERT INTO kept VALUES (1)")
    standby = instance.standby
    assert standby is not None
    rds.api.stop_db_instance(DBInstanceIdentifier=shop)
    rds.settle()
    assert not instance.server.alive
    assert not standby.alive
    rds.api.start_db_instance(DBInstanceIdentifier=shop)
    rds.settle()
    assert follows(instance)
    rds.api.reboot_db_instance(DBInstanceIdentifier=shop)
    rds.settle()
    rds.api.modify_db_instance(DBInstanceIdentifier=shop, DBPortNumber=6543)
    rds.settle()
    rds.api.modify_db_instance(
        DBInstanceIdentifier=shop, DBInstanceClass="db.t3.small", ApplyImmediately=True
    )
    rds.settle()
    assert follows(instance)
    most = rds.ask(shop, "SHOW max_connections")
    rds.api.reboot_db_instance(DBInstanceIdentifier=shop, ForceFailover=True)
    rds.settle()
    assert rds.describe(shop)["Endpoint"]["Port"] == 6543
    assert rds.ask(shop, "SELECT n FROM kept") == 1
    assert rds.ask(shop, "SHOW max_connections") == most


def test_to_multi_az_and_back(rds: Rds, lab: LiveRegion) -> None:
    identifier = rds.make()
    instance = instance_of(lab, identifier)
    assert zones(rds, identifier) == ("us-east-1a", None)
    rds.api.modify_db_instance(DBInstanceIdentifier=identifier, MultiAZ=True)
    assert rds.describe(identifier)["PendingModifiedValues"] == {"MultiAZ": True}
    assert instance.standby is None
    rds.api.modify_db_instance(DBInstanceIdentifier=identifier, MultiAZ=True, ApplyImmediately=True)
    assert rds.status(identifier) == "modifying"
    rds.settle()
    assert rds.describe(identifier)["MultiAZ"]
    assert follows(instance)
    standby = instance.standby
    assert standby is not None
    folder, pid = standby.folder, standby.pid or 0
    held = rds.connect(identifier)
    rds.api.modify_db_instance(
        DBInstanceIdentifier=identifier, MultiAZ=False, ApplyImmediately=True
    )
    rds.settle()
    assert zones(rds, identifier) == ("us-east-1a", None)
    assert not folder.exists()
    assert not psutil.pid_exists(pid)
    assert held.run("CREATE TABLE kept ()") is None  # it was never cut, and waits for nobody
    held.close()
    said = messages(rds, identifier)
    assert len([one for one in said if "Multi-AZ" in one or "Single-AZ" in one]) == 4, said


def test_nothing_is_left_of_either_server(rds: Rds, lab: LiveRegion) -> None:
    identifier = rds.make(MultiAZ=True)
    instance = instance_of(lab, identifier)
    assert instance.standby is not None
    folders = [instance.server.folder, instance.standby.folder]
    pids = [instance.server.pid or 0, instance.standby.pid or 0]
    rds.api.delete_db_instance(DBInstanceIdentifier=identifier, SkipFinalSnapshot=True)
    rds.settle()
    assert not any(folder.exists() for folder in folders)
    assert not any(psutil.pid_exists(pid) for pid in pids)


def test_a_renamed_instance_still_fails_over(rds: Rds, lab: LiveRegion) -> None:
    identifier = rds.make(MultiAZ=True)
    rds.ask(identifier, "CREATE TABLE kept AS SELECT 7 AS n")
    before = rds.describe(identifier)
    rds.api.modify_db_instance(
        DBInstanceIdentifier=identifier, NewDBInstanceIdentifier="renamed", ApplyImmediately=True
    )
    rds.settle()
    after = rds.describe("renamed")
    assert after["DBInstanceStatus"] == "available"
    assert after["Endpoint"] == before["Endpoint"]
    assert after["DbiResourceId"] == before["DbiResourceId"]
    assert after["DBInstanceArn"].endswith(":db:renamed")
    rds.refuses("describe_db_instances", "DBInstanceNotFound", DBInstanceIdentifier=identifier)

    instance = instance_of(lab, "renamed")
    assert follows(instance)
    rds.api.reboot_db_instance(DBInstanceIdentifier="renamed", ForceFailover=True)
    assert rds.ask("renamed", "SELECT n FROM kept") == 7
    assert instance.failovers == 1
    wait_until(lambda: follows(instance))
    os.kill(instance.server.pid or 0, signal.SIGKILL)
    wait_until(lambda: instance.failovers == 2)
    assert rds.ask("renamed", "SELECT n FROM kept") == 7
    rds.api.delete_db_instance(DBInstanceIdentifier="renamed", SkipFinalSnapshot=True)
    rds.settle()
    assert lab.region.databases.get("renamed") is None
