"""What can be ordered here: the versions of PostgreSQL that run, and their instance classes.

moto knows neither. Of engines that do not run here nothing is told that AWS might contradict.

https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBEngineVersions.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from moto.core.responses import ActionResult
from moto.rds.responses import RDSResponse

from lambda_lab.aws.pushes.patches import added, replaced
from lambda_lab.aws.rds.pages import page
from lambda_lab.aws.rds.records import ENGINE, InstanceServers
from lambda_lab.aws.rds.roles import FEATURES
from lambda_lab.errors import NotModelledError

__all__ = ["STORAGE_TYPES", "offers"]

STORAGE_TYPES = ("gp2", "gp3", "io1", "io2", "standard")
_LICENCE = "postgresql-license"
Record = dict[str, Any]


@contextmanager
def offers(servers: InstanceServers) -> Iterator[None]:
    """Let RDS tell what it offers while the block runs.

    Parameters
    ----------
    servers
        Whose versions and classes they are.
    """
    plain = RDSResponse.describe_orderable_db_instance_options

    def versions(response: Any) -> ActionResult:
        asked = response.params
        _require_ours(asked.get("Engine"))
        return page(asked, "DBEngineVersions", _versions(servers, asked))

    def options(response: Any) -> Any:
        asked = response.params
        if asked["Engine"] != ENGINE:
            return plain(response)
        return page(asked, "OrderableDBInstanceOptions", _options(servers, asked))

    with (
        added(RDSResponse, describe_db_engine_versions=versions),
        replaced(RDSResponse, describe_orderable_db_instance_options=options),
    ):
        yield


def _require_ours(engine: str | None) -> None:
    if engine != ENGINE:
        raise NotModelledError(
            f"DescribeDBEngineVersions of {engine or 'every engine'}", f"Ask for Engine={ENGINE}."
        )


def _versions(servers: InstanceServers, asked: Mapping[str, Any]) -> list[Record]:
    found = [_version(text) for text in servers.versions()]
    if asked.get("DefaultOnly"):
        found = found[:1]
    wanted = {
        "EngineVersion": lambda one, text: (
            text in (one["EngineVersion"], one["MajorEngineVersion"])
        ),
        "DBParameterGroupFamily": lambda one, text: text == one["DBParameterGroupFamily"],
    }
    return _kept(found, asked, wanted)


def _version(text: str) -> Record:
    major = text.partition(".")[0]
    return {
        "Engine": ENGINE,
        "EngineVersion": text,
        "MajorEngineVersion": major,
        "DBParameterGroupFamily": f"{ENGINE}{major}",
        "DBEngineDescription": "PostgreSQL",
        "DBEngineVersionDescription": f"PostgreSQL {text}",
        "Status": "available",
        "ValidUpgradeTarget": [],
        "SupportedFeatureNames": list(FEATURES),
        "SupportsReadReplica": False,
        "SupportsLogExportsToCloudwatchLogs": False,
    }


def _options(servers: InstanceServers, asked: Mapping[str, Any]) -> list[Record]:
    found = [
        _option(version, name, storage)
        for version in servers.versions()
        for name in servers.classes()
        for storage in STORAGE_TYPES
    ]
    wanted = {
        name: lambda one, text, name=name: one[name] == text
        for name in ("EngineVersion", "DBInstanceClass", "LicenseModel")
    }
    return _kept(found, asked, wanted)


def _option(version: str, instance_class: str, storage: str) -> Record:
    provisioned = storage.startswith("io")
    return {
        "Engine": ENGINE,
        "EngineVersion": version,
        "DBInstanceClass": instance_class,
        "LicenseModel": _LICENCE,
        "StorageType": storage,
        "SupportsIops": provisioned,
        "MultiAZCapable": True,
        "ReadReplicaCapable": False,
        "SupportsIAMDatabaseAuthentication": True,
        "Vpc": True,
    }


def _kept(
    found: list[Record],
    asked: Mapping[str, Any],
    wanted: Mapping[str, Callable[[Record, str], bool]],
) -> list[Record]:
    """Return those that are all that was asked for."""
    for name, matches in wanted.items():
        if asked.get(name):
            found = [one for one in found if matches(one, asked[name])]
    return found
