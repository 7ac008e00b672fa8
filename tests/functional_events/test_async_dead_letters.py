"""Dead-letter queues: the event itself, three attributes, and what AWS refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from event_tools import allow, allowed, bodies, messages, metric, queue, role, unused
from lambda_lab.timeline import Kind
from live_region import LiveRegion

FAILS = "def handler(event, context):\n    raise ValueError(event['say'])\n"


def deploy(lab: LiveRegion, target_arn: str, **more: Any) -> str:
    """Deploy a function that fails, is not tried again, and has a dead-letter queue."""
    name = lab.deploy(FAILS, DeadLetterConfig={"TargetArn": target_arn}, **more)
    lab.lam.put_function_event_invoke_config(FunctionName=name, MaximumRetryAttempts=0)
    return name


def send(lab: LiveRegion, name: str, event: Any) -> str:
    got = lab.lam.invoke(
        FunctionName=name, InvocationType="Event", Payload=json.dumps(event).encode()
    )
    lab.region.settle()
    return str(got["ResponseMetadata"]["RequestId"])


def refused(lab: LiveRegion, **config: Any) -> str:
    """Try to create a function; returns the message of AWS's refusal."""
    with pytest.raises(ClientError) as caught:
        lab.create(FAILS, **config)
    assert caught.value.response["Error"]["Code"] == "InvalidParameterValueException"
    return str(caught.value.response["Error"]["Message"])


@pytest.mark.fidelity("dead-letter-queue")
def test_the_event_itself_with_three_attributes(lab: LiveRegion) -> None:
    url, arn = queue(lab)
    name = deploy(lab, arn)
    request = send(lab, name, {"say": "on purpose"})
    (letter,) = messages(lab, url)
    assert json.loads(letter["Body"]) == {"say": "on purpose"}
    assert letter["MessageAttributes"] == {
        "RequestID": {"StringValue": request, "DataType": "String"},
        "ErrorCode": {"StringValue": "200", "DataType": "Number"},
        "ErrorMessage": {"StringValue": "on purpose", "DataType": "String"},
    }
    (told,) = lab.region.timeline.of(name, [Kind.DELIVERED])
    assert told.detail == {"target": arn, "condition": "RetriesExhausted", "as": "dead-letter"}
    assert metric(lab, "AsyncEventsDropped", name) == 1


def test_a_long_message_is_cut_at_a_kilobyte_and_an_empty_one_left_out(lab: LiveRegion) -> None:
    url, arn = queue(lab)
    name = deploy(lab, arn)
    send(lab, name, {"say": "é" * 2000})
    send(lab, name, {"say": ""})
    long, empty = messages(lab, url)
    assert long["MessageAttributes"]["ErrorMessage"]["StringValue"] == "é" * 512
    assert "ErrorMessage" not in empty["MessageAttributes"]


@pytest.mark.fidelity("dead-letter-queue")
def test_a_topic(lab: LiveRegion) -> None:
    url, queue_arn = queue(lab)
    sns = lab.client("sns")
    arn = sns.create_topic(Name=unused("letters"))["TopicArn"]
    sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue_arn)
    request = send(lab, deploy(lab, arn), {"say": "no"})
    (envelope,) = bodies(lab, url)
    assert json.loads(envelope["Message"]) == {"say": "no"}
    assert envelope["MessageAttributes"]["RequestID"] == {"Type": "String", "Value": request}
    assert envelope["MessageAttributes"]["ErrorCode"] == {"Type": "Number", "Value": "200"}


def test_both_are_told_where_both_are_set(lab: LiveRegion) -> None:
    (letters, letter_arn), (records, record_arn) = queue(lab), queue(lab)
    name = deploy(lab, letter_arn)
    lab.lam.update_function_event_invoke_config(
        FunctionName=name, DestinationConfig={"OnFailure": {"Destination": record_arn}}
    )
    send(lab, name, {"say": "no"})
    assert bodies(lab, letters) == [{"say": "no"}]
    (record,) = bodies(lab, records)
    assert record["requestPayload"] == {"say": "no"}


def test_it_is_shown_changed_and_taken_away(lab: LiveRegion) -> None:
    _, first = queue(lab)
    url, second = queue(lab)
    name = deploy(lab, first)
    shown = lab.lam.get_function(FunctionName=name)["Configuration"]
    assert shown["DeadLetterConfig"] == {"TargetArn": first}
    changed = lab.lam.update_function_configuration(
        FunctionName=name, DeadLetterConfig={"TargetArn": second}
    )
    assert changed["DeadLetterConfig"] == {"TargetArn": second}
    lab.settle()
    version = lab.lam.publish_version(FunctionName=name)
    assert version["DeadLetterConfig"] == {"TargetArn": second}
    lab.settle()
    gone = lab.lam.update_function_configuration(
        FunctionName=name, DeadLetterConfig={"TargetArn": ""}
    )
    assert "DeadLetterConfig" not in gone
    lab.settle()
    send(lab, name, {"say": "no"})
    assert messages(lab, url) == []
    (dropped,) = lab.region.timeline.of(name, [Kind.DROPPED])
    assert dropped.detail == {"reason": "RetriesExhausted"}
    # The version that was published keeps what it was published with.
    lab.lam.put_function_event_invoke_config(
        FunctionName=name, Qualifier="1", MaximumRetryAttempts=0
    )
    lab.lam.invoke(
        FunctionName=name, Qualifier="1", InvocationType="Event", Payload=b'{"say": "no"}'
    )
    lab.region.settle()
    assert len(messages(lab, url)) == 1


