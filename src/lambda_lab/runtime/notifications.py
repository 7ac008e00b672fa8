"""The owner's side of a seccomp filter: what a stopped system call asks, and the answers to it.

https://man7.org/linux/man-pages/man2/seccomp_unotify.2.html
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import select
import socket
import struct
from dataclasses import dataclass

__all__ = [
    "Notification",
    "answer",
    "borrow",
    "close_on_exec",
    "descriptor_of",
    "gone",
    "hand_over",
    "read",
    "receive",
]

RECEIVE, SEND, STILL_VALID, ADD_FD = 0xC0502100, 0xC0182101, 0x40082102, 0x40182103
CONTINUE, REPLACE, REPLACE_AND_SEND = 1, 1, 2
PIDFD_OPEN, PIDFD_GETFD = 434, 438
_REQUEST = struct.Struct("QIIiIQ6Q")

_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class Notification:
    """A system call that waits for an answer. ``pid`` is the thread's id as the owner sees it."""

    listener: int
    ident: int
    pid: int
    number: int
    arguments: tuple[int, ...]


def gone(listener: int) -> bool:
    """Whether nobody is left behind the filter."""
    return not _ready(listener) & select.POLLIN and bool(_ready(listener) & select.POLLHUP)


def _ready(listener: int) -> int:
    poll = select.poll()
    poll.register(listener, select.POLLIN)
    found = poll.poll(0)
    return found[0][1] if found else 0


def receive(listener: int) -> Notification | None:
    """Return the next call that waits; ``None`` if there is none any more. Never blocks."""
    if not _ready(listener) & select.POLLIN:
        return None
    buffer = bytearray(_REQUEST.size)
    try:
        fcntl.ioctl(listener, RECEIVE, buffer)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.EINTR, errno.ENOTCONN):
            return None  # it was killed while it waited
        raise
    ident, pid, _, number, _, _, *arguments = _REQUEST.unpack(buffer)
    return Notification(listener, ident, pid, number, tuple(arguments))


def answer(call: Notification, *, error: int = 0, value: int = 0, run_it: bool = False) -> bool:
    """Answer a call: with a value, with an error number, or let the kernel run it as it is.

    Returns whether it still waited.
    """
    said = struct.pack("QqiI", call.ident, value, -error, CONTINUE if run_it else 0)
    return _tell(call.listener, SEND, said)


def hand_over(call: Notification, fd: int, *, at: int | None, close_on_exec: bool) -> bool:
    """Give the caller a descriptor.

    Parameters
    ----------
    fd
        What to give; it stays open here.
    at
        Which of the caller's descriptors it replaces. ``None``: a free one, and that is the answer.
    close_on_exec
        Whether it is closed when the caller runs another program.

    Returns whether the call still waited.
    """
    flags = REPLACE_AND_SEND if at is None else REPLACE
    mode = os.O_CLOEXEC if close_on_exec else 0
    return _tell(call.listener, ADD_FD, struct.pack("QIIII", call.ident, flags, fd, at or 0, mode))


def _tell(listener: int, request: int, said: bytes) -> bool:
    try:
        fcntl.ioctl(listener, request, bytearray(said))
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.EBADF, errno.ESRCH):
            return False
        raise
    return True


def read(call: Notification, place: int, size: int) -> bytes:
    """Return what lies in the caller's memory.

    Raises
    ------
    OSError
        If it is not readable, or the caller is gone.
    """
    with open(f"/proc/{call.pid}/mem", "rb", buffering=0) as memory:
        # The process may have ended, and its id be another's, since the call was made.
        fcntl.ioctl(call.listener, STILL_VALID, struct.pack("Q", call.ident))
        memory.seek(place)
        return memory.read(size)


def borrow(call: Notification, fd: int) -> socket.socket:
    """Return the caller's very socket, under a descriptor of ours.

    Raises
    ------
    OSError
        If it has no such socket.
    """
    ours = descriptor_of(call.pid, fd)
    try:
        return socket.socket(fileno=ours)
    except OSError:
        os.close(ours)
        raise


def descriptor_of(pid: int, fd: int) -> int:
    """Return a descriptor of ours for what another process, or thread, has open as *fd*.

    Raises
    ------
    OSError
        If it has nothing there, or we may not ask: containers allow it to few.
    """
    process = _libc.syscall(PIDFD_OPEN, pid, 0)
    if process < 0:  # a thread: its process has the same descriptors
        process = _libc.syscall(PIDFD_OPEN, _process_of(pid), 0)
    if process < 0:
        raise OSError(ctypes.get_errno(), "pidfd_open")
    try:
        ours: int = _libc.syscall(PIDFD_GETFD, process, ctypes.c_int(fd & 0xFFFFFFFF), 0)
        if ours < 0:
            raise OSError(ctypes.get_errno(), "pidfd_getfd")
    finally:
        os.close(process)
    return ours


def _process_of(thread: int) -> int:
    with open(f"/proc/{thread}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("Tgid:"))


def close_on_exec(call: Notification, fd: int) -> bool:
    """Whether the caller's descriptor is closed when it runs another program."""
    with open(f"/proc/{call.pid}/fdinfo/{fd}", encoding="ascii") as info:
        flags = next(line.split()[1] for line in info if line.startswith("flags:"))
    return bool(int(flags, 8) & os.O_CLOEXEC)
