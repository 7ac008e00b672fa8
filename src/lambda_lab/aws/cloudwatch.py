"""Lambda's own metrics in moto's CloudWatch, found by exactly the dimensions they have.

AWS keeps a data point once for each set of dimensions, and a query names exactly one set. moto
takes every data point that has at least the dimensions asked for, so a sum over a function would
count each call once for the function and again for its version.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from moto.cloudwatch.models import CloudWatchBackend, MetricDatum, cloudwatch_backends
from moto.core.models import DEFAULT_ACCOUNT_ID

__all__ = ["LambdaDatum", "exact_dimensions", "put_lambda_metrics", "put_service_metrics"]

NAMESPACE = "AWS/Lambda"
_only_bare: ContextVar[bool] = ContextVar("only_bare", default=False)


class LambdaDatum(MetricDatum):
    """One data point of Lambda's, or of another service that we run, under its dimensions."""

    def filter(
        self,
        namespace: str | None,
        name: str | None,
        dimensions: list[dict[str, str]],
        already_present_metrics: list[Any] | None = None,
    ) -> bool:
        """Whether a query means this point: exactly for values, at least for listings."""
        listing = namespace is not None or name is not None or already_present_metrics is not None
        if listing:
            return bool(super().filter(namespace, name, dimensions, already_present_metrics))
        asked = {(each["Name"], each.get("Value")) for each in dimensions}
        return asked == {(each.name, each.value) for each in self.dimensions}


def put_lambda_metrics(region: str, data: list[dict[str, Any]]) -> None:
    """Store data points: ``MetricName``, ``Value``, ``Unit``, ``Timestamp``, ``Dimensions``."""
    put_service_metrics(region, NAMESPACE, data)


def put_service_metrics(region: str, namespace: str, data: list[dict[str, Any]]) -> None:
    """Store data points of a service in its *namespace*, ``AWS/RDS`` say."""
    backend = cloudwatch_backends[DEFAULT_ACCOUNT_ID][region]
    backend.metric_data += [
        LambdaDatum(
            namespace,
            point["MetricName"],
            float(point["Value"]),
            point["Dimensions"],
            point["Timestamp"],
            point["Unit"],
        )
        for point in data
    ]


@contextmanager
def exact_dimensions() -> Iterator[None]:
    """Let a query without dimensions mean the points without dimensions, while the block runs."""
    statistics = CloudWatchBackend.get_metric_statistics
    values = CloudWatchBackend.get_metric_data
    everything = CloudWatchBackend.get_all_metrics

    def get_metric_statistics(self: Any, *args: Any, **kwargs: Any) -> Any:
        dimensions = kwargs.get("dimensions", args[6] if len(args) > 6 else None)
        return _asking(not dimensions, lambda: statistics(self, *args, **kwargs))

    def get_metric_data(self: Any, queries: list[dict[str, Any]], *args: Any, **kwargs: Any) -> Any:
        asked = [query["MetricStat"]["Metric"] for query in queries if "MetricStat" in query]
        bare = bool(asked) and not any(metric.get("Dimensions") for metric in asked)
        return _asking(bare, lambda: values(self, queries, *args, **kwargs))

    def get_all_metrics(self: Any) -> Any:
        found = everything(self)
        if _only_bare.get():
            return [one for one in found if not (one.namespace == NAMESPACE and one.dimensions)]
        return found

    replaced: dict[str, Any] = {
        "get_metric_statistics": get_metric_statistics,
        "get_metric_data": get_metric_data,
        "get_all_metrics": get_all_metrics,
    }
    originals = {name: getattr(CloudWatchBackend, name) for name in replaced}
    for name, function in replaced.items():
        setattr(CloudWatchBackend, name, function)
    try:
        yield
    finally:
        for name, function in originals.items():
            setattr(CloudWatchBackend, name, function)


def _asking(bare: bool, question: Callable[[], Any]) -> Any:
    token = _only_bare.set(bare)
    try:
        return question()
    finally:
        _only_bare.reset(token)
