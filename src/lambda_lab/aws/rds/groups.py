"""Parameter groups of PostgreSQL: what they contain, what they take, and when it counts.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithParamGroups.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lambda_lab.aws.rds.checks import version_for
from lambda_lab.aws.rds.lifecycle import Lifecycle, record_of
from lambda_lab.aws.rds.records import InstanceServers, ParameterInfo
from lambda_lab.errors import AwsError, LabError, NotModelledError

__all__ = ["check_changes", "described", "is_postgres", "take_over"]

MOST_CHANGES = 20
"""Parameters that one ModifyDBParameterGroup may change."""
_FAMILY = re.compile(r"postgres(\d+)")
_FEWEST_CONNECTIONS = 6  # what RDS gives as the least of max_connections
_NOT_AWS = frozenset(
    {
        "archive_command", "archive_library", "data_directory", "dynamic_shared_memory_type",
        "external_pid_file", "fsync", "full_page_writes", "hba_file", "ident_file", "lc_messages",
        "listen_addresses", "logging_collector", "port", "restore_command", "shared_memory_type",
        "ssl", "superuser_reserved_connections", "unix_socket_directories", "wal_sync_method",
    }
)  # fmt: skip
"""Parameters that RDS itself does not let anybody change. Confidence M."""
_SAMPLE = {"DBInstanceClassMemory": 1 << 30, "AllocatedStorage": 20 << 30, "EndPointPort": 5432}


def is_postgres(group: Any) -> bool:
    """Whether a parameter group is one of PostgreSQL's instances."""
    return _FAMILY.fullmatch(str(group.family)) is not None


def _version(group: Any, servers: InstanceServers) -> str:
    found = _FAMILY.fullmatch(str(group.family))
    assert found is not None
    return version_for(found[1], servers.version)


def check_changes(group: Any, changes: list[Mapping[str, Any]], servers: InstanceServers) -> None:
    """Refuse changes as RDS would; all of them, if one is bad.

    Parameters
    ----------
    group
        moto's parameter group.
    changes
        ``ParameterName``, ``ParameterValue`` and ``ApplyMethod`` of each.
    servers
        Knows the parameters.
    """
    if len(changes) > MOST_CHANGES:
        raise AwsError(
            "InvalidParameterValue",
            f"The request exceeds the maximum of {MOST_CHANGES} parameters in one call.",
        )
    version = _version(group, servers)
    known = servers.parameters(version)
    for change in changes:
        name, value = str(change.get("ParameterName") or ""), change.get("ParameterValue")
        method = change.get("ApplyMethod", "pending-reboot")
        if method not in ("immediate", "pending-reboot"):
            raise AwsError("InvalidParameterValue", f"Invalid apply method: {method}")
        parameter = known.get(name.lower())
        if parameter is None:
            _check_rds_parameter(name, value, method)
        else:
            _check_parameter(parameter, value, method, version, servers)


def _check_rds_parameter(name: str, value: Any, method: str) -> None:
    """Check a parameter of RDS's own or of an extension: the server keeps those as they are."""
    if re.fullmatch(r"[a-z_]\w*\.\w+", name, re.IGNORECASE) is None:
        raise AwsError("InvalidParameterValue", f"Could not find parameter with name: {name}")
    if name.lower() != "rds.force_ssl":
        return
    if value not in (None, "0", "1"):
        raise AwsError(
            "InvalidParameterValue",
            f"Invalid parameter value: {value} for: {name} allowed values are: 0,1",
        )
    if method == "immediate":
        raise NotModelledError(
            "Another rds.force_ssl without a restart",
            "Say ApplyMethod='pending-reboot', and reboot the instance.",
        )


def _check_parameter(
    parameter: ParameterInfo, value: Any, method: str, version: str, servers: InstanceServers
) -> None:
    name = parameter.name.lower()
    if parameter.is_fixed or name in _NOT_AWS:
        raise AwsError(
            "InvalidParameterValue", f"The parameter {parameter.name} cannot be modified."
        )
    if name in servers.held():
        raise NotModelledError(
            f"Another value of {parameter.name}", "The lab holds it, so that servers stay small."
        )
    if parameter.is_static and method == "immediate":
        raise AwsError(
            "InvalidParameterCombination",
            "cannot use immediate apply method for static parameter",
        )
    if value is None:
        return
    text: str | None
    try:
        text = servers.value(str(value), _SAMPLE)
    except ValueError:
        text = None
    if (
        text is None
        or (name == "max_connections" and text.isdigit() and int(text) < _FEWEST_CONNECTIONS)
        or not servers.accepts(version, parameter.name, text)
    ):
        raise AwsError(
            "InvalidParameterValue",
            f"Invalid parameter value: {value} for: {parameter.name} allowed values are: "
            f"{_allowed(parameter)}",
        )


def _allowed(parameter: ParameterInfo) -> str:
    if parameter.name == "max_connections":
        return f"{_FEWEST_CONNECTIONS}-{parameter.allowed.partition('-')[2]}"
    return parameter.allowed


def take_over(lifecycle: Lifecycle, group: Any, changes: list[Mapping[str, Any]]) -> None:
    """Let the instances of *group* have what takes effect at once."""
    at_once = [
        str(change["ParameterName"]).lower()
        for change in changes
        if change.get("ApplyMethod") == "immediate"
    ]
    for database in list(group.backend.databases.values()):
        record = record_of(database)
        if record is None or record.needs_reboot or group not in database.db_parameter_groups():
            continue
        wanted = lifecycle.wanted(database)
        now = dict(record.applied)
        for name in at_once:
            now.pop(name, None)
            now |= {name: wanted[name]} if name in wanted else {}
        if now != record.applied and database.status == "available":
            record.applied = now
            try:
                lifecycle.servers.reload(database.dbi_resource_id, now)
            except LabError as error:
                record.problem = str(error)
        lifecycle.tell(database, "parameter-group", group=group.name)


def described(group: Any, servers: InstanceServers, source: str | None) -> list[dict[str, Any]]:
    """Return what DescribeDBParameters tells of *group*.

    Parameters
    ----------
    group
        moto's parameter group.
    servers
        Knows the parameters and RDS's own values.
    source
        ``user``, ``system`` or ``engine-default``; ``None`` for all.
    """
    known = servers.parameters(_version(group, servers))
    own = {name.lower(): given for name, given in group.parameters.items()}
    system = servers.system_values()
    told = []
    for name, parameter in sorted(known.items()):
        given = own.pop(name, {})
        told.append(_told(parameter, given, system.get(name)))
    more = {"Source": "user", "IsModifiable": True, "ApplyType": "dynamic"}
    told += [{**given, **more} for given in own.values()]
    return [one for one in told if source is None or one["Source"] == source]


def _told(parameter: ParameterInfo, given: Mapping[str, Any], system: str | None) -> dict[str, Any]:
    value = given.get("ParameterValue", system)
    source = "engine-default" if system is None else "system"
    told = {
        "ParameterName": parameter.name,
        "ParameterValue": value,
        "Description": parameter.description,
        "Source": "user" if "ParameterValue" in given else source,
        "ApplyType": "static" if parameter.is_static else "dynamic",
        "DataType": parameter.kind,
        "AllowedValues": _allowed(parameter),
        "IsModifiable": not (parameter.is_fixed or parameter.name.lower() in _NOT_AWS),
        "ApplyMethod": given.get("ApplyMethod", "pending-reboot"),
    }
    return {name: value for name, value in told.items() if value not in (None, "")}
