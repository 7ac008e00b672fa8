"""Putting real servers behind moto's instances, for as long as a region is open."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from moto.core.responses import ActionResult
from moto.rds.exceptions import DBParameterGroupNotFoundError
from moto.rds.models import DBInstance, MasterUserSecret, RDSBackend
from moto.rds.responses import RDSResponse

from lambda_lab.aws.pushes.patches import replaced
from lambda_lab.aws.rds.changes import Changes
from lambda_lab.aws.rds.groups import check_changes, described, is_postgres, take_over
from lambda_lab.aws.rds.instances import Instances
from lambda_lab.aws.rds.lifecycle import Lifecycle, record_of
from lambda_lab.aws.rds.offers import offers
from lambda_lab.aws.rds.pages import page
from lambda_lab.aws.rds.records import ENGINE, InstanceServers
from lambda_lab.aws.rds.requests import answered
from lambda_lab.aws.rds.secrets import rotate, secret_text
from lambda_lab.clock import Clock
from lambda_lab.errors import NotModelledError

__all__ = ["NOWHERE", "rds_instances", "zones_of"]

NOWHERE = "127.83.255.254"
"""The address of instances that no server runs for: a connection is refused at once."""
_ONLY_CONTROL = "lambda_lab runs PostgreSQL only: nothing listens at the endpoint of this instance."


@contextmanager
def rds_instances(servers: InstanceServers, clock: Clock) -> Iterator[None]:
    """Let RDS make real servers while the block runs; afterwards none is left.

    Parameters
    ----------
    servers
        What runs them.
    clock
        When states pass.
    """
    life = Lifecycle(servers, clock)
    instances = Instances(life)
    with (
        replaced(RDSBackend, **_operations(instances, Changes(life))),
        replaced(RDSResponse, **_answers(instances, life)),
        answered(),
        offers(servers),
        _told(life),
    ):
        try:
            yield
        finally:
            servers.clear()


def _operations(instances: Instances, changes: Changes) -> dict[str, Callable[..., Any]]:
    create, stop, start = (
        RDSBackend.create_db_instance,
        RDSBackend.stop_db_instance,
        RDSBackend.start_db_instance,
    )
    modify, delete = RDSBackend.modify_db_instance, RDSBackend.delete_db_instance
    return {
        "create_db_instance": lambda self, asked: instances.create(create, self, asked),
        "stop_db_instance": lambda self, *asked: instances.stop(stop, self, *asked),
        "start_db_instance": lambda self, *asked: instances.start(start, self, *asked),
        "modify_db_instance": lambda self, name, asked: changes.modify(modify, self, name, asked),
        "delete_db_instance": lambda self, *names, **asked: instances.delete(
            delete, self, **({"db_instance_identifier": names[0]} if names else {}), **asked
        ),
        "restore_db_instance_from_db_snapshot": _refusing(
            RDSBackend.restore_db_instance_from_db_snapshot, _of_snapshot, "Restoring a snapshot"
        ),
        "restore_db_instance_to_point_in_time": _refusing(
            RDSBackend.restore_db_instance_to_point_in_time,
            _of_name,
            "Restoring to a point in time",
        ),
        "create_db_instance_read_replica": _refusing(
            RDSBackend.create_db_instance_read_replica, _of_source, "A read replica"
        ),
    }


def _refusing(
    original: Callable[..., Any], engine: Callable[..., str], what: str
) -> Callable[..., Any]:
    """Return *original*, refused for instances that have a server: data would be missing."""

    def operation(backend: Any, *asked: Any) -> Any:
        if engine(backend, asked[0]) == ENGINE:
            raise NotModelledError(f"{what} of PostgreSQL")
        return original(backend, *asked)

    return operation


def _of_snapshot(backend: Any, name: str | None) -> str:
    snapshot = backend.database_snapshots.get((name or "").rpartition(":")[2])
    return str(snapshot.engine) if snapshot else ""


def _of_name(backend: Any, name: str | None) -> str:
    database = backend.databases.get((name or "").rpartition(":")[2])
    return str(database.engine) if database else ""


def _of_source(backend: Any, asked: Any) -> str:
    return _of_name(backend, str(asked["source_db_instance_identifier"]))


def _answers(instances: Instances, life: Lifecycle) -> dict[str, Callable[..., Any]]:
    modify = RDSResponse.modify_db_parameter_group
    describe = RDSResponse.describe_db_parameters

    def reboot_db_instance(response: Any) -> ActionResult:
        asked = response.params
        fails_over = bool(asked.get("ForceFailover"))
        database = instances.reboot(response.backend, asked["DBInstanceIdentifier"], fails_over)
        return ActionResult({"DBInstance": database})

    def modify_db_parameter_group(response: Any) -> Any:
        group = _group(response)
        changes = [one.original_dict() for one in response.params.get("Parameters", [])]
        if is_postgres(group):
            check_changes(group, changes, life.servers)
        answered = modify(response)
        if is_postgres(group):
            take_over(life, group, changes)
        return answered

    def describe_db_parameters(response: Any) -> Any:
        group = _group(response)
        if not is_postgres(group):
            return describe(response)
        told = described(group, life.servers, response.params.get("Source"))
        return page(response.params, "Parameters", told)

    return {
        "reboot_db_instance": reboot_db_instance,
        "modify_db_parameter_group": modify_db_parameter_group,
        "describe_db_parameters": describe_db_parameters,
    }


def _group(response: Any) -> Any:
    name = response.params.get("DBParameterGroupName")
    group = response.backend.db_parameter_groups.get(name)
    if group is None:
        raise DBParameterGroupNotFoundError(name)
    return group


@contextmanager
def _told(life: Lifecycle) -> Iterator[None]:
    """Let moto's records tell what is so: endpoints, parameter groups, what waits, secrets."""

    def endpoint(database: Any) -> dict[str, Any] | None:
        record = record_of(database)
        if record is None:
            return {"Address": NOWHERE, "Port": database.port, "HostedZoneId": "Z2R2ITUGPM61AM"}
        if not record.is_told:
            return None
        running = record.running
        return {"Address": running.address, "Port": running.port, "HostedZoneId": "Z2R2ITUGPM61AM"}

    def address(database: Any) -> str:
        record = record_of(database)
        return NOWHERE if record is None else record.running.address

    def groups(database: Any) -> list[dict[str, str]]:
        status = life.group_status(database)
        return [
            {"DBParameterGroupName": group.name, "ParameterApplyStatus": status}
            for group in database.db_parameter_groups()
        ]

    properties: dict[str, Any] = {
        "endpoint": property(endpoint),
        "address": property(address),
        "db_parameter_group_status_list": property(groups),
    }

    def zones(database: Any) -> tuple[str, str | None]:
        return zones_of(database, life.servers)

    added: dict[str, Any] = {
        "status_infos": property(_status_infos),
        "pending_modified_values": property(_pending),
        "availability_zone": property(lambda self: zones(self)[0], _keep_zone),
        "secondary_availability_zone": property(lambda self: zones(self)[1]),
    }
    for name, value in added.items():
        setattr(DBInstance, name, value)
    try:
        with (
            replaced(DBInstance, **properties),
            replaced(
                MasterUserSecret,
                _generate_secret_string=lambda self: secret_text(self.resource.master_username),
                rotate_secret=rotate,
            ),
        ):
            yield
    finally:
        for name in added:
            delattr(DBInstance, name)


