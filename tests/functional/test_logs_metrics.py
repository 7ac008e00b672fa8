"""What a function and the platform write to CloudWatch Logs, and what CloudWatch counts."""

from __future__ import annotations

import base64
import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lambda_lab import facts
from live_region import LiveRegion, private_root

TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
FIGURES = (
    r"\tDuration: \d+\.\d\d ms\tBilled Duration: \d+ ms\tMemory Size: 128 MB"
    r"\tMax Memory Used: \d+ MB\tInit Duration: \d+\.\d\d ms\t"
)
TALKS = """
import logging, sys
log = logging.getLogger("mine")
def handler(event, context):
    print("one")
    print("two\\nthree")
    print("to stderr", file=sys.stderr)
    log.warning("a record\\nof two lines")
    log.info("hidden: the default level is WARNING")
    sys.stdout.write("no line end")
    if event == "fail":
        raise KeyError("action")
    return 1
"""


@pytest.mark.fidelity("log-lines")
def test_text_lines(lab: LiveRegion) -> None:
    name = lab.deploy(TALKS)
    answer = lab.call(name)
    messages = lab.logs(name)
    patterns = [
        r"INIT_START Runtime Version: python:3\.14\.v\d+\tRuntime Version ARN: \S{30,}[0-9a-f]{64}",
        rf"START RequestId: {answer.request_id} Version: \$LATEST",
        "one",
        "two",
        "three",
        "to stderr",
        rf"\[WARNING\]\t{TIME}\t{answer.request_id}\ta record\nof two lines",
        "no line end",
        rf"END RequestId: {answer.request_id}",
        rf"REPORT RequestId: {answer.request_id}{FIGURES}",
    ]
    assert len(messages) == len(patterns), messages
    for message, pattern in zip(messages, patterns, strict=True):
        assert re.fullmatch(pattern, message), (message, pattern)
    figures = answer.figures
    duration, init = (float(figures[key].split()[0]) for key in ("Duration", "Init Duration"))
    billed = int(figures["Billed Duration"].split()[0])
    assert duration + init <= billed < duration + init + 1.02, "rounded up, with the init"


def test_an_error_is_one_message(lab: LiveRegion) -> None:
    name = lab.deploy(TALKS)
    lab.call(name, "fail").fails("KeyError")
    (message,) = [one for one in lab.logs(name) if one.startswith("[ERROR]")]
    lines = message.split("\n")
    assert lines[:2] == ["[ERROR] KeyError: 'action'", "Traceback (most recent call last):"]
    assert "in handler" in message


@pytest.mark.fidelity("log-streams")
def test_a_stream_for_each_environment(lab: LiveRegion) -> None:
    name = lab.deploy("import time\ndef handler(event, context):\n    time.sleep(event)\n")
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: lab.call(name, 0.4), range(2)))
    group = f"/aws/lambda/{name}"
    found = lab.client("logs").describe_log_streams(logGroupName=group)["logStreams"]
    streams = {one["logStreamName"] for one in found}
    assert streams == {one["log_stream"] for one in lab.environments(name)}
    assert len(streams) == 2
    for stream in streams:
        assert re.fullmatch(r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}", stream)
        events = lab.client("logs").get_log_events(logGroupName=group, logStreamName=stream)
        kinds = [event["message"].split(" ")[0] for event in events["events"]]
        assert kinds == ["INIT_START", "START", "END", "REPORT"]


@pytest.mark.fidelity("log-streams")
def test_a_group_of_ones_own(lab: LiveRegion) -> None:
    config = {"LogGroup": "shop/all"}
    names = [lab.deploy(TALKS, LoggingConfig=config) for _ in range(2)]
    for name in names:
        lab.call(name)
    found = lab.client("logs").describe_log_streams(logGroupName="shop/all")["logStreams"]
    streams = sorted(one["logStreamName"] for one in found)
    for stream, name in zip(streams, sorted(names), strict=True):
        assert re.fullmatch(rf"\d{{4}}/\d\d/\d\d/{name}\[\$LATEST\][0-9a-f]{{32}}", stream)
    assert lab.logs(names[0], "shop/all").count("one") == 2
    lab.client("logs").delete_log_group(logGroupName="shop/all")


