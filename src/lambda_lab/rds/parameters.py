"""What parameters PostgreSQL has, and whether a value will do: asked of its own program."""

from __future__ import annotations

import functools
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass

from lambda_lab.rds.binaries import Binaries

__all__ = ["HELD", "Parameter", "known_parameters", "refused"]

HELD: Mapping[str, str] = {
    "listen_addresses": "",
    "port": "",
    "unix_socket_directories": "",
    "data_directory": "",
    "hba_file": "",
    "ident_file": "",
    "external_pid_file": "",
    "fsync": "off",
    # What is acknowledged is with the kernel, so it outlives the server, and with the standby.
    "synchronous_commit": "on",
    "synchronous_standby_names": "",
    "primary_conninfo": "",
    "hot_standby": "",
    "full_page_writes": "off",
    "dynamic_shared_memory_type": "mmap",
    "shared_memory_type": "mmap",
    "shared_buffers": "16MB",
    "wal_sync_method": "",
    "logging_collector": "off",
    "log_destination": "stderr",
    "log_min_messages": "",
    "lc_messages": "C",
    "ssl": "off",
    "password_encryption": "scram-sha-256",
    "superuser_reserved_connections": "3",
    "archive_command": "",
    "archive_library": "",
    "restore_command": "",
}
"""Parameters that the lab holds, and what it holds them at; empty for the server's own default."""
_TYPES = {"BOOLEAN": "boolean", "INTEGER": "integer", "REAL": "float", "ENUM": "string"}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One server parameter.

    Parameters
    ----------
    name
        As in ``postgresql.conf``.
    context
        When it may change; ``postmaster`` is what RDS calls static.
    kind
        RDS's name of its type: boolean, integer, float or string.
    minimum, maximum
        Of numbers; empty otherwise.
    description
        One sentence of PostgreSQL's.
    """

    name: str
    context: str
    kind: str
    minimum: str
    maximum: str
    description: str

    @property
    def is_static(self) -> bool:
        """Whether a change needs a restart."""
        return self.context == "postmaster"

    @property
    def is_fixed(self) -> bool:
        """Whether it cannot be set at all."""
        return self.context == "internal"

    @property
    def allowed(self) -> str:
        """RDS's ``AllowedValues``."""
        if self.kind == "boolean":
            return "0,1"
        return f"{self.minimum}-{self.maximum}" if self.minimum else ""


@functools.cache
def known_parameters(binaries: Binaries) -> Mapping[str, Parameter]:
    """Return every parameter of a PostgreSQL, by name in small letters."""
    done = subprocess.run(
        [binaries.program("postgres"), "--describe-config"], capture_output=True, check=True
    )
    found = {}
    for line in done.stdout.decode(errors="replace").splitlines():
        name, context, _, kind, _, minimum, maximum, description, *_ = line.split("\t")
        found[name.lower()] = Parameter(
            name, context, _TYPES.get(kind, "string"), minimum, maximum, description
        )
    return found


def refused(binaries: Binaries, name: str, value: str) -> bool:
    """Whether PostgreSQL refuses *value* for the parameter *name*.

    Parameters
    ----------
    binaries
        Whose programs are asked: ``postgres -C`` starts no server and reads no file.
    name, value
        As in ``postgresql.conf``.
    """
    files = ("config_file", "hba_file", "ident_file")
    settings = [
        *(f"{one}=/dev/null" for one in files),
        "data_directory=/nonexistent",
        f"{name}={value}",
    ]
    arguments = [part for setting in settings for part in ("-c", setting)]
    done = subprocess.run(
        [binaries.program("postgres"), "-C", name, *arguments], capture_output=True, check=False
    )
    return done.returncode != 0
