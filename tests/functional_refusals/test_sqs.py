# ruff: noqa: E501 - tables: one case, one text of AWS
"""Queues and messages that SQS refuses: AWS's codes and words, over both of its protocols."""

from __future__ import annotations

import json
import urllib.parse
from typing import Any

import pytest

from api_region import ApiRegion

ARN = "arn:aws:sqs:us-east-1:123456789012:"
UNKNOWN = "Unknown Attribute {}."
INVALID = "Invalid value for the parameter {}."
NAME_RULE = "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
FIFO_RULE = (
    "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, "
    "must end with .fifo suffix and be 1 to 80 in length"
)
OTHER_TYPE = "The request include parameter that is not valid for this queue type."


@pytest.fixture(scope="module")
def sqs(api: ApiRegion) -> Any:
    """Return a client; the queues ``there`` and ``there.fifo`` exist."""
    client = api.service("sqs")
    client.create_queue(QueueName="there")
    client.create_queue(QueueName="there.fifo", Attributes={"FifoQueue": "true"})
    return client


def url(sqs: Any, name: str = "there") -> str:
    return str(sqs.get_queue_url(QueueName=name)["QueueUrl"])


def redrive(target: str = f"{ARN}there", receives: object = 3) -> str:
    return json.dumps({"deadLetterTargetArn": target, "maxReceiveCount": receives})


def no_redrive(text: str, reason: str) -> str:
    return f"Value {text} for parameter RedrivePolicy is invalid. Reason: {reason}"


RANGES = {
    "DelaySeconds": ("-1", "901"),
    "KmsDataKeyReusePeriodSeconds": ("59", "86401"),
    "MaximumMessageSize": ("1023", "1048577"),
    "MessageRetentionPeriod": ("59", "1209601"),
    "ReceiveMessageWaitTimeSeconds": ("-1", "21", "²"),
    "VisibilityTimeout": ("-1", "43201", "abc", "", "1.5"),
}


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in RANGES.items() for value in values]
)
def test_an_attribute_out_of_range(api: ApiRegion, sqs: Any, name: str, value: str) -> None:
    wanted = [400, "InvalidAttributeValue", INVALID.format(name)]
    attributes = {name: value}
    new = api.refused("create_queue", sqs, QueueName=api.name("q"), Attributes=attributes)
    old = api.refused("set_queue_attributes", sqs, QueueUrl=url(sqs), Attributes=attributes)
    assert [*new] == [*old] == wanted


REASONS = [
    ("nonsense", "Redrive policy is not a valid JSON map."),
    ("[]", "Redrive policy is not a valid JSON map."),
    (
        '{"maxReceiveCount": 1}',
        "Redrive policy does not contain mandatory attribute: deadLetterTargetArn.",
    ),
    (
        json.dumps({"deadLetterTargetArn": f"{ARN}there"}),
        "Redrive policy does not contain mandatory attribute: maxReceiveCount.",
    ),
    (redrive(f"{ARN}nowhere"), "Dead letter target does not exist."),
    (redrive("x"), "Dead letter target does not exist."),
    (
        redrive(f"{ARN}there.fifo"),
        "Dead letter queue must be same type of queue as the source.",
    ),
    *(
        (
            redrive(receives=count),
            (
                f"Invalid value for maxReceiveCount: {count}, valid values are from 1 to 1000 both "
                "inclusive."
            ),
        )
        for count in ("0", "1001", "x")
    ),
]


@pytest.mark.parametrize(
    ("attributes", "code", "message"),
    [
        ({"Nope": "1"}, "InvalidAttributeName", UNKNOWN.format("Nope")),
        ({"QueueArn": "x"}, "InvalidAttributeName", UNKNOWN.format("QueueArn")),
        ({"FifoQueue": "false"}, "InvalidAttributeName", UNKNOWN.format("FifoQueue")),
        (
            {"ContentBasedDeduplication": "true"},
            "InvalidAttributeName",
            UNKNOWN.format("ContentBasedDeduplication"),
        ),
        ({"SqsManagedSseEnabled": "maybe"}, "InvalidAttributeValue", None),
        ({"Policy": "nonsense"}, "InvalidAttributeValue", None),
        ({"RedriveAllowPolicy": "nonsense"}, "InvalidAttributeValue", None),
        ({"RedriveAllowPolicy": '{"redrivePermission": "byQueue"}'}, "InvalidAttributeValue", None),
        *(
            ({"RedrivePolicy": text}, "InvalidParameterValue", no_redrive(text, reason))
            for text, reason in REASONS
        ),
    ],
)
def test_attributes(
    api: ApiRegion, sqs: Any, attributes: dict[str, str], code: str, message: str | None
) -> None:
    wanted = [400, code, message or INVALID.format(next(iter(attributes)))]
    new = api.refused("create_queue", sqs, QueueName=api.name("q"), Attributes=attributes)
    old = api.refused("set_queue_attributes", sqs, QueueUrl=url(sqs), Attributes=attributes)
    assert [*new] == [*old] == wanted


