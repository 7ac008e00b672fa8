"""SNS calling functions, as a publisher and a function see it."""

from __future__ import annotations

import base64
import json
import logging
from typing import Any

import pytest
from botocore.exceptions import ClientError

from event_tools import messages, queue, unused
from live_region import LiveRegion
from push_tools import arn_of, got, keeper, let_in, logs, sources


def topic(lab: LiveRegion, **attributes: str) -> str:
    name = unused("topic")
    return str(lab.client("sns").create_topic(Name=name, Attributes=attributes)["TopicArn"])


def subscribe(lab: LiveRegion, topic_arn: str, endpoint: str, **attributes: str) -> str:
    subscribed = lab.client("sns").subscribe(
        TopicArn=topic_arn,
        Protocol="lambda",
        Endpoint=endpoint,
        Attributes=attributes,
        ReturnSubscriptionArn=True,
    )
    return str(subscribed["SubscriptionArn"])


def publish(lab: LiveRegion, topic_arn: str, message: str = "hello", **more: Any) -> str:
    published = lab.client("sns").publish(TopicArn=topic_arn, Message=message, **more)
    return str(published["MessageId"])


@pytest.mark.fidelity("from-sns")
def test_the_event_is_aws_s(lab: LiveRegion) -> None:
    name, arn = keeper(lab, "sns"), topic(lab)
    subscription = subscribe(lab, arn, arn_of(name))
    message = publish(
        lab,
        arn,
        Subject="greeting",
        MessageAttributes={
            "colour": {"DataType": "String", "StringValue": "blue"},
            "size": {"DataType": "Number", "StringValue": "3"},
            "raw": {"DataType": "Binary", "BinaryValue": b"\x00\x01"},
        },
    )
    (event,) = got(lab, name)
    (record,) = event["Records"]
    sns = record.pop("Sns")
    assert record == {
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": subscription,
    }
    assert set(sns) == {
        *("Type", "MessageId", "TopicArn", "Subject", "Message", "Timestamp"),
        *("SignatureVersion", "Signature", "SigningCertUrl", "UnsubscribeUrl"),
        "MessageAttributes",
    }
    assert (sns["Type"], sns["MessageId"], sns["TopicArn"]) == ("Notification", message, arn)
    assert (sns["Subject"], sns["Message"]) == ("greeting", "hello")
    assert sns["MessageAttributes"] == {
        "colour": {"Type": "String", "Value": "blue"},
        "size": {"Type": "Number", "Value": "3"},
        "raw": {"Type": "Binary", "Value": base64.b64encode(b"\x00\x01").decode()},
    }
    assert sns["Timestamp"][:13] == f"{lab.region.clock.now():%Y-%m-%dT%H}"
    assert subscription in sns["UnsubscribeUrl"]
    assert sources(lab, name) == [arn]


def test_a_message_without_a_subject(lab: LiveRegion) -> None:
    name, arn = keeper(lab, "sns"), topic(lab)
    subscribe(lab, arn, arn_of(name))
    publish(lab, arn)
    (event,) = got(lab, name)
    assert event["Records"][0]["Sns"]["Subject"] is None
    assert event["Records"][0]["Sns"]["MessageAttributes"] == {}


def test_each_message_of_a_batch_is_an_event(lab: LiveRegion) -> None:
    name, arn = keeper(lab, "sns"), topic(lab)
    subscribe(lab, arn, arn_of(name))
    entries = [{"Id": str(number), "Message": f"m{number}"} for number in range(3)]
    lab.client("sns").publish_batch(TopicArn=arn, PublishBatchRequestEntries=entries)
    texts = {event["Records"][0]["Sns"]["Message"] for event in got(lab, name)}
    assert texts == {"m0", "m1", "m2"}


@pytest.mark.fidelity("from-sns")
def test_a_filter_policy(lab: LiveRegion) -> None:
    name, arn = keeper(lab, "sns"), topic(lab)
    subscribe(lab, arn, arn_of(name), FilterPolicy='{"colour": ["blue"]}')
    for colour in ("red", "blue"):
        attributes = {"colour": {"DataType": "String", "StringValue": colour}}
        publish(lab, arn, colour, MessageAttributes=attributes)
    publish(lab, arn, "none")
    assert [event["Records"][0]["Sns"]["Message"] for event in got(lab, name)] == ["blue"]


def test_a_filter_policy_on_the_body(lab: LiveRegion) -> None:
    name, arn = keeper(lab, "sns"), topic(lab)
    attributes = {"FilterPolicyScope": "MessageBody", "FilterPolicy": '{"kind": ["order"]}'}
    subscribe(lab, arn, arn_of(name), **attributes)
    publish(lab, arn, '{"kind": "letter"}')
    publish(lab, arn, '{"kind": "order"}')
    assert len(got(lab, name)) == 1


def test_raw_delivery_is_nothing_to_a_function(lab: LiveRegion) -> None:
    name, arn = keeper(lab, "sns"), topic(lab)
    subscription = subscribe(lab, arn, arn_of(name))
    lab.client("sns").set_subscription_attributes(
        SubscriptionArn=subscription, AttributeName="RawMessageDelivery", AttributeValue="true"
    )
    publish(lab, arn)
    assert got(lab, name)[0]["Records"][0]["Sns"]["Message"] == "hello"


def test_a_message_of_its_own_for_functions(lab: LiveRegion) -> None:
    name, arn = keeper(lab, "sns"), topic(lab)
    subscribe(lab, arn, arn_of(name))
    texts = json.dumps({"default": "all", "lambda": "you"})
    publish(lab, arn, texts, MessageStructure="json")
    assert got(lab, name)[0]["Records"][0]["Sns"]["Message"] == "you"


