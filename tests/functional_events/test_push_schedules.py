"""Rules with a schedule, on a clock that is moved."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from bus_tools import ACCOUNT, drop_rules, function_arn, got, keeper, permit, put, rule
from bus_tools import rule_arn as arn_of
from event_tools import bodies, queue, unused
from lambda_lab.clock import SECOND
from lambda_lab.timeline import Kind
from live_region import LiveRegion


@pytest.fixture(autouse=True)
def no_rule_is_left(lab: LiveRegion) -> Iterator[None]:
    yield
    drop_rules(lab)
    assert lab.region.schedules.planned == 0


def go_to(lab: LiveRegion, moment: datetime) -> None:
    """Move the clock to *moment*."""
    now_ns = lab.region.clock.now_ns()
    lab.region.clock.advance((int(moment.timestamp() * SECOND) - now_ns) / SECOND)


def next_midnight(lab: LiveRegion) -> datetime:
    day = lab.region.clock.now() + timedelta(days=1)
    return day.replace(hour=0, minute=0, second=0, microsecond=0)


def times(lab: LiveRegion, name: str) -> list[datetime]:
    return [datetime.fromisoformat(event["time"]) for event in got(lab, name)]


@pytest.mark.fidelity("rates-and-cron")
def test_a_rate_counts_from_when_the_rule_was_made(lab: LiveRegion) -> None:
    name, arn = keeper(lab)
    made = rule(lab, arn, ScheduleExpression="rate(5 minutes)")
    made_at = lab.region.clock.now()
    lab.region.clock.advance(minutes=4)
    assert got(lab, name) == []
    lab.region.clock.advance(minutes=12)
    events = got(lab, name)
    assert len(events) == 3
    first = datetime.fromisoformat(events[0]["time"])
    assert abs(first - made_at - timedelta(minutes=5)) < timedelta(seconds=2)
    identity = events[0].pop("id")
    assert events[0] == {
        "version": "0",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": ACCOUNT,
        "time": events[0]["time"],
        "region": "us-east-1",
        "resources": [arn_of(lab, made)],
        "detail": {},
    }
    assert identity != events[1]["id"]


def test_the_function_runs_at_the_time_of_its_event(lab: LiveRegion) -> None:
    name, arn = keeper(lab)
    go_to(lab, next_midnight(lab))
    rule(lab, arn, ScheduleExpression="cron(0/20 9-10 * * ? *)")
    lab.region.clock.advance(days=2)
    firings = [event.time_ns // SECOND for event in lab.region.timeline.of(name, [Kind.QUEUED])]
    runs = [event.time_ns // SECOND for event in lab.region.timeline.of(name, [Kind.INVOKE])]
    assert runs == firings == [int(moment.timestamp()) for moment in times(lab, name)]
    assert len(runs) == 12
    assert {event.detail["source"] for event in lab.region.timeline.of(name, [Kind.QUEUED])} == {
        "EventBridge"
    }


def test_two_schedules_keep_their_order_over_a_long_move(lab: LiveRegion) -> None:
    go_to(lab, next_midnight(lab))
    url, target = queue(lab, MessageRetentionPeriod=str(14 * 86_400))
    rule(lab, {"Arn": target, "InputPath": "$.time"}, ScheduleExpression="cron(0 8 ? * * *)")
    rule(lab, {"Arn": target, "InputPath": "$.time"}, ScheduleExpression="rate(7 hours)")
    lab.region.clock.advance(days=13)
    seen = [datetime.fromisoformat(text) for text in bodies(lab, url)]
    assert seen == sorted(seen)
    assert len(seen) == 13 + 13 * 24 // 7
    assert lab.region.schedules.planned == 2


def test_weekdays_last_days_and_nth_days(lab: LiveRegion) -> None:
    go_to(lab, datetime(lab.region.clock.now().year + 1, 1, 1, tzinfo=UTC))
    name, arn = keeper(lab)
    for text in ("cron(0 9 L * ? *)", "cron(0 10 ? * 6L *)", "cron(0 11 ? * 3#2 *)"):
        rule(lab, arn, ScheduleExpression=text)
    lab.region.clock.advance(days=365)
    queued = lab.region.timeline.of(name, [Kind.QUEUED])
    seen = [datetime.fromtimestamp(event.time_ns // SECOND, UTC) for event in queued]
    last = [moment for moment in seen if moment.hour == 9]
    fridays = [moment for moment in seen if moment.hour == 10]
    tuesdays = [moment for moment in seen if moment.hour == 11]
    assert len(last) == len(fridays) == len(tuesdays) == 12
    assert all((moment + timedelta(days=1)).day == 1 for moment in last)
    assert all(moment.weekday() == 4 and moment.day > 21 for moment in fridays)
    assert all(moment.weekday() == 1 and 8 <= moment.day <= 14 for moment in tuesdays)


def test_disabling_enabling_and_deleting(lab: LiveRegion) -> None:
    name, arn = keeper(lab)
    events = lab.client("events")
    made = rule(lab, arn, ScheduleExpression="rate(10 minutes)")
    lab.region.clock.advance(minutes=11)
    events.disable_rule(Name=made)
    assert lab.region.schedules.planned == 0
    lab.region.clock.advance(minutes=30)
    assert len(got(lab, name)) == 1
    events.enable_rule(Name=made)
    lab.region.clock.advance(minutes=10)  # the beat goes on: 50 minutes after the beginning
    assert [event["time"][15] for event in got(lab, name)] == [got(lab, name)[0]["time"][15]] * 2
    events.remove_targets(Rule=made, Ids=["t0"])
    lab.region.clock.advance(minutes=20)
    assert len(got(lab, name)) == 2
    events.delete_rule(Name=made)
    assert lab.region.schedules.planned == 0


def test_another_expression_begins_anew_and_the_same_does_not(lab: LiveRegion) -> None:
    name, arn = keeper(lab)
    events = lab.client("events")
    made = rule(lab, arn, ScheduleExpression="rate(10 minutes)")
    lab.region.clock.advance(minutes=9)
    events.put_rule(Name=made, ScheduleExpression="rate(10 minutes)", Description="the same")
    lab.region.clock.advance(minutes=2)
    assert len(got(lab, name)) == 1
    events.put_rule(Name=made, ScheduleExpression="rate(1 hour)")
    lab.region.clock.advance(minutes=59)
    assert len(got(lab, name)) == 1
    lab.region.clock.advance(minutes=2)
    assert len(got(lab, name)) == 2
    events.put_rule(Name=made, ScheduleExpression="rate(1 minute)", State="DISABLED")
    lab.region.clock.advance(hours=3)
    assert len(got(lab, name)) == 2
    events.put_rule(Name=made, EventPattern='{"source": ["x"]}')
    assert lab.region.schedules.planned == 0


def test_a_schedule_is_no_pattern_and_a_rule_may_have_both(lab: LiveRegion) -> None:
    name, arn = keeper(lab)
    source = unused("shop")
    rule(lab, arn, ScheduleExpression="rate(1 hour)")
    put(lab, {"n": 1}, Source=source)
    assert got(lab, name) == []
    rule(lab, arn, ScheduleExpression="rate(1 hour)", EventPattern={"source": [source]})
    put(lab, {"n": 2}, Source=source)
    assert [event["source"] for event in got(lab, name)] == [source]
    lab.region.clock.advance(minutes=61)
    assert [event["source"] for event in got(lab, name)] == [source, "aws.events", "aws.events"]


def test_a_constant_input_and_no_permission(lab: LiveRegion) -> None:
    name, arn = keeper(lab, principal=None)
    first = rule(lab, {"Arn": arn, "Input": '{"job": 1}'}, ScheduleExpression="rate(1 hour)")
    rule(lab, {"Arn": arn, "Input": '{"job": 2}'}, ScheduleExpression="rate(1 hour)")
    permit(lab, name, arn_of(lab, first))
    lab.region.clock.advance(minutes=61)
    assert got(lab, name) == [{"job": 1}]
    assert len(lab.region.timeline.of(name, [Kind.DROPPED])) == 1


def test_a_function_that_fails_is_tried_again_between_two_times(lab: LiveRegion) -> None:
    name = lab.deploy("def handler(event, context): raise ValueError('no')")
    permit(lab, name)
    rule(lab, function_arn(lab, name), ScheduleExpression="rate(1 hour)")
    lab.region.clock.advance(hours=2, minutes=10)
    assert len(lab.region.timeline.of(name, [Kind.QUEUED])) == 2
    assert len(lab.region.timeline.of(name, [Kind.INVOKE])) == 6


@pytest.mark.parametrize(
    "text",
    [
        "rate(1 minutes)",
        "rate(5 minute)",
        "rate(0 minutes)",
        "cron(0 12 * * * *)",
        "cron(0 12 * * ?)",
        "at(2030-01-01T00:00:00)",
        "tomorrow",
    ],
)
def test_what_is_refused(lab: LiveRegion, text: str) -> None:
    with pytest.raises(ClientError) as refused:
        rule(lab, ScheduleExpression=text)
    assert refused.value.response["Error"] == {
        "Code": "ValidationException",
        "Message": "Parameter ScheduleExpression is not valid.",
    }


@pytest.mark.parametrize("pattern", ['{"source": "x"}', "{", '{"source": [{"like": "x"}]}'])
def test_what_is_no_pattern(lab: LiveRegion, pattern: str) -> None:
    with pytest.raises(ClientError) as refused:
        rule(lab, EventPattern=pattern)
    error = refused.value.response["Error"]
    assert error["Code"] == "InvalidEventPatternException"
    assert error["Message"].startswith("Event pattern is not valid. Reason: ")


def test_only_the_default_bus_has_schedules(lab: LiveRegion) -> None:
    bus = unused("bus")
    lab.client("events").create_event_bus(Name=bus)
    with pytest.raises(ClientError, match="only on the default event bus"):
        rule(lab, bus=bus, ScheduleExpression="rate(1 hour)")


def test_a_rule_of_a_template(lab: LiveRegion) -> None:
    name, arn = keeper(lab)
    template = {
        "Resources": {
            "Nightly": {
                "Type": "AWS::Events::Rule",
                "Properties": {
                    "ScheduleExpression": "rate(1 day)",
                    "Targets": [{"Id": "1", "Arn": arn, "Input": '"night"'}],
                },
            }
        }
    }
    formation, stack = lab.client("cloudformation"), unused("stack")
    formation.create_stack(StackName=stack, TemplateBody=json.dumps(template))
    lab.region.clock.advance(days=2, minutes=1)
    assert got(lab, name) == ["night", "night"]


def test_a_reset_forgets_every_schedule(lab: LiveRegion) -> None:
    _, arn = keeper(lab)
    rule(lab, arn, ScheduleExpression="rate(1 minute)")
    lab.region.reset()
    assert lab.region.schedules.planned == 0
    lab.region.clock.advance(hours=1)
    assert lab.region.timeline.of() == []
    lab.role = LiveRegion(lab.region).role  # the reset took it
