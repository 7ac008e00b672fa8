"""Networks that are incomplete or contradict themselves: a reason, never an exception."""

from __future__ import annotations

from dataclasses import fields, replace
from random import Random
from typing import Any

import pytest

from lambda_lab.network.components import Endpoint, Subnet, network
from lambda_lab.network.databases import Database, Proxy
from lambda_lab.network.destinations import (
    At,
    AwsService,
    Destination,
    EndpointName,
    Instance,
    Internet,
)
from lambda_lab.network.hosts import for_host
from lambda_lab.network.policies import policy_allows
from lambda_lab.network.reach import reach
from lambda_lab.network.reading import topology_from
from lambda_lab.network.sources import Source
from lambda_lab.network.topology import Topology
from network_worlds import FUNCTION, S3, added, changed, usual
from random_networks import random_question

ALL = '"Effect": "Allow", "Action": "*", "Resource": "*"'
NO_GET = '"Effect": "Deny", "Action": "s3:Get*", "Resource": "*"'
NOT_B = '"NotResource": "arn:aws:s3:::b/*"'
DESTINATIONS: tuple[Destination, ...] = (
    At("10.0.2.30"),
    At("nonsense"),
    At("::1"),
    At("127.0.0.1"),
    At("255.255.255.255"),
    AwsService("s3"),
    AwsService("sqs", "mars-1"),
    EndpointName("vpce-sqs"),
    EndpointName("vpce-s3"),
    Instance("eni-data"),
    Internet("nowhere.example", ()),
    Internet("both.example", ("2606::1", "203.0.113.1")),
    Database("d", ("subnet-data", "subnet-none"), ("sg-data", "sg-none"), public=True),
    Proxy("p", (), ()),
)
SOURCES = (
    Source(),
    FUNCTION,
    Source(("subnet-private", "subnet-peer", "subnet-none"), ("sg-function",), ipv6=True),
    Source(("subnet-private",), ("sg-function", "sg-none")),
    Source(("subnet-private",), ()),
)


def told(topology: Topology, source: Source, destination: Destination, port: int) -> None:
    """Ask, and look whether the answer is whole."""
    got = reach(topology, source, destination, port)
    assert got.reachable is (got.failing is None)
    assert got.reachable is (got.shows is None)
    said = got.sentences()
    assert len(said) >= (1 if got.reachable else 3)
    assert all(one.strip() and "None" not in one.split() for one in said), said


def holed(topology: Topology, chance: Random) -> Topology:
    """Take things out, and let ids point to what is not there."""
    parts: dict[str, Any] = {}
    for one in fields(topology):
        value = getattr(topology, one.name)
        if isinstance(value, tuple) and value and chance.random() < 0.5:
            kept = [part for part in value if chance.random() < 0.7]
            parts[one.name] = tuple(_strange(part, chance) for part in kept)
    return replace(topology, **parts)


def _strange(part: Any, chance: Random) -> Any:
    names = [one.name for one in fields(part) if one.name in ("vpc", "subnet", "groups", "cidrs")]
    if not names or chance.random() < 0.7:
        return part
    name = chance.choice(names)
    return replace(part, **{name: () if name in ("groups", "cidrs") else "subnet-none"})


@pytest.mark.parametrize("part", range(4))
def test_a_reason_whatever_is_missing(part: int) -> None:
    for seed in range(part * 100, part * 100 + 100):
        chance = Random(seed)
        topology = holed(usual(), chance)
        for source in SOURCES:
            told(topology, source, chance.choice(DESTINATIONS), chance.choice((0, 443, 65535)))


def test_a_reason_in_random_networks_with_holes() -> None:
    for seed in range(300):
        topology, subnet, groups, to, port = random_question(seed)
        source = Source((subnet,), groups, ipv6=True)
        told(holed(topology, Random(seed)), source, At(str(to)), port)


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("destination", DESTINATIONS, ids=lambda one: one.name)
def test_every_destination_from_everywhere(source: Source, destination: Destination) -> None:
    told(usual(), source, destination, 443)
    told(Topology(), source, destination, 443)


def test_a_route_to_itself_ends() -> None:
    looped = changed(usual(), "nat_gateways", "nat-a", subnet="subnet-private")
    assert not reach(looped, FUNCTION, Internet(), 443).reachable


def test_blocks_that_overlap() -> None:
    twin = Subnet("subnet-twin", "vpc-a", (network("10.0.2.0/24"),))
    told(added(usual(), "subnets", twin), FUNCTION, At("10.0.2.30"), 5432)


def test_two_endpoints_for_one_service() -> None:
    second = Endpoint("vpce-2", "vpc-a", S3, "Gateway")
    assert reach(added(usual(), "endpoints", second), FUNCTION, AwsService("s3"), 443).reachable


