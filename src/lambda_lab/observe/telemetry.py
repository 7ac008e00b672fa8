"""Logs and metrics are buffered, and reach CloudWatch before anyone reads it.

An invocation must not wait for its log to be stored - on AWS it does not either. So messages and
data points are kept here, and handed to CloudWatch Logs and CloudWatch when a client asks one of
them anything, when the buffer is full, or when the region closes; and soon after a log group
was written that somebody follows.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from lambda_lab import facts
from lambda_lab.aws.cloudwatch import put_lambda_metrics
from lambda_lab.aws.moto_seam import put_log_events
from lambda_lab.clock import SECOND
from lambda_lab.records import FunctionSpec

__all__ = ["BufferedTelemetry"]

BUFFER_LIMIT = 20_000
"""Entries kept before they are handed on without being asked for. The calls of that moment wait for
it; with a smaller buffer they were more than one in a hundred."""
OLDEST_NS = 24 * 3600 * SECOND
"""How long an entry is kept at most, on the region's clock."""


Values = Mapping[str, float]
"""Values by metric name."""
Point = tuple[str, str, str | None, str | None, Values, Values | None, int]
"""AWS region and function, version or alias named by the caller, the executed version where the
alias routes to two, values of the function, those of the whole Region where they differ, time in
nanoseconds. No point holds a :class:`FunctionSpec`: with it, it would keep code that is gone."""
Line = tuple[str, str, str, int, str]
"""AWS region, log group, log stream, time in nanoseconds, message."""
MappingPoint = tuple[str, str, Mapping[str, float], int]
"""AWS region, UUID of an event source mapping, values by metric name, time in nanoseconds."""
Dimensions = tuple[tuple[str, str], ...]


class BufferedTelemetry:
    """Takes what the data plane tells; :meth:`flush` hands it to CloudWatch."""

    def __init__(self) -> None:
        self._logs: list[Line] = []
        self._points: list[Point] = []
        self._mapping_points: list[MappingPoint] = []
        self._lock = threading.Lock()
        # A subscription filter calls a function, and that is told here again.
        self._flushing = threading.RLock()
        self._is_followed: Callable[[str, str], bool] = lambda region, group: False
        self._soon: Callable[[], None] = lambda: None
        self._planned = False
        self._units = {metric.name: metric.unit for metric in facts.metrics()}

    def log(self, spec: FunctionSpec, stream: str, time_ns: int, message: str) -> None:
        """Keep one log message."""
        with self._lock:
            self._logs.append((spec.region, spec.logging.group, stream, time_ns, message))
            # CloudWatch Logs takes nothing that is two weeks old; the clock may have moved far.
            old = time_ns - self._logs[0][3] > OLDEST_NS
            full = len(self._logs) > BUFFER_LIMIT
        if full or old:
            self.flush()
        elif not self._planned and self._is_followed(spec.region, spec.logging.group):
            self._planned = True
            self._soon()

    def follow(self, is_followed: Callable[[str, str], bool], soon: Callable[[], None]) -> None:
        """Let logs be handed on unasked where somebody waits for them.

        Parameters
        ----------
        is_followed
            Whether somebody waits for a log group, by AWS region and name.
        soon
            Called when such a group has something new: :meth:`flush` is to follow, once for all.
        """
        self._is_followed, self._soon = is_followed, soon

    def metrics(
        self,
        spec: FunctionSpec,
        resource: str | None,
        values: Mapping[str, float],
        time_ns: int,
        *,
        executed_version: str | None = None,
        account: Mapping[str, float] | None = None,
    ) -> None:
        """Keep a data point for each metric."""
        with self._lock:
            self._points.append(
                (spec.region, spec.name, resource, executed_version, values, account, time_ns)
            )
            full = len(self._points) > BUFFER_LIMIT
        if full:
            self.flush()

    def mapping_metrics(
        self, region: str, uuid: str, values: Mapping[str, float], time_ns: int
    ) -> None:
        """Keep a data point of an event source mapping for each metric."""
        with self._lock:
            self._mapping_points.append((region, uuid, values, time_ns))
            full = len(self._mapping_points) > BUFFER_LIMIT
        if full:
            self.flush()

    def flush(self) -> None:
        """Hand everything to CloudWatch."""
        with self._flushing:
            with self._lock:
                self._planned = False
                logs, self._logs = self._logs, []
                points, self._points = self._points, []
                of_mappings, self._mapping_points = self._mapping_points, []
            self._flush_logs(logs)
            self._flush_points(points)
            self._flush_mapping_points(of_mappings)

    def _flush_logs(self, logs: list[Line]) -> None:
        streams: dict[tuple[str, str, str], list[dict[str, Any]]] = defaultdict(list)
        for region, group, stream, time_ns, message in logs:
            # CloudWatch shows each message of a function with its line end.
            event = {"timestamp": time_ns // 1_000_000, "message": f"{message}\n"}
            streams[region, group, stream].append(event)
        for (region, group, stream), events in streams.items():
            events.sort(key=lambda event: int(event["timestamp"]))
            put_log_events(region, group, stream, events, {})

    def _flush_points(self, points: list[Point]) -> None:
        regions: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for region, function, resource, executed, values, account, time_ns in points:
            for dimensions in _dimension_sets(function, resource, executed):
                of = values if dimensions or account is None else {**values, **account}
                regions[region] += self._data(of, time_ns, dimensions)
        for region, data in regions.items():
            put_lambda_metrics(region, data)

    def _flush_mapping_points(self, points: list[MappingPoint]) -> None:
        regions: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for region, uuid, values, time_ns in points:
            regions[region] += self._data(values, time_ns, (("EventSourceMappingUUID", uuid),))
        for region, data in regions.items():
            put_lambda_metrics(region, data)

    def _data(
        self, values: Mapping[str, float], time_ns: int, dimensions: Dimensions
    ) -> list[dict[str, Any]]:
        moment = datetime.fromtimestamp(time_ns / 1e9, tz=UTC).replace(tzinfo=None)
        return [
            {
                "MetricName": name,
                "Value": value,
                "Unit": self._units.get(name, "Count"),
                "Timestamp": moment,
                "Dimensions": [{"Name": key, "Value": of} for key, of in dimensions],
            }
            for name, value in values.items()
        ]

    def clear(self) -> None:
        """Forget what was not handed on."""
        with self._lock:
            self._planned = False
            self._logs.clear()
            self._points.clear()
            self._mapping_points.clear()


def _dimension_sets(
    name: str, resource: str | None, executed: str | None
) -> tuple[Dimensions, ...]:
    """Return every set of dimensions that AWS keeps a function's data point under.

    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-view.html
    """
    function = ("FunctionName", name)
    named = ("Resource", name if resource is None else f"{name}:{resource}")
    common = ((), (function,), (function, named))
    if executed is None:
        return common
    return (*common, (function, named, ("ExecutedVersion", executed)))
