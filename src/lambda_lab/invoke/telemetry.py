"""What the data plane tells the outside: log messages and metrics, as they come."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from lambda_lab.records import FunctionSpec

__all__ = ["Telemetry"]


class Telemetry(Protocol):
    """Takes logs and metrics. Must be quick: it is called within the invocation."""

    def log(self, spec: FunctionSpec, stream: str, time_ns: int, message: str) -> None:
        """Take one log message of *spec*'s log group."""

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
        """Take a data point for each named metric of the namespace ``AWS/Lambda``.

        Parameters
        ----------
        spec, resource
            The version that ran, and the version or alias the caller named, if any.
        values, time_ns
            Values by metric name, and the region's time in nanoseconds.
        executed_version
            The version that ran, where the alias routes to two.
        account
            Values of the whole Region, for the metrics whose value is another there.
        """
