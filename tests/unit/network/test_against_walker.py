"""``reach`` against an independent walker of single packets, on thousands of random networks."""

from __future__ import annotations

from collections import Counter

import pytest

from lambda_lab.network.destinations import At
from lambda_lab.network.reach import reach
from lambda_lab.network.sources import Source, source_address
from lambda_lab.network.verdict import Verdict
from packet_walker import walk
from random_networks import random_question

PER_TEST, TESTS = 400, 8


def answer(seed: int) -> Verdict:
    topology, subnet, groups, to, port = random_question(seed)
    return reach(topology, Source((subnet,), groups, ipv6=True), At(str(to)), port)


def both(seed: int) -> tuple[Verdict, str | None]:
    topology, subnet, groups, to, port = random_question(seed)
    source = Source((subnet,), groups, ipv6=True)
    home = topology.subnet(subnet)
    assert home is not None
    mine = source_address(topology, source, home, to.version)
    assert mine is not None
    got = reach(topology, source, At(str(to)), port)
    return got, walk(topology, (subnet, groups), mine, to, port)


@pytest.mark.parametrize("part", range(TESTS))
@pytest.mark.fidelity("vpc-reach")
def test_reach_and_walker_agree(part: int) -> None:
    for seed in range(part * PER_TEST, (part + 1) * PER_TEST):
        got, dropped_by = both(seed)
        told = [(hop.component, hop.rule, hop.back) for hop in got.hops]
        found = got.failing.component if got.failing else None
        assert found == dropped_by, f"seed {seed}: {told}; the walker's {dropped_by}"


def test_random_networks_are_of_all_kinds() -> None:
    seen = Counter(str(answer(seed).code) for seed in range(800))
    assert seen["None"] > 100, seen
    assert len(seen) >= 12, seen
    assert all(
        seen[code] >= 5
        for code in (
            "BAD_STATE_ROUTE",
            "ENI_SG_RULES_MISMATCH",
            "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS",
            "NO_ROUTE_TO_DESTINATION",
            "SUBNET_ACL_RESTRICTION",
        )
    ), seen