def _keep_zone(database: Any, zone: str) -> None:
    vars(database)["availability_zone"] = zone


def zones_of(database: Any, servers: InstanceServers) -> tuple[str, str | None]:
    """Return the zone of an instance's server and of its standby; a failover swaps them.

    Only the words are modelled: both servers are on this machine.
    """
    first = str(vars(database)["availability_zone"])
    if record_of(database) is None:
        return first, None
    other = f"{first[:-1]}{'a' if first[-1] != 'a' else 'b'}"
    zones = (first, other)
    now = servers.failovers(database.dbi_resource_id) % 2
    return zones[now], zones[1 - now] if database.multi_az else None


def _status_infos(database: Any) -> list[dict[str, Any]]:
    record = record_of(database)
    problem = _ONLY_CONTROL if record is None else record.problem
    if not problem:
        return []
    told = {"StatusType": "lambda_lab", "Normal": record is None, "Message": problem}
    return [{**told, "Status": database.status}]


def _pending(database: Any) -> dict[str, Any]:
    record = record_of(database)
    names = {
        "db_instance_class": "DBInstanceClass",
        "allocated_storage": "AllocatedStorage",
        "storage_type": "StorageType",
        "iops": "Iops",
        "db_instance_identifier": "DBInstanceIdentifier",
        "multi_az": "MultiAZ",
    }
    pending = record.pending if record else {}
    return {names[name]: value for name, value in pending.items()}
