"""Databases and proxies as destinations: private addresses in subnets, behind security groups."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, islice

from lambda_lab.network.codes import Code
from lambda_lab.network.components import Address, Interface, Subnet, Vpc, address
from lambda_lab.network.destinations import Found
from lambda_lab.network.topology import Topology

__all__ = ["Database", "Proxy"]

PUBLIC_ADDRESS = address("198.51.100.30")
PUBLIC_ADDRESSES = 200
RESERVED_FIRST, RESERVED_LAST = 4, 1
"""Addresses at both ends of a subnet that nothing may have (VPC:subnet-sizing)."""


@dataclass(frozen=True)
class Database:
    """A database instance.

    Parameters
    ----------
    subnets
        Those of its subnet group; it lives in the first that exists.
    public
        ``PubliclyAccessible``: outside its VPC the name then resolves to a public address.
    at
        Its private address; None takes a free one of the subnet.
    place
        How many databases and proxies come before it: each has addresses of its own.
    """

    identifier: str
    subnets: tuple[str, ...]
    groups: tuple[str, ...]
    port: int = 5432
    public: bool = False
    at: str | None = None
    named: bool = True
    place: int = 0

    @property
    def name(self) -> str:
        """What sentences call it."""
        return self.identifier

    def find(self, topology: Topology, vpc: Vpc | None, zone: str) -> Found:
        """Return its addresses, seen from a VPC and zone."""
        interface = self._interface(topology)
        if interface is None:
            note = f"No subnet of {self.identifier} exists."
            return Found((), note, code=Code.NO_SOURCE_OR_DESTINATION)
        public = interface.public_address
        if public is None or _resolves_privately(topology, vpc, interface.vpc):
            return Found(interface.addresses, "its private address", (interface,), (self.port,))
        return Found((public,), "its public address", (interface,), (self.port,))

    def _interface(self, topology: Topology) -> Interface | None:
        found = [one for one in map(topology.subnet, self.subnets) if one and one.cidrs]
        if not found:
            return None
        home = found[0]
        private = address(self.at) if self.at else _free(topology, home, self.place)
        public = PUBLIC_ADDRESS + self.place % PUBLIC_ADDRESSES if self.public else None
        return Interface(
            self.identifier, home.vpc, home.id, (private,), self.groups, public, kind="database"
        )


@dataclass(frozen=True)
class Proxy(Database):
    """A database proxy, which is never public (RDS:rds-proxy)."""

    @property
    def name(self) -> str:
        """What sentences call it."""
        return f"the proxy {self.identifier}"

    def __post_init__(self) -> None:
        if self.public:
            raise ValueError("A proxy is never publicly accessible.")


def _free(topology: Topology, subnet: Subnet, place: int) -> Address:
    """Return an address of a subnet that no listed interface has; *place* others go before it."""
    block = min(subnet.cidrs, key=lambda one: one.version)
    middle, end = block.num_addresses // 2, block.num_addresses - RESERVED_LAST
    free = (
        block[at]
        for at in chain(range(middle, end), range(RESERVED_FIRST, middle))
        if topology.interface_at(block[at], subnet.vpc) is None
    )
    return next(islice(free, place, None), block[middle])


def _resolves_privately(topology: Topology, vpc: Vpc | None, home: str) -> bool:
    """Whether a public name of *home* resolves to the private address in *vpc*.

    In the VPC itself, and across a peering whose owner of the name allows it
    (PCX: modify-peering-connections).
    """
    if vpc is None:
        return False
    if vpc.id == home:
        return True
    for peering in topology.peerings:
        if peering.state != "active" or peering.other(home) != vpc.id:
            continue
        if peering.requester_dns if peering.requester == home else peering.accepter_dns:
            return True
    return False
