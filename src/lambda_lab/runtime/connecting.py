"""One ``connect`` of a function, made by the owner on a socket that takes its socket's place."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import ipaddress
import os
import select
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass

from lambda_lab.runtime import notifications
from lambda_lab.runtime.egress_terms import Connect
from lambda_lab.runtime.notifications import Notification

__all__ = ["Attempt", "address_for", "datagrams", "make_socket", "other_family", "target_of"]

SO_NETNS_COOKIE = 71
OPTIONS = (
    (socket.IPPROTO_TCP, socket.TCP_NODELAY),
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE),
)
"""What programs set before they connect, and a socket in its place must have, too."""
SOON_MS = 20
_COOKIE_BYTES = 8
_INET, _INET6 = struct.Struct(">2xH4s"), struct.Struct(">2xHI16s")


@dataclass(frozen=True, slots=True)
class Attempt:
    """One ``connect``: the call, the socket, and where it wants to go."""

    call: Notification
    theirs: socket.socket
    address: ipaddress.IPv4Address | ipaddress.IPv6Address
    port: int

    @property
    def blocking(self) -> bool:
        """Whether the function's ``connect`` waits for the result."""
        return not fcntl.fcntl(self.theirs, fcntl.F_GETFL) & os.O_NONBLOCK

    def within(self, *, confined: bool) -> None:
        """Connect the very socket within its own network."""
        if confined and _same_network(self.theirs):
            # One that has been outside before would reach this machine's own servers.
            notifications.answer(self.call, error=errno.ECONNREFUSED)
            return
        self._finish(self.theirs, (str(self.address), self.port), None)

    def to(self, target: Connect, connected: Callable[[tuple[str, int], Connect], None]) -> None:
        """Connect to what stands in for the address."""

        def note(line: socket.socket) -> None:
            connected(line.getsockname()[:2], target)

        line = self.outside()
        self._finish(line, (target.address, target.port), note)

    def _finish(
        self,
        line: socket.socket,
        target: tuple[str, int],
        note: Callable[[socket.socket], None] | None,
    ) -> None:
        end = _End(self, line is not self.theirs, self.blocking, note)
        line.setblocking(False)
        result = line.connect_ex(address_for(line, *target))
        if result == errno.EINPROGRESS and end.blocking and not _settled(line, SOON_MS):
            # A server with a full backlog: rare, and no reason to let all others wait.
            threading.Thread(target=end.wait, args=(line.dup(),), daemon=True).start()
        else:
            if result == errno.EINPROGRESS and end.blocking:
                result = line.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            end.reach(line, result)
        if end.replaces:
            line.close()

    def outside(self) -> socket.socket:
        """Return a socket of this machine's network that is like the function's."""
        line = socket.socket(self.theirs.family, socket.SOCK_STREAM)
        _tie_to_loopback(line)
        if line.family == socket.AF_INET6:
            line.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        for level, option in OPTIONS:
            line.setsockopt(level, option, self.theirs.getsockopt(level, option))
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            line.setsockopt(socket.SOL_SOCKET, option, self._time(option))
        return line

    def _time(self, option: int) -> bytes:
        return self.theirs.getsockopt(socket.SOL_SOCKET, option, 16)

    def put(self, line: socket.socket) -> None:
        """Put a socket in the place of the function's; it keeps its number."""
        number = self.call.arguments[0] & 0xFFFFFFFF
        closes = notifications.close_on_exec(self.call, number)
        notifications.hand_over(self.call, line.fileno(), at=number, close_on_exec=closes)


