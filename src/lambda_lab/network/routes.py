"""Which route of a table takes a packet.

The longest prefix wins; for the same destination a static route beats one of a prefix list, and
that beats a propagated one (VPC:route-tables-priority).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lambda_lab.network.components import Address, Network, Route, RouteTable
from lambda_lab.network.topology import Topology

__all__ = ["Match", "choose_route", "is_active"]

LOCAL, STATIC, FROM_LIST, PROPAGATED = range(4)


@dataclass(frozen=True)
class Match:
    """A route that covers the destination, by one of its blocks."""

    route: Route
    block: Network

    @property
    def rank(self) -> tuple[int, int]:
        """What the best match has the smallest of."""
        if self.route.target == "local":
            order = LOCAL
        elif isinstance(self.route.destination, str):
            order = FROM_LIST
        else:
            order = PROPAGATED if "Propagation" in self.route.origin else STATIC
        return (-self.block.prefixlen, order)


def _blocks_of(topology: Topology, route: Route) -> tuple[Network, ...]:
    """Return the blocks that a route is for; none where its prefix list is gone."""
    if not isinstance(route.destination, str):
        return (route.destination,)
    prefix_list = topology.prefix_list(route.destination)
    return prefix_list.cidrs if prefix_list else ()


def _matches(topology: Topology, table: RouteTable, to: Address) -> Iterator[Match]:
    """Yield the routes of a table that cover a destination."""
    for route in table.routes:
        for block in _blocks_of(topology, route):
            if block.version == to.version and to in block:
                yield Match(route, block)


def choose_route(topology: Topology, table: RouteTable, to: Address) -> Route | None:
    """Return the route that a packet takes, which may lead nowhere; None if no route covers it.

    Examples
    --------
    >>> from lambda_lab.network.components import address, network
    >>> local = Route(network("10.0.0.0/16"), "local")
    >>> out = Route(network("0.0.0.0/0"), "nat-1")
    >>> table = RouteTable("rtb-1", "vpc-1", (local, out))
    >>> str(choose_route(Topology(), table, address("10.0.9.9")))
    '10.0.0.0/16 -> local'
    >>> str(choose_route(Topology(), table, address("192.0.2.1")))
    '0.0.0.0/0 -> nat-1'
    """
    best = min(_matches(topology, table, to), key=lambda match: match.rank, default=None)
    return best.route if best else None


def is_active(route: Route) -> bool:
    """Whether a route leads to something, as EC2 says it."""
    return route.state == "active" and bool(route.target)
