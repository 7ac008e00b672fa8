"""Asynchronous invocation: Lambda takes the event, answers at once, and runs the function later.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html

Events wait in one line and leave it in order; what must wait for time is on the clock, and joins
the end of the line when its time has come. At every try the ARN is looked up anew, so a new alias
target, a changed setting or a deleted function counts from then on.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

from lambda_lab.clock import SECOND, Clock
from lambda_lab.errors import AwsError, LabError
from lambda_lab.invoke.caller import Caller, gone
from lambda_lab.invoke.deliveries import Deliveries
from lambda_lab.invoke.event_endings import Endings
from lambda_lab.invoke.event_line import Line
from lambda_lab.invoke.event_records import Ended, Response, error_message
from lambda_lab.invoke.event_rules import (
    Condition,
    End,
    Progress,
    Wait,
    after_function_error,
    after_refusal,
    before_try,
    condition_of,
    reason_of,
    retry_scale,
)
from lambda_lab.invoke.lineage import extend
from lambda_lab.invoke.targets import Target
from lambda_lab.invoke.telemetry import Telemetry
from lambda_lab.invoke.workers import Workers
from lambda_lab.records import InvocationType, InvokeResult
from lambda_lab.timeline import Event, Kind, Timeline

__all__ = ["IN_FLIGHT", "EventQueue"]

log = logging.getLogger(__name__)

IN_FLIGHT = 64
"""Most events of a region that are tried at one time. Ours: AWS publishes no such number, and
there the concurrency of the account is the limit; here each try may need a process."""


@dataclass(slots=True, eq=False, repr=False)
class _Queued:
    """One event and how far it has come."""

    arn: str
    payload: bytes
    request_id: str
    trace_header: str
    accepted_ns: int
    last_target: Target
    """What the ARN meant last: for metrics of a function that is gone."""
    era: int
    """Of the queue that took it: an event of a queue that was cleared does not come back."""
    tries: int = 0
    runs: int = 0
    errors: int = 0
    refusals: int = 0
    response: Response | None = field(default=None)

    @property
    def function_arn(self) -> str:
        """The ARN with the qualifier that was invoked, as records name it."""
        target = self.last_target
        return f"{target.spec.arn}:{target.qualifier or '$LATEST'}"


class EventQueue:
    """The queue of a region's asynchronous events.

    Parameters
    ----------
    caller, deliveries, telemetry, workers, clock, timeline
        The parts of the region that are used.

    Raises
    ------
    SandboxError
        If ``LAMBDA_LAB_RETRY_SCALE`` is set to something that is no positive number.
    """

    def __init__(
        self,
        caller: Caller,
        *,
        deliveries: Deliveries,
        telemetry: Telemetry,
        workers: Workers,
        clock: Clock,
        timeline: Timeline,
    ) -> None:
        self._caller = caller
        self._clock = clock
        self._timeline = timeline
        self._scale = retry_scale()
        self._endings = Endings(
            deliveries,
            telemetry=telemetry,
            clock=clock,
            timeline=timeline,
            unique=caller.request_id,
        )
        self._line: Line[_Queued] = Line(
            self._handle, limit=IN_FLIGHT, workers=workers, clock=clock
        )
        self._era = 0

    # -- taking ----------------------------------------------------------------------------------

    def accept(
        self,
        arn: str,
        payload: bytes,
        *,
        request_id: str | None = None,
        trace_header: str | None = None,
        source: str | None = None,
    ) -> str:
        """Take an event for the function, version or alias *arn*; returns its request id.

        A function that is not Active yet gets it later.

        Parameters
        ----------
        arn, payload
            The function, version or alias, and the event: JSON.
        request_id
            The id of the caller's request; a new one where there is none.
        trace_header
            ``X-Amzn-Trace-Id`` of the chain of requests that the event belongs to.
        source
            ARN or name of the service that sends it, for the timeline.

        Raises
        ------
        AwsError
            ``ResourceNotFoundException`` if there is no such function now.
        """
        target = self._caller.functions.target(arn)
        if target is None:
            raise gone(arn)
        event = _Queued(
            arn=arn,
            payload=payload,
            request_id=request_id or self._caller.request_id(),
            trace_header=trace_header or self._caller.new_trace(self._clock.now_ns()),
            accepted_ns=self._clock.now_ns(),
            last_target=target,
            era=self._era,
        )
        self._note(Kind.QUEUED, event, **({"source": source} if source else {}))
        self._endings.metrics(target, {"AsyncEventsReceived": 1})
        self._line.join(event)
        return event.request_id

    @property
    def waiting(self) -> int:
        """How many events wait: in the line, or for their time."""
        return len(self._line)

    def clear(self) -> None:
        """Forget every event; one that is being tried ends with this try."""
        self._era += 1
        self._line.clear()

    # -- one try ---------------------------------------------------------------------------------

    def _handle(self, event: _Queued) -> None:
        try:
            self._try(event)
        except Exception:
            # A bug of ours must not make the event vanish without a word.
            log.exception("the event %s was lost", event.request_id)
            self._note(Kind.DROPPED, event, reason="InternalFailure")

    def _try(self, event: _Queued) -> None:
        target = self._caller.functions.target(event.arn)
        if target is None:
            self._endings.metrics(event.last_target, {"AsyncEventsDropped": 1})
            self._note(Kind.DROPPED, event, reason="ResourceNotFoundException")
            return
        event.last_target = target
        refused = before_try(self._age(event), target.events, target.reserved)
        if refused is not None:
            if refused is Condition.ZERO_RESERVED_CONCURRENCY:
                event.response = Response(429, "Rate Exceeded.")
            self._end(event, target, refused)
            return
        event.tries += 1
        self._endings.metrics(target, {"AsyncEventAge": round(self._age(event) * 1000, 3)})
        step = self._run(event, target)
        if isinstance(step, Condition):
            self._end(event, target, step)
        elif isinstance(step, End):
            self._end(event, target, step.condition)
        else:
            self._wait(event, step)

    def _run(self, event: _Queued, target: Target) -> Condition | Wait | End:
        """Run the function; returns how the event ends, or what it waits for."""
        try:
            result = self._caller.run(
                target,
                event.payload,
                request_id=event.request_id,
                trace_header=event.trace_header,
                invocation_type=InvocationType.EVENT,
            )
        except AwsError as error:
            return self._refused(event, target, error)
        except LabError as error:
            if event.era == self._era:  # else nobody waits for it: the region ends, or is emptied
                log.warning("the event %s waits: the lab failed: %s", event.request_id, error)
            return self._refused(event, target, _system_error(str(error)))
        except Exception as error:
            log.exception("the event %s waits, because the lab failed", event.request_id)
            return self._refused(event, target, _system_error(str(error)))
        event.runs += 1
        event.refusals = 0
        event.response = _response(result)
        if result.function_error is None:
            return Condition.SUCCESS
        event.errors += 1
        return after_function_error(self._progress(event), target.events, self._scale)

    def _refused(self, event: _Queued, target: Target, error: AwsError) -> Condition | Wait | End:
        if event.runs == 0:  # else the record tells what the function said last
            event.response = Response(error.status, error.message)
        reason = reason_of(error)
        if reason is None:
            return condition_of(error)
        event.refusals += 1
        return after_refusal(reason, self._progress(event), target.events, self._scale)

    def _wait(self, event: _Queued, wait: Wait) -> None:
        if not wait.expires:
            self._note(
                Kind.RETRY,
                event,
                attempt=event.tries + 1,
                after_seconds=round(wait.seconds, 3),
                reason=str(wait.reason),
            )
        if event.era == self._era:
            self._line.join_later(event, wait.seconds)

    def _end(self, event: _Queued, target: Target, condition: Condition) -> None:
        ended = Ended(
            time_ns=self._clock.now_ns(),
            request_id=event.request_id,
            function_arn=event.function_arn,
            payload=event.payload,
            condition=condition,
            invocations=event.runs,
            response=event.response,
        )
        # What is delivered goes on with the chain, after one more call of this function.
        trace = extend(event.trace_header, target.spec.arn) if event.runs else event.trace_header
        self._endings.end(target, ended, trace)

    # -- reading ---------------------------------------------------------------------------------

    def _age(self, event: _Queued) -> float:
        return (self._clock.now_ns() - event.accepted_ns) / SECOND

    def _progress(self, event: _Queued) -> Progress:
        return Progress(self._age(event), event.errors, event.refusals)

    def _note(self, kind: Kind, event: _Queued, **detail: object) -> None:
        name = event.last_target.spec.name
        self._timeline.add(
            Event(self._clock.now_ns(), kind, name, None, event.request_id, dict(detail))
        )


def _system_error(message: str) -> AwsError:
    return AwsError("ServiceException", message, status=500, members={"Type": "Service"})


def _response(result: InvokeResult) -> Response:
    failed = result.function_error is not None
    return Response(
        status=200,
        message=error_message(result.payload) if failed else "",
        payload=result.payload,
        executed_version=result.executed_version,
        function_error=result.function_error,
    )
