"""Named networks, each with what AWS's rules say of it: the code, and the first hop that fails."""
# ruff: noqa: E501 - a table: one case, one row

from __future__ import annotations

from dataclasses import dataclass

from lambda_lab.network.components import AclEntry, InternetGateway, Peering, Subnet, Vpc, network
from lambda_lab.network.databases import Database, Proxy
from lambda_lab.network.destinations import (
    At,
    AwsService,
    Destination,
    EndpointName,
    FunctionUrl,
    Instance,
    Internet,
)
from lambda_lab.network.sources import Source
from lambda_lab.network.topology import Topology
from network_worlds import (
    FUNCTION,
    OPEN,
    OPEN_ACL,
    acl,
    added,
    changed,
    entry,
    routed,
    rule,
    usual,
    without,
)

HERE = usual()
WEB, DATA, PEER = Internet(), At("10.0.2.30"), At("10.1.1.30")
OUTSIDE = Source()
IN_PUBLIC = Source(("subnet-public",), ("sg-function",))
IN_DATA = Source(("subnet-data",), ("sg-function",))
DUAL = Source(("subnet-private",), ("sg-function",), ipv6=True)
WEB6 = Internet("six.example.com", ("2606:2800::1",))
DATABASE = Database("orders", ("subnet-data",), ("sg-data",))
PUBLIC_DATABASE = Database("shop", ("subnet-public",), ("sg-data",), public=True)


def private_acl(*entries: AclEntry) -> Topology:
    """Return the usual network, with a network ACL of the private subnet's own."""
    return added(HERE, "acls", acl("acl-p", "vpc-a", ("subnet-private",), *entries))


def subnet_acl(subnet: str, *entries: AclEntry) -> Topology:
    return added(HERE, "acls", acl("acl-x", "vpc-a", (subnet,), *entries))


def groups(name: str, *rules: object) -> Topology:
    return changed(HERE, "groups", name, rules=rules)


def tcp(
    number: int, way: str, action: str, ports: tuple[int, int], cidr: str = "0.0.0.0/0"
) -> AclEntry:
    return entry(number, way, action, cidr, protocol="tcp", from_port=ports[0], to_port=ports[1])


BACK = (1024, 65535)
OUT443, IN_BACK = tcp(100, "egress", "allow", (443, 443)), tcp(100, "ingress", "allow", BACK)
NO_GATEWAY = added(
    without(HERE, "internet_gateways", "igw-a"), "internet_gateways", InternetGateway("igw-a", None)
)
SECOND_PEER = added(
    added(
        added(HERE, "vpcs", Vpc("vpc-c", (network("10.2.0.0/16"),))),
        "peerings",
        Peering("pcx-bc", "vpc-b", "vpc-c"),
    ),
    "subnets",
    Subnet("subnet-c", "vpc-c", (network("10.2.1.0/24"),)),
)
PUBLIC_OPEN = groups("sg-data", rule("ingress", "tcp", 5432, "0.0.0.0/0"))
DENY_POLICY = '{"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::mine/*"}]}'
WITH_POLICY = changed(HERE, "endpoints", "vpce-s3", policy=DENY_POLICY)
GET = AwsService("s3", action="s3:GetObject", resource="arn:aws:s3:::mine/key")
PUT = AwsService("s3", action="s3:PutObject", resource="arn:aws:s3:::mine/key")


@dataclass(frozen=True)
class Case:
    """A question, and the answer: code, first failing hop, how it shows; all None: reachable."""

    name: str
    topology: Topology
    source: Source
    destination: Destination
    port: int
    code: str | None = None
    hop: str | None = None
    shows: str | None = "hangs"
    back: bool = False
    protocol: str = "tcp"


def works(
    name: str, topology: Topology, source: Source, destination: Destination, port: int
) -> Case:
    return Case(name, topology, source, destination, port, shows=None)


