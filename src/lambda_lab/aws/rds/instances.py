"""What happens when RDS is asked to make, stop, start, reboot or delete an instance."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from lambda_lab.aws.rds.checks import check_create, version_for
from lambda_lab.aws.rds.lifecycle import Lifecycle, Record, record_of, require_state
from lambda_lab.aws.rds.records import ENGINE, Plan
from lambda_lab.aws.rds.secrets import master_password
from lambda_lab.aws.services import services
from lambda_lab.errors import AwsError, SandboxError

__all__ = ["Instances"]

_RESOURCE_ID = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_STATE = "InvalidDBInstanceState"


@contextmanager
def _machine() -> Iterator[None]:
    """Turn what this machine cannot do into an answer that no client tries again."""
    try:
        yield
    except SandboxError as error:
        raise AwsError("SandboxException", str(error), status=501) from error


class Instances:
    """The operations of RDS on instances, around moto's own.

    Parameters
    ----------
    lifecycle
        States, clock and servers.
    """

    def __init__(self, lifecycle: Lifecycle) -> None:
        self._life = lifecycle
        self._servers = lifecycle.servers

    # -- making --------------------------------------------------------------------------------

    def create(self, original: Callable[..., Any], backend: Any, asked: Any) -> Any:
        """CreateDBInstance: make moto's record, then the server that it is."""
        if asked.get("engine") != ENGINE or asked.get("db_cluster_identifier"):
            return original(backend, asked)
        with self._life.lock:
            identifier = str(asked.get("db_instance_identifier") or "")
            check_create(asked, backend.region_name, backend.account_id, self._servers)
            version = version_for(asked.get("engine_version"), self._servers.version)
            wanted = dict(asked)
            wanted["engine_version"] = version
            database = original(backend, wanted)
            database.dbi_resource_id = _resource_id()
            try:
                self._bring_up(database, version)
            except BaseException:
                _forget(backend, identifier)
                raise
        return database

    def _bring_up(self, database: Any, version: str) -> None:
        parameters = self._life.wanted(database)
        plan = Plan(
            key=database.dbi_resource_id,
            identifier=database.db_instance_identifier,
            region=database.region,
            account=database.account_id,
            version=version,
            port=int(database.port),
            master_username=str(database.master_username),
            master_password=master_password(database),
            database=str(database.db_name or ""),
            iam=bool(database.enable_iam_database_authentication),
            multi_az=bool(database.multi_az),
            parameters=parameters,
        )
        with _machine():
            running = self._servers.create(plan)
        database.lab_record = Record(running, applied=parameters)
        backs_up = int(database.backup_retention_period or 0) > 0
        states = ("creating", "backing-up", "available") if backs_up else ("creating", "available")

        def made() -> None:
            self._life.tell(database, "created")
            if backs_up:
                self._life.tell(database, "backup-finished")

        self._life.enter(database, *states, then=made)

    # -- stopping, starting ----------------------------------------------------------------------

    def stop(self, original: Callable[..., Any], backend: Any, *asked: Any) -> Any:
        """StopDBInstance."""
        with self._life.lock:
            database = original(backend, *asked)  # refuses one that is not available
            if record_of(database) is not None:
                self._servers.stop(database.dbi_resource_id)
                self._life.pass_through(database, "stopped", "stopping", "stopped")
        return database

    def start(self, original: Callable[..., Any], backend: Any, *asked: Any) -> Any:
        """StartDBInstance."""
        with self._life.lock:
            database = original(backend, *asked)
            record = record_of(database)
            if record is not None and self._life.boot(database, record):
                self._life.pass_through(database, "started", "starting", "available")
        return database

    def reboot(self, backend: Any, identifier: str, fails_over: bool) -> Any:
        """RebootDBInstance: a real restart; it cuts every connection."""
        with self._life.lock:
            database = backend.describe_db_instances(identifier)[0]
            record = record_of(database)
            if record is None:
                return database
            require_state(database, "available", "incompatible-parameters")
            if fails_over:
                self._fail_over(database)
                return database
            self._servers.stop(database.dbi_resource_id)
            self._life.tell(database, "shutdown")
            if self._life.boot(database, record):
                self._life.pass_through(database, "restarted", "rebooting", "available")
        return database

    def _fail_over(self, database: Any) -> None:
        """Let the standby take over: the endpoint stays, every connection to it is cut."""
        if not database.multi_az:
            raise AwsError(  # confidence M
                "InvalidParameterCombination",
                "You cannot force a failover when rebooting: the DB instance "
                f"{database.db_instance_identifier} is not configured for Multi-AZ.",
            )
        self._life.tell(database, "failing-over")
        with _machine():
            self._servers.fail_over(database.dbi_resource_id)

        def done() -> None:
            self._life.tell(database, "restarted")
            self._life.tell(database, "failed-over")

        self._life.enter(database, "rebooting", "available", then=done)

    # -- deleting --------------------------------------------------------------------------------

    def delete(self, original: Callable[..., Any], backend: Any, **asked: Any) -> Any:
        """DeleteDBInstance: the server ends at once, the record when the state has passed."""
        identifier = asked["db_instance_identifier"]
        with self._life.lock:
            database = backend.databases.get(identifier)
            if database is None or record_of(database) is None:
                return original(backend, **asked)
            _check_deletion(database, asked)
            final = asked.get("final_db_snapshot_identifier")
            if final:
                backend.create_db_snapshot(identifier, final, snapshot_type="manual")
            self._servers.delete(database.dbi_resource_id)
            keeps = asked.get("delete_automated_backups") is False

            def end() -> None:
                original(
                    backend,
                    db_instance_identifier=database.db_instance_identifier,
                    skip_final_snapshot=True,
                    delete_automated_backups=not keeps,
                )
                self._life.tell(database, "deleted")

            self._life.enter(database, "deleting", "deleted", then=end)
        return database


def _check_deletion(database: Any, asked: Mapping[str, Any]) -> None:
    identifier = database.db_instance_identifier
    if database.status == "deleting":
        raise AwsError(_STATE, f"Instance {identifier} is already being deleted.")
    if database.deletion_protection:
        raise AwsError(
            "InvalidParameterCombination",
            "Cannot delete protected DB Instance, please disable deletion protection and try "
            "again.",
        )
    final, skips = asked.get("final_db_snapshot_identifier"), asked.get("skip_final_snapshot")
    if not final and not skips:
        raise AwsError(
            "InvalidParameterCombination",
            "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.",
        )
    if final and skips:
        raise AwsError(
            "InvalidParameterCombination",
            "FinalDBSnapshotIdentifier can not be specified when deleting with SkipFinalSnapshot.",
        )  # confidence L


def _resource_id() -> str:
    number = int(services().ids.hex(33), 16)
    letters = (_RESOURCE_ID[number >> (5 * place) & 31] for place in range(26))
    return f"db-{''.join(letters)}"


def _forget(backend: Any, identifier: str) -> None:
    """Take back what moto made of an instance that could not be started."""
    database = backend.databases.pop(identifier, None)
    if database is None:
        return
    if database.manage_master_user_password:
        database.master_user_secret.delete_secret()
    snapshots = backend.database_snapshots
    for name in [name for name, one in snapshots.items() if one.database is not None]:
        if snapshots[name].dbi_resource_id == database.dbi_resource_id or (
            snapshots[name].db_instance_identifier == identifier.lower()
            and snapshots[name].snapshot_type == "automated"
        ):
            del snapshots[name]
