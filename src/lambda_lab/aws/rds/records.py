"""What the seam and the servers behind it say to each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

__all__ = [
    "ENGINE",
    "InstanceServers",
    "LifecycleEvent",
    "Listener",
    "ParameterInfo",
    "Plan",
    "Running",
]

ENGINE = "postgres"
"""The engine that really runs; of others there is the control plane only."""


@dataclass(frozen=True, slots=True)
class Plan:
    """An instance to make a server for.

    Parameters
    ----------
    key
        ``DbiResourceId``: stays when the instance is renamed.
    identifier, region, account
        Of the instance.
    version
        The version to run, as :meth:`InstanceServers.version` gave it.
    port
        The port that was asked for.
    master_username, master_password
        The first user.
    database
        A database to make; empty for none.
    iam
        Whether IAM authentication is on.
    multi_az
        Whether it has a standby.
    parameters
        Server parameters, formulas already worked out.
    """

    key: str
    identifier: str
    region: str
    account: str
    version: str
    port: int
    master_username: str
    master_password: str
    database: str
    iam: bool
    parameters: Mapping[str, str]
    multi_az: bool = False


@dataclass(frozen=True, slots=True)
class Running:
    """Where a server listens."""

    address: str
    port: int


class ParameterInfo(Protocol):
    """What the seam asks of a server parameter."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def kind(self) -> str:
        """RDS's data type."""

    @property
    def description(self) -> str:
        """One sentence."""

    @property
    def allowed(self) -> str:
        """RDS's allowed values."""

    @property
    def is_static(self) -> bool:
        """Whether a change needs a reboot."""

    @property
    def is_fixed(self) -> bool:
        """Whether it cannot be set."""


@dataclass(frozen=True, slots=True)
class LifecycleEvent:
    """Something that really happened to an instance.

    Parameters
    ----------
    region, identifier
        Of the instance.
    what
        ``created``, ``deleting``, ``deleted``, ``stopping``, ``stopped``, ``starting``,
        ``started``, ``shutdown``, ``restarted``, ``recovered``, ``backup-started``,
        ``backup-finished``, ``password-reset``, ``parameter-group``, ``class-changing``,
        ``class-changed``, ``storage-changing``, ``storage-changed``, ``renamed``,
        ``multi-az-changing``, ``multi-az-changed``, ``single-az-changing``, ``single-az-changed``,
        ``failing-over``, ``failed-over``.
    at_ns
        The region's time.
    details
        More: ``{"group": name}``, ``{"from": old}``.
    """

    region: str
    identifier: str
    what: str
    at_ns: int
    details: Mapping[str, Any] = field(default_factory=dict)


Listener = Callable[[LifecycleEvent], None]


class InstanceServers(Protocol):
    """Runs the servers of instances. Each method may take a second; none waits for the clock.

    All raise :class:`~lambda_lab.errors.SandboxError` for what this machine cannot do.
    """

    def version(self, asked: str) -> str:
        """Return the version that would run; empty *asked* takes the best."""

    def versions(self) -> Sequence[str]:
        """Return the versions that this machine can run, best first."""

    def classes(self) -> Sequence[str]:
        """Return the names of the instance classes."""

    def connections(self) -> Mapping[tuple[str, str], int]:
        """Return how many clients each instance has, by region and identifier."""

    def listen(self, listener: Listener) -> None:
        """Call *listener* with everything that happens to instances."""

    def create(self, plan: Plan) -> Running:
        """Make and start a server."""

    def start(self, key: str, parameters: Mapping[str, str]) -> None:
        """Start a stopped server."""

    def stop(self, key: str) -> None:
        """Stop a server; its connections are cut."""

    def reload(self, key: str, parameters: Mapping[str, str]) -> None:
        """Give a running server other parameters, as far as they need no restart."""

    def move(self, key: str, identifier: str, port: int) -> Running:
        """Rename an instance, or let its stopped server listen on another port."""

    def set_password(self, key: str, password: str) -> None:
        """Give the master user another password."""

    def note(self, key: str, *, status: str | None = None, iam: bool | None = None) -> None:
        """Keep what others ask of an instance."""

    def protect(self, key: str, wanted: bool) -> None:
        """Give an instance a standby, or take it away."""

    def fail_over(self, key: str) -> None:
        """Put the standby in the place of the server, at the same address."""

    def failovers(self, key: str) -> int:
        """Return how often a standby has taken over."""

    def delete(self, key: str) -> None:
        """End a server and remove its data."""

    def clear(self) -> None:
        """End every server."""

    def tell(self, event: LifecycleEvent) -> None:
        """Hand an event on to whoever listens."""

    def parameters(self, version: str) -> Mapping[str, ParameterInfo]:
        """Return the server parameters of a version, by name in small letters."""

    def accepts(self, version: str, name: str, value: str) -> bool:
        """Whether a server of a version takes *value* for a parameter."""

    def system_values(self) -> Mapping[str, str]:
        """Return the values that default parameter groups have, as far as they are of RDS's own."""

    def held(self) -> Mapping[str, str]:
        """Return the parameters that readers cannot set here."""

    def memory(self, instance_class: str) -> int | None:
        """Return the memory of an instance class in bytes, or ``None``."""

    def value(self, text: str, variables: Mapping[str, int]) -> str:
        """Return a parameter's value, worked out if it is a formula. Raises ValueError."""
