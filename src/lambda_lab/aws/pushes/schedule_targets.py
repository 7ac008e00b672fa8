"""What a schedule of EventBridge Scheduler sends, and to whom.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-templated.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from moto.events.models import events_backends

from lambda_lab.aws.deliveries import missing_permission, service_of, target_exists
from lambda_lab.aws.moto_seam import ACCOUNT
from lambda_lab.aws.pushes.targets import (
    Message,
    TargetError,
    function_name,
    put_metrics,
    send,
    text_time,
)
from lambda_lab.clock import Clock
from lambda_lab.ids import Ids
from lambda_lab.timeline import Event, Kind, Timeline

__all__ = ["ScheduleTargets"]

SOURCE = "Scheduler"
NAMESPACE = "AWS/Scheduler"


class ScheduleTargets:
    """Hands what schedules send to their targets, with the permissions of their roles.

    Parameters
    ----------
    clock, timeline, ids
        The region's.
    """

    def __init__(self, clock: Clock, timeline: Timeline, ids: Ids) -> None:
        self._clock = clock
        self._timeline = timeline
        self._ids = ids

    def invoke(self, region: str, schedule: Any, planned_ns: int) -> None:
        """Invoke the target of *schedule*.

        Parameters
        ----------
        region
            The schedule's region.
        schedule
            moto's.
        planned_ns
            The time its expression says, in nanoseconds since the epoch.
        """
        execution = self._ids.uuid()
        body = self._body(region, schedule, planned_ns, execution)
        group = ("ScheduleGroup", schedule.group_name)
        put_metrics(region, NAMESPACE, group, "InvocationAttemptCount")
        try:
            _send(schedule.target, body)
        except TargetError as error:
            put_metrics(region, NAMESPACE, group, "TargetErrorCount", "InvocationDroppedCount")
            times = {"EXECUTION_ID": execution, "SCHEDULED_TIME": text_time(planned_ns)}
            self._failed(region, schedule, body, error, times)

    def _body(self, region: str, schedule: Any, planned_ns: int, execution: str) -> str:
        given = schedule.target.get("Input")
        if given is None:
            # https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets.html
            # ``detail`` is a text there, not an object (confidence M).
            return json.dumps(
                {
                    "version": "0",
                    "id": self._ids.uuid(),
                    "detail-type": "Scheduled Event",
                    "source": "aws.scheduler",
                    "account": ACCOUNT,
                    "time": text_time(planned_ns),
                    "region": region,
                    "resources": [schedule.arn],
                    "detail": "{}",
                }
            )
        # https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
        attributes: Mapping[str, Callable[[], str]] = {
            "schedule-arn": lambda: str(schedule.arn),
            "scheduled-time": lambda: text_time(planned_ns),
            "execution-id": lambda: execution,
            "attempt-number": lambda: "1",
        }
        body = str(given)
        for name, value in attributes.items():
            body = body.replace(f"<aws.scheduler.{name}>", value())
        return body

    def _failed(
        self, region: str, schedule: Any, body: str, error: TargetError, times: Mapping[str, str]
    ) -> None:
        """Send *body* to the dead-letter queue of the target, or drop it.

        https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html
        """
        target = schedule.target
        arn = str(target["Arn"])
        queue = (target.get("DeadLetterConfig") or {}).get("Arn")
        kind, note = Kind.DROPPED, {"reason": error.code, "source": SOURCE}
        if queue:
            attributes = {
                **times,
                "SCHEDULE_ARN": schedule.arn,
                "TARGET_ARN": arn,
                "ERROR_CODE": error.code,
                "ERROR_MESSAGE": str(error),
                "RETRY_ATTEMPTS": "0",
            }
            metric = "InvocationsSentToDeadLetterCount"
            try:
                _check_role(target["RoleArn"], queue)
                send(Message(queue, body, SOURCE, attributes=attributes))
                kind = Kind.DELIVERED
                note = {"target": queue, "condition": error.code, "as": "dead-letter"}
            except TargetError:
                metric = "InvocationsFailedToBeSentToDeadLetterCount"
            put_metrics(region, NAMESPACE, ("ScheduleGroup", schedule.group_name), metric)
        name, now_ns = function_name(arn), self._clock.now_ns()
        if name:
            request = times["EXECUTION_ID"]
            self._timeline.add(Event(now_ns, kind, name, request=request, detail=note))


def _check_role(role_arn: str, arn: str) -> None:
    action = missing_permission(role_arn, arn)
    if action is not None:
        raise TargetError(
            "NO_PERMISSIONS", f"The role {role_arn} is not authorized to perform {action} on {arn}."
        )


def _send(target: Mapping[str, Any], body: str) -> None:
    arn = str(target["Arn"])
    _check_role(str(target["RoleArn"]), arn)
    if service_of(arn) == "events":
        _put_event(arn, target.get("EventBridgeParameters") or {}, body)
        return
    group = (target.get("SqsParameters") or {}).get("MessageGroupId")
    send(Message(arn, body, SOURCE, group))


def _put_event(arn: str, parameters: Mapping[str, Any], body: str) -> None:
    _, _, _, region, account, resource = arn.split(":", 5)
    if account != ACCOUNT or not target_exists(arn):
        raise TargetError("NO_RESOURCE", f"{arn} does not exist.")
    entry = {
        "Source": parameters.get("Source"),
        "DetailType": parameters.get("DetailType"),
        "Detail": body,
        "EventBusName": resource,
    }
    (answer,) = events_backends[account][region].put_events([entry])
    if "ErrorCode" in answer:
        raise TargetError("SDK_CLIENT_ERROR", str(answer["ErrorMessage"]))
