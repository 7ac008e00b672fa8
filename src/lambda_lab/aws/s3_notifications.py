"""Configuring what a bucket tells whom: what S3 checks and moto does not.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketNotificationConfiguration.html
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote_plus
from xml.etree import ElementTree as ET

from moto.s3.exceptions import (
    InvalidArgumentError,
    InvalidNotificationDestination,
    MalformedXML,
)
from moto.s3.models import S3Backend
from moto.s3.responses import S3Response

from lambda_lab.aws.deliveries import service_of, target_exists
from lambda_lab.aws.moto_seam import ACCOUNT
from lambda_lab.aws.policy_check import may_invoke
from lambda_lab.aws.pushes.patches import replaced
from lambda_lab.aws.pushes.pushing import exists, region_of
from lambda_lab.aws.services import services

__all__ = ["check_configuration", "notification_rules", "read_configuration"]

_KINDS = {"Topic": "sns", "Queue": "sqs", "CloudFunction": "lambda"}
"""What a destination is called in the XML, and its service."""
LONGEST_VALUE_BYTES = 1024
"""https://docs.aws.amazon.com/AmazonS3/latest/API/API_FilterRule.html"""

Rule = dict[str, Any]
Configuration = dict[str, Any]


@contextmanager
def notification_rules() -> Iterator[None]:
    """Check configurations as S3 does while the block runs."""
    put = S3Backend.put_bucket_notification_configuration

    def checked_put(self: Any, bucket_name: str, notification_config: Configuration) -> None:
        bucket = self.get_bucket(bucket_name)
        check_configuration(notification_config, bucket, validates=not _skips_validation())
        put(self, bucket_name, notification_config)

    def from_body(self: Any) -> Configuration:
        return read_configuration(self.body)

    with (
        replaced(S3Backend, put_bucket_notification_configuration=checked_put),
        replaced(S3Response, _notification_config_from_body=from_body),
    ):
        yield


def _skips_validation() -> bool:
    from flask import has_request_context, request

    header = "x-amz-skip-destination-validation"
    return has_request_context() and request.headers.get(header, "").lower() == "true"


# -- reading ---------------------------------------------------------------------------------------


def read_configuration(body: bytes | str) -> Configuration:
    """Read the XML of a ``NotificationConfiguration`` into moto's form.

    Raises
    ------
    MalformedXML
        If it is none.
    """
    try:
        root = ET.fromstring(body)
    except (ET.ParseError, ValueError):
        raise MalformedXML from None
    if _name(root) != "NotificationConfiguration":
        raise MalformedXML
    read: Configuration = {}
    for element in root:
        kind = _name(element).removesuffix("Configuration")
        if kind in _KINDS:
            read.setdefault(f"{kind}Configuration", []).append(_rule(element, kind))
        elif kind == "EventBridge":
            read["EventBridgeConfiguration"] = {}
        else:
            raise MalformedXML
    return read


