"""Whether databases can run on this machine, and what to do where they cannot.

Asked before a lab begins, and by ``lambda-lab doctor``: a reader hears of a missing package in the
first cell, not in the middle of the lab.
"""

from __future__ import annotations

import importlib.util
import shutil
import socket
import sys
import tempfile

from lambda_lab.errors import SandboxError
from lambda_lab.rds.binaries import Binaries, find_binaries

__all__ = ["EXTENSIONS_SINCE", "PORT", "SPACE_MB", "check_ready", "try_out"]

SPACE_MB = 128
"""What a database and its standby take, with room for a lab's rows."""
EXTENSIONS_SINCE = 18
"""The first PostgreSQL that looks for extensions elsewhere than in its own folder
(``extension_control_path``). Older ones find no ``aws_lambda``, and say so."""
PORT = 5432
"""RDS's port for PostgreSQL, and the one that the labs' functions connect to."""
_INSTALL = "Install it with: pip install 'lambda-lab[rds]'."


def check_ready() -> Binaries:
    """Return the PostgreSQL that would run, without starting it.

    Raises
    ------
    SandboxError
        If something is missing: the programs, the driver, the system, the space, the port.
    """
    if sys.platform == "win32":
        raise SandboxError("Databases do not run on Windows itself. Use WSL 2.")
    binaries = find_binaries()
    if importlib.util.find_spec("pg8000") is None:
        raise SandboxError(f"The driver pg8000 is not installed. {_INSTALL}")
    try:
        folder = tempfile.gettempdir()
        free_mb = shutil.disk_usage(folder).free >> 20
    except OSError as error:
        raise SandboxError(
            f"There is no folder for a database's files: {error}. Name one in TMPDIR."
        ) from error
    if free_mb < SPACE_MB:
        raise SandboxError(
            f"{folder} has {free_mb} MB left, and a database wants {SPACE_MB}. Free some space "
            "there, or name another folder in TMPDIR."
        )
    if not _has_port():
        raise SandboxError(
            f"Somebody listens on port {PORT} already, at every address of this machine that a "
            "database of the lab could have. Stop that program for the lab; or, if it is a "
            "PostgreSQL of yours, let it listen on localhost only: listen_addresses = 'localhost'."
            if sys.platform == "linux"
            else f"Somebody listens on port {PORT} already. Stop that program for the lab."
        )
    return binaries


def _has_port() -> bool:
    """Whether a database could listen at RDS's port; on Linux at an address of its own."""
    address = "127.83.255.253" if sys.platform == "linux" else "127.0.0.1"
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            # Not to listen as well: two labs that begin at once must not refuse each other.
            probe.bind((address, PORT))
        except OSError:
            return False
    return True


def try_out() -> str:
    """Start a database, ask it something, and end it.

    Returns
    -------
    str
        What is weaker than it could be on this machine, and how to mend it; often nothing.

    Raises
    ------
    SandboxError
        If databases cannot run here; the text says what to do.
    """
    from lambda_lab.rds.kept import way_to_run
    from lambda_lab.rds.server import PostgresServer

    binaries = check_ready()
    with PostgresServer.create(binaries=binaries) as server:
        server.sql("SELECT 1")
    if binaries.major < EXTENSIONS_SINCE:
        return (
            f"PostgreSQL {binaries.major} knows no folder for extensions, so there is no "
            f"aws_lambda: pip install 'lambda-lab[rds]' brings {EXTENSIONS_SINCE}."
        )
    if way_to_run() == "setuid":
        return (
            "PostgreSQL does not run as root, and user namespaces are refused: each database "
            "runs as nobody, if need be with a copy of the programs. Work as another user, or "
            "allow user namespaces."
        )
    return ""
