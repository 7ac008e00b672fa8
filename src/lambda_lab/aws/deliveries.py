"""Telling another service something: dead letters and records for destinations.

Each service is told through moto's backend, in this process. First the execution role is asked: it
needs the permission that AWS's page names for the service.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from moto.core.exceptions import ServiceException
from moto.events.models import events_backends
from moto.s3.models import s3_backends
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

from lambda_lab import facts
from lambda_lab.aws.moto_seam import ACCOUNT, JsonRESTError
from lambda_lab.aws.permissions import role_allows
from lambda_lab.aws.services import services
from lambda_lab.errors import AwsError
from lambda_lab.invoke.deliveries import Delivery, DeliveryError
from lambda_lab.invoke.lineage import carrying

__all__ = ["AwsDeliveries", "missing_permission", "service_of", "target_exists"]

EVENT_SOURCE = "lambda"
"""``source`` of the events that Lambda puts on a bus."""


def service_of(arn: str) -> str:
    """Return the service in an ARN.

    Examples
    --------
    >>> service_of("arn:aws:sqs:us-east-1:123456789012:q"), service_of("nonsense")
    ('sqs', '')
    """
    parts = arn.split(":")
    return parts[2] if len(parts) > 5 else ""


def _permissions(arn: str, object_key: str) -> tuple[tuple[str, str], ...]:
    """Return the actions that telling *arn* something needs, each with its resource."""
    bucket = (("s3:PutObject", f"{arn}/{object_key}"), ("s3:ListBucket", arn))
    needed: Mapping[str, tuple[tuple[str, str], ...]] = {
        "sqs": (("sqs:SendMessage", arn),),
        "sns": (("sns:Publish", arn),),
        "lambda": (("lambda:InvokeFunction", arn),),
        "events": (("events:PutEvents", arn),),
        "s3": bucket,
    }
    return needed.get(service_of(arn), ())


def missing_permission(role_arn: str, arn: str, object_key: str = "*") -> str | None:
    """Return the first action that the role lacks to tell *arn* something, or ``None``."""
    for action, resource in _permissions(arn, object_key):
        if not role_allows(role_arn, action, resource):
            return action
    return None


def target_exists(arn: str) -> bool:
    """Whether the queue, topic, bus or bucket *arn* is there; a function is Lambda's to know."""
    finder = _FINDERS.get(service_of(arn))
    if finder is None:
        return False
    try:
        return finder(arn) is not None
    except (ServiceException, JsonRESTError, KeyError):
        return False


class AwsDeliveries:
    """The services of the account, as destinations."""

    def deliver(self, delivery: Delivery) -> None:
        """Deliver *delivery*.

        Raises
        ------
        DeliveryError
            If the target does not exist, the role may not reach it, or it refuses the message.
        """
        arn = delivery.target_arn
        tell = _TELLERS.get(service_of(arn))
        if tell is None:
            raise DeliveryError(f"{arn} cannot be told anything. Name another destination.")
        missing = missing_permission(delivery.role_arn, arn, delivery.object_key)
        if missing is not None:
            raise DeliveryError(
                f"The role {delivery.role_arn} is not authorized to perform {missing} on {arn}. "
                "Allow it in one of the role's policies."
            )
        try:
            with carrying(delivery.trace_header):
                tell(delivery)
        except (ServiceException, JsonRESTError, AwsError) as error:
            raise DeliveryError(f"{arn} took nothing: {error}. Look at that resource.") from error
        except KeyError:
            raise DeliveryError(f"{arn} names a region that does not exist.") from None


# -- finding ---------------------------------------------------------------------------------------


def _backend(backends: Any, arn: str) -> Any:
    _, _, _, region, account, *_ = arn.split(":")
    if account != ACCOUNT:
        raise KeyError(account)
    return backends[account][region]


def _queue(arn: str) -> Any:
    return _backend(sqs_backends, arn).get_queue(arn.rpartition(":")[2])


def _topic(arn: str) -> Any:
    return _backend(sns_backends, arn).get_topic(arn)


def _bus(arn: str) -> Any:
    return _backend(events_backends, arn).describe_event_bus(arn.rpartition("/")[2])


def _buckets(arn: str) -> Any:
    return s3_backends[ACCOUNT][arn.split(":")[1]]


def _bucket(arn: str) -> Any:
    return _buckets(arn).get_bucket(arn.rpartition(":")[2])


_FINDERS: Mapping[str, Callable[[str], Any]] = {
    "sqs": _queue,
    "sns": _topic,
    "events": _bus,
    "s3": _bucket,
}


# -- telling ---------------------------------------------------------------------------------------


def _check_size(delivery: Delivery, limit: int) -> None:
    size = len(delivery.body.encode())
    size += sum(
        len(f"{name}{kind}{text}".encode()) for name, (kind, text) in delivery.attributes.items()
    )
    if size > limit:
        raise DeliveryError(
            f"{delivery.target_arn} takes {limit} bytes at most, and this message has {size}. "
            "Send smaller events, or choose another kind of destination."
        )


def _tell_queue(delivery: Delivery) -> None:
    queue = _queue(delivery.target_arn)
    _check_size(delivery, int(queue.maximum_message_size))
    trace = delivery.trace_header
    _backend(sqs_backends, delivery.target_arn).send_message(
        queue.name,
        delivery.body,
        message_attributes={
            name: {"DataType": kind, "StringValue": text}
            for name, (kind, text) in delivery.attributes.items()
        },
        system_attributes={"AWSTraceHeader": {"DataType": "String", "StringValue": trace}}
        if trace
        else None,
    )


def _tell_topic(delivery: Delivery) -> None:
    arn = delivery.target_arn
    _topic(arn)  # moto takes an unknown topic for a telephone's endpoint
    _check_size(delivery, int(facts.value("async.sns-destination.maximum")))
    _backend(sns_backends, arn).publish(
        delivery.body,
        arn,
        message_attributes={
            name: {"Type": kind, "Value": text}
            for name, (kind, text) in delivery.attributes.items()
        },
    )


def _tell_function(delivery: Delivery) -> None:
    _check_size(delivery, int(facts.value("payload.async")))
    services().events().accept(
        delivery.target_arn,
        delivery.body.encode(),
        trace_header=delivery.trace_header,
        source=delivery.source_arn,
    )


def _tell_bus(delivery: Delivery) -> None:
    arn = delivery.target_arn
    _bus(arn)  # a client's events for a bus that is not there are taken, and lost
    entry = {
        "Source": EVENT_SOURCE,
        "DetailType": delivery.detail_type,
        "Detail": delivery.body,
        "EventBusName": arn,
        # As an example event of AWS's shows them (confidence M): the bus, then the function.
        "Resources": [arn, delivery.source_arn],
    }
    (answer,) = _backend(events_backends, arn).put_events([entry])
    if "ErrorCode" in answer:
        raise DeliveryError(f"{arn} took nothing: {answer['ErrorMessage']}")


def _tell_bucket(delivery: Delivery) -> None:
    arn = delivery.target_arn
    _buckets(arn).put_object(arn.rpartition(":")[2], delivery.object_key, delivery.body.encode())


_TELLERS: Mapping[str, Callable[[Delivery], None]] = {
    "sqs": _tell_queue,
    "sns": _tell_topic,
    "lambda": _tell_function,
    "events": _tell_bus,
    "s3": _tell_bucket,
}
