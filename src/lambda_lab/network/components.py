"""What networks consist of: plain records, with AWS's own names and ids."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

__all__ = [
    "LAST_PORT",
    "AclEntry",
    "Address",
    "EgressOnlyGateway",
    "Endpoint",
    "Interface",
    "InternetGateway",
    "NatGateway",
    "Network",
    "NetworkAcl",
    "Peering",
    "PrefixList",
    "Route",
    "RouteTable",
    "SecurityGroup",
    "SecurityGroupRule",
    "Subnet",
    "Vpc",
    "address",
    "covers",
    "network",
    "ports_text",
]

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address
LAST_PORT = 65535
KEPT = 4096
"""Texts of blocks and addresses that are not parsed again: every connection reads all networks."""


@lru_cache(KEPT)
def network(text: str) -> Network:
    """Return the network that a CIDR block names; host bits are dropped, as EC2 drops them.

    Examples
    --------
    >>> network("100.68.0.18/18")
    IPv4Network('100.68.0.0/18')
    """
    return ip_network(text, strict=False)


@lru_cache(KEPT)
def address(text: str) -> Address:
    """Return the address that *text* writes."""
    return ip_address(text)


def covers(blocks: Iterable[Network], one: Address) -> bool:
    """Whether one of *blocks* holds the address. Blocks of the other family never do."""
    return any(one.version == block.version and one in block for block in blocks)


@dataclass(frozen=True)
class Vpc:
    """A VPC: its CIDR blocks of both families, and its two DNS attributes."""

    id: str
    cidrs: tuple[Network, ...]
    dns_support: bool = True
    dns_hostnames: bool = False


@dataclass(frozen=True)
class Subnet:
    """A subnet. ``zone`` is the name of its Availability Zone."""

    id: str
    vpc: str
    cidrs: tuple[Network, ...]
    zone: str = ""


@dataclass(frozen=True)
class Route:
    """A route to a block, or to what the prefix list of that id holds; ``target`` may be ``local``.

    A target that is empty leads to something that is gone.
    """

    destination: Network | str
    target: str
    state: str = "active"
    origin: str = "CreateRoute"

    def __str__(self) -> str:
        return f"{self.destination} -> {self.target or 'nothing'}"


@dataclass(frozen=True)
class RouteTable:
    """A route table, with the subnets it is associated with; ``main`` serves all others."""

    id: str
    vpc: str
    routes: tuple[Route, ...] = ()
    subnets: tuple[str, ...] = ()
    main: bool = False


@dataclass(frozen=True)
class InternetGateway:
    """An internet gateway; ``vpc`` is None when it is attached to none."""

    id: str
    vpc: str | None


@dataclass(frozen=True)
class EgressOnlyGateway:
    """An egress-only internet gateway: IPv6, outwards only."""

    id: str
    vpc: str | None


@dataclass(frozen=True)
class NatGateway:
    """A NAT gateway. ``connectivity`` is ``public`` or ``private``, ``state`` as EC2 has it."""

    id: str
    vpc: str
    subnet: str
    address: Address | None
    public_address: Address | None = None
    connectivity: str = "public"
    state: str = "available"


@dataclass(frozen=True)
class SecurityGroupRule:
    """One rule for one peer: a block, the id of a group, or the id of a prefix list.

    ``protocol`` is ``tcp``, ``udp``, ``icmp``, ``icmpv6``, another number as text, or ``-1``.
    """

    egress: bool
    protocol: str
    peer: Network | str
    from_port: int = 0
    to_port: int = LAST_PORT
    id: str = ""

    def __str__(self) -> str:
        way = "egress" if self.egress else "ingress"
        link = "to" if self.egress else "from"
        what = "all traffic" if self.protocol == "-1" else f"{self.protocol} {self.ports}"
        return f"{way} {what} {link} {self.peer}"

    @property
    def ports(self) -> str:
        """The ports in words."""
        return ports_text(self.from_port, self.to_port)


def ports_text(first: int, last: int) -> str:
    """Return a range of ports in words.

    Examples
    --------
    >>> ports_text(443, 443), ports_text(1024, 65535), ports_text(0, 65535)
    ('443', '1024-65535', 'all ports')
    """
    if (first, last) == (0, LAST_PORT):
        return "all ports"
    return str(first) if first == last else f"{first}-{last}"


@dataclass(frozen=True)
class SecurityGroup:
    """A security group: what it allows; all else is refused. It remembers connections."""

    id: str
    vpc: str
    rules: tuple[SecurityGroupRule, ...] = ()


@dataclass(frozen=True)
class AclEntry:
    """One numbered rule of a network ACL."""

    number: int
    egress: bool
    allow: bool
    cidr: Network
    protocol: str = "-1"
    from_port: int = 0
    to_port: int = LAST_PORT

    def __str__(self) -> str:
        return f"rule {self.number} {'allow' if self.allow else 'deny'}"


@dataclass(frozen=True)
class NetworkAcl:
    """A network ACL, which remembers nothing: both ways need a rule."""

    id: str
    vpc: str
    entries: tuple[AclEntry, ...] = ()
    subnets: tuple[str, ...] = ()
    default: bool = False


@dataclass(frozen=True)
class Endpoint:
    """A VPC endpoint. ``service`` is its full name, such as ``com.amazonaws.us-east-1.s3``."""

    id: str
    vpc: str
    service: str
    kind: str
    state: str = "available"
    policy: str = ""
    route_tables: tuple[str, ...] = ()
    interfaces: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    private_dns: bool = False


@dataclass(frozen=True)
class Peering:
    """A peering connection. ``state`` is its status code; the ``dns`` sides let names resolve."""

    id: str
    requester: str
    accepter: str
    state: str = "active"
    requester_dns: bool = False
    accepter_dns: bool = False

    def other(self, vpc: str) -> str | None:
        """Return the VPC at the other end, or None if *vpc* is at neither."""
        ends = {self.requester: self.accepter, self.accepter: self.requester}
        return ends.get(vpc)


@dataclass(frozen=True)
class PrefixList:
    """A managed prefix list."""

    id: str
    name: str
    cidrs: tuple[Network, ...]


@dataclass(frozen=True)
class Interface:
    """A network interface. ``kind`` is EC2's InterfaceType; ``lambda`` for a function's."""

    id: str
    vpc: str
    subnet: str
    addresses: tuple[Address, ...]
    groups: tuple[str, ...] = ()
    public_address: Address | None = None
    kind: str = "interface"
    description: str = ""
    instance: str | None = None
    source_dest_check: bool = True
