"""A metric of CloudWatch minute by minute, read once for each data point.

A target tracking policy looks at its metric every minute. moto searches all data points for each
question, so a day's move of the clock would search them some thousand times; here only those that
came since the last look are read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from moto.cloudwatch.models import MetricAggregatedDatum, cloudwatch_backends

from lambda_lab.aws.moto_seam import ACCOUNT
from lambda_lab.clock import SECOND

__all__ = ["MINUTE", "Metric", "Minutes"]

MINUTE = 60 * SECOND
"""Nanoseconds."""


@dataclass(frozen=True, slots=True)
class Metric:
    """What is read: a metric under exactly one set of dimensions, and a statistic of it."""

    namespace: str
    name: str
    dimensions: frozenset[tuple[str, str]]
    statistic: str
    unit: str | None = None


@dataclass(slots=True)
class _Sums:
    count: float = 0.0
    total: float = 0.0
    least: float = float("inf")
    most: float = float("-inf")

    def add(self, count: float, total: float, least: float, most: float) -> None:
        self.count += count
        self.total += total
        self.least = min(self.least, least)
        self.most = max(self.most, most)

    def statistic(self, name: str) -> float:
        if name == "Average":
            return self.total / self.count
        values: Mapping[str, float] = {
            "Maximum": self.most,
            "Minimum": self.least,
            "SampleCount": self.count,
            "Sum": self.total,
        }
        return values[name]


class Minutes:
    """The last minutes of one metric.

    Parameters
    ----------
    region
        Whose CloudWatch.
    metric
        What is read.
    """

    def __init__(self, region: str, metric: Metric) -> None:
        self._region = region
        self._metric = metric
        self._of: dict[int, _Sums] = {}
        self._data: Sequence[Any] = ()
        self._read = 0

    def last(self, now_ns: int, count: int) -> list[float | None]:
        """Return the statistic of the last *count* whole minutes before *now_ns*, oldest first.

        ``None`` stands for a minute without data.
        """
        end = now_ns // MINUTE
        self._catch_up()
        for minute in [each for each in self._of if each < end - count]:
            del self._of[minute]
        return [
            self._of[minute].statistic(self._metric.statistic) if minute in self._of else None
            for minute in range(end - count, end)
        ]

    def _catch_up(self) -> None:
        data = cloudwatch_backends[ACCOUNT][self._region].metric_data
        if data is not self._data or len(data) < self._read:  # CloudWatch was emptied
            self._data, self._read = data, 0
            self._of.clear()
        while self._read < len(data):
            point = data[self._read]
            self._read += 1
            if self._is_meant(point):
                self._add(point)

    def _is_meant(self, point: Any) -> bool:
        metric = self._metric
        return (
            point.name == metric.name
            and point.namespace == metric.namespace
            and metric.unit in (None, point.unit)
            and {(each.name, each.value) for each in point.dimensions} == metric.dimensions
        )

    def _add(self, point: Any) -> None:
        stamp = point.timestamp
        moment = stamp if stamp.tzinfo else stamp.replace(tzinfo=UTC)
        sums = self._of.setdefault(int(moment.timestamp()) * SECOND // MINUTE, _Sums())
        if isinstance(point, MetricAggregatedDatum):
            sums.add(point.sample_count, point.sum, point.min, point.max)
        else:
            sums.add(1, point.value, point.value, point.value)
