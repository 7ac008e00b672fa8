"""CloudWatch Logs calling functions: subscription filters.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html

moto hands over every event of a group; which of them a filter means is decided here.
"""

from __future__ import annotations

import base64
import gzip
import json
import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from moto.core.exceptions import JsonRESTError, ServiceException
from moto.logs.exceptions import InvalidParameterException
from moto.logs.models import LogsBackend, LogStream, logs_backends

from lambda_lab import facts
from lambda_lab.aws.deliveries import service_of
from lambda_lab.aws.moto_seam import ACCOUNT, present
from lambda_lab.aws.policy_check import may_invoke
from lambda_lab.aws.pushes.log_patterns import LogPattern
from lambda_lab.aws.pushes.patches import replaced
from lambda_lab.aws.pushes.pushing import push
from lambda_lab.errors import AwsError, LabError

__all__ = ["is_followed", "log_pushes", "logs_event", "send_log_events"]

log = logging.getLogger("lambda_lab")
BATCH_EVENTS = 10_000
"""Most events of one ``PutLogEvents``, and so of one batch: CloudWatch Logs API reference."""


def _principals(region: str) -> tuple[str, ...]:
    # AWS's pages grant the one or the other.
    return "logs.amazonaws.com", f"logs.{region}.amazonaws.com"


def _group_arn(region: str, group: str) -> str:
    return f"arn:aws:logs:{region}:{ACCOUNT}:log-group:{group}:*"


def is_followed(region: str, group: str) -> bool:
    """Whether the log group has a subscription filter now."""
    backend = present(logs_backends, region)
    found = None if backend is None else backend.groups.get(group)
    return found is not None and bool(found.subscription_filters)


@contextmanager
def log_pushes() -> Iterator[None]:
    """Let log groups call functions while the block runs."""
    put, send = LogsBackend.put_subscription_filter, LogStream._send_log_events

    def checked_put(
        self: Any,
        log_group_name: str,
        filter_name: str,
        filter_pattern: str,
        destination_arn: str,
        *role: Any,
    ) -> None:
        _check_pattern(filter_pattern)
        if service_of(destination_arn) == "lambda" and log_group_name in self.groups:
            _check_destination(self.region_name, log_group_name, destination_arn)
        put(self, log_group_name, filter_name, filter_pattern, destination_arn, *role)

    def send_quietly(self: Any, **more: Any) -> None:
        try:
            send(self, **more)
        except (JsonRESTError, ServiceException, LabError, LookupError) as error:
            # A destination that is gone must not fail who writes, nor the other filters.
            log.warning(
                "CloudWatch Logs could not deliver events of %s to %s: %s",
                self.log_group.name,
                more.get("destination_arn"),
                error,
            )

    with (
        replaced(LogsBackend, put_subscription_filter=checked_put),
        replaced(LogStream, _send_log_events=send_quietly),
    ):
        yield


def _check_pattern(text: str) -> None:
    try:
        LogPattern(text or "")
    except ValueError:
        raise InvalidParameterException("Invalid filter pattern") from None


def _check_destination(region: str, group: str, destination_arn: str) -> None:
    allowed = any(
        may_invoke(
            region,
            destination_arn,
            service=principal,
            source_arn=_group_arn(region, group),
            source_account=ACCOUNT,
        )
        for principal in _principals(region)
    )
    if not allowed:
        raise InvalidParameterException(
            "Could not execute the lambda function. Make sure you have given CloudWatch Logs "
            "permission to execute your function."
        )


def send_log_events(
    region: str, function_arn: str, *, filter_name: str, group: str, stream: str, events: Any
) -> None:
    """Send what the filter means of *events*, which were written to *stream* together.

    A function that is gone, or does not let CloudWatch Logs in any more, gets nothing.
    """
    found = logs_backends[ACCOUNT][region].groups[group].subscription_filters.get(filter_name)
    pattern = LogPattern("" if found is None else found.filter_pattern or "")
    meant = [event for event in events if pattern.matches(event["message"])]
    for batch in _batches(meant):
        event = logs_event(ACCOUNT, group, stream, filter_name, batch)
        _push(region, function_arn, group, event)


def _push(region: str, function_arn: str, group: str, event: object) -> None:
    source = _group_arn(region, group)
    plain, regional = _principals(region)
    regional_in = may_invoke(
        region, function_arn, service=regional, source_arn=source, source_account=ACCOUNT
    )
    # To Lambda's detection of loops, CloudWatch Logs hides the loop: no trace header.
    try:
        push(function_arn, event, service=regional if regional_in else plain, source_arn=source)
    except AwsError as error:
        log.warning("CloudWatch Logs dropped events of %s: %s", group, error.message)


def _batches(events: Sequence[dict[str, Any]]) -> Iterable[list[dict[str, Any]]]:
    """Cut *events* so that each batch fits in one asynchronous call, even if gzip gains nothing."""
    room = int(facts.value("payload.async")) * 3 // 4  # base64 makes four bytes of three
    batch: list[dict[str, Any]] = []
    size = 0
    for event in events:
        needed = len(event["message"].encode()) + 200
        if batch and (size + needed > room or len(batch) == BATCH_EVENTS):
            yield batch
            batch, size = [], 0
        batch.append(event)
        size += needed
    if batch:
        yield batch


def logs_event(
    account: str, group: str, stream: str, filter_name: str, events: Iterable[dict[str, Any]]
) -> dict[str, Any]:
    """Return the event that a function gets: gzip, then base64."""
    data = {
        "messageType": "DATA_MESSAGE",
        "owner": account,
        "logGroup": group,
        "logStream": stream,
        "subscriptionFilters": [filter_name],
        # An id has 56 digits on AWS.
        "logEvents": [
            {
                "id": f"{int(event['id']):056d}",
                "timestamp": event["timestamp"],
                "message": event["message"],
            }
            for event in events
        ],
    }
    packed = gzip.compress(json.dumps(data, separators=(",", ":")).encode(), mtime=0)
    return {"awslogs": {"data": base64.b64encode(packed).decode()}}
