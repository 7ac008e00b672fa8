"""The roles of a new RDS instance."""

from __future__ import annotations

from lambda_lab.aws.rds.records import Plan
from lambda_lab.rds.server import PostgresServer

__all__ = ["give_password", "make_users"]

_CHECKPOINT_SINCE = 15
"""The version of PostgreSQL that has ``pg_checkpoint``."""


def make_users(server: PostgresServer, plan: Plan) -> None:
    """Make RDS's roles, and the master user as AWS makes it: mighty, but no superuser.

    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.PostgreSQL.CommonDBATasks.Roles.html
    """
    user = _name(plan.master_username)
    server.sql(
        "CREATE ROLE rds_superuser NOLOGIN",
        "CREATE ROLE rds_iam NOLOGIN",
        "CREATE ROLE rds_password NOLOGIN",
        "CREATE ROLE rds_replication NOLOGIN",
        "GRANT pg_monitor, pg_signal_backend, pg_checkpoint TO rds_superuser WITH ADMIN OPTION"
        if server.binaries.major >= _CHECKPOINT_SINCE
        else "GRANT pg_monitor, pg_signal_backend TO rds_superuser WITH ADMIN OPTION",
        "GRANT rds_iam, rds_password, rds_replication TO rds_superuser WITH ADMIN OPTION",
        f"CREATE ROLE {user} LOGIN CREATEDB CREATEROLE PASSWORD {_text(plan.master_password)}",
        f"GRANT rds_superuser TO {user}",
        f"ALTER DATABASE postgres OWNER TO {user}",
        *([f"CREATE DATABASE {_name(plan.database)} OWNER {user}"] if plan.database else []),
        "CREATE DATABASE rdsadmin",
        "REVOKE ALL ON DATABASE rdsadmin FROM PUBLIC",
    )


def give_password(server: PostgresServer, user: str, password: str) -> None:
    """Give a role another password; what is connected stays connected."""
    server.sql(f"ALTER ROLE {_name(user)} PASSWORD {_text(password)}")


def _name(text: str) -> str:
    """Return *text* as an SQL name."""
    escaped = text.replace('"', '""')
    return f'"{escaped}"'


def _text(text: str) -> str:
    """Return *text* as an SQL string."""
    escaped = text.replace("'", "''")
    return f"'{escaped}'" if "\\" not in text else "E'" + escaped.replace("\\", "\\\\") + "'"