def test_an_alias_has_a_policy_of_its_own(lab: LiveRegion) -> None:
    name, arn = keeper(lab, "sns"), topic(lab)
    version = lab.lam.publish_version(FunctionName=name)["Version"]
    lab.settle()
    lab.lam.create_alias(FunctionName=name, Name="live", FunctionVersion=version)
    subscribe(lab, arn, arn_of(name, "live"))
    publish(lab, arn)
    assert got(lab, name) == []
    let_in(lab, name, "sns", Qualifier="live", SourceArn=arn)
    publish(lab, arn, "again")
    assert [event["Records"][0]["Sns"]["Message"] for event in got(lab, name)] == ["again"]
    assert f"AS {arn_of(name, 'live')}" in logs(lab, name)


@pytest.mark.fidelity("push-permissions")
def test_without_permission_the_publisher_notices_nothing(
    lab: LiveRegion, caplog: pytest.LogCaptureFixture
) -> None:
    name, arn, other = keeper(lab), topic(lab), keeper(lab, "sns")
    subscribe(lab, arn, arn_of(name))
    subscribe(lab, arn, arn_of(other))
    with caplog.at_level(logging.WARNING, "lambda_lab"):
        assert publish(lab, arn)
        assert got(lab, name) == []
    assert len(got(lab, other)) == 1
    assert any("no resource-based policy" in line for line in caplog.messages)


def test_a_permission_for_another_topic_does_not_count(lab: LiveRegion) -> None:
    name, arn, other = keeper(lab), topic(lab), topic(lab)
    let_in(lab, name, "sns", SourceArn=other)
    for each in (arn, other):
        subscribe(lab, each, arn_of(name))
        publish(lab, each)
    assert sources(lab, name) == [other]


def test_a_failed_delivery_goes_to_the_dead_letter_queue(lab: LiveRegion) -> None:
    name, arn = keeper(lab), topic(lab)
    url, queue_arn = queue(lab)
    subscribe(
        lab,
        arn,
        arn_of(name),
        RedrivePolicy=json.dumps({"deadLetterTargetArn": queue_arn}),
    )
    message = publish(lab, arn, Subject="s")
    (dead,) = messages(lab, url)
    body = json.loads(dead["Body"])
    assert (body["Type"], body["MessageId"], body["Message"]) == ("Notification", message, "hello")
    assert body["Subject"] == "s"
    assert "UnsubscribeURL" in body
    assert dead["MessageAttributes"]["ErrorCode"]["StringValue"] == "AccessDeniedException"


def test_a_function_that_is_deleted(lab: LiveRegion) -> None:
    name, other, arn = keeper(lab, "sns"), keeper(lab, "sns"), topic(lab)
    url, queue_arn = queue(lab)
    policy = json.dumps({"deadLetterTargetArn": queue_arn})
    subscribe(lab, arn, arn_of(name), RedrivePolicy=policy)
    subscribe(lab, arn, arn_of(other))
    lab.lam.delete_function(FunctionName=name)
    publish(lab, arn)
    assert len(got(lab, other)) == 1
    (dead,) = messages(lab, url)
    assert dead["MessageAttributes"]["ErrorCode"]["StringValue"] == "ResourceNotFoundException"


def test_a_dead_letter_queue_that_is_gone_stops_nothing(lab: LiveRegion) -> None:
    name, arn = keeper(lab), topic(lab)
    url, queue_arn = queue(lab)
    policy = json.dumps({"deadLetterTargetArn": queue_arn})
    subscribe(lab, arn, arn_of(name), RedrivePolicy=policy)
    lab.client("sqs").delete_queue(QueueUrl=url)
    assert publish(lab, arn)


def test_a_queue_that_is_gone_does_not_fail_the_publisher(lab: LiveRegion) -> None:
    name, arn = keeper(lab, "sns"), topic(lab)
    url, queue_arn = queue(lab)
    lab.client("sns").subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue_arn)
    subscribe(lab, arn, arn_of(name))
    lab.client("sqs").delete_queue(QueueUrl=url)
    assert publish(lab, arn)
    assert len(got(lab, name)) == 1


@pytest.mark.parametrize(
    "endpoint",
    [
        "nonsense",
        "arn:aws:sqs:us-east-1:123456789012:q",
        "arn:aws:lambda:us-east-1:123456789012:function:no-such",
        "arn:aws:lambda:us-east-1:123456789012:function:a:b:c",
        "arn:aws:lambda:nowhere-1:123456789012:function:no-such",
    ],
)
def test_a_subscription_that_could_never_be_delivered(lab: LiveRegion, endpoint: str) -> None:
    with pytest.raises(ClientError) as refused:
        subscribe(lab, topic(lab), endpoint)
    assert refused.value.response["Error"]["Code"] == "InvalidParameter"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_a_fifo_topic_does_not_call_functions(lab: LiveRegion) -> None:
    name = keeper(lab, "sns")
    sns = lab.client("sns")
    fifo = sns.create_topic(Name=unused("t") + ".fifo", Attributes={"FifoTopic": "true"})
    with pytest.raises(ClientError, match="SQS queue"):
        subscribe(lab, fifo["TopicArn"], arn_of(name))


@pytest.mark.fidelity("recursion")
def test_a_loop_through_a_topic_is_cut(lab: LiveRegion) -> None:
    source = """
import boto3
def handler(event, context):
    arn = event["Records"][0]["Sns"]["TopicArn"]
    boto3.client("sns").publish(TopicArn=arn, Message="again")
"""
    name, arn = lab.deploy(source), topic(lab)
    let_in(lab, name, "sns")
    subscribe(lab, arn, arn_of(name))
    publish(lab, arn)
    lab.region.settle()
    runs = [line for line in logs(lab, name) if line.startswith("START")]
    assert 10 < len(runs) < 25
