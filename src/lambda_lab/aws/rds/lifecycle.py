"""The states of instances, on the clock.

What an instance does, it does at once: a server starts in half a second. Only the word for its
state waits, as functions wait in ``Pending``: docs/decisions/0057-what-the-clock-does-to-states.md.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from lambda_lab.aws.rds.records import InstanceServers, LifecycleEvent, Running
from lambda_lab.clock import Clock
from lambda_lab.errors import AwsError, LabError

__all__ = ["STATE_SECONDS", "Lifecycle", "Record", "record_of", "require_state"]

STATE_SECONDS = 0.3
"""How long a state such as ``creating`` lasts. AWS publishes no time; minutes are usual there."""
_GIB = 1 << 30


@dataclass(slots=True, eq=False)
class Record:
    """What the seam keeps with moto's record of an instance."""

    running: Running
    is_told: bool = False
    """Whether ``Describe`` tells the endpoint: not while the instance is made."""
    applied: Mapping[str, str] = field(default_factory=dict)
    """The parameters the server has now."""
    needs_reboot: bool = False
    """Whether another parameter group waits for a reboot."""
    pending: dict[str, Any] = field(default_factory=dict)
    """Changes that wait for the maintenance window, by moto's attribute names."""
    problem: str = ""
    """Why it cannot run."""
    turn: int = 0
    """Counts states, so that one that is overtaken does not come back."""


def record_of(database: Any) -> Record | None:
    """Return the seam's record of moto's *database*; ``None`` where no server is behind it."""
    record: Record | None = vars(database).get("lab_record")
    return record


class Lifecycle:
    """Takes instances from state to state.

    Parameters
    ----------
    servers, clock
        What runs them, and when states end.
    """

    def __init__(self, servers: InstanceServers, clock: Clock) -> None:
        self.servers = servers
        self.clock = clock
        self.lock = threading.RLock()
        """Held while an instance changes."""

    def enter(self, database: Any, *states: str, then: Callable[[], None] | None = None) -> None:
        """Put an instance in the first of *states*, and in each next one after a while.

        *then* is called when the last one is reached.
        """
        record = record_of(database)
        assert record is not None
        record.turn += 1
        self._step(database, record.turn, states, then)

    def _step(
        self,
        database: Any,
        turn: int,
        states: tuple[str, ...],
        then: Callable[[], None] | None,
    ) -> None:
        with self.lock:
            record = record_of(database)
            if record is None or record.turn != turn or not self.is_kept(database):
                return
            state, *more = states
            database.status = state
            record.is_told = record.is_told or state == "available"
            self.servers.note(database.dbi_resource_id, status=state)
            if more:
                step = partial(self._step, database, turn, tuple(more), then)
                self.clock.call_later(STATE_SECONDS, step)
        if state == "backing-up":
            self.tell(database, "backup-started")
        elif not more and then is not None:
            then()

    @staticmethod
    def is_kept(database: Any) -> bool:
        """Whether moto still has the instance; a reset takes it away."""
        return database.backend.databases.get(database.db_instance_identifier) is database

    def tell(self, database: Any, what: str, **details: Any) -> None:
        """Say what happened to an instance."""
        self.servers.tell(
            LifecycleEvent(
                database.region,
                database.db_instance_identifier,
                what,
                self.clock.now_ns(),
                details,
            )
        )

    # -- starting ------------------------------------------------------------------------------

    def boot(self, database: Any, record: Record) -> bool:
        """Start a server with what class and group ask for; whether it came up."""
        parameters = self.wanted(database)
        try:
            self.servers.start(database.dbi_resource_id, parameters)
        except LabError as error:
            record.problem = str(error)
            self.enter(database, "incompatible-parameters")
            return False
        record.applied, record.needs_reboot, record.problem = parameters, False, ""
        return True

    def pass_through(self, database: Any, what: str, *states: str) -> None:
        """Take an instance through states, and say *what* happened when the last is reached."""
        self.enter(database, *states, then=lambda: self.tell(database, what))

    # -- parameters ----------------------------------------------------------------------------

    def wanted(self, database: Any) -> dict[str, str]:
        """Return the server parameters that class and parameter group ask for."""
        variables = {
            "DBInstanceClassMemory": self.servers.memory(database.db_instance_class) or 0,
            "AllocatedStorage": int(database.allocated_storage or 0) * _GIB,
            "EndPointPort": int(database.port or 0),
        }
        texts = dict(self.servers.system_values())
        for group in database.db_parameter_groups():
            for name, given in group.parameters.items():
                if given.get("ParameterValue") is not None:
                    texts[name.lower()] = str(given["ParameterValue"])
        return {name: self.servers.value(text, variables) for name, text in texts.items()}

    def group_status(self, database: Any) -> str:
        """Return ``ParameterApplyStatus`` of the instance's parameter group."""
        record = record_of(database)
        if record is None:
            return "in-sync"
        waits = record.needs_reboot or self.wanted(database) != record.applied
        return "pending-reboot" if waits else "in-sync"


def require_state(database: Any, *states: str) -> None:
    """Refuse an operation on an instance that is in none of *states*."""
    if database.status not in states:
        # The words of RDS for most operations: confidence M.
        raise AwsError(
            "InvalidDBInstanceState",
            f"Database instance is not in {states[0]} state.",
        )
