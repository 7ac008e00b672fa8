"""Flipped rules: in a network, and in the model itself, which the walker has to notice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from lambda_lab.network import arrival, gateways, routes, rules, trail
from lambda_lab.network.components import AclEntry, RouteTable, SecurityGroup
from lambda_lab.network.destinations import At
from lambda_lab.network.reach import reach
from lambda_lab.network.sources import Source, source_address
from lambda_lab.network.topology import Topology
from lambda_lab.network.verdict import Hop, Verdict
from network_cases import CASES, Case
from network_worlds import added, changed, rule, without
from packet_walker import walk
from random_networks import random_question

REACHED = [case for case in CASES if case.shows is None]


def ask(case: Case, topology: Topology) -> Verdict:
    return reach(topology, case.source, case.destination, case.port, case.protocol)


# -- flips in a network ----------------------------------------------------------------------------


def without_rule(topology: Topology, hop: Hop) -> Topology:
    """Take out of a group the rule that let the packet through."""
    (group,) = (one for one in topology.groups if one.id == hop.component)
    kept = tuple(one for one in group.rules if f"{group.id} {one}" != hop.rule)
    assert len(kept) < len(group.rules)
    return changed(topology, "groups", group.id, rules=kept)


def without_route(topology: Topology, hop: Hop) -> Topology:
    (table,) = (one for one in topology.route_tables if one.id == hop.component)
    kept = tuple(one for one in table.routes if f"{table.id} route {one}" != hop.rule)
    assert len(kept) < len(table.routes)
    return changed(topology, "route_tables", table.id, routes=kept)


def denied(topology: Topology, hop: Hop) -> Topology:
    (acl,) = (one for one in topology.acls if one.id == hop.component)
    egress = hop.direction == "egress"
    entries = tuple(replace(one, allow=one.egress != egress) for one in acl.entries)
    return changed(topology, "acls", acl.id, entries=entries)


FLIPS: dict[str, Callable[[Topology, Hop], Topology]] = {
    "security-group": without_rule,
    "route-table": without_route,
    "network-acl": denied,
}


@pytest.mark.parametrize("case", REACHED, ids=lambda case: case.name)
def test_each_rule_that_let_it_through_was_needed(case: Case) -> None:
    got = ask(case, case.topology)
    flipped = 0
    for hop in got.hops:
        if hop.kind not in FLIPS:
            continue
        mutant = ask(case, FLIPS[hop.kind](case.topology, hop))
        first = mutant.failing
        stopped = first is not None and first.component == hop.component
        # A route or rule may have an understudy: then another rule of the same component passed.
        other = [one for one in mutant.hops if one.component == hop.component and one.passed]
        assert stopped or (other and hop.rule not in [one.rule for one in other]), hop
        flipped += 1
    assert flipped or "resolver" in case.name or not case.source.attached


@pytest.mark.parametrize(
    ("kind", "name"),
    [("nat_gateways", "nat-a"), ("internet_gateways", "igw-a")],
)
def test_each_component_of_the_way_to_the_internet_is_needed(kind: str, name: str) -> None:
    case = REACHED[0]
    assert ask(case, case.topology).reachable
    assert not ask(case, without(case.topology, kind, name)).reachable


def test_a_further_allowing_rule_never_closes_a_way() -> None:
    anything = [rule(way, "-1", (0, 65535), "0.0.0.0/0") for way in ("egress", "ingress")]
    for seed in range(300):
        topology, subnet, groups, to, port = random_question(seed)
        source = Source((subnet,), groups, ipv6=True)
        if not reach(topology, source, At(str(to)), port).reachable:
            continue
        wider = tuple(replace(one, rules=(*one.rules, *anything)) for one in topology.groups)
        assert reach(replace(topology, groups=wider), source, At(str(to)), port).reachable


# -- flips in the model ----------------------------------------------------------------------------


def differs(seeds: range) -> bool:
    """Whether the walker finds some network where the model is wrong."""
    for seed in seeds:
        topology, subnet, groups, to, port = random_question(seed)
        source, home = Source((subnet,), groups, ipv6=True), topology.subnet(subnet)
        assert home is not None
        mine = source_address(topology, source, home, to.version)
        assert mine is not None
        got = reach(topology, source, At(str(to)), port)
        found = got.failing.component if got.failing else None
        if found != walk(topology, (subnet, groups), mine, to, port):
            return True
    return False


def last_first(entry: AclEntry) -> int:
    return -entry.number


def nothing(*args: Any, **more: Any) -> None:
    """Ask nobody."""


def shortest(match: routes.Match) -> tuple[int, int]:
    return (match.block.prefixlen, 0)


def main_table(topology: Topology, subnet: str) -> RouteTable | None:
    home = topology.subnet(subnet)
    return next((t for t in topology.route_tables if home and t.vpc == home.vpc and t.main), None)


MUTANTS: dict[str, tuple[Any, str, Any]] = {
    "network ACLs take the highest number first": (rules, "_number", last_first),
    "ephemeral ports begin at 32768": (trail, "EPHEMERAL", (32768, 65535)),
    "the shortest prefix wins": (routes.Match, "rank", property(shortest)),
    "every subnet has the main table": (Topology, "table_of", main_table),
    "answers need no network ACL": (trail.Trail, "answer_enters", nothing),
    "answers leave without a network ACL": (trail.Trail, "answer_leaves", nothing),
    "answers need no route": (arrival, "_answer_route", nothing),
    "interfaces let everything in": (trail.Trail, "enter_interface", nothing),
    "interfaces let everything out": (trail.Trail, "leave_interface", nothing),
    "a NAT gateway in any state works": (gateways, "_check_nat", nothing),
    "internet gateways carry private addresses": (gateways, "PRIVATE", ()),
    "blackholes lead somewhere": (trail, "is_active", lambda route: True),
    "group references reach over NAT": (rules, "_about", lambda *args: True),
}


def test_the_model_as_it_is_agrees() -> None:
    assert not differs(range(150))


@pytest.mark.parametrize("name", MUTANTS)
def test_the_walker_notices(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    owner, attribute, instead = MUTANTS[name]
    monkeypatch.setattr(owner, attribute, instead)
    assert differs(range(1200)), "no network shows this mistake"


def test_a_group_that_is_named_twice_counts_once() -> None:
    case = REACHED[0]
    twice = SecurityGroup("sg-function-2", "vpc-a", (rule("egress", "tcp", 1, "0.0.0.0/0"),))
    source = replace(case.source, groups=("sg-function-2", "sg-function"))
    got = reach(added(case.topology, "groups", twice), source, case.destination, case.port)
    assert got.reachable
    assert any(hop.component == "sg-function" for hop in got.hops)
