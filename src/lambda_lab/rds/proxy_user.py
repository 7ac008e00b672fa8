"""The role that RDS Proxy makes in the database behind it.

AWS says that a proxy makes the user ``rdsproxyadmin``, and that deleting it breaks the proxy (fact
sheets, part 2, 6.2). How it breaks is not said. Here the target cannot be reached any more, and
clients wait in vain (confidence L), until the target is registered anew.
"""

from __future__ import annotations

from lambda_lab.rds.server import PostgresServer

__all__ = ["PROXY_USER", "has_proxy_user", "make_proxy_user"]

PROXY_USER = "rdsproxyadmin"
_OPTIONS_SINCE = 16
"""The version of PostgreSQL from which on only those with its admin option may drop a role."""


def has_proxy_user(server: PostgresServer) -> bool:
    """Whether the role is there."""
    return bool(server.sql(f"SELECT 1 FROM pg_roles WHERE rolname = '{PROXY_USER}'"))


def make_proxy_user(server: PostgresServer, master: str) -> None:
    """Make the role, if it is not there; nobody can log in as it.

    Parameters
    ----------
    server
        Of the instance.
    master
        Its master user, who may delete the role, as on AWS.
    """
    if has_proxy_user(server):
        return
    name = master.replace('"', '""')
    options = "ADMIN TRUE, INHERIT FALSE, SET FALSE"
    granted = f'GRANT {PROXY_USER} TO "{name}" WITH {options}'
    server.sql(
        f"CREATE ROLE {PROXY_USER} LOGIN",
        *([granted] if server.binaries.major >= _OPTIONS_SINCE else []),
    )
