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


NETWORK: dict[str, Any] = {
    "Vpc": {
        "Type": "AWS::EC2::VPC",
        "Properties": {
            "CidrBlock": "10.9.0.0/16",
            "EnableDnsHostnames": "true",
            "EnableDnsSupport": True,
        },
    },
    "Subnet": {
        "Type": "AWS::EC2::Subnet",
        "Properties": {
            "VpcId": {"Ref": "Vpc"},
            "CidrBlock": {"Fn::Select": [1, {"Fn::Cidr": ["10.9.0.0/16", 2, "8"]}]},
            "AvailabilityZone": {"Fn::Select": ["1", {"Fn::GetAZs": {"Ref": "AWS::Region"}}]},
            "MapPublicIpOnLaunch": True,
        },
    },
    "Gateway": {
        "Type": "AWS::EC2::InternetGateway",
        "Properties": {"Tags": [{"Key": "of", "Value": "stack"}]},
    },
    "Attachment": {
        "Type": "AWS::EC2::VPCGatewayAttachment",
        "Properties": {"VpcId": {"Ref": "Vpc"}, "InternetGatewayId": {"Ref": "Gateway"}},
    },
    "Address": {
        "Type": "AWS::EC2::EIP",
        "DependsOn": "Attachment",
        "Properties": {"Domain": "vpc"},
    },
    "Nat": {
        "Type": "AWS::EC2::NatGateway",
        "Properties": {
            "AllocationId": {"Fn::GetAtt": "Address.AllocationId"},
            "SubnetId": {"Ref": "Subnet"},
        },
    },
    "Table": {"Type": "AWS::EC2::RouteTable", "Properties": {"VpcId": {"Ref": "Vpc"}}},
    "Route": {
        "Type": "AWS::EC2::Route",
        "Properties": {
            "RouteTableId": {"Ref": "Table"},
            "DestinationCidrBlock": "0.0.0.0/0",
            "NatGatewayId": {"Ref": "Nat"},
        },
    },
    "Association": {
        "Type": "AWS::EC2::SubnetRouteTableAssociation",
        "Properties": {"RouteTableId": {"Ref": "Table"}, "SubnetId": {"Ref": "Subnet"}},
    },
    "Group": {
        "Type": "AWS::EC2::SecurityGroup",
        "Properties": {
            "GroupDescription": "of the stack",
            "VpcId": {"Ref": "Vpc"},
            "SecurityGroupIngress": [{"IpProtocol": "-1", "CidrIpv6": "::/0"}],
            "SecurityGroupEgress": [
                {"IpProtocol": "tcp", "FromPort": "443", "ToPort": 443, "CidrIp": "10.0.0.0/8"}
            ],
        },
    },
}


def test_a_network_is_made_as_described_and_goes_with_its_stack(lab: LiveRegion) -> None:
    stacks, ec2, name = lab.client("cloudformation"), lab.client("ec2"), "whole-network"
    before = state_of(ec2)
    told = {key: {"Value": {"Ref": key}} for key in ("Vpc", "Subnet")}
    body = json.dumps({"Resources": NETWORK, "Outputs": told})
    stacks.create_stack(StackName=name, TemplateBody=body)
    (stack,) = stacks.describe_stacks(StackName=name)["Stacks"]
    made = {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}
    hostnames = ec2.describe_vpc_attribute(VpcId=made["Vpc"], Attribute="enableDnsHostnames")
    assert hostnames["EnableDnsHostnames"] == {"Value": True}
    (subnet,) = ec2.describe_subnets(SubnetIds=[made["Subnet"]])["Subnets"]
    assert (subnet["CidrBlock"], subnet["AvailabilityZone"]) == ("10.9.1.0/24", "us-east-1b")
    assert subnet["MapPublicIpOnLaunch"] is True
    here = [{"Name": "vpc-id", "Values": [made["Vpc"]]}]
    groups = ec2.describe_security_groups(Filters=here)["SecurityGroups"]
    (group,) = (one for one in groups if one["Description"] == "of the stack")
    (way_in,), (way_out,) = group["IpPermissions"], group["IpPermissionsEgress"]
    assert [one["CidrIpv6"] for one in way_in["Ipv6Ranges"]] == ["::/0"]
    assert (way_out["FromPort"], way_out["IpRanges"]) == (443, [{"CidrIp": "10.0.0.0/8"}])
    marked = [{"Name": "tag:of", "Values": ["stack"]}]
    assert len(ec2.describe_internet_gateways(Filters=marked)["InternetGateways"]) == 1
    stacks.delete_stack(StackName=name)
    assert state_of(ec2) == before


def state_of(ec2: Any) -> list[int]:
    nats = ec2.describe_nat_gateways()["NatGateways"]
    return [
        len(ec2.describe_vpcs()["Vpcs"]),
        len(ec2.describe_subnets()["Subnets"]),
        len(ec2.describe_internet_gateways()["InternetGateways"]),
        len(ec2.describe_route_tables()["RouteTables"]),
        len(ec2.describe_security_groups()["SecurityGroups"]),
        len(ec2.describe_addresses()["Addresses"]),
        len([one for one in nats if one["State"] != "deleted"]),
    ]