def _name(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def _texts(element: ET.Element, name: str) -> list[str]:
    return [(child.text or "").strip() for child in element if _name(child) == name]


def _rule(element: ET.Element, kind: str) -> Rule:
    arns, events = _texts(element, kind), _texts(element, "Event")
    if len(arns) != 1 or not events:
        raise MalformedXML
    if service_of(arns[0]) != _KINDS[kind]:
        raise InvalidArgumentError("The ARN is not well formed", kind, arns[0])
    names = _texts(element, "Id")
    rule: Rule = {"Id": (names or [""])[0] or services().ids.uuid(), kind: arns[0], "Event": events}
    parts = [part for part in element.iter() if _name(part) == "FilterRule"]
    if parts:
        rule["Filter"] = {"S3Key": {"FilterRule": [_filter_rule(part) for part in parts]}}
    return rule


def _filter_rule(element: ET.Element) -> dict[str, str]:
    values = [child.text or "" for child in element if _name(child) == "Value"]
    names = _texts(element, "Name")
    if len(names) != 1 or len(values) > 1:
        raise MalformedXML
    if names[0].lower() not in ("prefix", "suffix"):
        raise InvalidArgumentError(
            "filter rule name must be either prefix or suffix", "FilterRule.Name", names[0]
        )
    value = values[0] if values else ""
    if len(value.encode()) > LONGEST_VALUE_BYTES:
        raise InvalidArgumentError(
            f"Size of filter rule value cannot exceed {LONGEST_VALUE_BYTES} bytes in UTF-8",
            "FilterRule.Value",
            value,
        )
    # S3 takes the name in any letters and tells it so.
    return {"Name": names[0].capitalize(), "Value": value}


# -- checking --------------------------------------------------------------------------------------


def check_configuration(configuration: Configuration, bucket: Any, *, validates: bool) -> None:
    """Check a whole configuration; it replaces the one before.

    Parameters
    ----------
    configuration
        As :func:`read_configuration` returns it.
    bucket
        moto's bucket.
    validates
        Whether the destinations are asked for: ``SkipDestinationValidation`` says no.

    Raises
    ------
    InvalidArgumentError
        For names twice, two prefixes or suffixes in a filter, rules that overlap, and
        destinations that cannot be told.
    InvalidNotificationDestination
        For a destination in another region than the bucket's.
    """
    rules = [rule for kind in _KINDS for rule in configuration.get(f"{kind}Configuration", [])]
    names = [rule["Id"] for rule in rules]
    if len(set(names)) < len(names):
        raise InvalidArgumentError(
            "Same ID used for multiple configurations. IDs must be unique", "Id", names[0]
        )
    for rule in rules:
        _check_filter(rule)
        if region_of(_destination(rule)) != bucket.region_name:
            raise InvalidNotificationDestination
    for one, other in itertools.combinations(rules, 2):
        if _overlap(one, other):
            # Text of confidence M.
            raise InvalidArgumentError(
                "Configuration is ambiguously defined. Cannot have overlapping suffixes in two "
                "rules if the prefixes are overlapping for the same event type.",
                "Id",
                other["Id"],
            )
    if validates:
        for rule in rules:
            _check_destination(rule, bucket)


def _check_filter(rule: Rule) -> None:
    names = [each["Name"] for each in _filter_rules(rule)]
    for name in ("Prefix", "Suffix"):
        if names.count(name) > 1:
            raise InvalidArgumentError(
                f"Cannot specify more than one {name.lower()} rule in a filter.",
                "FilterRule.Name",
                name,
            )


def _filter_rules(rule: Rule) -> list[dict[str, str]]:
    rules: list[dict[str, str]] = rule.get("Filter", {}).get("S3Key", {}).get("FilterRule", [])
    return rules


def _overlap(one: Rule, other: Rule) -> bool:
    """Whether one key could be meant by both rules for one kind of event."""
    same = any(_same_event(first, second) for first in one["Event"] for second in other["Event"])
    if not same:
        return False
    ours, theirs = _filter_values(one), _filter_values(other)
    starts = ours["Prefix"].startswith(theirs["Prefix"]) or theirs["Prefix"].startswith(
        ours["Prefix"]
    )
    ends = ours["Suffix"].endswith(theirs["Suffix"]) or theirs["Suffix"].endswith(ours["Suffix"])
    return starts and ends


def _filter_values(rule: Rule) -> Mapping[str, str]:
    given = {each["Name"]: unquote_plus(each["Value"]) for each in _filter_rules(rule)}
    return {"Prefix": "", "Suffix": "", **given}


def _same_event(one: str, other: str) -> bool:
    """Whether two names of events share one: ``s3:ObjectCreated:*`` has all its kind.

    Examples
    --------
    >>> _same_event("s3:ObjectCreated:*", "s3:ObjectCreated:Put")
    True
    >>> _same_event("s3:ObjectCreated:Copy", "s3:ObjectCreated:Put")
    False
    """
    if one == other:
        return True
    for wide, narrow in ((one, other), (other, one)):
        if wide.endswith(":*") and narrow.startswith(wide[:-1]):
            return True
    return False


def _destination(rule: Rule) -> str:
    (arn,) = (rule[kind] for kind in _KINDS if kind in rule)
    return str(arn)


def _check_destination(rule: Rule, bucket: Any) -> None:
    arn = _destination(rule)
    problem = _problem(arn, bucket)
    if problem is not None:
        raise InvalidArgumentError(
            "Unable to validate the following destination configurations", arn, problem
        )


def _problem(arn: str, bucket: Any) -> str | None:
    service = service_of(arn)
    if service == "lambda":
        if not exists(arn):
            return "The destination Lambda does not exist"
        allowed = may_invoke(
            bucket.region_name,
            arn,
            service="s3.amazonaws.com",
            source_arn=bucket.arn,
            source_account=ACCOUNT,
        )
        return None if allowed else f"Not authorized to invoke function [{arn}]"
    if target_exists(arn):
        return None
    return f"The destination {'queue' if service == 'sqs' else 'topic'} does not exist"
