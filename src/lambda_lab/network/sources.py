"""Where a function stands in the networks: what its ``VpcConfig`` means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from lambda_lab.network.components import Address, Subnet
from lambda_lab.network.topology import Topology

__all__ = ["Source", "source_address"]

FIRST_HOST = 4
"""The first four addresses of a subnet are AWS's own (VPC:subnet-sizing)."""


@dataclass(frozen=True)
class Source:
    """A function as the start of a path. Without subnets it runs in Lambda's own network.

    Parameters
    ----------
    subnets, groups
        Ids, as in ``VpcConfig``.
    ipv6
        ``Ipv6AllowedForDualStack``.
    name
        What sentences call it.

    Examples
    --------
    >>> Source.of({"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}).attached
    True
    >>> Source.of(None).attached
    False
    """

    subnets: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    ipv6: bool = False
    name: str = "the function"

    @classmethod
    def of(cls, vpc_config: Mapping[str, Any] | None, name: str = "the function") -> Source:
        """Return what a ``VpcConfig`` of the API means."""
        config = vpc_config or {}
        return cls(
            tuple(config.get("SubnetIds") or ()),
            tuple(config.get("SecurityGroupIds") or ()),
            bool(config.get("Ipv6AllowedForDualStack")),
            name,
        )

    @property
    def attached(self) -> bool:
        """Whether it is attached to a VPC."""
        return bool(self.subnets)

    def at(self, subnet: str) -> Source:
        """Return the same source in one of its subnets, as one execution environment is."""
        return replace(self, subnets=(subnet,))


def source_address(
    topology: Topology, source: Source, subnet: Subnet, version: int
) -> Address | None:
    """Return the address a function speaks from in a subnet.

    That of its Hyperplane interface, if there is one; otherwise the first that an interface could
    have. None where the subnet has no block of that family, or IPv6 is not allowed.
    """
    if version == 6 and not source.ipv6:
        return None
    for interface in topology.interfaces:
        shared = interface.kind == "lambda" and interface.subnet == subnet.id
        if shared and set(interface.groups) == set(source.groups):
            found = [one for one in interface.addresses if one.version == version]
            if found:
                return found[0]
    block = next((block for block in subnet.cidrs if block.version == version), None)
    if block is None:
        return None
    return block[min(FIRST_HOST, block.num_addresses - 1)]
