"""URLs that a function makes are usable by whoever gets them."""

from __future__ import annotations

import urllib.request
from typing import Any

import pytest

from egress_tools import Net
from live_region import LiveRegion

MAKER = """
import boto3

def handler(event, context):
    s3, sqs = boto3.client("s3"), boto3.client("sqs")
    signed = {"Bucket": event["bucket"], "Key": "k"}
    queue = sqs.create_queue(QueueName=event["queue"])["QueueUrl"]
    sqs.send_message(QueueUrl=queue, MessageBody="from the function")
    return {
        "get": s3.generate_presigned_url("get_object", Params=signed),
        "put": s3.generate_presigned_url("put_object", Params=signed),
        "queue": queue,
    }
"""


@pytest.fixture(scope="module")
def bucket(lab: LiveRegion) -> str:
    lab.client("s3").create_bucket(Bucket="urls")
    return "urls"


def made(lab: LiveRegion, bucket: str, queue: str, **settings: Any) -> dict[str, str]:
    name = lab.create(MAKER, Timeout=20, MemorySize=512, **settings)
    lab.region.clock.advance(minutes=2)
    answer = lab.call(name, {"bucket": bucket, "queue": queue})
    assert answer.error is None, answer.raw
    urls: dict[str, str] = answer.value
    return urls


def usable(lab: LiveRegion, urls: dict[str, str]) -> None:
    put = urllib.request.Request(
        urls["put"], data=b"body", method="PUT", headers={"Content-Type": "text/plain"}
    )
    with urllib.request.urlopen(put, timeout=5):
        pass
    with urllib.request.urlopen(urls["get"], timeout=5) as answer:
        assert answer.read() == b"body"
    assert urls["queue"].startswith(lab.region.url)
    (message,) = lab.client("sqs").receive_message(QueueUrl=urls["queue"])["Messages"]
    assert message["Body"] == "from the function"


def test_without_a_vpc_all_urls_name_the_regions_endpoint(lab: LiveRegion, bucket: str) -> None:
    urls = made(lab, bucket, "none")
    assert all(url.startswith(lab.region.url) for url in urls.values())
    usable(lab, urls)


def test_in_a_vpc_queues_and_signed_urls_are_usable_too(lab: LiveRegion, bucket: str) -> None:
    net = Net.make(lab)
    net.add_nat()
    net.route("private", NatGatewayId=net.ids["nat"])
    usable(lab, made(lab, bucket, "inside", VpcConfig=net.config()))


@pytest.fixture(scope="module")
def endpoint(lab: LiveRegion) -> Net:
    """Return a VPC whose only way to AWS is an interface endpoint of SQS."""
    net = Net.make(lab)
    group = net.group("endpoint")
    rule: dict[str, Any] = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
    rule["UserIdGroupPairs"] = [{"GroupId": net.ids["sg"]}]
    net.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
    made = net.ec2.create_vpc_endpoint(
        VpcId=net.ids["vpc"],
        VpcEndpointType="Interface",
        ServiceName="com.amazonaws.us-east-1.sqs",
        SubnetIds=[net.ids["data"]],
        SecurityGroupIds=[group],
        PrivateDnsEnabled=True,
    )["VpcEndpoint"]
    net.ids["vpce"] = made["VpcEndpointId"]
    return net


SENDER = """
import boto3
from botocore.config import Config
def handler(event, context):
    more = {"endpoint_url": event["queue"]} if event.get("by_url") else {}
    config = Config(connect_timeout=0.6, retries={"max_attempts": 0})
    try:
        sqs = boto3.client("sqs", config=config, **more)
        sqs.send_message(QueueUrl=event["queue"], MessageBody="hello")
        s3 = boto3.client("s3", config=config, **more)
        s3.list_buckets()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
"""


def test_a_queue_is_reached_through_an_endpoint(lab: LiveRegion, endpoint: Net) -> None:
    queue = lab.client("sqs").create_queue(QueueName="given")["QueueUrl"]
    name = lab.create(SENDER, Timeout=20, MemorySize=512, VpcConfig=endpoint.config())
    lab.region.clock.advance(minutes=2)
    said = lab.call(name, {"queue": queue}).value
    assert said.startswith("ConnectTimeoutError"), "S3 has no endpoint"
    # Some SDKs connect to where the queue's own URL leads.
    said = lab.call(name, {"queue": queue, "by_url": True}).value
    assert "NotModelledException" in said, said
    assert "for s3" in said, said
    messages = lab.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
    assert [one["Body"] for one in messages["Messages"]] == ["hello", "hello"]
    endpoint.ec2.modify_vpc_endpoint(VpcEndpointId=endpoint.ids["vpce"], PrivateDnsEnabled=False)
    said = lab.call(name, {"queue": queue, "by_url": True}).value
    assert said.startswith("ConnectTimeoutError"), said
