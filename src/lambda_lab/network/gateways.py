"""What happens to a packet at the target of a route: local, gateways, endpoints, peerings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from lambda_lab.network.arrival import Leg, arrive, deliver, gone
from lambda_lab.network.codes import Code
from lambda_lab.network.components import Address, Route, covers, network
from lambda_lab.network.trail import Stopped, Trail

__all__ = ["travel"]

PRIVATE = tuple(map(network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))
SHARED = (network("100.64.0.0/10"),)
ENDPOINT_PROTOCOLS = ("tcp", "icmp")


def travel(trail: Trail, leg: Leg) -> None:
    """Take a packet out of a subnet to its destination, and the answer back into the subnet.

    Raises
    ------
    Stopped
        At the first component that does not let it, or the answer, through.
    """
    packet, home = leg.packet, trail.topology.subnet(leg.subnet)
    if home is None or not covers(home.cidrs, packet.to):
        ports = (packet.port, packet.port)
        trail.ask_acl(leg.subnet, "egress", packet.protocol, ports, packet.to)
    route = trail.route(leg.subnet, packet.to)
    for start, follow in TARGETS.items():
        if route.target.startswith(start):
            follow(trail, leg, route)
            return
    raise trail.stop(
        Code.UNSUPPORTED_COMPONENT,
        route.target,
        "gateway",
        f"route {route}",
        text=f"What {route.target} does with the packet is not modelled here.",
        remedy="Use a NAT gateway, an internet gateway, an endpoint or a peering connection.",
    )


def _local(trail: Trail, leg: Leg, route: Route) -> None:
    """Deliver inside the VPC."""
    del route
    deliver(trail, leg, leg.vpc, "local")


def _internet_gateway(trail: Trail, leg: Leg, route: Route) -> None:
    """Leave for the internet: with a public IPv4 address, or an IPv6 address, which is global.

    That a function's own IPv6 address may leave this way is taken from EC2: confidence L.
    """
    found = next((one for one in trail.topology.internet_gateways if one.id == route.target), None)
    if found is None or found.vpc != leg.vpc:
        raise gone(trail, leg, route, "is not attached to this VPC")
    to = leg.packet.to
    _refuse_private(trail, to, found.id)
    public = leg.packet.source if to.version == 6 else leg.public
    if public is None:
        raise _no_public_address(trail, leg, found.id)
    trail.passed(found.id, "internet-gateway", f"{found.id}", f"{found.id} sends it as {public}.")
    trail.via.append(found.id)
    arrive(trail, leg.packet, public)
    trail.answer_enters(leg.subnet, leg.packet)


def _refuse_private(trail: Trail, to: Address, gateway: str) -> None:
    for blocks, code in (
        (PRIVATE, Code.IGW_DESTINATION_NOT_IN_RFC1918),
        (SHARED, Code.IGW_DESTINATION_NOT_IN_RFC6598),
    ):
        if covers(blocks, to):
            raise trail.stop(
                code,
                gateway,
                "internet-gateway",
                f"{to} is not an internet address",
                text=f"{gateway} does not carry packets to the private address {to}.",
                remedy=f"Add a route for {to} that leads to its own network.",
            )


def _no_public_address(trail: Trail, leg: Leg, gateway: str) -> Stopped:
    who = f"The NAT gateway {leg.nat}" if leg.nat else "The interface of a function"
    remedy = (
        "Use a public NAT gateway, which has an Elastic IP address."
        if leg.nat
        else "Put the function into a private subnet whose default route leads to a NAT gateway "
        "in a public subnet, or use a VPC endpoint."
    )
    return trail.stop(
        Code.IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS,
        gateway,
        "internet-gateway",
        f"{leg.packet.source} has no public address",
        text=f"{who} has no public address, so {gateway} drops what it sends.",
        remedy=remedy,
    )


def _egress_only_gateway(trail: Trail, leg: Leg, route: Route) -> None:
    """Leave for the internet by IPv6; it remembers connections, and has no rules."""
    gateways = trail.topology.egress_only_gateways
    found = next((one for one in gateways if one.id == route.target), None)
    if found is None or found.vpc != leg.vpc:
        raise gone(trail, leg, route, "does not belong to this VPC")
    if leg.packet.to.version == 4:
        raise _only_family(trail, found.id, "egress-only-gateway", 6)
    source = leg.packet.source
    trail.passed(found.id, "egress-only-gateway", found.id, f"{found.id} lets it out as {source}.")
    trail.via.append(found.id)
    arrive(trail, leg.packet, source)
    trail.answer_enters(leg.subnet, leg.packet)


def _only_family(trail: Trail, component: str, kind: str, version: int) -> Stopped:
    return trail.stop(
        Code.PROTOCOL_RESTRICTION,
        component,
        kind,
        f"{component} carries IPv{version} only",
        text=f"{component} carries IPv{version} only.",
        remedy="Use an egress-only internet gateway for IPv6 and a NAT gateway for IPv4.",
    )


def _nat_gateway(trail: Trail, leg: Leg, route: Route) -> None:
    """Pass a NAT gateway: it speaks with its own address, and the groups are lost."""
    if leg.nat:
        trail.hops.pop()
        table = trail.topology.table_of(leg.subnet)
        raise trail.stop(
            Code.NO_ROUTE_TO_DESTINATION,
            table.id if table else leg.subnet,
            "route-table",
            f"{table.id if table else leg.subnet} route {route}",
            text=f"The NAT gateway {leg.nat} is in {leg.subnet}, which is no public subnet: its "
            f"route for {leg.packet.to} leads to {route.target}.",
            remedy="Put the NAT gateway into a subnet whose default route leads to an internet "
            "gateway.",
        )
    found = trail.topology.nat(route.target)
    if found is None:
        raise gone(trail, leg, route, "does not exist")
    _check_nat(trail, leg, found.id)
    if found.address is None or trail.topology.subnet(found.subnet) is None:
        raise _bad_state(trail, found.id, "has no place in a subnet")
    packet, protocol = leg.packet, leg.packet.protocol
    apart = found.subnet != leg.subnet
    if apart:
        ports = (packet.port, packet.port)
        trail.ask_acl(found.subnet, "ingress", protocol, ports, packet.source)
    public = found.public_address if found.connectivity == "public" else None
    spoken = public or found.address
    text = f"{found.id} passes it on as its own ({spoken})."
    trail.passed(found.id, "nat-gateway", f"{found.id} {found.state}", text)
    trail.via.append(found.id)
    trail.seen_from = found.address
    sent = replace(packet, source=found.address, groups=(), lost=packet.groups + packet.lost)
    travel(trail, Leg(sent, found.subnet, leg.vpc, nat=found.id, public=public))
    if apart:
        trail.answer_leaves(found.subnet, packet)
        trail.answer_enters(leg.subnet, packet)


def _check_nat(trail: Trail, leg: Leg, nat: str) -> None:
    found = trail.topology.nat(nat)
    if found is None:
        return
    if found.vpc != leg.vpc:
        raise trail.stop(
            Code.NGW_REQUIRES_SOURCE_IN_VPC,
            nat,
            "nat-gateway",
            f"{nat} is in {found.vpc}",
            text=f"{nat} serves its own VPC only.",
            remedy="Make a NAT gateway in the VPC of the function.",
        )
    if found.state != "available":
        raise _bad_state(trail, nat, f"is {found.state}, not available")
    if leg.packet.to.version == 6:
        raise _only_family(trail, nat, "nat-gateway", 4)


def _bad_state(trail: Trail, nat: str, what: str) -> Stopped:
    return trail.stop(
        Code.BAD_STATE,
        nat,
        "nat-gateway",
        f"{nat} {what}",
        text=f"The NAT gateway {nat} {what}.",
        remedy="Wait until it is available, or make a new one and route to it.",
    )


def _gateway_endpoint(trail: Trail, leg: Leg, route: Route) -> None:
    """Reach S3 or DynamoDB by a gateway endpoint; its policy is asked when the answer is back."""
    found = trail.topology.endpoint(route.target)
    if found is None or found.vpc != leg.vpc or found.state != "available":
        raise gone(trail, leg, route, "is not available in this VPC")
    if found.kind != "Gateway":
        raise trail.stop(
            Code.UNSUPPORTED_COMPONENT,
            found.id,
            "endpoint",
            f"{found.id} is of type {found.kind}",
            text=f"What {found.id} does with routed packets is not modelled here.",
            remedy="Route to a gateway endpoint.",
        )
    if leg.packet.protocol not in ENDPOINT_PROTOCOLS:
        raise trail.stop(
            Code.VPCE_GATEWAY_PROTOCOL_RESTRICTION,
            found.id,
            "endpoint",
            f"{found.id} takes tcp and icmp",
            text=f"{found.id} does not take {leg.packet.protocol}.",
            remedy="Use TCP.",
        )
    trail.passed(found.id, "endpoint", found.service, f"{found.id} leads to {found.service}.")
    trail.via.append(found.id)
    trail.answer_enters(leg.subnet, leg.packet)


def _peering(trail: Trail, leg: Leg, route: Route) -> None:
    """Cross a peering connection: into the other VPC, and no further."""
    found = trail.topology.peering(route.target)
    if found is None or found.state != "active":
        state = found.state if found else "gone"
        raise gone(trail, leg, route, f"is {state}, not active")
    other = found.other(leg.vpc)
    beyond = trail.topology.vpc(other) if other else None
    if other is None:
        code, what = Code.DISCONNECTED_VPCS, f"does not connect {leg.vpc}"
        remedy = "Make a peering connection between the two VPCs."
    elif beyond is None:
        code, what = Code.UNKNOWN_DESTINATION, f"leads to {other}, which is not in this Region"
        remedy = "Networks of other Regions and accounts are not modelled here."
    elif not covers(beyond.cidrs, leg.packet.to):
        code, what = Code.PCX_REQUIRES_ADDRESS_IN_VPC_CIDR, f"carries only addresses of {other}"
        remedy = (
            "A peering connection does not lead on to another VPC, gateway or endpoint: give this "
            "VPC its own."
        )
    else:
        trail.passed(found.id, "peering", f"{found.id} active", f"{found.id} leads to {other}.")
        trail.via.append(found.id)
        deliver(trail, leg, other, found.id)
        return
    text = f"The peering connection {found.id} {what}."
    raise trail.stop(code, found.id, "peering", f"{found.id} {what}", text=text, remedy=remedy)


def _appliance(trail: Trail, leg: Leg, route: Route) -> None:
    """Come to an instance or interface that is to pass packets on."""
    del leg
    interfaces = trail.topology.interfaces
    found = next((one for one in interfaces if route.target in (one.id, one.instance)), None)
    if found is not None and found.source_dest_check:
        raise trail.stop(
            Code.ENI_SOURCE_DEST_CHECK_RESTRICTION,
            found.id,
            "interface",
            f"{found.id} checks source and destination",
            text=f"{found.id} refuses packets that are not for itself.",
            remedy="Switch its source/destination check off, if it is to pass packets on.",
        )
    raise trail.stop(
        Code.UNSUPPORTED_COMPONENT,
        route.target,
        "interface",
        f"route {route}",
        text=f"What the machine behind {route.target} does with the packet is not modelled here.",
        remedy="Use a NAT gateway.",
    )


TARGETS: dict[str, Callable[[Trail, Leg, Route], None]] = {
    "local": _local,
    "igw-": _internet_gateway,
    "eigw-": _egress_only_gateway,
    "nat-": _nat_gateway,
    "vpce-": _gateway_endpoint,
    "pcx-": _peering,
    "eni-": _appliance,
    "i-": _appliance,
}
"""What each kind of target does, by how its ids begin."""
