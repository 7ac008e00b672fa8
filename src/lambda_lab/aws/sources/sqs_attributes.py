"""The attributes of a queue: what AWS refuses of them, and moto takes.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html

The codes and the texts of names and values are those of the API reference and of botocore's model.
The reasons given for a redrive policy are as users of AWS quote them: confidence M, where a comment
does not say less.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from moto.sqs.exceptions import InvalidAttributeName, InvalidAttributeValue, InvalidParameterValue
from moto.sqs.models import Queue

from lambda_lab import facts
from lambda_lab.aws.sources.sqs_seam import find_queue

__all__ = ["FIFO_SUFFIX", "check_attributes", "check_new_queue"]

FIFO_SUFFIX = ".fifo"
_RANGES: Mapping[str, tuple[str | None, str]] = MappingProxyType(
    {
        "DelaySeconds": (None, "sqs.delay.maximum"),
        "KmsDataKeyReusePeriodSeconds": ("sqs.key-reuse.minimum", "sqs.key-reuse.maximum"),
        "MaximumMessageSize": ("sqs.message.minimum", "sqs.message.maximum"),
        "MessageRetentionPeriod": ("sqs.retention.minimum", "sqs.retention.maximum"),
        "ReceiveMessageWaitTimeSeconds": (None, "sqs.long-poll.maximum"),
        "VisibilityTimeout": (None, "sqs.visibility.maximum"),
    }
)
"""From which fact to which; ``None`` is nought."""
_CHOICES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "ContentBasedDeduplication": ("true", "false"),
        "DeduplicationScope": ("messageGroup", "queue"),
        "FifoQueue": ("true", "false"),
        "FifoThroughputLimit": ("perQueue", "perMessageGroupId"),
        "SqsManagedSseEnabled": ("true", "false"),
    }
)
_OF_FIFO = frozenset(
    {"ContentBasedDeduplication", "DeduplicationScope", "FifoQueue", "FifoThroughputLimit"}
)
_OTHERS = frozenset({"KmsMasterKeyId", "Policy", "RedriveAllowPolicy", "RedrivePolicy"})
_MANDATORY = ("deadLetterTargetArn", "maxReceiveCount")
_PERMISSIONS = ("allowAll", "byQueue", "denyAll")


def check_new_queue(name: str, attributes: Mapping[str, Any]) -> None:
    """Refuse a queue whose name does not fit its kind.

    Parameters
    ----------
    name, attributes
        As they came in.
    """
    asked = attributes.get("FifoQueue")
    if asked is not None and asked not in _CHOICES["FifoQueue"]:
        raise InvalidAttributeValue("FifoQueue")
    if asked == "true":
        if not name.endswith(FIFO_SUFFIX):
            raise InvalidParameterValue(
                "The name of a FIFO queue can only include alphanumeric characters, hyphens, or "
                "underscores, must end with .fifo suffix and be 1 to 80 in length"
            )
    elif name.endswith(FIFO_SUFFIX):
        raise InvalidParameterValue(
            "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
        )


def check_attributes(arn: str, attributes: Mapping[str, Any]) -> None:
    """Refuse attributes that the queue *arn* cannot have.

    Parameters
    ----------
    arn
        Of the queue that is, or shall be.
    attributes
        Name and text, as they came in. An empty text takes a policy away.
    """
    fifo = arn.endswith(FIFO_SUFFIX)
    for name, value in attributes.items():
        if name not in {*_RANGES, *_CHOICES, *_OTHERS} or (name in _OF_FIFO and not fifo):
            raise InvalidAttributeName(name)
        if name in _RANGES:
            _check_range(name, value)
        elif name in _CHOICES and value not in _CHOICES[name]:
            raise InvalidAttributeValue(name)
    if attributes.get("Policy"):
        _map_in(attributes["Policy"], "Policy")
    if attributes.get("RedrivePolicy"):
        _check_redrive(arn, attributes["RedrivePolicy"])
    if attributes.get("RedriveAllowPolicy"):
        _check_redrive_allow(attributes["RedriveAllowPolicy"])


def _check_range(name: str, value: str) -> None:
    least, most = _RANGES[name]
    low = 0 if least is None else int(facts.value(least))
    if not (value.isascii() and value.isdigit() and low <= int(value) <= int(facts.value(most))):
        raise InvalidAttributeValue(name)


def _map_in(text: str, name: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (RecursionError, ValueError):
        found = None
    if not isinstance(found, dict):
        raise InvalidAttributeValue(name)
    return found


def _check_redrive(arn: str, text: str) -> None:
    try:
        policy = json.loads(text)
    except (RecursionError, ValueError):
        policy = None
    if not isinstance(policy, dict):
        raise _no_redrive(text, "Redrive policy is not a valid JSON map.")
    if not policy:
        return  # as moto has it: takes the policy away
    for name in _MANDATORY:
        if name not in policy:
            raise _no_redrive(text, f"Redrive policy does not contain mandatory attribute: {name}.")
    _check_receives(text, policy["maxReceiveCount"])
    target_arn = str(policy["deadLetterTargetArn"])
    target = find_queue(target_arn)
    if target is None or target_arn.split(":")[3] != arn.split(":")[3]:
        raise _no_redrive(text, "Dead letter target does not exist.")
    if target_arn.endswith(FIFO_SUFFIX) != arn.endswith(FIFO_SUFFIX):
        raise _no_redrive(text, "Dead letter queue must be same type of queue as the source.")
    if not _lets_in(target, arn):
        # The rule is in the page of RedriveAllowPolicy; the text is ours (confidence L).
        raise _no_redrive(text, "Dead letter queue does not allow this source queue.")


def _check_receives(text: str, asked: Any) -> None:
    most = int(facts.value("sqs.redrive.receives.maximum"))
    try:
        count = int(asked)
    except (TypeError, ValueError):
        count = 0
    if not 1 <= count <= most or isinstance(asked, bool):
        raise _no_redrive(
            text,
            f"Invalid value for maxReceiveCount: {asked}, valid values are from 1 to {most} both "
            "inclusive.",
        )


def _no_redrive(text: str, reason: str) -> InvalidParameterValue:
    return InvalidParameterValue(
        f"Value {text} for parameter RedrivePolicy is invalid. Reason: {reason}"
    )


def _lets_in(target: Queue, source_arn: str) -> bool:
    policy = getattr(target, "redrive_allow_policy", None)
    allowed = json.loads(policy) if policy else {}
    permission = allowed.get("redrivePermission", "allowAll")
    if permission == "byQueue":
        return source_arn in allowed.get("sourceQueueArns", ())
    return bool(permission == "allowAll")


def _check_redrive_allow(text: str) -> None:
    policy = _map_in(text, "RedriveAllowPolicy")
    sources = policy.get("sourceQueueArns")
    named = policy.get("redrivePermission")
    if named not in _PERMISSIONS or (named == "byQueue") != bool(sources):
        raise InvalidAttributeValue("RedriveAllowPolicy")
