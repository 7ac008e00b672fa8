"""SNS calling functions: subscriptions with the protocol ``lambda``.

https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html

moto finds the subscriptions of a topic and matches their filter policies; what a function is sent,
and what happens where it cannot be called, is said here.
"""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from moto.core.exceptions import JsonRESTError, ServiceException
from moto.sns.exceptions import SNSInvalidParameter
from moto.sns.models import SNSBackend, Subscription
from moto.sqs.models import sqs_backends

from lambda_lab.aws.moto_seam import ACCOUNT
from lambda_lab.aws.pushes.patches import replaced
from lambda_lab.aws.pushes.pushing import exists, push, region_of
from lambda_lab.aws.pushes.sns_requests import topic_requests
from lambda_lab.aws.services import services
from lambda_lab.errors import AwsError
from lambda_lab.invoke.lineage import carried
from lambda_lab.runtime.report import iso_time

__all__ = ["PRINCIPAL", "sns_event", "sns_pushes"]

log = logging.getLogger("lambda_lab")
PRINCIPAL = "sns.amazonaws.com"
_FUNCTION = re.compile(
    r"arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:[\w-]{1,64}(:(\$LATEST|[\w-]{1,128}))?"
)


@contextmanager
def sns_pushes() -> Iterator[None]:
    """Let topics call functions while the block runs."""
    publish, subscribe = Subscription.publish, SNSBackend.subscribe

    def to_subscriber(
        self: Any,
        message: str,
        message_id: str,
        subject: str | None = None,
        message_attributes: dict[str, Any] | None = None,
        **more: Any,
    ) -> None:
        attributes = message_attributes or {}
        if self.protocol == "lambda":
            text = _meant_for(self, message, attributes, more.get("message_structure"))
            if text is not None:
                _call(self, _notification(self, text, message_id, subject, attributes))
            return
        try:
            publish(self, message, message_id, subject, message_attributes, **more)
        except (ServiceException, JsonRESTError) as error:
            if self.protocol != "sqs":
                raise
            # The queue is gone: the publisher and the other subscribers are not told.
            _failed(
                self,
                _notification(self, message, message_id, subject, attributes),
                AwsError("ClientError", str(error)),
            )

    def checked_subscribe(self: Any, topic_arn: str, endpoint: str, protocol: str) -> Any:
        if protocol == "lambda":
            _check_endpoint(endpoint, topic_arn)
        return subscribe(self, topic_arn, endpoint, protocol)

    with (
        topic_requests(),
        replaced(Subscription, publish=to_subscriber),
        replaced(SNSBackend, subscribe=checked_subscribe),
    ):
        yield


def _check_endpoint(endpoint: str, topic_arn: str) -> None:
    """Refuse a subscription that could never be delivered to; texts of confidence L."""
    if _FUNCTION.fullmatch(endpoint) is None:
        raise SNSInvalidParameter("Invalid parameter: Lambda endpoint ARN")
    if topic_arn.endswith(".fifo"):
        # https://docs.aws.amazon.com/sns/latest/dg/fifo-topic-message-delivery.html
        raise SNSInvalidParameter(
            "Invalid parameter: Invalid parameter: Endpoint Reason: Please use an SQS queue"
        )
    if not exists(endpoint):
        raise SNSInvalidParameter(
            f"Invalid parameter: Endpoint Reason: Function does not exist: {endpoint}"
        )


def _meant_for(
    subscription: Any, message: str, attributes: dict[str, Any], structure: str | None
) -> str | None:
    """Return the text for this subscription; ``None`` if its filter policy keeps it out."""
    matcher = subscription._filter_policy_matcher
    if matcher is not None and not matcher.matches(attributes or None, message):
        return None
    if structure == "json":
        text: str = subscription._parse_message_structure(message, subscription.protocol)
        return text
    return message


def _notification(
    subscription: Any,
    message: str,
    message_id: str,
    subject: str | None,
    attributes: dict[str, Any],
) -> dict[str, Any]:
    topic = subscription.topic
    region = topic.sns_backend.region_name
    timestamp = iso_time(services().clock.now_ns())
    # Nobody can sign as SNS does. In the signature's place stands the digest of what is signed,
    # 256 bytes long as AWS's signatures are.
    signed = "\n".join((message, message_id, subject or "", timestamp, topic.arn))
    digest = hashlib.shake_256(signed.encode()).digest(256)
    name = f"SimpleNotificationService-{hashlib.md5(region.encode()).hexdigest()}.pem"
    host = f"https://sns.{region}.amazonaws.com"
    return {
        "Type": "Notification",
        "MessageId": message_id,
        "TopicArn": topic.arn,
        "Subject": subject,
        "Message": message,
        "Timestamp": timestamp,
        "SignatureVersion": str(getattr(topic, "signature_version", "1")),
        "Signature": base64.b64encode(digest).decode(),
        "SigningCertUrl": f"{host}/{name}",
        "UnsubscribeUrl": f"{host}/?Action=Unsubscribe&SubscriptionArn={subscription.arn}",
        "MessageAttributes": {
            name: {"Type": value["Type"], "Value": str(value["Value"])}
            for name, value in attributes.items()
        },
    }


def sns_event(notification: dict[str, Any], subscription_arn: str) -> dict[str, Any]:
    """Return the event that a function gets for one message."""
    record = {
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": subscription_arn,
        "Sns": notification,
    }
    return {"Records": [record]}


def _call(subscription: Any, notification: dict[str, Any]) -> None:
    try:
        push(
            subscription.endpoint,
            sns_event(notification, subscription.arn),
            service=PRINCIPAL,
            source_arn=subscription.topic.arn,
            trace_header=carried(),
        )
    except AwsError as error:
        # A client-side error is not tried again:
        # https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html
        _failed(subscription, notification, error)


def _failed(subscription: Any, notification: dict[str, Any], error: AwsError) -> None:
    """Bring a message that cannot be delivered to the subscription's dead-letter queue."""
    queue_arn = _dead_letter_queue(subscription)
    log.warning(
        "SNS could not deliver a message of %s to %s: %s %s",
        subscription.topic.arn,
        subscription.endpoint,
        error.message,
        f"It is in {queue_arn}." if queue_arn else "It is lost: there is no dead-letter queue.",
    )
    if queue_arn is None:
        return
    # As a queue that subscribes would get it. The attributes are Lambda's own names for the same
    # things; confidence L.
    body = {
        name.replace("Url", "URL"): value
        for name, value in notification.items()
        if value not in (None, {})
    }
    attributes = {"ErrorCode": error.code, "ErrorMessage": error.message}
    try:
        sqs_backends[ACCOUNT][region_of(queue_arn)].send_message(
            queue_arn.rpartition(":")[2],
            json.dumps(body),
            message_attributes={
                name: {"DataType": "String", "StringValue": text}
                for name, text in attributes.items()
            },
        )
    except (ServiceException, JsonRESTError, KeyError) as refusal:
        log.warning("SNS could not reach the dead-letter queue %s: %s", queue_arn, refusal)


def _dead_letter_queue(subscription: Any) -> str | None:
    try:
        arn = json.loads(subscription.attributes["RedrivePolicy"])["deadLetterTargetArn"]
    except (KeyError, TypeError, ValueError):
        return None
    return str(arn)
