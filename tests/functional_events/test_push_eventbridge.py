"""Events on a bus reach functions through rules: patterns, inputs, permissions, dead letters."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from bus_tools import ACCOUNT, function_arn, got, keeper, permit, put, rule, rule_arn
from event_tools import bodies, messages, queue, unused
from lambda_lab.timeline import Kind
from live_region import LiveRegion


@pytest.mark.fidelity("from-eventbridge")
def test_a_custom_event_reaches_the_function(lab: LiveRegion) -> None:
    name, arn = keeper(lab)
    source = unused("shop")
    rule(lab, arn, EventPattern={"source": [source]})
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    event_id = put(lab, {"n": 1}, Source=source, Time=moment, Resources=["arn:a", "arn:b"])
    put(lab, {"n": 2}, Source="somebody-else")
    assert got(lab, name) == [
        {
            "version": "0",
            "id": event_id,
            "detail-type": "Order",
            "source": source,
            "account": ACCOUNT,
            "time": "2026-01-02T03:04:05Z",
            "region": "us-east-1",
            "resources": ["arn:a", "arn:b"],
            "detail": {"n": 1},
        }
    ]


def test_the_time_of_an_event_is_the_region_s(lab: LiveRegion) -> None:
    name, arn = keeper(lab)
    source = unused("shop")
    rule(lab, arn, EventPattern={"source": [source]})
    lab.region.clock.advance(days=3)
    before = lab.region.clock.now().replace(microsecond=0)
    put(lab, {}, Source=source)
    (event,) = got(lab, name)
    assert before <= datetime.fromisoformat(event["time"]) <= lab.region.clock.now()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", event["time"])


@pytest.mark.parametrize("custom", [False, True], ids=["default", "custom"])
def test_a_pipeline_s_failure_calls_a_function(lab: LiveRegion, custom: bool) -> None:
    name, arn = keeper(lab)
    bus = unused("pipelines") if custom else None
    if bus:
        lab.client("events").create_event_bus(Name=bus)
    pattern = {
        "source": ["lab.codepipeline"],
        "detail-type": ["CodePipeline Pipeline Execution State Change"],
        "detail": {"state": ["FAILED"], "pipeline": ["shop"]},
    }
    rule(lab, arn, bus=bus, EventPattern=pattern)
    for state in ("STARTED", "FAILED", "SUCCEEDED"):
        put(
            lab,
            {"pipeline": "shop", "execution-id": "01234567", "state": state, "version": 1},
            Source="lab.codepipeline",
            DetailType="CodePipeline Pipeline Execution State Change",
            **({"EventBusName": bus} if bus else {}),
        )
    (event,) = got(lab, name)
    assert event["detail"]["state"] == "FAILED"
    assert event["source"] == "lab.codepipeline"


def test_sources_of_aws_s_own_are_refused(lab: LiveRegion) -> None:
    entries = [
        {"Source": source, "DetailType": "t", "Detail": "{}"}
        for source in ("aws.codepipeline", "aws.", "my.aws.shop")
    ]
    said = lab.client("events").put_events(Entries=entries)
    assert said["FailedEntryCount"] == 2
    codes = [entry.get("ErrorCode") for entry in said["Entries"]]
    assert codes == ["NotAuthorizedForSourceException"] * 2 + [None]


def test_only_the_bus_that_was_named_gets_the_event(lab: LiveRegion) -> None:
    name, arn = keeper(lab)
    bus, source = unused("bus"), unused("shop")
    bus_arn = lab.client("events").create_event_bus(Name=bus)["EventBusArn"]
    rule(lab, arn, bus=bus, EventPattern={"source": [source]})
    put(lab, {"bus": "default"}, Source=source)
    put(lab, {"bus": "by name"}, Source=source, EventBusName=bus)
    put(lab, {"bus": "by ARN"}, Source=source, EventBusName=bus_arn)
    put(lab, {"bus": "nowhere"}, Source=source, EventBusName="nowhere")
    assert [event["detail"]["bus"] for event in got(lab, name)] == ["by name", "by ARN"]


def test_a_rule_that_is_disabled_or_has_no_target_any_more_sends_nothing(lab: LiveRegion) -> None:
    name, arn = keeper(lab)
    events, source = lab.client("events"), unused("shop")
    made = rule(lab, arn, EventPattern={"source": [source]})
    events.disable_rule(Name=made)
    put(lab, {"n": 1}, Source=source)
    events.enable_rule(Name=made)
    put(lab, {"n": 2}, Source=source)
    events.put_rule(Name=made, EventPattern=json.dumps({"source": ["other"]}))
    put(lab, {"n": 3}, Source=source)
    events.put_rule(Name=made, EventPattern=json.dumps({"source": [source]}))
    put(lab, {"n": 4}, Source=source)
    events.remove_targets(Rule=made, Ids=["t0"])
    put(lab, {"n": 5}, Source=source)
    events.delete_rule(Name=made)
    put(lab, {"n": 6}, Source=source)
    assert [event["detail"]["n"] for event in got(lab, name)] == [2, 4]


def test_put_events_says_what_is_wrong_with_which_entry(lab: LiveRegion) -> None:
    good: dict[str, Any] = {"Source": "s", "DetailType": "d", "Detail": "{}"}
    entries = [good] + [
        {**good, **bad}
        for bad in ({"Source": ""}, {"Detail": "{"}, {"Detail": "[1]"}, {"Detail": '"text"'})
    ]
    answer = lab.client("events").put_events(Entries=entries)
    codes = [entry.get("ErrorCode") for entry in answer["Entries"]]
    assert codes == [None, "InvalidArgument", *["MalformedDetail"] * 3]
    assert answer["FailedEntryCount"] == 4
    assert answer["Entries"][0]["EventId"]
    with pytest.raises(ClientError, match="less than or equal to 10"):
        lab.client("events").put_events(Entries=[good] * 11)


def test_a_request_that_is_too_large(lab: LiveRegion) -> None:
    half = {"Source": "s", "DetailType": "d", "Detail": json.dumps({"x": "x" * 600_000})}
    assert lab.client("events").put_events(Entries=[half])["FailedEntryCount"] == 0
    with pytest.raises(ClientError, match="Total size of the entries") as refused:
        lab.client("events").put_events(Entries=[half, half])
    assert refused.value.response["Error"]["Code"] == "ValidationException"


def test_a_pattern_can_be_tried(lab: LiveRegion) -> None:
    events = lab.client("events")
    event = {
        "id": "1",
        "account": ACCOUNT,
        "source": "shop",
        "time": "2026-11-21T10:00:00Z",
        "region": "us-east-1",
        "resources": [],
        "detail-type": "Order",
        "detail": {"city": "Rome"},
    }

    def tried(pattern: str, text: str) -> bool:
        return bool(events.test_event_pattern(EventPattern=pattern, Event=text)["Result"])

    assert tried('{"detail": {"city": [{"wildcard": "R*"}]}}', json.dumps(event)) is True
    assert tried('{"detail": {"city": ["Oslo"]}}', json.dumps(event)) is False
    with pytest.raises(ClientError, match="InvalidEventPatternException"):
        tried('{"detail": 1}', json.dumps(event))
    for wrong in ("{", "[]", '{"source": "shop"}'):
        with pytest.raises(ClientError, match="Parameter Event is not valid"):
            tried('{"source": ["shop"]}', wrong)


# -- inputs ----------------------------------------------------------------------------------------


TEMPLATE = '{"town": <town>, "note": "in <town>: <n>", "n": <n>, "all": <d>, "no": <none>}'
PATHS = {"town": "$.detail.town", "n": "$.detail.n", "d": "$.detail", "none": "$.detail.none"}


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"Input": '{"constant": [1, 2]}'}, {"constant": [1, 2]}),
        ({"InputPath": "$.detail"}, {"town": 'The "Hague"', "n": 3}),
        ({"InputPath": "$.detail.n"}, 3),
        (
            {"InputTransformer": {"InputPathsMap": PATHS, "InputTemplate": TEMPLATE}},
            {
                "town": 'The "Hague"',
                "note": 'in The "Hague": 3',
                "n": 3,
                "all": {"town": 'The "Hague"', "n": 3},
                "no": "",
            },
        ),
        (
            {"InputTransformer": {"InputPathsMap": PATHS, "InputTemplate": '"<n> in <town>"'}},
            '3 in The "Hague"',
        ),
        (
            {"InputTransformer": {"InputTemplate": '{"by": "<aws.events.rule-name>"}'}},
            {"by": "the-rule"},
        ),
    ],
    ids=["constant", "path", "number", "template", "text", "reserved"],
)
@pytest.mark.fidelity("from-eventbridge")
def test_what_a_target_is_sent(lab: LiveRegion, settings: dict[str, Any], expected: Any) -> None:
    name, arn = keeper(lab)
    source = unused("shop")
    rule(lab, {"Arn": arn, **settings}, name="the-rule", EventPattern={"source": [source]})
    put(lab, {"town": 'The "Hague"', "n": 3}, Source=source)
    assert got(lab, name) == [expected]


def test_an_input_that_is_no_json_goes_to_the_dead_letters(lab: LiveRegion) -> None:
    name, arn = keeper(lab)
    url, queue_arn = queue(lab)
    source = unused("shop")
    broken = {
        "Arn": arn,
        "InputTransformer": {"InputTemplate": '{"x": broken}'},
        "DeadLetterConfig": {"Arn": queue_arn},
    }
    rule(lab, broken, EventPattern={"source": [source]})
    put(lab, {"n": 1}, Source=source)
    (message,) = messages(lab, url)
    assert message["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "INVALID_JSON"
    assert got(lab, name) == []


# -- permissions -----------------------------------------------------------------------------------


@pytest.mark.fidelity("push-permissions")
def test_without_a_permission_the_event_is_dropped(lab: LiveRegion) -> None:
    name, arn = keeper(lab, principal=None)
    source = unused("shop")
    made = rule(lab, arn, EventPattern={"source": [source]})
    event_id = put(lab, {"n": 1}, Source=source)
    assert got(lab, name) == []
    (dropped,) = lab.region.timeline.of(name, [Kind.DROPPED])
    assert dropped.request == event_id
    assert dropped.detail == {"reason": "NO_PERMISSIONS", "source": "EventBridge"}
    assert counted(lab, "FailedInvocations", made) == 1
    assert counted(lab, "Invocations", made) == 0


def counted(lab: LiveRegion, metric: str, made: str) -> float:
    found = lab.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Events",
        MetricName=metric,
        Dimensions=[{"Name": "RuleName", "Value": made}],
        StartTime=datetime(2020, 1, 1, tzinfo=UTC),
        EndTime=datetime(2036, 1, 1, tzinfo=UTC),
        Period=86_400 * 365 * 20,
        Statistics=["Sum"],
    )
    return float(sum(point["Sum"] for point in found["Datapoints"]))


def test_a_permission_is_for_the_rule_it_names(lab: LiveRegion) -> None:
    name, arn = keeper(lab, principal=None)
    source = unused("shop")
    pattern = {"source": [source]}
    first, second = (
        rule(lab, {"Arn": arn, "Input": f'"{which}"'}, EventPattern=pattern)
        for which in ("first", "second")
    )
    permit(lab, name, rule_arn(lab, first))
    put(lab, {}, Source=source)
    assert got(lab, name) == ["first"]
    permit(lab, name, rule_arn(lab, second))
    put(lab, {}, Source=source)
    assert sorted(got(lab, name)) == ["first", "first", "second"]
    assert counted(lab, "Invocations", first) == 2


def test_a_permission_of_the_function_is_none_for_its_alias(lab: LiveRegion) -> None:
    name, arn = keeper(lab)
    source = unused("shop")
    lab.lam.publish_version(FunctionName=name)
    lab.lam.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    rule(lab, f"{arn}:live", EventPattern={"source": [source]})
    put(lab, {"n": 1}, Source=source)
    assert got(lab, name) == []
    lab.lam.add_permission(
        FunctionName=name,
        Qualifier="live",
        StatementId="s",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
    )
    put(lab, {"n": 2}, Source=source)
    (event,) = got(lab, name)
    assert event["detail"] == {"n": 2}


def test_what_cannot_be_delivered_goes_to_the_target_s_queue(lab: LiveRegion) -> None:
    name, arn = keeper(lab, principal=None)
    url, queue_arn = queue(lab)
    source = unused("shop")
    missing = function_arn(lab, "missing")
    made = rule(
        lab,
        *({"Arn": one, "DeadLetterConfig": {"Arn": queue_arn}} for one in (arn, missing)),
        EventPattern={"source": [source]},
    )
    event_id = put(lab, {"n": 1}, Source=source)
    letters = messages(lab, url)
    codes = []
    for letter in letters:
        attributes = {k: v["StringValue"] for k, v in letter["MessageAttributes"].items()}
        codes.append((attributes["TARGET_ARN"], attributes["ERROR_CODE"]))
        assert attributes["RULE_ARN"] == rule_arn(lab, made)
        assert json.loads(letter["Body"])["id"] == event_id
    assert codes == [(arn, "NO_PERMISSIONS"), (missing, "NO_RESOURCE")]
    (told,) = lab.region.timeline.of(name, [Kind.DELIVERED])
    assert told.detail == {"target": queue_arn, "condition": "NO_PERMISSIONS", "as": "dead-letter"}
    assert counted(lab, "InvocationsSentToDlq", made) == 2


@pytest.mark.fidelity("other-targets")
def test_a_target_that_is_none_here(lab: LiveRegion, caplog: pytest.LogCaptureFixture) -> None:
    """AWS starts a state machine; here nothing is sent, and the log says so."""
    name, arn = keeper(lab)
    machine = f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:orders"
    source = unused("shop")
    rule(lab, {"Arn": machine}, {"Arn": arn}, EventPattern={"source": [source]})
    put(lab, {"n": 1}, Source=source)
    assert [event["detail"] for event in got(lab, name)] == [{"n": 1}]
    said = [line for line in caplog.messages if machine in line]
    assert any("Nothing was sent." in line for line in said), caplog.messages


def test_a_function_that_is_gone_stops_nobody_else(lab: LiveRegion) -> None:
    name, arn = keeper(lab)
    source = unused("shop")
    dead_queue = f"arn:aws:sqs:us-east-1:{ACCOUNT}:nowhere"
    broken = {"Arn": function_arn(lab, "missing"), "DeadLetterConfig": {"Arn": dead_queue}}
    others = (
        f"arn:aws:sns:us-east-1:{ACCOUNT}:nowhere",
        f"arn:aws:sqs:mars-1:{ACCOUNT}:nowhere",
        f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:nowhere",
        f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/nowhere",
    )
    rule(lab, broken, *others, EventPattern={"source": [source]})
    rule(lab, arn, EventPattern={"source": [source]})
    put(lab, {"n": 1}, Source=source)
    put(lab, {"n": 2}, Source=source)
    assert [event["detail"]["n"] for event in got(lab, name)] == [1, 2]


def test_a_function_s_own_retries_begin_when_it_has_the_event(lab: LiveRegion) -> None:
    name = lab.deploy("def handler(event, context): raise ValueError(event['detail']['n'])")
    permit(lab, name)
    source = unused("shop")
    rule(lab, function_arn(lab, name), EventPattern={"source": [source]})
    put(lab, {"n": 1}, Source=source)
    lab.region.clock.advance(minutes=3)
    (queued,) = lab.region.timeline.of(name, [Kind.QUEUED])
    assert queued.detail == {"source": "EventBridge"}
    assert len(lab.region.timeline.of(name, [Kind.INVOKE])) == 3


# -- other targets ---------------------------------------------------------------------------------


def test_queues_topics_and_logs_get_the_whole_event(lab: LiveRegion) -> None:
    url, arn = queue(lab)
    fifo_url, fifo = queue(lab, FifoQueue="true", ContentBasedDeduplication="true")
    heard_url, heard = queue(lab)
    sns, logs = lab.client("sns"), lab.client("logs")
    topic = sns.create_topic(Name=unused("topic"))["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=heard)
    group = unused("/aws/events/group")
    logs.create_log_group(logGroupName=group)
    source = unused("shop")
    rule(
        lab,
        arn,
        {"Arn": fifo, "SqsParameters": {"MessageGroupId": "g"}},
        topic,
        f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{group}",
        EventPattern={"source": [source]},
    )
    event_id = put(lab, {"n": 1}, Source=source)
    (event,) = bodies(lab, url)
    assert event["id"] == event_id
    assert event["account"] == ACCOUNT
    (ordered,) = messages(lab, fifo_url)
    assert ordered["Attributes"]["MessageGroupId"] == "g"
    (notification,) = bodies(lab, heard_url)
    assert json.loads(notification["Message"]) == event
    assert [json.loads(line) for line in lab.logs("", group)] == [event]


def test_an_event_hops_to_one_further_bus_and_no_more(lab: LiveRegion) -> None:
    events, source = lab.client("events"), unused("shop")
    first, second, third = unused("bus"), unused("bus"), unused("bus")
    arns = [events.create_event_bus(Name=bus)["EventBusArn"] for bus in (first, second, third)]
    urls = [queue(lab) for _ in range(3)]
    pattern = {"source": [source]}
    rule(lab, arns[1], urls[0][1], bus=first, EventPattern=pattern)
    rule(lab, arns[2], arns[0], urls[1][1], bus=second, EventPattern=pattern)
    rule(lab, urls[2][1], bus=third, EventPattern=pattern)
    event_id = put(lab, {"n": 1}, Source=source, EventBusName=first)
    assert [event["id"] for event in bodies(lab, urls[0][0])] == [event_id]
    assert [event["id"] for event in bodies(lab, urls[1][0])] == [event_id]
    assert bodies(lab, urls[2][0]) == []


def test_an_archive_still_keeps_events_and_replays_them(lab: LiveRegion) -> None:
    name, arn = keeper(lab)
    events, source = lab.client("events"), unused("shop")
    bus = events.create_event_bus(Name=unused("bus"))["EventBusArn"]
    archive = unused("archive")
    archive_arn = events.create_archive(
        ArchiveName=archive, EventSourceArn=bus, EventPattern=json.dumps({"source": [source]})
    )["ArchiveArn"]
    put(lab, {"n": 1}, Source=source, EventBusName=bus)
    assert events.describe_archive(ArchiveName=archive)["EventCount"] == 1
    rule(lab, arn, bus=bus, EventPattern={"source": [source]})
    now = lab.region.clock.now()
    events.start_replay(
        ReplayName=unused("replay"),
        EventSourceArn=archive_arn,
        EventStartTime=now.replace(year=now.year - 1),
        EventEndTime=now.replace(year=now.year + 1),
        Destination={"Arn": bus},
    )
    (event,) = got(lab, name)
    assert event["detail"] == {"n": 1}
    assert event["replay-name"]


def test_an_upload_is_an_event_of_the_default_bus(lab: LiveRegion) -> None:
    name, arn = keeper(lab)
    s3, events, bucket = lab.client("s3"), lab.client("events"), unused("bucket")
    bus = unused("bus")
    events.create_event_bus(Name=bus)
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    pattern = {"source": ["aws.s3"], "detail": {"bucket": {"name": [bucket]}}}
    rule(lab, arn, EventPattern=pattern)
    rule(lab, arn, bus=bus, EventPattern=pattern)
    s3.put_object(Bucket=bucket, Key="a b.txt", Body=b"hello")
    (event,) = got(lab, name)
    assert event["detail-type"] == "Object Created"
    assert event["detail"]["object"]["key"] == "a b.txt"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", event["time"])
