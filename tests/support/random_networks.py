"""Random networks: a sound one, with a few things broken or changed at random."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from random import Random

from lambda_lab.network import components as parts
from lambda_lab.network.components import Address, address
from lambda_lab.network.components import network as read_network
from lambda_lab.network.topology import Topology

network = cache(read_network)

VPCS = ("a", "b", "c")
PORTS = (80, 443, 5432)
SERVICE = network("52.216.0.0/15")
TARGETS = ("igw-{v}", "nat-{v}", "nat-{w}", "eigw-{v}", "vpce-{v}", "pcx-ab", "pcx-bc", "local", "")
BLOCKS = ("0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/16", "10.1.0.0/16", "10.2.0.0/16", "10.1.1.0/24",
          "203.0.113.0/24", "52.216.0.0/15", "::/0", "2600::/16", "2600:1::/32")  # fmt: skip
PEERS = ("0.0.0.0/0", "::/0", "10.0.0.0/8", "10.0.1.0/24", "10.1.0.0/16", "203.0.113.0/24",
         "52.216.0.0/15", "sg-a1", "sg-a2", "sg-b1", "pl-s3", "10.0.0.4/32")  # fmt: skip
RANGES = ((0, 65535), (443, 443), (80, 80), (5432, 5432), (1024, 65535), (32768, 65535), (1, 1023))


def block_of(number: int, part: int) -> str:
    return f"10.{number}.{part}.0/24"


class Maker:
    """Makes one random network."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance

    def rule(self, egress: bool) -> parts.SecurityGroupRule:
        peer = self.chance.choice(PEERS)
        named = peer if peer.startswith(("sg-", "pl-")) else network(peer)
        protocol = self.chance.choice(("tcp", "tcp", "tcp", "udp", "-1"))
        low, high = (0, 65535) if protocol == "-1" else self.chance.choice(RANGES)
        return parts.SecurityGroupRule(egress, protocol, named, low, high)

    def group(self, name: str, vpc: str) -> parts.SecurityGroup:
        if self.chance.random() < 0.7:
            anywhere = [network("0.0.0.0/0"), network("::/0")]
            rules = [
                parts.SecurityGroupRule(way, "-1", one) for way in (True, False) for one in anywhere
            ]
        else:
            rules = []
        rules += [self.rule(self.chance.random() < 0.5) for _ in range(self.chance.randrange(3))]
        return parts.SecurityGroup(name, vpc, tuple(rules))

    def entry(self, egress: bool) -> parts.AclEntry:
        protocol = self.chance.choice(("-1", "tcp", "tcp", "udp"))
        low, high = (0, 65535) if protocol == "-1" else self.chance.choice(RANGES)
        cidr = network(self.chance.choice(tuple(peer for peer in PEERS if "-" not in peer)))
        number = self.chance.randrange(1, 300)
        return parts.AclEntry(number, egress, self.chance.random() < 0.6, cidr, protocol, low, high)

    def entries(self) -> tuple[parts.AclEntry, ...]:
        every = [network("0.0.0.0/0"), network("::/0")]
        made: dict[tuple[int, bool], parts.AclEntry] = {}
        if self.chance.random() < 0.85:
            for place, cidr in enumerate(every):
                for way in (True, False):
                    made[150 + place, way] = parts.AclEntry(150 + place, way, True, cidr)
        if self.chance.random() < 0.4:
            for _ in range(self.chance.randrange(1, 4)):
                one = self.entry(self.chance.random() < 0.5)
                made[one.number, one.egress] = one
        return tuple(made.values())

    def routes(self, number: int, vpc: str, public: bool) -> tuple[parts.Route, ...]:
        found = [
            parts.Route(network(f"10.{number}.0.0/16"), "local"),
            parts.Route(network(f"2600:{number}::/32"), "local"),
        ]
        if self.chance.random() < 0.85:
            out = f"igw-{vpc}" if public else f"nat-{vpc}"
            found.append(parts.Route(network("0.0.0.0/0"), out))
            found.append(parts.Route(network("::/0"), f"igw-{vpc}" if public else f"eigw-{vpc}"))
        if self.chance.random() < 0.6:
            found.append(parts.Route("pl-s3", f"vpce-{vpc}"))
        for other, peering in ((0, "pcx-ab"), (1, "pcx-ab"), (1, "pcx-bc"), (2, "pcx-bc")):
            taken = any(one.destination == network(f"10.{other}.0.0/16") for one in found)
            if vpc in peering[4:] and not taken and self.chance.random() < 0.85:
                found.append(parts.Route(network(f"10.{other}.0.0/16"), peering))
        if self.chance.random() < 0.25:
            target = self.chance.choice(TARGETS)
            named = target.format(v=vpc, w=self.chance.choice(VPCS))
            wanted = network(self.chance.choice(BLOCKS))
            state = self.chance.choice(("active", "active", "blackhole"))
            found = [one for one in found if one.destination != wanted]
            found.append(parts.Route(wanted, named, state))
        self.chance.shuffle(found)
        return tuple(found)

    def vpc(self, number: int, vpc: str) -> Topology:
        subnets = tuple(
            parts.Subnet(
                f"subnet-{vpc}{part}",
                f"vpc-{vpc}",
                (network(block_of(number, part)), network(f"2600:{number}:0:{part}::/64")),
            )
            for part in range(3)
        )
        names = tuple(one.id for one in subnets)
        nat_place = names[0] if self.chance.random() < 0.85 else self.chance.choice(names)
        tables = (
            parts.RouteTable(
                f"rtb-{vpc}m", f"vpc-{vpc}", self.routes(number, vpc, False), main=True
            ),
            parts.RouteTable(
                f"rtb-{vpc}p", f"vpc-{vpc}", self.routes(number, vpc, True), names[:1]
            ),
            parts.RouteTable(
                f"rtb-{vpc}2", f"vpc-{vpc}", self.routes(number, vpc, False), names[2:]
            ),
        )
        kept = self.chance.random
        return Topology(
            vpcs=(
                parts.Vpc(
                    f"vpc-{vpc}",
                    (network(f"10.{number}.0.0/16"), network(f"2600:{number}::/32")),
                    True,
                    True,
                ),
            ),
            subnets=subnets,
            route_tables=tables,
            internet_gateways=(
                parts.InternetGateway(f"igw-{vpc}", f"vpc-{vpc}" if kept() < 0.9 else None),
            ),
            egress_only_gateways=(parts.EgressOnlyGateway(f"eigw-{vpc}", f"vpc-{vpc}"),),
            nat_gateways=(self.nat(number, vpc, nat_place),) if kept() < 0.9 else (),
            groups=tuple(self.group(f"sg-{vpc}{n}", f"vpc-{vpc}") for n in (1, 2)),
            acls=(
                parts.NetworkAcl(f"acl-{vpc}", f"vpc-{vpc}", self.entries(), default=True),
                parts.NetworkAcl(f"acl-{vpc}2", f"vpc-{vpc}", self.entries(), names[1:2]),
            ),
            endpoints=(
                parts.Endpoint(
                    f"vpce-{vpc}",
                    f"vpc-{vpc}",
                    "com.amazonaws.us-east-1.s3",
                    "Gateway",
                    "available" if kept() < 0.9 else "deleted",
                ),
            ),
            interfaces=tuple(self.interfaces(number, vpc, names)),
        )

    def nat(self, number: int, vpc: str, subnet: str) -> parts.NatGateway:
        part = subnet[-1]
        state = "available" if self.chance.random() < 0.92 else "pending"
        kind = "public" if self.chance.random() < 0.92 else "private"
        own, public = address(f"10.{number}.{part}.9"), address(f"198.51.100.{number + 1}")
        return parts.NatGateway(f"nat-{vpc}", f"vpc-{vpc}", subnet, own, public, kind, state)

    def interfaces(self, number: int, vpc: str, names: Sequence[str]) -> list[parts.Interface]:
        made = []
        for part, subnet in enumerate(names):
            public = address(f"203.0.113.{number * 10 + part + 100}")
            made.append(
                parts.Interface(
                    f"eni-{vpc}{part}",
                    f"vpc-{vpc}",
                    subnet,
                    (address(f"10.{number}.{part}.30"), address(f"2600:{number}:0:{part}::30")),
                    (f"sg-{vpc}{self.chance.choice((1, 2))}",),
                    public if self.chance.random() < 0.5 else None,
                )
            )
        return made

    def all(self) -> Topology:
        made = [self.vpc(number, vpc) for number, vpc in enumerate(VPCS)]
        merged = {
            name: tuple(one for part in made for one in getattr(part, name))
            for name in Topology.__dataclass_fields__
            if name != "region"
        }
        merged["prefix_lists"] = (
            parts.PrefixList("pl-s3", "com.amazonaws.us-east-1.s3", (SERVICE,)),
        )
        merged["peerings"] = (
            parts.Peering("pcx-ab", "vpc-a", "vpc-b", self.peering_state()),
            parts.Peering("pcx-bc", "vpc-b", "vpc-c", self.peering_state()),
        )
        return replace(Topology(), **merged)

    def peering_state(self) -> str:
        return "active" if self.chance.random() < 0.9 else "pending-acceptance"

    def destination(self, topology: Topology) -> Address:
        """Return an address: of an interface, of nobody, of a service or of the internet."""
        one = self.chance.choice(topology.interfaces)
        near = self.chance.choice([each for each in topology.interfaces if each.vpc != "vpc-c"])
        choices: list[Callable[[], Address]] = [
            lambda: near.addresses[0],
            lambda: near.addresses[0],
            lambda: one.addresses[self.chance.choice((0, 0, 1))],
            lambda: one.public_address or address("203.0.113.10"),
            lambda: address("203.0.113.10"),
            lambda: address("52.216.0.10"),
            lambda: address("2606::1"),
            lambda: address(f"10.{self.chance.randrange(4)}.1.200"),
            lambda: address("192.168.7.7"),
        ]
        return self.chance.choice(choices)()


def random_question(seed: int) -> tuple[Topology, str, tuple[str, ...], Address, int]:
    """Return a network, a subnet and groups of a function, an address and a port."""
    maker = Maker(Random(seed))
    topology = maker.all()
    subnet = maker.chance.choice(("subnet-a0", "subnet-a1", "subnet-a2", "subnet-a1", "subnet-b1"))
    vpc = subnet[7]
    groups = tuple(maker.chance.sample((f"sg-{vpc}1", f"sg-{vpc}2"), maker.chance.choice((1, 2))))
    return topology, subnet, groups, maker.destination(topology), maker.chance.choice(PORTS)
