"""Networks, roles and interfaces for the tests of functions in a VPC."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from live_region import LiveRegion

HELLO = "def handler(event, context): return 'hello'"
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Network:
    """A VPC of a test's own, with subnets and security groups."""

    ec2: Any
    vpc: str
    number: int

    def subnet(self, place: int = 0, *, size: int = 24, **more: Any) -> str:
        block = f"10.{self.number}.{place}.0/{size}"
        made = self.ec2.create_subnet(VpcId=self.vpc, CidrBlock=block, **more)
        return str(made["Subnet"]["SubnetId"])

    def group(self, name: str = "app") -> str:
        made = self.ec2.create_security_group(GroupName=name, Description=name, VpcId=self.vpc)
        return str(made["GroupId"])

    def interfaces(self) -> list[dict[str, Any]]:
        """Return what EC2 says of Lambda's interfaces in the VPC."""
        found = self.ec2.describe_network_interfaces(
            Filters=[
                {"Name": "vpc-id", "Values": [self.vpc]},
                {"Name": "interface-type", "Values": ["lambda"]},
            ]
        )
        return list(found["NetworkInterfaces"])


def network(lab: LiveRegion, **more: Any) -> Network:
    """Make a VPC with a block of its own."""
    ec2, number = lab.client("ec2"), next(_numbers)
    made = ec2.create_vpc(CidrBlock=f"10.{number}.0.0/16", **more)
    return Network(ec2, made["Vpc"]["VpcId"], number)


def vpc(*subnets: str, groups: list[str], **more: Any) -> dict[str, Any]:
    """Return a ``VpcConfig``."""
    return {"SubnetIds": list(subnets), "SecurityGroupIds": groups, **more}


def refused(call: Any, **params: Any) -> tuple[int, str, str]:
    """Return the status, the code and the text with which *call* is refused."""
    with pytest.raises(ClientError) as caught:
        call(**params)
    answer: Any = caught.value.response
    error = answer["Error"]
    return answer["ResponseMetadata"]["HTTPStatusCode"], error["Code"], error["Message"]


def state(lab: LiveRegion, name: str) -> dict[str, Any]:
    """Return what a function's configuration says of its state."""
    found = lab.lam.get_function_configuration(FunctionName=name)
    return {
        key: value for key, value in found.items() if key.startswith(("State", "LastUpdateStatus"))
    }


def role(lab: LiveRegion, name: str, *statements: dict[str, Any]) -> str:
    """Make an execution role with one inline policy."""
    iam = lab.client("iam")
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps({"Statement": trust}))
    policy = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    iam.put_role_policy(RoleName=name, PolicyName="inline", PolicyDocument=policy)
    return str(made["Role"]["Arn"])
