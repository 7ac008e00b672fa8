"""Small networks to ask questions about, made of records."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from lambda_lab.network import components as parts
from lambda_lab.network.components import address, network
from lambda_lab.network.sources import Source
from lambda_lab.network.topology import Topology

ALL4, ALL6 = network("0.0.0.0/0"), network("::/0")
S3 = "com.amazonaws.us-east-1.s3"
SQS = "com.amazonaws.us-east-1.sqs"
FUNCTION = Source(("subnet-private",), ("sg-function",))


def route(destination: str, target: str, state: str = "active") -> parts.Route:
    """Return a route; *destination* is a block or the id of a prefix list."""
    return parts.Route(
        destination if destination.startswith("pl-") else network(destination), target, state
    )


def rule(
    way: str, protocol: str, ports: int | tuple[int, int], peer: str
) -> parts.SecurityGroupRule:
    """Return a rule of a security group."""
    first, last = (ports, ports) if isinstance(ports, int) else ports
    named = peer if peer.startswith(("sg-", "pl-")) else network(peer)
    return parts.SecurityGroupRule(way == "egress", protocol, named, first, last)


def entry(
    number: int, way: str, action: str, cidr: str = "0.0.0.0/0", **more: Any
) -> parts.AclEntry:
    """Return a rule of a network ACL."""
    return parts.AclEntry(number, way == "egress", action == "allow", network(cidr), **more)


OPEN = rule("egress", "-1", (0, 65535), "0.0.0.0/0")
OPEN6 = rule("egress", "-1", (0, 65535), "::/0")
OPEN_ACL = (
    entry(100, "egress", "allow"),
    entry(100, "ingress", "allow"),
    entry(101, "egress", "allow", "::/0"),
    entry(101, "ingress", "allow", "::/0"),
)


def acl(
    name: str, vpc: str, subnets: tuple[str, ...], *entries: parts.AclEntry
) -> parts.NetworkAcl:
    """Return a network ACL of some subnets."""
    return parts.NetworkAcl(name, vpc, entries, subnets)


def usual() -> Topology:
    """Return a VPC as it should be: public and private subnets, NAT, database, endpoint, peer."""
    return Topology(
        vpcs=(
            parts.Vpc("vpc-a", (network("10.0.0.0/16"), network("2600:a::/56")), True, True),
            parts.Vpc("vpc-b", (network("10.1.0.0/16"),), True, True),
        ),
        subnets=(
            parts.Subnet("subnet-public", "vpc-a", (network("10.0.0.0/24"),), "us-east-1a"),
            parts.Subnet(
                "subnet-private",
                "vpc-a",
                (network("10.0.1.0/24"), network("2600:a:0:1::/64")),
                "us-east-1a",
            ),
            parts.Subnet("subnet-data", "vpc-a", (network("10.0.2.0/24"),), "us-east-1b"),
            parts.Subnet("subnet-peer", "vpc-b", (network("10.1.1.0/24"),), "us-east-1a"),
        ),
        route_tables=(
            parts.RouteTable("rtb-main", "vpc-a", (route("10.0.0.0/16", "local"),), main=True),
            parts.RouteTable(
                "rtb-public",
                "vpc-a",
                (route("10.0.0.0/16", "local"), route("0.0.0.0/0", "igw-a")),
                ("subnet-public",),
            ),
            parts.RouteTable(
                "rtb-private",
                "vpc-a",
                (
                    route("10.0.0.0/16", "local"),
                    route("2600:a::/56", "local"),
                    route("0.0.0.0/0", "nat-a"),
                    route("::/0", "eigw-a"),
                    route("10.1.0.0/16", "pcx-ab"),
                    route("pl-s3", "vpce-s3"),
                ),
                ("subnet-private",),
            ),
            parts.RouteTable(
                "rtb-peer",
                "vpc-b",
                (route("10.1.0.0/16", "local"), route("10.0.0.0/16", "pcx-ab")),
                main=True,
            ),
        ),
        internet_gateways=(parts.InternetGateway("igw-a", "vpc-a"),),
        egress_only_gateways=(parts.EgressOnlyGateway("eigw-a", "vpc-a"),),
        nat_gateways=(
            parts.NatGateway(
                "nat-a", "vpc-a", "subnet-public", address("10.0.0.20"), address("198.51.100.99")
            ),
        ),
        groups=(
            parts.SecurityGroup("sg-function", "vpc-a", (OPEN, OPEN6)),
            parts.SecurityGroup("sg-data", "vpc-a", (rule("ingress", "tcp", 5432, "sg-function"),)),
            parts.SecurityGroup(
                "sg-endpoint", "vpc-a", (rule("ingress", "tcp", 443, "10.0.0.0/16"),)
            ),
            parts.SecurityGroup("sg-peer", "vpc-b", (rule("ingress", "tcp", 80, "sg-function"),)),
        ),
        acls=(
            parts.NetworkAcl("acl-a", "vpc-a", OPEN_ACL, default=True),
            parts.NetworkAcl("acl-b", "vpc-b", OPEN_ACL, default=True),
        ),
        endpoints=(
            parts.Endpoint("vpce-s3", "vpc-a", S3, "Gateway", route_tables=("rtb-private",)),
            parts.Endpoint(
                "vpce-sqs",
                "vpc-a",
                SQS,
                "Interface",
                interfaces=("eni-sqs",),
                groups=("sg-endpoint",),
                private_dns=True,
            ),
        ),
        peerings=(parts.Peering("pcx-ab", "vpc-a", "vpc-b"),),
        prefix_lists=(parts.PrefixList("pl-s3", S3, (network("52.216.0.0/15"),)),),
        interfaces=(
            parts.Interface(
                "eni-data", "vpc-a", "subnet-data", (address("10.0.2.30"),), ("sg-data",), None
            ),
            parts.Interface(
                "eni-sqs",
                "vpc-a",
                "subnet-data",
                (address("10.0.2.40"),),
                ("sg-endpoint",),
                kind="vpc_endpoint",
            ),
            parts.Interface(
                "eni-peer", "vpc-b", "subnet-peer", (address("10.1.1.30"),), ("sg-peer",)
            ),
        ),
    )


def changed(topology: Topology, kind: str, name: str, **settings: Any) -> Topology:
    """Return *topology* with one component's settings changed."""
    every = getattr(topology, kind)
    assert name in {one.id for one in every}, f"no {name} among {kind}"
    return replace(
        topology,
        **{kind: tuple(replace(one, **settings) if one.id == name else one for one in every)},
    )


def without(topology: Topology, kind: str, name: str) -> Topology:
    """Return *topology* without one component."""
    every = getattr(topology, kind)
    assert name in {one.id for one in every}, f"no {name} among {kind}"
    return replace(topology, **{kind: tuple(one for one in every if one.id != name)})


def added(topology: Topology, kind: str, *more: Any) -> Topology:
    """Return *topology* with further components, which come before those of the same role."""
    return replace(topology, **{kind: (*more, *getattr(topology, kind))})


def routed(topology: Topology, table: str, destination: str, target: str | None) -> Topology:
    """Return *topology* with one route of a table led elsewhere, added, or (None) taken out."""
    found = next(one for one in topology.route_tables if one.id == table)
    wanted = route(destination, target or "")
    routes = tuple(one for one in found.routes if one.destination != wanted.destination)
    routes = (*routes, wanted) if target is not None else routes
    return changed(topology, "route_tables", table, routes=routes)
