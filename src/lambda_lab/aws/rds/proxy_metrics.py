"""The metrics of proxies in CloudWatch, each minute of the region's clock.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.monitoring.html (facts part 2, 6.1)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lambda_lab.aws.cloudwatch import put_service_metrics
from lambda_lab.aws.rds.proxies import GROUP
from lambda_lab.aws.rds.proxy_records import ProxyReading

__all__ = ["NAMESPACE", "PERIOD_SECONDS", "publish"]

NAMESPACE = "AWS/RDS"
PERIOD_SECONDS = 60
_OF_ROLE = frozenset(
    {"DatabaseConnectionsBorrowRequests", "DatabaseConnectionsBorrowRequestsAborted"}
)
"""Told for the target's role only; all else of the database also for the proxy."""
_OF_CLIENTS = frozenset({"DatabaseConnectionsBorrowLatency"})
"""Measured at the database, told with the clients' dimensions."""
Dimensions = list[dict[str, str]]


def publish(proxy: Any, reading: ProxyReading, at: Any) -> None:
    """Write what was read of moto's *proxy*.

    Parameters
    ----------
    reading
        The values since the last time.
    at
        The time of the points.
    """
    points = [
        {
            "MetricName": name,
            "Value": value,
            "Unit": _unit(name),
            "Timestamp": at,
            "Dimensions": dimensions,
        }
        for name, value, dimensions in _values(proxy, reading)
    ]
    put_service_metrics(proxy.region, NAMESPACE, points)


def _values(proxy: Any, reading: ProxyReading) -> Iterator[tuple[str, float, Dimensions]]:
    name = proxy.db_proxy_name
    whole = _dimensions(ProxyName=name)
    role = _dimensions(ProxyName=name, TargetGroup=GROUP, TargetRole="READ_WRITE")
    for metric, value in _together(reading.clients.values()).items():
        yield metric, value, whole
    for endpoint, values in reading.clients.items():
        for metric, value in values.items():
            yield metric, value, _dimensions(ProxyName=name, EndpointName=endpoint)
    targets = proxy.proxy_target_groups[GROUP].targets
    target = f"db:{targets[0].rds_resource_id}" if targets else ""
    one = _dimensions(ProxyName=name, TargetGroup=GROUP, Target=target)
    for metric, value in reading.database.items():
        if metric not in _OF_ROLE:
            yield metric, value, whole
        if metric not in _OF_CLIENTS:
            yield metric, value, role
            if target and metric not in _OF_ROLE:
                yield metric, value, one
    if targets:
        yield "AvailabilityPercentage", reading.availability, role


def _together(clients: Any) -> Mapping[str, float]:
    """Return the values of all endpoints: sums, and means of latencies."""
    found: dict[str, list[float]] = {}
    for values in clients:
        for metric, value in values.items():
            found.setdefault(metric, []).append(value)
    return {
        metric: sum(values) / len(values) if metric.endswith("Latency") else sum(values)
        for metric, values in found.items()
    }


def _dimensions(**named: str) -> Dimensions:
    return [{"Name": name, "Value": value} for name, value in named.items()]


def _unit(metric: str) -> str:
    if metric.endswith("Latency"):
        return "Microseconds"
    return "Percent" if metric.endswith("Percentage") else "Count"
