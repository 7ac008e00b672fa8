"""Application Auto Scaling at work: scheduled actions, and policies looked at every minute.

https://docs.aws.amazon.com/autoscaling/application/userguide/services-that-can-integrate-lambda.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from lambda_lab import facts
from lambda_lab.aws.autoscaling.activities import cause_of_alarm, cause_of_schedule
from lambda_lab.aws.autoscaling.alarms import PolicyAlarms
from lambda_lab.aws.autoscaling.capacity import State
from lambda_lab.aws.autoscaling.checks import check_bounds, read_schedule, read_zone
from lambda_lab.aws.autoscaling.minutes import MINUTE
from lambda_lab.aws.autoscaling.resources import DIMENSION, NAMESPACE
from lambda_lab.aws.autoscaling.scaling import Cooldown, Scaling, Target
from lambda_lab.aws.autoscaling.timetable import Timetable
from lambda_lab.aws.autoscaling.tracking import Decision, Reading, decide
from lambda_lab.aws.pushes.agenda import Agenda, Firing, Plan
from lambda_lab.clock import SECOND
from lambda_lab.errors import AwsError

__all__ = ["Scaler", "policies_of"]

_REASONS: Mapping[str, str] = {
    "AlreadyAtMaxCapacity": "MaxCapacity",
    "AlreadyAtMinCapacity": "MinCapacity",
    "AlreadyAtDesiredCapacity": "CurrentCapacity",
    "AutoScalingAnticipatedFlapping": "CurrentCapacity",
}
"""By the code of a ``NotScaledReason``, the member that says where the capacity stands."""


class Scaler:
    """Lets targets scale.

    Parameters
    ----------
    scaling
        Sets capacities.
    agenda
        Where scheduled actions and looks at policies are planned.
    before_reading
        Called before metrics are read: those that are buffered must be there.
    """

    def __init__(
        self, scaling: Scaling, agenda: Agenda, before_reading: Callable[[], None]
    ) -> None:
        self.scaling = scaling
        self._agenda = agenda
        self._before_reading = before_reading

    def _now_ns(self) -> int:
        return self.scaling.clock.now_ns()

    # -- scheduled actions -----------------------------------------------------------------------

    def schedule(self, target: Target, action: Any) -> None:
        """Plan the next time of *action*, moto's record, as its settings are now."""
        timetable = Timetable(
            read_schedule(action.schedule),
            self._now_ns(),
            read_zone(action.timezone),
            _nanoseconds(action.start_time),
            _nanoseconds(action.end_time),
        )
        plan = Plan(timetable.next_after, partial(self._run_action, target, action))
        self._agenda.put(action.arn, plan, self._now_ns() - 1)

    def unschedule(self, action: Any) -> None:
        """Plan nothing more for *action*."""
        self._agenda.drop(action.arn)

    def _run_action(self, target: Target, action: Any, firing: Firing) -> None:
        del firing
        with self.scaling.lock:
            if not target.is_kept or action not in target.backend.scheduled_actions:
                self.unschedule(action)  # moto was reset
            elif not target.suspends("ScheduledScalingSuspended"):
                self._set_bounds(target, action)

    def _set_bounds(self, target: Target, action: Any) -> None:
        wanted = action.scalable_target_action
        minimum, maximum = wanted.get("MinCapacity"), wanted.get("MaxCapacity")
        activity = self.scaling.bounds_change(
            target, minimum, maximum, cause_of_schedule(action.scheduled_action_name)
        )
        record = target.record
        try:
            bounds = check_bounds(
                record.min_capacity if minimum is None else minimum,
                record.max_capacity if maximum is None else maximum,
            )
        except AwsError as error:  # one was given alone, and passes the other
            activity.fail(error.message, self._now_ns())
            return
        record.min_capacity, record.max_capacity = bounds.minimum, bounds.maximum
        activity.succeed(self._now_ns())
        self.scaling.into_bounds(target)

    # -- target tracking -------------------------------------------------------------------------

    def track(self, target: Target) -> None:
        """Look at the policies of *target* at every full minute from now on."""
        plan = Plan(lambda after_ns: (after_ns // MINUTE + 1) * MINUTE, partial(self._look, target))
        self._agenda.put(target.record.arn, plan, self._now_ns())

    def untrack(self, target: Target) -> None:
        """Look no more."""
        self._agenda.drop(target.record.arn)

    def _look(self, target: Target, firing: Firing) -> None:
        self._before_reading()
        with self.scaling.lock:
            policies = policies_of(target) if target.is_kept else []
            if not policies:
                self.untrack(target)
                return
            readings = [self._read(target, policy, firing.planned_ns) for policy in policies]
            if not any(reading.high or reading.low for reading in readings):
                target.left = None
                return
            try:
                state = self.scaling.capacity.read(target.region, target.resource)
            except AwsError:
                return  # the alias is gone
            if state.status != "IN_PROGRESS":
                self._act(target, readings, state)

    def _act(self, target: Target, readings: list[Reading], state: State) -> None:
        decision = decide(
            readings,
            state.requested,
            target.bounds,
            out_suspended=target.suspends("DynamicScalingOutSuspended"),
            in_suspended=target.suspends("DynamicScalingInSuspended"),
        )
        if decision is None:
            return
        policy = decision.reading.policy
        alarms = _alarms_of(
            next(each for each in policies_of(target) if each.policy_name == policy)
        )
        cause = cause_of_alarm(alarms.names["High" if decision.out else "Low"], policy)
        if decision.not_scaled:
            reason = {"Code": decision.not_scaled, _REASONS[decision.not_scaled]: state.requested}
            self.scaling.leave(target, reason, cause)
            return
        done = partial(self._cool_down, target, decision, state.requested)
        self.scaling.set(target, decision.capacity, cause, done)

    def _cool_down(self, target: Target, decision: Decision, before: int, now_ns: int) -> None:
        name = "ScaleOutCooldown" if decision.out else "ScaleInCooldown"
        policy = decision.reading.policy
        for each in policies_of(target):
            if each.policy_name == policy:
                config = each.target_tracking_scaling_policy_configuration
                seconds = int(config.get(name, facts.value("autoscaling.cooldown")))
                target.cooldown = Cooldown(policy, decision.out, before, now_ns + seconds * SECOND)

    def _read(self, target: Target, policy: Any, now_ns: int) -> Reading:
        alarms = _alarms_of(policy)
        values = alarms.minutes.last(now_ns, alarms.span)
        triggers = alarms.look(values)
        # What was measured before the last change had taken effect says nothing about it.
        fresh = (now_ns - target.settled_ns) // MINUTE
        seen = [value for value in values[-fresh:] if value is not None] if fresh > 0 else []
        cooldown = target.cooldown
        if cooldown is not None and now_ns >= cooldown.until_ns:
            cooldown = None
        own = cooldown is not None and cooldown.out and cooldown.policy == policy.policy_name
        return Reading(
            policy.policy_name,
            alarms.target,
            seen[-1] if seen else None,
            high=triggers["High"],
            low=triggers["Low"],
            scales_in=alarms.scales_in,
            out_from=cooldown.before if cooldown is not None and own else None,
            in_waits=cooldown is not None and not cooldown.out,
        )


def policies_of(target: Target) -> list[Any]:
    """Return moto's records of the policies of *target*."""
    return [
        policy
        for policy in target.backend.policies.values()
        if policy.service_namespace == NAMESPACE
        and policy.scalable_dimension == DIMENSION
        and policy.resource_id == target.resource_id
    ]


def _alarms_of(policy: Any) -> PolicyAlarms:
    """Return the alarms of moto's record *policy*."""
    alarms: PolicyAlarms = policy.lab_alarms
    return alarms


def _nanoseconds(seconds: Any) -> int | None:
    return None if seconds is None else round(float(seconds) * SECOND)
