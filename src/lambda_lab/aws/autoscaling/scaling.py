"""Changing the capacity of a target, and following what becomes of it.

https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-scaling-activities.html
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from lambda_lab.aws.autoscaling.activities import Activity, Journal, cause_of_bounds
from lambda_lab.aws.autoscaling.capacity import Capacity, State
from lambda_lab.aws.autoscaling.resources import Bounds, Resource
from lambda_lab.clock import Clock
from lambda_lab.errors import AwsError
from lambda_lab.ids import Ids
from lambda_lab.invoke.workers import Workers

__all__ = ["FOLLOW_SECONDS", "Cooldown", "Scaling", "Target", "journal_of"]

FOLLOW_SECONDS = 10
"""How often it is looked whether Lambda has done what it was asked for. AWS publishes no time."""


@dataclass(slots=True)
class Cooldown:
    """The time after a change by a policy in which another one must wait."""

    policy: str
    out: bool
    before: int
    """The capacity before it."""
    until_ns: int
    """When it is over."""


class Target:
    """A scalable target: moto's record of it, and what happened to its capacity.

    Parameters
    ----------
    backend, record
        moto's.
    resource
        What is scaled.
    """

    def __init__(self, backend: Any, record: Any, resource: Resource) -> None:
        self.backend = backend
        self.record = record
        self.resource = resource
        self.activity: Activity | None = None
        """The last one that changed the capacity."""
        self.settled_ns = 0
        """When the last change of the capacity had taken effect."""
        self.cooldown: Cooldown | None = None
        self.left: tuple[str, dict[str, Any]] | None = None
        """Why nothing was done at the last look, so that it is told once."""

    @property
    def region(self) -> str:
        """The AWS region."""
        return str(self.backend.region_name)

    @property
    def resource_id(self) -> str:
        """As AWS's API names what is scaled."""
        return str(self.record.resource_id)

    @property
    def bounds(self) -> Bounds:
        """What its capacity moves between now."""
        return Bounds(self.record.min_capacity, self.record.max_capacity)

    @property
    def is_kept(self) -> bool:
        """Whether moto still has it: deregistering or a reset takes it away."""
        kept = self.backend.targets.get(self.record.scalable_dimension, {})
        return kept.get(self.resource_id) is self.record

    @property
    def journal(self) -> Journal:
        """The activities of its region; a reset takes them away."""
        return journal_of(self.backend)

    def suspends(self, what: str) -> bool:
        """Whether *what*, a member of ``SuspendedState``, is suspended."""
        return bool((self.record.suspended_state or {}).get(what))


def journal_of(backend: Any) -> Journal:
    """Return the activities kept with moto's *backend*."""
    journal: Journal = vars(backend).setdefault("lab_activities", Journal())
    return journal


class Scaling:
    """Sets capacities.

    Parameters
    ----------
    capacity
        What is set.
    clock, workers
        When it is looked whether it is done, and who looks.
    ids
        Names activities.
    """

    def __init__(self, capacity: Capacity, clock: Clock, workers: Workers, ids: Ids) -> None:
        self.capacity = capacity
        self.clock = clock
        self._workers = workers
        self._ids = ids
        self.lock = threading.RLock()
        """Held while a target changes."""

    def bounds_change(
        self, target: Target, minimum: int | None, maximum: int | None, cause: str
    ) -> Activity:
        """Begin an activity that sets one or both of a target's bounds."""
        now_ns = self.clock.now_ns()
        bounds = (minimum, maximum)
        return target.journal.add(
            Activity.to_bounds(self._ids.uuid(), target.resource_id, bounds, cause, now_ns)
        )

    def into_bounds(self, target: Target) -> None:
        """Bring a capacity that is outside the bounds to the nearest one."""
        try:
            state = self.capacity.read(target.region, target.resource)
        except AwsError as error:
            self._failed(target, target.bounds.minimum, error)
            return
        wanted = target.bounds.hold(state.requested)
        if wanted != state.requested:
            self.set(target, wanted, cause_of_bounds(state.requested, target.bounds))

    def set(
        self,
        target: Target,
        wanted: int,
        cause: str,
        done: Callable[[int], None] = lambda now_ns: None,
    ) -> None:
        """Ask Lambda for a capacity.

        Parameters
        ----------
        target
            Whose.
        wanted
            Environments.
        cause
            For the activity.
        done
            Called with the time when Lambda has it.
        """
        activity = self._begin(target, wanted, cause)
        try:
            self.capacity.set(target.region, target.resource, wanted)
        except AwsError as error:
            activity.fail(error.message, self.clock.now_ns())
            return
        activity.wait()
        self._follow(target, activity, done)

    def leave(self, target: Target, reason: dict[str, Any], cause: str) -> None:
        """Tell, once, why an alarm changed nothing."""
        if target.left != (cause, reason):
            target.left = (cause, reason)
            target.journal.add(
                Activity.left(
                    self._ids.uuid(), target.resource_id, reason, cause, self.clock.now_ns()
                )
            )

    def _failed(self, target: Target, wanted: int, error: AwsError) -> None:
        cause = f"minimum capacity was set to {wanted}"
        self._begin(target, wanted, cause).fail(error.message, self.clock.now_ns())

    def _begin(self, target: Target, wanted: int, cause: str) -> Activity:
        now_ns = self.clock.now_ns()
        if target.activity is not None and target.activity.is_open:
            target.activity.override(now_ns)
        target.left = None
        target.activity = target.journal.add(
            Activity.to_capacity(self._ids.uuid(), target.resource_id, wanted, cause, now_ns)
        )
        return target.activity

    def _follow(self, target: Target, activity: Activity, done: Callable[[int], None]) -> None:
        with self.lock:
            if not activity.is_open:
                return
            now_ns = self.clock.now_ns()
            try:
                state = self.capacity.read(target.region, target.resource)
            except AwsError as error:
                state = State(0, "FAILED", error.message)
            if state.status == "IN_PROGRESS":
                again = partial(self._follow, target, activity, done)
                self.clock.call_later(FOLLOW_SECONDS, lambda: self._workers.submit(again))
            elif state.status == "FAILED":
                activity.fail(state.reason, now_ns)
            else:
                activity.fulfil(now_ns)
                target.settled_ns = now_ns
                done(now_ns)
