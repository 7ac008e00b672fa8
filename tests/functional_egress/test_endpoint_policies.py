"""The policy of a VPC endpoint answers AccessDenied, from the next connection on."""

from __future__ import annotations

import json
from typing import Any

import pytest

from egress_tools import Net
from live_region import LiveRegion

CALLER = """
import boto3
from botocore.exceptions import ClientError

def handler(event, context):
    try:
        getattr(boto3.client(event["service"]), event["call"])(**event["with"])
    except ClientError as error:
        found = error.response
        return [found["ResponseMetadata"]["HTTPStatusCode"], *found["Error"].values()]
    return "done"
"""
READ_ONLY = {
    "Effect": "Allow",
    "Principal": "*",
    "Action": "s3:Get*",
    "Resource": "arn:aws:s3:::pets/*",
}


def call(lab: LiveRegion, name: str, service: str, do: str, **given: Any) -> Any:
    answer = lab.call(name, {"service": service, "call": do, "with": given})
    assert answer.error is None, answer.raw
    return answer.value


@pytest.fixture(scope="module")
def name(lab: LiveRegion, net: Net) -> str:
    """Return a function whose VPC has a gateway endpoint for S3 that lets objects be read."""
    s3 = lab.client("s3")
    s3.create_bucket(Bucket="pets")
    s3.put_object(Bucket="pets", Key="k", Body=b"x")
    net.ec2.create_vpc_endpoint(
        VpcId=net.ids["vpc"],
        ServiceName="com.amazonaws.us-east-1.s3",
        RouteTableIds=[net.ids["rtb-private"]],
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [READ_ONLY]}),
    )
    made = lab.create(CALLER, Timeout=20, MemorySize=512, VpcConfig=net.config())
    lab.region.clock.advance(minutes=2)
    return made


def test_what_the_policy_allows(lab: LiveRegion, name: str) -> None:
    assert call(lab, name, "s3", "get_object", Bucket="pets", Key="k") == "done"


@pytest.mark.parametrize(
    ("do", "given", "action", "resource"),
    [
        ("put_object", {"Bucket": "pets", "Key": "k", "Body": "y"}, "s3:PutObject", "pets/k"),
        ("get_object", {"Bucket": "cars", "Key": "k"}, "s3:GetObject", "cars/k"),
        ("list_objects_v2", {"Bucket": "pets"}, "s3:ListBucket", "pets"),
    ],
)
@pytest.mark.fidelity("vpc-endpoints")
def test_what_it_does_not(
    lab: LiveRegion, name: str, do: str, given: dict[str, str], action: str, resource: str
) -> None:
    status, code, message = call(lab, name, "s3", do, **given)[:3]
    assert (status, code) == (403, "AccessDenied")
    assert message.endswith(
        f"is not authorized to perform: {action} on resource: arn:aws:s3:::{resource} because no "
        f"VPC endpoint policy allows the {action} action"
    )
    assert f":assumed-role/lambda-lab-role/{name} " in message


@pytest.mark.fidelity("endpoint-policy-conditions")
def test_what_cannot_be_told_is_not_modelled(lab: LiveRegion, name: str) -> None:
    found = call(lab, name, "s3", "get_bucket_policy", Bucket="pets")
    assert found[:2] == [501, "NotModelledException"]


@pytest.mark.fidelity("endpoint-policy-conditions")
def test_a_condition_is_not_modelled(lab: LiveRegion, name: str) -> None:
    ec2 = lab.client("ec2")
    (one,) = [
        one["VpcEndpointId"]
        for one in ec2.describe_vpc_endpoints()["VpcEndpoints"]
        if "s3:Get*" in one["PolicyDocument"]
    ]

    def written(*statements: dict[str, Any]) -> None:
        ec2.modify_vpc_endpoint(
            VpcEndpointId=one, PolicyDocument=json.dumps({"Statement": statements})
        )

    bound = {"Condition": {"StringEquals": {"aws:SourceVpc": "vpc-1"}}}
    written({**READ_ONLY, **bound})
    found = call(lab, name, "s3", "get_object", Bucket="pets", Key="k")
    assert found[:2] == [501, "NotModelledException"]
    assert "condition" in found[2]
    assert call(lab, name, "s3", "delete_object", Bucket="pets", Key="k")[:1] == [403]
    written(READ_ONLY)
    assert call(lab, name, "s3", "get_object", Bucket="pets", Key="k") == "done"


def test_the_notebook_does_not_come_through_the_endpoint(lab: LiveRegion, name: str) -> None:
    lab.client("s3").put_object(Bucket="pets", Key="of-the-notebook", Body=b"x")


def test_interface_endpoints(lab: LiveRegion, net: Net, name: str) -> None:
    group = net.group("policed")
    rule: dict[str, Any] = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
    rule["UserIdGroupPairs"] = [{"GroupId": net.ids["sg"]}]
    net.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
    allowed = {"Effect": "Allow", "Principal": "*", "Action": "*"}
    for service, arn in (("sqs", "*:yes"), ("dynamodb", "*:table/yes")):
        net.ec2.create_vpc_endpoint(
            VpcId=net.ids["vpc"],
            VpcEndpointType="Interface",
            ServiceName=f"com.amazonaws.us-east-1.{service}",
            SubnetIds=[net.ids["data"]],
            SecurityGroupIds=[group],
            PrivateDnsEnabled=True,
            PolicyDocument=json.dumps({"Statement": [{**allowed, "Resource": arn}]}),
        )
    assert call(lab, name, "sqs", "create_queue", QueueName="yes") == "done"
    assert call(lab, name, "sqs", "create_queue", QueueName="no")[:1] == [403]
    refused = call(lab, name, "dynamodb", "describe_table", TableName="no")
    assert refused[0] == 400
    assert "AccessDeniedException" in refused