@private_root
def test_a_group_name_that_aws_keeps_for_itself(lab: LiveRegion) -> None:
    name = lab.deploy(TALKS)
    with pytest.raises(ClientError) as refused:
        lab.lam.update_function_configuration(
            FunctionName=name, LoggingConfig={"LogGroup": "aws/mine"}
        )
    assert refused.value.response["Error"]["Code"] == "InvalidParameterValueException"
    config = lab.lam.get_function_configuration(FunctionName=name)
    assert config["LoggingConfig"]["LogGroup"] == f"/aws/lambda/{name}"


JSON_TALKS = """
import logging
log = logging.getLogger()
def handler(event, context):
    print("plain")
    log.debug("d"); log.info("i"); log.warning("w", extra={"order": 7})
    if event == "fail":
        raise ValueError("no")
    return 1
"""


def records(messages: list[str]) -> list[dict[str, Any]]:
    return [json.loads(message) for message in messages if message.startswith("{")]


@pytest.mark.fidelity("json-logs")
def test_json_records(lab: LiveRegion) -> None:
    name = lab.deploy(JSON_TALKS, LoggingConfig={"LogFormat": "JSON"})
    answer = lab.call(name)
    messages = lab.logs(name)
    assert "plain" in messages, "print is no log record"
    platform = [one for one in records(messages) if "type" in one]
    assert [one["type"] for one in platform] == [
        "platform.initStart", "platform.start", "platform.report",
    ]  # fmt: skip
    assert all(set(one) == {"time", "type", "record"} for one in platform)
    start, report = platform[1]["record"], platform[2]["record"]
    assert (start["requestId"], start["version"]) == (answer.request_id, "$LATEST")
    assert report["status"] == "success"
    assert set(report["metrics"]) == {
        "durationMs", "billedDurationMs", "memorySizeMB", "maxMemoryUsedMB", "initDurationMs",
    }  # fmt: skip
    own = [one for one in records(messages) if "level" in one]
    assert [(one["level"], one["message"]) for one in own] == [("INFO", "i"), ("WARNING", "w")]
    assert all(one["requestId"] == answer.request_id for one in own)
    assert own[1]["order"] == 7


@pytest.mark.parametrize(
    ("application", "system", "own", "platform"),
    [
        ("DEBUG", "DEBUG", ["d", "i", "w"],
         ["initStart", "start", "runtimeDone", "report"]),
        ("WARN", "WARN", ["w"], []),
        ("FATAL", "INFO", [], ["initStart", "start", "report"]),
    ],
)  # fmt: skip
@pytest.mark.fidelity("json-logs")
def test_levels(
    lab: LiveRegion, application: str, system: str, own: list[str], platform: list[str]
) -> None:
    config = {
        "LogFormat": "JSON", "ApplicationLogLevel": application, "SystemLogLevel": system
    }  # fmt: skip
    name = lab.deploy(JSON_TALKS, LoggingConfig=config)
    lab.call(name)
    found = records(lab.logs(name))
    assert [one["message"] for one in found if "level" in one] == own
    kinds = [one["type"] for one in found if "type" in one]
    assert kinds == [f"platform.{kind}" for kind in platform]


def test_warnings_of_the_platform_are_not_hidden(lab: LiveRegion) -> None:
    config = {"LogFormat": "JSON", "SystemLogLevel": "WARN"}
    code = "import os\ndef handler(event, context):\n    os._exit(1)\n"
    name = lab.deploy(code, LoggingConfig=config)
    lab.call(name)
    found = [one for one in records(lab.logs(name)) if one.get("type") == "platform.report"]
    (report,) = found
    assert report["record"]["status"] == "error"
    assert report["record"]["errorType"] == "Runtime.ExitError"


def test_a_json_error(lab: LiveRegion) -> None:
    name = lab.deploy(JSON_TALKS, LoggingConfig={"LogFormat": "JSON"})
    answer = lab.call(name, "fail")
    (error,) = [one for one in records(lab.logs(name)) if one.get("level") == "ERROR"]
    assert (error["errorType"], error["errorMessage"]) == ("ValueError", "no")
    assert error["requestId"] == answer.request_id


