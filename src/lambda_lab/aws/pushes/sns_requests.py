"""What clients ask of moto's topics, checked as SNS checks it.

https://docs.aws.amazon.com/sns/latest/api/API_Publish.html and its neighbours have the codes. The
texts are as users of AWS and other projects' recordings quote them: confidence M, where a comment
does not say less.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from moto.core.exceptions import ServiceException
from moto.sns.responses import SNSResponse

from lambda_lab import facts
from lambda_lab.aws.pushes.patches import replaced
from lambda_lab.aws.refused import Refused
from lambda_lab.errors import NotModelledError

__all__ = ["topic_requests"]

_ARN_PARTS = 6
_ENTRY_ID = re.compile(r"[A-Za-z0-9_-]{1,80}")
_SUBJECT = re.compile(r"[^\x00-\x1f\x7f]{1,100}")
_ENDPOINTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "email": (r"[^@\s]+@[^@\s]+", "Email address"),
        "email-json": (r"[^@\s]+@[^@\s]+", "Email address"),
        "http": (r"http://.+", "Endpoint must match the specified protocol"),
        "https": (r"https://.+", "Endpoint must match the specified protocol"),
    }
)
"""By protocol: how an endpoint looks, and what is said where it does not."""
_PROTOCOLS = frozenset({*_ENDPOINTS, "application", "firehose", "lambda", "sms", "sqs"})
_OF_SUBSCRIPTIONS = frozenset(
    {
        "DeliveryPolicy",
        "FilterPolicy",
        "FilterPolicyScope",
        "RawMessageDelivery",
        "RedrivePolicy",
        "ReplayPolicy",
        "SubscriptionRoleArn",
    }
)
_OF_TOPICS = frozenset(
    {
        "ArchivePolicy",
        "ContentBasedDeduplication",
        "DataProtectionPolicy",
        "DeliveryPolicy",
        "DisplayName",
        "FifoThroughputScope",
        "FifoTopic",
        "KmsMasterKeyId",
        "Policy",
        "SignatureVersion",
        "TracingConfig",
    }
)
_FEEDBACK = re.compile(
    r"(Application|Firehose|HTTP|Lambda|SQS)(Success|Failure)Feedback(RoleArn|SampleRate)"
)
_CHECKED_TOPICS = (
    "delete_topic",
    "get_topic_attributes",
    "list_subscriptions_by_topic",
    "set_topic_attributes",
    "subscribe",
)
_CHECKED_SUBSCRIPTIONS = (
    "get_subscription_attributes",
    "set_subscription_attributes",
    "unsubscribe",
)


def _invalid(text: str) -> Refused:
    return Refused("InvalidParameter", f"Invalid parameter: {text}")


@contextmanager
def topic_requests() -> Iterator[None]:
    """Check, while the block runs, what clients ask of topics."""
    checks: dict[str, list[Callable[[Any], None]]] = {
        "confirm_subscription": [_no_token],
        "create_topic": [_check_new_topic],
        "publish": [_check_publish],
        "publish_batch": [_check_publish_batch],
    }
    checks |= {name: [_check_arn("TopicArn")] for name in _CHECKED_TOPICS}
    checks |= {name: [_check_arn("SubscriptionArn")] for name in _CHECKED_SUBSCRIPTIONS}
    checks["subscribe"].append(_check_subscribe)
    checks["set_subscription_attributes"].append(_check_subscription_attribute)
    checks["set_topic_attributes"].append(_check_topic_attribute)

    def checked(name: str, before: list[Callable[[Any], None]]) -> Callable[[Any], Any]:
        act = getattr(SNSResponse, name)

        def method(response: Any) -> Any:
            for check in before:
                check(response)
            return act(response)

        return method

    subscribe = checked("subscribe", checks.pop("subscribe"))

    def subscribed_or_not(response: Any) -> Any:
        """Subscribe; moto leaves a subscription behind whose attributes it refuses."""
        backend = response.backend
        there = set(backend.subscriptions)
        try:
            return subscribe(response)
        except ServiceException:
            made = backend._find_subscription(
                *(response._get_param(name) for name in ("TopicArn", "Endpoint", "Protocol"))
            )
            if made is not None and made.arn not in there:
                backend.subscriptions.pop(made.arn, None)
            raise

    methods = {name: checked(name, them) for name, them in checks.items()}
    with replaced(SNSResponse, subscribe=subscribed_or_not, **methods):
        yield


# -- topics ----------------------------------------------------------------------------------------


def _check_arn(member: str) -> Callable[[Any], None]:
    def check(response: Any) -> None:
        _check_parts(response._get_param(member), member)

    return check


def _check_parts(arn: str, member: str) -> None:
    parts = len(arn.split(":"))
    if parts < _ARN_PARTS:
        raise _invalid(
            f"{member} Reason: An ARN must have at least {_ARN_PARTS} elements, not {parts}"
        )


def _check_new_topic(response: Any) -> None:
    for name in response._get_param("Attributes", {}) or {}:
        # Confidence L.
        _check_name(name, _OF_TOPICS, f"Attributes Reason: Unknown attribute: {name}")


def _check_name(name: str, known: frozenset[str], otherwise: str) -> None:
    if name == "MaximumMessageSize":
        raise NotModelledError("A topic with a message size of its own")
    if name not in known and not _FEEDBACK.fullmatch(name):
        raise _invalid(otherwise)


def _check_topic_attribute(response: Any) -> None:
    name, value = response._get_param("AttributeName"), response._get_param("AttributeValue")
    _check_name(name, _OF_TOPICS - {"FifoTopic"}, "AttributeName")
    if name == "Policy" and value and not isinstance(_read(value), dict):
        raise _invalid("Policy Error: null")


# -- subscriptions ---------------------------------------------------------------------------------


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except (RecursionError, ValueError):
        return None


def _check_subscribe(response: Any) -> None:
    protocol, endpoint = response._get_param("Protocol"), response._get_param("Endpoint")
    if protocol not in _PROTOCOLS:
        raise _invalid(f"Amazon SNS does not support this protocol string: {protocol}")
    if endpoint is None:
        raise _invalid("Endpoint")  # confidence L
    pattern, reason = _ENDPOINTS.get(protocol, (".*", ""))
    if re.fullmatch(pattern, endpoint) is None:
        raise _invalid(reason)
    topic = response.backend.get_topic(response._get_param("TopicArn"))
    for name, value in (response._get_param("Attributes") or {}).items():
        _check_attribute(name, value, topic.arn, "Attributes Reason: ")


def _check_subscription_attribute(response: Any) -> None:
    arn = response._get_param("SubscriptionArn")
    if arn not in response.backend.subscriptions:
        raise Refused("NotFound", "Subscription does not exist")
    value = response._get_param("AttributeValue", "")
    _check_attribute(response._get_param("AttributeName"), value, arn.rpartition(":")[0], "")


def _check_attribute(name: str, value: str, topic_arn: str, where: str) -> None:
    if name not in _OF_SUBSCRIPTIONS:
        raise _invalid("AttributeName")
    if name == "FilterPolicy" and value and not isinstance(_read(value), dict):
        raise _invalid(f"{where}FilterPolicy: failed to parse JSON.")
    if name == "FilterPolicyScope" and value not in ("MessageAttributes", "MessageBody"):
        raise _invalid(
            f"{where}FilterPolicyScope: Invalid value [{value}]. Please use either MessageBody or "
            "MessageAttributes"
        )
    if name == "RawMessageDelivery" and value.lower() not in ("true", "false"):
        raise _invalid(
            f"{where}RawMessageDelivery: Invalid value [{value}]. Must be true or false."
        )
    if name == "RedrivePolicy" and value:
        _check_redrive(value, topic_arn, where)


def _check_redrive(text: str, topic_arn: str, where: str) -> None:
    policy = _read(text)
    if not isinstance(policy, dict):
        raise _invalid(f"{where}RedrivePolicy: failed to parse JSON.")
    target = str(policy.get("deadLetterTargetArn", ""))
    if len(target.split(":")) < _ARN_PARTS:
        raise _invalid(f"{where}RedrivePolicy: deadLetterTargetArn is an invalid arn")
    if topic_arn.endswith(".fifo") and not target.endswith(".fifo"):
        raise _invalid(f"{where}RedrivePolicy: must use a FIFO queue as DLQ for a FIFO topic")


def _no_token(response: Any) -> None:
    # A token is only ever sent to an HTTP or e-mail endpoint, and nothing leaves this machine.
    _check_parts(response._get_param("TopicArn"), "TopicArn")
    response.backend.get_topic(response._get_param("TopicArn"))
    raise _invalid("Token")


# -- messages --------------------------------------------------------------------------------------


def _check_publish(response: Any) -> None:
    ask = response._get_param
    arn = ask("TargetArn") or ask("TopicArn")
    if ask("PhoneNumber") is None:
        if not arn:
            raise _invalid("TopicArn or TargetArn Reason: no value for required parameter")
        _check_parts(arn, "TargetArn" if ask("TargetArn") else "TopicArn")
        if ":endpoint/" not in arn:
            response.backend.get_topic(arn)
    _check_message(response.params, str(arn or ""))


def _check_publish_batch(response: Any) -> None:
    arn = response._get_param("TopicArn")
    _check_parts(arn, "TopicArn")
    response.backend.get_topic(arn)
    entries = response._get_param("PublishBatchRequestEntries", [])
    if not entries:
        raise Refused("EmptyBatchRequest", "The batch request doesn't contain any entries.")
    for entry in entries:
        if _ENTRY_ID.fullmatch(entry.get("Id") or "") is None:
            raise Refused(
                "InvalidBatchEntryId",
                "The Id of a batch entry in a batch request doesn't abide by the specification.",
            )
    for entry in entries:
        _check_message(entry, arn)


def _check_message(asked: Mapping[str, Any], topic_arn: str) -> None:
    message, subject = asked.get("Message"), asked.get("Subject")
    if not message:
        raise _invalid("Empty message")
    if len(message.encode()) > int(facts.value("sns.message.maximum")):
        raise _invalid("Message too long")
    if subject is not None and _SUBJECT.fullmatch(subject) is None:
        raise _invalid("Subject")
    if asked.get("MessageStructure") == "json":
        _check_structure(message)
    for name, value in (asked.get("MessageAttributes") or {}).items():
        if not value.get("DataType"):
            raise Refused(
                "ParameterValueInvalid",
                f"The message attribute '{name}' must contain non-empty message attribute type.",
            )
        if value["DataType"] == "Number" and not _is_number(value.get("StringValue", "")):
            raise Refused(
                "ParameterValueInvalid",
                f"Could not cast message attribute '{name}' value to number.",
            )
    _check_fifo(asked, topic_arn.endswith(".fifo"))


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(Decimal(text))
    except (ArithmeticError, ValueError):
        return False


def _check_structure(message: str) -> None:
    texts = _read(message)
    if not isinstance(texts, dict):
        raise _invalid("Message Structure - JSON message body failed to parse")
    if "default" not in texts:
        raise _invalid("Message Structure - No default entry in JSON message body")


def _check_fifo(asked: Mapping[str, Any], fifo: bool) -> None:
    if fifo and not asked.get("MessageGroupId"):
        raise _invalid("The MessageGroupId parameter is required for FIFO topics")
    if not fifo and asked.get("MessageDeduplicationId"):
        raise _invalid(
            "MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter "
            "that is not valid for this topic type"
        )
