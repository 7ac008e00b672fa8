"""Events of RDS are published by what really happens, and reach functions."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
from datetime import timedelta
from typing import Any

import pytest

from lambda_lab.rds.endpoints import Endpoints
from live_region import LiveRegion, until
from rds_tools import Rds

ECHO = "def handler(event, context):\n    import json\n    print(json.dumps(event))\n"


@pytest.fixture(scope="module")
def shop(rds: Rds) -> str:
    return rds.make(DBInstanceIdentifier="shop", Tags=[{"Key": "team", "Value": "web"}])


def told(rds: Rds, source_type: str, identifier: str, **more: Any) -> list[str]:
    """Return the messages of a source's events, oldest first."""
    pages = rds.api.get_paginator("describe_events").paginate(
        SourceType=source_type, SourceIdentifier=identifier, **more
    )
    return [event["Message"] for page in pages for event in page["Events"]]


def tell_of(rds: Rds, shop: str, call: str, **asked: Any) -> list[str]:
    """Do something to *shop*; returns the messages that it causes."""
    before = told(rds, "db-instance", shop)
    getattr(rds.api, call)(DBInstanceIdentifier=shop, **asked)
    rds.settle()
    return told(rds, "db-instance", shop)[len(before) :]


def test_creation_and_its_backup(rds: Rds, shop: str) -> None:
    assert told(rds, "db-instance", shop)[:3] == [
        "Backing up DB instance",
        "DB instance created",
        "Finished DB instance backup",
    ]
    (snapshot,) = rds.api.describe_db_snapshots(DBInstanceIdentifier=shop)["DBSnapshots"]
    assert told(rds, "db-snapshot", snapshot["DBSnapshotIdentifier"]) == [
        "Creating automated snapshot",
        "Automated snapshot created",
    ]


def test_stop_and_start(rds: Rds, shop: str) -> None:
    assert tell_of(rds, shop, "stop_db_instance") == ["DB instance stopped"]
    assert tell_of(rds, shop, "start_db_instance") == ["DB instance started"]


@pytest.mark.skipif(sys.platform != "linux", reason="one loopback address elsewhere")
def test_another_sandbox_of_this_machine_does_not_hinder_a_start(
    lab: LiveRegion, rds: Rds, shop: str
) -> None:
    topic = lab.client("sns").create_topic(Name="starts")["TopicArn"]
    url = lab.client("sqs").create_queue(QueueName="starts")["QueueUrl"]
    queue = "arn:aws:sqs:us-east-1:123456789012:starts"
    lab.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)
    rds.api.stop_db_instance(DBInstanceIdentifier=shop)
    rds.settle()
    rds.api.create_event_subscription(SubscriptionName="starts", SnsTopicArn=topic)
    port = rds.describe(shop)["Endpoint"]["Port"]
    others = Endpoints()  # as the other has them: a name of the kernel's knows no process
    theirs = others.claim("instance", "club", "club.c.rds", port)
    with socket.socket() as rival:
        rival.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        rival.bind((theirs.address, theirs.port))
        rival.listen()
        rds.api.start_db_instance(DBInstanceIdentifier=shop)
        lab.region.clock.advance(minutes=6)
        assert rds.status(shop) == "available"
    others.clear()
    rds.api.delete_event_subscription(SubscriptionName="starts")
    (message,) = lab.client("sqs").receive_message(QueueUrl=url)["Messages"]
    assert "DB instance started" in json.loads(message["Body"])["Message"]


@pytest.mark.fidelity("rds-events")
def test_reboot(rds: Rds, shop: str) -> None:
    assert tell_of(rds, shop, "reboot_db_instance") == [
        "DB instance shutdown",
        "DB instance restarted",
    ]


def test_a_server_that_is_killed(rds: Rds, shop: str) -> None:
    server = rds.lab.region.databases.get(shop).server  # type: ignore[union-attr]
    before = told(rds, "db-instance", shop)
    os.kill(server.pid, signal.SIGKILL)  # type: ignore[arg-type]
    until(lambda: len(told(rds, "db-instance", shop)) > len(before))
    assert told(rds, "db-instance", shop)[len(before) :] == ["DB instance restarted"]


@pytest.mark.parametrize(
    ("asked", "messages"),
    [
        ({"MasterUserPassword": "another-word"}, ["Reset master credentials"]),
        ({"BackupRetentionPeriod": 0}, ["Disabled automated backups"]),
        ({"BackupRetentionPeriod": 3}, ["Enabled automated backups"]),
        ({"AllocatedStorage": 40}, ["Finished applying modification to allocated storage"]),
        (
            {"DBInstanceClass": "db.t3.small"},
            [
                "Applying modification to DB instance class",
                "Finished applying modification to DB instance class",
            ],
        ),
        ({"BackupRetentionPeriod": 3}, []),
    ],
)
def test_configuration_changes(
    rds: Rds, shop: str, asked: dict[str, Any], messages: list[str]
) -> None:
    found = tell_of(rds, shop, "modify_db_instance", ApplyImmediately=True, **asked)
    assert found == messages


