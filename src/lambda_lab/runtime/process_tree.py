"""Processes that belong to an environment: their memory, and how to end all of them.

A function may start children, and children may leave its process group. On Linux every process
of an environment shares its mount namespace, which it cannot leave, so the namespace tells who
belongs; elsewhere the parent links have to do.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Collection
from pathlib import Path

__all__ = ["children_of", "kill_descendants", "kill_environment", "memory_kb", "mount_namespace"]

_PAGE_KB = os.sysconf("SC_PAGE_SIZE") // 1024 if hasattr(os, "sysconf") else 4


def children_of(pid: int) -> list[int]:
    """Return the direct children of *pid*; empty if it is gone."""
    if sys.platform != "linux":
        import psutil

        try:
            return [child.pid for child in psutil.Process(pid).children()]
        except psutil.Error:
            return []
    try:
        # Children are listed per thread of the parent.
        found: list[int] = []
        for thread in os.listdir(f"/proc/{pid}/task"):
            found += map(int, Path(f"/proc/{pid}/task/{thread}/children").read_text().split())
        return found
    except OSError:
        return []


def _descendants(pid: int, spare: Collection[int] = ()) -> list[int]:
    found: list[int] = []
    waiting = children_of(pid)
    while waiting:
        child = waiting.pop()
        if child in spare:
            continue
        found.append(child)
        waiting += children_of(child)
    return found


def memory_kb(pid: int) -> int:
    """Return the resident memory of *pid* and all its descendants in KiB; 0 if gone."""
    total = 0
    for member in (pid, *_descendants(pid)):
        if sys.platform != "linux":
            import psutil

            try:
                total += psutil.Process(member).memory_info().rss // 1024
            except psutil.Error:
                continue
        else:
            try:
                with open(f"/proc/{member}/statm", "rb") as statm:
                    total += int(statm.read().split()[1]) * _PAGE_KB
            except (OSError, IndexError):
                continue
    return total


def mount_namespace(pid: int) -> int | None:
    """Return the inode of the mount namespace of *pid*, or ``None`` where there is none."""
    try:
        return os.stat(f"/proc/{pid}/ns/mnt").st_ino
    except OSError:
        return None


def _kill(pid: int) -> bool:
    try:
        os.kill(pid, signal.SIGKILL)
    except OSError:
        return False
    return True


def kill_environment(pid: int, namespace: int | None) -> None:
    """Kill *pid*, its descendants, and whatever else lives in its mount namespace."""
    family = _descendants(pid)
    _kill(pid)
    for member in family:
        _kill(member)
    if namespace is None or namespace == mount_namespace(os.getpid()):
        return
    # Orphans have lost their parent but not their namespace. Look until a look finds none.
    for _ in range(1000):
        left = [member for member in _all_pids() if mount_namespace(member) == namespace]
        alive = [member for member in left if not _is_zombie(member)]
        if not alive:
            return
        for member in alive:
            _kill(member)


def _all_pids() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def _is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except (OSError, IndexError):
        return True


def kill_descendants(pid: int, spare: Collection[int] = ()) -> None:
    """Kill every descendant of *pid*, until there is none; *spare* some with their families."""
    for _ in range(100):
        family = [member for member in _descendants(pid, spare) if not _is_zombie(member)]
        if not family:
            return
        for member in family:
            _kill(member)
