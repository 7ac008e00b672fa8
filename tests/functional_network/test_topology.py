"""Networks made with boto3 in a region, read back, and asked what a function in them reaches."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any

import pytest

from built_networks import described_by_boto3
from lambda_lab.aws.ec2_topology import describe_network
from lambda_lab.network.components import network
from lambda_lab.network.databases import Database
from lambda_lab.network.destinations import (
    At,
    AwsService,
    Destination,
    EndpointName,
    Instance,
    Internet,
)
from lambda_lab.network.reach import reach
from lambda_lab.network.reading import region_topology, topology_from
from lambda_lab.network.sources import Source
from lambda_lab.network.topology import Topology
from lambda_lab.network.verdict import Verdict
from live_region import LiveRegion

REGION = "us-east-1"
WEB = Internet()
WEB6 = Internet("six.example.com", ("2606:2800::1",))


@dataclass
class Net:
    """A VPC with a public, a private and a data subnet, as people make them."""

    ec2: Any
    number: int
    ids: dict[str, str] = field(default_factory=dict)

    def make(self) -> Net:
        ec2, ids = self.ec2, self.ids
        made = ec2.create_vpc(
            CidrBlock=f"10.{self.number}.0.0/16", AmazonProvidedIpv6CidrBlock=True
        )
        ids["vpc"] = made["Vpc"]["VpcId"]
        for place, name in enumerate(("public", "private", "data")):
            ids[name] = ec2.create_subnet(
                VpcId=ids["vpc"],
                CidrBlock=f"10.{self.number}.{place}.0/24",
                AvailabilityZone=f"us-east-1{'abc'[place]}",
            )["Subnet"]["SubnetId"]
            table = ec2.create_route_table(VpcId=ids["vpc"])["RouteTable"]["RouteTableId"]
            ec2.associate_route_table(RouteTableId=table, SubnetId=ids[name])
            ids[f"rtb-{name}"] = table
        ids["igw"] = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        ec2.attach_internet_gateway(InternetGatewayId=ids["igw"], VpcId=ids["vpc"])
        self.route("public", "0.0.0.0/0", GatewayId=ids["igw"])
        for name in ("sg-function", "sg-data"):
            ids[name] = ec2.create_security_group(
                GroupName=name, Description=name, VpcId=ids["vpc"]
            )["GroupId"]
        return self

    def route(self, table: str, destination: str, **target: str) -> None:
        name = "DestinationIpv6CidrBlock" if ":" in destination else "DestinationCidrBlock"
        self.ec2.create_route(
            RouteTableId=self.ids[f"rtb-{table}"], **{name: destination}, **target
        )

    def nat(self, subnet: str = "public") -> str:
        address = self.ec2.allocate_address(Domain="vpc")
        made = self.ec2.create_nat_gateway(
            SubnetId=self.ids[subnet], AllocationId=address["AllocationId"]
        )
        name = str(made["NatGateway"]["NatGatewayId"])
        self.ids["nat"], self.ids["nat-address"] = name, address["PublicIp"]
        self.route("private", "0.0.0.0/0", NatGatewayId=name)
        return name

    def endpoint(self, service: str, kind: str, **more: Any) -> str:
        made = self.ec2.create_vpc_endpoint(
            VpcId=self.ids["vpc"],
            ServiceName=f"com.amazonaws.{REGION}.{service}",
            VpcEndpointType=kind,
            **more,
        )
        return str(made["VpcEndpoint"]["VpcEndpointId"])

    def allow(self, group: str, port: int, **peer: Any) -> None:
        permission = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **peer}
        self.ec2.authorize_security_group_ingress(
            GroupId=self.ids[group], IpPermissions=[permission]
        )

    def ask(
        self, destination: Destination, port: int = 443, subnet: str = "private", **more: Any
    ) -> Verdict:
        config = {
            "SubnetIds": [self.ids[subnet]],
            "SecurityGroupIds": [self.ids["sg-function"]],
            **more,
        }
        return reach(region_topology(REGION), Source.of(config), destination, port)

    def code(self, destination: Destination, port: int = 443, **more: Any) -> tuple[Any, Any]:
        got = self.ask(destination, port, **more)
        return got.code, got.failing.component if got.failing else None


_numbers = iter(range(10, 200))


@pytest.fixture
def ec2(lab: LiveRegion) -> Any:
    return lab.client("ec2")


@pytest.fixture
def net(ec2: Any) -> Iterator[Net]:
    return Net(ec2, next(_numbers)).make()


NO_WAY = ("NO_ROUTE_TO_DESTINATION", None)
WORKS = (None, None)


def test_nat_gateway_from_a_private_subnet(net: Net) -> None:
    assert net.code(WEB) == ("NO_ROUTE_TO_DESTINATION", net.ids["rtb-private"])
    nat = net.nat()
    got = net.ask(WEB)
    assert got.reachable, got.sentences()
    assert got.via == (nat, net.ids["igw"])
    assert str(got.seen_from) == net.ids["nat-address"]
    assert net.code(WEB, subnet="public") == (
        "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS",
        net.ids["igw"],
    )


def test_deleting_the_nat_gateway_makes_a_blackhole(net: Net) -> None:
    nat = net.nat()
    net.ec2.delete_nat_gateway(NatGatewayId=nat)
    (table,) = net.ec2.describe_route_tables(RouteTableIds=[net.ids["rtb-private"]])["RouteTables"]
    (route,) = [one for one in table["Routes"] if one.get("NatGatewayId")]
    assert route["State"] == "blackhole"
    assert net.code(WEB) == ("BAD_STATE_ROUTE", net.ids["rtb-private"])


def test_a_nat_gateway_in_a_private_subnet(net: Net) -> None:
    net.nat("data")
    assert net.code(WEB) == ("NO_ROUTE_TO_DESTINATION", net.ids["rtb-data"])


def test_detaching_the_internet_gateway(net: Net) -> None:
    net.nat()
    net.ec2.detach_internet_gateway(InternetGatewayId=net.ids["igw"], VpcId=net.ids["vpc"])
    assert net.code(WEB) == ("BAD_STATE_ROUTE", net.ids["rtb-public"])


def test_the_interface_of_a_nat_gateway_is_in_its_subnet(net: Net) -> None:
    nat = net.nat()
    got = net.ec2.describe_network_interfaces(
        Filters=[{"Name": "subnet-id", "Values": [net.ids["public"]]}]
    )["NetworkInterfaces"]
    assert [one["InterfaceType"] for one in got] == ["nat_gateway"]
    assert got[0]["PrivateIpAddress"] == f"10.{net.number}.0.4"
    assert got[0]["Description"] == f"Interface for NAT Gateway {nat}"


def test_groups_that_name_each_other(net: Net) -> None:
    database = Database("orders", (net.ids["data"],), (net.ids["sg-data"],))
    assert net.code(database, 5432) == ("SG_HAS_NO_RULES", net.ids["sg-data"])
    net.allow("sg-data", 5432, UserIdGroupPairs=[{"GroupId": net.ids["sg-function"]}])
    got = net.ask(database, 5432)
    assert got.reachable, got.sentences()
    rule = f"{net.ids['sg-data']} ingress tcp 5432 from {net.ids['sg-function']}"
    assert rule in [hop.rule for hop in got.hops]
    assert net.code(database, 3306) == ("ENI_SG_RULES_MISMATCH", net.ids["sg-data"])


def test_taking_the_egress_rule_away(net: Net) -> None:
    net.nat()
    (group,) = net.ec2.describe_security_groups(GroupIds=[net.ids["sg-function"]])["SecurityGroups"]
    net.ec2.revoke_security_group_egress(
        GroupId=net.ids["sg-function"], IpPermissions=group["IpPermissionsEgress"]
    )
    assert net.code(WEB) == ("SG_HAS_NO_RULES", net.ids["sg-function"])
    everywhere = [{"CidrIp": "0.0.0.0/0"}]
    permission = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": everywhere}
    net.ec2.authorize_security_group_egress(
        GroupId=net.ids["sg-function"], IpPermissions=[permission]
    )
    assert net.code(WEB) == WORKS
    assert net.code(WEB, 80) == ("ENI_SG_RULES_MISMATCH", net.ids["sg-function"])


def acl_for(net: Net, subnet: str) -> str:
    """Put a new network ACL on a subnet."""
    name = net.ec2.create_network_acl(VpcId=net.ids["vpc"])["NetworkAcl"]["NetworkAclId"]
    found = net.ec2.describe_network_acls(
        Filters=[{"Name": "association.subnet-id", "Values": [net.ids[subnet]]}]
    )["NetworkAcls"]
    (association,) = [
        one["NetworkAclAssociationId"]
        for acl in found
        for one in acl["Associations"]
        if one["SubnetId"] == net.ids[subnet]
    ]
    net.ec2.replace_network_acl_association(AssociationId=association, NetworkAclId=name)
    return str(name)


def entry(net: Net, acl: str, number: int, egress: bool, ports: tuple[int, int]) -> None:
    net.ec2.create_network_acl_entry(
        NetworkAclId=acl,
        RuleNumber=number,
        Egress=egress,
        Protocol="6",
        RuleAction="allow",
        CidrBlock="0.0.0.0/0",
        PortRange={"From": ports[0], "To": ports[1]},
    )


def test_a_network_acl_needs_both_ways(net: Net) -> None:
    net.nat()
    acl = acl_for(net, "private")
    assert net.code(WEB) == ("SUBNET_ACL_RESTRICTION", acl)
    entry(net, acl, 100, True, (443, 443))
    got = net.ask(WEB)
    assert got.reason is not None
    assert (got.code, got.reason.back, got.reason.direction) == (
        "SUBNET_ACL_RESTRICTION",
        True,
        "ingress",
    )
    entry(net, acl, 100, False, (1024, 65535))
    assert net.code(WEB) == WORKS


def test_a_gateway_endpoint_and_its_policy(net: Net) -> None:
    assert net.code(AwsService("s3")) == ("NO_ROUTE_TO_DESTINATION", net.ids["rtb-private"])
    name = net.endpoint("s3", "Gateway", RouteTableIds=[net.ids["rtb-private"]])
    got = net.ask(AwsService("s3", action="s3:GetObject", resource="arn:aws:s3:::b/k"))
    assert (got.reachable, got.via) == (True, (name,)), got.sentences()
    assert net.code(AwsService("s3", "eu-west-1"))[0] == "NO_ROUTE_TO_DESTINATION"
    only = {"Effect": "Allow", "Principal": "*", "Action": "s3:List*", "Resource": "*"}
    net.ec2.modify_vpc_endpoint(
        VpcEndpointId=name, PolicyDocument=json.dumps({"Statement": [only]})
    )
    got = net.ask(AwsService("s3", action="s3:GetObject", resource="arn:aws:s3:::b/k"))
    assert (got.reachable, got.shows) == (False, "denied")


def test_a_gateway_endpoint_is_put_into_another_table(net: Net) -> None:
    name = net.endpoint("dynamodb", "Gateway", RouteTableIds=[net.ids["rtb-private"]])
    assert net.ask(AwsService("dynamodb")).via == (name,)
    net.ec2.modify_vpc_endpoint(
        VpcEndpointId=name,
        AddRouteTableIds=[net.ids["rtb-data"]],
        RemoveRouteTableIds=[net.ids["rtb-private"]],
    )
    assert not net.ask(AwsService("dynamodb")).reachable
    assert net.ask(AwsService("dynamodb"), subnet="data").via == (name,)
    net.ec2.delete_vpc_endpoints(VpcEndpointIds=[name])
    assert not net.ask(AwsService("dynamodb"), subnet="data").reachable


def names_on(net: Net) -> None:
    for name in ("EnableDnsSupport", "EnableDnsHostnames"):
        net.ec2.modify_vpc_attribute(VpcId=net.ids["vpc"], **{name: {"Value": True}})


def test_an_interface_endpoint(net: Net) -> None:
    names_on(net)
    name = net.endpoint(
        "sqs",
        "Interface",
        SubnetIds=[net.ids["data"]],
        SecurityGroupIds=[net.ids["sg-data"]],
        PrivateDnsEnabled=True,
    )
    assert net.code(AwsService("sqs")) == ("SG_HAS_NO_RULES", net.ids["sg-data"])
    net.allow("sg-data", 443, IpRanges=[{"CidrIp": f"10.{net.number}.0.0/16"}])
    got = net.ask(AwsService("sqs"))
    assert got.reachable, got.sentences()
    assert got.address == ip_address(f"10.{net.number}.2.4")
    assert net.ask(EndpointName(name)).reachable
    net.ec2.modify_vpc_endpoint(VpcEndpointId=name, PrivateDnsEnabled=False)
    assert net.code(AwsService("sqs"))[0] == "NO_ROUTE_TO_DESTINATION"
    net.ec2.modify_vpc_endpoint(VpcEndpointId=name, AddSubnetIds=[net.ids["private"]])
    (endpoint,) = net.ec2.describe_vpc_endpoints(VpcEndpointIds=[name])["VpcEndpoints"]
    assert len(endpoint["NetworkInterfaceIds"]) == 2


def test_names_are_switched_off(net: Net) -> None:
    net.nat()
    net.ec2.modify_vpc_attribute(VpcId=net.ids["vpc"], EnableDnsSupport={"Value": False})
    got = net.ask(WEB)
    assert (got.code, got.shows) == (None, "dns")
    assert net.ask(At("203.0.113.10")).reachable, "an address needs no name"


def test_ipv6_by_an_egress_only_gateway(net: Net) -> None:
    (vpc,) = net.ec2.describe_vpcs(VpcIds=[net.ids["vpc"]])["Vpcs"]
    block = network(vpc["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"])
    six = next(iter(block.subnets(new_prefix=64)))
    net.ec2.associate_subnet_cidr_block(SubnetId=net.ids["private"], Ipv6CidrBlock=str(six))
    made = net.ec2.create_egress_only_internet_gateway(VpcId=net.ids["vpc"])
    gate = made["EgressOnlyInternetGateway"]["EgressOnlyInternetGatewayId"]
    net.route("private", "::/0", EgressOnlyInternetGatewayId=gate)
    assert net.ask(WEB6).shows == "unreachable"
    got = net.ask(WEB6, Ipv6AllowedForDualStack=True)
    assert (got.reachable, got.via) == (True, (gate,)), got.sentences()
    assert got.seen_from is not None
    assert got.seen_from in six
    net.ec2.delete_egress_only_internet_gateway(EgressOnlyInternetGatewayId=gate)
    assert net.code(WEB6, Ipv6AllowedForDualStack=True)[0] == "BAD_STATE_ROUTE"


def test_peering(net: Net, ec2: Any) -> None:
    other = Net(ec2, next(_numbers)).make()
    made = ec2.create_vpc_peering_connection(VpcId=net.ids["vpc"], PeerVpcId=other.ids["vpc"])
    name = made["VpcPeeringConnection"]["VpcPeeringConnectionId"]
    there = ec2.create_network_interface(
        SubnetId=other.ids["data"], Groups=[other.ids["sg-data"]]
    )["NetworkInterface"]  # fmt: skip
    other.allow("sg-data", 80, UserIdGroupPairs=[{"GroupId": net.ids["sg-function"]}])
    net.route("private", f"10.{other.number}.0.0/16", VpcPeeringConnectionId=name)
    to = Instance(there["NetworkInterfaceId"])
    assert net.code(to, 80) == ("BAD_STATE_ROUTE", net.ids["rtb-private"])
    ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=name)
    got = net.ask(to, 80)
    assert got.reason is not None
    assert (got.code, got.reason.back) == ("NO_ROUTE_TO_DESTINATION", True)
    other.route("data", f"10.{net.number}.0.0/16", VpcPeeringConnectionId=name)
    assert net.ask(to, 80).via == (name,)
    ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=name)
    assert net.code(to, 80) == ("BAD_STATE_ROUTE", net.ids["rtb-private"])


def test_a_customer_prefix_list_in_a_rule_and_a_route(net: Net) -> None:
    net.nat()
    made = net.ec2.create_managed_prefix_list(
        PrefixListName="partners",
        AddressFamily="IPv4",
        MaxEntries=5,
        Entries=[{"Cidr": "203.0.113.0/24"}],
    )["PrefixList"]["PrefixListId"]
    (group,) = net.ec2.describe_security_groups(GroupIds=[net.ids["sg-function"]])["SecurityGroups"]
    net.ec2.revoke_security_group_egress(
        GroupId=net.ids["sg-function"], IpPermissions=group["IpPermissionsEgress"]
    )
    listed = [{"PrefixListId": made}]
    permission = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "PrefixListIds": listed}
    net.ec2.authorize_security_group_egress(
        GroupId=net.ids["sg-function"], IpPermissions=[permission]
    )
    assert net.code(WEB) == WORKS
    assert net.code(At("198.18.0.1"))[0] == "ENI_SG_RULES_MISMATCH"
    net.ec2.modify_managed_prefix_list(
        PrefixListId=made, CurrentVersion=1, RemoveEntries=[{"Cidr": "203.0.113.0/24"}]
    )
    assert net.code(WEB)[0] == "ENI_SG_RULES_MISMATCH"


def test_the_default_vpc_has_public_subnets(ec2: Any) -> None:
    (vpc,) = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
    mine = [{"Name": "vpc-id", "Values": [vpc["VpcId"]]}]
    subnet = ec2.describe_subnets(Filters=mine)["Subnets"][0]["SubnetId"]
    group = ec2.describe_security_groups(Filters=mine)["SecurityGroups"][0]["GroupId"]
    source = Source.of({"SubnetIds": [subnet], "SecurityGroupIds": [group]})
    got = reach(region_topology(REGION), source, WEB, 443)
    assert got.code == "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS", got.sentences()


def test_an_instance_by_its_id(net: Net) -> None:
    net.allow("sg-data", 22, UserIdGroupPairs=[{"GroupId": net.ids["sg-function"]}])
    (made,) = net.ec2.run_instances(
        ImageId="ami-12c6146b",
        MinCount=1,
        MaxCount=1,
        SubnetId=net.ids["data"],
        SecurityGroupIds=[net.ids["sg-data"]],
    )["Instances"]
    got = net.ask(Instance(made["InstanceId"]), 22)
    assert got.reachable, got.sentences()
    assert str(got.address) == made["PrivateIpAddress"]


def test_what_is_read_is_what_clients_are_told(net: Net) -> None:
    names_on(net)
    net.nat()
    net.endpoint("s3", "Gateway", RouteTableIds=[net.ids["rtb-private"]])
    net.endpoint("sns", "Interface", SubnetIds=[net.ids["data"]])
    read = region_topology(REGION)
    told = topology_from(described_by_boto3(net.ec2), REGION)
    for kind in Topology.__dataclass_fields__:
        assert normal(getattr(read, kind)) == normal(getattr(told, kind)), kind


def normal(parts: Any) -> Any:
    """Return components in the order of their ids, and what they list in some order."""
    if isinstance(parts, str):
        return parts
    return sorted(repr_sorted(one) for one in parts)


def repr_sorted(component: Any) -> str:
    values = {}
    for name in component.__dataclass_fields__:
        value = getattr(component, name)
        values[name] = sorted(map(repr, value)) if isinstance(value, tuple) else repr(value)
    return repr(values)


def test_a_region_without_anything_is_read() -> None:
    assert describe_network("eu-central-1")["Vpcs"]
    assert region_topology("eu-central-1").vpcs