def test_parameter_groups(rds: Rds, shop: str) -> None:
    family = rds.describe(shop)["EngineVersion"].partition(".")[0]
    rds.api.create_db_parameter_group(
        DBParameterGroupName="calm", DBParameterGroupFamily=f"postgres{family}", Description="x"
    )
    assert tell_of(rds, shop, "modify_db_instance", DBParameterGroupName="calm") == [
        "Updated to use DBParameterGroup calm"
    ]
    rds.api.reboot_db_instance(DBInstanceIdentifier=shop)
    rds.settle()
    change = {"ParameterName": "work_mem", "ParameterValue": "8192", "ApplyMethod": "immediate"}
    rds.api.modify_db_parameter_group(DBParameterGroupName="calm", Parameters=[change])
    assert told(rds, "db-parameter-group", "calm") == [
        "Updated parameter work_mem to 8192 with apply method immediate"
    ]
    assert told(rds, "db-instance", shop)[-1] == "Finished updating DB parameter group"


def test_snapshots(rds: Rds, shop: str) -> None:
    rds.api.create_db_snapshot(DBInstanceIdentifier=shop, DBSnapshotIdentifier="Mine")
    assert told(rds, "db-snapshot", "mine") == ["Creating manual snapshot"]
    rds.settle()
    rds.api.copy_db_snapshot(SourceDBSnapshotIdentifier="Mine", TargetDBSnapshotIdentifier="second")
    rds.settle()
    assert told(rds, "db-snapshot", "second") == [
        "Started copy of snapshot second in region us-east-1",
        "Finished copy of snapshot second in region us-east-1",
    ]
    rds.api.delete_db_snapshot(DBSnapshotIdentifier="Mine")
    assert told(rds, "db-snapshot", "mine") == [
        "Creating manual snapshot",
        "Manual snapshot created",
        "Deleted user snapshot",
    ]


def test_deletion_with_a_last_snapshot(rds: Rds) -> None:
    name = rds.make(DBInstanceIdentifier="brief")
    rds.api.delete_db_instance(DBInstanceIdentifier=name, FinalDBSnapshotIdentifier="last")
    rds.settle()
    assert told(rds, "db-instance", name)[-1] == "DB instance deleted"
    assert told(rds, "db-snapshot", "last") == [
        "Creating manual snapshot",
        "Manual snapshot created",
    ]


def test_what_fails_is_no_event(rds: Rds) -> None:
    rds.refuses("create_db_instance", "InvalidParameterValue", **rds.settings(DBName="1x"))
    rds.create(DBInstanceIdentifier="bare", BackupRetentionPeriod=0)
    rds.settle()
    assert told(rds, "db-instance", "bare") == ["DB instance created"]


def test_engines_that_do_not_run_have_what_the_control_plane_knows(rds: Rds) -> None:
    rds.api.create_db_instance(**rds.settings(DBInstanceIdentifier="my", Engine="mysql"))
    assert told(rds, "db-instance", "my")[0] == "DB instance created"


def test_proxies_and_failovers_tell_their_steps(rds: Rds, lab: LiveRegion, shop: str) -> None:
    from lambda_lab.aws.rds.records import LifecycleEvent

    def tell(name: str, what: str, **details: str) -> None:
        now = lab.region.clock.now_ns()
        lab.region.databases.tell(LifecycleEvent("us-east-1", name, what, now, details))

    arn = "arn:aws:rds:us-east-1:123456789012:db-proxy:prx-0123"
    tell("front", "proxy-created", arn=arn)
    tell("front", "proxy-endpoint-created", arn=arn, endpoint="readers")
    tell("front", "proxy-target-removed", arn=arn, instance="shop")
    tell("front", "proxy-deleted", arn=arn)
    messages = told(rds, "db-proxy", "front")
    assert messages[0] == "RDS created DB proxy front"
    assert "readers" in messages[1]
    assert "shop" in messages[2]
    assert messages[-1] == "RDS deleted DB proxy front"
    (first, *_) = rds.api.describe_events(SourceType="db-proxy")["Events"]
    assert first["SourceArn"] == arn
    tell(shop, "failing-over")
    tell(shop, "failed-over")
    assert told(rds, "db-instance", shop)[-3] == "Multi-AZ instance failover started"
    assert told(rds, "db-instance", shop)[-1] == "Multi-AZ instance failover completed"


# -- describe_events -------------------------------------------------------------------------------


def test_which_events_are_described(rds: Rds, lab: LiveRegion, shop: str) -> None:
    every = rds.api.describe_events(SourceType="db-instance", SourceIdentifier="SHOP")["Events"]
    first = every[0]
    assert first["EventCategories"] == ["backup"]
    assert first["SourceArn"] == rds.describe(shop)["DBInstanceArn"]
    assert abs(first["Date"] - lab.region.clock.now()) < timedelta(minutes=10)
    only = rds.api.describe_events(EventCategories=["creation"], SourceType="db-instance")["Events"]
    assert {event["Message"] for event in only} == {"DB instance created"}
    dates = [event["Date"] for event in every]
    assert dates == sorted(dates)
    early = rds.api.describe_events(StartTime=dates[0], EndTime=dates[0])["Events"]
    assert all(event["Date"] <= dates[0] for event in early)
    paged = told(rds, "db-instance", shop, PaginationConfig={"PageSize": 20})
    assert paged == [event["Message"] for event in every]


