"""EventBridge Scheduler on a clock that is moved: once, again and again, in zones and windows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from bus_tools import ACCOUNT, function_arn, got, keeper, rule, scheduler_role
from event_tools import allow, allowed, bodies, messages, queue, role, unused
from lambda_lab.clock import SECOND
from lambda_lab.timeline import Kind
from live_region import LiveRegion, until

OFF = {"Mode": "OFF"}


@pytest.fixture(autouse=True)
def no_schedule_is_left(lab: LiveRegion) -> Iterator[None]:
    yield
    scheduler = lab.client("scheduler")
    for found in scheduler.list_schedules()["Schedules"]:
        scheduler.delete_schedule(Name=found["Name"], GroupName=found["GroupName"])
    assert lab.region.schedules.planned == 0


def schedule(
    lab: LiveRegion, expression: str, arn: str, role_arn: str | None = None, **settings: Any
) -> str:
    """Create a schedule whose role may do everything; returns its name."""
    role_arn = role_arn or scheduler_role(lab, allowed("*"))
    more = settings.pop("Target", {})
    name = settings.pop("Name", None) or unused("schedule")
    lab.client("scheduler").create_schedule(
        **{
            "Name": name,
            "ScheduleExpression": expression,
            "FlexibleTimeWindow": OFF,
            "Target": {"Arn": arn, "RoleArn": role_arn, **more},
            **settings,
        }
    )
    return name


def at(lab: LiveRegion, **ahead: float) -> str:
    moment = lab.region.clock.now() + timedelta(**ahead)
    return f"at({moment:%Y-%m-%dT%H:%M:%S})"


def starts(lab: LiveRegion, name: str) -> list[datetime]:
    """Return when Scheduler handed its events over."""
    queued = lab.region.timeline.of(name, [Kind.QUEUED])
    assert {event.detail.get("source") for event in queued} <= {"Scheduler"}
    return [datetime.fromtimestamp(event.time_ns / SECOND, UTC) for event in queued]


def go_to(lab: LiveRegion, moment: datetime) -> None:
    now_ns = lab.region.clock.now_ns()
    lab.region.clock.advance((int(moment.timestamp() * SECOND) - now_ns) / SECOND)


def next_year(lab: LiveRegion, month: int, day: int) -> datetime:
    return datetime(lab.region.clock.now().year + 1, month, day, tzinfo=UTC)


def test_once_with_the_default_event(lab: LiveRegion) -> None:
    name, arn = keeper(lab, principal=None)  # no resource policy: the role is what counts
    made = schedule(lab, at(lab, hours=5), arn)
    lab.region.clock.advance(hours=4)
    assert got(lab, name) == []
    lab.region.clock.advance(hours=40)
    (event,) = got(lab, name)
    assert event.pop("id")
    when = event.pop("time")
    assert abs(datetime.fromisoformat(when) - starts(lab, name)[0]) < timedelta(seconds=1)
    assert event == {
        "version": "0",
        "detail-type": "Scheduled Event",
        "source": "aws.scheduler",
        "account": ACCOUNT,
        "region": "us-east-1",
        "resources": [f"arn:aws:scheduler:us-east-1:{ACCOUNT}:schedule/default/{made}"],
        "detail": "{}",
    }
    found = lab.client("scheduler").get_schedule(Name=made)
    assert (found["State"], found["ActionAfterCompletion"]) == ("ENABLED", "NONE")


@pytest.mark.fidelity("from-scheduler")
def test_what_a_function_is_sent(lab: LiveRegion) -> None:
    name, arn = keeper(lab, principal=None)
    text = json.dumps(
        {
            "who": "<aws.scheduler.schedule-arn>",
            "when": "<aws.scheduler.scheduled-time>",
            "try": "<aws.scheduler.attempt-number>",
            "id": "<aws.scheduler.execution-id>",
        }
    )
    made = schedule(lab, at(lab, minutes=5), arn, Target={"Input": text})
    lab.region.clock.advance(minutes=6)
    (event,) = got(lab, name)
    assert event["who"].endswith(f":schedule/default/{made}")
    assert event["try"] == "1"
    assert len(event["id"]) == 36
    assert datetime.fromisoformat(event["when"]).second == starts(lab, name)[0].second


def test_deleted_after_completion(lab: LiveRegion) -> None:
    name, arn = keeper(lab, principal=None)
    scheduler = lab.client("scheduler")
    once = schedule(lab, at(lab, minutes=5), arn, ActionAfterCompletion="DELETE")
    end = lab.region.clock.now() + timedelta(minutes=31)
    again = schedule(lab, "rate(10 minutes)", arn, ActionAfterCompletion="DELETE", EndDate=end)
    kept = schedule(lab, "rate(10 minutes)", arn, EndDate=end)
    lab.region.clock.advance(minutes=6)
    names = [found["Name"] for found in scheduler.list_schedules()["Schedules"]]
    assert once not in names
    assert again in names
    lab.region.clock.advance(hours=3)
    names = [found["Name"] for found in scheduler.list_schedules()["Schedules"]]
    assert again not in names
    assert kept in names
    assert len(got(lab, name)) == 1 + 4 + 4  # at once, and after 10, 20 and 30 minutes


def test_a_rate_begins_at_once_or_at_its_start(lab: LiveRegion) -> None:
    now, (now_name, now_arn) = lab.region.clock.now(), keeper(lab, principal=None)
    later_name, later_arn = keeper(lab, principal=None)
    begin, end = now + timedelta(hours=2), now + timedelta(hours=5)
    schedule(lab, "rate(1 hour)", now_arn)
    schedule(lab, "rate(1 hour)", later_arn, StartDate=begin, EndDate=end)
    lab.region.clock.advance(hours=10)
    assert len(starts(lab, now_name)) == 11
    assert [round((one - now).total_seconds() / 3600, 2) for one in starts(lab, later_name)] == [
        2,
        3,
        4,
        5,
    ]


@pytest.mark.fidelity("from-scheduler")
def test_a_wall_clock_time_stays_when_clocks_change(lab: LiveRegion) -> None:
    name, arn = keeper(lab, principal=None)
    go_to(lab, next_year(lab, 3, 1))
    schedule(lab, "cron(0 9 * * ? *)", arn, ScheduleExpressionTimezone="Europe/London")
    lab.region.clock.advance(days=60)
    found = starts(lab, name)
    assert len(found) == 60
    assert {one.hour for one in found if one.month == 3 and one.day < 25} == {9}
    assert {one.hour for one in found if one.month == 4} == {8}


def test_a_flexible_window(lab: LiveRegion) -> None:
    name, arn = keeper(lab, principal=None)
    go_to(lab, next_year(lab, 1, 1))
    window = {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15}
    schedule(lab, "cron(0 * * * ? *)", arn, FlexibleTimeWindow=window)
    lab.region.clock.advance(days=3)
    found = starts(lab, name)
    assert len(found) >= 71
    assert all(one.minute < 15 for one in found)
    assert len({one.minute for one in found}) > 5
    assert len({(one.day, one.hour) for one in found}) == len(found)


def test_a_window_longer_than_the_rate_piles_nothing_up(lab: LiveRegion) -> None:
    name, arn = keeper(lab, principal=None)
    window = {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 60}
    schedule(lab, "rate(1 minute)", arn, FlexibleTimeWindow=window)
    lab.region.clock.advance(hours=5)
    assert lab.region.schedules.planned == 1
    assert 4 * 60 <= len(starts(lab, name)) <= 5 * 60 + 1


def test_updating_disabling_and_deleting(lab: LiveRegion) -> None:
    name, arn = keeper(lab, principal=None)
    scheduler, role_arn = lab.client("scheduler"), scheduler_role(lab, allowed("*"))
    made = schedule(lab, at(lab, hours=1), arn, role_arn, ActionAfterCompletion="DELETE")
    again: dict[str, Any] = {
        "Name": made,
        "FlexibleTimeWindow": OFF,
        "Target": {"Arn": arn, "RoleArn": role_arn, "Input": '"late"'},
    }
    scheduler.update_schedule(**again, ScheduleExpression=at(lab, hours=3))
    assert scheduler.get_schedule(Name=made)["ActionAfterCompletion"] == "NONE"
    lab.region.clock.advance(hours=2)
    assert got(lab, name) == []
    scheduler.update_schedule(**again, ScheduleExpression=at(lab, hours=3), State="DISABLED")
    lab.region.clock.advance(hours=4)
    assert got(lab, name) == []
    scheduler.update_schedule(**again, ScheduleExpression=at(lab, hours=1))
    assert scheduler.get_schedule(Name=made)["State"] == "ENABLED"
    lab.region.clock.advance(hours=2)
    assert got(lab, name) == ["late"]
    scheduler.update_schedule(**again, ScheduleExpression="rate(1 hour)")
    scheduler.delete_schedule(Name=made)
    assert lab.region.schedules.planned == 0
    lab.region.clock.advance(hours=4)
    assert got(lab, name) == ["late"]


def test_a_group_takes_its_schedules_with_it(lab: LiveRegion) -> None:
    name, arn = keeper(lab, principal=None)
    scheduler, group = lab.client("scheduler"), unused("group")
    with pytest.raises(ClientError, match=f"Schedule group {group} does not exist"):
        schedule(lab, at(lab, hours=1), arn, GroupName=group)
    scheduler.create_schedule_group(Name=group)
    schedule(lab, at(lab, hours=1), arn, GroupName=group)
    assert lab.region.schedules.planned == 1
    scheduler.delete_schedule_group(Name=group)
    assert lab.region.schedules.planned == 0
    lab.region.clock.advance(hours=2)
    assert got(lab, name) == []


def test_a_time_that_is_over_never_comes(lab: LiveRegion) -> None:
    name, arn = keeper(lab, principal=None)
    schedule(lab, at(lab, hours=-1), arn)
    lab.region.clock.advance(days=1)
    assert got(lab, name) == []


# -- permissions and failures ----------------------------------------------------------------------


def test_the_role_must_allow_the_call(lab: LiveRegion) -> None:
    name, arn = keeper(lab)
    url, queue_arn = queue(lab)
    role_arn = scheduler_role(lab, allowed("sqs:SendMessage", queue_arn))
    dead = {"Input": '{"n": 1}', "DeadLetterConfig": {"Arn": queue_arn}}
    made = schedule(lab, "rate(1 hour)", arn, role_arn, Target=dead)
    lab.region.clock.advance(minutes=1)
    assert got(lab, name) == []
    (letter,) = messages(lab, url)
    attributes = {k: v["StringValue"] for k, v in letter["MessageAttributes"].items()}
    assert json.loads(letter["Body"]) == {"n": 1}
    assert attributes["ERROR_CODE"] == "NO_PERMISSIONS"
    assert attributes["TARGET_ARN"] == arn
    assert attributes["SCHEDULE_ARN"].endswith(f"/{made}")
    allow(lab, role_arn, allowed("lambda:InvokeFunction", arn))
    lab.region.clock.advance(hours=1)
    assert got(lab, name) == [{"n": 1}]


def test_without_a_queue_the_event_is_dropped(lab: LiveRegion) -> None:
    name, arn = keeper(lab)
    schedule(lab, at(lab, minutes=1), arn, scheduler_role(lab))
    schedule(lab, at(lab, minutes=1), function_arn(lab, "missing"))
    no_queue = {"DeadLetterConfig": {"Arn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:nowhere"}}
    schedule(lab, at(lab, minutes=1), arn, scheduler_role(lab), Target=no_queue)
    lab.region.clock.advance(minutes=2)
    assert got(lab, name) == []
    dropped = lab.region.timeline.of(name, [Kind.DROPPED])
    assert [event.detail["reason"] for event in dropped] == ["NO_PERMISSIONS"] * 2
    (missing,) = lab.region.timeline.of("missing", [Kind.DROPPED])
    assert missing.detail == {"reason": "NO_RESOURCE", "source": "Scheduler"}


def test_queues_topics_and_buses(lab: LiveRegion) -> None:
    url, arn = queue(lab)
    fifo_url, fifo = queue(lab, FifoQueue="true", ContentBasedDeduplication="true")
    heard_url, heard = queue(lab)
    sns, events = lab.client("sns"), lab.client("events")
    topic = sns.create_topic(Name=unused("topic"))["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=heard)
    bus = unused("bus")
    bus_arn = events.create_event_bus(Name=bus)["EventBusArn"]
    bus_url, listener = queue(lab)
    rule(lab, listener, bus=bus, EventPattern={"source": ["nightly"]})
    soon = at(lab, minutes=1)
    schedule(lab, soon, arn, Target={"Input": "plain text"})
    ordered = {"Input": "one", "SqsParameters": {"MessageGroupId": "g"}}
    schedule(lab, soon, fifo, Target=ordered)
    schedule(lab, soon, topic, Target={"Input": "said"})
    put = {"Input": '{"n": 1}', "EventBridgeParameters": {"DetailType": "d", "Source": "nightly"}}
    schedule(lab, soon, bus_arn, Target=put)
    schedule(lab, soon, f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/none", Target=put)
    lab.region.clock.advance(minutes=2)
    assert [message["Body"] for message in messages(lab, url)] == ["plain text"]
    (one,) = messages(lab, fifo_url)
    assert one["Attributes"]["MessageGroupId"] == "g"
    assert [body["Message"] for body in bodies(lab, heard_url)] == ["said"]
    (event,) = bodies(lab, bus_url)
    assert (event["source"], event["detail-type"], event["detail"]) == ("nightly", "d", {"n": 1})


def refused(lab: LiveRegion, expression: str = "rate(1 hour)", **settings: Any) -> str:
    with pytest.raises(ClientError) as caught:
        schedule(lab, expression, function_arn(lab, "any"), **settings)
    error = caught.value.response["Error"]
    assert error["Code"] == "ValidationException"
    return str(error["Message"])


@pytest.mark.parametrize(
    "expression", ["rate(1 hours)", "cron(0 12 * * * *)", "at(2030-01-01)", "at(tomorrow)", "daily"]
)
def test_what_is_no_expression(lab: LiveRegion, expression: str) -> None:
    assert refused(lab, expression) == f"Invalid Schedule Expression {expression}."


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd", "America", "/UTC", "UTC+1"])
def test_what_is_no_zone(lab: LiveRegion, zone: str) -> None:
    assert zone in refused(lab, ScheduleExpressionTimezone=zone)


def test_what_else_is_refused(lab: LiveRegion) -> None:
    assume = (
        "The execution role you provide must allow AWS EventBridge Scheduler to assume the role."
    )
    assert refused(lab, role_arn=role(lab, allowed("*"))) == assume  # Lambda may assume this one
    assert refused(lab, role_arn=f"arn:aws:iam::{ACCOUNT}:role/nobody") == assume
    assert "JSON" in refused(lab, Target={"Input": "{"})
    assert "is required" in refused(lab, FlexibleTimeWindow={"Mode": "FLEXIBLE"})
    both = {"Mode": "OFF", "MaximumWindowInMinutes": 5}
    assert "is not allowed" in refused(lab, FlexibleTimeWindow=both)
    now = lab.region.clock.now()
    assert "StartDate" in refused(lab, StartDate=now + timedelta(hours=2), EndDate=now)
    assert lab.region.schedules.planned == 0


def test_it_ticks_with_real_time_too(lab: LiveRegion) -> None:
    name, arn = keeper(lab, principal=None)
    schedule(lab, "rate(1 hour)", arn)  # begins at once; nobody moves the clock
    until(lambda: lab.region.timeline.of(name, [Kind.INVOKE_DONE]))
    assert len(got(lab, name)) == 1
