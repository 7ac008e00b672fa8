"""What RDS says can be ordered: only what runs here."""

from __future__ import annotations

from typing import Any

from lambda_lab.rds.binaries import find_binaries
from rds_tools import Rds


def versions(rds: Rds, **asked: Any) -> list[dict[str, Any]]:
    return list(rds.api.describe_db_engine_versions(Engine="postgres", **asked)["DBEngineVersions"])


def options(rds: Rds, **asked: Any) -> list[dict[str, Any]]:
    pages = rds.api.get_paginator("describe_orderable_db_instance_options")
    found = pages.paginate(Engine="postgres", **asked)
    return [one for page in found for one in page["OrderableDBInstanceOptions"]]


def test_versions_are_those_that_run(rds: Rds) -> None:
    best = find_binaries()
    (default,) = versions(rds, DefaultOnly=True)
    assert default["EngineVersion"] == best.version
    assert default["DBParameterGroupFamily"] == f"postgres{best.major}"
    assert "Lambda" in default["SupportedFeatureNames"]
    for found in (
        versions(rds, EngineVersion=str(best.major)),
        versions(rds, EngineVersion=best.version),
        versions(rds, DBParameterGroupFamily=f"postgres{best.major}"),
    ):
        assert default in found
        assert {one["MajorEngineVersion"] for one in found} == {str(best.major)}
    assert versions(rds, EngineVersion="9.6") == []


def test_an_instance_can_be_made_of_what_is_told(rds: Rds) -> None:
    told = options(rds, EngineVersion=find_binaries().version, DBInstanceClass="db.t4g.micro")
    assert {one["StorageType"] for one in told} >= {"gp2", "gp3"}
    (one,) = [one for one in told if one["StorageType"] == "gp3"]
    identifier = rds.make(
        DBInstanceClass=one["DBInstanceClass"],
        EngineVersion=one["EngineVersion"],
        StorageType=one["StorageType"],
    )
    assert rds.describe(identifier)["DBInstanceClass"] == "db.t4g.micro"


def test_options_come_in_pages(rds: Rds) -> None:
    first = rds.api.describe_orderable_db_instance_options(Engine="postgres", MaxRecords=20)
    assert len(first["OrderableDBInstanceOptions"]) == 20
    told = options(rds)
    assert len(told) == len({tuple(sorted(one.items(), key=str)) for one in map(_plain, told)})
    assert {one["DBInstanceClass"] for one in told} > {"db.t3.micro", "db.r6g.16xlarge"}
    assert options(rds, DBInstanceClass="db.t9.micro") == []


def _plain(one: dict[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in one.items()}


def test_other_engines_are_not_told_of(rds: Rds) -> None:
    said = rds.refuses("describe_db_engine_versions", "NotModelledException", Engine="mysql")
    assert "Engine=postgres" in said
    rds.refuses("describe_db_engine_versions", "NotModelledException")