@pytest.mark.parametrize(
    ("name", "attributes", "message"),
    [
        ("", {}, NAME_RULE),
        ("a" * 81, {}, NAME_RULE),
        ("bad name", {}, NAME_RULE),
        ("a.b", {}, NAME_RULE),
        ("standard.fifo", {}, NAME_RULE),
        ("standard", {"FifoQueue": "true"}, FIFO_RULE),
    ],
)
def test_names(
    api: ApiRegion, sqs: Any, name: str, attributes: dict[str, str], message: str
) -> None:
    refusal = api.refused("create_queue", sqs, QueueName=name, Attributes=attributes)
    assert [*refusal] == [400, "InvalidParameterValue", message]


def test_the_same_name_with_another_setting(api: ApiRegion, sqs: Any) -> None:
    name = api.name("q")
    made = sqs.create_queue(QueueName=name, Attributes={"DelaySeconds": "5"})
    again = sqs.create_queue(QueueName=name, Attributes={"DelaySeconds": "5"})
    assert again["QueueUrl"] == made["QueueUrl"]
    refusal = api.refused(
        "create_queue",
        sqs,
        QueueName=name,
        Attributes={"DelaySeconds": "5", "VisibilityTimeout": "9"},
    )
    assert refusal.message == (
        "A queue already exists with the same name and a different value for attribute "
        "VisibilityTimeout"
    )


def test_who_may_use_a_dead_letter_queue(api: ApiRegion, sqs: Any) -> None:
    source, dead = api.name("source"), api.name("dead")
    asked = {"QueueName": source, "Attributes": {"RedrivePolicy": redrive(ARN + dead)}}
    allow: dict[str, Any] = {"redrivePermission": "denyAll"}
    address = sqs.create_queue(
        QueueName=dead, Attributes={"RedriveAllowPolicy": json.dumps(allow)}
    )["QueueUrl"]
    got = sqs.get_queue_attributes(QueueUrl=address, AttributeNames=["All"])["Attributes"]
    assert json.loads(got["RedriveAllowPolicy"]) == allow
    assert "does not allow this source queue" in api.refused("create_queue", sqs, **asked).message
    allow = {"redrivePermission": "byQueue", "sourceQueueArns": [ARN + source]}
    sqs.set_queue_attributes(QueueUrl=address, Attributes={"RedriveAllowPolicy": json.dumps(allow)})
    sqs.create_queue(**asked)


