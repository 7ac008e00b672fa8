"""ModifyDBInstance: what takes effect at once, and what waits for the maintenance window.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ModifyInstance.Settings.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from lambda_lab.aws.rds.checks import check_modify
from lambda_lab.aws.rds.lifecycle import Lifecycle, Record, record_of, require_state
from lambda_lab.aws.rds.secrets import master_password
from lambda_lab.clock import SECOND
from lambda_lab.errors import AwsError, NotModelledError, SandboxError

__all__ = ["Changes", "next_window"]

_WAITING = ("db_instance_class", "allocated_storage", "storage_type", "iops", "multi_az")
"""Changes that wait for the maintenance window unless they are to be applied immediately."""
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Changes:
    """Changes instances.

    Parameters
    ----------
    lifecycle
        States, clock and servers.
    """

    def __init__(self, lifecycle: Lifecycle) -> None:
        self._life = lifecycle
        self._servers = lifecycle.servers

    def modify(
        self, original: Callable[..., Any], backend: Any, identifier: str, asked: Any
    ) -> Any:
        """ModifyDBInstance: what is wanted now, now; what waits, in the maintenance window."""
        with self._life.lock:
            database = backend.describe_db_instances(identifier)[0]
            record = record_of(database)
            if record is None:
                return original(backend, identifier, asked)
            check_modify(asked, backend.region_name, backend.account_id, self._servers)
            require_state(database, "available", "stopped", "incompatible-parameters")
            wanted = dict(asked)
            self._refuse_unmade(database, wanted)
            wanted.pop("engine_version", None)  # the newest minor version runs already
            now = bool(wanted.pop("apply_immediately", None))
            waiting = {name: wanted.pop(name) for name in _WAITING if wanted.get(name) is not None}
            name = wanted.pop("new_db_instance_identifier", None)
            group = database.db_parameter_group_name
            if wanted.get("rotate_master_user_password"):
                wanted["apply_immediately"] = now  # moto asks for it
            database = original(backend, identifier, wanted)
            self._after(database, record, wanted, group)
            changed = {
                key: value for key, value in waiting.items() if getattr(database, key) != value
            }
            if now:
                self._rename(backend, database, name)
                self._apply(database, record, changed)
            else:
                record.pending |= changed | ({"db_instance_identifier": name} if name else {})
                self._await_window(database, record)
        return database

    def _refuse_unmade(self, database: Any, wanted: Mapping[str, Any]) -> None:
        version = wanted.get("engine_version")
        if version and version.partition(".")[0] != database.engine_version.partition(".")[0]:
            raise NotModelledError("An upgrade to another major version of PostgreSQL")
        size = wanted.get("allocated_storage")
        if size is not None and int(size) < int(database.allocated_storage):
            raise AwsError(
                "InvalidParameterCombination",
                "Invalid storage size for engine name postgres: storage cannot be made smaller",
            )  # confidence L

    def _after(self, database: Any, record: Record, wanted: Mapping[str, Any], group: Any) -> None:
        """Let the server have what moto has taken over."""
        key = database.dbi_resource_id
        password = wanted.get("master_user_password")
        if wanted.get("manage_master_user_password") or wanted.get("rotate_master_user_password"):
            password = master_password(database)
        if password is not None and database.status == "available":
            self._servers.set_password(key, str(password))
            self._life.tell(database, "password-reset")
        iam = wanted.get("enable_iam_database_authentication")
        if iam is not None:
            self._servers.note(key, iam=bool(iam))
        if database.db_parameter_group_name != group:
            record.needs_reboot = True
        port = wanted.get("db_port_number")
        if port is not None and int(port) != int(database.port):
            self._move(database, record, int(port))

    def _move(self, database: Any, record: Record, port: int) -> None:
        """Let an instance listen on another port: RDS restarts it whatever is said of when."""
        key, identifier = database.dbi_resource_id, database.db_instance_identifier
        runs = database.status == "available"
        self._servers.stop(key)
        database.port = port
        record.running = self._servers.move(key, identifier, port)
        if runs and self._life.boot(database, record):
            self._life.pass_through(database, "restarted", "modifying", "available")

    def _rename(self, backend: Any, database: Any, name: str | None) -> None:
        if not name or name.lower() == database.db_instance_identifier:
            return
        if name in backend.databases:
            raise AwsError("DBInstanceAlreadyExists", "DB instance already exists")
        old = database.db_instance_identifier
        del backend.databases[old]
        database.db_instance_identifier = name
        backend.databases[name] = database
        port = record_of(database).running.port  # type: ignore[union-attr]
        self._servers.move(database.dbi_resource_id, name.lower(), port)
        self._life.tell(database, "renamed", **{"from": old})

    def _apply(self, database: Any, record: Record, changed: Mapping[str, Any]) -> None:
        """Make changes that were asked for; another class means other memory, and a restart."""
        for name, value in changed.items():
            setattr(database, name, value)
        if "allocated_storage" in changed:
            database.max_allocated_storage = max(
                int(database.allocated_storage), int(database.max_allocated_storage or 0)
            )
            self._life.tell(database, "storage-changed")
        converted = self._convert(database, changed.get("multi_az"))
        if "db_instance_class" in changed and database.status == "available":
            self._life.tell(database, "class-changing")
            self._servers.stop(database.dbi_resource_id)
            if self._life.boot(database, record):
                then = self._saying(database, "class-changed", *converted)
                self._life.enter(database, "modifying", "available", then=then)
        elif changed and database.status == "available":
            then = self._saying(database, *converted)
            self._life.enter(database, "modifying", "available", then=then)
        else:
            self._saying(database, *converted)()

    def _saying(self, database: Any, *steps: str) -> Callable[[], None]:
        def say() -> None:
            for step in steps:
                self._life.tell(database, step)

        return say

    def _convert(self, database: Any, wanted: bool | None) -> tuple[str, ...]:
        """Give an instance a standby or take it away; what is told when that is over."""
        if wanted is None:
            return ()
        word = "multi-az" if wanted else "single-az"
        self._life.tell(database, f"{word}-changing")
        try:
            self._servers.protect(database.dbi_resource_id, wanted)
        except SandboxError as error:
            database.multi_az = not wanted
            raise AwsError("SandboxException", str(error), status=501) from error
        return (f"{word}-changed",)

    def _await_window(self, database: Any, record: Record) -> None:
        if record.pending:
            at = next_window(str(database.preferred_maintenance_window), self._life.clock.now())
            due_ns = round(at.timestamp()) * SECOND
            self._life.clock.call_at(due_ns, lambda: self.apply_pending(database))

    def apply_pending(self, database: Any) -> None:
        """Make the changes that wait, as in the maintenance window."""
        with self._life.lock:
            record = record_of(database)
            if record is not None and record.pending and self._life.is_kept(database):
                changes, record.pending = record.pending, {}
                name = changes.pop("db_instance_identifier", None)
                self._rename(database.backend, database, name)
                self._apply(database, record, changes)


def next_window(window: str, now: datetime) -> datetime:
    """Return when a maintenance window begins next.

    Parameters
    ----------
    window
        As RDS writes it, in UTC.
    now
        The region's time.

    Examples
    --------
    >>> from datetime import UTC
    >>> next_window("wed:06:38-wed:07:08", datetime(2026, 11, 21, 10, tzinfo=UTC)).isoformat()
    '2026-11-25T06:38:00+00:00'
    """
    day, hour, minute = window.partition("-")[0].split(":")
    ahead = (_DAYS.index(day) - now.weekday()) % 7
    begin = now.replace(hour=int(hour), minute=int(minute), second=0, microsecond=0)
    begin += timedelta(days=ahead)
    return begin if begin > now else begin + timedelta(days=7)
