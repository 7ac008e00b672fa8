"""The two alarms of a target tracking policy, in moto's CloudWatch.

moto keeps alarms and changes their state only by hand; those of a policy are held against their
metric every minute, as CloudWatch does it.
https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html#managing-provisioned-concurency
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from moto.cloudwatch.models import cloudwatch_backends

from lambda_lab import facts
from lambda_lab.aws.autoscaling.minutes import Metric, Minutes
from lambda_lab.aws.autoscaling.resources import Resource
from lambda_lab.aws.autoscaling.tracking import EXTRA_PERIODS, alarm_state
from lambda_lab.aws.moto_seam import ACCOUNT
from lambda_lab.aws.services import services

__all__ = ["PolicyAlarms", "metric_of"]

_ALARM = "ALARM"
_PERIOD_SECONDS = 60


def metric_of(resource: Resource, config: dict[str, Any]) -> Metric:
    """Return what a target tracking configuration looks at."""
    custom = config.get("CustomizedMetricSpecification")
    if custom:
        named = ((each["Name"], each["Value"]) for each in custom.get("Dimensions") or ())
        return Metric(
            custom["Namespace"],
            custom["MetricName"],
            frozenset(named),
            custom["Statistic"],
            custom.get("Unit"),
        )
    dimensions = (("FunctionName", resource.function), ("Resource", resource.metric_name))
    name = "ProvisionedConcurrencyUtilization"
    return Metric("AWS/Lambda", name, frozenset(dimensions), "Average")


class PolicyAlarms:
    """The alarms of one policy, and what they look at.

    Parameters
    ----------
    policy
        moto's record.
    resource
        What it scales.
    earlier
        The alarms it had before it was changed: their names stay.
    """

    def __init__(self, policy: Any, resource: Resource, earlier: PolicyAlarms | None) -> None:
        config = policy.target_tracking_scaling_policy_configuration
        self.target = float(config["TargetValue"])
        self.scales_in = not config.get("DisableScaleIn")
        self.metric = metric_of(resource, config)
        self._low = self.target * float(facts.value("autoscaling.alarm-low.share"))
        self._periods = {
            side: int(facts.value(f"autoscaling.alarm-{side.lower()}.periods"))
            for side in ("High", "Low")
        }
        self.minutes = Minutes(policy.region_name, self.metric)
        self._cloudwatch: Any = cloudwatch_backends[ACCOUNT][policy.region_name]
        self.names: dict[str, str] = earlier.names if earlier else _names(policy.resource_id)
        self._make(policy)

    def _make(self, policy: Any) -> None:
        """Let the alarms be as the policy wants them now."""
        self._cloudwatch.delete_alarms([*self.names.values()])
        # Without scale-in there is nothing that the low alarm could trigger (confidence L).
        sides = ("High", "Low") if self.scales_in else ("High",)
        action = f"{policy.policy_arn}:createdBy/{services().ids.uuid()}"
        policy.alarms = [self._put(side, action) for side in sides]

    def _put(self, side: str, action: str) -> Any:
        high = side == "High"
        alarm = self._cloudwatch.put_metric_alarm(
            name=self.names[side],
            namespace=self.metric.namespace,
            metric_name=self.metric.name,
            comparison_operator="GreaterThanThreshold" if high else "LessThanThreshold",
            evaluation_periods=self._periods[side],
            period=_PERIOD_SECONDS,
            threshold=self.target if high else self._low,
            statistic=self.metric.statistic,
            unit=self.metric.unit,
            description=f"DO NOT EDIT OR DELETE. For TargetTrackingScaling policy {action}.",
            dimensions=[{"Name": name, "Value": of} for name, of in sorted(self.metric.dimensions)],
            alarm_actions=[action],
        )
        alarm.state_value = "INSUFFICIENT_DATA"  # moto begins with OK
        return alarm

    @property
    def span(self) -> int:
        """How many minutes the alarms look back."""
        return max(self._periods.values()) + EXTRA_PERIODS

    def look(self, values: Sequence[float | None]) -> dict[str, bool]:
        """Hold the alarms against the metric; returns which of them trigger the policy.

        An alarm that somebody deleted triggers nothing, nor does one whose actions are disabled.
        """
        triggers = {"High": False, "Low": False}
        for side in triggers:
            alarm = self._cloudwatch.alarms.get(self.names[side])
            if alarm is None:
                continue
            self._update(alarm, side, values)
            triggers[side] = alarm.state_value == _ALARM and alarm.actions_enabled
        return triggers

    def _update(self, alarm: Any, side: str, values: Sequence[float | None]) -> None:
        high, periods = side == "High", self._periods[side]
        window = values[-(periods + EXTRA_PERIODS) :]
        limit = self.target if high else self._low
        beyond = (lambda value: value > limit) if high else (lambda value: value < limit)
        state = alarm_state(window, periods, beyond)
        if state not in (None, alarm.state_value):
            alarm.update_state(_reason(window, periods, limit, state, high=high), "{}", state)


def _names(resource_id: str) -> dict[str, str]:
    new = services().ids.uuid
    return {side: f"TargetTracking-{resource_id}-Alarm{side}-{new()}" for side in ("High", "Low")}


def _reason(
    values: Sequence[float | None], periods: int, limit: float, state: str | None, *, high: bool
) -> str:
    """Say why an alarm changes, nearly as CloudWatch does (confidence M)."""
    real = [value for value in values if value is not None][-periods:]
    if not real:
        return f"Insufficient Data: {periods} datapoints were unknown."
    than = "greater than" if high else "less than"
    was = "were" if state == _ALARM else "were not all"
    shown = ", ".join(f"{value:g}" for value in real)
    return (
        f"Threshold Crossed: the last datapoints [{shown}] {was} {than} the threshold ({limit:g})."
    )
