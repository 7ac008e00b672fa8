"""Events of RDS: kept for DescribeEvents, put on the default bus, and sent to subscriptions.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/working-with-events.html
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from moto.core.exceptions import ServiceException
from moto.events.models import events_backends
from moto.rds.models import rds_backends
from moto.sns.models import sns_backends

from lambda_lab.aws.moto_seam import ACCOUNT
from lambda_lab.aws.pushes.pushing import region_of
from lambda_lab.aws.rds.events_table import RdsEvent, event
from lambda_lab.clock import SECOND, Clock
from lambda_lab.invoke.workers import Workers
from lambda_lab.runtime.report import iso_time

__all__ = ["BUS_SECONDS", "SUBSCRIPTION_SECONDS", "PublishedEvent", "RdsEvents"]

log = logging.getLogger("lambda_lab")
BUS_SECONDS = 1
"""From an event to the default bus. AWS says near real time, no number."""
SUBSCRIPTION_SECONDS = 60
"""From an event to the topics of subscriptions. AWS says up to five minutes, and promises no order
and no delivery; here it is always one minute."""
SUBJECT = "RDS Notification Message"
_KINDS: Mapping[str, tuple[str, str, str, str]] = {
    "db-instance": ("DB_INSTANCE", "RDS DB Instance Event", "db", "dbinstance"),
    "db-parameter-group": ("DB_PARAM", "RDS DB Parameter Group Event", "pg", "parameter-group"),
    "db-snapshot": ("SNAPSHOT", "RDS DB Snapshot Event", "snapshot", "snapshot"),
    "db-proxy": ("DB_PROXY", "RDS DB Proxy Event", "db-proxy", "proxy"),  # confidence L
}
"""Of a source type: its name in events of the bus, their detail-type, the word for it in ARNs, and
in links to the console (confidence M)."""
_PAGE = "http://docs.amazonwebservices.com/AmazonRDS/latest/UserGuide/USER_Events.html"
"""What stands before ``#RDS-EVENT-...`` in messages of subscriptions."""


@dataclass(frozen=True, slots=True, eq=False)
class PublishedEvent:
    """Something that happened.

    Parameters
    ----------
    kind
        What AWS's table says of such events.
    region, identifier, arn
        What it happened to, and where.
    message
        Its text, without the full stop, as it is sent.
    at_ns
        The region's time.
    tags
        Of the resource.
    """

    kind: RdsEvent
    region: str
    identifier: str
    arn: str
    message: str
    at_ns: int
    tags: Mapping[str, str] = field(default_factory=dict)

    def for_bus(self) -> dict[str, Any]:
        """Return the event as EventBridge has it."""
        source_type, detail_type, _, _ = _KINDS[self.kind.source_type]
        detail: dict[str, Any] = {
            "EventCategories": [self.kind.category],
            "SourceType": source_type,
            "SourceArn": self.arn,
            "Date": iso_time(self.at_ns),
            "Message": self.message,
            "SourceIdentifier": self.identifier,
            "EventID": self.kind.name,
        }
        return {
            "detail-type": detail_type,
            "source": "aws.rds",
            "account": ACCOUNT,
            "time": self.at_ns // SECOND,
            "region": self.region,
            "resources": [self.arn],
            "detail": {**detail, "Tags": dict(self.tags)} if self.tags else detail,
        }

    def for_topic(self) -> str:
        """Return the message that subscriptions get: JSON, its keys with spaces."""
        console = f"https://console.aws.amazon.com/rds/home?region={self.region}"
        link = f"{console}#{_KINDS[self.kind.source_type][3]}:id={self.identifier}"
        told: dict[str, Any] = {
            "Event Source": self.kind.source_type,
            "Event Time": iso_time(self.at_ns).replace("T", " ").removesuffix("Z"),
            "Identifier Link": link,
            "Source ID": self.identifier,
            "Source ARN": self.arn,
            "Event ID": f"{_PAGE}#{self.kind.name}",
            "Event Message": self.message,
        }
        return json.dumps({**told, "Tags": dict(self.tags)} if self.tags else told)


class RdsEvents:
    """Publishes events.

    Parameters
    ----------
    clock, workers
        The region's.
    """

    def __init__(self, clock: Clock, workers: Workers) -> None:
        self._clock = clock
        self._workers = workers

    def publish(
        self,
        number: str,
        region: str,
        identifier: str,
        words: Mapping[str, Any] | None = None,
        *,
        arn: str = "",
        at_ns: int | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        """Say that something happened.

        Parameters
        ----------
        number
            Four digits: ``0005`` of ``RDS-EVENT-0005``.
        region, identifier
            What it happened to.
        words
            What varies in the message.
        arn
            Its ARN, where that is not made of the identifier.
        at_ns
            When; ``None`` for now.
        tags
            Of the resource.
        """
        kind = event(number)
        word = _KINDS[kind.source_type][2]
        published = PublishedEvent(
            kind,
            region,
            identifier,
            arn or f"arn:aws:rds:{region}:{ACCOUNT}:{word}:{identifier}",
            kind.message.format(**words or {}).removesuffix("."),
            self._clock.now_ns() if at_ns is None else at_ns,
            tags or {},
        )
        _kept(region).append(published)
        self._later(BUS_SECONDS, partial(_put_on_bus, published))
        self._later(SUBSCRIPTION_SECONDS, partial(_notify, published))

    def later(self, seconds: float, *event: Any, **more: Any) -> None:
        """Publish an event after a while; the rest as of :meth:`publish`."""
        self._clock.call_later(seconds, partial(self.publish, *event, **more))

    def _later(self, seconds: float, job: Callable[[], None]) -> None:
        self._clock.call_later(seconds, partial(self._workers.submit, job))


def _is_kept(published: PublishedEvent) -> bool:
    """Whether the region still knows the event: a reset forgets it."""
    return published in _kept(published.region)


def _kept(region: str) -> list[Any]:
    """Return the events that moto keeps; while a region is open they are ours."""
    backend: Any = rds_backends[ACCOUNT][region]
    events: list[Any] = backend.events
    return events


def _put_on_bus(published: PublishedEvent) -> None:
    if _is_kept(published):
        bus: Any = events_backends[ACCOUNT][published.region].event_buses["default"]
        for rule in list(bus.rules.values()):
            rule.send_to_targets(published.for_bus())


def _notify(published: PublishedEvent) -> None:
    if not _is_kept(published):
        return
    subscriptions = rds_backends[ACCOUNT][published.region].event_subscriptions
    for subscription in list(subscriptions.values()):
        if _wants(subscription, published):
            _send(subscription, published)


def _wants(subscription: Any, published: PublishedEvent) -> bool:
    kind = published.kind
    names = {str(name).lower() for name in subscription.source_ids or ()}
    return (
        bool(subscription.enabled)
        and published.at_ns >= subscription.lab_from_ns
        and subscription.source_type in (None, "", kind.source_type)
        and (not names or published.identifier.lower() in names)
        and (not subscription.event_categories or kind.category in subscription.event_categories)
    )


def _send(subscription: Any, published: PublishedEvent) -> None:
    topic = str(subscription.sns_topic_arn)
    backend: Any = sns_backends[ACCOUNT][region_of(topic)]
    attributes = {"EventID": published.kind.name, "Resource": published.arn}
    try:
        backend.get_topic(topic)
        backend.publish(
            published.for_topic(),
            topic,
            subject=SUBJECT,
            message_attributes={
                name: {"Type": "String", "Value": text} for name, text in attributes.items()
            },
        )
    except ServiceException as error:
        subscription.status = "topic-not-exist"
        log.warning("RDS could not reach %s: %s", topic, error)
