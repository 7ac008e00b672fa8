"""What ``aws/ec2_seam.py`` uses and replaces of moto's, name by name and fault by fault.

The second half shows each fault of moto's without the seam. When one is mended there, its test
fails: then the replacement can go.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from lambda_lab.aws.ec2_seam import MENDED, Route, ec2_backend, free_address, true_networks
from repository import PACKAGE

REGION = "us-east-1"
PARAMETERS = {
    "create_network_interface": "self subnet private_ip_address private_ip_addresses",
    "create_nat_gateway": "self subnet_id allocation_id tags connectivity_type",
    "delete_nat_gateway": "self nat_gateway_id",
    "create_vpc_endpoint": "self vpc_id service_name endpoint_type policy_document",
    "modify_vpc_endpoint": "self vpc_id policy_doc",
    "add_default_entries": "self network_acl_id",
    "associate_vpc_cidr_block": "self vpc_id cidr_block amazon_provided_ipv6_cidr_block",
    "create_vpc": "self cidr_block",
    "create_default_vpc": "self",
}
USED = {
    "moto.ec2.exceptions.EC2ClientError",
    "moto.ec2.models.ec2_backends",
    "moto.ec2.models.elastic_network_interfaces.NetworkInterfaceBackend",
    "moto.ec2.models.nat_gateways.NatGatewayBackend",
    "moto.ec2.models.network_acls.NetworkAclBackend",
    "moto.ec2.models.route_tables.Route",
    "moto.ec2.models.vpcs.VPCBackend",
    "moto.ec2.responses.vpcs.VPCs",
}


def test_every_name_that_is_imported_is_known() -> None:
    tree = ast.parse((PACKAGE / "aws" / "ec2_seam.py").read_text("utf-8"))
    names = {
        f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("moto")
        for alias in node.names
    }
    assert names == USED


@pytest.mark.parametrize("row", MENDED, ids=lambda row: f"{row[0].__name__}.{row[1]}")
def test_what_is_replaced_takes_what_it_took(row: tuple[type, str, Any]) -> None:
    owner, name, _ = row
    wanted = ["self"] if owner.__name__ == "VPCs" else PARAMETERS[name].split()
    found = list(inspect.signature(vars(owner)[name]).parameters)
    assert found[: len(wanted)] == wanted


def test_all_is_put_back() -> None:
    before = [vars(owner)[name] for owner, name, _ in MENDED] + [vars(Route)["state"]]
    with true_networks():
        during = [vars(owner)[name] for owner, name, _ in MENDED] + [vars(Route)["state"]]
        assert all(old is not new for old, new in zip(before, during, strict=True))
    assert [vars(owner)[name] for owner, name, _ in MENDED] + [vars(Route)["state"]] == before


@pytest.fixture
def moto_alone() -> Iterator[Any]:
    with mock_aws():
        yield boto3.client("ec2", REGION)


@pytest.fixture
def mended() -> Iterator[Any]:
    with mock_aws(), true_networks():
        yield boto3.client("ec2", REGION)


def made(ec2: Any, block: str = "10.77.0.0/24") -> tuple[str, str]:
    vpc = ec2.create_vpc(CidrBlock="10.77.0.0/16", AmazonProvidedIpv6CidrBlock=True)["Vpc"]["VpcId"]
    return vpc, ec2.create_subnet(VpcId=vpc, CidrBlock=block)["Subnet"]["SubnetId"]


def nat(ec2: Any, subnet: str) -> Any:
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    return ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)["NatGateway"]


def endpoint(ec2: Any, vpc: str, **more: Any) -> Any:
    name = f"com.amazonaws.{REGION}.s3"
    return ec2.create_vpc_endpoint(VpcId=vpc, ServiceName=name, **more)["VpcEndpoint"]


def ipv6_rules(ec2: Any, vpc: str) -> list[int]:
    (acl,) = ec2.describe_network_acls(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["NetworkAcls"]
    return [one["RuleNumber"] for one in acl["Entries"] if one.get("Ipv6CidrBlock")]


def default_routes(ec2: Any) -> list[str]:
    vpc = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][0]
    mine = [{"Name": "vpc-id", "Values": [vpc["VpcId"]]}]
    (table,) = ec2.describe_route_tables(Filters=mine)["RouteTables"]
    return [one["DestinationCidrBlock"] for one in table["Routes"]]


def endpoint_routes(ec2: Any, table: str) -> list[Any]:
    (found,) = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"]
    return [one for one in found["Routes"] if one.get("DestinationPrefixListId")]


def route_to_nat(ec2: Any) -> Any:
    vpc, subnet = made(ec2)
    name = nat(ec2, subnet)["NatGatewayId"]
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=name)
    ec2.delete_nat_gateway(NatGatewayId=name)
    (found,) = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"]
    return next(one for one in found["Routes"] if one.get("NatGatewayId"))


def test_moto_leaves_a_route_active(moto_alone: Any) -> None:
    assert route_to_nat(moto_alone)["State"] == "active"


def test_a_route_becomes_a_blackhole(mended: Any) -> None:
    assert route_to_nat(mended)["State"] == "blackhole"


def test_moto_has_no_rule_for_ipv6_and_no_way_out_of_the_default_vpc(moto_alone: Any) -> None:
    assert ipv6_rules(moto_alone, made(moto_alone)[0]) == []
    assert default_routes(moto_alone) == ["172.31.0.0/16"]


def test_defaults_are_as_on_aws(mended: Any) -> None:
    vpc, _ = made(mended)
    assert sorted(ipv6_rules(mended, vpc)) == [101, 101, 32768, 32768]
    later = mended.create_vpc(CidrBlock="10.78.0.0/16")["Vpc"]["VpcId"]
    assert ipv6_rules(mended, later) == []
    mended.associate_vpc_cidr_block(VpcId=later, AmazonProvidedIpv6CidrBlock=True)
    assert sorted(ipv6_rules(mended, later)) == [101, 101, 32768, 32768]
    assert default_routes(mended) == ["172.31.0.0/16", "0.0.0.0/0"]


def let_in(ec2: Any, vpc: str) -> list[Any]:
    """Return the rules of a VPC's default group."""
    named = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": ["default"]}]
    (group,) = ec2.describe_security_groups(Filters=named)["SecurityGroups"]
    rules: list[Any] = group["IpPermissions"]
    return rules


