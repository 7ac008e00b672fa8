"""The operations of RDS on events and event subscriptions.

https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateEventSubscription.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any

from moto.core.responses import ActionResult
from moto.rds.models import RDSBackend
from moto.rds.responses import RDSResponse

from lambda_lab import facts
from lambda_lab.aws.pushes.patches import replaced
from lambda_lab.aws.rds.events import PublishedEvent
from lambda_lab.aws.rds.events_checks import (
    check_categories,
    check_source_type,
    check_sources,
    check_topic,
    invalid,
    not_found,
)
from lambda_lab.aws.rds.events_table import SOURCE_TYPES, categories
from lambda_lab.aws.rds.lifecycle import STATE_SECONDS
from lambda_lab.aws.rds.pages import first_of
from lambda_lab.clock import SECOND, Clock
from lambda_lab.errors import AwsError

__all__ = ["event_answers"]

PAGE = 100
_FEWEST = 20
_MINUTES = 60
"""``Duration`` of DescribeEvents, unless one is given."""
_DAY_SECONDS = 24 * 3600


@contextmanager
def event_answers(clock: Clock) -> Iterator[None]:
    """Let RDS answer what it is asked of events, while the block runs.

    Parameters
    ----------
    clock
        The region's.
    """
    create = RDSBackend.create_event_subscription

    def create_event_subscription(backend: Any, asked: Any) -> Any:
        _check_new(backend, asked)
        subscription: Any = create(backend, asked)
        enabled = asked.get("enabled")
        subscription.enabled = True if enabled is None else bool(enabled)
        subscription.event_categories = list(asked.get("event_categories") or ())
        subscription.source_ids = list(asked.get("source_ids") or ())
        subscription.lab_from_ns = clock.now_ns()
        subscription.status = "creating"
        clock.call_later(STATE_SECONDS, partial(setattr, subscription, "status", "active"))
        return subscription

    answers: dict[str, Callable[..., Any]] = {
        "describe_events": lambda response: _described(response, clock),
    }
    added: dict[str, Callable[..., Any]] = {
        "modify_event_subscription": _modify,
        "add_source_identifier_to_subscription": _add_source,
        "remove_source_identifier_from_subscription": _remove_source,
        "describe_event_categories": _categories,
    }
    for name, answer in added.items():
        setattr(RDSResponse, name, answer)
    try:
        with (
            replaced(RDSBackend, create_event_subscription=create_event_subscription),
            replaced(RDSResponse, **answers),
        ):
            yield
    finally:
        for name in added:
            delattr(RDSResponse, name)


# -- subscriptions ---------------------------------------------------------------------------------


def _check_new(backend: Any, asked: Any) -> None:
    name = str(asked.get("subscription_name") or "")
    longest = int(facts.value("rds.events.subscription-name.maximum"))
    if not 1 <= len(name) <= longest:
        raise invalid(f"The parameter SubscriptionName must have 1 to {longest} characters.")
    most = int(facts.value("rds.events.subscriptions.maximum"))
    if name not in backend.event_subscriptions and len(backend.event_subscriptions) >= most:
        raise AwsError(
            "EventSubscriptionQuotaExceeded",
            f"You have reached the maximum number of event subscriptions: {most}.",
        )
    source_type = asked.get("source_type")
    sources = asked.get("source_ids") or ()
    check_source_type(source_type)
    check_categories(source_type, asked.get("event_categories") or ())
    check_sources(backend, source_type, sources)
    check_topic(str(asked.get("sns_topic_arn") or ""), backend.region_name)


def _subscription(response: Any) -> Any:
    (found,) = response.backend.describe_event_subscriptions(response.params["SubscriptionName"])
    return found


def _answered(subscription: Any) -> ActionResult:
    return ActionResult({"EventSubscription": subscription})


def _modify(response: Any) -> ActionResult:
    """ModifyEventSubscription."""
    asked, subscription = response.params, _subscription(response)
    source_type = asked.get("SourceType") or subscription.source_type
    wanted = asked.get("EventCategories")
    check_source_type(source_type)
    if subscription.source_ids and source_type != subscription.source_type:
        # Confidence L.
        raise AwsError(
            "InvalidParameterCombination",
            "The source type cannot be changed while the subscription has source identifiers.",
        )
    check_categories(source_type, subscription.event_categories if wanted is None else wanted)
    if asked.get("SnsTopicArn"):
        check_topic(asked["SnsTopicArn"], response.backend.region_name)
        subscription.sns_topic_arn = asked["SnsTopicArn"]
        subscription.status = "active"
    subscription.source_type = source_type
    if wanted is not None:
        subscription.event_categories = list(wanted)
    if asked.get("Enabled") is not None:
        subscription.enabled = bool(asked["Enabled"])
    return _answered(subscription)


def _add_source(response: Any) -> ActionResult:
    """AddSourceIdentifierToSubscription."""
    subscription = _subscription(response)
    source = response.params["SourceIdentifier"]
    check_sources(response.backend, subscription.source_type, [source])
    if source not in subscription.source_ids:
        subscription.source_ids.append(source)
    return _answered(subscription)


def _remove_source(response: Any) -> ActionResult:
    """RemoveSourceIdentifierFromSubscription."""
    subscription = _subscription(response)
    source = response.params["SourceIdentifier"]
    if source not in subscription.source_ids:
        raise not_found(source)
    subscription.source_ids.remove(source)
    return _answered(subscription)


def _categories(response: Any) -> ActionResult:
    """DescribeEventCategories."""
    wanted = response.params.get("SourceType")
    check_source_type(wanted)
    return ActionResult(
        {
            "EventCategoriesMapList": [
                {"SourceType": name, "EventCategories": list(categories(name))}
                for name in SOURCE_TYPES
                if wanted in (None, "", name)
            ]
        }
    )


# -- events ----------------------------------------------------------------------------------------


def _described(response: Any, clock: Clock) -> ActionResult:
    """DescribeEvents."""
    asked = response.params
    source_type, identifier = asked.get("SourceType"), asked.get("SourceIdentifier")
    check_source_type(source_type)
    if identifier and not source_type:
        raise AwsError(
            "InvalidParameterCombination",
            "Cannot specify source identifier without source type",
        )
    size = int(asked.get("MaxRecords") or PAGE)
    if not _FEWEST <= size <= PAGE:
        raise invalid(f"Invalid value {size} for MaxRecords. Must be between {_FEWEST} and {PAGE}")
    start, end = _span(asked, clock.now_ns())
    wanted = set(asked.get("EventCategories") or ())
    found = [
        one
        for one in response.backend.events
        if start <= one.at_ns <= end
        and source_type in (None, "", one.kind.source_type)
        and (not identifier or one.identifier.lower() == identifier.lower())
        and (not wanted or one.kind.category in wanted)
    ]
    found.sort(key=lambda one: one.at_ns)
    begin = first_of(asked)
    page: dict[str, Any] = {"Events": [_told(one) for one in found[begin : begin + size]]}
    more = begin + size < len(found)
    return ActionResult(page | ({"Marker": str(begin + size)} if more else {}))


def _span(asked: Mapping[str, Any], now_ns: int) -> tuple[int, int]:
    """Return from when to when events are wanted, in nanoseconds."""
    minutes = int(asked.get("Duration") or _MINUTES) * 60 * SECOND
    start, end = _nanoseconds(asked.get("StartTime")), _nanoseconds(asked.get("EndTime"))
    if end is None:
        end = now_ns if start is None or not asked.get("Duration") else start + minutes
    if start is None:
        start = end - minutes
    if end < start:
        raise AwsError("InvalidParameterCombination", "StartTime must be before EndTime")
    return max(start, now_ns - int(facts.value("rds.events.kept")) * _DAY_SECONDS * SECOND), end


def _nanoseconds(moment: Any) -> int | None:
    if not moment:
        return None
    read = moment if isinstance(moment, datetime) else datetime.fromisoformat(str(moment))
    if read.tzinfo is None:
        read = read.replace(tzinfo=UTC)
    return round(read.timestamp() * SECOND)


def _told(published: PublishedEvent) -> dict[str, Any]:
    return {
        "SourceIdentifier": published.identifier,
        "SourceType": published.kind.source_type,
        "Message": published.message,
        "EventCategories": [published.kind.category],
        "Date": datetime.fromtimestamp(published.at_ns / SECOND, tz=UTC),
        "SourceArn": published.arn,
    }
