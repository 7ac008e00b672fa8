"""The table of named cases, and what a verdict says beside its code."""

from __future__ import annotations

from typing import Any

import pytest

from lambda_lab.errors import LabError
from lambda_lab.network.components import (
    Interface,
    InternetGateway,
    Route,
    RouteTable,
    SecurityGroup,
    Subnet,
    Vpc,
    address,
    network,
)
from lambda_lab.network.destinations import (
    At,
    AwsService,
)
from lambda_lab.network.reach import reach
from lambda_lab.network.sources import Source
from network_cases import CASES, DATA, FUNCTION, HERE, IN_DATA, IN_PUBLIC, OUTSIDE, WEB, Case
from network_worlds import (
    ALL4,
    OPEN_ACL,
    acl,
    added,
    changed,
    rule,
)

PUBLIC, OWN = address("198.51.100.77"), address("10.0.1.77")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@pytest.mark.fidelity("vpc-reach")
def test_case(case: Case) -> None:
    got = reach(case.topology, case.source, case.destination, case.port, case.protocol)
    told = " | ".join(f"{hop.component}: {hop.rule}" for hop in got.hops)
    assert (got.code, got.failing and got.failing.component) == (case.code, case.hop), told
    assert (got.shows and got.shows.value) == case.shows
    assert got.reachable is (case.shows is None)
    assert (got.reason is not None and got.reason.back) is case.back
    if not got.reachable:
        assert got.hops[-1] is got.failing, "a walk ends where it fails"
        assert all(hop.passed for hop in got.hops[:-1])


def test_there_are_enough_cases_with_names_of_their_own() -> None:
    assert len(CASES) >= 40
    assert len({case.name for case in CASES}) == len(CASES)


def test_the_groups_of_a_function_are_lost_at_a_nat_gateway() -> None:
    shop = Interface(
        "eni-shop",
        "vpc-d",
        "subnet-d",
        (address("10.9.1.5"),),
        ("sg-shop",),
        address("198.51.100.77"),
    )
    there = added(HERE, "interfaces", shop)
    there = added(there, "vpcs", Vpc("vpc-d", (network("10.9.0.0/16"),)))
    there = added(there, "subnets", Subnet("subnet-d", "vpc-d", (network("10.9.1.0/24"),)))
    there = added(
        there,
        "groups",
        SecurityGroup("sg-shop", "vpc-d", (rule("ingress", "tcp", 80, "sg-function"),)),
    )
    there = added(there, "internet_gateways", InternetGateway("igw-d", "vpc-d"))
    there = added(there, "acls", acl("acl-d", "vpc-d", ("subnet-d",), *OPEN_ACL))
    there = added(
        there, "route_tables", RouteTable("rtb-d", "vpc-d", (Route(ALL4, "igw-d"),), main=True)
    )
    got = reach(there, FUNCTION, At("198.51.100.77"), 80)
    assert (got.code, got.failing and got.failing.component) == (
        "SG_REFERENCES_NOT_PRESERVED",
        "sg-shop",
    )
    from_nat = rule("ingress", "tcp", 80, "198.51.100.99/32")
    by_address = changed(there, "groups", "sg-shop", rules=(from_nat,))
    assert reach(by_address, FUNCTION, At("198.51.100.77"), 80).reachable


def test_what_the_other_side_sees() -> None:
    assert str(reach(HERE, FUNCTION, WEB, 443).seen_from) == "198.51.100.99"
    assert reach(HERE, FUNCTION, WEB, 443).via == ("nat-a", "igw-a")
    assert str(reach(HERE, FUNCTION, DATA, 5432).seen_from) == "10.0.1.4"
    assert str(reach(HERE, OUTSIDE, WEB, 443).seen_from) == "192.0.2.1"