def test_moto_lets_nothing_into_a_default_group(moto_alone: Any) -> None:
    assert let_in(moto_alone, made(moto_alone)[0]) == []


def test_a_default_group_takes_what_its_own_members_send(mended: Any) -> None:
    here = mended.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
    for vpc in (made(mended)[0], here[0]["VpcId"]):
        (rule,) = let_in(mended, vpc)
        (pair,) = rule["UserIdGroupPairs"]
        assert rule["IpProtocol"] == "-1"
        assert not rule["IpRanges"]
        assert mended.describe_security_groups(GroupIds=[pair["GroupId"]])["SecurityGroups"]


def test_moto_changes_no_route_with_an_endpoint(moto_alone: Any) -> None:
    vpc, _ = made(moto_alone)
    table = moto_alone.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    name = endpoint(moto_alone, vpc, VpcEndpointType="Gateway")["VpcEndpointId"]
    moto_alone.modify_vpc_endpoint(VpcEndpointId=name, AddRouteTableIds=[table])
    assert endpoint_routes(moto_alone, table) == []


def test_an_endpoint_without_a_type_is_a_gateway_endpoint(mended: Any) -> None:
    vpc, _ = made(mended)
    table = mended.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    name = endpoint(mended, vpc, RouteTableIds=[table])["VpcEndpointId"]
    assert len(endpoint_routes(mended, table)) == 1
    mended.delete_vpc_endpoints(VpcEndpointIds=[name])
    assert endpoint_routes(mended, table) == []


def test_moto_puts_an_endpoints_interface_anywhere(moto_alone: Any) -> None:
    vpc, subnet = made(moto_alone)
    (name,) = endpoint(moto_alone, vpc, VpcEndpointType="Interface", SubnetIds=[subnet])[
        "NetworkInterfaceIds"
    ]
    (found,) = moto_alone.describe_network_interfaces(NetworkInterfaceIds=[name])[
        "NetworkInterfaces"
    ]
    # One in 65,536 of moto's random addresses would be inside by chance.
    assert found["InterfaceType"] == "interface"


def test_interfaces_get_the_lowest_free_address(mended: Any) -> None:
    vpc, subnet = made(mended)
    group = mended.create_security_group(GroupName="g", Description="g", VpcId=vpc)["GroupId"]
    more = {"VpcEndpointType": "Interface", "SubnetIds": [subnet], "SecurityGroupIds": [group]}
    (name,) = endpoint(mended, vpc, **more)["NetworkInterfaceIds"]
    (found,) = mended.describe_network_interfaces(NetworkInterfaceIds=[name])["NetworkInterfaces"]
    assert ip_address(found["PrivateIpAddress"]) in ip_network("10.77.0.0/24")
    assert found["PrivateIpAddress"] == "10.77.0.4"
    assert [one["GroupId"] for one in found["Groups"]] == [group]
    assert found["InterfaceType"] == "vpc_endpoint"
    assert nat(mended, subnet)["NatGatewayAddresses"][0]["PrivateIp"] == "10.77.0.5"


def test_a_subnet_runs_out_of_addresses(mended: Any) -> None:
    _, subnet = made(mended, "10.77.1.0/28")
    for place in range(11):
        got = mended.create_network_interface(SubnetId=subnet)["NetworkInterface"]
        assert got["PrivateIpAddress"] == f"10.77.1.{4 + place}"
    backend = ec2_backends_of(mended)
    assert free_address(backend, backend.get_subnet(subnet)) is None
    with pytest.raises(ClientError, match="does not have enough free addresses"):
        mended.create_network_interface(SubnetId=subnet)


def ec2_backends_of(client: Any) -> Any:
    assert client.meta.region_name == REGION
    return ec2_backend(REGION)
