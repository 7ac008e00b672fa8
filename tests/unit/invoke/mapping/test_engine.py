"""States of mappings on the clock, and what they do to pollers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from lambda_lab.clock import SECOND, Clock
from lambda_lab.errors import LabError
from lambda_lab.invoke.mapping.engine import (
    DRAIN_SECONDS,
    STATE_SECONDS,
    MappingEngine,
    MappingState,
    sources_of,
)
from lambda_lab.invoke.mapping.poller import Poller
from lambda_lab.invoke.mapping.settings import MappingSettings
from lambda_lab.invoke.workers import Workers

QUEUE = "arn:aws:sqs:us-east-1:123456789012:q"
STREAM = "arn:aws:kinesis:us-east-1:123456789012:stream/s"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:f"
M = MappingSettings("m", QUEUE, FUNCTION, 10)


class FakePoller:
    """Notes what it is told. ``busy`` stands for a batch that still runs."""

    def __init__(self, settings: MappingSettings, previous: Poller | None) -> None:
        self.settings = settings
        self.previous = previous
        self.last_result = "OK"
        self.told: list[str] = []
        self.busy = False

    def start(self) -> None:
        self.told.append("start")

    def wake(self) -> None:
        self.told.append("wake")

    def stop(self) -> None:
        self.told.append("stop")

    @property
    def stopped(self) -> bool:
        return "stop" in self.told and not self.busy


class World:
    """An engine with a clock that stands still until it is moved."""

    def __init__(self, workers: Workers) -> None:
        self.pollers: list[FakePoller] = []
        self.clock = Clock(real_time_ns=lambda: 0)
        self.workers = workers
        self.clock.on_settle(workers.wait_idle)
        self.refuse: LabError | None = None
        self.engine = MappingEngine(self._make, self.clock, workers)

    def _make(self, settings: MappingSettings, previous: Poller | None) -> Poller:
        if self.refuse is not None:
            raise self.refuse
        self.pollers.append(FakePoller(settings, previous))
        return self.pollers[-1]

    def state(self, uuid: str = "m") -> str | None:
        status = self.engine.status(uuid)
        return None if status is None else str(status.state)

    def pass_time(self, seconds: float = STATE_SECONDS) -> None:
        self.clock.advance(seconds)

    def enabled(self, settings: MappingSettings = M) -> FakePoller:
        self.engine.create(settings)
        self.pass_time()
        return self.pollers[-1]


@pytest.fixture
def world() -> Iterator[World]:
    with Workers(8) as workers:
        yield World(workers)


def test_a_mapping_is_creating_and_then_enabled(world: World) -> None:
    world.engine.create(M)
    assert world.state() == "Creating"
    assert world.pollers == []
    world.pass_time(STATE_SECONDS / 2)
    assert world.state() == "Creating"
    world.pass_time(STATE_SECONDS / 2)
    assert world.state() == "Enabled"
    assert [poller.told for poller in world.pollers] == [["start"]]


def test_a_mapping_that_is_created_disabled_never_polls(world: World) -> None:
    world.engine.create(M, enabled=False)
    assert world.state() == "Creating"
    world.pass_time()
    world.engine.wake(QUEUE)
    assert world.state() == "Disabled"
    assert world.pollers == []
    status = world.engine.status("m")
    assert status is not None
    assert status.last_result == "No records processed"


def test_writes_wake_the_pollers_of_that_source_only(world: World) -> None:
    first = world.enabled()
    second = world.enabled(replace(M, uuid="other", source_arn=STREAM))
    world.engine.wake(QUEUE)
    world.engine.wake("arn:aws:sqs:us-east-1:123456789012:unknown")
    assert (first.told, second.told) == (["start", "wake"], ["start"])


def test_two_mappings_of_one_source_are_both_woken(world: World) -> None:
    first = world.enabled()
    second = world.enabled(replace(M, uuid="other"))
    world.engine.wake(QUEUE)
    assert first.told == second.told == ["start", "wake"]


def test_a_consumer_is_woken_by_writes_to_its_stream(world: World) -> None:
    poller = world.enabled(replace(M, source_arn=f"{STREAM}/consumer/c:1"))
    world.engine.wake(STREAM)
    assert poller.told == ["start", "wake"]


def test_disabling_lets_running_batches_end(world: World) -> None:
    poller = world.enabled()
    poller.busy = True
    world.engine.update(M, enabled=False)
    assert world.state() == "Disabling"
    world.pass_time()
    assert poller.told == ["start", "stop"]
    world.pass_time(5 * DRAIN_SECONDS)
    assert world.state() == "Disabling"
    poller.busy = False
    world.pass_time(DRAIN_SECONDS)
    assert world.state() == "Disabled"


def test_a_disabled_mapping_is_not_woken(world: World) -> None:
    poller = world.enabled()
    world.engine.update(M, enabled=False)
    world.workers.wait_idle()
    world.engine.wake(QUEUE)
    assert poller.told == ["start", "stop"]


def test_enabling_makes_a_poller_that_knows_the_last_one(world: World) -> None:
    first = world.enabled()
    world.engine.update(M, enabled=False)
    world.pass_time()
    world.engine.update(M, enabled=True)
    assert world.state() == "Enabling"
    world.pass_time()
    assert world.state() == "Enabled"
    assert world.pollers[1].previous is first
    assert world.pollers[1].told == ["start"]


def test_an_update_ends_the_old_poller_before_the_new_one_begins(world: World) -> None:
    first = world.enabled()
    first.busy = True
    changed = replace(M, batch_size=1)
    world.engine.update(changed, enabled=True)
    assert world.state() == "Updating"
    world.pass_time(3)
    assert len(world.pollers) == 1
    first.busy = False
    world.pass_time(DRAIN_SECONDS)
    assert world.state() == "Enabled"
    assert world.pollers[1].settings == changed
    world.engine.wake(QUEUE)
    assert first.told == ["start", "stop"]
    assert world.pollers[1].told == ["start", "wake"]


def test_an_update_of_a_disabled_mapping_leaves_it_disabled(world: World) -> None:
    world.engine.create(M, enabled=False)
    world.pass_time()
    world.engine.update(replace(M, batch_size=1), enabled=False)
    assert world.state() == "Updating"
    world.pass_time()
    assert world.state() == "Disabled"
    assert world.pollers == []


def test_deleting_lets_running_batches_end(world: World) -> None:
    poller = world.enabled()
    poller.busy = True
    world.engine.delete("m")
    assert world.state() == "Deleting"
    world.pass_time()
    assert world.state() == "Deleting"
    poller.busy = False
    world.pass_time(DRAIN_SECONDS)
    assert world.state() is None
    world.engine.wake(QUEUE)
    assert poller.told == ["start", "stop"]


@pytest.mark.parametrize("act", [lambda e: e.delete("no"), lambda e: e.update(M, enabled=True)])
def test_a_mapping_that_is_not_there(world: World, act: Callable[[MappingEngine], None]) -> None:
    with pytest.raises(KeyError):
        act(world.engine)


def test_a_state_says_since_when(world: World) -> None:
    world.enabled()
    status = world.engine.status("m")
    assert status is not None
    assert status.since_ns == round(STATE_SECONDS * SECOND)
    assert (status.state, status.last_result) == (MappingState.ENABLED, "OK")


def test_a_source_that_went_away_is_said_and_holds_nothing_up(world: World) -> None:
    world.refuse = LabError("There is no such queue.")
    world.engine.create(M)
    world.pass_time()
    world.refuse = None
    other = world.enabled(replace(M, uuid="other"))
    status = world.engine.status("m")
    assert status is not None
    assert (str(status.state), status.last_result) == (
        "Enabled",
        "PROBLEM: There is no such queue.",
    )
    assert other.told == ["start"]
    # It can be mended, and let go.
    world.engine.update(M, enabled=True)
    world.pass_time()
    status = world.engine.status("m")
    assert status is not None
    assert status.last_result == "OK"


def test_a_template_does_not_wait_for_a_new_mapping(world: World) -> None:
    world.engine.create(M)
    world.engine.settle_at_once("m")
    world.engine.settle_at_once("unknown")
    assert world.state() == "Enabled"
    world.pass_time(10)
    assert [poller.told for poller in world.pollers] == [["start"]]


def test_reset_stops_every_poller_even_if_one_fails(world: World) -> None:
    first = world.enabled()
    second = world.enabled(replace(M, uuid="other"))
    world.engine.create(replace(M, uuid="third"))

    def fail() -> None:
        raise RuntimeError("broken")

    first.stop = fail  # type: ignore[method-assign]
    world.engine.reset()
    world.pass_time(10)
    assert second.told == ["start", "stop"]
    assert [world.state(uuid) for uuid in ("m", "other", "third")] == [None] * 3
    assert len(world.pollers) == 2


def test_leaving_the_engine_stops_its_pollers(world: World) -> None:
    with world.engine:
        poller = world.enabled()
    assert poller.told == ["start", "stop"]


@pytest.mark.parametrize(
    ("arn", "expected"),
    [
        (QUEUE, (QUEUE,)),
        (STREAM, (STREAM,)),
        (f"{STREAM}/consumer/c:1", (f"{STREAM}/consumer/c:1", STREAM)),
        (
            "arn:aws:dynamodb:r:1:table/t/stream/x",
            ("arn:aws:dynamodb:r:1:table/t/stream/x", "arn:aws:dynamodb:r:1:table/t"),
        ),
    ],
)
def test_sources_of(arn: str, expected: tuple[str, ...]) -> None:
    assert sources_of(arn) == expected
