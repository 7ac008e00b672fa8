"""What RDS refuses before it makes or changes an instance of PostgreSQL, in its words.

The texts are those that the RDS API is known to answer; confidence M where nothing else is said.
https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from moto.ec2.models import ec2_backends

from lambda_lab import facts
from lambda_lab.aws.rds.offers import STORAGE_TYPES
from lambda_lab.aws.rds.records import InstanceServers
from lambda_lab.errors import AwsError, NotModelledError, SandboxError

__all__ = ["check_class", "check_create", "check_modify", "check_password", "version_for"]

_RESERVED_USERS = frozenset({"admin", "rdsadmin", "public", "none", "rds_superuser", "rds_iam"})
_RESERVED_NAMES = frozenset({"db", "rdsadmin", "postgres", "template0", "template1"})
_USER = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,62}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
_MAJORS = range(11, 19)
"""Major versions that RDS has or had; others it does not find."""
Asked = Mapping[str, Any]


def _invalid(text: str) -> AwsError:
    return AwsError("InvalidParameterValue", text)


def _combination(text: str) -> AwsError:
    return AwsError("InvalidParameterCombination", text)


def check_create(asked: Asked, region: str, account: str, servers: InstanceServers) -> None:
    """Refuse a new instance as RDS would.

    Parameters
    ----------
    asked
        The parameters of CreateDBInstance, by either spelling.
    region, account
        Where security groups are looked for.
    servers
        Knows the classes.

    Raises
    ------
    AwsError
        In RDS's words.
    """
    _identifier(str(asked.get("db_instance_identifier") or ""))
    if not asked.get("db_instance_class"):
        raise _invalid("The parameter DBInstanceClass must be provided and must not be blank.")
    check_class(str(asked["db_instance_class"]), servers)
    _master(asked)
    _database(asked.get("db_name"))
    _storage(asked)
    _settings(asked)
    _groups(asked.get("vpc_security_group_ids") or (), region, account)
    if asked.get("multi_az") and asked.get("availability_zone"):
        raise _combination(
            "Requesting a specific availability zone is not valid for Multi-AZ instances."
        )


def check_modify(asked: Asked, region: str, account: str, servers: InstanceServers) -> None:
    """Refuse a change as RDS would; parameters as of :func:`check_create`."""
    if asked.get("db_instance_class"):
        check_class(str(asked["db_instance_class"]), servers)
    if asked.get("master_user_password") is not None:
        check_password(str(asked["master_user_password"]))
    if asked.get("new_db_instance_identifier"):
        _identifier(str(asked["new_db_instance_identifier"]), "NewDBInstanceIdentifier")
    _settings(asked)
    _groups(asked.get("vpc_security_group_ids") or (), region, account)


def _identifier(text: str, parameter: str = "DBInstanceIdentifier") -> None:
    if not text:
        raise _invalid(f"The parameter {parameter} must be provided and must not be blank.")
    if re.fullmatch(r"(?!.*--)[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?", text) is None:
        raise _invalid(
            f"The parameter {parameter} is not a valid identifier. Identifiers must begin with a "
            "letter; must contain only ASCII letters, digits, and hyphens; and must not end with "
            "a hyphen or contain two consecutive hyphens."
        )


def check_class(name: str, servers: InstanceServers) -> None:
    """Refuse an instance class that RDS does not have."""
    if servers.memory(name) is None:
        raise _invalid(f"Invalid DB Instance class: {name}")


def check_password(password: str) -> None:
    """Refuse a master password that RDS does not take."""
    shortest, longest = facts.value("rds.password.minimum"), facts.value("rds.password.maximum")
    begin = "The parameter MasterUserPassword is not a valid password"
    if len(password) < int(shortest):
        raise _invalid(f"{begin} because it is shorter than {shortest} characters.")
    if len(password) > int(longest):
        raise _invalid(f"{begin} because it is longer than {longest} characters.")
    if not all("!" <= letter <= "~" for letter in password) or set(password) & set('/@"'):
        raise _invalid(
            f"{begin}. Only printable ASCII characters besides '/', '@', '\"', ' ' may be used."
        )


def _master(asked: Asked) -> None:
    user, password = asked.get("master_username"), asked.get("master_user_password")
    if not user:
        raise _invalid("The parameter MasterUsername must be provided and must not be blank.")
    if str(user).lower() in _RESERVED_USERS:
        raise _invalid(
            f"MasterUsername {user} cannot be used as it is a reserved word used by the engine"
        )
    if _USER.fullmatch(str(user)) is None or str(user).lower().startswith("pg_"):
        # Confidence L.
        raise _invalid(
            f"The parameter MasterUsername is not a valid user name: {user}. It must begin with a "
            "letter and contain 1 to 63 letters, digits or underscores."
        )
    if asked.get("manage_master_user_password"):
        if password is not None:  # confidence L
            raise _combination(
                "You can't specify MasterUserPassword when ManageMasterUserPassword is true."
            )
        return
    if password is None:
        raise _invalid("The parameter MasterUserPassword must be provided and must not be blank.")
    check_password(str(password))


def _database(name: str | None) -> None:
    if name is None:
        return
    if _NAME.fullmatch(str(name)) is None:
        raise _invalid(
            "The parameter DBName must begin with a letter and contain only alphanumeric "
            "characters."
        )
    if str(name).lower() in _RESERVED_NAMES - {"postgres"}:
        raise _invalid(f"DBName {name} cannot be used. It is a reserved word for this engine")


def _storage(asked: Asked) -> None:
    size, kind = asked.get("allocated_storage"), str(asked.get("storage_type") or "gp2")
    if size is None:
        raise _invalid("The parameter AllocatedStorage must be provided and must not be blank.")
    if kind not in STORAGE_TYPES:
        raise _invalid(f"Invalid storage type: {kind}")
    key = "rds.storage.provisioned.minimum" if kind in ("io1", "io2") else "rds.storage.minimum"
    smallest = 5 if kind == "standard" else int(facts.value(key))
    if not smallest <= int(size) <= int(facts.value("rds.storage.maximum")):
        raise _invalid(
            f"Invalid storage size for engine name postgres and storage type {kind}: {size}"
        )


def _settings(asked: Asked) -> None:
    """Check the port and the days that backups are kept."""
    for name in ("port", "db_port_number"):
        port = asked.get(name)
        low, high = int(facts.value("rds.port.minimum")), int(facts.value("rds.port.maximum"))
        if port is not None and not low <= int(port) <= high:
            raise _invalid(f"Invalid endpoint port {port}, valid port range is {low}-{high}")
    days, most = asked.get("backup_retention_period"), facts.value("rds.backup-retention.maximum")
    if days is not None and not 0 <= int(days) <= int(most):
        raise _invalid(
            f"Invalid backup retention period: {days}. Retention period must be between 0 "
            f"and {most}"
        )


def _groups(wanted: Any, region: str, account: str) -> None:
    backend = ec2_backends[account][region]
    for group in wanted:
        if backend.get_security_group_from_id(group) is None:
            raise _invalid(f"Invalid security group , groupId= {group}, groupName=.")


def version_for(asked: str | None, find: Callable[[str], str]) -> str:
    """Return the version to run.

    Parameters
    ----------
    asked
        ``EngineVersion``: a major version, or a full one; the newest minor of this machine runs.
    find
        Returns the version that would run.

    Raises
    ------
    AwsError
        If RDS has no such version, or this machine no PostgreSQL at all.
    NotModelledError
        If this machine lacks that one.
    """
    text = asked or ""
    major = text.partition(".")[0]
    if text and not (re.fullmatch(r"\d+(\.\d+)*", text) and int(major) in _MAJORS):
        raise AwsError("InvalidParameterCombination", f"Cannot find version {text} for postgres")
    try:
        return find(text)
    except SandboxError as error:
        if text:
            raise NotModelledError(f"PostgreSQL {text} on this machine", str(error)) from error
        raise AwsError("SandboxException", str(error), status=501) from error
