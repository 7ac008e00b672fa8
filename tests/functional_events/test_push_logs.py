"""CloudWatch Logs calling functions: subscription filters."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from event_tools import unused
from live_region import LiveRegion
from push_tools import ACCOUNT, arn_of, got, keeper, let_in, logs, sources

REFUSAL = (
    "Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to "
    "execute your function."
)


def group(lab: LiveRegion, *streams: str) -> str:
    name = unused("/group")
    lab.client("logs").create_log_group(logGroupName=name)
    for stream in streams or ("s",):
        lab.client("logs").create_log_stream(logGroupName=name, logStreamName=stream)
    return name


def follow(lab: LiveRegion, log_group: str, name: str, pattern: str = "", **more: Any) -> None:
    lab.client("logs").put_subscription_filter(
        **{
            "logGroupName": log_group,
            "filterName": unused("filter"),
            "filterPattern": pattern,
            "destinationArn": arn_of(name),
            **more,
        }
    )


def write(lab: LiveRegion, log_group: str, *lines: str, stream: str = "s") -> None:
    now_ms = lab.region.clock.now_ns() // 1_000_000
    lab.client("logs").put_log_events(
        logGroupName=log_group,
        logStreamName=stream,
        logEvents=[{"timestamp": now_ms + n, "message": line} for n, line in enumerate(lines)],
    )


def sent(lab: LiveRegion, name: str) -> list[dict[str, Any]]:
    """Return what a function was sent, unpacked."""
    packed = [event["awslogs"]["data"] for event in got(lab, name)]
    return [json.loads(gzip.decompress(base64.b64decode(one))) for one in packed]


def lines_of(lab: LiveRegion, name: str) -> list[str]:
    return sorted(event["message"] for data in sent(lab, name) for event in data["logEvents"])


@pytest.mark.fidelity("from-logs")
def test_the_event_is_aws_s(lab: LiveRegion) -> None:
    name, home = keeper(lab, "logs"), group(lab)
    follow(lab, home, name, filterName="all")
    write(lab, home, "one", "two")
    (event,) = got(lab, name)
    assert list(event) == ["awslogs"]
    (data,) = sent(lab, name)
    events = data.pop("logEvents")
    assert data == {
        "messageType": "DATA_MESSAGE",
        "owner": ACCOUNT,
        "logGroup": home,
        "logStream": "s",
        "subscriptionFilters": ["all"],
    }
    assert [each["message"] for each in events] == ["one", "two"]
    assert events[1]["timestamp"] == events[0]["timestamp"] + 1
    assert all(len(each["id"]) == 56 for each in events)
    assert events[0]["id"] < events[1]["id"]
    assert sources(lab, name) == [f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{home}:*"]


def test_one_call_for_each_write_and_stream(lab: LiveRegion) -> None:
    name, home = keeper(lab, "logs"), group(lab, "a", "b")
    follow(lab, home, name)
    write(lab, home, "1", "2", stream="a")
    write(lab, home, "3", stream="b")
    write(lab, home, "4", stream="a")
    told = sorted((data["logStream"], len(data["logEvents"])) for data in sent(lab, name))
    assert told == [("a", 1), ("a", 2), ("b", 1)]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("", ["ERROR a", "ERROR b", "INFO a"]),
        ("ERROR", ["ERROR a", "ERROR b"]),
        ("ERROR a", ["ERROR a"]),
        ('"INFO a"', ["INFO a"]),
        ("?INFO ?b", ["ERROR b", "INFO a"]),
        ("ERROR -b", ["ERROR a"]),
        ("nothing", []),
    ],
)
@pytest.mark.fidelity("from-logs")
def test_a_pattern(lab: LiveRegion, pattern: str, expected: list[str]) -> None:
    name, home = keeper(lab, "logs"), group(lab)
    follow(lab, home, name, pattern)
    write(lab, home, "ERROR a", "INFO a", "ERROR b")
    assert lines_of(lab, name) == expected


def test_what_a_pattern_leaves_out_calls_nobody(lab: LiveRegion) -> None:
    name, home = keeper(lab, "logs"), group(lab)
    follow(lab, home, name, "ERROR")
    write(lab, home, "fine")
    assert got(lab, name) == []


def test_two_filters_of_a_group(lab: LiveRegion) -> None:
    one, other, home = keeper(lab, "logs"), keeper(lab, "logs"), group(lab)
    follow(lab, home, one, "a")
    follow(lab, home, other, "b")
    write(lab, home, "a", "b", "ab")
    assert (lines_of(lab, one), lines_of(lab, other)) == (["a", "ab"], ["ab", "b"])


def test_the_log_of_a_function_reaches_its_filter_unasked(lab: LiveRegion) -> None:
    name = keeper(lab, "logs")
    talks = lab.deploy("def handler(event, context):\n    print('hear', event)\n")
    lab.call(talks, 0)
    home = f"/aws/lambda/{talks}"
    lab.logs(talks)
    follow(lab, home, name, "hear")
    lab.call(talks, 1)
    lab.region.clock.advance(1)
    # The timeline is asked first: it does not read logs, so nothing but the clock moved them.
    assert len(sources(lab, name)) == 1
    (data,) = sent(lab, name)
    assert data["logGroup"] == home
    assert [event["message"] for event in data["logEvents"]] == ["hear 1\n"]


def test_a_log_comes_as_one_batch_with_its_report(lab: LiveRegion) -> None:
    name = keeper(lab, "logs")
    talks = lab.deploy("def handler(event, context):\n    print('one')\n    print('two')\n")
    lab.call(talks)
    lab.logs(talks)
    follow(lab, f"/aws/lambda/{talks}", name)
    lab.call(talks)
    lab.region.clock.advance(1)
    (data,) = sent(lab, name)
    kinds = [event["message"].split()[0] for event in data["logEvents"]]
    assert kinds == ["START", "one", "two", "END", "REPORT"]


def test_a_function_that_follows_its_own_log_goes_on_as_time_goes_on(lab: LiveRegion) -> None:
    name = keeper(lab, "logs")
    lab.call(name)
    lab.logs(name)
    follow(lab, f"/aws/lambda/{name}", name)
    lab.call(name)
    lab.region.clock.advance(5)
    assert 4 <= len(sources(lab, name)) <= 6
    lab.lam.delete_function(FunctionName=name)
    lab.region.clock.advance(5)


@pytest.mark.parametrize(
    "permission",
    [
        None,
        {"service": "s3"},
        {"service": "logs", "SourceArn": f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:other:*"},
    ],
)
def test_a_filter_needs_a_permission(lab: LiveRegion, permission: Any) -> None:
    name, home = keeper(lab), group(lab)
    if permission:
        let_in(lab, name, **permission)
    with pytest.raises(ClientError) as refused:
        follow(lab, home, name)
    error = refused.value.response["Error"]
    assert (error["Code"], error["Message"]) == ("InvalidParameterException", REFUSAL)
    filters = lab.client("logs").describe_subscription_filters(logGroupName=home)
    assert filters["subscriptionFilters"] == []


@pytest.mark.parametrize(
    "permission",
    [
        {"service": "logs", "SourceAccount": ACCOUNT},
        {"service": "logs", "SourceArn": f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:*"},
        {"service": "logs.us-east-1"},
    ],
)
def test_permissions_that_are_enough(lab: LiveRegion, permission: Any) -> None:
    name, home = keeper(lab), group(lab)
    let_in(lab, name, **permission)
    follow(lab, home, name)
    write(lab, home, "x")
    assert lines_of(lab, name) == ["x"]


def test_a_function_that_does_not_exist(lab: LiveRegion) -> None:
    with pytest.raises(ClientError, match="Could not execute"):
        follow(lab, group(lab), "no-such")


def test_a_group_that_does_not_exist(lab: LiveRegion) -> None:
    with pytest.raises(ClientError) as refused:
        follow(lab, "/nowhere", keeper(lab, "logs"))
    assert refused.value.response["Error"]["Code"] == "ResourceNotFoundException"


@pytest.mark.parametrize("pattern", ["{ $.level = ", "{ level = 1 }", "{ $.a = 1 "])
def test_a_pattern_that_is_none(lab: LiveRegion, pattern: str) -> None:
    with pytest.raises(ClientError) as refused:
        follow(lab, group(lab), keeper(lab, "logs"), pattern)
    assert refused.value.response["Error"]["Code"] == "InvalidParameterException"


@pytest.mark.fidelity("log-filter-columns")
def test_a_pattern_that_is_not_modelled(lab: LiveRegion) -> None:
    with pytest.raises(ClientError) as refused:
        follow(lab, group(lab), keeper(lab, "logs"), "[ip, user, status=404]")
    assert refused.value.response["Error"]["Code"] == "NotModelledException"


def test_an_alias(lab: LiveRegion) -> None:
    name, home = keeper(lab), group(lab)
    version = lab.lam.publish_version(FunctionName=name)["Version"]
    lab.settle()
    lab.lam.create_alias(FunctionName=name, Name="live", FunctionVersion=version)
    let_in(lab, name, "logs", Qualifier="live")
    follow(lab, home, name, destinationArn=arn_of(name, "live"))
    write(lab, home, "x")
    assert lines_of(lab, name) == ["x"]
    assert f"AS {arn_of(name, 'live')}" in logs(lab, name)


def test_a_function_that_is_deleted_or_shut_stops_nothing(lab: LiveRegion) -> None:
    gone, stays, shut = keeper(lab, "logs"), keeper(lab, "logs"), keeper(lab, "logs")
    home, other = group(lab), group(lab)
    follow(lab, home, gone)
    follow(lab, home, stays)
    follow(lab, other, shut)
    lab.lam.delete_function(FunctionName=gone)
    lab.lam.remove_permission(FunctionName=shut, StatementId="s0")
    write(lab, home, "x")
    write(lab, other, "y")
    assert lines_of(lab, stays) == ["x"]
    assert sources(lab, shut) == []
    kept = lab.client("logs").get_log_events(logGroupName=home, logStreamName="s")["events"]
    assert [event["message"] for event in kept] == ["x"]


def test_a_stream_that_is_gone_stops_nothing(lab: LiveRegion) -> None:
    name, home, kinesis = keeper(lab, "logs"), group(lab), lab.client("kinesis")
    stream = unused("stream")
    kinesis.create_stream(StreamName=stream, ShardCount=1)
    arn = kinesis.describe_stream_summary(StreamName=stream)["StreamDescriptionSummary"]
    follow(lab, home, name, destinationArn=arn["StreamARN"], roleArn=lab.role)
    follow(lab, home, name)
    kinesis.delete_stream(StreamName=stream)
    write(lab, home, "x")
    assert lines_of(lab, name) == ["x"]


def test_much_at_once_is_sent_in_pieces(lab: LiveRegion) -> None:
    name, home = keeper(lab, "logs", MemorySize=512), group(lab)
    follow(lab, home, name, "big")
    write(lab, home, *("big" + "x" * 250_000 for _ in range(4)))
    counts = [len(data["logEvents"]) for data in sent(lab, name)]
    assert sum(counts) == 4
    assert len(counts) == 2


def test_a_filter_that_is_deleted_calls_nobody(lab: LiveRegion) -> None:
    name, home = keeper(lab, "logs"), group(lab)
    follow(lab, home, name, filterName="f")
    lab.client("logs").delete_subscription_filter(logGroupName=home, filterName="f")
    write(lab, home, "x")
    assert got(lab, name) == []