def test_an_hour_is_described_and_fourteen_days_are_kept(rds: Rds, lab: LiveRegion) -> None:
    rds.create(DBInstanceIdentifier="old", BackupRetentionPeriod=0)
    rds.settle()
    lab.region.clock.advance(minutes=61)
    assert told(rds, "db-instance", "old") == []
    assert told(rds, "db-instance", "old", Duration=120) == ["DB instance created"]
    lab.region.clock.advance(days=14)
    assert told(rds, "db-instance", "old", Duration=60 * 24 * 20) == []


def test_what_describe_events_refuses(rds: Rds) -> None:
    rds.refuses("describe_events", "InvalidParameterCombination", SourceIdentifier="shop")
    rds.refuses("describe_events", "InvalidParameterValue", SourceType="db-table")
    rds.refuses("describe_events", "InvalidParameterValue", MaxRecords=5)


# -- functions -------------------------------------------------------------------------------------


def event_of(line: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(line)
    return event


def lines_of(lab: LiveRegion, name: str) -> list[dict[str, Any]]:
    return [event_of(line) for line in lab.logs(name) if line.startswith("{")]


def test_a_rule_hands_an_event_to_a_function(rds: Rds, lab: LiveRegion, shop: str) -> None:
    name = lab.deploy(ECHO, name="by-rule")
    events = lab.client("events")
    pattern = {"source": ["aws.rds"], "detail": {"EventID": ["RDS-EVENT-0087"]}}
    rule = events.put_rule(Name="stops", EventPattern=json.dumps(pattern))["RuleArn"]
    arn = lab.lam.get_function(FunctionName=name)["Configuration"]["FunctionArn"]
    events.put_targets(Rule="stops", Targets=[{"Id": "1", "Arn": arn}])
    lab.lam.add_permission(
        FunctionName=name,
        StatementId="rule",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn=rule,
    )
    rds.api.stop_db_instance(DBInstanceIdentifier=shop)
    lab.region.clock.advance(5)
    rds.api.start_db_instance(DBInstanceIdentifier=shop)
    lab.region.clock.advance(5)
    (event,) = lines_of(lab, name)
    instance = f"arn:aws:rds:us-east-1:123456789012:db:{shop}"
    assert event["source"] == "aws.rds"
    assert event["detail-type"] == "RDS DB Instance Event"
    assert event["account"] == "123456789012"
    assert event["resources"] == [instance]
    detail = event["detail"]
    assert detail.pop("Date").startswith(event["time"][:-1])
    assert detail == {
        "EventCategories": ["notification"],
        "SourceType": "DB_INSTANCE",
        "SourceArn": instance,
        "Message": "DB instance stopped",
        "SourceIdentifier": shop,
        "EventID": "RDS-EVENT-0087",
        "Tags": {"team": "web"},
    }


@pytest.mark.fidelity("rds-events")
def test_a_subscription_hands_an_event_to_a_function(rds: Rds, lab: LiveRegion, shop: str) -> None:
    name = lab.deploy(ECHO, name="by-topic")
    sns = lab.client("sns")
    topic = sns.create_topic(Name="life")["TopicArn"]
    arn = lab.lam.get_function(FunctionName=name)["Configuration"]["FunctionArn"]
    lab.lam.add_permission(
        FunctionName=name,
        StatementId="topic",
        Action="lambda:InvokeFunction",
        Principal="sns.amazonaws.com",
        SourceArn=topic,
    )
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=arn)
    rds.api.create_event_subscription(
        SubscriptionName="restarts",
        SnsTopicArn=topic,
        SourceType="db-instance",
        SourceIds=[shop],
        EventCategories=["availability"],
    )
    rds.settle()
    rds.api.reboot_db_instance(DBInstanceIdentifier=shop)
    lab.region.clock.advance(30)
    assert lab.environments(name) == []  # on AWS it may take five minutes
    lab.region.clock.advance(minutes=5)
    first, second = (event["Records"][0]["Sns"] for event in lines_of(lab, name))
    assert first["Subject"] == "RDS Notification Message"
    message = json.loads(first["Message"])
    assert message["Event Source"] == "db-instance"
    assert message["Source ID"] == shop
    assert message["Event Message"] == "DB instance shutdown"
    assert message["Event ID"].rpartition("#")[2] == "RDS-EVENT-0004"
    assert message["Identifier Link"].endswith(f"#dbinstance:id={shop}")
    assert first["MessageAttributes"]["EventID"] == {"Type": "String", "Value": "RDS-EVENT-0004"}
    assert json.loads(second["Message"])["Event ID"].endswith("#RDS-EVENT-0006")


def test_nothing_is_sent_after_a_reset(lab: LiveRegion, rds: Rds) -> None:
    rds.create(DBInstanceIdentifier="gone")
    lab.region.reset()
    lab.region.clock.advance(minutes=5)
    assert rds.api.describe_events()["Events"] == []
