"""The kernel's filter in front of a function's connections, built rule by rule.

A seccomp program sees the number and the arguments of every system call, not what they point to.
Ours lets nearly all pass. ``connect`` waits until the owner has decided (:mod:`.egress`); what
could lead out another way is refused.

https://www.kernel.org/doc/html/latest/userspace-api/seccomp_filter.html
"""

from __future__ import annotations

import ctypes
import errno
import functools
import os
import socket
import struct
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lambda_lab.runtime import landlock, notifications

__all__ = ["NUMBERS", "FilterRule", "Numbers", "install", "numbers", "program", "rules", "works"]

# <linux/seccomp.h>, <linux/filter.h>, <linux/prctl.h>
SET_MODE_FILTER, NEW_LISTENER, PR_SET_NO_NEW_PRIVS = 1, 1 << 3, 38
ALLOW, ASK_OWNER, FAIL = 0x7FFF0000, 0x7FC00000, 0x00050000
LOAD, JUMP_IF_EQUAL, JUMP_IF_AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06
NUMBER_AT, ARCHITECTURE_AT, ARGUMENTS_AT = 0, 4, 16
OTHER_ABI_FROM = 0x40000000
"""Numbers from here on are those of x86's x32 interface."""
FAMILIES = (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, 16)
"""Kinds of sockets a function may have; 16 is AF_NETLINK, which lists interfaces."""
INTERNET = (socket.AF_INET, socket.AF_INET6)
EVERY_PROCESS = 0xFFFFFFFF
"""-1 as the filter sees it: whom ``kill`` means by it - all that this user may end."""
DEVICE_OPTIONS = (25, 62)
"""SO_BINDTODEVICE and SO_BINDTOIFINDEX."""


_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class Numbers:
    """What the kernel calls things on one kind of processor."""

    architecture: int
    seccomp: int
    connect: int
    socket: int
    setsockopt: int
    kill: int
    io_uring_setup: int = 425


NUMBERS = {
    "x86_64": Numbers(0xC000003E, 317, 42, 41, 54, 62),
    "aarch64": Numbers(0xC00000B7, 277, 203, 198, 208, 129),
}
"""By kind of processor: <linux/audit.h>, and the tables of system calls."""


def numbers() -> Numbers | None:
    """Return the numbers of this machine; ``None`` where there is no such filter."""
    return NUMBERS.get(os.uname().machine) if sys.platform == "linux" else None


@dataclass(frozen=True, slots=True)
class FilterRule:
    """What happens to one system call.

    Parameters
    ----------
    number
        The system call.
    returns
        The filter's verdict, if the argument is right.
    argument, values
        Which argument is looked at, and its values; no values: the rule holds for every call.
    other
        Whether the rule holds for all *other* values.
    """

    number: int
    returns: int
    argument: int = 0
    values: tuple[int, ...] = ()
    other: bool = False


def rules(known: Numbers, *, confined: bool, kept_in: bool) -> list[FilterRule]:
    """Return the rules.

    Parameters
    ----------
    known
        The machine's numbers.
    confined
        Whether the function has a network namespace of its own. Without one, sockets are made by
        the owner as well, who ties them to the loopback device; they may not be untied.
    kept_in
        Whether the kernel keeps a function's signals in (:func:`.landlock.separate`). Where it
        cannot, at least nobody ends all of the reader's processes by mistake.
    """
    found = [
        FilterRule(known.connect, ASK_OWNER),
        # It would connect without a call that can be seen; programs do without it.
        FilterRule(known.io_uring_setup, FAIL | errno.ENOSYS),
        FilterRule(known.socket, FAIL | errno.EAFNOSUPPORT, 0, FAMILIES, other=True),
    ]
    if not kept_in:
        found.append(FilterRule(known.kill, FAIL | errno.EPERM, 0, (EVERY_PROCESS,)))
    if not confined:
        found += [
            FilterRule(known.socket, ASK_OWNER, 0, INTERNET),
            FilterRule(known.setsockopt, FAIL | errno.EPERM, 2, DEVICE_OPTIONS),
        ]
    return found


