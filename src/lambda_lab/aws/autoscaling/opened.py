"""Putting auto scaling of provisioned concurrency into moto, for as long as a region is open.

moto keeps targets, policies and scheduled actions, and never scales anything. That is kept for
other services; what belongs to Lambda is checked and works here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from moto.applicationautoscaling.models import (
    ApplicationAutoscalingBackend,
    FakeApplicationAutoscalingPolicy,
)
from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse

from lambda_lab.aws.autoscaling import listings
from lambda_lab.aws.autoscaling.alarms import PolicyAlarms
from lambda_lab.aws.autoscaling.capacity import Capacity, ProvisionedConcurrency
from lambda_lab.aws.autoscaling.checks import (
    check_action,
    check_bounds,
    check_policy,
    invalid,
    not_found,
    read_resource,
    read_schedule,
    read_zone,
)
from lambda_lab.aws.autoscaling.resources import DIMENSION, NAMESPACE, SUSPENDABLE
from lambda_lab.aws.autoscaling.scaler import Scaler, policies_of
from lambda_lab.aws.autoscaling.scaling import Scaling, Target
from lambda_lab.aws.moto_seam import ACCOUNT
from lambda_lab.aws.pushes.agenda import Agenda
from lambda_lab.aws.pushes.patches import replaced
from lambda_lab.aws.services import services
from lambda_lab.clock import SECOND, Clock
from lambda_lab.errors import NotModelledError
from lambda_lab.invoke.workers import Workers

__all__ = ["provisioned_autoscaling"]

ROLE = (
    f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/lambda.application-autoscaling.amazonaws.com/"
    "AWSServiceRoleForApplicationAutoScaling_LambdaConcurrency"
)
"""The service-linked role, which is used whatever ``RoleARN`` a caller names."""


@contextmanager
def provisioned_autoscaling(
    clock: Clock,
    workers: Workers,
    before_reading: Callable[[], None],
    capacity: Capacity | None = None,
) -> Iterator[None]:
    """Let Application Auto Scaling scale provisioned concurrency while the block runs.

    Parameters
    ----------
    clock, workers
        When something is due, and who does it.
    before_reading
        Called before metrics are read: those that are buffered must be there.
    capacity
        What is scaled; tests hand in their own.
    """
    scaling = Scaling(capacity or ProvisionedConcurrency(), clock, workers, services().ids)
    agenda = Agenda(clock, workers)
    registry = _Registry(Scaler(scaling, agenda, before_reading), scaling)
    backend = ApplicationAutoscalingBackend
    operations = {
        name: _of_lambda(getattr(backend, name), getattr(registry, name), scaling)
        for name in (
            *("register_scalable_target", "deregister_scalable_target"),
            *("put_scaling_policy", "delete_scaling_policy"),
            *("put_scheduled_action", "delete_scheduled_action"),
        )
    }
    response = ApplicationAutoScalingResponse
    register = response.register_scalable_target
    with (
        replaced(backend, **operations),
        replaced(response, **listings.OPERATIONS, register_scalable_target=_untagged(register)),
    ):
        # One operation that moto does not have.
        response.describe_scaling_activities = listings.describe_scaling_activities  # type: ignore[attr-defined]
        try:
            yield
        finally:
            del response.describe_scaling_activities  # type: ignore[attr-defined]
            agenda.clear()


def _of_lambda(
    original: Callable[..., Any], ours: Callable[..., Any], scaling: Scaling
) -> Callable[..., Any]:
    """Return an operation that is *ours* for Lambda, and moto's own for every other service."""
    names = original.__code__.co_varnames[1 : original.__code__.co_argcount]

    def operation(backend: Any, *values: Any, **named: Any) -> Any:
        asked = {**dict(zip(names, values, strict=False)), **named}
        namespace = asked.get("namespace") or asked.get("service_namespace")
        if namespace != NAMESPACE:
            return original(backend, **asked)
        with scaling.lock:
            return ours(backend, partial(original, backend, **asked), asked)

    return operation


def _untagged(register: Callable[[Any], str]) -> Callable[[Any], str]:
    def register_scalable_target(response: Any) -> str:
        if response._get_param("Tags"):
            raise NotModelledError("Tagging a scalable target")
        return register(response)

    return register_scalable_target


