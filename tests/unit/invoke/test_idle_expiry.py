"""Who has been idle for too long, and who is exempt."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any, cast

from lambda_lab.clock import SECOND, Clock
from lambda_lab.invoke.errands import Errands
from lambda_lab.invoke.idle_expiry import IdleExpiry
from lambda_lab.invoke.pool import Pool
from lambda_lab.runtime.environment import Environment
from lambda_lab.runtime.outcomes import State


@dataclass(frozen=True)
class Spec:
    arn: str = "arn:f"
    version: str = "1"
    revision: str = "r"


@dataclass
class Idle:
    """As much of an environment as the pool looks at."""

    identity: str
    idle_since_ns: int
    init_type: str = "on-demand"
    state: State = State.IDLE
    spec: Spec = field(default_factory=Spec)


def pool_of(*environments: Idle) -> Pool:
    pool = Pool()
    for one in environments:
        environment = cast("Environment", one)
        pool.add(environment)
        assert pool.put_back(environment)
    return pool


def test_the_pool_gives_up_who_is_idle_longest() -> None:
    old, provisioned = Idle("old", 5), Idle("kept", 1, "provisioned-concurrency")
    pool = pool_of(old, provisioned, Idle("young", 20), Idle("younger", 30))
    expired, oldest = pool.take_expired(10)
    assert cast("Any", expired) == [old]
    assert oldest == 20
    assert pool.take("arn:f:1", "r") is not cast("Any", old)
    assert pool_of(provisioned).take_expired(10) == ([], None)


def test_one_event_is_enough_and_each_goes_in_its_time() -> None:
    ticks, gone = [0], list[tuple[str, int]]()
    clock, errands = Clock(real_time_ns=lambda: ticks[0]), Errands()
    environments = [Idle("a", 0), Idle("b", 40 * SECOND), Idle("c", 70 * SECOND)]
    pool = pool_of(*environments)
    expiry = IdleExpiry(
        pool,
        clock,
        errands,
        lambda one: gone.append((one.identity, clock.now_ns() // SECOND)),
        seconds=60,
    )
    clock.on_settle(errands.wait)
    for _ in range(1000):
        expiry.notice()
    assert len(clock._heap) == 1
    clock.advance(200)
    assert gone == [("a", 60), ("b", 100), ("c", 130)]
    assert not clock._heap


def test_a_change_reaches_an_environment_that_is_made_just_after_it() -> None:
    pool = Pool()
    pool.retire("arn:f", "1", "new")
    late = cast("Environment", Idle("late", 0))
    pool.add(late)
    assert not pool.put_back(late)
    pool.retire("arn:f", None, None)
    anew = cast("Environment", Idle("anew", 0))
    pool.add(anew)
    assert pool.put_back(anew), "a function that is deleted and made again has other revisions"


def test_a_failing_errand_does_not_hold_up_the_others() -> None:
    errands, done = Errands(), threading.Event()

    def fails() -> None:
        raise KeyError("on purpose")

    errands.run(fails, "lab-test")
    errands.run(done.set, "lab-test")
    errands.wait()
    assert done.is_set()
