"""Calling a function by its ARN, for callers that are no clients."""

from __future__ import annotations

from lambda_lab.errors import AwsError
from lambda_lab.ids import Ids
from lambda_lab.invoke.plane import DataPlane
from lambda_lab.invoke.routing import Routing
from lambda_lab.invoke.targets import Functions, Target
from lambda_lab.records import InvocationType, InvokeRequest, InvokeResult

__all__ = ["Caller", "gone", "not_active"]


def gone(arn: str) -> AwsError:
    """Return AWS's answer for a function that is not there."""
    return AwsError("ResourceNotFoundException", f"Function not found: {arn}", status=404)


def not_active(target: Target) -> AwsError:
    """Return AWS's answer for a function that is there and not Active."""
    return AwsError(
        "ResourceConflictException",
        "The operation cannot be performed at this time. The function is currently in the "
        f"following state: {target.state}",
        status=409,
    )


class Caller:
    """Finds what an ARN means now and runs it on the data plane.

    Parameters
    ----------
    functions, plane, ids
        The control plane, the data plane, and where request ids come from.
    routing
        Chooses between the two versions of an alias, for each call.
    """

    def __init__(self, functions: Functions, plane: DataPlane, ids: Ids, routing: Routing) -> None:
        self.functions = functions
        self._plane = plane
        self._ids = ids
        self._routing = routing

    def request_id(self) -> str:
        """Return a new request id."""
        return self._ids.uuid()

    def new_trace(self, now_ns: int) -> str:
        """Return a trace header for a chain of requests that begins at *now_ns*.

        Its form is that of https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html
        """
        epoch = now_ns // 1_000_000_000
        return f"Root=1-{epoch:08x}-{self._ids.hex(24)};Parent={self._ids.hex(16)};Sampled=0"

    def find(self, arn: str) -> Target:
        """Return what *arn* means now.

        Raises
        ------
        AwsError
            ``ResourceNotFoundException`` if it is gone.
        """
        target = self.functions.target(arn)
        if target is None:
            raise gone(arn)
        return target

    def call(
        self,
        arn: str,
        payload: bytes,
        *,
        request_id: str | None = None,
        trace_header: str | None = None,
    ) -> InvokeResult:
        """Run the function that *arn* means now with *payload*, and wait for its result.

        Raises
        ------
        AwsError
            As :meth:`find` and :meth:`run`.
        """
        target = self.find(arn)
        return self.run(target, payload, request_id=request_id, trace_header=trace_header)

    def run(
        self,
        target: Target,
        payload: bytes,
        *,
        request_id: str | None = None,
        trace_header: str | None = None,
        invocation_type: InvocationType = InvocationType.REQUEST_RESPONSE,
    ) -> InvokeResult:
        """Run what was found with *payload*, and wait for its result.

        An alias that routes to two versions draws one of them, at every call anew.

        Raises
        ------
        AwsError
            ``ResourceConflictException`` if it is not Active yet; ``TooManyRequestsException`` if
            it may not run now.
        """
        target = self._routing.route(target)
        if target.admit is not None:
            target.admit()
        elif target.state != "Active":
            raise not_active(target)
        request = InvokeRequest(
            spec=target.spec,
            request_id=request_id or self.request_id(),
            payload=payload,
            invocation_type=invocation_type,
            invoked_arn=target.invoked_arn,
            qualifier=target.qualifier,
            weighted=target.weighted,
            trace_header=trace_header,
            stops_loops=target.stops_loops,
        )
        return self._plane.invoke(request)
