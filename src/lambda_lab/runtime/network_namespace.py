"""A network of its own for each execution environment: a loopback device, and no way out.

Runs inside the fork server, in its user namespace. What a function's servers listen on is seen by
its own environment only; a packet for any other address is dropped, as a network drops it. The
connections that may leave are made by the owner (:mod:`.egress`), outside.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import struct
from dataclasses import dataclass

__all__ = ["RESOLVER", "NetworkRoom", "NetworkRooms"]

CLONE_NEWNET = 0x40000000
ADD_ROUTE, SET_FLAGS, SET_ADDRESS, SET_MASK = 0x890B, 0x8914, 0x8916, 0x891C  # <linux/sockios.h>
UP, RUNNING = 0x1, 0x40
RESOLVER = "169.254.78.1"
"""Where a function's ``/etc/resolv.conf`` on AWS points to (seen in functions; confidence M)."""
DNS_PORT = 53

_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(slots=True)
class NetworkRoom:
    """One environment's network. ``namespace`` is a descriptor that keeps it alive.

    ``resolver`` is the socket to which its programs send their DNS questions, until the owner
    has it.
    """

    namespace: int
    resolver: socket.socket | None = None

    def enter(self) -> None:
        """Move the calling process in."""
        _check(_libc.setns(self.namespace, CLONE_NEWNET), "setns")


class NetworkRooms:
    """Makes networks. Making it moves the calling process into one that leads nowhere.

    Raises
    ------
    OSError
        If the kernel does not allow it.
    """

    def __init__(self) -> None:
        _check(_libc.unshare(CLONE_NEWNET), "unshare")
        self._base = NetworkRoom(os.open("/proc/self/ns/net", os.O_RDONLY))
        self._spare: NetworkRoom | None = None

    def take(self) -> NetworkRoom:
        """Return a new network; if possible, the one that was made ahead."""
        room, self._spare = self._spare or self._make(), None
        return room

    def make_ahead(self) -> None:
        """Make a network for the next environment, so that it need not wait for it."""
        self._spare = self._spare or self._make()

    def _make(self) -> NetworkRoom:
        _check(_libc.unshare(CLONE_NEWNET), "unshare")
        try:
            _switch_on()
            resolver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
            resolver.bind((RESOLVER, DNS_PORT))
            return NetworkRoom(os.open("/proc/self/ns/net", os.O_RDONLY), resolver)
        finally:
            self._base.enter()


def _check(result: int, what: str) -> None:
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")


def _switch_on() -> None:
    """Start the loopback device, give it the resolver's address, and lead all else into it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SET_FLAGS, struct.pack("16sh14x", b"lo", UP | RUNNING))
        for request, address in ((SET_ADDRESS, RESOLVER), (SET_MASK, "255.255.255.255")):
            fcntl.ioctl(any_socket, request, struct.pack("16s", b"lo:0") + _sockaddr(address))
        fcntl.ioctl(any_socket, ADD_ROUTE, _route_for_all())


def _sockaddr(address: str) -> bytes:
    return struct.pack("HH4s8x", socket.AF_INET, 0, socket.inet_aton(address))


_DEVICE = ctypes.create_string_buffer(b"lo")


def _route_for_all() -> bytes:
    """Return a ``struct rtentry``: 0.0.0.0/0 through the loopback device."""
    anywhere = _sockaddr("0.0.0.0")
    return struct.pack(
        "P16s16s16sHhQPhxxxxxxPQQHxxxxxx",
        *(0, anywhere, anywhere, anywhere, UP, 0, 0, 0, 0),
        *(ctypes.addressof(_DEVICE), 0, 0, 0),
    )