def test_descriptions_that_make_no_sense_are_left_out() -> None:
    described = {
        "Vpcs": [{"VpcId": "vpc-1", "CidrBlock": "ten"}],
        "Subnets": [{"SubnetId": "subnet-1", "VpcId": "vpc-1"}],
        "RouteTables": [
            {"RouteTableId": "rtb-1", "VpcId": "vpc-1", "Routes": [{}, {"GatewayId": "igw-1"}]}
        ],
        "NetworkAcls": [
            {
                "NetworkAclId": "acl-1",
                "VpcId": "vpc-1",
                "Entries": [{"RuleNumber": 1, "Egress": True, "RuleAction": "allow"}],
            }
        ],
        "NatGateways": [{"NatGatewayId": "nat-1"}],
        "NetworkInterfaces": [
            {"NetworkInterfaceId": "eni-1", "VpcId": "vpc-1", "SubnetId": "subnet-1"}
        ],
    }
    read = topology_from(described, "us-east-1")
    assert read.vpcs[0].cidrs == ()
    assert read.route_tables[0].routes == ()
    assert read.acls[0].entries == ()
    assert read.nat_gateways[0].address is None
    told(read, Source(("subnet-1",), ("sg-1",)), At("10.0.0.1"), 80)


@pytest.mark.parametrize(
    ("policy", "allowed"),
    [
        ("", True),
        ("{", False),
        ("[]", False),
        ('{"Statement": "x"}', False),
        ('{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}', True),
        ('{"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}', True),
        ('{"Statement": [{"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}]}', False),
        ('{"Statement": [{"Effect": "Allow", "Action": "S3:getobject", "Resource": "*"}]}', True),
        (f'{{"Statement": [{{{ALL}, "Condition": {{"a": 1}}}}]}}', None),
        (f'{{"Statement": [{{{ALL}, "Principal": {{"AWS": "arn:x"}}}}]}}', None),
        (f'{{"Statement": [{{{ALL}, "Principal": {{"AWS": "*"}}}}]}}', True),
        (f'{{"Statement": [{{{ALL}}}, {{{NO_GET}, "Condition": {{"a": 1}}}}]}}', None),
        (f'{{"Statement": [{{{ALL}, "Condition": {{"a": 1}}}}, {{{NO_GET}}}]}}', False),
        (f'{{"Statement": [{{{ALL}}}, {{{NO_GET}}}]}}', False),
        (f'{{"Statement": [{{"Effect": "Allow", "Action": "*", {NOT_B}}}]}}', False),
        ('{"Statement": [{"Effect": "Allow", "Action": null, "Resource": "*"}]}', False),
        ('{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": 5}]}', False),
        ('{"Statement": [{"Effect": "Allow", "Action": ["*", 5], "Resource": "*"}]}', True),
    ],
)  # fmt: skip
def test_endpoint_policies(policy: str, allowed: bool | None) -> None:
    assert policy_allows(policy, "s3:GetObject", "arn:aws:s3:::b/k") is allowed


@pytest.mark.parametrize(
    ("policy", "allowed"),
    [
        ('{"Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}', False),
        ('{"Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:x"}]}', True),
        ('{"Statement": []}', False),
    ],
)
def test_could_any_call_pass(policy: str, allowed: bool) -> None:
    assert policy_allows(policy, None, None) is allowed


@pytest.mark.parametrize(
    ("host", "meant"),
    [
        ("s3.us-east-1.amazonaws.com", AwsService("s3", "us-east-1")),
        ("s3.amazonaws.com", AwsService("s3", "us-east-1")),
        ("my.bucket.s3.eu-west-1.amazonaws.com", AwsService("s3", "eu-west-1")),
        ("bucket.s3.amazonaws.com.", AwsService("s3", "us-east-1")),
        ("SQS.us-gov-west-1.amazonaws.com", AwsService("sqs", "us-gov-west-1")),
        ("api.ecr.us-east-1.amazonaws.com", AwsService("api.ecr", "us-east-1")),
        ("2001:db8::1", At("2001:db8::1")),
        ("[2001:db8::1]", At("2001:db8::1")),
        ("ip-10-0-1-5.ec2.internal", At("10.0.1.5", named=True)),
        ("ip-10-0-1-5.eu-west-1.compute.internal", At("10.0.1.5", named=True)),
        ("vpce-0a1b-x.sqs.us-east-1.vpce.amazonaws.com", EndpointName("vpce-0a1b")),
        ("db.abc.us-east-1.rds.amazonaws.com", Internet("db.abc.us-east-1.rds.amazonaws.com", ())),
        ("example.org", Internet("example.org")),
    ],
)
def test_what_hosts_mean(host: str, meant: Destination) -> None:
    assert for_host(host) == meant
