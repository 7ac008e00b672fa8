"""Where each hop of a path lies: outside, in a VPC, or in a subnet of it."""

from __future__ import annotations

from collections.abc import Iterator

from lambda_lab.network.topology import Topology
from lambda_lab.network.verdict import Hop, Verdict

__all__ = ["LAMBDA", "OUTSIDE", "Place", "places", "title_of"]

Place = tuple[str, ...]
"""Names of boxes from the outside in: region, VPC, subnet, interface."""
OUTSIDE = "outside"
LAMBDA = "lambda"
INTERFACE = "interface of "
_OF_THE_VPC = {"internet-gateway", "egress-only-gateway", "endpoint", "dns"}


def places(topology: Topology, verdict: Verdict) -> Iterator[tuple[Hop, Place]]:
    """Return each hop with where it lies."""
    subnet, left = verdict.subnet, False
    for hop in verdict.hops:
        subnet = _subnet_of(topology, hop, subnet)
        if hop.kind in ("internet", "lambda-network"):
            place: Place = (OUTSIDE,) if hop.kind == "internet" else (topology.region, LAMBDA)
        elif hop.kind == "peering" or subnet is None:
            place = (topology.region,)
        else:
            place = _within(topology, subnet, of_vpc=hop.kind in _OF_THE_VPC)
            if hop.kind == "security-group" and not left:
                place = (*place, INTERFACE + subnet)
                left = True
        yield hop, place


def _subnet_of(topology: Topology, hop: Hop, before: str | None) -> str | None:
    """Return the subnet in which a hop is; those of network ACLs name it in their text."""
    nat, interface = topology.nat(hop.component), topology.interface(hop.component)
    if nat is not None:
        return nat.subnet
    if interface is not None:
        return interface.subnet
    if hop.kind == "network-acl":
        return next((one.id for one in topology.subnets if one.id in hop.text), before)
    if hop.kind == "route-table" and before is not None:
        table = next((one for one in topology.route_tables if one.id == hop.component), None)
        if table is not None and not table.main and before not in table.subnets:
            return next(iter(table.subnets), before)
    return before


def _within(topology: Topology, subnet: str, *, of_vpc: bool) -> Place:
    home = topology.subnet(subnet)
    if home is None:
        return (topology.region, subnet)
    return (topology.region, home.vpc) if of_vpc else (topology.region, home.vpc, subnet)


def title_of(topology: Topology, box: str, source: str, *, short: bool = False) -> str:
    """Return what stands at the top of a box.

    Examples
    --------
    >>> title_of(Topology(), "us-east-1", "f"), title_of(Topology(), "outside", "f")
    ('Region us-east-1', 'the internet')
    """
    if box == topology.region:
        return f"Region {box}"
    if box.startswith(INTERFACE):
        return f"the interface of {source}"
    fixed = {OUTSIDE: "the internet", LAMBDA: "Lambda's own network"}
    if box in fixed:
        return fixed[box]
    found = topology.vpc(box) or topology.subnet(box)
    kind = "VPC" if topology.vpc(box) else "subnet"
    blocks = "" if short or found is None else "".join(f" {one}" for one in found.cidrs[:1])
    return f"{kind} {box}{blocks}"