@pytest.mark.fidelity("log-tail")
def test_the_tail_is_the_last_four_kilobytes(lab: LiveRegion) -> None:
    code = (
        "def handler(event, context):\n    for n in range(400):\n        print(f'line {n:06d}')\n"
    )
    name = lab.deploy(code)
    got = lab.lam.invoke(FunctionName=name, LogType="Tail")
    tail = base64.b64decode(got["LogResult"])
    assert 3900 <= len(tail) <= 4096
    assert b"line 000399\n" in tail
    assert b"line 000000\n" not in tail
    assert b"\nREPORT RequestId: " in tail
    assert "LogResult" not in lab.lam.invoke(FunctionName=name)


def test_messages_of_every_kind(lab: LiveRegion) -> None:
    code = """
import os, sys
def handler(event, context):
    os.write(1, b"\\xff\\xfe broken utf-8\\n")
    os.write(1, b"\\xa5 not a frame\\n")
    print("")
    print("ü" * 10)
    print("x" * 1_300_000)
    sys.stdout.flush()
"""
    name = lab.deploy(code)
    assert lab.call(name).error is None
    messages = lab.logs(name)
    own = messages[2:-2]
    assert own[0].endswith(" broken utf-8")
    assert own[1].endswith(" not a frame")
    assert own[2] == "ü" * 10, "an empty line is no event"
    assert "".join(own[3:]) == "x" * 1_300_000
    assert all(len(one) <= facts.value("logs.event.maximum") for one in own)


def test_an_accepted_event_is_logged_too(lab: LiveRegion) -> None:
    name = lab.deploy("def handler(event, context):\n    print(event)\n")
    accepted = lab.call(name, "hello", InvocationType="Event")
    assert (accepted.status, accepted.raw, accepted.error) == (202, b"", None)
    lab.region.clock.settle()
    messages = lab.logs(name)
    assert "hello" in messages
    assert any(one.startswith(f"START RequestId: {accepted.request_id}") for one in messages)


# -- metrics ---------------------------------------------------------------------------------------


def total(lab: LiveRegion, metric: str, statistic: str, **dimensions: str) -> float:
    watch = lab.client("cloudwatch")
    now = lab.region.clock.now()
    points = watch.get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName=metric,
        Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(minutes=5),
        Period=7200,
        Statistics=[statistic],
    )["Datapoints"]
    values = [point[statistic] for point in points]
    return max(values) if statistic == "Maximum" else sum(values)


@pytest.mark.fidelity("metrics-of-calls")
def test_metrics(lab: LiveRegion) -> None:
    name = lab.deploy(
        "import time\ndef handler(event, context):\n"
        "    time.sleep(event or 0)\n    return {}[1] if event is None else 1\n"
    )
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: lab.call(name, 0.4), range(2)))
    lab.call(name)
    lab.lam.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    with pytest.raises(lab.lam.exceptions.TooManyRequestsException):
        lab.call(name)
    for dimensions in ({"FunctionName": name}, {"FunctionName": name, "Resource": name}):
        assert total(lab, "Invocations", "Sum", **dimensions) == 3
        assert total(lab, "Errors", "Sum", **dimensions) == 1
        assert total(lab, "Throttles", "Sum", **dimensions) == 1
        assert total(lab, "ConcurrentExecutions", "Maximum", **dimensions) == 2
        assert 400 <= total(lab, "Duration", "Maximum", **dimensions) < 60_000, "milliseconds"
    assert total(lab, "Invocations", "Sum") >= 3


@private_root
@pytest.mark.fidelity("metrics-of-calls")
def test_metrics_of_a_version(lab: LiveRegion) -> None:
    name = lab.deploy("def handler(event, context):\n    return 1\n")
    version = lab.lam.publish_version(FunctionName=name)["Version"]
    lab.settle()
    answer = lab.call(name, Qualifier=version)
    assert answer.version == version
    wanted = {"FunctionName": name, "Resource": f"{name}:{version}"}
    assert total(lab, "Invocations", "Sum", **wanted) == 1
    listed = lab.client("cloudwatch").list_metrics(
        Namespace="AWS/Lambda", Dimensions=[{"Name": "FunctionName", "Value": name}]
    )["Metrics"]
    assert {one["MetricName"] for one in listed} == {
        "Invocations", "Errors", "Throttles", "Duration", "ConcurrentExecutions",
    }  # fmt: skip
