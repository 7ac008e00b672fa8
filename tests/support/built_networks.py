"""Networks made with boto3, in which a function reaches all that it should."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from random import Random
from typing import Any

from lambda_lab.network.components import address
from lambda_lab.network.destinations import At, AwsService, Destination, Internet
from lambda_lab.network.reach import reach
from lambda_lab.network.sources import Source
from lambda_lab.network.topology import Topology
from lambda_lab.network.verdict import Verdict
from packet_walker import walk

__all__ = ["ALL", "ANY", "PORTS", "TARGETS", "BuiltNetwork", "described_by_boto3", "walked"]

ANY, WEB = "0.0.0.0/0", "203.0.113.10"
TARGETS = ("web", "s3", "sqs", "host", "peer")
"""What a function in a sound network reaches: by NAT, by both kinds of endpoint, in its VPC, and
in another one by a peering connection."""
PORTS = {"web": 80, "s3": 443, "sqs": 443, "host": 5432, "peer": 5432}
_numbers = itertools.count(100, 2)


def described_by_boto3(ec2: Any) -> dict[str, list[dict[str, Any]]]:
    """Ask the region itself for all of its networks, as a client does."""
    kinds = {
        "Vpcs": "vpcs",
        "Subnets": "subnets",
        "RouteTables": "route_tables",
        "InternetGateways": "internet_gateways",
        "EgressOnlyInternetGateways": "egress_only_internet_gateways",
        "NatGateways": "nat_gateways",
        "SecurityGroups": "security_groups",
        "NetworkAcls": "network_acls",
        "VpcEndpoints": "vpc_endpoints",
        "VpcPeeringConnections": "vpc_peering_connections",
        "PrefixLists": "managed_prefix_lists",
        "NetworkInterfaces": "network_interfaces",
    }
    got = {kind: list(getattr(ec2, f"describe_{name}")()[kind]) for kind, name in kinds.items()}
    for vpc in got["Vpcs"]:
        for name in ("EnableDnsSupport", "EnableDnsHostnames"):
            attribute = name[0].lower() + name[1:]
            answer = ec2.describe_vpc_attribute(VpcId=vpc["VpcId"], Attribute=attribute)
            vpc[name] = answer[name]["Value"]
    for one in got["PrefixLists"]:
        answer = ec2.get_managed_prefix_list_entries(PrefixListId=one["PrefixListId"])
        one["Entries"] = answer["Entries"]
    return got


def tcp(first: int, last: int | None = None, **peer: Any) -> list[dict[str, Any]]:
    """Return a permission of a security group."""
    return [{"IpProtocol": "tcp", "FromPort": first, "ToPort": last or first, **peer}]


def members(group: str) -> dict[str, Any]:
    return {"UserIdGroupPairs": [{"GroupId": group}]}


ALL = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": ANY}]}]


@dataclass
class BuiltNetwork:
    """Two peered VPCs, in one of which a function is to stand; everything it needs is there."""

    ec2: Any
    chance: Random
    number: int = field(default_factory=lambda: next(_numbers))
    ids: dict[str, str] = field(default_factory=dict)
    at: dict[str, str] = field(default_factory=dict)
    """Addresses of the hosts ``host`` and ``peer``."""

    def __post_init__(self) -> None:
        own_table = self.chance.random() < 0.5
        self._vpc("vpc", self.number)
        for place, name in enumerate(("public", "private", "data")):
            self._subnet(
                name, "vpc", f"10.{self.number}.{place}.0/24", name != "private" or own_table
            )
        if not own_table:
            self.ids["rtb-private"] = self._main_table("vpc")
        self._vpc("far", self.number + 1)
        self._subnet("there", "far", f"10.{self.number + 1}.0.0/24", True)
        self._acls()
        self._gateways()
        self._groups()
        self._hosts()
        self._endpoints()

    @property
    def config(self) -> dict[str, list[str]]:
        """The function's ``VpcConfig``."""
        return {
            "SubnetIds": [self.ids["private"]],
            "SecurityGroupIds": [self.ids["sg-function"]],
        }

    # -- building ------------------------------------------------------------------------------

    def _vpc(self, name: str, number: int) -> None:
        made = self.ec2.create_vpc(CidrBlock=f"10.{number}.0.0/16")["Vpc"]["VpcId"]
        for flag in ("EnableDnsHostnames", "EnableDnsSupport"):
            self.ec2.modify_vpc_attribute(VpcId=made, **{flag: {"Value": True}})
        self.ids[name] = made

    def _subnet(self, name: str, vpc: str, block: str, own_table: bool) -> None:
        made = self.ec2.create_subnet(VpcId=self.ids[vpc], CidrBlock=block)
        self.ids[name] = made["Subnet"]["SubnetId"]
        if own_table:
            table = self.ec2.create_route_table(VpcId=self.ids[vpc])["RouteTable"]["RouteTableId"]
            self.ec2.associate_route_table(RouteTableId=table, SubnetId=self.ids[name])
            self.ids[f"rtb-{name}"] = table

    def _main_table(self, vpc: str) -> str:
        wanted = [
            {"Name": "vpc-id", "Values": [self.ids[vpc]]},
            {"Name": "association.main", "Values": ["true"]},
        ]
        (table,) = self.ec2.describe_route_tables(Filters=wanted)["RouteTables"]
        return str(table["RouteTableId"])

    def _acls(self) -> None:
        """Give each subnet a network ACL of its own that lets all through."""
        for name in ("public", "private", "data"):
            made = self.ec2.create_network_acl(VpcId=self.ids["vpc"])["NetworkAcl"]
            acl = self.ids[f"acl-{name}"] = made["NetworkAclId"]
            for egress in (True, False):
                self.entry(name, 100, egress, "allow")
            wanted = [{"Name": "association.subnet-id", "Values": [self.ids[name]]}]
            (before,) = self.ec2.describe_network_acls(Filters=wanted)["NetworkAcls"]
            (mine,) = (
                one["NetworkAclAssociationId"]
                for one in before["Associations"]
                if one["SubnetId"] == self.ids[name]
            )
            self.ec2.replace_network_acl_association(AssociationId=mine, NetworkAclId=acl)

    def _gateways(self) -> None:
        made = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.ids["igw"] = made
        self.attach()
        self.route("public", ANY, GatewayId=made)
        self.add_nat("public")
        self.route("private", ANY, NatGatewayId=self.ids["nat"])
        asked = self.ec2.create_vpc_peering_connection(
            VpcId=self.ids["vpc"], PeerVpcId=self.ids["far"]
        )["VpcPeeringConnection"]["VpcPeeringConnectionId"]
        self.ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=asked)
        self.ids["pcx"] = asked
        self.route("private", f"10.{self.number + 1}.0.0/16", VpcPeeringConnectionId=asked)
        self.route("there", f"10.{self.number}.0.0/16", VpcPeeringConnectionId=asked)

    def _groups(self) -> None:
        for name, vpc in (
            ("function", "vpc"),
            ("host", "vpc"),
            ("endpoint", "vpc"),
            ("peer", "far"),
        ):
            made = self.ec2.create_security_group(
                GroupName=name, Description=name, VpcId=self.ids[vpc]
            )
            self.ids[f"sg-{name}"] = made["GroupId"]
        self.let_in("host", 5432, **members(self.ids["sg-function"]))
        self.let_in("endpoint", 443, **members(self.ids["sg-function"]))
        self.let_in("peer", 5432, IpRanges=[{"CidrIp": f"10.{self.number}.0.0/16"}])

    def _hosts(self) -> None:
        """Make interfaces with nobody behind them: who comes so far is refused at once."""
        for name, subnet in (("host", "data"), ("peer", "there")):
            made = self.ec2.create_network_interface(
                SubnetId=self.ids[subnet], Groups=[self.ids[f"sg-{name}"]]
            )["NetworkInterface"]
            self.ids[f"eni-{name}"] = made["NetworkInterfaceId"]
            self.at[name] = made["PrivateIpAddress"]

    def _endpoints(self) -> None:
        for service, settings in (
            ("s3", {"RouteTableIds": [self.ids["rtb-private"]]}),
            (
                "sqs",
                {
                    "VpcEndpointType": "Interface",
                    "SubnetIds": [self.ids["data"]],
                    "SecurityGroupIds": [self.ids["sg-endpoint"]],
                    "PrivateDnsEnabled": True,
                },
            ),
        ):
            made = self.ec2.create_vpc_endpoint(
                VpcId=self.ids["vpc"], ServiceName=f"com.amazonaws.us-east-1.{service}", **settings
            )
            self.ids[f"vpce-{service}"] = made["VpcEndpoint"]["VpcEndpointId"]

    # -- changing ------------------------------------------------------------------------------

    def entry(self, subnet: str, number: int, egress: bool, action: str, **more: Any) -> None:
        """Add a rule to a subnet's network ACL."""
        self.ec2.create_network_acl_entry(
            NetworkAclId=self.ids[f"acl-{subnet}"],
            RuleNumber=number,
            Egress=egress,
            RuleAction=action,
            **{"Protocol": "-1", "CidrBlock": ANY, **more},
        )

    def no_entry(self, subnet: str, number: int, egress: bool) -> None:
        self.ec2.delete_network_acl_entry(
            NetworkAclId=self.ids[f"acl-{subnet}"], RuleNumber=number, Egress=egress
        )

    def route(self, table: str, block: str, **target: str) -> None:
        self.ec2.create_route(
            RouteTableId=self.ids[f"rtb-{table}"], DestinationCidrBlock=block, **target
        )

    def no_route(self, table: str, block: str) -> None:
        self.ec2.delete_route(RouteTableId=self.ids[f"rtb-{table}"], DestinationCidrBlock=block)

    def reroute(self, table: str, block: str, **target: str) -> None:
        self.ec2.replace_route(
            RouteTableId=self.ids[f"rtb-{table}"], DestinationCidrBlock=block, **target
        )

    def let_in(self, group: str, port: int, **peer: Any) -> None:
        self.ec2.authorize_security_group_ingress(
            GroupId=self.ids[f"sg-{group}"], IpPermissions=tcp(port, **peer)
        )

    def no_longer(self, group: str, port: int, **peer: Any) -> None:
        self.ec2.revoke_security_group_ingress(
            GroupId=self.ids[f"sg-{group}"], IpPermissions=tcp(port, **peer)
        )

    def egress(self, before: list[dict[str, Any]], now: list[dict[str, Any]]) -> None:
        """Replace what the function's group lets out."""
        group = self.ids["sg-function"]
        if before:
            self.ec2.revoke_security_group_egress(GroupId=group, IpPermissions=before)
        if now:
            self.ec2.authorize_security_group_egress(GroupId=group, IpPermissions=now)

    def attach(self) -> None:
        self.ec2.attach_internet_gateway(InternetGatewayId=self.ids["igw"], VpcId=self.ids["vpc"])

    def detach(self) -> None:
        self.ec2.detach_internet_gateway(InternetGatewayId=self.ids["igw"], VpcId=self.ids["vpc"])

    def add_nat(self, subnet: str) -> None:
        allocated = self.ec2.allocate_address(Domain="vpc")["AllocationId"]
        made = self.ec2.create_nat_gateway(SubnetId=self.ids[subnet], AllocationId=allocated)
        self.ids["nat"] = made["NatGateway"]["NatGatewayId"]

    def no_nat(self) -> None:
        self.ec2.delete_nat_gateway(NatGatewayId=self.ids["nat"])

    def endpoint(self, service: str, **settings: Any) -> None:
        self.ec2.modify_vpc_endpoint(VpcEndpointId=self.ids[f"vpce-{service}"], **settings)

    def dns(self, on: bool) -> None:
        self.ec2.modify_vpc_attribute(VpcId=self.ids["vpc"], EnableDnsSupport={"Value": on})

    # -- asking --------------------------------------------------------------------------------

    def destination(self, target: str) -> Destination:
        """Return what ``reach`` is asked about."""
        if target in self.at:
            return At(self.at[target])
        return Internet() if target == "web" else AwsService(target)

    def resolved(self, topology: Topology, target: str) -> str:
        """Return the address at which a target is found from the VPC."""
        if target in self.at:
            return self.at[target]
        if target == "web":
            return WEB
        if target == "s3":
            (block,) = (one.cidrs[0] for one in topology.prefix_lists if one.name.endswith(".s3"))
            return str(block[10])
        (endpoint,) = (one for one in topology.endpoints if one.id == self.ids["vpce-sqs"])
        if not endpoint.private_dns:
            return "198.51.100.10"
        (mine,) = (one for one in topology.interfaces if one.id in endpoint.interfaces)
        return str(mine.addresses[0])

    def ask(self, topology: Topology, target: str) -> Verdict:
        """Return what ``reach`` says of a target."""
        return reach(topology, Source.of(self.config), self.destination(target), PORTS[target])


def walked(net: BuiltNetwork, topology: Topology, target: str) -> str | None:
    """Return what stops single packets to a target, by the walker of single packets."""
    home = next(one for one in topology.subnets if one.id == net.ids["private"])
    vpc = next(one for one in topology.vpcs if one.id == home.vpc)
    if target not in net.at and not vpc.dns_support:
        return vpc.id
    mine = next(
        (
            one.addresses[0]
            for one in topology.interfaces
            if one.kind == "lambda" and one.subnet == home.id
        ),
        home.cidrs[0][4],
    )
    groups = (net.ids["sg-function"],)
    to = address(net.resolved(topology, target))
    return walk(topology, (home.id, groups), mine, to, PORTS[target])
