"""What is told of a call: its events on the timeline, and its metrics."""

from __future__ import annotations

from collections.abc import Mapping

from lambda_lab.clock import Clock
from lambda_lab.errors import AwsError
from lambda_lab.invoke.admission import Lease
from lambda_lab.invoke.telemetry import Telemetry
from lambda_lab.records import InvokeRequest
from lambda_lab.runtime.report import Measured
from lambda_lab.timeline import Event, Kind, Timeline

__all__ = ["Telling"]


class Telling:
    """Writes down what becomes of calls."""

    def __init__(self, clock: Clock, timeline: Timeline, telemetry: Telemetry) -> None:
        self._clock, self._timeline, self._telemetry = clock, timeline, telemetry

    def note(self, kind: Kind, request: InvokeRequest, **detail: object) -> None:
        """Add an event about *request* to the timeline."""
        if kind is Kind.RECEIVED:
            detail["invocation_type"] = str(request.invocation_type)
        event = Event(
            self._clock.now_ns(), kind, request.spec.name, None, request.request_id, detail
        )
        self._timeline.add(event)

    def metrics(
        self,
        request: InvokeRequest,
        values: Mapping[str, float],
        account: Mapping[str, float] | None = None,
    ) -> None:
        """Take data points: *values* of the function, *account* of the Region where they differ."""
        resource = None if request.qualifier in (None, "$LATEST") else request.qualifier
        executed = request.spec.version if request.weighted else None
        self._telemetry.metrics(
            request.spec,
            resource,
            values,
            self._clock.now_ns(),
            executed_version=executed,
            account=account,
        )

    def responded(self, request: InvokeRequest, failed: bool) -> None:
        """Note that the caller has its answer."""
        self.note(Kind.RESPONDED, request, status="error" if failed else "success")

    def throttled(self, request: InvokeRequest, error: AwsError) -> None:
        """Note that the call was refused."""
        self.note(Kind.THROTTLED, request, reason=error.members.get("Reason", ""))
        self.metrics(request, {"Throttles": 1})

    def count(self, request: InvokeRequest, failed: bool, measured: Measured, lease: Lease) -> None:
        """Take the data points of a call that ran."""
        values = {
            "Invocations": 1,
            "Errors": 1 if failed else 0,
            "Throttles": 0,
            "Duration": round(measured.duration_ms, 2),
            "ConcurrentExecutions": lease.concurrent,
        }
        if lease.allocated:
            values |= _provisioned_values(lease)
        account = {
            "ConcurrentExecutions": lease.account_concurrent,
            "UnreservedConcurrentExecutions": lease.unreserved,
            "ClaimedAccountConcurrency": lease.claimed,
        }
        self.metrics(request, values, account)


def _provisioned_values(lease: Lease) -> dict[str, float]:
    """Return the metrics of a call to a version with provisioned concurrency.

    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-concurrency.html
    """
    ran = "ProvisionedConcurrencyInvocations"
    spilled = "ProvisionedConcurrencySpilloverInvocations"
    return {
        ran: 0 if lease.spillover else 1,
        spilled: 1 if lease.spillover else 0,
        "ProvisionedConcurrentExecutions": lease.allocated_busy,
        "ProvisionedConcurrencyUtilization": lease.allocated_busy / lease.allocated,
    }
