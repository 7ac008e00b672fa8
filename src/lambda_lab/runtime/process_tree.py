"""Processes that belong to an environment: their memory, and how to end all of them.

A function may start children, and children may leave its process group. On Linux every process
of an environment shares its mount namespace, which it cannot leave, so the namespace tells who
belongs; elsewhere the parent links have to do.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Collection
from pathlib import Path

__all__ = [
    "children_of",
    "continue_processes",
    "kill_descendants",
    "kill_environment",
    "memory_kb",
    "mount_namespace",
    "stop_families",
    "tell_main_thread",
]

_PAGE_KB = os.sysconf("SC_PAGE_SIZE") // 1024 if hasattr(os, "sysconf") else 4


def _read(path: str) -> bytes:
    # Not by pathlib: a busy environment is looked at every few milliseconds and within warm calls,
    # and making the Path and decoding the text took longer than the kernel's answer.
    with open(path, "rb", buffering=0) as file:
        return file.read()


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
            found += map(int, _read(f"/proc/{pid}/task/{thread}/children").split())
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
                total += int(_read(f"/proc/{member}/statm").split()[1]) * _PAGE_KB
            except (OSError, IndexError):
                continue
    return total


def mount_namespace(pid: int) -> int | None:
    """Return the inode of the mount namespace of *pid*, or ``None`` where there is none."""
    try:
        return os.stat(f"/proc/{pid}/ns/mnt").st_ino
    except OSError:
        return None


def _kill(pid: int, number: int = signal.SIGKILL) -> bool:
    try:
        os.kill(pid, number)
    except OSError:
        return False
    return True


def tell_main_thread(pid: int, number: int) -> None:
    """Send *pid* a signal that its main thread is to see, where it does not block that signal.

    A signal to a process goes to any thread that may take it. That is the main thread, as a rule,
    but not after ``SIGCONT``: then it is whichever thread runs first. A Python handler runs on the
    main thread only, which would sleep on. AWS pauses a whole machine, so its functions never meet
    this.
    """
    tgkill = getattr(ctypes.CDLL(None), "tgkill", None) if sys.platform == "linux" else None
    if tgkill is None or number in _blocked_signals(pid):
        _kill(pid, number)
    else:
        tgkill(pid, pid, number)


def _blocked_signals(pid: int) -> set[int]:
    """Return the signals that the main thread of *pid* blocks."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return set()
    mask = int(status.partition("SigBlk:")[2].split(maxsplit=1)[0], 16)
    return {number for number in signal.valid_signals() if mask >> (number - 1) & 1}


def kill_environment(
    pid: int, namespace: int | None, spare: Collection[int] = (), *, visitor: int = 0
) -> None:
    """Kill *pid*, its descendants, and whatever else lives in its mount namespace.

    *spare* some of those, with their families: the extensions of an environment outlive its
    runtime by a moment. *visitor* is not killed either: the fork server, which may be there to
    start the next process.
    """
    family = _descendants(pid)
    _kill(pid)
    for member in family:
        _kill(member)
    if namespace is None or namespace == mount_namespace(os.getpid()):
        return
    # Orphans have lost their parent but not their namespace. Look until a look finds none.
    for _ in range(1000):
        left = [member for member in _all_pids() if mount_namespace(member) == namespace]
        spared = {one for root in spare for one in (root, *_descendants(root))} | {visitor}
        alive = [member for member in left if member not in spared and not _is_zombie(member)]
        if not alive:
            return
        for member in alive:
            _kill(member)


def _all_pids() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def _is_zombie(pid: int) -> bool:
    return _state(pid) in "ZX"


def _state(pid: int) -> str:
    """Return the letter that ``ps`` shows: T is stopped, Z has ended; X if *pid* is gone."""
    if sys.platform != "linux":
        import psutil

        try:
            status = psutil.Process(pid).status()
        except psutil.Error:
            return "X"
        return {psutil.STATUS_STOPPED: "T", psutil.STATUS_ZOMBIE: "Z"}.get(status, "S")
    try:
        return _read(f"/proc/{pid}/stat").rpartition(b")")[2].split()[0].decode()
    except (OSError, IndexError):
        return "X"


def stop_families(roots: Collection[int]) -> frozenset[int]:
    """Stop *roots* and all their descendants; returns those that were running before.

    A process may start another while it is being stopped, so a look must find no new one.
    """
    stopped: set[int] = set()
    seen: set[int] = set()
    while fresh := {one for pid in roots for one in (pid, *_descendants(pid))} - seen:
        seen |= fresh
        # Who is stopped already was stopped by the function, and is not ours to let go on.
        running = [pid for pid in fresh if _state(pid) not in "TtZX"]
        stopped |= {pid for pid in running if _kill(pid, signal.SIGSTOP)}
    return frozenset(stopped)


def continue_processes(roots: Collection[int], stopped: Collection[int]) -> None:
    """Let those of *stopped* go on that still belong to *roots*: the others' ids may be reused."""
    if len(stopped) == 1:
        family = list(roots)  # nothing to look for
    else:
        family = [one for root in roots for one in (root, *_descendants(root))]
    for pid in family:
        if pid in stopped:
            _kill(pid, signal.SIGCONT)


def kill_descendants(pid: int, spare: Collection[int] = ()) -> None:
    """Kill every descendant of *pid*, until there is none; *spare* some with their families."""
    for _ in range(100):
        family = [member for member in _descendants(pid, spare) if not _is_zombie(member)]
        if not family:
            return
        for member in family:
            _kill(member)
