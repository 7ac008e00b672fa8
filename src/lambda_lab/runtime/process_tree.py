"""Processes that belong to an environment: their memory, and how to end all of them.

A function may start children, and children may leave its process group. On Linux every process
of an environment shares its mount namespace, so the namespace tells who belongs; who has made one
of its own is a descendant still. Elsewhere the parent links have to do.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Collection, Iterator
from itertools import chain
from pathlib import Path

__all__ = [
    "children_of",
    "continue_processes",
    "kill_descendants",
    "kill_environment",
    "mount_namespace",
    "resident_kb",
    "stop_families",
    "tell_main_thread",
    "used_kb",
]

_PARENT, _FLAGS, _SIZE, _RESIDENT = 1, 6, 20, 21
"""Where they are in ``/proc/PID/stat`` after the name (proc_pid_stat(5))."""
_FORKED_BUT_RAN_NOTHING = 0x40
"""``PF_FORKNOEXEC`` of the kernel's ``include/linux/sched.h``."""
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


def _descendants(pid: int, spare: Collection[int] = ()) -> Iterator[int]:
    """Find the family of *pid*, without itself and without *spare* and theirs, one by one.

    Processes may multiply faster than they are found. So none is looked for ahead: who stops or
    ends each one as it comes is done at last, and who has heard enough need not go on.
    """
    waiting = children_of(pid)
    while waiting:
        child = waiting.pop()
        if child not in spare:
            waiting += children_of(child)
            yield child


def resident_kb(pid: int) -> Iterator[int]:
    """Return the resident memory of *pid*, then of each of its descendants, in KiB; 0 if gone."""
    yield _resident_kb(pid)
    for member in _descendants(pid):
        yield _resident_kb(member)


def used_kb(pid: int) -> Iterator[int]:
    """Return what :func:`resident_kb` does, with what a child shares with its parent counted once.

    A control group, by which AWS limits memory, counts each page once. A child that has just been
    forked has all pages of its parent, so by resident memory alone whoever starts a program would
    use twice what it has, for a moment.
    """
    yield _resident_kb(pid)
    for member in _descendants(pid):
        yield _own_kb(member)


def _own_kb(pid: int) -> int:
    """Return the memory that nobody but *pid* has, in KiB."""
    if sys.platform != "linux":
        return _resident_kb(pid)
    if _borrows_its_memory(pid):
        return 0
    try:
        lines = _read(f"/proc/{pid}/smaps_rollup").splitlines()
    except PermissionError:
        return _resident_kb(pid)
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith(b"Private_"))


def _borrows_its_memory(pid: int) -> bool:
    """Whether *pid* is between ``vfork`` and ``exec``, when it runs in its parent's own memory.

    So Python and Node.js start a program (vfork(2)). Nothing says so in one word; but such a child
    has run no program yet, and its memory is as large as its parent's.
    """
    try:
        child = _read(f"/proc/{pid}/stat").rpartition(b")")[2].split()
        if not int(child[_FLAGS]) & _FORKED_BUT_RAN_NOTHING:
            return False
        parent = _read(f"/proc/{int(child[_PARENT])}/stat").rpartition(b")")[2].split()
    except (OSError, IndexError):
        return False
    # The parent's other threads go on meanwhile, so the two figures may differ a little.
    apart_kb = abs(int(child[_RESIDENT]) - int(parent[_RESIDENT])) * _PAGE_KB
    return child[_SIZE] == parent[_SIZE] and apart_kb < 1024


def _resident_kb(pid: int) -> int:
    if sys.platform != "linux":
        import psutil

        try:
            return int(psutil.Process(pid).memory_info().rss) // 1024
        except psutil.Error:
            return 0
    try:
        return int(_read(f"/proc/{pid}/statm").split()[1]) * _PAGE_KB
    except (OSError, IndexError):
        return 0


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


def _kill_group(pid: int, number: int) -> None:
    """Send a signal to the process group that *pid* leads, if it leads one."""
    with contextlib.suppress(OSError):
        os.killpg(pid, number)


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
    # Nearly all are of its process group, as a rule, and no fork escapes a signal to a group. It is
    # ended last: its orphans would be somebody else's.
    _kill_group(pid, signal.SIGSTOP)
    for member in _descendants(pid):
        _kill(member)
    _kill_group(pid, signal.SIGKILL)
    _kill(pid)
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
    known = -1
    while len(seen) > known:
        known = len(seen)
        for pid in chain.from_iterable(chain((root,), _descendants(root)) for root in roots):
            # Who is stopped already was stopped by the function, and is not ours to let go on.
            if pid not in seen and _state(pid) not in "TtZX" and _kill(pid, signal.SIGSTOP):
                stopped.add(pid)
            seen.add(pid)
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
        found = False
        for member in _descendants(pid, spare):
            if not _is_zombie(member):
                found = True
                _kill(member)
        if not found:
            return
