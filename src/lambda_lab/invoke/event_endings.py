"""How an asynchronous event leaves the queue: to destinations, to a dead-letter queue, or nowhere.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Mapping

from lambda_lab.clock import Clock
from lambda_lab.invoke.deliveries import Deliveries, Delivery, DeliveryError
from lambda_lab.invoke.event_records import (
    Ended,
    dead_letter_attributes,
    detail_type,
    object_key,
    record_for,
)
from lambda_lab.invoke.event_rules import Condition
from lambda_lab.invoke.targets import Target
from lambda_lab.invoke.telemetry import Telemetry
from lambda_lab.timeline import Event, Kind, Timeline

__all__ = ["Endings"]

log = logging.getLogger(__name__)
DESTINATION = "destination"
DEAD_LETTER = "dead-letter"
_FAILURES = {DESTINATION: "DestinationDeliveryFailures", DEAD_LETTER: "DeadLetterErrors"}


class Endings:
    """Tells what became of events.

    Parameters
    ----------
    deliveries, telemetry, clock, timeline
        The parts of the region that are used.
    unique
        Gives text that no other record's object key has.
    """

    def __init__(
        self,
        deliveries: Deliveries,
        *,
        telemetry: Telemetry,
        clock: Clock,
        timeline: Timeline,
        unique: Callable[[], str],
    ) -> None:
        self._deliveries = deliveries
        self._telemetry = telemetry
        self._clock = clock
        self._timeline = timeline
        self._unique = unique

    def end(self, target: Target, ended: Ended, trace_header: str | None) -> None:
        """Send an event that has ended where the function's settings say."""
        if ended.condition is Condition.SUCCESS:
            if target.events.on_success is not None:
                record = self._record(target, ended, target.events.on_success, trace_header)
                self._deliver(target, ended, record, DESTINATION)
            return
        self.metrics(target, {"AsyncEventsDropped": 1})
        # "You can configure destinations in addition to or instead of a dead-letter queue": the
        # API reference, PutFunctionEventInvokeConfig. With both, both are told.
        if target.dead_letter_arn is not None:
            letter = self._dead_letter(target, ended, target.dead_letter_arn, trace_header)
            self._deliver(target, ended, letter, DEAD_LETTER)
        if target.events.on_failure is not None:
            record = self._record(target, ended, target.events.on_failure, trace_header)
            self._deliver(target, ended, record, DESTINATION)
        if target.dead_letter_arn is None and target.events.on_failure is None:
            self._note(Kind.DROPPED, target, ended, {"reason": str(ended.condition)})

    def _record(self, target: Target, ended: Ended, arn: str, trace: str | None) -> Delivery:
        service = arn.split(":")[2]
        key = object_key(target.spec.name, ended.time_ns, self._unique()) if service == "s3" else ""
        plain = self._plain(target, ended, arn, trace)
        return dataclasses.replace(
            plain,
            body=record_for(service, ended),
            detail_type=detail_type(ended.condition),
            object_key=key,
        )

    def _dead_letter(self, target: Target, ended: Ended, arn: str, trace: str | None) -> Delivery:
        return dataclasses.replace(
            self._plain(target, ended, arn, trace),
            attributes=dead_letter_attributes(ended.request_id, ended.response),
        )

    def _plain(self, target: Target, ended: Ended, arn: str, trace: str | None) -> Delivery:
        return Delivery(
            target_arn=arn,
            body=ended.payload.decode(errors="replace"),
            role_arn=target.spec.role,
            region=target.spec.region,
            source_arn=ended.function_arn,
            trace_header=trace,
        )

    def _deliver(self, target: Target, ended: Ended, delivery: Delivery, kind: str) -> None:
        arn = delivery.target_arn
        try:
            self._deliveries.deliver(delivery)
        except DeliveryError as error:
            problem = str(error)
        except Exception as error:
            # Another service's own bug: the event's story must still end.
            log.exception("a delivery to %s failed", arn)
            problem = f"{type(error).__name__}: {error}"
        else:
            condition = str(ended.condition)
            told = {"target": arn, "condition": condition, "as": kind}
            self._note(Kind.DELIVERED, target, ended, told)
            return
        self.metrics(target, {_FAILURES[kind]: 1})
        self._note(Kind.DROPPED, target, ended, {"reason": problem, "target": arn, "as": kind})

    def metrics(self, target: Target, values: Mapping[str, float]) -> None:
        """Take data points of the function, and of the version or alias that was invoked."""
        resource = None if target.qualifier in (None, "$LATEST") else target.qualifier
        self._telemetry.metrics(target.spec, resource, values, self._clock.now_ns())

    def _note(self, kind: Kind, target: Target, ended: Ended, detail: dict[str, str]) -> None:
        name, request = target.spec.name, ended.request_id
        self._timeline.add(Event(self._clock.now_ns(), kind, name, None, request, detail))
