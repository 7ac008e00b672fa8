"""The end of the way: an interface in a VPC, or a host on the internet, and its answer."""

from __future__ import annotations

from dataclasses import dataclass

from lambda_lab.network.codes import Code
from lambda_lab.network.components import Address, Interface, Route
from lambda_lab.network.trail import Packet, Stopped, Trail

__all__ = ["Leg", "arrive", "deliver", "gone"]


@dataclass(frozen=True)
class Leg:
    """A part of the way: a packet in a subnet.

    ``nat`` is the NAT gateway that sends it, ``public`` the sender's public IPv4 address.
    """

    packet: Packet
    subnet: str
    vpc: str
    nat: str | None = None
    public: Address | None = None


def gone(trail: Trail, leg: Leg, route: Route, what: str) -> Stopped:
    """Return what stops a packet whose route leads to something that does not work."""
    trail.hops.pop()
    table = trail.topology.table_of(leg.subnet)
    name = table.id if table else leg.subnet
    return trail.stop(
        Code.BAD_STATE_ROUTE,
        name,
        "route-table",
        f"{name} route {route} (blackhole)",
        text=f"The route {route} of {name} leads nowhere: {route.target} {what}.",
        remedy=f"Replace the route for {route.destination} in {name}, or mend its target.",
    )


def deliver(trail: Trail, leg: Leg, vpc: str, way: str) -> None:
    """Deliver to an interface of a VPC, and bring the answer back into the leg's subnet.

    Parameters
    ----------
    way
        What the answer has to be routed to: ``local``, or the peering connection.
    """
    packet = leg.packet
    found = trail.topology.interface_at(packet.to, vpc)
    if found is None:
        raise trail.stop(
            Code.NO_POSSIBLE_DESTINATION,
            str(packet.to),
            "interface",
            f"no interface of {vpc} has {packet.to}",
            text=f"Nothing in {vpc} has the address {packet.to}.",
            remedy="Look the address up again: what had it may be gone.",
        )
    apart = found.subnet != leg.subnet
    if apart:
        ports = (packet.port, packet.port)
        trail.ask_acl(found.subnet, "ingress", packet.protocol, ports, packet.source)
    trail.enter_interface(found, packet)
    trail.passed(found.id, found.kind, f"{packet.to}", f"It arrives at {found.id}.")
    if trail.seen_from is None:
        trail.seen_from = packet.source
    if apart:
        trail.answer_leaves(found.subnet, packet)
        # What a NAT gateway sent over a peering comes back without a route (VPC:nat-gateway-basics)
        if way == "local" or leg.nat is None:
            _answer_route(trail, found, packet.source, way)
        trail.answer_enters(leg.subnet, packet)


def _answer_route(trail: Trail, start: Interface, to: Address, way: str) -> None:
    """Route an answer; it has to take the way the packet came."""
    route = trail.route(start.subnet, to, back=True)
    if route.target == way:
        return
    trail.hops.pop()
    table = trail.topology.table_of(start.subnet)
    name = table.id if table else start.subnet
    raise trail.stop(
        Code.NO_ROUTE_TO_DESTINATION,
        name,
        "route-table",
        f"{name} route {route}",
        text=f"The answer to {to} takes the route {route}, not the way back over {way}.",
        remedy=f"Add a route for {to} over {way} to {name}.",
        back=True,
    )


def arrive(trail: Trail, packet: Packet, public: Address) -> None:
    """Arrive on the internet, where *public* is what the other side sees."""
    trail.seen_from = public
    found = _behind(trail, packet.to)
    if found is None:
        trail.passed(str(packet.to), "internet", str(packet.to), f"It arrives at {packet.to}.")
        return
    gateway = trail.topology.gateway_of(found.vpc)
    if gateway is None:
        raise trail.stop(
            Code.IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS,
            found.id,
            found.kind,
            f"{found.vpc} has no internet gateway",
            text=f"{found.id} has a public address, {packet.to}, but its VPC no internet gateway.",
            remedy=f"Attach an internet gateway to {found.vpc}, or go the private way.",
        )
    trail.passed(gateway.id, "internet-gateway", gateway.id, f"{gateway.id} lets it in.")
    seen = Packet(public, packet.to, packet.port, packet.protocol, (), packet.groups + packet.lost)
    ports = (packet.port, packet.port)
    trail.ask_acl(found.subnet, "ingress", packet.protocol, ports, public)
    trail.enter_interface(found, seen)
    trail.passed(found.id, found.kind, str(packet.to), f"It arrives at {found.id}.")
    trail.answer_leaves(found.subnet, seen)
    _answer_route(trail, found, public, gateway.id)


def _behind(trail: Trail, to: Address) -> Interface | None:
    """Return the interface of this Region that a public address leads to."""
    if to.version == 4:
        return trail.topology.interface_behind(to)
    return next((one for one in trail.topology.interfaces if to in one.addresses), None)
