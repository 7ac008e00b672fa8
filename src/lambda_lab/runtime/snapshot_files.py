"""What happens to open files and connections in a copy of an initialised process.

A copy by ``fork`` shares every open file with the original: a position that one moves has moved
for all. A restored snapshot shares nothing: each has its own positions, and connections that lead
nowhere any more, since the other side knows of one client, not of many
(https://docs.aws.amazon.com/lambda/latest/dg/snapstart-best-practices.html). So each descriptor is
replaced by one of the same number that is the copy's own. Runs in the copy, on Linux.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import select
import socket
import stat
import struct
from collections import defaultdict
from collections.abc import Collection

__all__ = ["take_own_files"]

_LOOPBACK = "127.0.0.1"
_CREDENTIALS = struct.Struct("3i")
_POLLED = re.compile(r"^tfd:\s*(\d+)\s+events:\s*([0-9a-f]+)", re.MULTILINE)


def take_own_files(former_pid: int, keep: Collection[int]) -> None:
    """Replace the open files of this process, but the descriptors *keep*.

    Parameters
    ----------
    former_pid
        The process that this one is a copy of.
    keep
        What is meant to be shared, or is this process's own already.
    """
    pipes: dict[int, list[int]] = defaultdict(list)
    pairs: dict[int, int] = {}
    polls: list[int] = []
    for fd in sorted({int(name) for name in os.listdir("/proc/self/fd")} - set(keep)):
        # What is closed by now (the listing's own) or has nothing to renew stays as it is.
        with contextlib.suppress(OSError):
            status = os.fstat(fd)
            if stat.S_ISREG(status.st_mode):
                _reopen(fd)
            elif stat.S_ISFIFO(status.st_mode):
                pipes[status.st_ino].append(fd)
            elif stat.S_ISSOCK(status.st_mode) and _is_own_end(fd, former_pid):
                pairs[status.st_ino] = fd
            elif stat.S_ISSOCK(status.st_mode):
                _break_connection(fd)
            elif os.readlink(f"/proc/self/fd/{fd}") == "anon_inode:[eventpoll]":
                polls.append(fd)
    for ends in pipes.values():
        _new_pipe(ends)
    _new_pairs(pairs)
    for fd in polls:
        _new_poll(fd)


def _replace(fd: int, by: int) -> None:
    """Let *fd* mean what *by* means; its flags stay."""
    os.set_blocking(by, os.get_blocking(fd))
    os.dup2(by, fd, inheritable=os.get_inheritable(fd))
    os.close(by)


def _reopen(fd: int) -> None:
    """Open the same file again by its name, at the same position."""
    flags, position = fcntl.fcntl(fd, fcntl.F_GETFL), os.lseek(fd, 0, os.SEEK_CUR)
    again = os.open(os.readlink(f"/proc/self/fd/{fd}"), flags)
    os.lseek(again, position, os.SEEK_SET)
    _replace(fd, again)


def _new_pipe(ends: list[int]) -> None:
    """Give a process that holds both ends of a pipe a new one; what was in it is lost."""
    writes = [fd for fd in ends if fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_ACCMODE == os.O_WRONLY]
    reads = [fd for fd in ends if fd not in writes]
    if not writes or not reads:
        return
    reading, writing = os.pipe()
    for fds, new in ((reads, reading), (writes, writing)):
        for fd in fds:
            _replace(fd, os.dup(new))
        os.close(new)


def _new_pairs(ends: dict[int, int]) -> None:
    """Give ends of ``socketpair``, by inode, new ones.

    Both ends of a pair are made by one call, so their inodes follow each other.
    """
    for inode in sorted(ends):
        if inode in ends and inode + 1 in ends:
            for fd, new in zip(
                (ends[inode], ends.pop(inode + 1)), socket.socketpair(), strict=True
            ):
                _replace(fd, new.detach())


def _is_own_end(fd: int, pid: int) -> bool:
    """Whether *fd* is an end of a ``socketpair`` that process *pid* made."""
    with socket.socket(fileno=os.dup(fd)) as sock:
        if sock.family != socket.AF_UNIX or sock.getsockname() or sock.type != socket.SOCK_STREAM:
            return False
        peer = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
        return int(_CREDENTIALS.unpack(peer)[0]) == pid


def _break_connection(fd: int) -> None:
    """Put a connection in the place of *fd* that its other side has reset."""
    with socket.socket(fileno=os.dup(fd)) as sock:
        if sock.family not in (socket.AF_INET, socket.AF_INET6) or sock.type != socket.SOCK_STREAM:
            return
        sock.getpeername()  # raises where nothing is connected: a listening socket stays
    broken = socket.socket()
    with contextlib.suppress(OSError), socket.create_server((_LOOPBACK, 0)) as server:
        broken.connect(server.getsockname())
        other, _ = server.accept()
        # Closed without lingering, a connection is reset.
        other.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        other.close()
    _replace(fd, broken.detach())


def _new_poll(fd: int) -> None:
    """Watch the same descriptors by an own list: an event loop that init made goes on."""
    with open(f"/proc/self/fdinfo/{fd}", encoding="ascii") as info:
        watched = _POLLED.findall(info.read())
    with select.epoll() as poll:
        for number, events in watched:
            with contextlib.suppress(OSError):
                poll.register(int(number), int(events, 16))
        _replace(fd, os.dup(poll.fileno()))
