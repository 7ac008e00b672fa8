"""The hops of one packet and of its answer, as they are found.

A walk asks one component after the other. The first that refuses ends it with ``Stopped``.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from lambda_lab.network.codes import Code, Failure
from lambda_lab.network.components import Address, Interface, Route
from lambda_lab.network.routes import choose_route, is_active
from lambda_lab.network.rules import EPHEMERAL, Judgement, Peer, ask_acl, ask_groups
from lambda_lab.network.topology import Topology
from lambda_lab.network.verdict import Direction, Hop, Reason

__all__ = ["Packet", "Stopped", "Trail"]


class Stopped(Exception):
    """A packet was stopped; ``reason`` says by what."""

    def __init__(self, reason: Reason, shows: Failure) -> None:
        super().__init__(reason.text)
        self.reason = reason
        self.shows = shows


@dataclass(frozen=True)
class Packet:
    """The first packet of a connection, as it is at one place on its way.

    ``groups`` are the groups it still carries, ``lost`` those that a NAT gateway took off.
    """

    source: Address
    to: Address
    port: int
    protocol: str
    groups: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()


@dataclass
class Trail:
    """Collects hops."""

    topology: Topology
    hops: list[Hop] = field(default_factory=list)
    via: list[str] = field(default_factory=list)
    seen_from: Address | None = None

    def passed(self, component: str, kind: str, rule: str, text: str) -> None:
        """Add a hop that lets the packet through."""
        self.hops.append(Hop(component, kind, True, rule, text))

    def stop(
        self,
        code: Code | None,
        component: str,
        kind: str,
        rule: str,
        *,
        text: str,
        remedy: str,
        direction: Direction | None = None,
        back: bool = False,
        shows: Failure = Failure.HANGS,
    ) -> Stopped:
        """Add the hop that stops the packet, and return what to raise."""
        self.hops.append(Hop(component, kind, False, rule, text, direction, back, code))
        return Stopped(Reason(code, component, direction, back, text, remedy), shows)

    # -- security groups -----------------------------------------------------------------------

    def leave_interface(self, owner: str, subnet: str, packet: Packet) -> None:
        """Ask the groups of the source's interface; rules may name the groups of the other side."""
        groups = packet.groups
        peer = Peer(packet.to, groups=self._groups_at(packet.to, subnet))
        judged = ask_groups(self.topology, groups, True, (packet.protocol, packet.port), peer)
        self._groups_hop(owner, groups, "egress", judged, packet)

    def enter_interface(self, interface: Interface, packet: Packet) -> None:
        """Ask the groups of the destination's interface."""
        if interface.kind == "nat_gateway":
            raise self.stop(
                Code.NO_POSSIBLE_DESTINATION,
                interface.id,
                "nat-gateway",
                f"{interface.id} takes no connections",
                text=f"{packet.to} belongs to a NAT gateway, which takes no connections.",
                remedy="Use the address of the host behind it.",
            )
        peer = Peer(packet.source, packet.groups, packet.lost)
        judged = ask_groups(
            self.topology, interface.groups, False, (packet.protocol, packet.port), peer
        )
        self._groups_hop(interface.id, interface.groups, "ingress", judged, packet)

    def _groups_at(self, to: Address, subnet: str) -> tuple[str, ...]:
        """Return the groups of interfaces with an address, in the own VPC and those peered with it.

        A rule that names a group means the private addresses of its interfaces, whatever the
        routes are (VPC:security-group-rules).
        """
        home = self.topology.subnet(subnet)
        if home is None:
            return ()
        peered = (one.other(home.vpc) for one in self.topology.peerings if one.state == "active")
        near = [home.vpc, *(vpc for vpc in peered if vpc)]
        found = [self.topology.interface_at(to, vpc) for vpc in near]
        return tuple(group for one in found if one for group in one.groups)

    def _groups_hop(
        self,
        owner: str,
        groups: tuple[str, ...],
        direction: Direction,
        judged: Judgement,
        packet: Packet,
    ) -> None:
        component = judged.rule.split(" ", 1)[0] if judged.passed else ", ".join(groups) or owner
        what = f"{packet.protocol} {packet.port}"
        link = f"to {packet.to}" if direction == "egress" else f"from {packet.source}"
        side = "out of" if direction == "egress" else "into"
        if judged.passed:
            text = f"The security groups of {owner} let {what} {side} it."
            self.hops.append(Hop(component, "security-group", True, judged.rule, text, direction))
            return
        text = f"The security groups of {owner} do not let {what} {side} it ({link})."
        remedy = f"Add an {direction} rule to {component} for {what} {link}."
        if judged.code is Code.UNKNOWN_RESOURCE:
            text = f"The security groups of {owner} cannot be found: {component}."
            remedy = f"Give {owner} a security group that exists."
        if judged.code is Code.SG_REFERENCES_NOT_PRESERVED:
            remedy = f"Name the address {packet.source} in the rule instead of the group."
        raise self.stop(
            judged.code,
            component,
            "security-group",
            judged.rule,
            text=text,
            remedy=remedy,
            direction=direction,
        )

    # -- network ACLs --------------------------------------------------------------------------

    def ask_acl(
        self,
        subnet: str,
        direction: Direction,
        protocol: str,
        ports: tuple[int, int],
        peer: Address,
        *,
        back: bool = False,
    ) -> None:
        """Ask the network ACL of a subnet about packets that leave or enter it."""
        acl = self.topology.acl_of(subnet)
        if acl is None:
            raise self._no_acl(subnet, direction, back)
        judged = ask_acl(acl, direction == "egress", protocol, ports, peer)
        what = f"answers to ports {ports[0]}-{ports[1]}" if back else f"{protocol} {ports[0]}"
        side = "out of" if direction == "egress" else "into"
        if judged.passed:
            text = f"The network ACL of {subnet} lets {what} {side} it."
            self.hops.append(Hop(acl.id, "network-acl", True, judged.rule, text, direction, back))
            return
        link = "to" if direction == "egress" else "from"
        text = f"The network ACL of {subnet} does not let {what} {side} it ({link} {peer})."
        ports_named = f"{ports[0]}-{ports[1]}" if back else str(ports[0])
        remedy = (
            f"Allow {protocol} {ports_named} {link} {peer} in the {direction} rules of {acl.id}, "
            "with a lower number than any rule that denies it."
        )
        raise self.stop(
            judged.code,
            acl.id,
            "network-acl",
            judged.rule,
            text=text,
            remedy=remedy,
            direction=direction,
            back=back,
        )

    def _no_acl(self, subnet: str, direction: Direction, back: bool) -> Stopped:
        return self.stop(
            Code.UNKNOWN_RESOURCE,
            subnet,
            "network-acl",
            f"{subnet} has no network ACL",
            text=f"No network ACL of {subnet} can be found.",
            remedy="Associate a network ACL with the subnet.",
            direction=direction,
            back=back,
        )

    def answer_leaves(self, subnet: str, packet: Packet) -> None:
        """Let an answer to *packet* out of a subnet."""
        peer = packet.source
        self.ask_acl(subnet, "egress", packet.protocol, EPHEMERAL, peer, back=True)

    def answer_enters(self, subnet: str, packet: Packet) -> None:
        """Let an answer to *packet* into a subnet."""
        self.ask_acl(subnet, "ingress", packet.protocol, EPHEMERAL, packet.to, back=True)

    # -- routes --------------------------------------------------------------------------------

    def route(self, subnet: str, to: Address, *, back: bool = False) -> Route:
        """Return the route that a packet takes out of a subnet."""
        table = self.topology.table_of(subnet)
        name = table.id if table else subnet
        chosen = choose_route(self.topology, table, to) if table else None
        on_way = "The answer to" if back else "Traffic to"
        if chosen is None:
            raise self.stop(
                Code.NO_ROUTE_TO_DESTINATION,
                name,
                "route-table",
                f"{name} has no route for {to}",
                text=f"The route table of {subnet} has no route for {to}.",
                remedy=f"Add a route for {to} to {name}.",
                back=back,
            )
        rule = f"{name} route {chosen}"
        if not is_active(chosen):
            raise self.stop(
                Code.BAD_STATE_ROUTE,
                name,
                "route-table",
                f"{rule} ({chosen.state if chosen.target else 'blackhole'})",
                text=f"{on_way} {to} takes the route {chosen}, and what that leads to is gone.",
                remedy=f"Replace the route for {chosen.destination} in {name}, or mend its target.",
                back=back,
            )
        text = f"{on_way} {to} takes the route {chosen}."
        self.hops.append(Hop(name, "route-table", True, rule, text, None, back))
        return chosen
