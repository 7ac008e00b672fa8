"""Functions in a VPC that a CloudFormation template describes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from live_region import LiveRegion
from vpc_tools import HELLO, Network, network, vpc


def template(lab: LiveRegion, subnets: list[Any], groups: list[Any], **more: Any) -> str:
    function = {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "FunctionName": "stacked",
            "Role": lab.role,
            "Runtime": "python3.14",
            "Handler": "index.handler",
            "Code": {"ZipFile": "def handler(event, context):\n    return 'stacked'\n"},
            "VpcConfig": {
                "SubnetIds": subnets,
                "SecurityGroupIds": groups,
                "Ipv6AllowedForDualStack": "false",
            },
        },
    }
    return json.dumps({"Resources": {"Function": function, **more}})


def own_parts(net: Network) -> dict[str, Any]:
    return {
        "Subnet": {
            "Type": "AWS::EC2::Subnet",
            "Properties": {"VpcId": net.vpc, "CidrBlock": f"10.{net.number}.7.0/24"},
        },
        "Group": {
            "Type": "AWS::EC2::SecurityGroup",
            "Properties": {"VpcId": net.vpc, "GroupDescription": "of the stack"},
        },
    }


def test_a_stack_makes_changes_and_takes_away(lab: LiveRegion) -> None:
    net, formation = network(lab), lab.client("cloudformation")
    group = {"Fn::GetAtt": ["Group", "GroupId"]}
    body = template(lab, [{"Ref": "Subnet"}], [group], **own_parts(net))
    formation.create_stack(StackName="s", TemplateBody=body)
    assert lab.call("stacked").value == "stacked"
    config = lab.lam.get_function_configuration(FunctionName="stacked")["VpcConfig"]
    assert config["VpcId"] == net.vpc
    assert [one["SubnetId"] for one in net.interfaces()] == config["SubnetIds"]
    other = net.subnet(3)
    body = template(lab, [other], [group], **own_parts(net))
    formation.update_stack(StackName="s", TemplateBody=body)
    config = lab.lam.get_function_configuration(FunctionName="stacked")["VpcConfig"]
    assert config["SubnetIds"] == [other]
    assert lab.call("stacked").value == "stacked"
    elsewhere = network(lab)
    gone = lab.deploy(HELLO, VpcConfig=vpc(elsewhere.subnet(), groups=[elsewhere.group()]))
    lab.lam.delete_function(FunctionName=gone)
    formation.delete_stack(StackName="s")
    # A stack waits for its own interfaces, so that its subnets can go, and for no others.
    assert net.interfaces() == []
    assert len(elsewhere.interfaces()) == 1
    left = net.ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [net.vpc]}])["Subnets"]
    assert [one["SubnetId"] for one in left] == [other]


def test_a_stack_fails_where_addresses_are_out(lab: LiveRegion) -> None:
    net = network(lab)
    small, group = net.subnet(0, size=28), net.group()
    for _ in range(11):
        net.ec2.create_network_interface(SubnetId=small)
    with pytest.raises(ClientError, match="no available IP addresses"):
        lab.client("cloudformation").create_stack(
            StackName="full", TemplateBody=template(lab, [small], [group])
        )
    with pytest.raises(lab.lam.exceptions.ResourceNotFoundException):
        lab.lam.get_function(FunctionName="stacked")
