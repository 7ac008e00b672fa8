"""An independent answer to "can it reach that?": single packets, sent there and back.

Nothing of ``lambda_lab.network`` is used but its records. Each packet has a source port; it is
forwarded from device to device by its header alone, groups and NAT gateways remember connections,
network ACLs do not, and the answer is a packet of its own that has to find its way.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

from lambda_lab.network.components import (
    AclEntry,
    Address,
    Interface,
    NatGateway,
    Network,
    SecurityGroupRule,
)
from lambda_lab.network.topology import Topology

EPHEMERAL_LOW, EPHEMERAL_HIGH = 1024, 65535
USABLE = ("available", "Gateway")


@dataclass(frozen=True)
class Wire:
    """A packet on the wire; ``groups`` is whose interface it left, as AWS knows it."""

    source: Address
    sport: int
    to: Address
    dport: int
    groups: frozenset[str] = frozenset()


class Dropped(Exception):
    """A device dropped the packet; ``device`` is its id, ``place`` how many came before it."""

    def __init__(self, device: str, place: int) -> None:
        super().__init__(device)
        self.device = device
        self.place = place


@cache
def bits(block: Network) -> str:
    """Return a block's prefix as a text of zeroes and ones."""
    return written(block.network_address)[: block.prefixlen]


@cache
def written(one: Address) -> str:
    return f"{int(one):0{32 if one.version == 4 else 128}b}"


def inside(one: Address, block: Network) -> bool:
    return one.version == block.version and written(one).startswith(bits(block))


def drawn(first: str, parts: range) -> tuple[str, ...]:
    return tuple(f"{first}.{part}." for part in parts)


PRIVATE = ("10.", "192.168.", *drawn("172", range(16, 32)), *drawn("100", range(64, 128)))


