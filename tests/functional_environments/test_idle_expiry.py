"""Environments that have nothing to do are shut down on the region's clock."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from extension_tools import WATCHER, layer
from lambda_lab.timeline import Event, Kind
from live_region import LiveRegion, alive, open_region

EXPIRY = 600
PID = "import os\ndef handler(event, context):\n    return os.getpid()\n"


@pytest.fixture(scope="module")
def lab() -> Iterator[LiveRegion]:
    """Return the module's region; what is looked at here is the same in a private root."""
    with open_region(isolate=False) as live:
        yield live


def shutdowns(lab: LiveRegion, name: str) -> list[Event]:
    return lab.region.timeline.of(name, [Kind.SHUTDOWN])


@pytest.mark.fidelity("idle-expiry")
def test_an_idle_environment_is_shut_down(lab: LiveRegion) -> None:
    name = lab.deploy(PID)
    first = lab.call(name).value
    lab.idle(name)
    frozen = lab.region.timeline.of(name, [Kind.FROZEN])[-1].time_ns
    lab.region.clock.advance(EXPIRY - 5)
    assert lab.call(name).value == first, "not yet"
    lab.idle(name)
    again = lab.region.timeline.of(name, [Kind.FROZEN])[-1].time_ns
    lab.region.clock.advance(EXPIRY)
    assert lab.environments(name) == []
    assert not alive(first)
    (end,) = shutdowns(lab, name)
    assert end.detail == {"reason": "idle"}
    # From the second time that it was idle: a moment lies between the two notes of that.
    assert 0 <= end.time_ns - again - EXPIRY * 10**9 < 3e9
    assert again > frozen
    cold = lab.call(name)
    assert cold.value != first
    assert "Init Duration" in cold.figures


def test_each_has_its_own_time(lab: LiveRegion) -> None:
    name = lab.deploy("import time\ndef handler(event, context):\n    time.sleep(event)\n")
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: lab.call(name, 0.5), range(3)))
    assert len(lab.idle(name)) == 3
    lab.region.clock.advance(400)
    lab.call(name, 0)  # the most recently used one
    lab.idle(name)
    lab.region.clock.advance(300)
    assert len(lab.environments(name)) == 1, "two have been idle for 700 seconds, one for 300"
    assert len(shutdowns(lab, name)) == 2
    lab.region.clock.advance(300)
    assert lab.environments(name) == []


def test_a_year_of_silence(lab: LiveRegion) -> None:
    name = lab.deploy(PID)
    lab.call(name)
    lab.idle(name)
    lab.region.clock.advance(days=300)
    assert lab.environments(name) == []
    assert lab.call(name).error is None


def test_extensions_hear_of_it(lab: LiveRegion) -> None:
    name = lab.deploy(PID, Layers=[layer(lab, {"watcher": WATCHER})])
    lab.call(name)
    lab.idle(name)
    lab.region.clock.advance(EXPIRY + 1)
    assert lab.environments(name) == []
    last = [line for line in lab.logs(name) if line.startswith("watcher {")][-1]
    assert json.loads(last.removeprefix("watcher "))["shutdownReason"] == "spindown"


def test_a_call_that_comes_just_then(lab: LiveRegion) -> None:
    """Whether the call finds the old environment or not, it runs."""
    name = lab.deploy(PID)
    for _ in range(5):
        lab.call(name)
        lab.idle(name)
        with ThreadPoolExecutor(2) as pool:
            moving = pool.submit(lab.region.clock.advance, EXPIRY + 1)
            calls = [pool.submit(lab.call, name) for _ in range(4)]
            assert all(call.result().error is None for call in calls)
            moving.result()