class _Registry:
    """The operations that make, change and delete. moto's own are handed in ready to be called."""

    def __init__(self, scaler: Scaler, scaling: Scaling) -> None:
        self._scaler = scaler
        self._scaling = scaling

    # -- targets ---------------------------------------------------------------------------------

    def register_scalable_target(self, backend: Any, moto: Callable[[], Any], asked: Any) -> Any:
        """Register a target, or change it; and bring its capacity within the bounds."""
        resource = read_resource(asked["r_id"], asked["dimension"])
        known = backend.targets.get(DIMENSION, {}).get(asked["r_id"])
        bounds = {
            name: getattr(known, name, None) if asked.get(name) is None else asked[name]
            for name in ("min_capacity", "max_capacity")
        }
        check_bounds(*bounds.values())
        if not self._scaling.capacity.exists(backend.region_name, resource):
            # As for a service of ECS; Lambda's words are not known (confidence L).
            raise invalid(f"Lambda function version or alias doesn't exist: {asked['r_id']}")
        suspended = _suspended(known, asked.get("suspended_state"))
        record = moto()
        record.suspended_state = suspended
        if known is None:
            record.role_arn = ROLE
            # moto draws names at random; from the region's ids a seeded run repeats.
            record.arn = f"{record.arn.rpartition('/')[0]}/{services().ids.hex(36)}"
            record.creation_time = self._seconds()
            record.lab_target = Target(backend, record, resource)
        self._scaling.into_bounds(record.lab_target)
        return record

    def deregister_scalable_target(self, backend: Any, moto: Callable[[], Any], asked: Any) -> None:
        """Forget a target with its policies and its scheduled actions; its capacity stays."""
        target = self._target(backend, asked["r_id"], asked["dimension"], "found")
        for policy in policies_of(target):
            backend.delete_scaling_policy(
                policy.policy_name, NAMESPACE, policy.resource_id, DIMENSION
            )
        for action in _actions_of(target):
            self._scaler.unschedule(action)
            backend.scheduled_actions.remove(action)
        self._scaler.untrack(target)
        moto()

    def _target(self, backend: Any, resource_id: str, dimension: str, is_what: str) -> Target:
        read_resource(resource_id, dimension)
        record = backend.targets.get(DIMENSION, {}).get(resource_id)
        if record is None:
            raise not_found(f"scalable target {is_what}", resource_id)
        target: Target = record.lab_target
        return target

    def _seconds(self) -> float:
        return self._scaling.clock.now_ns() / SECOND

    # -- policies --------------------------------------------------------------------------------

    def put_scaling_policy(self, backend: Any, moto: Callable[[], Any], asked: Any) -> Any:
        """Make a policy with its alarms, or change it: its ARN and the alarms' names stay."""
        known = _policy(backend, asked)
        check_policy(
            asked["policy_type"] or getattr(known, "policy_type", None),
            asked["policy_body"] or getattr(known, "_policy_body", None),
        )
        target = self._target(
            backend, asked["resource_id"], asked["scalable_dimension"], "registered"
        )
        policy = moto()
        if known is None:
            identity = services().ids.uuid()
            policy.policy_arn = policy.policy_arn.replace(str(policy._guid), identity)
            policy._guid, policy.creation_time = identity, self._seconds()
        else:
            policy.policy_arn, policy._guid = known.policy_arn, known._guid
            policy.creation_time = known.creation_time
        earlier = getattr(known, "lab_alarms", None)
        policy.lab_alarms = PolicyAlarms(policy, target.resource, earlier)
        self._scaler.track(target)
        return policy

    def delete_scaling_policy(self, backend: Any, moto: Callable[[], Any], asked: Any) -> None:
        """Delete a policy with its alarms."""
        if _policy(backend, asked) is None:
            name = f"policy name: {asked['policy_name']}"
            raise not_found("scaling policy found", asked["resource_id"], name)
        moto()

    # -- scheduled actions -----------------------------------------------------------------------

    def put_scheduled_action(self, backend: Any, moto: Callable[[], Any], asked: Any) -> None:
        """Make a scheduled action, or change it."""
        target = self._target(
            backend, asked["resource_id"], asked["scalable_dimension"], "registered"
        )
        known = _action(target, asked["scheduled_action_name"])
        check_action(asked["scalable_target_action"], asked["schedule"], known is not None)
        if asked["schedule"] is not None:
            read_schedule(asked["schedule"])
        read_zone(asked["timezone"])
        start, end = asked["start_time"], asked["end_time"]
        if start is not None and end is not None and start >= end:
            raise invalid("The start time must be before the end time")
        moto()
        action = known or _action(target, asked["scheduled_action_name"])
        if known is None:
            action.creation_time = self._seconds()
        self._scaler.schedule(target, action)

    def delete_scheduled_action(self, backend: Any, moto: Callable[[], Any], asked: Any) -> None:
        """Delete a scheduled action."""
        record = backend.targets.get(DIMENSION, {}).get(asked["resource_id"])
        name = asked["scheduled_action_name"]
        action = None if record is None else _action(record.lab_target, name)
        if action is None:
            of = f"scheduled action name: {name}"
            raise not_found("scheduled action found", asked["resource_id"], of)
        self._scaler.unschedule(action)
        moto()


def _suspended(known: Any, asked: Any) -> dict[str, bool]:
    state = dict.fromkeys(SUSPENDABLE, False) | (known.suspended_state if known else {})
    for name, value in (asked or {}).items():
        if name not in SUSPENDABLE or not isinstance(value, bool):
            raise invalid(f"SuspendedState has no boolean member {name} with the value {value}")
        state[name] = value
    return state


def _policy(backend: Any, asked: Any) -> Any:
    key = FakeApplicationAutoscalingPolicy.formulate_key(
        NAMESPACE, asked["resource_id"], asked["scalable_dimension"], asked["policy_name"]
    )
    return backend.policies.get(key)


def _actions_of(target: Target) -> list[Any]:
    return [
        action
        for action in target.backend.scheduled_actions
        if action.service_namespace == NAMESPACE
        and action.scalable_dimension == DIMENSION
        and action.resource_id == target.resource_id
    ]


def _action(target: Target, name: str) -> Any:
    named = (each for each in _actions_of(target) if each.scheduled_action_name == name)
    return next(named, None)
