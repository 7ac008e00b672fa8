"""Small networks to ask questions about, made of records."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from lambda_lab.network.sources import Source
from lambda_lab.network.topology import (
    AclEntry,
    EgressOnlyGateway,
    Endpoint,
    Interface,
    InternetGateway,
    NatGateway,
    NetworkAcl,
    Peering,
    PrefixList,
    Route,
    RouteTable,
    SecurityGroup,
    SecurityGroupRule,
    Subnet,
    Topology,
    Vpc,
    address,
    network,
)

ALL4, ALL6 = network("0.0.0.0/0"), network("::/0")
S3 = "com.amazonaws.us-east-1.s3"
SQS = "com.amazonaws.us-east-1.sqs"
FUNCTION = Source(("subnet-private",), ("sg-function",))


def route(destination: str, target: str, state: str = "active") -> Route:
    """Return a route; *destination* is a block or the id of a prefix list."""
    return Route(
        destination if destination.startswith("pl-") else network(destination), target, state
    )


def rule(way: str, protocol: str, ports: int | tuple[int, int], peer: str) -> SecurityGroupRule:
    """Return a rule of a security group."""
    first, last = (ports, ports) if isinstance(ports, int) else ports
    named = peer if peer.startswith(("sg-", "pl-")) else network(peer)
    return SecurityGroupRule(way == "egress", protocol, named, first, last)


def entry(number: int, way: str, action: str, cidr: str = "0.0.0.0/0", **more: Any) -> AclEntry:
    """Return a rule of a network ACL."""
    return AclEntry(number, way == "egress", action == "allow", network(cidr), **more)


OPEN = rule("egress", "-1", (0, 65535), "0.0.0.0/0")
OPEN6 = rule("egress", "-1", (0, 65535), "::/0")
OPEN_ACL = (
    entry(100, "egress", "allow"),
    entry(100, "ingress", "allow"),
    entry(101, "egress", "allow", "::/0"),
    entry(101, "ingress", "allow", "::/0"),
)


def acl(name: str, vpc: str, subnets: tuple[str, ...], *entries: AclEntry) -> NetworkAcl:
    """Return a network ACL of some subnets."""
    return NetworkAcl(name, vpc, entries, subnets)


def usual() -> Topology:
    """Return a VPC as it should be: public and private subnets, NAT, database, endpoint, peer."""
    return Topology(
        vpcs=(
            Vpc("vpc-a", (network("10.0.0.0/16"), network("2600:a::/56")), True, True),
            Vpc("vpc-b", (network("10.1.0.0/16"),), True, True),
        ),
        subnets=(
            Subnet("subnet-public", "vpc-a", (network("10.0.0.0/24"),), "us-east-1a"),
            Subnet(
                "subnet-private",
                "vpc-a",
                (network("10.0.1.0/24"), network("2600:a:0:1::/64")),
                "us-east-1a",
            ),
            Subnet("subnet-data", "vpc-a", (network("10.0.2.0/24"),), "us-east-1b"),
            Subnet("subnet-peer", "vpc-b", (network("10.1.1.0/24"),), "us-east-1a"),
        ),
        route_tables=(
            RouteTable("rtb-main", "vpc-a", (route("10.0.0.0/16", "local"),), main=True),
            RouteTable(
                "rtb-public",
                "vpc-a",
                (route("10.0.0.0/16", "local"), route("0.0.0.0/0", "igw-a")),
                ("subnet-public",),
            ),
            RouteTable(
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
            RouteTable(
                "rtb-peer",
                "vpc-b",
                (route("10.1.0.0/16", "local"), route("10.0.0.0/16", "pcx-ab")),
                main=True,
            ),
        ),
        internet_gateways=(InternetGateway("igw-a", "vpc-a"),),
        egress_only_gateways=(EgressOnlyGateway("eigw-a", "vpc-a"),),
        nat_gateways=(
            NatGateway(
                "nat-a", "vpc-a", "subnet-public", address("10.0.0.20"), address("198.51.100.99")
            ),
        ),
        groups=(
            SecurityGroup("sg-function", "vpc-a", (OPEN, OPEN6)),
            SecurityGroup("sg-data", "vpc-a", (rule("ingress", "tcp", 5432, "sg-function"),)),
            SecurityGroup("sg-endpoint", "vpc-a", (rule("ingress", "tcp", 443, "10.0.0.0/16"),)),
            SecurityGroup("sg-peer", "vpc-b", (rule("ingress", "tcp", 80, "sg-function"),)),
        ),
        acls=(
            NetworkAcl("acl-a", "vpc-a", OPEN_ACL, default=True),
            NetworkAcl("acl-b", "vpc-b", OPEN_ACL, default=True),
        ),
        endpoints=(
            Endpoint("vpce-s3", "vpc-a", S3, "Gateway", route_tables=("rtb-private",)),
            Endpoint(
                "vpce-sqs",
                "vpc-a",
                SQS,
                "Interface",
                interfaces=("eni-sqs",),
                groups=("sg-endpoint",),
                private_dns=True,
            ),
        ),
        peerings=(Peering("pcx-ab", "vpc-a", "vpc-b"),),
        prefix_lists=(PrefixList("pl-s3", S3, (network("52.216.0.0/15"),)),),
        interfaces=(
            Interface(
                "eni-data", "vpc-a", "subnet-data", (address("10.0.2.30"),), ("sg-data",), None
            ),
            Interface(
                "eni-sqs",
                "vpc-a",
                "subnet-data",
                (address("10.0.2.40"),),
                ("sg-endpoint",),
                kind="vpc_endpoint",
            ),
            Interface("eni-peer", "vpc-b", "subnet-peer", (address("10.1.1.30"),), ("sg-peer",)),
        ),
    )


def changed(topology: Topology, kind: str, name: str, **settings: Any) -> Topology:
    """Return *topology* with one component's settings changed."""
    parts = getattr(topology, kind)
    assert name in {one.id for one in parts}, f"no {name} among {kind}"
    return replace(
        topology,
        **{kind: tuple(replace(one, **settings) if one.id == name else one for one in parts)},
    )


def without(topology: Topology, kind: str, name: str) -> Topology:
    """Return *topology* without one component."""
    parts = getattr(topology, kind)
    assert name in {one.id for one in parts}, f"no {name} among {kind}"
    return replace(topology, **{kind: tuple(one for one in parts if one.id != name)})


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
