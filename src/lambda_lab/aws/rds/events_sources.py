"""What causes events of RDS: the lives of instances, and what clients change.

What a server does is told by :class:`~lambda_lab.aws.rds.records.LifecycleEvent`; who makes other
things happen - a proxy, a standby - tells it in the same way, with a word of :data:`STEPS`. For the
rest, moto's operations are followed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

from moto.rds.models import RDSBackend, rds_backends

from lambda_lab.aws.moto_seam import ACCOUNT
from lambda_lab.aws.pushes.patches import replaced
from lambda_lab.aws.rds.events import RdsEvents
from lambda_lab.aws.rds.events_answers import event_answers
from lambda_lab.aws.rds.lifecycle import STATE_SECONDS
from lambda_lab.aws.rds.records import ENGINE, LifecycleEvent, Listener
from lambda_lab.clock import Clock
from lambda_lab.invoke.workers import Workers

__all__ = ["STEPS", "Lives", "rds_events_opened"]

STEPS: Mapping[str, tuple[str, ...]] = {
    "created": ("0005",),
    "deleted": ("0003",),
    "stopped": ("0087",),
    "started": ("0088",),
    "shutdown": ("0004",),
    "restarted": ("0006",),
    # The server died and was started again. Confidence L: AWS's page has no event of that name.
    "recovered": ("0006",),
    "backup-started": ("0001",),
    "backup-finished": ("0002",),
    "password-reset": ("0016",),
    "parameter-group": ("0092",),
    "class-changing": ("0012",),
    "class-changed": ("0014",),
    "storage-changing": ("0018",),
    "storage-changed": ("0017",),
    "multi-az-changing": ("0024",),
    "multi-az-changed": ("0025",),
    "single-az-changing": ("0030",),
    "single-az-changed": ("0029",),
    "failing-over": ("0013",),
    "failed-over": ("0015", "0049"),
    "proxy-created": ("0203",),
    "proxy-modified": ("0204",),
    "proxy-deleted": ("0205",),
    "proxy-endpoint-created": ("0206",),
    "proxy-endpoint-modified": ("0207",),
    "proxy-endpoint-deleted": ("0208",),
    "proxy-target-removed": ("0214",),
}
"""Which events a step of a life is. Steps of proxies have the proxy's ``arn`` among their details,
and ``endpoint`` or ``instance`` where the message names one."""
_BACKUPS = {"backup-started": "0090", "backup-finished": "0091"}
"""What the automated snapshot of an instance does at such a step."""
_OF_MOTO = {
    "DB_INSTANCE_CREATE": "0005",
    "DB_INSTANCE_BACKUP_START": "0001",
    "DB_INSTANCE_BACKUP_FINISH": "0002",
    "DB_INSTANCE_RESET_MASTER_CREDENTIALS": "0016",
    "DB_SNAPSHOT_CREATE_AUTOMATED_START": "0090",
    "DB_SNAPSHOT_CREATE_AUTOMATED_FINISH": "0091",
    "DB_SNAPSHOT_CREATE_MANUAL_START": "0040",
    "DB_SNAPSHOT_CREATE_MANUAL_FINISH": "0042",
}
"""moto's own events: of instances that no server runs for."""


class Lives(Protocol):
    """Who hears what happens to instances."""

    def listen(self, listener: Listener) -> None:
        """Call *listener* with everything that happens."""


@contextmanager
def rds_events_opened(lives: Lives, clock: Clock, workers: Workers) -> Iterator[RdsEvents]:
    """Let RDS publish events while the block runs.

    Parameters
    ----------
    lives
        Tells what happens to instances.
    clock, workers
        The region's.
    """
    events = RdsEvents(clock, workers)
    lives.listen(lambda step: _heard(events, step))
    with replaced(RDSBackend, **_followed(events)), event_answers(clock):
        yield events


def _heard(events: RdsEvents, step: LifecycleEvent) -> None:
    backend: Any = rds_backends[ACCOUNT][step.region]
    words = {name: str(value) for name, value in step.details.items()}
    arn = words.pop("arn", "")
    words.setdefault("name", step.identifier)
    database = backend.databases.get(step.identifier)
    tags = _tags(database)
    for number in STEPS.get(step.what, ()):
        events.publish(
            number, step.region, step.identifier, words, arn=arn, at_ns=step.at_ns, tags=tags
        )
    number = _BACKUPS.get(step.what, "")
    for snapshot in _automated(backend, database) if number else ():
        name = snapshot.db_snapshot_identifier
        events.publish(number, step.region, name, at_ns=step.at_ns)


def _tags(resource: Any) -> dict[str, str]:
    return {one["Key"]: one.get("Value", "") for one in getattr(resource, "tags", None) or ()}


