"""Changes of instances and of parameter groups reach the server when RDS says so."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from rds_tools import Rds

_groups = itertools.count(1)


@pytest.fixture(scope="module")
def shop(rds: Rds) -> str:
    """Return an available instance."""
    return rds.make()


@pytest.fixture
def group(rds: Rds) -> str:
    """Return a new parameter group of the newest PostgreSQL here."""
    name = f"group{next(_groups)}"
    rds.api.create_db_parameter_group(
        DBParameterGroupName=name, DBParameterGroupFamily="postgres18", Description="mine"
    )
    return name


def change(name: str, value: str, method: str = "pending-reboot") -> dict[str, Any]:
    return {"ParameterName": name, "ParameterValue": value, "ApplyMethod": method}


def apply_status(rds: Rds, identifier: str) -> str:
    (told,) = rds.describe(identifier)["DBParameterGroups"]
    return str(told["ParameterApplyStatus"])


def test_static_parameters_wait_for_a_reboot(rds: Rds, shop: str, group: str) -> None:
    rds.api.modify_db_parameter_group(
        DBParameterGroupName=group, Parameters=[change("max_connections", "20")]
    )
    rds.api.modify_db_instance(DBInstanceIdentifier=shop, DBParameterGroupName=group)
    assert apply_status(rds, shop) == "pending-reboot"
    assert rds.ask(shop, "SHOW max_connections") == "112"
    rds.api.reboot_db_instance(DBInstanceIdentifier=shop)
    rds.settle()
    assert apply_status(rds, shop) == "in-sync"
    assert rds.ask(shop, "SHOW max_connections") == "20"


def test_the_eighteenth_connection_is_refused(rds: Rds, shop: str) -> None:
    from pg8000.exceptions import DatabaseError

    held = [rds.connect(shop) for _ in range(17)]
    with pytest.raises(DatabaseError) as refusal:
        rds.connect(shop)
    for connection in held:
        connection.close()
    # 20, of which PostgreSQL keeps three for superusers.
    assert refusal.value.args[0]["C"] == "53300"


def test_dynamic_parameters_count_at_once_or_at_the_reboot(rds: Rds, group: str) -> None:
    identifier = rds.make(DBParameterGroupName=group)
    changes = [change("work_mem", "128", "immediate"), change("statement_timeout", "5000")]
    rds.api.modify_db_parameter_group(DBParameterGroupName=group, Parameters=changes)
    assert rds.ask(identifier, "SHOW work_mem") == "128kB"
    assert rds.ask(identifier, "SHOW statement_timeout") == "0"
    assert apply_status(rds, identifier) == "pending-reboot"
    rds.api.reboot_db_instance(DBInstanceIdentifier=identifier)
    rds.settle()
    assert rds.ask(identifier, "SHOW statement_timeout") == "5s"


@pytest.mark.fidelity("max-connections")
def test_a_formula_is_worked_out_for_the_class(rds: Rds, group: str) -> None:
    text = "LEAST({DBInstanceClassMemory/19062784},5000)"
    rds.api.modify_db_parameter_group(
        DBParameterGroupName=group, Parameters=[change("max_connections", text)]
    )
    identifier = rds.make(DBParameterGroupName=group)
    assert rds.ask(identifier, "SHOW max_connections") == "56"


def test_a_group_the_server_cannot_start_with(rds: Rds, group: str) -> None:
    identifier = rds.make(DBParameterGroupName=group)
    rds.api.modify_db_parameter_group(
        DBParameterGroupName=group, Parameters=[change("shared_preload_libraries", "nowhere")]
    )
    rds.api.reboot_db_instance(DBInstanceIdentifier=identifier)
    rds.settle()
    assert rds.status(identifier) == "incompatible-parameters"
    assert "nowhere" in rds.describe(identifier)["StatusInfos"][0]["Message"]
    rds.api.modify_db_parameter_group(
        DBParameterGroupName=group, Parameters=[change("shared_preload_libraries", "")]
    )
    rds.api.reboot_db_instance(DBInstanceIdentifier=identifier)
    rds.settle()
    assert rds.ask(identifier, "SELECT 1") == 1


@pytest.mark.parametrize(
    ("parameter", "code", "words"),
    [
        (change("max_connections", "1"), "InvalidParameterValue", "allowed values are: 6-"),
        (change("max_connections", "many"), "InvalidParameterValue", "Invalid parameter value"),
        (change("max_connections", "{import os}"), "InvalidParameterValue", "Invalid parameter"),
        (change("work_mem", "1"), "InvalidParameterValue", "Invalid parameter value: 1"),
        (change("log_statement", "some"), "InvalidParameterValue", "Invalid parameter value"),
        (change("no_such", "1"), "InvalidParameterValue", "Could not find parameter with name"),
        (change("fsync", "on"), "InvalidParameterValue", "cannot be modified"),
        (change("server_version", "1"), "InvalidParameterValue", "o"),
        (change("max_connections", "20", "immediate"), "InvalidParameterCombination", "static"),
        (change("work_mem", "100", "soon"), "InvalidParameterValue", "apply method"),
        (change("shared_buffers", "1000"), "NotModelledException", "shared_buffers"),
        (change("rds.force_ssl", "on"), "InvalidParameterValue", "allowed values are: 0,1"),
        (change("rds.force_ssl", "1", "immediate"), "NotModelledException", "pending-reboot"),
    ],
)
def test_bad_parameters(
    rds: Rds, group: str, parameter: dict[str, Any], code: str, words: str
) -> None:
    asked = {"DBParameterGroupName": group, "Parameters": [parameter]}
    assert words in rds.refuses("modify_db_parameter_group", code, **asked)
    told = rds.api.describe_db_parameters(DBParameterGroupName=group, Source="user")
    assert told["Parameters"] == []


def test_described_parameters(rds: Rds, group: str) -> None:
    pages = rds.api.get_paginator("describe_db_parameters").paginate(DBParameterGroupName=group)
    known = {one["ParameterName"]: one for page in pages for one in page["Parameters"]}
    assert len(known) > 300
    connections = known["max_connections"]
    assert connections["ParameterValue"] == "LEAST({DBInstanceClassMemory/9531392},5000)"
    assert connections["ApplyType"] == "static"
    assert known["work_mem"]["ApplyType"] == "dynamic"
    assert known["fsync"]["IsModifiable"] is False


def test_a_class_changes_at_once_or_in_the_window(rds: Rds) -> None:
    identifier = rds.make()
    asked = {"DBInstanceIdentifier": identifier, "DBInstanceClass": "db.t3.small"}
    rds.api.modify_db_instance(**asked)
    assert rds.describe(identifier)["PendingModifiedValues"] == {"DBInstanceClass": "db.t3.small"}
    assert rds.ask(identifier, "SHOW max_connections") == "112"
    rds.lab.region.clock.advance(days=7, minutes=1)
    assert rds.describe(identifier)["DBInstanceClass"] == "db.t3.small"
    assert rds.ask(identifier, "SHOW max_connections") == "225"
    asked["DBInstanceClass"] = "db.t3.medium"
    rds.api.modify_db_instance(**asked, ApplyImmediately=True)
    assert rds.status(identifier) == "modifying"
    rds.settle()
    assert rds.ask(identifier, "SHOW max_connections") == "450"


def test_a_new_password_counts_at_once(rds: Rds) -> None:
    identifier = rds.make()
    rds.api.modify_db_instance(
        DBInstanceIdentifier=identifier, MasterUserPassword="another's-word%"
    )
    assert rds.ask(identifier, "SELECT 1", password="another's-word%") == 1


def test_a_new_name_and_a_new_port(rds: Rds) -> None:
    identifier = rds.make()
    rds.api.modify_db_instance(
        DBInstanceIdentifier=identifier, NewDBInstanceIdentifier="renamed", ApplyImmediately=True
    )
    rds.refuses("describe_db_instances", "DBInstanceNotFound", DBInstanceIdentifier=identifier)
    rds.api.modify_db_instance(DBInstanceIdentifier="renamed", DBPortNumber=6543)
    rds.settle()
    place = rds.describe("renamed")["Endpoint"]
    assert rds.ask("renamed", "SELECT 1") == 1
    found = rds.lab.region.databases.endpoints.at(place["Address"], place["Port"])
    assert found is not None
    assert found.identifier == "renamed"
    assert found.name.startswith("renamed.")


def test_a_name_that_is_taken(rds: Rds, shop: str) -> None:
    identifier = rds.make()
    rds.refuses(
        "modify_db_instance",
        "DBInstanceAlreadyExists",
        DBInstanceIdentifier=identifier,
        NewDBInstanceIdentifier=shop,
        ApplyImmediately=True,
    )
    assert rds.status(identifier) == "available"


def test_iam_authentication_is_kept(rds: Rds) -> None:
    identifier = rds.make()
    instance = rds.lab.region.databases.get(identifier)
    assert instance is not None
    assert instance.iam is False
    rds.api.modify_db_instance(
        DBInstanceIdentifier=identifier, EnableIAMDatabaseAuthentication=True
    )
    assert instance.iam is True
    assert rds.describe(identifier)["IAMDatabaseAuthenticationEnabled"] is True
