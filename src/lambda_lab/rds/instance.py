"""A database instance: its name on RDS, and the servers that it is."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from lambda_lab.rds.endpoints import Endpoint
from lambda_lab.rds.server import PostgresServer

__all__ = ["Instance"]


@dataclass(slots=True, eq=False)
class Instance:
    """A database instance and the server that it is.

    Parameters
    ----------
    identifier, region
        Its name on RDS, and where.
    resource_id
        ``DbiResourceId``, as in IAM policies for ``rds-db:connect``.
    endpoint
        Where it is reached.
    server
        The real server; whether it runs, ``server.alive`` tells.
    master_username
        The first user.
    iam
        Whether IAM authentication is on.
    status
        RDS's word for its state.
    multi_az
        Whether it is to have a standby.
    standby
        The server that takes over; ``None`` also while a new one is made.
    failovers
        How often one has.
    certificate
        What its endpoint proves itself with, in PEM; empty where it has no TLS.
    """

    identifier: str
    region: str
    resource_id: str
    endpoint: Endpoint
    server: PostgresServer
    master_username: str
    iam: bool = False
    status: str = "creating"
    multi_az: bool = False
    standby: PostgresServer | None = None
    failovers: int = 0
    certificate: str = ""
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)