def test_the_role_must_be_allowed_to_write(lab: LiveRegion) -> None:
    _, arn = queue(lab)
    powerless = role(lab)
    text = "The provided execution role does not have permissions to call SendMessage on SQS"
    with pytest.raises(ClientError) as caught:
        lab.lam.create_function(
            FunctionName=unused("f"),
            Role=powerless,
            Runtime="python3.14",
            Handler="m.handler",
            Code={"ZipFile": _package()},
            DeadLetterConfig={"TargetArn": arn},
        )
    assert caught.value.response["Error"]["Message"] == text
    topic_arn = lab.client("sns").create_topic(Name=unused("t"))["TopicArn"]
    name = lab.deploy(FAILS)
    with pytest.raises(ClientError) as caught:
        lab.lam.update_function_configuration(
            FunctionName=name, Role=powerless, DeadLetterConfig={"TargetArn": topic_arn}
        )
    assert caught.value.response["Error"]["Message"] == (
        "The provided execution role does not have permissions to call Publish on SNS"
    )


def _package() -> bytes:
    from lambda_lab.deploy import make_zip

    return make_zip({"m.py": FAILS})


def test_policies_that_aws_manages_count(lab: LiveRegion) -> None:
    _, arn = queue(lab)
    own = role(lab)
    name = lab.deploy(FAILS)
    lab.client("iam").attach_role_policy(
        RoleName=own.rpartition("/")[2], PolicyArn="arn:aws:iam::aws:policy/AmazonSQSFullAccess"
    )
    changed = lab.lam.update_function_configuration(
        FunctionName=name, Role=own, DeadLetterConfig={"TargetArn": arn}
    )
    assert changed["DeadLetterConfig"] == {"TargetArn": arn}


def test_policies_of_the_account_and_boundaries_count(lab: LiveRegion) -> None:
    _, arn = queue(lab)
    iam, own, name = lab.client("iam"), role(lab), lab.deploy(FAILS)
    document = json.dumps({"Version": "2012-10-17", "Statement": [allowed("sqs:*", arn)]})
    policy = iam.create_policy(PolicyName=unused("p"), PolicyDocument=document)["Policy"]["Arn"]
    iam.attach_role_policy(RoleName=own.rpartition("/")[2], PolicyArn=policy)
    nothing = json.dumps({"Version": "2012-10-17", "Statement": [allowed("s3:*")]})
    boundary = iam.create_policy(PolicyName=unused("b"), PolicyDocument=nothing)["Policy"]["Arn"]
    iam.put_role_permissions_boundary(RoleName=own.rpartition("/")[2], PermissionsBoundary=boundary)
    asked = {"FunctionName": name, "Role": own, "DeadLetterConfig": {"TargetArn": arn}}
    with pytest.raises(ClientError, match="SendMessage on SQS"):
        lab.lam.update_function_configuration(**asked)
    iam.delete_role_permissions_boundary(RoleName=own.rpartition("/")[2])
    lab.lam.update_function_configuration(**asked)


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:s3:::bucket",
        "arn:aws:lambda:us-east-1:123456789012:function:f",
        "arn:aws:sqs:us-east-1:123456789012:q.fifo",
        "arn:aws:sns:us-east-1:123456789012:t.fifo",
        "arn:aws:events:us-east-1:123456789012:event-bus/default",
    ],
)
def test_only_standard_queues_and_topics(lab: LiveRegion, arn: str) -> None:
    assert arn in refused(lab, DeadLetterConfig={"TargetArn": arn})


def test_a_dead_letter_queue_that_is_gone(lab: LiveRegion) -> None:
    url, arn = queue(lab)
    name = deploy(lab, arn)
    lab.client("sqs").delete_queue(QueueUrl=url)
    send(lab, name, {"say": "no"})
    assert metric(lab, "DeadLetterErrors", name) == 1
    (dropped,) = lab.region.timeline.of(name, [Kind.DROPPED])
    assert dropped.detail["as"] == "dead-letter"


@pytest.mark.fidelity("delivery-permissions")
def test_a_permission_that_is_taken_away(lab: LiveRegion) -> None:
    url, arn = queue(lab)
    own = role(lab, allowed("sqs:SendMessage", arn))
    name = lab.deploy(FAILS)
    lab.lam.update_function_configuration(
        FunctionName=name, Role=own, DeadLetterConfig={"TargetArn": arn}
    )
    lab.lam.put_function_event_invoke_config(FunctionName=name, MaximumRetryAttempts=0)
    lab.settle()
    deny = {"Effect": "Deny", "Action": "sqs:*", "Resource": "*"}
    allow(lab, own, allowed("sqs:SendMessage", arn), deny)
    send(lab, name, {"say": "no"})
    assert messages(lab, url) == []
    assert metric(lab, "DeadLetterErrors", name) == 1


def test_a_large_event_does_not_fit_a_topic(lab: LiveRegion) -> None:
    arn = lab.client("sns").create_topic(Name=unused("t"))["TopicArn"]
    name = deploy(lab, arn)
    send(lab, name, {"say": "no", "more": "x" * 300_000})
    assert metric(lab, "DeadLetterErrors", name) == 1
