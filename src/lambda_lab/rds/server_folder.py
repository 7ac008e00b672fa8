"""The folder of one server: whose it is, and what becomes of one that nobody is left to remove.

Owner and keeper each remove it when the other is gone. If both are killed in one moment, nobody is
left, and the next server that is made anywhere on the machine removes it. The two hold a lock on
the folder, and the kernel lets go of a lock when the last process that has it open ends: so nobody
need guess from a number whether a process still runs, which in a container it could not.

https://man7.org/linux/man-pages/man2/flock.2.html
"""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from lambda_lab.clock import SECOND, wall_time_ns

__all__ = ["AGE_SECONDS", "hold", "make_folder", "sweep"]

_PREFIX = "lambda-lab-pg-"
AGE_SECONDS = 60
"""A younger folder may be one that is being made, and not held yet."""


def make_folder() -> Path:
    """Make a folder for a server, and remove those that nobody is left to remove.

    Raises
    ------
    OSError
        If there is no place for it.
    """
    sweep()
    return Path(tempfile.mkdtemp(prefix=_PREFIX))


def hold(folder: Path) -> int | None:
    """Hold *folder* until the file descriptor is closed here and wherever it was handed on.

    Returns
    -------
    int or None
        The file descriptor; ``None`` where the file system knows no locks.
    """
    import fcntl

    number = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(number, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        os.close(number)
        return None
    return number


def sweep() -> None:
    """Remove the folders of this user whose owner and keeper were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError):  # another user's, or gone meanwhile
            if _is_old(folder) and not _has_server(folder):
                _remove_unless_held(folder)


def _is_old(folder: Path) -> bool:
    found = folder.lstat()
    age_ns = wall_time_ns() - found.st_mtime_ns
    mine = found.st_uid == os.geteuid()
    return mine and folder.is_dir() and not folder.is_symlink() and age_ns > AGE_SECONDS * SECOND


def _has_server(folder: Path) -> bool:
    """Whether a server still works on it: elsewhere than on Linux it outlives its keeper."""
    try:
        pid = int((folder / "data" / "postmaster.pid").read_text("ascii").split()[0])
        os.kill(pid, 0)
    except (OSError, ValueError, IndexError):
        return False
    return True


def _remove_unless_held(folder: Path) -> None:
    import fcntl

    number = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(number)
