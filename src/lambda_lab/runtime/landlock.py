"""The kernel's Landlock: a process, and all it will start, may change files in one folder only.

It needs no privilege and no namespace, holds for root as well, and cannot be taken off again.
Reading stays as it is. It knows no rule for the mode, the owner and the times of a file.

https://docs.kernel.org/userspace-api/landlock.html
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from collections.abc import Iterable

__all__ = ["restrict", "rights", "version", "works"]

# <linux/landlock.h>; system calls of this age have the same number on every kind of processor.
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
ASK_VERSION, PATH_BENEATH, PR_SET_NO_NEW_PRIVS = 1, 1, 38
WRITE_FILE, REFER, TRUNCATE = 1 << 1, 1 << 13, 1 << 14
REMOVE_AND_MAKE = 0x1FF0
"""Removing files and folders, and making every kind of them."""

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
    forbidden = rights(version())
    # The first form of the structure: newer kernels take the rest for zero.
    ruleset = _call(CREATE_RULESET, struct.pack("=Q", forbidden), ctypes.c_size_t(8), 0)
    try:
        for folder in folders:
            _allow(ruleset, folder, forbidden)
        for file in files:
            _allow(ruleset, file, forbidden & (WRITE_FILE | TRUNCATE))
        _libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        _call(RESTRICT_SELF, ruleset, 0)
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