CASES = [
    # What works.
    works("private subnet, NAT, internet", HERE, FUNCTION, WEB, 443),
    works("S3 by the gateway endpoint", HERE, FUNCTION, AwsService("s3"), 443),
    works("SQS by the interface endpoint", HERE, FUNCTION, AwsService("sqs"), 443),
    works("SQS by the endpoint's own name", HERE, FUNCTION, EndpointName("vpce-sqs"), 443),
    works("SNS by NAT", HERE, FUNCTION, AwsService("sns"), 443),
    works("a database whose group names the function's", HERE, FUNCTION, DATABASE, 5432),
    works("a proxy", HERE, FUNCTION, Proxy("pool", ("subnet-data",), ("sg-data",)), 5432),
    works("an interface by its id", HERE, FUNCTION, Instance("eni-data"), 5432),
    works("a peer whose group names the function's", HERE, FUNCTION, PEER, 80),
    works("IPv6 by an egress-only gateway", HERE, DUAL, WEB6, 443),
    works("another function's URL", HERE, FUNCTION, FunctionUrl("x.lambda-url.us-east-1.on.aws"), 443),
    works("the resolver, which nothing filters", groups("sg-function"), FUNCTION, At("169.254.169.253"), 53),
    works("Lambda's own network, internet", HERE, OUTSIDE, WEB, 443),
    works("Lambda's own network, AWS", HERE, OUTSIDE, AwsService("sqs"), 443),
    works("Lambda's own network, a public database", PUBLIC_OPEN, OUTSIDE, PUBLIC_DATABASE, 5432),
    works("a public database from inside its VPC goes the private way", HERE, FUNCTION, PUBLIC_DATABASE, 5432),
    works("own subnet: no network ACL is asked", subnet_acl("subnet-data"), IN_DATA, DATA, 5432),
    works("answers are let through by a group without egress rules", HERE, FUNCTION, DATA, 5432),
    works("egress to the prefix list only", groups("sg-function", rule("egress", "tcp", 443, "pl-s3")), FUNCTION, AwsService("s3"), 443),
    works("egress to a group only", groups("sg-function", rule("egress", "tcp", 5432, "sg-data")), FUNCTION, DATA, 5432),
    works("a network ACL with ephemeral ports", private_acl(OUT443, IN_BACK), FUNCTION, WEB, 443),
    works("an allow with the lower number wins", private_acl(OUT443, IN_BACK, entry(200, "egress", "deny")), FUNCTION, WEB, 443),
    works("a more specific route wins over a blackhole", routed(HERE, "rtb-private", "203.0.0.0/8", ""), FUNCTION, At("198.51.100.7"), 443),
    works("the endpoint's policy allows the call", WITH_POLICY, FUNCTION, GET, 443),
    # Routes.
    Case("a public subnet", HERE, IN_PUBLIC, WEB, 443, "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS", "igw-a"),
    Case("no default route", HERE, IN_DATA, WEB, 443, "NO_ROUTE_TO_DESTINATION", "rtb-main"),
    Case("a route to a NAT gateway that is gone", routed(HERE, "rtb-private", "0.0.0.0/0", ""), FUNCTION, WEB, 443, "BAD_STATE_ROUTE", "rtb-private"),
    Case("a route to a NAT gateway nobody knows", without(HERE, "nat_gateways", "nat-a"), FUNCTION, WEB, 443, "BAD_STATE_ROUTE", "rtb-private"),
    Case("a more specific blackhole", routed(HERE, "rtb-private", "203.0.113.0/24", ""), FUNCTION, WEB, 443, "BAD_STATE_ROUTE", "rtb-private"),
    Case("a detached internet gateway", NO_GATEWAY, FUNCTION, WEB, 443, "BAD_STATE_ROUTE", "rtb-public"),
    Case("NAT in a private subnet", changed(HERE, "nat_gateways", "nat-a", subnet="subnet-data"), FUNCTION, WEB, 443, "NO_ROUTE_TO_DESTINATION", "rtb-main"),
    Case("NAT in the subnet it serves", changed(HERE, "nat_gateways", "nat-a", subnet="subnet-private"), FUNCTION, WEB, 443, "NO_ROUTE_TO_DESTINATION", "rtb-private"),
    Case("NAT still pending", changed(HERE, "nat_gateways", "nat-a", state="pending"), FUNCTION, WEB, 443, "BAD_STATE", "nat-a"),
    Case("a private NAT", changed(HERE, "nat_gateways", "nat-a", connectivity="private"), FUNCTION, WEB, 443, "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS", "igw-a"),
    Case("the peer's NAT", changed(HERE, "nat_gateways", "nat-a", vpc="vpc-b"), FUNCTION, WEB, 443, "NGW_REQUIRES_SOURCE_IN_VPC", "nat-a"),
    Case("a private address by the internet gateway", HERE, IN_PUBLIC, At("192.168.1.1"), 80, "IGW_DESTINATION_ADDRESS_NOT_IN_RFC1918_EGRESS", "igw-a"),
    Case("a shared address by the internet gateway", HERE, IN_PUBLIC, At("100.64.1.1"), 80, "IGW_DESTINATION_ADDRESS_NOT_IN_RFC6598_EGRESS", "igw-a"),
    Case("a transit gateway", routed(HERE, "rtb-private", "0.0.0.0/0", "tgw-1"), FUNCTION, WEB, 443, "UNSUPPORTED_COMPONENT", "tgw-1"),
    Case("an interface that checks source and destination", routed(HERE, "rtb-private", "0.0.0.0/0", "eni-data"), FUNCTION, WEB, 443, "ENI_SOURCE_DEST_CHECK_RESTRICTION", "eni-data"),
    Case("an address nobody has", HERE, FUNCTION, At("10.0.2.99"), 80, "NO_POSSIBLE_DESTINATION", "10.0.2.99"),
    # Security groups.
    Case("a group without egress rules", groups("sg-function"), FUNCTION, WEB, 443, "SG_HAS_NO_RULES", "sg-function"),
    Case("egress for another port", groups("sg-function", rule("egress", "tcp", 5432, "0.0.0.0/0")), FUNCTION, WEB, 443, "ENI_SG_RULES_MISMATCH", "sg-function"),
    Case("egress for IPv4 only", groups("sg-function", OPEN), DUAL, WEB6, 443, "ENI_SG_RULES_MISMATCH", "sg-function"),
    Case("egress for UDP only", groups("sg-function", rule("egress", "udp", 443, "0.0.0.0/0")), FUNCTION, WEB, 443, "ENI_SG_RULES_MISMATCH", "sg-function"),
    Case("a database that names another group", groups("sg-data", rule("ingress", "tcp", 5432, "sg-peer")), FUNCTION, DATA, 5432, "ENI_SG_RULES_MISMATCH", "sg-data"),
    Case("a database without ingress rules", groups("sg-data"), FUNCTION, DATABASE, 5432, "SG_HAS_NO_RULES", "sg-data"),
    Case("an endpoint's group without 443", groups("sg-endpoint", rule("ingress", "tcp", 80, "0.0.0.0/0")), FUNCTION, AwsService("sqs"), 443, "ENI_SG_RULES_MISMATCH", "sg-endpoint"),
    Case("a group reference by way of the internet", HERE, OUTSIDE, PUBLIC_DATABASE, 5432, "ENI_SG_RULES_MISMATCH", "sg-data"),
    Case("a group that was deleted", without(HERE, "groups", "sg-data"), FUNCTION, DATA, 5432, "UNKNOWN_RESOURCE", "sg-data"),
    # Network ACLs.
    Case("a network ACL without rules", private_acl(), FUNCTION, WEB, 443, "SUBNET_ACL_RESTRICTION", "acl-p"),
    Case("ephemeral ports forgotten", private_acl(OUT443, tcp(100, "ingress", "allow", (443, 443))), FUNCTION, WEB, 443, "SUBNET_ACL_RESTRICTION", "acl-p", back=True),
    Case("ephemeral ports of Linux only", private_acl(OUT443, tcp(100, "ingress", "allow", (32768, 61000))), FUNCTION, WEB, 443, "SUBNET_ACL_RESTRICTION", "acl-p", back=True),
    Case("a deny with the lower number wins", private_acl(*OPEN_ACL, entry(50, "egress", "deny", "203.0.113.0/24")), FUNCTION, WEB, 443, "SUBNET_ACL_RESTRICTION", "acl-p"),
    Case("the database's network ACL keeps it out", subnet_acl("subnet-data", entry(100, "egress", "allow")), FUNCTION, DATA, 5432, "SUBNET_ACL_RESTRICTION", "acl-x"),
    Case("the database's network ACL keeps its answers", subnet_acl("subnet-data", entry(100, "ingress", "allow")), FUNCTION, DATA, 5432, "SUBNET_ACL_RESTRICTION", "acl-x", back=True),
    Case("the NAT's network ACL keeps the function out", subnet_acl("subnet-public", entry(100, "egress", "allow")), FUNCTION, WEB, 443, "SUBNET_ACL_RESTRICTION", "acl-x"),
    Case("the NAT's network ACL keeps answers out", subnet_acl("subnet-public", entry(100, "egress", "allow"), entry(100, "ingress", "allow", "10.0.0.0/8")), FUNCTION, WEB, 443, "SUBNET_ACL_RESTRICTION", "acl-x", back=True),
    Case("the NAT's network ACL keeps the last way back", subnet_acl("subnet-public", tcp(100, "egress", "allow", (443, 443)), entry(100, "ingress", "allow")), FUNCTION, WEB, 443, "SUBNET_ACL_RESTRICTION", "acl-x", back=True),
    Case("a network ACL for IPv4 only", private_acl(entry(100, "egress", "allow"), entry(100, "ingress", "allow")), DUAL, WEB6, 443, "SUBNET_ACL_RESTRICTION", "acl-p"),
    Case("S3 by the gateway endpoint needs a way back", private_acl(OUT443), FUNCTION, AwsService("s3"), 443, "SUBNET_ACL_RESTRICTION", "acl-p", back=True),
    # Endpoints.
    Case("S3 of another Region, gateway endpoint only", routed(HERE, "rtb-private", "0.0.0.0/0", None), FUNCTION, AwsService("s3", "eu-west-1"), 443, "NO_ROUTE_TO_DESTINATION", "rtb-private"),
    Case("a gateway endpoint that is not in the table", HERE, IN_DATA, AwsService("s3"), 443, "NO_ROUTE_TO_DESTINATION", "rtb-main"),
    Case("UDP by a gateway endpoint", HERE, FUNCTION, AwsService("s3"), 443, "VPCE_GATEWAY_PROTOCOL_RESTRICTION", "vpce-s3", protocol="udp"),
    Case("the endpoint's policy refuses the call", WITH_POLICY, FUNCTION, PUT, 443, None, "vpce-s3", "denied"),
    Case("private DNS is off, no other way", changed(HERE, "endpoints", "vpce-sqs", private_dns=False), IN_DATA, AwsService("sqs"), 443, "NO_ROUTE_TO_DESTINATION", "rtb-main"),
    Case("enableDnsHostnames is off, no other way", changed(HERE, "vpcs", "vpc-a", dns_hostnames=False), IN_DATA, AwsService("sqs"), 443, "NO_ROUTE_TO_DESTINATION", "rtb-main"),
    Case("an endpoint in no subnet", changed(HERE, "endpoints", "vpce-sqs", interfaces=()), FUNCTION, AwsService("sqs"), 443, "BAD_STATE", "vpce-sqs", "dns"),
    Case("DNS support is off", changed(HERE, "vpcs", "vpc-a", dns_support=False), FUNCTION, WEB, 443, None, "vpc-a", "dns"),
    # Peering.
    Case("a peering that waits", changed(HERE, "peerings", "pcx-ab", state="pending-acceptance"), FUNCTION, PEER, 80, "BAD_STATE_ROUTE", "rtb-private"),
    Case("no route back from the peer", routed(HERE, "rtb-peer", "10.0.0.0/16", None), FUNCTION, PEER, 80, "NO_ROUTE_TO_DESTINATION", "rtb-peer", back=True),
    Case("no route to the peer", HERE, IN_DATA, PEER, 80, "NO_ROUTE_TO_DESTINATION", "rtb-main"),
    Case("on from the peer to its peer", routed(SECOND_PEER, "rtb-private", "10.2.0.0/16", "pcx-ab"), FUNCTION, At("10.2.1.5"), 80, "PCX_REQUIRES_ADDRESS_IN_VPC_CIDR", "pcx-ab"),
    Case("the peer's way to the internet", routed(HERE, "rtb-private", "0.0.0.0/0", "pcx-ab"), FUNCTION, WEB, 443, "PCX_REQUIRES_ADDRESS_IN_VPC_CIDR", "pcx-ab"),
    Case("a peering of two others", routed(SECOND_PEER, "rtb-private", "10.2.0.0/16", "pcx-bc"), FUNCTION, At("10.2.1.5"), 80, "DISCONNECTED_VPCS", "pcx-bc"),
    # Families, Lambda's own network, what does not exist.
    Case("IPv6 that the function does not allow", HERE, FUNCTION, WEB6, 443, "UNASSOCIATED_COMPONENT", "the function", "unreachable"),
    Case("IPv6 by NAT", routed(HERE, "rtb-private", "::/0", "nat-a"), DUAL, WEB6, 443, "PROTOCOL_RESTRICTION", "nat-a"),
    Case("IPv4 by an egress-only gateway", routed(HERE, "rtb-private", "0.0.0.0/0", "eigw-a"), FUNCTION, WEB, 443, "PROTOCOL_RESTRICTION", "eigw-a"),
    Case("a private database without VPC", HERE, OUTSIDE, DATABASE, 5432, "UNASSOCIATED_COMPONENT", "the function"),
    Case("IPv6 without VPC", HERE, OUTSIDE, WEB6, 443, "UNASSOCIATED_COMPONENT", "the function", "unreachable"),
    Case("a public database in a private subnet", PUBLIC_OPEN, OUTSIDE, Database("shop", ("subnet-data",), ("sg-data",), public=True), 5432, "NO_ROUTE_TO_DESTINATION", "rtb-main", back=True),
    Case("a public database, VPC without gateway", without(PUBLIC_OPEN, "internet_gateways", "igw-a"), OUTSIDE, PUBLIC_DATABASE, 5432, "IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS", "shop"),
    Case("the database's other port", groups("sg-data", OPEN, rule("ingress", "tcp", (0, 65535), "sg-function")), FUNCTION, DATABASE, 3306, None, "orders", "refused"),
    Case("a database in no subnet", HERE, FUNCTION, Database("lost", ("subnet-none",), ("sg-data",)), 5432, "NO_SOURCE_OR_DESTINATION", "lost", "dns"),
    Case("a function in a subnet that is gone", HERE, Source(("subnet-none",), ("sg-function",)), WEB, 443, "NO_SOURCE_OR_DESTINATION", "subnet-none"),
    Case("a function with the group of another VPC", HERE, Source(("subnet-private",), ("sg-peer",)), WEB, 443, "NO_SOURCE_OR_DESTINATION", "subnet-private"),
    Case("an instance that does not exist", HERE, FUNCTION, Instance("i-none"), 22, "NO_SOURCE_OR_DESTINATION", "i-none", "dns"),
    Case("instance metadata", HERE, FUNCTION, At("169.254.169.254"), 80, "NO_POSSIBLE_DESTINATION", "169.254.169.254"),
]  # fmt: skip
