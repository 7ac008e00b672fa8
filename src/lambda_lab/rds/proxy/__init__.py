"""The data plane of RDS Proxy: a pooler for PostgreSQL that does what AWS's does.

Where to begin reading: :mod:`.session` is a client and :mod:`.connection` a database connection;
between the two, :mod:`.pool` lends connections to clients, and :mod:`.pinning` says when one cannot
be lent again. :mod:`.login` lets clients in, :mod:`.opening` logs in to the database, both with
:mod:`.scram`. :mod:`.requests` and :mod:`.statements` make prepared statements work on whichever
connection comes next. :mod:`.server` is all of it together.

Reads SQL only to find what pins; never changes it, but for the name in a ``DEALLOCATE``.
"""

from lambda_lab.rds.proxy.client import SessionView
from lambda_lab.rds.proxy.desk import Pinned
from lambda_lab.rds.proxy.metrics import Readings, Snapshot, Stall
from lambda_lab.rds.proxy.server import DEFAULT_ENDPOINT, ProxyServer
from lambda_lab.rds.proxy.settings import Address, Login, ProxySettings, Target

__all__ = [
    "DEFAULT_ENDPOINT",
    "Address",
    "Login",
    "Pinned",
    "ProxyServer",
    "ProxySettings",
    "Readings",
    "SessionView",
    "Snapshot",
    "Stall",
    "Target",
]