def program(known: Numbers, wanted: Iterable[FilterRule]) -> bytes:
    """Return the filter as the kernel takes it: eight bytes an instruction.

    Examples
    --------
    >>> known = Numbers(0xC000003E, 317, 42, 41, 54, 62)
    >>> len(program(known, [FilterRule(42, ASK_OWNER)])) // 8
    10
    """
    refuse = _instruction(RETURN, FAIL | errno.EPERM)
    return b"".join(
        [
            # Another architecture's calls have other numbers: a 32-bit program cannot run here.
            _instruction(LOAD, ARCHITECTURE_AT),
            _instruction(JUMP_IF_EQUAL, known.architecture, 1, 0),
            refuse,
            _instruction(LOAD, NUMBER_AT),
            _instruction(JUMP_IF_AT_LEAST, OTHER_ABI_FROM, 0, 1),
            refuse,
            *(step for rule in wanted for step in _steps(rule)),
            _instruction(RETURN, ALLOW),
        ]
    )


def _steps(rule: FilterRule) -> Iterator[bytes]:
    """Return one rule's instructions; whoever it does not concern goes on behind them."""
    count = len(rule.values)
    yield _instruction(LOAD, NUMBER_AT)
    if not count:
        yield _instruction(JUMP_IF_EQUAL, rule.number, 0, 1)
    else:
        yield _instruction(JUMP_IF_EQUAL, rule.number, 0, count + 2)
        yield _instruction(LOAD, ARGUMENTS_AT + 8 * rule.argument)
        for place, value in enumerate(rule.values, 1):
            left = count - place
            if rule.other:
                yield _instruction(JUMP_IF_EQUAL, value, left + 1, 0)
            else:
                yield _instruction(JUMP_IF_EQUAL, value, left, 0 if left else 1)
    yield _instruction(RETURN, rule.returns)


def _instruction(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)


@functools.cache
def _prepared(confined: bool) -> tuple[int, bytes, object]:
    """Return the call's number, its argument, and what must stay in memory for it."""
    known = numbers()
    if known is None:
        raise OSError(errno.ENOSYS, "there is no such filter on this machine")
    kept_in = landlock.version() >= landlock.SIGNALS_FROM
    code = program(known, rules(known, confined=confined, kept_in=kept_in))
    buffer = ctypes.create_string_buffer(code, len(code))
    header = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(buffer))
    return known.seccomp, header, buffer


def install(*, confined: bool) -> int:
    """Put this process, and all it will start, behind the filter; returns the owner's end.

    That descriptor must be handed to the owner and closed here, before anything connects.

    Raises
    ------
    OSError
        If the kernel refuses: it is too old, or a container forbids it.
    """
    number, header, _ = _prepared(confined)
    _libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    listener: int = _libc.syscall(number, SET_MODE_FILTER, NEW_LISTENER, header)
    if listener < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"seccomp: {os.strerror(number)}")
    return listener


def works() -> bool:
    """Try it on a child: that it gets behind the filter, and that an owner can see what it asks.

    Docker, as it comes, allows the filter and forbids the owner's part (``pidfd_getfd``). A filter
    whose owner is blind would stop every connection, the one to the Runtime API first.
    """
    if numbers() is None:
        return False
    for confined in (False, True):
        _prepared(confined)  # once, so that no child has to
    ours, theirs = socket.socketpair()
    number = theirs.fileno()
    child = os.fork()
    if child == 0:
        ours.close()
        try:
            os.close(install(confined=True))
            theirs.send(b"y")
            theirs.recv(1)  # until the other end is closed
        finally:
            os._exit(0)
    theirs.close()
    with ours:
        seen = ours.recv(1) == b"y" and _seen(child, number)
    os.waitpid(child, 0)
    return seen


def _seen(child: int, fd: int) -> bool:
    """Whether an owner may read the memory of *child*, and share its descriptor *fd*."""
    try:
        with open(f"/proc/{child}/mem", "rb"):
            os.close(notifications.descriptor_of(child, fd))
    except OSError:
        return False
    return True