def _automated(backend: Any, database: Any) -> list[Any]:
    """Return the newest automated snapshot of an instance, if it has one."""
    found = [
        one
        for one in backend.database_snapshots.values()
        if one.snapshot_type == "automated"
        and database is not None
        and one.db_instance_identifier.lower() == database.db_instance_identifier
    ]
    return found[-1:]


# -- what clients change ---------------------------------------------------------------------------


def _followed(events: RdsEvents) -> dict[str, Callable[..., Any]]:
    return {**_of_instances(events), **_of_snapshots(events), **_of_groups(events)}


def _of_instances(events: RdsEvents) -> dict[str, Callable[..., Any]]:
    modify = RDSBackend.modify_db_instance

    def add_event(backend: Any, event_type: str, resource: Any) -> None:
        database = getattr(resource, "database", resource)
        if database.engine == ENGINE and not getattr(database, "db_cluster_identifier", None):
            return  # its life tells it, when it happens
        number = _OF_MOTO.get(event_type)
        if number:
            events.publish(number, backend.region_name, resource.resource_id, tags=_tags(resource))

    def modify_db_instance(backend: Any, identifier: str, asked: Any) -> Any:
        before = _settings(backend.databases.get(identifier))
        database = modify(backend, identifier, asked)
        after = _settings(database)
        for number, words in _changes(before, after):
            name = database.db_instance_identifier
            events.publish(number, backend.region_name, name, words, tags=_tags(database))
        return database

    return {"add_event": add_event, "modify_db_instance": modify_db_instance}


def _settings(database: Any) -> dict[str, Any]:
    return {
        "group": getattr(database, "db_parameter_group_name", None),
        "backups": int(getattr(database, "backup_retention_period", None) or 0) > 0,
        "monitoring": int(getattr(database, "monitoring_interval", None) or 0),
    }


def _changes(
    before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if after["group"] != before["group"] and after["group"]:
        yield "0011", {"name": after["group"]}
    if after["backups"] != before["backups"]:
        yield ("0032" if after["backups"] else "0028"), {}
    if after["monitoring"] != before["monitoring"]:
        yield "0078", {"number": after["monitoring"]}


def _of_snapshots(events: RdsEvents) -> dict[str, Callable[..., Any]]:
    create, delete = RDSBackend.create_db_snapshot, RDSBackend.delete_db_snapshot
    copy, restore = RDSBackend.copy_db_snapshot, RDSBackend.restore_db_instance_from_db_snapshot

    def tell(snapshot: Any, first: str, last: str) -> Any:
        name, region = snapshot.db_snapshot_identifier, snapshot.region
        words = {"name": name, "region": region}
        events.publish(first, region, name, words, tags=_tags(snapshot))
        events.later(STATE_SECONDS, last, region, name, words, tags=_tags(snapshot))
        return snapshot

    def create_db_snapshot(backend: Any, *names: Any, **asked: Any) -> Any:
        snapshot = create(backend, *names, **asked)
        manual = snapshot.snapshot_type == "manual"
        return tell(snapshot, "0040", "0042") if manual else snapshot

    def delete_db_snapshot(backend: Any, db_snapshot_identifier: str) -> Any:
        snapshot = delete(backend, db_snapshot_identifier)
        if snapshot.snapshot_type == "manual":
            name = snapshot.db_snapshot_identifier
            events.publish("0041", backend.region_name, name, tags=_tags(snapshot))
        return snapshot

    def copy_db_snapshot(backend: Any, *names: Any, **asked: Any) -> Any:
        return tell(copy(backend, *names, **asked), "0196", "0197")

    def restored(backend: Any, from_snapshot_id: str, overrides: Any) -> Any:
        database = restore(backend, from_snapshot_id, overrides)
        name = from_snapshot_id.rpartition(":snapshot:")[2]
        events.publish("0043", backend.region_name, name, {"name": name})
        return database

    return {
        "create_db_snapshot": create_db_snapshot,
        "delete_db_snapshot": delete_db_snapshot,
        "copy_db_snapshot": copy_db_snapshot,
        "restore_db_instance_from_db_snapshot": restored,
    }


def _of_groups(events: RdsEvents) -> dict[str, Callable[..., Any]]:
    modify = RDSBackend.modify_db_parameter_group

    def modify_db_parameter_group(backend: Any, name: str, parameters: Any) -> Any:
        changes = list(parameters)
        group = modify(backend, name, changes)
        for change in changes:
            events.publish(
                "0037",
                backend.region_name,
                group.name,
                {
                    "name": change.get("ParameterName"),
                    "value": change.get("ParameterValue"),
                    "method": change.get("ApplyMethod"),
                },
                tags=_tags(group),
            )
        return group

    return {"modify_db_parameter_group": modify_db_parameter_group}
