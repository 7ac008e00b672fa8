"""Random networks with faults that come and go, under a function that keeps trying.

What the function finds, in ways drawn at random, is held against the faults that are there, against
the walker of single packets, and against what ``reach`` says. Run more of them with
``pytest tests/functional_egress/test_unseen_networks.py --networks 100``.
"""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from built_networks import PORTS, TARGETS, BuiltNetwork, described_by_boto3, walked
from egress_tools import Probe
from lambda_lab.network.reading import topology_from
from live_region import LiveRegion
from planted_faults import FAULTS, Fault

ROUNDS = 4
HURRY, PATIENCE = 0.5, 5.0
HANGS, FREE, NO_NAME = "hangs", "free", "no name"
NAMES = {"web": "www.example.com"} | {
    service: f"{service}.us-east-1.amazonaws.com" for service in ("s3", "sqs")
}
CALLS = {"s3": "list_buckets", "sqs": "list_queues"}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Draw as many networks as the command line asks for."""
    number = metafunc.config.getoption("--networks", default=3)
    if "seed" in metafunc.fixturenames:
        metafunc.parametrize("seed", range(number))


def way(net: BuiltNetwork, target: str, chance: Random) -> tuple[str, list[Any]]:
    """Draw how the function tries to connect."""
    host = net.at.get(target) or NAMES[target]
    by_name = ["tcp", "aio", "child"]
    if target in CALLS and chance.random() < 0.6:
        return "aws", [target, CALLS[target]]
    if target == "web" and chance.random() < 0.3:
        return "get", [f"http://{host}/"]
    if target in net.at and chance.random() < 0.3:
        return "nonblocking", [host, PORTS[target]]
    return chance.choice(by_name), [host, PORTS[target]]


def outcome(found: Any) -> str:
    """Return what the function saw, in a word."""
    text = str(found)
    if found == 200 or "connected" in text or '"source"' in text or "refused" in text:
        return FREE
    if text.endswith("True]"):
        return FREE
    if "name" in text.lower() or "EndpointConnectionError" in text:
        return NO_NAME
    assert "timed out" in text or "Timeout" in text or text.endswith("False]"), text
    return HANGS


def change(net: BuiltNetwork, planted: list[Fault], chance: Random) -> None:
    """Mend some of the faults there are, and plant others."""
    for fault in [one for one in planted if chance.random() < 0.6]:
        planted.remove(fault)
        fault.mend(net)
    for fault in chance.sample(FAULTS, chance.choice((0, 1, 1, 2, 3))):
        if fault.place not in {one.place for one in planted}:
            fault.plant(net)
            planted.append(fault)


def observed(
    net: BuiltNetwork, probe: Probe, chance: Random, expected: dict[str, str]
) -> dict[str, str]:
    """Let the function try all targets at once; who fails without a cause gets more time."""
    ways = {target: way(net, target, chance) for target in TARGETS}
    found = probe.tries("many", list(ways.values()), HURRY)
    seen = dict(zip(TARGETS, map(outcome, found), strict=True))
    slow = [one for one in TARGETS if seen[one] not in (FREE, expected[one])]
    if slow:
        found = probe.tries("many", [ways[one] for one in slow], PATIENCE)
        seen |= dict(zip(slow, map(outcome, found), strict=True))
    return seen


@pytest.fixture
def empty(lab: LiveRegion) -> LiveRegion:
    """Return the module's region without what the test before left in it."""
    lab.region.reset()
    return LiveRegion(lab.region)


def test_what_a_function_finds_is_what_is_there(empty: LiveRegion, seed: int) -> None:
    chance = Random(seed)
    net = BuiltNetwork(empty.client("ec2"), chance)
    probe = Probe(empty, VpcConfig=net.config)
    planted: list[Fault] = []
    for number in range(ROUNDS):
        if number:
            change(net, planted, chance)
        topology = topology_from(described_by_boto3(net.ec2), "us-east-1")
        verdicts = {target: net.ask(topology, target) for target in TARGETS}
        expected = {}
        story = f"seed {seed}, round {number}: {[one.name for one in planted]}"
        for target, verdict in verdicts.items():
            causes = [one.stopper(target, planted) for one in planted]
            named = {net.ids[cause] for one in planted for cause in one.stops.values()}
            failing = verdict.failing.component if verdict.failing else None
            told = f"{story}; {target}: {verdict.sentences()}"
            assert (failing is None) is (not any(causes)), told
            # Two faults at once may meet in a route that neither of them alone breaks.
            named |= {net.ids["rtb-private"]} if len(planted) > 1 else set()
            assert failing is None or failing in named, told
            assert failing == walked(net, topology, target), told
            hop = verdict.failing
            expected[target] = FREE if hop is None else NO_NAME if hop.kind == "dns" else HANGS
        assert observed(net, probe, chance, expected) == expected, story
