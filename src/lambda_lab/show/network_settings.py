"""The network of the explorer: what can be switched in it, and what is reachable in each case."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from lambda_lab.network import components as parts
from lambda_lab.network.components import address, network
from lambda_lab.network.destinations import AwsService, Destination, Instance, Internet
from lambda_lab.network.reach import reach
from lambda_lab.network.sources import Source
from lambda_lab.network.topology import Topology

__all__ = [
    "DESTINATIONS",
    "SWITCHES",
    "Setting",
    "Switch",
    "answers",
    "every_setting",
    "source_of",
    "topology_of",
]

Setting = tuple[int, ...]
"""The index of what is chosen, for each switch."""


@dataclass(frozen=True, slots=True)
class Switch:
    """Something to choose: its name, its label and the choices."""

    name: str
    label: str
    choices: tuple[str, ...]


SWITCHES = (
    Switch("place", "The function is in", ("no VPC", "the public subnet", "the private subnet")),
    Switch("nat", "NAT gateway", ("none", "in the public subnet", "in the private subnet")),
    Switch("s3", "Gateway endpoint for S3", ("no", "yes")),
    Switch("sqs", "Interface endpoint for SQS", ("no", "yes")),
    Switch("group", "The function's group lets out", ("everything", "port 443 only")),
    Switch("acl", "The network ACL lets in", ("everything", "port 443 only")),
)
DESTINATIONS: tuple[tuple[str, Destination, int], ...] = (
    ("the internet", Internet("example.com"), 443),
    ("Amazon S3", AwsService("s3"), 443),
    ("Amazon SQS", AwsService("sqs"), 443),
    ("the database in the VPC", Instance("eni-database"), 5432),
)
_VPC = "vpc-shop"
_BLOCK = network("10.0.0.0/16")
_ALL = network("0.0.0.0/0")
_S3, _SQS = "com.amazonaws.us-east-1.s3", "com.amazonaws.us-east-1.sqs"
_PUBLIC, _PRIVATE = "subnet-public", "subnet-private"


def source_of(setting: Setting) -> Source:
    """Return the function as it stands in a setting."""
    place = setting[0]
    if place == 0:
        return Source()
    return Source(((_PUBLIC, _PRIVATE)[place - 1],), ("sg-function",))


def topology_of(setting: Setting) -> Topology:
    """Return the networks of a setting."""
    _, nat, s3, sqs, group, acl = setting
    endpoints = [_gateway_endpoint()] * s3 + [_interface_endpoint()] * sqs
    return Topology(
        vpcs=(parts.Vpc(_VPC, (_BLOCK,), dns_support=True, dns_hostnames=True),),
        subnets=(
            parts.Subnet(_PUBLIC, _VPC, (network("10.0.0.0/24"),), "us-east-1a"),
            parts.Subnet(_PRIVATE, _VPC, (network("10.0.1.0/24"),), "us-east-1a"),
            parts.Subnet("subnet-data", _VPC, (network("10.0.2.0/24"),), "us-east-1a"),
        ),
        route_tables=_route_tables(nat, s3),
        internet_gateways=(parts.InternetGateway("igw-shop", _VPC),),
        nat_gateways=(_nat((_PUBLIC, _PRIVATE)[nat - 1]),) if nat else (),
        groups=_groups(("-1", 0, 65535) if group == 0 else ("tcp", 443, 443)),
        acls=(_open_acl(),) if acl == 0 else (_open_acl(), _narrow_acl()),
        endpoints=tuple(endpoints),
        prefix_lists=(parts.PrefixList("pl-s3", _S3, (network("52.216.0.0/15"),)),),
        interfaces=(_interface("eni-database", "10.0.2.30", "sg-database"),)
        + ((_interface("eni-sqs", "10.0.2.40", "sg-endpoint"),) if sqs else ()),
    )


def _route_tables(nat: int, s3: int) -> tuple[parts.RouteTable, ...]:
    local = parts.Route(_BLOCK, "local")
    endpoint = (parts.Route("pl-s3", "vpce-s3"),) * s3
    default = (parts.Route(_ALL, "nat-shop"),) if nat else ()
    return (
        parts.RouteTable("rtb-main", _VPC, (local,), main=True),
        parts.RouteTable(
            "rtb-public", _VPC, (local, parts.Route(_ALL, "igw-shop"), *endpoint), (_PUBLIC,)
        ),
        parts.RouteTable("rtb-private", _VPC, (local, *default, *endpoint), (_PRIVATE,)),
    )


def _nat(subnet: str) -> parts.NatGateway:
    inside = "10.0.0.20" if subnet == _PUBLIC else "10.0.1.20"
    return parts.NatGateway("nat-shop", _VPC, subnet, address(inside), address("198.51.100.99"))


def _groups(outbound: tuple[str, int, int]) -> tuple[parts.SecurityGroup, ...]:
    protocol, first, last = outbound

    def inbound(port: int) -> parts.SecurityGroupRule:
        return parts.SecurityGroupRule(False, "tcp", "sg-function", port, port)

    out = parts.SecurityGroupRule(True, protocol, _ALL, first, last)
    return (
        parts.SecurityGroup("sg-function", _VPC, (out,)),
        parts.SecurityGroup("sg-database", _VPC, (inbound(5432),)),
        parts.SecurityGroup("sg-endpoint", _VPC, (inbound(443),)),
    )


def _open_acl() -> parts.NetworkAcl:
    entries = tuple(parts.AclEntry(100, egress, True, _ALL) for egress in (True, False))
    return parts.NetworkAcl("acl-open", _VPC, entries, (_PUBLIC, "subnet-data"), default=True)


def _narrow_acl() -> parts.NetworkAcl:
    entries = (
        parts.AclEntry(100, True, True, _ALL),
        parts.AclEntry(100, False, True, _ALL, "tcp", 443, 443),
    )
    return parts.NetworkAcl("acl-narrow", _VPC, entries, (_PRIVATE,))


def _gateway_endpoint() -> parts.Endpoint:
    tables = ("rtb-public", "rtb-private")
    return parts.Endpoint("vpce-s3", _VPC, _S3, "Gateway", route_tables=tables)


def _interface_endpoint() -> parts.Endpoint:
    return parts.Endpoint(
        "vpce-sqs",
        _VPC,
        _SQS,
        "Interface",
        interfaces=("eni-sqs",),
        groups=("sg-endpoint",),
        private_dns=True,
    )


def _interface(name: str, at: str, group: str) -> parts.Interface:
    return parts.Interface(name, _VPC, "subnet-data", (address(at),), (group,))


@cache
def answers(setting: Setting) -> tuple[tuple[bool, str], ...]:
    """Return for each destination whether it is reached, and by which way or what stops it.

    Examples
    --------
    >>> answers((2, 0, 1, 0, 0, 0))[1]
    (True, 'over vpce-s3')
    >>> answers((1, 0, 0, 0, 0, 0))[0]
    (False, 'The interface of a function has no public address, so igw-shop drops what it sends.')
    """
    topology, source = topology_of(setting), source_of(setting)
    told = []
    for _, destination, port in DESTINATIONS:
        verdict = reach(topology, source, destination, port)
        if verdict.reason is None:
            way = _way(verdict.via, [hop.component for hop in verdict.hops])
            told.append((True, way))
        else:
            text = verdict.reason.text
            lost = " It is the answer that is lost." if verdict.reason.back else ""
            told.append((False, text[:1].upper() + text[1:] + lost))
    return tuple(told)


def _way(via: Sequence[str], components: Sequence[str]) -> str:
    if via:
        return f"over {', '.join(via)}"
    return "over vpce-sqs" if "eni-sqs" in components else "inside the VPC"


def every_setting() -> list[Setting]:
    """Return all settings, the last switch changing fastest."""
    return list(itertools.product(*(range(len(one.choices)) for one in SWITCHES)))