@dataclass(frozen=True, slots=True)
class _End:
    """What is done when a connection stands, or has failed."""

    attempt: Attempt
    replaces: bool
    blocking: bool
    note: Callable[[socket.socket], None] | None

    def wait(self, line: socket.socket) -> None:
        """Wait for it, on a thread of its own."""
        with line, contextlib.suppress(OSError):
            _settled(line, None)
            self.reach(line, line.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))

    def reach(self, line: socket.socket, result: int) -> None:
        """Give the function its socket, and ``connect`` its result."""
        if self.blocking:
            flags = fcntl.fcntl(line, fcntl.F_GETFL)
            fcntl.fcntl(line, fcntl.F_SETFL, flags & ~os.O_NONBLOCK)
        if self.note is not None and result in (0, errno.EINPROGRESS):
            self.note(line)
        if self.replaces:
            self.attempt.put(line)
        notifications.answer(self.attempt.call, error=result)


def _settled(line: socket.socket, patience_ms: int | None) -> bool:
    """Wait until a connection stands or has failed; returns whether it has."""
    poll = select.poll()
    poll.register(line, select.POLLOUT)
    return bool(poll.poll(patience_ms))


def target_of(
    family: int, place: bytes
) -> tuple[ipaddress.IPv4Address | ipaddress.IPv6Address, int]:
    """Read a ``sockaddr_in`` or ``sockaddr_in6``; IPv4 written as IPv6 is IPv4."""
    if family == socket.AF_INET:
        port, raw = _INET.unpack_from(place)
        return ipaddress.IPv4Address(raw), port
    port, _, raw = _INET6.unpack_from(place)
    address = ipaddress.IPv6Address(raw)
    return address.ipv4_mapped or address, port


def address_for(line: socket.socket, address: str, port: int) -> tuple[str, int]:
    """Return an address as a socket of its family takes it."""
    if line.family == socket.AF_INET6 and ":" not in address:
        return f"::ffff:{address}", port
    return address, port


def other_family(call: Notification, family: int, place: bytes) -> None:
    """Answer a ``connect`` that is none of the internet's families."""
    if family == socket.AF_UNIX and place[2:3] == b"\0":
        # Names without a file are one room for the whole machine where networks are shared.
        with notifications.borrow(call, call.arguments[0]) as theirs:
            if _same_network(theirs):
                notifications.answer(call, error=errno.ECONNREFUSED)
                return
    if family == socket.AF_UNSPEC:
        with notifications.borrow(call, call.arguments[0]) as theirs:
            if theirs.type == socket.SOCK_STREAM:
                notifications.answer(call, error=errno.EAFNOSUPPORT)
                return
    notifications.answer(call, run_it=True)


def datagrams(
    call: Notification, to: ipaddress.IPv4Address | ipaddress.IPv6Address, *, confined: bool
) -> None:
    """Let datagrams stay in their network or, without one, on the loopback device."""
    if confined or to.is_loopback:
        notifications.answer(call, run_it=True)
    else:
        notifications.answer(call, error=errno.ENETUNREACH)


def _same_network(theirs: socket.socket) -> bool:
    """Whether a socket belongs to this machine's network."""
    return _cookie(theirs) == _our_cookie()


def _cookie(one: socket.socket) -> bytes:
    try:
        return one.getsockopt(socket.SOL_SOCKET, SO_NETNS_COOKIE, _COOKIE_BYTES)
    except OSError:
        return b""  # before Linux 5.14


def _our_cookie() -> bytes:
    with socket.socket() as ours:
        return _cookie(ours)


def _tie_to_loopback(line: socket.socket) -> None:
    """Keep a socket on this machine, whatever is done with it later (Linux 5.7)."""
    line.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo\0")


def make_socket(call: Notification) -> None:
    """Make the socket that a function without a network of its own asks for, tied to loopback."""
    family, kind, protocol = (argument & 0xFFFFFFFF for argument in call.arguments[:3])
    flags = kind & (socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK)
    if kind ^ flags not in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        notifications.answer(call, error=errno.EPERM)
        return
    with socket.socket(family, kind ^ flags, protocol) as made:
        _tie_to_loopback(made)
        made.setblocking(not flags & socket.SOCK_NONBLOCK)
        closes = bool(flags & socket.SOCK_CLOEXEC)
        notifications.hand_over(call, made.fileno(), at=None, close_on_exec=closes)
