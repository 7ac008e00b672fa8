"""Each fault alone, in a network made with boto3: what is named as the cause is the fault."""

from __future__ import annotations

from copy import deepcopy
from random import Random
from typing import Any

import pytest

from built_networks import TARGETS, BuiltNetwork, described_by_boto3, walked
from lambda_lab.network.reading import region_topology, topology_from
from live_region import LiveRegion
from planted_faults import FAULTS, Fault

REGION = "us-east-1"
JUNK = (None, "", 0, -1, 3.5, True, "x", [], ["x"], [None], {}, {"a": 1}, "10.0.0.0/8", "::/0",
        "999.1.1.1/99", "subnet-none", "sg-none")  # fmt: skip


@pytest.fixture(scope="module")
def net(lab: LiveRegion) -> BuiltNetwork:
    """Return a network that works; each test leaves it so."""
    return BuiltNetwork(lab.client("ec2"), Random(1))


def test_a_sound_network_stops_nothing(net: BuiltNetwork) -> None:
    topology = region_topology(REGION)
    for target in TARGETS:
        verdict = net.ask(topology, target)
        assert verdict.reachable, verdict.sentences()
        assert walked(net, topology, target) is None


@pytest.mark.parametrize("fault", FAULTS, ids=lambda one: one.name)
def test_the_cause_is_named(net: BuiltNetwork, fault: Fault) -> None:
    fault.plant(net)
    topology = topology_from(described_by_boto3(net.ec2), REGION)
    found = {target: net.ask(topology, target) for target in TARGETS}
    causes = {target: net.ids.get(str(fault.stopper(target, [fault]))) for target in TARGETS}
    walkers = {target: walked(net, topology, target) for target in TARGETS}
    fault.mend(net)
    for target, verdict in found.items():
        stopped_by = verdict.failing.component if verdict.failing else None
        assert stopped_by == causes[target], (target, verdict.sentences())
        assert stopped_by == walkers[target], target
        assert all(verdict.sentences())
    test_a_sound_network_stops_nothing(net)


def spoil(told: Any, chance: Random, share: float) -> None:
    """Take things out of an answer, put others in their place, and say some things twice."""
    members = list(told) if isinstance(told, dict) else range(len(told) - 1, -1, -1)
    for one in members:
        draw = chance.random()
        if draw < share / 3:
            del told[one]
        elif draw < share:
            told[one] = deepcopy(chance.choice(JUNK))
        elif isinstance(told[one], dict | list):
            spoil(told[one], chance, share)
            if isinstance(told, list) and chance.random() < share:
                told.append(deepcopy(told[one]))


def test_answers_that_make_no_sense_have_a_reason_too(net: BuiltNetwork) -> None:
    whole = described_by_boto3(net.ec2)
    codes = set()
    for seed in range(150):
        chance = Random(seed)
        told = deepcopy(whole)
        spoil(told, chance, chance.choice((0.005, 0.03, 0.1)))
        topology = topology_from(told, REGION)
        for target in TARGETS:
            verdict = net.ask(topology, target)
            codes.add(verdict.code)
            assert verdict.reachable or verdict.reason, seed
            assert all(verdict.sentences()), seed
    assert len(codes) >= 10, codes  # which ones, depends on the ids that moto draws
