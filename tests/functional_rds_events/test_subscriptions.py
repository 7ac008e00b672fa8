"""Event subscriptions: what they tell, how they change, and what RDS refuses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from lambda_lab.aws.rds.events_table import SOURCE_TYPES, categories, rds_events
from live_region import LiveRegion
from rds_tools import Rds


@pytest.fixture(scope="module")
def topic(lab: LiveRegion) -> str:
    return str(lab.client("sns").create_topic(Name="life")["TopicArn"])


@pytest.fixture
def subscription(rds: Rds, topic: str) -> Iterator[str]:
    rds.api.create_event_subscription(SubscriptionName="mine", SnsTopicArn=topic)
    rds.settle()
    yield "mine"
    rds.api.delete_event_subscription(SubscriptionName="mine")


@pytest.fixture(scope="module")
def shop(rds: Rds) -> str:
    return rds.make(DBInstanceIdentifier="shop")


def described(rds: Rds, name: str) -> dict[str, Any]:
    (found,) = rds.api.describe_event_subscriptions(SubscriptionName=name)["EventSubscriptionsList"]
    return dict(found)


def test_a_subscription_is_made_active_and_enabled(rds: Rds, topic: str) -> None:
    told = rds.api.create_event_subscription(SubscriptionName="new", SnsTopicArn=topic)
    assert told["EventSubscription"]["Status"] == "creating"
    rds.settle()
    found = described(rds, "new")
    assert found["Status"] == "active"
    assert found["Enabled"] is True
    assert found["SnsTopicArn"] == topic
    assert found["EventSubscriptionArn"].endswith(":es:new")
    rds.refuses(
        "create_event_subscription",
        "SubscriptionAlreadyExist",
        SubscriptionName="new",
        SnsTopicArn=topic,
    )
    rds.api.delete_event_subscription(SubscriptionName="new")
    rds.refuses("delete_event_subscription", "SubscriptionNotFound", SubscriptionName="new")


def test_a_subscription_changes(rds: Rds, subscription: str, shop: str) -> None:
    rds.api.modify_event_subscription(
        SubscriptionName=subscription,
        SourceType="db-instance",
        EventCategories=["failover", "availability"],
        Enabled=False,
    )
    rds.api.add_source_identifier_to_subscription(
        SubscriptionName=subscription, SourceIdentifier=shop
    )
    found = described(rds, subscription)
    assert found["SourceIdsList"] == [shop]
    assert found["EventCategoriesList"] == ["failover", "availability"]
    assert found["Enabled"] is False
    rds.refuses(
        "modify_event_subscription",
        "InvalidParameterCombination",
        SubscriptionName=subscription,
        SourceType="db-snapshot",
    )
    rds.api.remove_source_identifier_from_subscription(
        SubscriptionName=subscription, SourceIdentifier=shop
    )
    assert described(rds, subscription).get("SourceIdsList", []) == []
    for call in ("add_source_identifier_to", "remove_source_identifier_from"):
        rds.refuses(
            f"{call}_subscription",
            "SourceNotFound",
            SubscriptionName=subscription,
            SourceIdentifier="nobody",
        )


@pytest.mark.parametrize(
    ("code", "asked"),
    [
        ("SNSInvalidTopic", {"SnsTopicArn": "life"}),
        ("SNSInvalidTopic", {"SnsTopicArn": "arn:aws:sns:us-east-1:123456789012:life.fifo"}),
        ("SNSInvalidTopic", {"SnsTopicArn": "arn:aws:sns:eu-west-1:123456789012:life"}),
        ("SNSTopicArnNotFound", {"SnsTopicArn": "arn:aws:sns:us-east-1:123456789012:nope"}),
        ("InvalidParameterValue", {"SourceType": "db-table"}),
        ("InvalidParameterValue", {"SubscriptionName": "n" * 255}),
        ("InvalidParameterValue", {"SubscriptionName": ""}),
        ("InvalidParameterCombination", {"SourceIds": ["shop"]}),
        ("SourceNotFound", {"SourceType": "db-instance", "SourceIds": ["nobody"]}),
        ("SubscriptionCategoryNotFound", {"EventCategories": ["joy"]}),
        (
            "SubscriptionCategoryNotFound",
            {"SourceType": "db-parameter-group", "EventCategories": ["failover"]},
        ),
    ],
)
def test_what_is_refused(rds: Rds, topic: str, code: str, asked: dict[str, Any]) -> None:
    wanted = {"SubscriptionName": "bad", "SnsTopicArn": topic, **asked}
    rds.refuses("create_event_subscription", code, **wanted)


def test_twenty_subscriptions(rds: Rds, topic: str) -> None:
    names = [f"s{number}" for number in range(20)]
    for name in names:
        rds.api.create_event_subscription(SubscriptionName=name, SnsTopicArn=topic)
    rds.refuses(
        "create_event_subscription",
        "EventSubscriptionQuotaExceeded",
        SubscriptionName="more",
        SnsTopicArn=topic,
    )
    for name in names:
        rds.api.delete_event_subscription(SubscriptionName=name)


def test_disabled_and_other_subscriptions_get_nothing(
    rds: Rds, lab: LiveRegion, topic: str, shop: str
) -> None:
    sqs = lab.client("sqs")
    queue = sqs.create_queue(QueueName="q")["QueueUrl"]
    arn = "arn:aws:sqs:us-east-1:123456789012:q"
    lab.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    more: dict[str, dict[str, Any]] = {
        "off": {"Enabled": False},
        "snapshots": {"SourceType": "db-snapshot"},
        "failovers": {"SourceType": "db-instance", "EventCategories": ["failover"]},
        "any": {},
    }
    for name, asked in more.items():
        rds.api.create_event_subscription(SubscriptionName=name, SnsTopicArn=topic, **asked)
    rds.settle()
    rds.api.reboot_db_instance(DBInstanceIdentifier=shop)
    lab.region.clock.advance(minutes=5)
    count = sqs.get_queue_attributes(
        QueueUrl=queue, AttributeNames=["ApproximateNumberOfMessages"]
    )["Attributes"]["ApproximateNumberOfMessages"]
    for name in more:
        rds.api.delete_event_subscription(SubscriptionName=name)
    assert count == "2"  # one subscription, two events


def test_a_topic_that_is_deleted(rds: Rds, lab: LiveRegion, shop: str) -> None:
    sns = lab.client("sns")
    gone = sns.create_topic(Name="gone")["TopicArn"]
    rds.api.create_event_subscription(SubscriptionName="lost", SnsTopicArn=gone)
    rds.settle()
    sns.delete_topic(TopicArn=gone)
    rds.api.reboot_db_instance(DBInstanceIdentifier=shop)
    lab.region.clock.advance(minutes=5)
    assert described(rds, "lost")["Status"] == "topic-not-exist"
    rds.api.delete_event_subscription(SubscriptionName="lost")


def test_categories(rds: Rds) -> None:
    told = rds.api.describe_event_categories()["EventCategoriesMapList"]
    assert [one["SourceType"] for one in told] == list(SOURCE_TYPES)
    (only,) = rds.api.describe_event_categories(SourceType="db-snapshot")["EventCategoriesMapList"]
    assert set(only["EventCategories"]) == {"creation", "deletion", "notification", "restoration"}
    rds.refuses("describe_event_categories", "InvalidParameterValue", SourceType="db-table")


def test_the_table(rds: Rds) -> None:
    names = [one.name for one in rds_events()]
    assert len(names) == len(set(names)) > 100
    assert all(one.source_type in SOURCE_TYPES for one in rds_events())
    assert "failover" in categories("db-instance")