class Walker:
    """Sends packets through a topology from one function's interface."""

    def __init__(self, topology: Topology, subnet: str, groups: tuple[str, ...]) -> None:
        self.net = topology
        self.subnet = subnet
        self.groups = groups
        self.seen = 0
        self.nats: dict[tuple[str, int], Wire] = {}

    # -- devices -------------------------------------------------------------------------------

    def device(self, name: str, passes: bool) -> None:
        if not passes:
            raise Dropped(name, self.seen)
        self.seen += 1

    def vpc_of(self, subnet: str) -> str:
        return next(one.vpc for one in self.net.subnets if one.id == subnet)

    def acl(self, subnet: str, egress: bool, wire: Wire) -> None:
        """The first rule by number that is about this very packet."""
        vpc = self.vpc_of(subnet)
        mine = [one for one in self.net.acls if one.vpc == vpc and subnet in one.subnets]
        mine += [one for one in self.net.acls if one.vpc == vpc and one.default]
        peer = wire.to if egress else wire.source
        verdict = False
        for one in sorted(mine[0].entries, key=lambda entry: entry.number, reverse=True):
            if one.egress == egress and inside(peer, one.cidr) and self.about(one, wire.dport):
                verdict = one.allow
        self.device(mine[0].id, verdict)

    @staticmethod
    def about(rule: AclEntry | SecurityGroupRule, port: int) -> bool:
        if rule.protocol == "-1":
            return True
        return rule.protocol == "tcp" and rule.from_port <= port <= rule.to_port

    def group(
        self, groups: tuple[str, ...], egress: bool, wire: Wire, other: frozenset[str]
    ) -> None:
        """Any rule of any group."""
        rules = [
            rule
            for group in self.net.groups
            if group.id in groups
            for rule in group.rules
            if rule.egress == egress and self.about(rule, wire.dport)
        ]
        peer = wire.to if egress else wire.source
        self.device(", ".join(groups), any(self.peer_fits(rule, peer, other) for rule in rules))

    def peer_fits(self, rule: SecurityGroupRule, peer: Address, other: frozenset[str]) -> bool:
        if not isinstance(rule.peer, str):
            return inside(peer, rule.peer)
        lists = [one for one in self.net.prefix_lists if one.id == rule.peer]
        return rule.peer in other or any(
            inside(peer, block) for one in lists for block in one.cidrs
        )

    def next_hop(self, subnet: str, to: Address) -> tuple[str, str]:
        """Return a route table and where it sends the packet: the longest run of equal bits."""
        vpc = self.vpc_of(subnet)
        tables = [one for one in self.net.route_tables if one.vpc == vpc and subnet in one.subnets]
        tables += [one for one in self.net.route_tables if one.vpc == vpc and one.main]
        if not tables:
            raise Dropped(subnet, self.seen)
        best: tuple[int, int, str, str] | None = None
        for one in tables[0].routes:
            listed = isinstance(one.destination, str)
            for block in self.blocks(one.destination):
                if not inside(to, block):
                    continue
                order = 3 if one.target == "local" else 1 if listed else 2
                key = (len(bits(block)), order, one.target, one.state)
                if best is None or key[:2] > best[:2]:
                    best = key
        if best is None or not best[2] or best[3] != "active":
            raise Dropped(tables[0].id, self.seen)
        self.seen += 1
        return tables[0].id, best[2]

    def blocks(self, destination: Network | str) -> Iterator[Network]:
        if not isinstance(destination, str):
            yield destination
            return
        for one in self.net.prefix_lists:
            if one.id == destination:
                yield from one.cidrs

    def owner(self, to: Address, vpc: str) -> Interface | None:
        found = [one for one in self.net.interfaces if one.vpc == vpc and to in one.addresses]
        return found[-1] if found else None

    def in_subnet(self, to: Address, subnet: str) -> bool:
        home = next(one for one in self.net.subnets if one.id == subnet)
        return any(inside(to, block) for block in home.cidrs)

    # -- the way there -------------------------------------------------------------------------

    def ping(self, source: Address, sport: int, to: Address, dport: int) -> None:
        """Send one packet and its answer; raises ``Dropped``."""
        self.seen = 0
        wire = Wire(source, sport, to, dport, frozenset(self.groups))
        self.group(self.groups, True, wire, self.groups_behind(to))
        back = self.forward(self.subnet, wire, nat=None, public=None)
        assert (back.to, back.dport) == (source, sport), "the answer is for somebody else"

    def groups_behind(self, to: Address) -> frozenset[str]:
        """Groups of the interfaces with an address, here and behind a working peering."""
        home = self.vpc_of(self.subnet)
        near = {home}
        for one in self.net.peerings:
            if one.state == "active" and home in (one.requester, one.accepter):
                near |= {one.requester, one.accepter}
        owners = [one for one in self.net.interfaces if one.vpc in near and to in one.addresses]
        return frozenset(group for one in owners for group in one.groups)

    def far_end(self, peering: str, vpc: str) -> str | None:
        for one in self.net.peerings:
            if one.id == peering and vpc in (one.requester, one.accepter):
                return one.accepter if one.requester == vpc else one.requester
        return None

    def forward(self, subnet: str, wire: Wire, nat: str | None, public: Address | None) -> Wire:
        """Send *wire* out of a subnet; returns the answer as it comes back into the subnet."""
        vpc = self.vpc_of(subnet)
        if not self.in_subnet(wire.to, subnet):
            self.acl(subnet, True, wire)
        table, target = self.next_hop(subnet, wire.to)
        if target == "local":
            return self.inside_vpc(subnet, wire, vpc, None, nat)
        kind = target.split("-")[0]
        if kind == "igw":
            return self.over_igw(subnet, wire, target, table, public)
        if kind == "eigw":
            known = any(
                one.id == target and one.vpc == vpc for one in self.net.egress_only_gateways
            )
            self.restart(table, known)
            self.device(target, wire.to.version == 6)
            return self.reply_from_outside(
                subnet, wire, self.on_internet(replace(wire, groups=frozenset()))
            )
        if kind == "nat":
            return self.over_nat(subnet, wire, target, table, nat)
        if kind == "vpce":
            known = any(
                one.id == target
                and one.vpc == vpc
                and one.state == "available"
                and one.kind == "Gateway"
                for one in self.net.endpoints
            )
            self.restart(table, known)
            self.device(target, True)
            return self.reply_from_outside(subnet, wire, self.answer(wire))
        if kind == "pcx":
            return self.over_peering(subnet, wire, target, table, nat)
        raise Dropped(target, self.seen)

    def restart(self, table: str, known: bool) -> None:
        """A route whose target is gone is dropped by the table itself."""
        if not known:
            raise Dropped(table, self.seen - 1)

    @staticmethod
    def answer(wire: Wire) -> Wire:
        return Wire(wire.to, wire.dport, wire.source, wire.sport)

    def reply_from_outside(self, subnet: str, wire: Wire, reply: Wire) -> Wire:
        back = replace(reply, to=wire.source, dport=wire.sport, source=wire.to, sport=wire.dport)
        self.acl(subnet, False, back)
        return back

    def inside_vpc(
        self, subnet: str, wire: Wire, vpc: str, peering: str | None, nat: str | None
    ) -> Wire:
        there = self.owner(wire.to, vpc)
        if there is None:
            raise Dropped(str(wire.to), self.seen)
        away = there.subnet != subnet
        if away:
            self.acl(there.subnet, False, wire)
        self.group(there.groups, False, wire, wire.groups)
        back = self.answer(wire)
        if away:
            self.acl(there.subnet, True, back)
            if not (nat and peering):
                table, target = self.next_hop(there.subnet, back.to)
                if target != (peering or "local"):
                    raise Dropped(table, self.seen - 1)
            self.acl(subnet, False, back)
        return back

    def over_igw(
        self, subnet: str, wire: Wire, gateway: str, table: str, public: Address | None
    ) -> Wire:
        vpc = self.vpc_of(subnet)
        self.restart(
            table, any(one.id == gateway and one.vpc == vpc for one in self.net.internet_gateways)
        )
        refused = wire.to.version == 4 and str(wire.to).startswith(PRIVATE)
        seen = wire.source if wire.to.version == 6 else public
        self.device(gateway, not refused and seen is not None)
        assert seen is not None
        reply = self.on_internet(replace(wire, source=seen, groups=frozenset()))
        return self.reply_from_outside(subnet, wire, reply)

    def on_internet(self, wire: Wire) -> Wire:
        """A host on the internet, or a public interface of this very Region."""
        for one in self.net.interfaces:
            mine = (
                wire.to in one.addresses if wire.to.version == 6 else wire.to == one.public_address
            )
            if not mine:
                continue
            gateways = [gate.id for gate in self.net.internet_gateways if gate.vpc == one.vpc]
            self.device(one.id, bool(gateways))
            self.acl(one.subnet, False, wire)
            self.group(one.groups, False, wire, frozenset())
            back = self.answer(wire)
            self.acl(one.subnet, True, back)
            table, target = self.next_hop(one.subnet, back.to)
            if target != gateways[0]:
                raise Dropped(table, self.seen - 1)
            return back
        return self.answer(wire)

    def over_nat(self, subnet: str, wire: Wire, name: str, table: str, nat: str | None) -> Wire:
        if nat is not None:
            raise Dropped(table, self.seen - 1)
        found = [one for one in self.net.nat_gateways if one.id == name]
        self.restart(table, bool(found))
        (gate,) = found
        works = gate.vpc == self.vpc_of(subnet) and gate.state == "available"
        self.device(name, works and wire.to.version == 4)
        assert gate.address is not None
        if gate.subnet != subnet:
            self.acl(gate.subnet, False, wire)
        public = gate.public_address if gate.connectivity == "public" else None
        sent = Wire(gate.address, EPHEMERAL_LOW, wire.to, wire.dport)
        back = self.from_every_port(gate, sent, wire, public)
        remembered = self.nats[name, back.dport]
        back = replace(back, to=remembered.source, dport=remembered.sport)
        if gate.subnet != subnet:
            self.acl(gate.subnet, True, back)
            self.acl(subnet, False, back)
        return back

    def from_every_port(
        self, gate: NatGateway, sent: Wire, wire: Wire, public: Address | None
    ) -> Wire:
        """A NAT gateway takes any port it likes, so each has to come back."""
        start, drops = self.seen, []
        for port in source_ports(self.net):
            self.seen = start
            self.nats[gate.id, port] = wire
            try:
                back = self.forward(gate.subnet, replace(sent, sport=port), gate.id, public)
            except Dropped as dropped:
                drops.append(dropped)
        if drops:
            raise min(drops, key=lambda one: one.place)
        return back

    def over_peering(self, subnet: str, wire: Wire, name: str, table: str, nat: str | None) -> Wire:
        known = [one for one in self.net.peerings if one.id == name and one.state == "active"]
        self.restart(table, bool(known))
        far = self.far_end(name, self.vpc_of(subnet))
        blocks = [block for one in self.net.vpcs if one.id == far for block in one.cidrs]
        self.device(name, any(inside(wire.to, block) for block in blocks))
        assert far is not None
        return self.inside_vpc(subnet, wire, far, name, nat)


def source_ports(topology: Topology) -> list[int]:
    """Ports at which some rule changes its mind, and the ends of the ephemeral range."""
    edges = {EPHEMERAL_LOW, EPHEMERAL_HIGH}
    for acl in topology.acls:
        for entry in acl.entries:
            edges |= {entry.from_port - 1, entry.from_port, entry.to_port, entry.to_port + 1}
    return sorted(port for port in edges if EPHEMERAL_LOW <= port <= EPHEMERAL_HIGH)


def walk(
    topology: Topology, place: tuple[str, tuple[str, ...]], source: Address, to: Address, port: int
) -> str | None:
    """Return None if packets from every port come back, else the first device that drops one."""
    drops: list[Dropped] = []
    for sport in source_ports(topology):
        walker = Walker(topology, *place)
        try:
            walker.ping(source, sport, to, port)
        except Dropped as dropped:
            drops.append(dropped)
    return min(drops, key=lambda one: one.place).device if drops else None
