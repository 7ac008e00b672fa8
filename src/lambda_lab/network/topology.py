"""All networks of a region at one moment, and look-ups in them.

A topology may be incomplete or contradict itself: ids may point to nothing. Reading it never
fails; a look-up that finds nothing returns ``None``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol, TypeVar

from lambda_lab.network.components import (
    Address,
    EgressOnlyGateway,
    Endpoint,
    Interface,
    InternetGateway,
    NatGateway,
    NetworkAcl,
    Peering,
    PrefixList,
    RouteTable,
    SecurityGroup,
    Subnet,
    Vpc,
)

__all__ = ["Topology"]


class _Named(Protocol):
    @property
    def id(self) -> str: ...


T = TypeVar("T", bound=_Named)


def _by_id(components: Iterable[T]) -> dict[str, T]:
    """Return components by their ids."""
    return {component.id: component for component in components}


@dataclass(frozen=True)
class Topology:
    """All networks of a region, as they are at one moment.

    Examples
    --------
    >>> from lambda_lab.network.components import RouteTable, Subnet, Vpc, network
    >>> here = Topology(
    ...     vpcs=(Vpc("vpc-1", (network("10.0.0.0/16"),)),),
    ...     subnets=(Subnet("subnet-1", "vpc-1", (network("10.0.1.0/24"),)),),
    ...     route_tables=(RouteTable("rtb-1", "vpc-1", main=True),),
    ... )
    >>> here.table_of("subnet-1").id
    'rtb-1'
    >>> here.acl_of("subnet-1") is None
    True
    """

    region: str = "us-east-1"
    vpcs: tuple[Vpc, ...] = ()
    subnets: tuple[Subnet, ...] = ()
    route_tables: tuple[RouteTable, ...] = ()
    internet_gateways: tuple[InternetGateway, ...] = ()
    egress_only_gateways: tuple[EgressOnlyGateway, ...] = ()
    nat_gateways: tuple[NatGateway, ...] = ()
    groups: tuple[SecurityGroup, ...] = ()
    acls: tuple[NetworkAcl, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    peerings: tuple[Peering, ...] = ()
    prefix_lists: tuple[PrefixList, ...] = ()
    interfaces: tuple[Interface, ...] = ()

    def vpc(self, name: str) -> Vpc | None:
        """Return a VPC by its id."""
        return self._vpcs.get(name)

    def subnet(self, name: str) -> Subnet | None:
        """Return a subnet by its id."""
        return self._subnets.get(name)

    def group(self, name: str) -> SecurityGroup | None:
        """Return a security group by its id."""
        return self._groups.get(name)

    def nat(self, name: str) -> NatGateway | None:
        """Return a NAT gateway by its id."""
        return next((one for one in self.nat_gateways if one.id == name), None)

    def endpoint(self, name: str) -> Endpoint | None:
        """Return a VPC endpoint by its id."""
        return next((one for one in self.endpoints if one.id == name), None)

    def peering(self, name: str) -> Peering | None:
        """Return a peering connection by its id."""
        return next((one for one in self.peerings if one.id == name), None)

    def prefix_list(self, name: str) -> PrefixList | None:
        """Return a prefix list by its id."""
        return self._prefix_lists.get(name)

    def interface(self, name: str) -> Interface | None:
        """Return a network interface by its id."""
        return self._interfaces.get(name)

    def interface_at(self, one: Address, vpc: str) -> Interface | None:
        """Return the interface with a private (or IPv6) address in a VPC."""
        return self._by_address.get((vpc, one))

    def interface_behind(self, public: Address) -> Interface | None:
        """Return the interface that a public IPv4 address belongs to."""
        return next((one for one in self.interfaces if one.public_address == public), None)

    def table_of(self, subnet: str) -> RouteTable | None:
        """Return the route table of a subnet: its own, otherwise the VPC's main one."""
        home = self.subnet(subnet)
        tables = [one for one in self.route_tables if home and one.vpc == home.vpc]
        own = next((one for one in tables if subnet in one.subnets), None)
        return own or next((one for one in tables if one.main), None)

    def acl_of(self, subnet: str) -> NetworkAcl | None:
        """Return the network ACL of a subnet: its own, otherwise the VPC's default one."""
        home = self.subnet(subnet)
        acls = [one for one in self.acls if home and one.vpc == home.vpc]
        own = next((one for one in acls if subnet in one.subnets), None)
        return own or next((one for one in acls if one.default), None)

    def gateway_of(self, vpc: str) -> InternetGateway | None:
        """Return the internet gateway that is attached to a VPC."""
        return next((one for one in self.internet_gateways if one.vpc == vpc), None)

    def with_interface(self, *more: Interface) -> Topology:
        """Return the same networks with further interfaces in them."""
        return replace(self, interfaces=self.interfaces + more)

    @cached_property
    def _vpcs(self) -> dict[str, Vpc]:
        return _by_id(self.vpcs)

    @cached_property
    def _subnets(self) -> dict[str, Subnet]:
        return _by_id(self.subnets)

    @cached_property
    def _groups(self) -> dict[str, SecurityGroup]:
        return _by_id(self.groups)

    @cached_property
    def _prefix_lists(self) -> dict[str, PrefixList]:
        return _by_id(self.prefix_lists)

    @cached_property
    def _interfaces(self) -> dict[str, Interface]:
        return _by_id(self.interfaces)

    @cached_property
    def _by_address(self) -> dict[tuple[str, Address], Interface]:
        return {(one.vpc, at): one for one in self.interfaces for at in one.addresses}
