"""Rules of event buses: an event that matches goes to the rule's targets.

moto keeps buses, rules and targets. What happens to an event is done here, in the place of two of
moto's methods: ``EventsBackend.put_events`` and ``Rule.send_to_targets``, which moto's S3 and its
replays of archives call too.

A function is called only if its resource-based policy lets ``events.amazonaws.com`` in for the ARN
of the rule. The policies of queues and topics are not asked, as moto asks them nowhere.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from moto.events.exceptions import ValidationException
from moto.events.models import EventsBackend, Rule, events_backends

from lambda_lab import facts
from lambda_lab.aws.deliveries import service_of
from lambda_lab.aws.moto_seam import ACCOUNT
from lambda_lab.aws.policy_check import may_invoke
from lambda_lab.aws.pushes.event_inputs import InputError, target_input
from lambda_lab.aws.pushes.event_patterns import matches
from lambda_lab.aws.pushes.patches import replaced
from lambda_lab.aws.pushes.pushing import exists, region_of
from lambda_lab.aws.pushes.targets import (
    Message,
    TargetError,
    function_name,
    put_metrics,
    send,
    text_time,
)
from lambda_lab.clock import SECOND, Clock
from lambda_lab.ids import Ids
from lambda_lab.timeline import Event, Kind, Timeline

__all__ = ["EventBridge"]

SOURCE = "EventBridge"
NAMESPACE = "AWS/Events"
PRINCIPAL = "events.amazonaws.com"
_REQUIRED = ("Source", "DetailType", "Detail")
_MOST_ENTRIES = 10
_MEMBERS = (
    *("version", "id", "detail-type", "source", "account", "time", "region", "resources"),
    *("detail", "replay-name"),
)
"""What an event has, in AWS's order; moto's messages carry more."""


class EventBridge:
    """Takes events for buses, and hands them to the targets of rules.

    Parameters
    ----------
    clock, timeline, ids
        The region's; *ids* are for events.
    """

    def __init__(self, clock: Clock, timeline: Timeline, ids: Ids) -> None:
        self._clock = clock
        self._timeline = timeline
        self._ids = ids
        self._put_by_moto: Callable[..., list[dict[str, Any]]] = EventsBackend.put_events

    @contextmanager
    def open(self) -> Iterator[None]:
        """Be what moto's buses work with, while the block runs."""

        def put_events(backend: Any, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
            return self._put(backend, events)

        def send_to_targets(
            rule: Any, original_event: Mapping[str, Any], transform_input: bool = True
        ) -> None:
            del transform_input
            # moto's S3 offers its events to every bus; those of AWS's services are for the default.
            if rule.event_bus_name == "default" or "replay-name" in original_event:
                self._offer(rule, self._event(original_event))

        with (
            replaced(EventsBackend, put_events=put_events),
            replaced(Rule, send_to_targets=send_to_targets),
        ):
            yield

    # -- events --------------------------------------------------------------------------------

    def _put(self, backend: Any, entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if len(entries) > _MOST_ENTRIES:
            return self._put_by_moto(backend, entries)  # which refuses them all
        if sum(map(_size, entries)) > int(facts.value("payload.put-events")):
            # As users of AWS report it: confidence M.
            raise ValidationException("Total size of the entries in the request is over the limit.")
        return [self._put_one(backend, entry) for entry in entries]

    def _put_one(self, backend: Any, entry: Mapping[str, Any]) -> dict[str, Any]:
        for name in _REQUIRED:
            if not entry.get(name):
                text = f"Parameter {name} is not valid. Reason: {name} is a required argument."
                return {"ErrorCode": "InvalidArgument", "ErrorMessage": text}
        if str(entry["Source"]).startswith("aws."):
            # AWS keeps these for its own services; the code is the API reference's, the text is as
            # users of AWS report it: confidence M.
            code = "NotAuthorizedForSourceException"
            return {"ErrorCode": code, "ErrorMessage": "Not authorized for the source."}
        try:
            detail = json.loads(entry["Detail"])
        except (ValueError, TypeError):
            detail = None
        if not isinstance(detail, dict):
            return {"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}
        event = self._event(
            {
                "detail-type": entry["DetailType"],
                "source": entry["Source"],
                "account": backend.account_id,
                "time": entry.get("Time"),
                "region": backend.region_name,
                "resources": entry.get("Resources") or [],
                "detail": detail,
            }
        )
        self._receive(backend, entry.get("EventBusName"), event)
        return {"EventId": event["id"]}

    def _event(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """Return an event as targets see it.

        moto writes times as numbers, and all events of its S3 have one and the same id.
        """
        time = message.get("time")
        if isinstance(time, int | float):
            time = text_time(round(time * SECOND))
        known = {
            **message,
            "version": "0",
            "id": self._ids.uuid(),
            "time": time or text_time(self._clock.now_ns()),
        }
        return {name: known[name] for name in _MEMBERS if name in known}

    def _receive(
        self, backend: Any, bus: str | None, event: Mapping[str, Any], *, hopped: bool = False
    ) -> None:
        # An event for a bus that does not exist is accepted and goes nowhere (confidence M).
        found = backend.event_buses.get((bus or "default").rpartition("/")[2])
        for rule in [] if found is None else list(found.rules.values()):
            self._offer(rule, event, hopped=hopped)

    def _offer(self, rule: Any, event: Mapping[str, Any], *, hopped: bool = False) -> None:
        """Hand *event* to the targets of *rule* if it matches.

        A rule that has a schedule and no pattern matches no event.
        """
        pattern = rule.event_pattern.dump()
        if rule.state == "DISABLED" or not pattern or not matches(pattern, event):
            return
        self._deliver(rule, event, hopped=hopped)

    def fire(self, rule: Any, planned_ns: int) -> None:
        """Hand the event of a schedule to the targets of *rule*.

        Parameters
        ----------
        rule
            moto's rule.
        planned_ns
            The time that its expression says, in nanoseconds since the epoch.
        """
        event = self._event(
            {
                "detail-type": "Scheduled Event",
                "source": "aws.events",
                "account": rule.account_id,
                "time": planned_ns / SECOND,
                "region": rule.region_name,
                "resources": [rule.arn],
                "detail": {},
            }
        )
        self._deliver(rule, event)

    # -- targets -------------------------------------------------------------------------------

    def _deliver(self, rule: Any, event: Mapping[str, Any], *, hopped: bool = False) -> None:
        put_metrics(rule.region_name, NAMESPACE, ("RuleName", rule.name), "TriggeredRules")
        for target in list(rule.targets):
            try:
                self._send(rule, target, event, hopped=hopped)
            except (TargetError, InputError) as error:
                code = error.code if isinstance(error, TargetError) else "INVALID_JSON"
                self._failed(rule, target, event, code, str(error))
            else:
                put_metrics(rule.region_name, NAMESPACE, ("RuleName", rule.name), "Invocations")

    def _send(
        self, rule: Any, target: Mapping[str, Any], event: Mapping[str, Any], *, hopped: bool
    ) -> None:
        arn = str(target["Arn"])
        service = service_of(arn)
        if service == "events" and rule.managed_by:
            _archive(rule, event)
            return
        if service == "events" and ":event-bus/" in arn:
            self._forward(arn, event, hopped=hopped)
            return
        if service == "lambda":
            _check_function(rule, arn)
        group = (target.get("SqsParameters") or {}).get("MessageGroupId")
        send(Message(arn, target_input(target, event, rule.arn), SOURCE, group))

    def _forward(self, arn: str, event: Mapping[str, Any], *, hopped: bool) -> None:
        region, account, resource = arn.split(":", 5)[3:]
        if hopped:
            # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-bus-to-bus.html
            # What came from another bus is not sent to a third one.
            raise TargetError("THIRD_ACCOUNT_HOP_DETECTED", f"{arn} would be a third bus.")
        bus = resource.removeprefix("event-bus/")
        try:
            backend: Any = events_backends[account][region] if account == ACCOUNT else None
        except KeyError:
            backend = None
        if backend is None or bus not in backend.event_buses:
            raise TargetError("NO_RESOURCE", f"{arn} does not exist.")
        self._receive(backend, bus, event, hopped=True)

    # -- failures ------------------------------------------------------------------------------

    def _failed(
        self, rule: Any, target: Mapping[str, Any], event: Mapping[str, Any], code: str, text: str
    ) -> None:
        """Send *event* to the target's dead-letter queue, or drop it.

        https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
        """
        metrics = ["FailedInvocations"]
        queue = (target.get("DeadLetterConfig") or {}).get("Arn")
        note: dict[str, Any] = {"reason": code, "source": SOURCE}
        kind = Kind.DROPPED
        if queue:
            attributes = {
                "RULE_ARN": rule.arn,
                "TARGET_ARN": target["Arn"],
                "ERROR_CODE": code,
                "ERROR_MESSAGE": text,
                "RETRY_ATTEMPTS": "0",
            }
            try:
                send(Message(queue, json.dumps(event), SOURCE, attributes=attributes))
            except TargetError:
                metrics.append("InvocationsFailedToBeSentToDlq")
            else:
                metrics.append("InvocationsSentToDlq")
                kind = Kind.DELIVERED
                note = {"target": queue, "condition": code, "as": "dead-letter"}
        put_metrics(rule.region_name, NAMESPACE, ("RuleName", rule.name), *metrics)
        self._note(kind, str(target["Arn"]), str(event["id"]), note)

    def _note(self, kind: Kind, arn: str, request: str, detail: dict[str, Any]) -> None:
        """Tell the timeline about an event that a function did not get."""
        name = function_name(arn)
        if name:
            moment = self._clock.now_ns()
            self._timeline.add(Event(moment, kind, name, request=request, detail=detail))


def _size(entry: Mapping[str, Any]) -> int:
    """Return how many bytes an entry counts.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevent-size.html
    """
    texts = [entry.get("Source"), entry.get("DetailType"), entry.get("Detail")]
    texts += entry.get("Resources") or []
    time = 14 if entry.get("Time") is not None else 0
    return time + sum(len(str(text).encode()) for text in texts if text is not None)


def _check_function(rule: Any, arn: str) -> None:
    if not exists(arn):
        raise TargetError("NO_RESOURCE", f"Function not found: {arn}")
    allowed = may_invoke(
        region_of(arn),
        arn,
        service=PRINCIPAL,
        source_arn=rule.arn,
        source_account=rule.account_id,
    )
    if not allowed:
        raise TargetError(
            "NO_PERMISSIONS", f"The policy of {arn} does not let {PRINCIPAL} in for {rule.arn}."
        )


def _archive(rule: Any, event: Mapping[str, Any]) -> None:
    """Keep *event* in the archive that *rule* was made for."""
    archives: dict[str, Any] = events_backends[rule.account_id][rule.region_name].archives
    for archive in list(archives.values()):
        if archive.rule is not None and archive.rule.arn == rule.arn:
            archive.events.append(dict(event))
