"""Which loopback address is which database or proxy: the one place that knows.

An endpoint of RDS is a name and a port; here it is a number and a port. No name of ours would
resolve everywhere: ``psql`` and every driver written in C ask the system's own resolver, which
this package must not change, and names under ``localhost`` do not resolve on every system (they do
not on Debian 12). On Linux the whole of 127.0.0.0/8 is this machine, so each endpoint gets an
address of its own and keeps AWS's port; elsewhere, or where somebody listens on that port on every
address, it is 127.0.0.1 and a free port.

A stopped instance listens nowhere and keeps its address. So regions on one machine do not share
addresses: each takes whole blocks of them (:mod:`~lambda_lab.rds.address_blocks`).

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_CommonTasks.Connect.html
"""

from __future__ import annotations

import hashlib
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from lambda_lab.rds.address_blocks import AddressBlocks

__all__ = ["Endpoint", "Endpoints", "aws_name"]

Kind = Literal["instance", "proxy"]
_TRIES = 64
"""Addresses of others that are tried before a port counts as one that somebody has everywhere."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a database or a proxy is reached.

    Parameters
    ----------
    address, port
        The real loopback address; what RDS's ``Describe`` calls tell.
    kind
        ``instance`` or ``proxy``.
    identifier
        The instance's or the proxy's name.
    name
        What AWS would call it; for words and certificates, it does not resolve.
    """

    address: str
    port: int
    kind: Kind
    identifier: str
    name: str


def aws_name(identifier: str, account: str, region: str, *, prefix: str = "") -> str:
    """Return the DNS name that AWS would give an endpoint.

    The part that AWS makes of account and region is twelve letters; *prefix* goes before it
    (``proxy-`` for proxies).

    Examples
    --------
    >>> name = aws_name("shop", "123456789012", "us-east-1")
    >>> name.startswith("shop.c"), name.endswith(".us-east-1.rds.amazonaws.com")
    (True, True)
    """
    digest = hashlib.sha256(f"{account}/{region}".encode()).hexdigest()
    return f"{identifier}.{prefix}c{digest[:11]}.{region}.rds.amazonaws.com"


class Endpoints:
    """The endpoints of a region.

    Examples
    --------
    >>> endpoints = Endpoints()
    >>> shop = endpoints.claim("instance", "shop", "shop.c0.us-east-1.rds.amazonaws.com", 5432)
    >>> endpoints.at(shop.address, shop.port).identifier
    'shop'
    >>> endpoints.remove(shop)
    >>> endpoints.all()
    []
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[tuple[str, int], Endpoint] = {}
        self._blocks = AddressBlocks()

    def claim(self, kind: Kind, identifier: str, name: str, port: int) -> Endpoint:
        """Find an address that nobody uses for *port*, and keep it for this endpoint.

        Parameters
        ----------
        kind, identifier, name
            Of the endpoint.
        port
            The port that RDS was asked for.
        """
        with self._lock:
            address, real = next(self._free(port))
            endpoint = Endpoint(address, real, kind, identifier, name)
            self._known[address, real] = endpoint
            return endpoint

    def _free(self, port: int) -> Iterator[tuple[str, int]]:
        tries = _TRIES if sys.platform == "linux" else 0
        for address in self._blocks.addresses() if tries else ():
            if tries == 0:
                break
            if (address, port) not in self._known:
                if _is_free(address, port):
                    yield address, port
                tries -= 1
        if ("127.0.0.1", port) not in self._known and _is_free("127.0.0.1", port):
            yield "127.0.0.1", port
        while True:
            free = _any_port()
            if ("127.0.0.1", free) not in self._known:
                yield "127.0.0.1", free

    def add(self, endpoint: Endpoint) -> None:
        """Keep an endpoint whose address was found otherwise."""
        with self._lock:
            self._known[endpoint.address, endpoint.port] = endpoint

    def remove(self, endpoint: Endpoint) -> None:
        """Forget an endpoint; nothing happens if it is not known."""
        with self._lock:
            self._known.pop((endpoint.address, endpoint.port), None)

    def at(self, address: str, port: int) -> Endpoint | None:
        """Return what is reached at *address* and *port*, if it is one of the region's."""
        return self._known.get((address, port))

    def all(self) -> list[Endpoint]:
        """Return every endpoint, oldest first."""
        with self._lock:
            return list(self._known.values())

    def clear(self) -> None:
        """Forget every endpoint, and leave the addresses to others."""
        with self._lock:
            self._known.clear()
            self._blocks.release()


def _is_free(address: str, port: int) -> bool:
    import socket

    with socket.socket() as probe:
        # As servers do: connections that have ended but linger do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def _any_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
