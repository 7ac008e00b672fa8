"""Connections lead to what they are meant for, also where two things are alike."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from ipaddress import IPv4Address

import pytest

from lambda_lab.network.components import Interface, Subnet, address, network
from lambda_lab.network.databases import Database, Proxy
from lambda_lab.network.destinations import AwsService
from lambda_lab.network.egress_policy import EgressPolicy
from lambda_lab.network.standins import Served, StandIns
from lambda_lab.network.topology import Topology
from lambda_lab.runtime.egress import Connect, Guest
from network_cases import HERE
from network_worlds import added, changed, rule

INSIDE = Guest(
    "a",
    "shop",
    vpc_config={"SubnetIds": ["subnet-private"], "SecurityGroupIds": ["sg-function"]},
)
OUTSIDE = Guest("b", "shop")
PLACE = (("subnet-public",), ("sg-data",))


def policy(topology: Topology, databases: Sequence[Database]) -> EgressPolicy:
    """Return a policy where each database is served at an address of its own."""
    served = tuple(
        Served(one, f"{one.identifier}.example", f"127.1.0.{number}", one.port)
        for number, one in enumerate(databases, 1)
    )
    return EgressPolicy(lambda: topology, lambda: StandIns(4566, 8080, served))


def looked_up(asked: EgressPolicy, guest: Guest, host: str) -> str:
    """Return the IPv4 address that a guest is told for a name."""
    labels = b"".join(bytes([len(one)]) + one.encode() for one in host.split("."))
    query = struct.pack(">6H", 7, 0x100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">2H", 1, 1)
    answer = asked.answer(guest, query)
    assert answer is not None
    assert answer[:2] == query[:2]
    return str(IPv4Address(answer[-4:]))


@pytest.mark.parametrize(
    ("guest", "public"), [(INSIDE, False), (INSIDE, True), (OUTSIDE, True)], ids=str
)
def test_two_databases_in_the_same_subnets_are_told_apart(guest: Guest, public: bool) -> None:
    databases = [
        Database("one", *PLACE, public=public),
        Database("two", *PLACE, public=public, place=1),
    ]
    if guest is INSIDE:
        databases.append(Proxy("door", *PLACE, place=2))
    here = changed(HERE, "groups", "sg-data", rules=(rule("ingress", "tcp", 5432, "0.0.0.0/0"),))
    asked = policy(here, databases)
    for number, one in enumerate(databases, 1):
        to = asked.connect(guest, looked_up(asked, guest, f"{one.identifier}.example"), 5432)
        assert isinstance(to, Connect)
        assert to.address == f"127.1.0.{number}"


def test_each_address_of_a_small_subnet_is_used_before_one_is_used_twice() -> None:
    block = network("10.9.0.0/28")
    taken = Interface("eni-1", "vpc-a", "subnet-small", (address("10.9.0.9"),))
    here = added(
        added(HERE, "subnets", Subnet("subnet-small", "vpc-a", (block,))), "interfaces", taken
    )
    found = [
        Database("d", ("subnet-small",), ("sg-data",), place=place).find(here, None, "").addresses
        for place in range(11)
    ]
    names = {str(one) for (one,) in found}
    assert names == {f"10.9.0.{last}" for last in (4, 5, 6, 7, 8, 10, 11, 12, 13, 14)}
    assert found[10] == (address("10.9.0.8"),)


@pytest.mark.parametrize(
    ("service", "name"),
    [
        ("api.ecr", "com.amazonaws.us-east-1.ecr.api"),
        ("kinesis", "com.amazonaws.us-east-1.kinesis-streams"),
        ("sqs", "com.amazonaws.us-east-1.sqs"),
    ],
)
def test_an_endpoint_is_found_by_the_name_of_its_service(service: str, name: str) -> None:
    assert AwsService(service).full_name("us-east-1") == name
    here = changed(HERE, "endpoints", "vpce-sqs", service=name)
    found = AwsService(service).find(here, here.vpc("vpc-a"), "")
    assert found.endpoint is not None
    assert found.endpoint.id == "vpce-sqs"
