"""Asynchronous invocation: Lambda takes the event, answers at once, and runs the function later.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html
"""

from __future__ import annotations

from lambda_lab.clock import Clock
from lambda_lab.errors import AwsError
from lambda_lab.invoke.caller import Caller
from lambda_lab.invoke.workers import Workers
from lambda_lab.timeline import Event, Kind, Timeline

__all__ = ["EventQueue"]


class EventQueue:
    """The queue of a region's asynchronous events."""

    def __init__(
        self, caller: Caller, *, workers: Workers, clock: Clock, timeline: Timeline
    ) -> None:
        self._caller = caller
        self._workers = workers
        self._clock = clock
        self._timeline = timeline

    def accept(
        self,
        arn: str,
        payload: bytes,
        *,
        request_id: str | None = None,
        trace_header: str | None = None,
    ) -> str:
        """Take an event for the function, version or alias *arn*; returns its request id.

        Raises
        ------
        AwsError
            If there is no such function now.
        """
        target = self._caller.find(arn)
        request = request_id or self._caller.request_id()
        self._note(Kind.QUEUED, target.spec.name, request)

        def run() -> None:
            try:
                self._caller.call(arn, payload, request_id=request, trace_header=trace_header)
            except AwsError as error:
                self._note(Kind.DROPPED, target.spec.name, request, reason=error.code)

        self._workers.submit(run)
        return request

    def _note(self, kind: Kind, function: str, request: str, **detail: object) -> None:
        self._timeline.add(Event(self._clock.now_ns(), kind, function, None, request, dict(detail)))
