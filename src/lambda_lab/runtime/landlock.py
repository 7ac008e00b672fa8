"""The kernel's Landlock: walls that a process puts around itself and all it will start.

:func:`restrict` lets them change files in one folder only. Reading stays as it is; there is no
rule for the mode, the owner and the times of a file. Behind either wall, :func:`separate`'s as
well, a process can send signals to, trace, and read the memory of nobody outside.

It needs no privilege and no namespace, holds for root as well, and cannot be taken off again.

https://docs.kernel.org/userspace-api/landlock.html
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import struct
import sys
from collections.abc import Iterable

__all__ = ["SIGNALS_FROM", "restrict", "rights", "separate", "version", "works"]

# <linux/landlock.h>; system calls of this age have the same number on every kind of processor.
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
ASK_VERSION, PATH_BENEATH, PR_SET_NO_NEW_PRIVS = 1, 1, 38
WRITE_FILE, REFER, TRUNCATE = 1 << 1, 1 << 13, 1 << 14
REMOVE_AND_MAKE = 0x1FF0
"""Removing files and folders, and making every kind of them."""
SCOPE_SIGNAL = 1 << 1
SIGNALS_FROM = 6
"""The first version that keeps signals in (Linux 6.12)."""

_libc = ctypes.CDLL(None, use_errno=True)


def version() -> int:
    """Return the kernel's version of Landlock; 0 where there is none."""
    if sys.platform != "linux":
        return 0
    known: int = _libc.syscall(CREATE_RULESET, None, ctypes.c_size_t(0), ASK_VERSION)
    return max(known, 0)


def rights(known: int) -> int:
    """Return what version *known* can forbid of all that changes files.

    Examples
    --------
    >>> hex(rights(1)), hex(rights(3))
    ('0x1ff2', '0x7ff2')
    """
    newer = (REFER if known >= 2 else 0) | (TRUNCATE if known >= 3 else 0)
    return WRITE_FILE | REMOVE_AND_MAKE | newer


def restrict(folders: Iterable[str], files: Iterable[str] = ()) -> None:
    """Let this process change nothing but what lies in *folders*, and write to *files*.

    Raises
    ------
    OSError
        If the kernel refuses: it is too old, or a container forbids it.
    """
    known = version()
    forbidden = rights(known)
    ruleset = _ruleset(forbidden, known)
    try:
        for folder in folders:
            _allow(ruleset, folder, forbidden)
        for file in files:
            _allow(ruleset, file, forbidden & (WRITE_FILE | TRUNCATE))
        _enforce(ruleset)
    finally:
        os.close(ruleset)


def separate() -> None:
    """Keep this process's hands off all others, but for those it will start; files stay open to it.

    Processes of one user may signal each other, and those of one user namespace read each other's
    memory, and by ``/proc/<pid>/root`` each other's files. On AWS every environment is a machine
    of its own. Older kernels than Linux 6.12 cannot do it without a wall around files, too, and
    then nothing is done: behind that wall no snapshot could be copied, as it forbids mounts.
    """
    known = version()
    if known < SIGNALS_FROM:
        return
    with contextlib.suppress(OSError):  # a container that forbids it has walls of its own
        ruleset = _ruleset(0, known)
        try:
            _enforce(ruleset)
        finally:
            os.close(ruleset)


def works(folder: str) -> bool:
    """Try it in a child, which ends at once."""
    if not version():
        return False
    child = os.fork()
    if child == 0:
        try:
            restrict([folder])
        except OSError:
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return status == 0


def _ruleset(forbidden: int, known: int) -> int:
    # Changes of files, connections, and what the processes may do to others outside. A kernel that
    # knows less of the structure takes a shorter one.
    said = struct.pack("=3Q", forbidden, 0, SCOPE_SIGNAL)
    size = len(said) if known >= SIGNALS_FROM else len(struct.pack("=Q", forbidden))
    return _call(CREATE_RULESET, said, ctypes.c_size_t(size), 0)


def _enforce(ruleset: int) -> None:
    _libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _call(RESTRICT_SELF, ruleset, 0)


def _allow(ruleset: int, path: str, access: int) -> None:
    place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        _call(ADD_RULE, ruleset, PATH_BENEATH, struct.pack("=Qi", access, place), 0)
    finally:
        os.close(place)


def _call(number: int, *arguments: object) -> int:
    result: int = _libc.syscall(number, *arguments)
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"Landlock: {os.strerror(code)}")
    return result
