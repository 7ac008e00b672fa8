"""Mounts, by the C library alone: what a private root file system is put together from.

https://man7.org/linux/man-pages/man2/mount.2.html and mount_setattr.2.html
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterator

__all__ = ["bind", "check", "mount", "mount_tmp", "mounts_within", "read_only"]

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 32, 4096, 16384, 1 << 18
# <linux/mount.h>, <linux/fcntl.h>; system calls of this age have the same number everywhere.
MOUNT_SETATTR, MOUNT_ATTR_RDONLY, AT_FDCWD, AT_RECURSIVE = 442, 1, -100, 0x8000
MOUNT_POINT = 4
"""Which field of a line of ``/proc/self/mountinfo`` that is."""

_libc = ctypes.CDLL(None, use_errno=True)


def check(result: int, what: str) -> None:
    """Raise ``OSError`` if a call of the C library failed."""
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")


def mount(source: str | None, target: str, kind: str | None, flags: int, data: str = "") -> None:
    """Call ``mount(2)``; raises ``OSError`` if the kernel refuses."""
    check(
        _libc.mount(
            source.encode() if source else None,
            target.encode(),
            kind.encode() if kind else None,
            ctypes.c_ulong(flags),
            data.encode() if data else None,
        ),
        f"mount {target}",
    )


def mount_tmp(size_mb: int) -> None:
    """Mount an empty ``/tmp`` of *size_mb* MiB."""
    mount("tmp", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, f"size={size_mb}m,mode=0777")


def bind(source: str, target: str, *, writable: bool = False) -> None:
    """Show *source*, and all that is mounted below it, at *target*."""
    mount(source, target, None, MS_BIND | MS_REC)
    if not writable:
        read_only(target)


def read_only(path: str) -> None:
    """Let nothing be changed at the mount *path*, nor at any that is mounted below it.

    Control groups, for one, are mounted below ``/sys``, and belong to the reader.
    """
    wanted = struct.pack("4Q", MOUNT_ATTR_RDONLY, 0, 0, 0)
    size = ctypes.c_size_t(len(wanted))
    name = path.encode()
    if _libc.syscall(MOUNT_SETATTR, AT_FDCWD, name, AT_RECURSIVE, wanted, size) != 0:
        # Before Linux 5.12, and in containers that do not know the call: one after the other.
        with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as table:
            places = list(mounts_within(path, table))
        for place in places:
            flags = MS_BIND | MS_REMOUNT | MS_RDONLY | _locked_flags(place)
            mount(None, place, None, flags)


def mounts_within(path: str, table: Iterator[str]) -> Iterator[str]:
    r"""Return where mounts are at *path* and below, from the lines of ``/proc/self/mountinfo``.

    Examples
    --------
    >>> lines = [rf"36 35 98:0 / {place} rw shared:1 - ext4 /dev/vda rw"
    ...          for place in ("/", "/sys", r"/sys/a\040b", "/system")]
    >>> list(mounts_within("/sys", iter(lines)))
    ['/sys', '/sys/a b']
    """
    for line in table:
        place = line.split(" ")[MOUNT_POINT]
        for code, character in ((r"\040", " "), (r"\011", "\t"), (r"\012", "\n"), (r"\134", "\\")):
            place = place.replace(code, character)
        if f"{place}/".startswith(f"{path}/"):
            yield place


def _locked_flags(path: str) -> int:
    # A remount may not clear flags that the mount was given outside this namespace.
    have = os.statvfs(path).f_flag
    pairs = (
        (os.ST_NOSUID, MS_NOSUID),
        (os.ST_NODEV, MS_NODEV),
        (os.ST_NOEXEC, MS_NOEXEC),
    )
    return sum(flag for known, flag in pairs if have & known)