def test_a_policy_outlives_other_settings(sqs: Any, api: ApiRegion) -> None:
    policy = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow"}]})
    made = sqs.create_queue(QueueName=api.name("q"), Attributes={"Policy": policy})["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=made, Attributes={"DelaySeconds": "1"})
    got = sqs.get_queue_attributes(QueueUrl=made, AttributeNames=["Policy"])["Attributes"]
    assert json.loads(got["Policy"]) == json.loads(policy)


def bounds(name: str, value: int, low: int, high: int) -> str:
    reason = f"Must be between {low} and {high}" if low else f"Must be >= {low} and <= {high}"
    return f"Value {value} for parameter {name} is invalid. Reason: {reason}, if provided."


@pytest.mark.parametrize(
    ("name", "value", "low", "high"),
    [
        ("MaxNumberOfMessages", 0, 1, 10),
        ("MaxNumberOfMessages", 11, 1, 10),
        ("WaitTimeSeconds", -1, 0, 20),
        ("WaitTimeSeconds", 21, 0, 20),
        ("VisibilityTimeout", -1, 0, 43200),
        ("VisibilityTimeout", 43201, 0, 43200),
    ],
)
def test_receiving(api: ApiRegion, sqs: Any, name: str, value: int, low: int, high: int) -> None:
    refusal = api.refused("receive_message", sqs, QueueUrl=url(sqs), **{name: value})
    assert [*refusal] == [400, "InvalidParameterValue", bounds(name, value, low, high)]


@pytest.mark.parametrize("member", ["AttributeNames", "MessageSystemAttributeNames"])
def test_receiving_with_a_name_that_is_none(api: ApiRegion, sqs: Any, member: str) -> None:
    refusal = api.refused("receive_message", sqs, QueueUrl=url(sqs), **{member: ["Nope"]})
    assert [*refusal] == [400, "InvalidAttributeName", UNKNOWN.format("Nope")]


def invalid(name: str, value: object, reason: str) -> str:
    return f"Value {value} for parameter {name} is invalid. Reason: {reason}"


def attribute(name: str = "a", **value: Any) -> dict[str, Any]:
    return {"MessageAttributes": {name: value}}


MARK = "{} can only include alphanumeric and punctuation characters. 1 to 128 in length."
DELAY = "DelaySeconds must be >= 0 and <= 900."
MESSAGES: list[tuple[str, dict[str, Any], str, str]] = [
    (
        "there",
        {"MessageBody": ""},
        "MissingParameter",
        "The request must contain the parameter MessageBody.",
    ),
    (
        "there",
        {"MessageBody": None},
        "MissingParameter",
        "The request must contain the parameter MessageBody.",
    ),
    (
        "there",
        {"MessageBody": "a\x01"},
        "InvalidMessageContents",
        "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF",
    ),
    (
        "there",
        {"MessageBody": "é" * 524_289},
        "InvalidParameterValue",
        "One or more parameters are invalid. Reason: Message must be shorter than 1048576 bytes.",
    ),
    ("there", {"DelaySeconds": 901}, "InvalidParameterValue", invalid("DelaySeconds", 901, DELAY)),
    ("there", {"DelaySeconds": -1}, "InvalidParameterValue", invalid("DelaySeconds", -1, DELAY)),
    (
        "there.fifo",
        {"DelaySeconds": 5, "MessageGroupId": "g"},
        "InvalidParameterValue",
        invalid("DelaySeconds", 5, OTHER_TYPE),
    ),
    (
        "there.fifo",
        {},
        "MissingParameter",
        "The request must contain the parameter MessageGroupId.",
    ),
    (
        "there.fifo",
        {"MessageGroupId": "g"},
        "InvalidParameterValue",
        "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly",
    ),
    (
        "there.fifo",
        {"MessageGroupId": "g h"},
        "InvalidParameterValue",
        invalid("MessageGroupId", "g h", MARK.format("MessageGroupId")),
    ),
    (
        "there",
        {"MessageDeduplicationId": "d"},
        "InvalidParameterValue",
        invalid("MessageDeduplicationId", "d", OTHER_TYPE),
    ),
    (
        "there",
        attribute(DataType="Nope", StringValue="x"),
        "InvalidParameterValue",
        "The type of message (user) attribute 'a' is invalid. You must use only the following supported type prefixes: Binary, Number, String.",
    ),
    (
        "there",
        attribute(DataType="Number", StringValue="x"),
        "InvalidParameterValue",
        "Can't cast the value of message (user) attribute 'a' to a number.",
    ),
    (
        "there",
        attribute(DataType="String", StringValue=""),
        "InvalidParameterValue",
        "Message (user) attribute 'a' must contain a non-empty value of type 'String'.",
    ),
    (
        "there",
        attribute(StringValue="x"),
        "InvalidParameterValue",
        "Message (user) attribute 'a' must contain a non-empty message attribute type.",
    ),
    (
        "there",
        attribute("AWS.a", DataType="String", StringValue="x"),
        "InvalidParameterValue",
        "Message (user) attribute name 'AWS.a' is invalid.",
    ),
    (
        "there",
        {
            "MessageAttributes": {
                f"a{n}": {"DataType": "String", "StringValue": "x"} for n in range(11)
            }
        },
        "InvalidParameterValue",
        "Number of message attributes [11] exceeds the allowed maximum [10].",
    ),
]


@pytest.mark.parametrize(("queue", "message", "code", "text"), MESSAGES)
def test_messages_alone_and_in_a_batch(
    api: ApiRegion, sqs: Any, queue: str, message: dict[str, Any], code: str, text: str
) -> None:
    address = url(sqs, queue)
    asked = {"MessageBody": "x", **message}
    asked = {name: value for name, value in asked.items() if value is not None}
    assert [*api.refused("send_message", sqs, QueueUrl=address, **asked)] == [400, code, text]
    if "MessageBody" not in asked or len(asked["MessageBody"]) > 9:
        return  # of the whole batch, then
    good = {"MessageBody": "good"}
    if queue == "there.fifo":
        good |= {"MessageGroupId": "g", "MessageDeduplicationId": api.name("d")}
    entries = [{"Id": "bad", **asked}, {"Id": "good", **good}]
    answer = sqs.send_message_batch(QueueUrl=address, Entries=entries)
    (failed,) = answer["Failed"]
    assert failed == {"Id": "bad", "SenderFault": True, "Code": code, "Message": text}
    assert [entry["Id"] for entry in answer["Successful"]] == ["good"]


BATCHES: list[tuple[list[str], str, str]] = [
    ([], "EmptyBatchRequest", "There should be at least one {}BatchRequestEntry in the request."),
    (
        [str(n) for n in range(11)],
        "TooManyEntriesInBatchRequest",
        "Maximum number of entries per request are 10. You have sent 11.",
    ),
    (["a", "a"], "BatchEntryIdsNotDistinct", "Id a repeated."),
    (
        ["a b"],
        "InvalidBatchEntryId",
        "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.",
    ),
]


@pytest.mark.parametrize(
    ("operation", "more"),
    [
        ("SendMessage", {"MessageBody": "x"}),
        ("DeleteMessage", {"ReceiptHandle": "h"}),
        ("ChangeMessageVisibility", {"ReceiptHandle": "h", "VisibilityTimeout": 1}),
    ],
)
@pytest.mark.parametrize(("ids", "code", "text"), BATCHES)
def test_batches(
    api: ApiRegion,
    sqs: Any,
    operation: str,
    more: dict[str, Any],
    ids: list[str],
    code: str,
    text: str,
) -> None:
    method = {
        "SendMessage": "send_message_batch",
        "DeleteMessage": "delete_message_batch",
        "ChangeMessageVisibility": "change_message_visibility_batch",
    }[operation]
    entries = [{"Id": name, **more} for name in ids]
    refusal = api.refused(method, sqs, QueueUrl=url(sqs), Entries=entries)
    assert [*refusal] == [400, f"AWS.SimpleQueueService.{code}", text.format(operation)]


@pytest.mark.parametrize("bodies", [["b" * 1048577], ["b" * 1048576, "b"], ["é" * 524288, "b"]])
def test_a_batch_is_no_longer_than_a_message_may_be(
    api: ApiRegion, sqs: Any, bodies: list[str]
) -> None:
    entries = [{"Id": str(n), "MessageBody": body} for n, body in enumerate(bodies)]
    refusal = api.refused("send_message_batch", sqs, QueueUrl=url(sqs), Entries=entries)
    text = "Batch requests cannot be longer than 1048576 bytes. You have sent 1048577 bytes."
    assert [*refusal] == [400, "AWS.SimpleQueueService.BatchRequestTooLong", text]


def test_of_a_batch_each_entry_ends_by_itself(api: ApiRegion, sqs: Any) -> None:
    address = sqs.create_queue(QueueName=api.name("q"))["QueueUrl"]
    sqs.send_message(QueueUrl=address, MessageBody="x")
    (message,) = sqs.receive_message(QueueUrl=address)["Messages"]
    held = message["ReceiptHandle"]
    changes = [
        {"Id": "far", "ReceiptHandle": held, "VisibilityTimeout": 43201},
        {"Id": "none", "ReceiptHandle": "h", "VisibilityTimeout": 1},
        {"Id": "well", "ReceiptHandle": held, "VisibilityTimeout": 1},
    ]
    answer = sqs.change_message_visibility_batch(QueueUrl=address, Entries=changes)
    assert [entry["Id"] for entry in answer["Successful"]] == ["well"]
    assert {entry["Id"]: entry["Code"] for entry in answer["Failed"]} == {
        "far": "InvalidParameterValue",
        "none": "ReceiptHandleIsInvalid",
    }
    # The same receipt twice is no error: the second finds the message deleted.
    receipts = [("one", held), ("two", held), ("none", "h")]
    entries = [{"Id": name, "ReceiptHandle": receipt} for name, receipt in receipts]
    answer = sqs.delete_message_batch(QueueUrl=address, Entries=entries)
    assert [entry["Id"] for entry in answer["Successful"]] == ["one", "two"]
    assert [entry["Message"] for entry in answer["Failed"]] == [
        'The input receipt handle "h" is not a valid receipt handle.'
    ]


@pytest.mark.parametrize(
    ("operation", "params", "name"),
    [
        ("create_queue", {}, "QueueName"),
        ("get_queue_attributes", {}, "QueueUrl"),
        ("delete_message", {"QueueUrl": "there"}, "ReceiptHandle"),
        (
            "change_message_visibility",
            {"QueueUrl": "there", "ReceiptHandle": "h"},
            "VisibilityTimeout",
        ),
        (
            "send_message_batch",
            {"QueueUrl": "there", "Entries": [{"Id": "a"}]},
            "SendMessageBatchRequestEntry.1.MessageBody",
        ),
    ],
)
def test_what_must_be_there(
    api: ApiRegion, sqs: Any, operation: str, params: dict[str, Any], name: str
) -> None:
    if "QueueUrl" in params:
        params = {**params, "QueueUrl": url(sqs)}
    refusal = api.refused(operation, sqs, **params)
    assert [*refusal] == [
        400,
        "MissingParameter",
        f"The request must contain the parameter {name}.",
    ]


def test_a_queue_that_is_not_there(api: ApiRegion, sqs: Any) -> None:
    for operation, params in (
        ("send_message", {"MessageBody": "x"}),
        ("receive_message", {"MaxNumberOfMessages": 11}),
        ("delete_message_batch", {"Entries": []}),
        ("set_queue_attributes", {"Attributes": {"Nope": "1"}}),
    ):
        refusal = api.refused(operation, sqs, QueueUrl=url(sqs) + "-not", **params)
        assert [*refusal] == [
            400,
            "AWS.SimpleQueueService.NonExistentQueue",
            "The specified queue does not exist.",
        ]


def form(api: ApiRegion, path: str, **params: str) -> tuple[int, bytes]:
    """Send a request of the query protocol, as SDKs did until 2023."""
    scope = "Credential=A/20261121/us-east-1/sqs/aws4_request"
    headers = {
        "Authorization": f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    body = urllib.parse.urlencode({"Version": "2012-11-05", **params}).encode()
    status, _, answer = api.raw("POST", path, body, headers)
    return status, answer


def test_the_query_protocol(api: ApiRegion, sqs: Any) -> None:
    path = "/123456789012/there"
    status, answer = form(api, path, Action="SendMessage", MessageBody="by form")
    assert status == 200, answer
    refusals = {
        "InvalidParameterValue": {
            "Action": "SendMessage",
            "MessageBody": "x",
            "DelaySeconds": "901",
        },
        "InvalidAttributeName": {
            "Action": "SetQueueAttributes",
            "Attribute.1.Name": "Nope",
            "Attribute.1.Value": "1",
        },
        "MissingParameter": {"Action": "SendMessage"},
        "AWS.SimpleQueueService.EmptyBatchRequest": {"Action": "DeleteMessageBatch", "Entries": ""},
        "MalformedInput": {"Action": "ReceiveMessage", "MaxNumberOfMessages": "many"},
        "InvalidAction": {"Action": "Nonsense"},
    }
    for code, params in refusals.items():
        status, answer = form(api, path, **params)
        assert status == 400
        assert f"<Code>{code}</Code>".encode() in answer, answer


def test_bodies_that_are_no_request(api: ApiRegion) -> None:
    scope = "Credential=A/20261121/us-east-1/sqs/aws4_request"
    headers = {
        "Authorization": f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0",
        "Content-Type": "application/x-amz-json-1.0",
    }
    bodies = (b"", b"{", b"[]", b"\xff", b'{"QueueUrl": 1}', b'{"a":' * 10_000, b"\x00")
    for body in bodies:
        target = {"X-Amz-Target": "AmazonSQS.SendMessage"}
        status, _, answer = api.raw("POST", "/", body, headers | target)
        assert status == 400, (body[:20], answer)
        assert "Serialization" in answer.decode() or "MissingRequired" in answer.decode()
    status, _, answer = api.raw("POST", "/", b"{}", headers | {"X-Amz-Target": "AmazonSQS.Nope"})
    assert (status, json.loads(answer)["__type"]) == (400, "UnknownOperationException")
