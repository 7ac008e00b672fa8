"""What RDS refuses of event subscriptions.

The codes are the API reference's; the texts are close to AWS's: confidence L.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from moto.core.exceptions import ServiceException
from moto.sns.models import sns_backends

from lambda_lab.aws.moto_seam import ACCOUNT
from lambda_lab.aws.pushes.pushing import region_of
from lambda_lab.aws.rds.events_table import SOURCE_TYPES, categories
from lambda_lab.errors import AwsError

__all__ = [
    "check_categories",
    "check_source_type",
    "check_sources",
    "check_topic",
    "invalid",
    "not_found",
]

_TOPIC = re.compile(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}(\.fifo)?")


def invalid(text: str) -> AwsError:
    """Return RDS's answer for a parameter that cannot be."""
    return AwsError("InvalidParameterValue", text)


def not_found(source: str) -> AwsError:
    """Return RDS's answer for a source that is not there."""
    return AwsError("SourceNotFound", f"Could not find source: {source}", status=404)


def check_source_type(source_type: str | None) -> None:
    """Refuse a source type that RDS does not have."""
    if source_type and source_type not in SOURCE_TYPES:
        raise invalid(
            f"Invalid source type: {source_type}. Valid values: {', '.join(SOURCE_TYPES)}"
        )


def check_categories(source_type: str | None, wanted: Iterable[str]) -> None:
    """Refuse categories that events of the source type - of any, if there is none - never have."""
    types = (source_type,) if source_type else SOURCE_TYPES
    known = {category for one in types for category in categories(one)}
    for category in wanted:
        if category not in known:
            raise AwsError(
                "SubscriptionCategoryNotFound",
                f"The event category {category} is not a category of the source type "
                f"{source_type or 'of any kind'}.",
                status=404,
            )


def check_sources(backend: Any, source_type: str | None, sources: Iterable[str]) -> None:
    """Refuse sources that are not there.

    Raises
    ------
    AwsError
        ``SourceNotFound``; or ``InvalidParameterCombination`` for sources without a type.
    """
    kept = {
        "db-instance": backend.databases,
        "db-cluster": backend.clusters,
        "db-parameter-group": backend.db_parameter_groups,
        "db-security-group": backend.security_groups,
        "db-snapshot": backend.database_snapshots,
        "db-cluster-snapshot": backend.cluster_snapshots,
        "db-proxy": backend.db_proxies,
    }
    for source in sources:
        if not source_type:
            raise AwsError(
                "InvalidParameterCombination",
                "SourceType must be specified if SourceIds are specified.",
            )
        names = {str(name).lower() for name in kept.get(source_type, ())}
        if source.lower() not in names:
            raise not_found(source)


def check_topic(arn: str, region: str) -> None:
    """Refuse a topic that cannot get messages of RDS: no ARN of one, ordered, or not there."""
    if _TOPIC.fullmatch(arn) is None or region_of(arn) != region:
        raise AwsError("SNSInvalidTopic", f"Invalid SNS topic ARN: {arn}")
    if arn.endswith(".fifo"):
        raise AwsError("SNSInvalidTopic", f"FIFO topics are not supported: {arn}")
    try:
        known: Any = sns_backends[ACCOUNT][region]
        known.get_topic(arn)
    except ServiceException:
        raise AwsError(
            "SNSTopicArnNotFound", f"SNS topic ARN does not exist: {arn}", status=404
        ) from None
