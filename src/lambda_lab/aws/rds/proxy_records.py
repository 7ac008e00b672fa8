"""What RDS's proxies and the poolers behind them say to each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from lambda_lab.aws.rds.records import Running

__all__ = ["Poolers", "ProxyLogin", "ProxyPlan", "ProxyReading", "ProxyRules"]


@dataclass(frozen=True, slots=True)
class ProxyLogin:
    """What a secret of the proxy's ``Auth`` says of one database user.

    Parameters
    ----------
    user, password
        ``username`` and ``password`` of the secret.
    iam
        Whether the client must send an IAM token instead of the password.
    md5
        Whether ``ClientPasswordAuthType`` is ``POSTGRES_MD5``.
    """

    user: str
    password: str
    iam: bool = False
    md5: bool = False


@dataclass(frozen=True, slots=True)
class ProxyRules:
    """Settings that may change while a proxy runs, under AWS's names in Python's spelling."""

    require_tls: bool = False
    idle_client_timeout: float = 1800
    max_connections_percent: int = 100
    max_idle_connections_percent: int | None = None
    connection_borrow_timeout: float = 120
    init_query: str = ""


@dataclass(frozen=True, slots=True)
class ProxyPlan:
    """A proxy to run.

    Parameters
    ----------
    identifier, name
        The proxy's name, and the DNS name AWS would give its endpoint.
    find_login
        Finds a user's login; ``None`` if no secret has that user.
    region
        Tokens must be signed for it.
    secret_of
        Finds the secret of an access key, given its session token too, for checking signatures.
    may_connect
        Whether who has that access key may connect as a user.
    on_pinned
        Takes a line for the proxy's log each time a client is pinned.
    rules
        The settings.
    """

    identifier: str
    name: str
    find_login: Callable[[str], ProxyLogin | None]
    region: str
    secret_of: Callable[[str, str | None], str | None]
    may_connect: Callable[[str, str, str | None], bool]
    on_pinned: Callable[[str], None]
    rules: ProxyRules = field(default_factory=ProxyRules)


@dataclass(frozen=True, slots=True)
class ProxyReading:
    """Values to publish: of each endpoint, of the target, and how available the target was."""

    clients: Mapping[str, Mapping[str, float]]
    database: Mapping[str, float]
    availability: float


class Poolers(Protocol):
    """What runs proxies."""

    def create(self, plan: ProxyPlan) -> Running:
        """Start a proxy; it has no target yet."""

    def change(self, identifier: str, rules: ProxyRules) -> None:
        """Give a proxy other settings."""

    def aim(self, identifier: str, instance: str | None) -> None:
        """Put a database instance behind a proxy, or none."""

    def look_again(self, instance: str) -> None:
        """Say that something happened to an instance: proxies look for its writer now."""

    def open_endpoint(self, identifier: str, endpoint: str, name: str) -> Running:
        """Let a proxy listen at one more address."""

    def close_endpoint(self, identifier: str, endpoint: str) -> None:
        """Let it listen there no more."""

    def reaches(self, identifier: str) -> bool:
        """Whether the target's server runs."""

    def read(self, identifier: str) -> ProxyReading | None:
        """Return the values since the last reading; ``None`` if there is no such proxy."""

    def delete(self, identifier: str) -> None:
        """End a proxy."""

    def clear(self) -> Any:
        """End every proxy."""
