"""Whether a CloudWatch alarm that guards a deployment is in the state ``ALARM``.

moto keeps alarms and changes their state only by hand (``SetAlarmState``). Here an alarm on one
metric is held against that metric as well, whenever a deployment looks at it.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from moto.cloudwatch.models import cloudwatch_backends

from lambda_lab.aws.moto_seam import ACCOUNT

__all__ = ["Alarms", "breaches"]

_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = MappingProxyType(
    {
        "GreaterThanThreshold": operator.gt,
        "GreaterThanOrEqualToThreshold": operator.ge,
        "LessThanThreshold": operator.lt,
        "LessThanOrEqualToThreshold": operator.le,
    }
)
_STATISTICS: Mapping[str, str] = MappingProxyType(
    {
        "Sum": "sum",
        "Average": "average",
        "Maximum": "maximum",
        "Minimum": "minimum",
        "SampleCount": "sample_count",
    }
)
_ALARM = "ALARM"
_CROSSED = "Threshold Crossed:"
"""How CloudWatch's own reasons begin."""


def breaches(
    values: Sequence[float | None], wanted: int, compare: Callable[[float], bool], missing: str
) -> bool:
    """Whether at least *wanted* of the periods are beyond the threshold.

    Parameters
    ----------
    values
        One for each period; ``None`` where there is no data.
    wanted
        ``DatapointsToAlarm``.
    compare
        Whether a value is beyond the threshold.
    missing
        ``TreatMissingData``; only ``breaching`` lets a period without data count.

    Examples
    --------
    >>> breaches([3.0, None, 0.0], 1, lambda value: value > 2, "missing")
    True
    >>> breaches([3.0, None, 0.0], 2, lambda value: value > 2, "missing")
    False
    >>> breaches([3.0, None, 0.0], 2, lambda value: value > 2, "breaching")
    True
    """
    beyond = sum(missing == "breaching" if value is None else compare(value) for value in values)
    return beyond >= wanted


class Alarms:
    """The alarms of one region as a deployment sees them."""

    def __init__(self, region: str) -> None:
        self._backend: Any = cloudwatch_backends[ACCOUNT][region]

    def missing(self, names: Sequence[str]) -> list[str]:
        """Return the names of alarms that do not exist."""
        return [name for name in names if name not in self._backend.alarms]

    def active(self, names: Sequence[str], now: datetime) -> list[str]:
        """Return the names of the alarms that are in ``ALARM`` at *now* (UTC)."""
        found = []
        for name in names:
            alarm = self._backend.alarms.get(name)
            if alarm is None:
                continue
            self._hold_against_metric(alarm, now)
            if alarm.state_value == _ALARM:
                found.append(name)
        return found

    def _hold_against_metric(self, alarm: Any, now: datetime) -> None:
        """Let an alarm ring, or let one that rang for its metric be silent again."""
        rings = alarm.state_value == _ALARM
        if rings and not alarm.state_reason.startswith(_CROSSED):
            return  # set by hand: it stays until it is set again
        if self._is_beyond(alarm, now) != rings:
            state = "OK" if rings else _ALARM
            alarm.update_state(f"{_CROSSED} looked at by a deployment.", "{}", state)

    def _is_beyond(self, alarm: Any, now: datetime) -> bool:
        comparison = _COMPARISONS.get(alarm.comparison_operator)
        attribute = _STATISTICS.get(alarm.statistic)
        # Composite alarms, metric math, percentiles and anomalies change by SetAlarmState only.
        if not alarm.metric_name or comparison is None or attribute is None:
            return False
        periods, seconds = int(alarm.evaluation_periods), int(alarm.period)
        threshold = float(alarm.threshold)
        return breaches(
            self._values(alarm, attribute, now, periods, seconds),
            int(alarm.datapoints_to_alarm or periods),
            lambda value: comparison(value, threshold),
            alarm.treat_missing_data or "missing",
        )

    def _values(
        self, alarm: Any, attribute: str, now: datetime, periods: int, seconds: int
    ) -> list[float | None]:
        """Return the statistic of the last periods; the youngest ends now."""
        # moto's times have no zone. The second that runs counts as well.
        end = now.replace(tzinfo=None, microsecond=0) + timedelta(seconds=1)
        values: list[float | None] = []
        for number in range(periods, 0, -1):
            start = end - timedelta(seconds=seconds * number)
            points = self._backend.get_metric_statistics(
                namespace=alarm.namespace,
                metric_name=alarm.metric_name,
                start_time=start,
                end_time=start + timedelta(seconds=seconds),
                period=seconds,
                stats=[alarm.statistic],
                dimensions=[{"Name": one.name, "Value": one.value} for one in alarm.dimensions],
                unit=alarm.unit,
            )
            values.append(float(getattr(points[0], attribute)) if points else None)
        return values
