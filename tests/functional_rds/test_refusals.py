"""What RDS refuses to make, in its words; and nothing is left of what it refused."""

from __future__ import annotations

from typing import Any

import pytest

from lambda_lab.rds import binaries
from live_region import LiveRegion
from rds_tools import Rds

VALUE, COMBINATION, UNMADE = (
    "InvalidParameterValue", "InvalidParameterCombination", "NotModelledException",
)  # fmt: skip


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        ({"DBInstanceIdentifier": "1db"}, VALUE, "is not a valid identifier"),
        ({"DBInstanceIdentifier": "a--b"}, VALUE, "two consecutive hyphens"),
        ({"DBInstanceIdentifier": "ends-"}, VALUE, "is not a valid identifier"),
        ({"DBInstanceIdentifier": "x" * 64}, VALUE, "is not a valid identifier"),
        ({"DBInstanceIdentifier": "ünicode"}, VALUE, "is not a valid identifier"),
        ({"DBInstanceClass": "db.t9.micro"}, VALUE, "Invalid DB Instance class: db.t9.micro"),
        ({"DBInstanceClass": "t3.micro"}, VALUE, "Invalid DB Instance class: t3.micro"),
        ({"Engine": "informix"}, VALUE, "informix"),
        ({"EngineVersion": "99.1"}, COMBINATION, "Cannot find version 99.1 for postgres"),
        ({"EngineVersion": "latest"}, COMBINATION, "Cannot find version latest for postgres"),
        ({"EngineVersion": "11.4"}, UNMADE, "PostgreSQL 11"),
        ({"MasterUserPassword": "short"}, VALUE, "shorter than 8 characters"),
        ({"MasterUserPassword": "x" * 129}, VALUE, "longer than 128 characters"),
        ({"MasterUserPassword": "with space in"}, VALUE, "Only printable ASCII characters"),
        ({"MasterUserPassword": "with@at-sign"}, VALUE, "Only printable ASCII characters"),
        ({"MasterUserPassword": None}, VALUE, "MasterUserPassword must be provided"),
        ({"ManageMasterUserPassword": True}, COMBINATION, "ManageMasterUserPassword"),
        ({"MasterUsername": None}, VALUE, "MasterUsername must be provided"),
        ({"MasterUsername": "admin"}, VALUE, "reserved word"),
        ({"MasterUsername": 'a"b'}, VALUE, "MasterUsername"),
        ({"MasterUsername": "pg_me"}, VALUE, "MasterUsername"),
        ({"DBName": "1shop"}, VALUE, "DBName must begin with a letter"),
        ({"DBName": "shop; DROP"}, VALUE, "DBName must begin with a letter"),
        ({"DBName": "db"}, VALUE, "reserved word"),
        ({"AllocatedStorage": None}, VALUE, "AllocatedStorage must be provided"),
        ({"AllocatedStorage": 5}, VALUE, "Invalid storage size for engine name postgres"),
        ({"AllocatedStorage": 20, "StorageType": "io1"}, VALUE, "storage type io1: 20"),
        ({"StorageType": "ssd"}, VALUE, "ssd"),
        ({"Port": 80}, VALUE, "valid port range is 1150-65535"),
        ({"BackupRetentionPeriod": 36}, VALUE, "between 0 and 35"),
        ({"VpcSecurityGroupIds": ["sg-nowhere"]}, VALUE, "Invalid security group"),
        ({"DBSubnetGroupName": "nowhere"}, "DBSubnetGroupNotFoundFault", "nowhere"),
        ({"DBParameterGroupName": "nowhere"}, "DBParameterGroupNotFound", "nowhere"),
        (
            {"MultiAZ": True, "AvailabilityZone": "us-east-1a"},
            COMBINATION,
            "not valid for Multi-AZ instances",
        ),
    ],
)
def test_refused(rds: Rds, lab: LiveRegion, change: dict[str, Any], code: str, words: str) -> None:
    asked = rds.settings(**change)
    assert words in rds.refuses("create_db_instance", code, **asked)
    assert rds.api.describe_db_instances()["DBInstances"] == []
    assert lab.region.databases.all() == []
    assert lab.region.databases.endpoints.all() == []


@pytest.mark.parametrize(
    "call", ["describe_db_instances", "stop_db_instance", "start_db_instance", "reboot_db_instance"]
)
def test_an_instance_that_is_not_there(rds: Rds, call: str) -> None:
    rds.refuses(call, "DBInstanceNotFound", DBInstanceIdentifier="nobody")


def test_no_binaries(rds: Rds, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "FINDERS", [])
    said = rds.refuses("create_db_instance", "SandboxException", **rds.settings())
    assert "pip install 'lambda-lab[rds]'" in said
    assert rds.api.describe_db_instances()["DBInstances"] == []
    assert rds.api.describe_db_snapshots()["DBSnapshots"] == []


def test_a_server_that_cannot_be_made_leaves_nothing(
    rds: Rds, lab: LiveRegion, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("lambda_lab.rds.server.tempfile.mkdtemp", full)
    said = rds.refuses("create_db_instance", "SandboxException", **rds.settings())
    assert "No space left on device" in said
    assert rds.api.describe_db_instances()["DBInstances"] == []
    assert rds.api.describe_db_snapshots()["DBSnapshots"] == []
    assert lab.region.databases.endpoints.all() == []


@pytest.mark.fidelity("database-copies")
def test_what_would_need_a_copy_of_the_data(rds: Rds) -> None:
    identifier = rds.make()
    rds.api.create_db_snapshot(DBInstanceIdentifier=identifier, DBSnapshotIdentifier="snap")
    for call, asked in (
        (
            "restore_db_instance_from_db_snapshot",
            {"DBInstanceIdentifier": "copy", "DBSnapshotIdentifier": "snap"},
        ),
        (
            "create_db_instance_read_replica",
            {"DBInstanceIdentifier": "copy", "SourceDBInstanceIdentifier": identifier},
        ),
        (
            "restore_db_instance_to_point_in_time",
            {
                "SourceDBInstanceIdentifier": identifier,
                "TargetDBInstanceIdentifier": "copy",
                "UseLatestRestorableTime": True,
            },
        ),
    ):
        assert "is not modelled" in rds.refuses(call, UNMADE, **asked)
    said = rds.refuses(
        "reboot_db_instance", COMBINATION, DBInstanceIdentifier=identifier, ForceFailover=True
    )
    assert "Multi-AZ" in said
    said = rds.refuses("create_db_instance", "DBInstanceAlreadyExists",
                       **rds.settings(DBInstanceIdentifier=identifier))  # fmt: skip
    assert "already exists" in said
    rds.api.delete_db_instance(DBInstanceIdentifier=identifier, SkipFinalSnapshot=True)
    rds.settle()
