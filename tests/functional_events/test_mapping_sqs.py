"""SQS mappings through public clients: send, move the clock, look at queues, logs and metrics."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lambda_lab.timeline import Kind
from live_region import LiveRegion, until

_numbers = itertools.count(1)
RECORD = """
import json

def handler(event, context):
    print(json.dumps(event))
"""
FAIL = """
def handler(event, context):
    print(sorted(record["body"] for record in event["Records"]))
    raise ValueError("not today")
"""
PARTIAL = """
def handler(event, context):
    print(sorted(record["body"] for record in event["Records"]))
    bad = [r["messageId"] for r in event["Records"] if r["body"].startswith("bad")]
    return {"batchItemFailures": [{"itemIdentifier": name} for name in bad]}
"""


class Mapped:
    """A queue, a function, and a mapping between them."""

    def __init__(
        self, lab: LiveRegion, source: str, *, attributes: dict[str, str] | None = None,
        function: dict[str, Any] | None = None, fifo: bool = False, **mapping: Any
    ) -> None:  # fmt: skip
        self.lab = lab
        self.sqs = lab.client("sqs")
        name = f"q{next(_numbers)}" + (".fifo" if fifo else "")
        attributes = dict(attributes or {})
        if fifo:
            attributes |= {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
        self.url = self.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        self.arn = self.attributes("QueueArn")["QueueArn"]
        self.function = lab.deploy(source, **{"Timeout": 3, **(function or {})})
        self.uuid = lab.lam.create_event_source_mapping(
            EventSourceArn=self.arn, FunctionName=self.function, **mapping
        )["UUID"]
        lab.region.clock.advance(1)

    def attributes(self, *names: str) -> dict[str, Any]:
        found: dict[str, Any] = self.sqs.get_queue_attributes(
            QueueUrl=self.url, AttributeNames=list(names)
        )["Attributes"]
        return found

    def counts(self) -> tuple[int, int]:
        """Visible and in flight."""
        stem = "ApproximateNumberOfMessages"
        found = self.attributes(stem, f"{stem}NotVisible")
        return int(found[stem]), int(found[f"{stem}NotVisible"])

    def send(self, *bodies: str, **more: Any) -> list[str]:
        """Send messages; return their ids."""
        return [
            self.sqs.send_message(QueueUrl=self.url, MessageBody=body, **more)["MessageId"]
            for body in bodies
        ]

    def later(self, seconds: float = 0) -> None:
        self.lab.region.clock.advance(seconds)

    def printed(self) -> list[Any]:
        """What the function printed, as JSON, one entry for each call."""
        system = ("INIT_START", "START", "END", "REPORT", "[ERROR]")
        lines = [m for m in self.lab.logs(self.function) if not m.startswith(system)]
        return [json.loads(line.replace("'", '"')) for line in lines if line[:1] in "[{"]

    def calls(self) -> list[list[str]]:
        return [[record["body"] for record in event["Records"]] for event in self.printed()]

    def times(self) -> list[int]:
        """Seconds of each batch since the first, on the clock."""
        batches = self.lab.region.timeline.of(self.function, [Kind.BATCH])
        return [round((event.time_ns - batches[0].time_ns) / 1e9) for event in batches]


Make = Callable[..., Mapped]


@pytest.fixture
def make(lab: LiveRegion) -> Iterator[Make]:
    """Return what makes a mapping; at the end its queue goes, so that no failure goes on."""
    made: list[Mapped] = []

    def make(source: str, **more: Any) -> Mapped:
        made.append(Mapped(lab, source, **more))
        return made[-1]

    yield make
    for mapped in made:
        with suppress(ClientError):
            lab.lam.delete_event_source_mapping(UUID=mapped.uuid)
        with suppress(ClientError):
            mapped.sqs.delete_queue(QueueUrl=mapped.url)
    lab.region.clock.advance(2)


@pytest.mark.fidelity("mapping-sqs")
def test_the_event(lab: LiveRegion, make: Make) -> None:
    mapped = make(RECORD)
    (message_id,) = mapped.send(
        '{"n": 1}',
        MessageAttributes={
            "Colour": {"DataType": "String", "StringValue": "blau"},
            "Size": {"DataType": "Number", "StringValue": "7"},
            "Blob": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
        },
    )
    mapped.later()
    (event,) = mapped.printed()
    (record,) = event["Records"]
    assert set(event) == {"Records"}
    attributes = record.pop("attributes")
    assert attributes.pop("ApproximateReceiveCount") == "1"
    assert int(attributes.pop("SentTimestamp")) <= int(
        attributes.pop("ApproximateFirstReceiveTimestamp")
    )
    assert set(attributes) == {"SenderId"}
    assert len(record.pop("receiptHandle")) > 100
    assert len(record.pop("md5OfMessageAttributes")) == 32
    lists = {"stringListValues": [], "binaryListValues": []}
    assert record == {
        "messageId": message_id,
        "body": '{"n": 1}',
        "md5OfBody": "96d730b7a405ed0e9cb1068b43e06fe4",
        "messageAttributes": {
            "Colour": {"stringValue": "blau", "dataType": "String", **lists},
            "Size": {"stringValue": "7", "dataType": "Number", **lists},
            "Blob": {"binaryValue": "AP8=", "dataType": "Binary", **lists},
        },
        "eventSource": "aws:sqs",
        "eventSourceARN": mapped.arn,
        "awsRegion": "us-east-1",
    }
    assert mapped.counts() == (0, 0)


def test_the_wake_up_is_the_write(lab: LiveRegion, make: Make) -> None:
    """No clock is moved: a message that is sent is processed by itself."""
    mapped = make(RECORD)
    mapped.send("now")
    until(lambda: mapped.counts() == (0, 0))


def test_messages_sent_before_the_mapping_are_processed(lab: LiveRegion, make: Make) -> None:
    sqs = lab.client("sqs")
    url = sqs.create_queue(QueueName="early")["QueueUrl"]
    for number in range(25):
        sqs.send_message(QueueUrl=url, MessageBody=str(number))
    name = lab.deploy(RECORD, Timeout=3)
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    lab.lam.create_event_source_mapping(EventSourceArn=arn["QueueArn"], FunctionName=name)
    lab.region.clock.advance(1)
    batches = lab.region.timeline.of(name, [Kind.BATCH])
    assert sum(len(batch.detail["records"]) for batch in batches) == 25
    assert max(len(batch.detail["records"]) for batch in batches) == 10


def test_a_window_collects(lab: LiveRegion, make: Make) -> None:
    mapped = make(RECORD, BatchSize=100, MaximumBatchingWindowInSeconds=20)
    mapped.send("a")
    mapped.later(15)
    mapped.send("b")
    mapped.later(3)
    assert mapped.times() == []
    mapped.later(3)
    assert mapped.calls() == [["a", "b"]]


@pytest.mark.fidelity("mapping-sqs")
def test_a_poison_message_goes_to_the_dead_letter_queue(lab: LiveRegion, make: Make) -> None:
    sqs = lab.client("sqs")
    dead = sqs.create_queue(QueueName="poison-dead")["QueueUrl"]
    dead_arn = dead.replace(dead[: dead.rindex("/123456789012/") + 14], "")
    policy = {
        "deadLetterTargetArn": f"arn:aws:sqs:us-east-1:123456789012:{dead_arn}",
        "maxReceiveCount": 3,
    }
    mapped = make(FAIL, attributes={"RedrivePolicy": json.dumps(policy)})
    (message_id,) = mapped.send("poison")
    mapped.later(59)
    assert mapped.times() == [0, 30]
    assert mapped.counts() == (0, 1)
    mapped.later(40)
    assert mapped.times() == [0, 30, 60]
    assert mapped.counts() == (0, 0)
    (found,) = sqs.receive_message(QueueUrl=dead)["Messages"]
    assert (found["MessageId"], found["Body"]) == (message_id, "poison")


def test_hours_at_once_come_out_as_hours_one_by_one(lab: LiveRegion, make: Make) -> None:
    mapped = make(FAIL)
    mapped.send("a")
    mapped.later(600)
    assert mapped.times() == [30 * number for number in range(20 + 1)][: len(mapped.times())]
    assert len(mapped.times()) in (20, 21)


@pytest.mark.fidelity("partial-batches")
def test_partial_failures(lab: LiveRegion, make: Make) -> None:
    mapped = make(PARTIAL, FunctionResponseTypes=["ReportBatchItemFailures"])
    lab.lam.update_event_source_mapping(UUID=mapped.uuid, Enabled=False)
    mapped.later(2)
    mapped.send("bad 1", "good 1", "good 2", "bad 2")
    lab.lam.update_event_source_mapping(UUID=mapped.uuid, Enabled=True)
    mapped.later(2)
    assert mapped.printed() == [["bad 1", "bad 2", "good 1", "good 2"]]
    assert mapped.counts() == (0, 2)
    mapped.later(31)
    assert mapped.printed()[1:] == [["bad 1", "bad 2"]]


@pytest.mark.parametrize(
    "handler",
    [
        "import os\ndef handler(event, context):\n    os._exit(1)\n",
        "def handler(event, context):\n    while True: pass\n",
    ],
    ids=["crash", "timeout"],
)
def test_a_function_that_dies_returns_its_batch(lab: LiveRegion, make: Make, handler: str) -> None:
    mapped = make(handler, function={"Timeout": 1})
    mapped.send("a")
    mapped.later(31)
    assert mapped.times() == [0, 30]
    assert mapped.counts() == (0, 1)


def test_throttles_are_tried_again_within_the_visibility_timeout(
    lab: LiveRegion, make: Make
) -> None:
    mapped = make(RECORD)
    lab.lam.put_function_concurrency(FunctionName=mapped.function, ReservedConcurrentExecutions=0)
    mapped.send("a")
    mapped.later(10)
    assert mapped.times() == [0, 1, 3, 7]
    lab.lam.delete_function_concurrency(FunctionName=mapped.function)
    mapped.later(6)
    assert mapped.times() == [0, 1, 3, 7, 15]
    (event,) = mapped.printed()
    assert event["Records"][0]["attributes"]["ApproximateReceiveCount"] == "1"
    assert mapped.counts() == (0, 0)


@pytest.mark.fidelity("filters")
def test_filters_and_event_counts(lab: LiveRegion, make: Make) -> None:
    pattern = json.dumps({"body": {"temperature": [{"numeric": [">", 30]}]}})
    mapped = make(
        RECORD,
        FilterCriteria={"Filters": [{"Pattern": pattern}]},
        MetricsConfig={"Metrics": ["EventCount"]},
    )
    mapped.send('{"temperature": 31}', '{"temperature": 3}', "cold")
    mapped.later()
    assert [body for call in mapped.calls() for body in call] == ['{"temperature": 31}']
    assert mapped.counts() == (0, 0)
    totals = {}
    for name in ("Polled", "FilteredOut", "Invoked", "Deleted", "FailedInvoke"):
        points = lab.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/Lambda",
            MetricName=f"{name}EventCount",
            Dimensions=[{"Name": "EventSourceMappingUUID", "Value": mapped.uuid}],
            StartTime="2020-01-01T00:00:00Z",
            EndTime="2040-01-01T00:00:00Z",
            Period=86_400 * 10_000,
            Statistics=["Sum"],
        )["Datapoints"]
        totals[name] = sum(point["Sum"] for point in points)
    assert totals == {"Polled": 3, "FilteredOut": 2, "Invoked": 1, "Deleted": 1, "FailedInvoke": 0}


def test_a_function_deleted_in_the_middle_of_work(lab: LiveRegion, make: Make) -> None:
    mapped = make(FAIL)
    mapped.send("a")
    mapped.later(1)
    lab.lam.delete_function(FunctionName=mapped.function)
    mapped.later(3600)
    assert sum(mapped.counts()) == 1
    again = lab.deploy(RECORD, name=mapped.function, Timeout=3)
    mapped.later(31)
    assert mapped.counts() == (0, 0), lab.logs(again)


def test_a_queue_deleted_in_the_middle_of_work(lab: LiveRegion, make: Make) -> None:
    mapped = make(RECORD, MaximumBatchingWindowInSeconds=10)
    other = make(RECORD)
    mapped.send("a")
    mapped.sqs.delete_queue(QueueUrl=mapped.url)
    mapped.later(3600)
    assert lab.lam.get_event_source_mapping(UUID=mapped.uuid)["State"] == "Enabled"
    other.send("b")
    other.later()
    assert other.calls() == [["b"]]
    lab.lam.delete_event_source_mapping(UUID=mapped.uuid)
    mapped.later(2)
    assert mapped.uuid not in {
        found["UUID"] for found in lab.lam.list_event_source_mappings()["EventSourceMappings"]
    }


def test_a_mapping_that_is_off_leaves_messages_alone(lab: LiveRegion, make: Make) -> None:
    mapped = make(RECORD, MaximumBatchingWindowInSeconds=60)
    mapped.send("waits")
    mapped.later(1)
    assert mapped.counts() == (0, 1)
    lab.lam.update_event_source_mapping(UUID=mapped.uuid, Enabled=False)
    mapped.later(5)
    assert mapped.counts() == (1, 0)
    mapped.send("more")
    mapped.later(3600)
    assert mapped.counts() == (2, 0)
    lab.lam.update_event_source_mapping(UUID=mapped.uuid, Enabled=True)
    mapped.later(62)
    assert mapped.calls() == [["waits", "more"]]


def test_sns_and_eventbridge_write_to_mapped_queues(lab: LiveRegion, make: Make) -> None:
    mapped = make(RECORD)
    sns = lab.client("sns")
    topic = sns.create_topic(Name="into-queue")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=mapped.arn)
    sns.publish(TopicArn=topic, Message="from a topic")
    events = lab.client("events")
    events.put_rule(Name="into-queue", EventPattern=json.dumps({"source": ["shop"]}))
    events.put_targets(Rule="into-queue", Targets=[{"Id": "1", "Arn": mapped.arn}])
    events.put_events(Entries=[{"Source": "shop", "DetailType": "order", "Detail": "{}"}])
    mapped.later()
    found = [json.loads(body) for call in mapped.calls() for body in call]
    assert {body.get("Message") or body["detail-type"] for body in found} == {
        "from a topic",
        "order",
    }


@pytest.mark.fidelity("maximum-concurrency")
def test_maximum_concurrency(lab: LiveRegion, make: Make) -> None:
    slow = "import time\ndef handler(event, context):\n    time.sleep(0.1)\n"
    mapped = make(slow, BatchSize=1, ScalingConfig={"MaximumConcurrency": 2})
    mapped.send(*map(str, range(8)))
    mapped.later()
    assert mapped.counts() == (0, 0)
    running, most = 0, 0
    for event in lab.region.timeline.of(mapped.function, [Kind.BATCH, Kind.RECORDS]):
        running += 1 if event.kind is Kind.BATCH else -1
        most = max(most, running)
    assert most == 2


@pytest.mark.fidelity("mapping-fifo")
def test_fifo_groups(lab: LiveRegion, make: Make) -> None:
    source = (
        "import json\n"
        "def handler(event, context):\n"
        "    print(json.dumps(event))\n"
        "    first = event['Records'][0]\n"
        "    if first['body'] == 'a-0' and first['attributes']['ApproximateReceiveCount'] == '1':\n"
        "        raise ValueError('once')\n"
    )
    mapped = make(source, fifo=True, BatchSize=1)
    names: dict[str, str] = {}
    for number in range(4):
        for group in "ab":
            body = f"{group}-{number}"
            (message_id,) = mapped.send(body, MessageGroupId=group)
            names[message_id] = body

    def order(group: str) -> list[str]:
        batches = lab.region.timeline.of(mapped.function, [Kind.BATCH])
        ran = [names[name] for batch in batches for name in batch.detail["records"]]
        return [body for body in ran if body[0] == group]

    mapped.later(5)
    assert order("a") == ["a-0"]
    mapped.later(31)
    assert order("a") == ["a-0", "a-0", "a-1", "a-2", "a-3"]
    assert order("b") == ["b-0", "b-1", "b-2", "b-3"]
    assert mapped.counts() == (0, 0)
    (record,) = mapped.printed()[0]["Records"]
    assert set(record["attributes"]) >= {
        "MessageGroupId",
        "MessageDeduplicationId",
        "SequenceNumber",
    }


@pytest.mark.fidelity("nothing-lost")
def test_nothing_is_lost_while_the_mapping_goes_on_and_off(lab: LiveRegion, make: Make) -> None:
    flaky = (
        "import json\n"
        "def handler(event, context):\n"
        "    for record in event['Records']:\n"
        "        if hash(record['messageId']) % 3 == int("
        "record['attributes']['ApproximateReceiveCount']) % 3:\n"
        "            raise ValueError('flaky')\n"
        "    print(json.dumps([record['messageId'] for record in event['Records']]))\n"
    )
    mapped = make(flaky, BatchSize=2)
    sent: list[str] = []
    for number in range(8):
        sent += mapped.send(*(f"{number}-{part}" for part in range(10)))
        lab.lam.update_event_source_mapping(UUID=mapped.uuid, Enabled=bool(number % 2))
        mapped.later(5)
    mapped.later(3600)
    assert mapped.counts() == (0, 0)
    done = Counter(name for call in mapped.printed() for name in call)
    assert set(done) == set(sent)


@pytest.mark.fidelity("recursion")
def test_a_loop_through_the_queue_ends_in_its_dead_letter_queue(
    lab: LiveRegion, make: Make
) -> None:
    source = (
        "import boto3, os\n"
        "sqs = boto3.client('sqs')\n"
        "def handler(event, context):\n"
        "    name = event['Records'][0]['eventSourceARN'].rpartition(':')[2]\n"
        "    url = sqs.get_queue_url(QueueName=name)['QueueUrl']\n"
        "    sqs.send_message(QueueUrl=url, MessageBody='again')\n"
    )
    sqs = lab.client("sqs")
    dead = sqs.create_queue(QueueName="loop-dead")["QueueUrl"]
    policy = {
        "deadLetterTargetArn": "arn:aws:sqs:us-east-1:123456789012:loop-dead",
        "maxReceiveCount": 2,
    }
    mapped = make(
        source,
        attributes={"RedrivePolicy": json.dumps(policy)},
        function={"Timeout": 20, "MemorySize": 512},
    )
    mapped.send("first")
    mapped.later(120)
    assert mapped.counts() == (0, 0)
    assert len(sqs.receive_message(QueueUrl=dead, MaxNumberOfMessages=10)["Messages"]) == 1
    dropped = lab.region.timeline.of(mapped.function, [Kind.DROPPED])
    assert [event.detail["reason"] for event in dropped] == ["RecursiveInvocationException"] * 2
    assert len(mapped.times()) == 16 + 2
