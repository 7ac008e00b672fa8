"""What EventBridge and its Scheduler hand events to: functions, queues, topics, log groups.

A function gets its event asynchronously, through the same queue as one that a client sends with
``InvocationType=Event``. None of these hops carries a trace header: to Lambda's detection of loops,
EventBridge hides the loop.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from moto.cloudwatch.models import cloudwatch_backends
from moto.core.exceptions import JsonRESTError, ServiceException
from moto.logs.models import logs_backends
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

from lambda_lab import facts
from lambda_lab.aws.deliveries import service_of
from lambda_lab.aws.moto_seam import ACCOUNT
from lambda_lab.aws.services import services
from lambda_lab.clock import SECOND
from lambda_lab.errors import AwsError, LabError, NotModelledError
from lambda_lab.invoke.lineage import carrying

__all__ = ["Message", "TargetError", "function_name", "put_metrics", "send", "text_time"]

log = logging.getLogger("lambda_lab")
_MISSING = re.compile("NotFound|NonExistent|DoesNotExist")
"""In the names of moto's errors."""


class TargetError(LabError):
    """A target that took nothing.

    Parameters
    ----------
    code
        ``ERROR_CODE`` as EventBridge writes it on dead letters:
        https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
    text
        What happened.
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True, slots=True)
class Message:
    """Something for a target."""

    arn: str
    body: str
    source: str
    """Who sends it, as the timeline names it."""
    group: str | None = None
    """``MessageGroupId``, for a FIFO queue."""
    attributes: Mapping[str, str] | None = None
    """Message attributes, for a queue."""


def send(message: Message) -> None:
    """Hand *message* to its target.

    Raises
    ------
    TargetError
        If the target is gone, does not take it, or is of a service that is no target here; the
        last is said on the log too.
    """
    service = service_of(message.arn)
    sender = _SENDERS.get(service)
    if sender is None:
        error = NotModelledError(
            f"{message.source} with the target {message.arn}",
            "Nothing was sent. Functions, queues, topics, log groups and buses are targets here.",
        )
        log.warning("%s", error)
        raise TargetError("UNKNOWN", str(error))
    try:
        with carrying(None):
            sender(message)
    except AwsError as error:
        code = "NO_RESOURCE" if error.status == 404 else "SDK_CLIENT_ERROR"
        raise TargetError(code, error.message) from error
    except (JsonRESTError, ServiceException) as error:
        code = "NO_RESOURCE" if _MISSING.search(type(error).__name__) else "SDK_CLIENT_ERROR"
        raise TargetError(code, f"{message.arn} took nothing: {error}.") from error
    except KeyError:
        raise TargetError("NO_RESOURCE", f"{message.arn} does not exist.") from None


def _call(message: Message) -> None:
    payload = message.body.encode()
    try:
        json.loads(payload)
    except ValueError:
        raise TargetError("INVALID_JSON", "The input for a function must be JSON.") from None
    limit = int(facts.value("payload.async"))
    if len(payload) > limit:
        raise TargetError(
            "SDK_CLIENT_ERROR", f"The event has {len(payload)} bytes; Lambda takes {limit}."
        )
    services().events().accept(message.arn, payload, source=message.source)


def _backend(backends: Any, arn: str) -> Any:
    _, _, _, region, account, *_ = arn.split(":")
    if account != ACCOUNT:
        raise KeyError(account)
    return backends[account][region]


def _queue(message: Message) -> None:
    attributes = {
        name: {"DataType": "String", "StringValue": text}
        for name, text in (message.attributes or {}).items()
    }
    name = message.arn.rpartition(":")[2]
    backend = _backend(sqs_backends, message.arn)
    backend.send_message(
        name, message.body, message_attributes=attributes or None, group_id=message.group
    )


def _topic(message: Message) -> None:
    backend = _backend(sns_backends, message.arn)
    backend.get_topic(message.arn)  # moto takes an unknown topic for a telephone's endpoint
    backend.publish(message.body, message.arn)


def _log_group(message: Message) -> None:
    group = message.arn.partition(":log-group:")[2].removesuffix(":*")
    backend = _backend(logs_backends, message.arn)
    now_ms = services().clock.now_ns() // 1_000_000
    stream = services().ids.uuid()
    backend.create_log_stream(group, stream)
    backend.put_log_events(group, stream, [{"timestamp": now_ms, "message": message.body}])


_SENDERS: Mapping[str, Callable[[Message], None]] = {
    "lambda": _call,
    "logs": _log_group,
    "sns": _topic,
    "sqs": _queue,
}


def function_name(arn: str) -> str | None:
    """Return the name in a function's ARN, or ``None`` if it is something else's.

    Examples
    --------
    >>> function_name("arn:aws:lambda:us-east-1:123456789012:function:f:live")
    'f'
    """
    parts = arn.split(":")
    return parts[6] if service_of(arn) == "lambda" and len(parts) > 6 else None


def text_time(time_ns: int) -> str:
    """Return a time as events have it: whole seconds in UTC.

    Examples
    --------
    >>> text_time(1_500_000_000)
    '1970-01-01T00:00:01Z'
    """
    return f"{datetime.fromtimestamp(time_ns // SECOND, UTC):%Y-%m-%dT%H:%M:%SZ}"


def put_metrics(region: str, namespace: str, dimension: tuple[str, str], *names: str) -> None:
    """Count one for each metric in *names*, now.

    Parameters
    ----------
    region, namespace
        Where, for example ``AWS/Events``.
    dimension
        Name and value, for example ``("RuleName", "nightly")``.
    """
    moment = services().clock.now().replace(tzinfo=None)
    key, value = dimension
    cloudwatch_backends[ACCOUNT][region].put_metric_data(
        namespace,
        [
            {
                "MetricName": name,
                "Value": 1.0,
                "Unit": "Count",
                "Timestamp": moment,
                "Dimensions": [{"Name": key, "Value": value}],
            }
            for name in names
        ],
    )