def test_every_hop_names_its_rule() -> None:
    got = reach(HERE, FUNCTION, WEB, 443)
    assert [(hop.component, hop.rule, hop.back) for hop in got.hops] == [
        ("vpc-a", "example.com -> 203.0.113.10", False),
        ("sg-function", "sg-function egress all traffic to 0.0.0.0/0", False),
        ("acl-a", "acl-a rule 100 allow", False),
        ("rtb-private", "rtb-private route 0.0.0.0/0 -> nat-a", False),
        ("acl-a", "acl-a rule 100 allow", False),
        ("nat-a", "nat-a available", False),
        ("acl-a", "acl-a rule 100 allow", False),
        ("rtb-public", "rtb-public route 0.0.0.0/0 -> igw-a", False),
        ("igw-a", "igw-a", False),
        ("203.0.113.10", "203.0.113.10", False),
        ("acl-a", "acl-a rule 100 allow", True),
        ("acl-a", "acl-a rule 100 allow", True),
        ("acl-a", "acl-a rule 100 allow", True),
    ]


def test_a_source_in_two_subnets_says_that_they_differ() -> None:
    both = Source(("subnet-private", "subnet-data"), ("sg-function",))
    got = reach(HERE, both, WEB, 443)
    assert (got.reachable, got.subnet, got.unequal) == (False, "subnet-data", True)
    assert "another of its subnets does reach it" in " ".join(got.sentences())
    assert reach(HERE, both.at("subnet-private"), WEB, 443).reachable


def test_the_interface_of_a_function_gives_its_address() -> None:
    mine = Interface(
        "eni-fn",
        "vpc-a",
        "subnet-private",
        (address("10.0.1.77"),),
        ("sg-function",),
        kind="lambda",
    )
    got = reach(added(HERE, "interfaces", mine), FUNCTION, DATA, 5432)
    assert str(got.seen_from) == "10.0.1.77"


def test_an_endpoint_in_the_own_zone_comes_first() -> None:
    near = Interface(
        "eni-near", "vpc-a", "subnet-private", (address("10.0.1.40"),), ("sg-endpoint",)
    )
    there = added(HERE, "interfaces", near)
    there = changed(there, "endpoints", "vpce-sqs", interfaces=("eni-sqs", "eni-near"))
    assert str(reach(there, FUNCTION, AwsService("sqs"), 443).address) == "10.0.1.40"
    assert str(reach(there, IN_DATA, AwsService("sqs"), 443).address) == "10.0.2.40"


def test_sentences_say_what_stops_it_and_what_to_do() -> None:
    said = reach(HERE, IN_PUBLIC, WEB, 443).sentences()
    assert said[0] == "The function cannot reach example.com on port 443."
    assert (
        "The interface of a function has no public address, so igw-a drops what it sends." in said
    )
    assert "Reachability Analyzer's code is IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS." in said
    assert all(sentence.endswith(".") and len(sentence) < 200 for sentence in said)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_sentences_of_every_case_are_short_and_whole(case: Case) -> None:
    got = reach(case.topology, case.source, case.destination, case.port, case.protocol)
    for sentence in got.sentences():
        assert sentence.endswith("."), sentence
        assert len(sentence) <= 200, sentence


@pytest.mark.parametrize("port", [-1, 65_536, 1.5, "443", None, True])
def test_what_is_no_port(port: Any) -> None:
    with pytest.raises(LabError, match=r"is no port\. Give a whole number from 0 to 65535\."):
        reach(HERE, FUNCTION, WEB, port)


@pytest.mark.parametrize("protocol", ["TCP", "sctp", "", 6, None])
def test_what_is_no_protocol(protocol: Any) -> None:
    with pytest.raises(LabError, match=r"no protocol .*\. Give tcp, udp, icmp\."):
        reach(HERE, FUNCTION, WEB, 443, protocol)


def test_the_resolver_is_in_the_vpc_too_at_its_block_plus_two() -> None:
    resolver = At("10.0.0.2")
    closed = changed(HERE, "groups", "sg-function", rules=())
    assert reach(closed, FUNCTION, resolver, 53, "udp").reachable
    assert reach(closed, FUNCTION, resolver, 53).reachable
    other = reach(HERE, FUNCTION, resolver, 443)
    assert other.code == "NO_POSSIBLE_DESTINATION"
    off = reach(changed(HERE, "vpcs", "vpc-a", dns_support=False), FUNCTION, resolver, 53)
    assert off.sentences()[1] == "Nothing answers a function at 10.0.0.2 on port 53."
    assert off.sentences()[-1] == "Set enableDnsSupport of vpc-a to true."
