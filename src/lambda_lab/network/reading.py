"""Reads a topology from what EC2 says of a Region.

What it takes is what the answers of ``describe_vpcs`` and its like hold, so real answers of AWS can
be read as well. What makes no sense in them is left out, part by part, rather than refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from lambda_lab.network import components as parts
from lambda_lab.network.described import (
    Described,
    address_of,
    described_parts,
    id_of,
    ids_of,
    made,
    networks_of,
    part_of,
    text_of,
    texts_of,
)
from lambda_lab.network.topology import Topology

__all__ = ["region_topology", "topology_from"]

T = TypeVar("T")
PROTOCOLS = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6", "all": "-1"}
TARGETS = (
    "GatewayId",
    "NatGatewayId",
    "EgressOnlyInternetGatewayId",
    "VpcPeeringConnectionId",
    "NetworkInterfaceId",
    "InstanceId",
    "TransitGatewayId",
    "CarrierGatewayId",
    "LocalGatewayId",
    "CoreNetworkArn",
)


def region_topology(region: str) -> Topology:
    """Return the networks of the open region, as they are now. Reading changes nothing."""
    from lambda_lab.aws.ec2_topology import describe_network

    return topology_from(describe_network(region), region)


def topology_from(described: Mapping[str, Sequence[Described]], region: str) -> Topology:
    """Return the networks that EC2's answers describe.

    Parameters
    ----------
    described
        ``{"Vpcs": [...], "Subnets": [...], ...}``, each as its ``describe_*`` answers. A VPC may
        also have ``EnableDnsSupport`` and ``EnableDnsHostnames``, a prefix list its ``Entries``.

    Examples
    --------
    >>> vpc = {"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16"}
    >>> topology_from({"Vpcs": [vpc]}, "us-east-1").vpc("vpc-1").cidrs
    (IPv4Network('10.0.0.0/16'),)
    """

    def each(kind: str, make: Callable[[Described], T]) -> tuple[T, ...]:
        return tuple(made(make, described_parts(described, kind)))

    endpoints = each("VpcEndpoints", _endpoint)
    groups = {name: one.groups for one in endpoints for name in one.interfaces if one.groups}
    return Topology(
        region=region,
        vpcs=each("Vpcs", _vpc),
        subnets=each("Subnets", _subnet),
        route_tables=each("RouteTables", _route_table),
        internet_gateways=each(
            "InternetGateways",
            lambda one: parts.InternetGateway(id_of(one, "InternetGatewayId"), _attached(one)),
        ),
        egress_only_gateways=each(
            "EgressOnlyInternetGateways",
            lambda one: parts.EgressOnlyGateway(
                id_of(one, "EgressOnlyInternetGatewayId"), _attached(one)
            ),
        ),
        nat_gateways=each("NatGateways", _nat),
        groups=each("SecurityGroups", _group),
        acls=each("NetworkAcls", _acl),
        endpoints=endpoints,
        peerings=each("VpcPeeringConnections", _peering),
        prefix_lists=each("PrefixLists", _prefix_list),
        interfaces=each("NetworkInterfaces", lambda one: _interface(one, groups)),
    )


def _vpc(one: Described) -> parts.Vpc:
    blocks = (
        text_of(one, "CidrBlock"),
        *ids_of(one, "CidrBlockAssociationSet", "CidrBlock"),
        *ids_of(one, "Ipv6CidrBlockAssociationSet", "Ipv6CidrBlock"),
    )
    support, hostnames = one.get("EnableDnsSupport", True), one.get("EnableDnsHostnames", False)
    return parts.Vpc(id_of(one, "VpcId"), networks_of(blocks), bool(support), bool(hostnames))


def _subnet(one: Described) -> parts.Subnet:
    six = ids_of(one, "Ipv6CidrBlockAssociationSet", "Ipv6CidrBlock")
    blocks = networks_of((text_of(one, "CidrBlock"), *six))
    zone = text_of(one, "AvailabilityZone")
    return parts.Subnet(id_of(one, "SubnetId"), id_of(one, "VpcId"), blocks, zone)


def _route_table(one: Described) -> parts.RouteTable:
    return parts.RouteTable(
        id_of(one, "RouteTableId"),
        id_of(one, "VpcId"),
        tuple(made(_route, described_parts(one, "Routes"))),
        ids_of(one, "Associations", "SubnetId"),
        any(each.get("Main") for each in described_parts(one, "Associations")),
    )


def _route(one: Described) -> parts.Route | None:
    texts = (text_of(one, "DestinationCidrBlock"), text_of(one, "DestinationIpv6CidrBlock"))
    blocks = networks_of(texts)
    destination = blocks[0] if blocks else text_of(one, "DestinationPrefixListId")
    if not destination:
        return None
    # A route to an instance names its interface as well; the instance says more.
    target = next((text_of(one, name) for name in TARGETS if text_of(one, name)), "")
    state, origin = text_of(one, "State", "active"), text_of(one, "Origin", "CreateRoute")
    return parts.Route(destination, target, state, origin)


def _attached(one: Described) -> str | None:
    states = ("available", "attached")
    found = [each for each in described_parts(one, "Attachments") if each.get("State") in states]
    return text_of(found[0], "VpcId") or None if found else None


def _nat(one: Described) -> parts.NatGateway:
    spoken = next(iter(described_parts(one, "NatGatewayAddresses")), {})
    return parts.NatGateway(
        id_of(one, "NatGatewayId"),
        text_of(one, "VpcId"),
        text_of(one, "SubnetId"),
        address_of(text_of(spoken, "PrivateIp")),
        address_of(text_of(spoken, "PublicIp")),
        text_of(one, "ConnectivityType", "public"),
        text_of(one, "State", "available"),
    )


def _group(one: Described) -> parts.SecurityGroup:
    rules = [
        rule
        for name, egress in (("IpPermissions", False), ("IpPermissionsEgress", True))
        for permission in made(_permission, described_parts(one, name))
        for rule in permission(egress)
    ]
    return parts.SecurityGroup(id_of(one, "GroupId"), text_of(one, "VpcId"), tuple(rules))


def _protocol(text: Any) -> str:
    return PROTOCOLS.get(str(text).lower(), str(text).lower())


def _permission(one: Described) -> Callable[[bool], list[parts.SecurityGroupRule]]:
    """Return what makes one rule for each peer of a permission."""
    protocol = _protocol(one.get("IpProtocol", "-1"))
    first, last = _ports(one.get("FromPort"), one.get("ToPort"))
    blocks = (*ids_of(one, "IpRanges", "CidrIp"), *ids_of(one, "Ipv6Ranges", "CidrIpv6"))
    named = (
        *ids_of(one, "UserIdGroupPairs", "GroupId"),
        *ids_of(one, "PrefixListIds", "PrefixListId"),
    )
    return lambda egress: [
        parts.SecurityGroupRule(egress, protocol, peer, first, last)
        for peer in (*networks_of(blocks), *named)
    ]


def _ports(first: Any, last: Any) -> tuple[int, int]:
    """Return a range of ports; none named means all of them."""
    return (int(first), int(last)) if first is not None and last is not None else (0, 65535)


def _acl(one: Described) -> parts.NetworkAcl:
    return parts.NetworkAcl(
        id_of(one, "NetworkAclId"),
        id_of(one, "VpcId"),
        tuple(made(_entry, described_parts(one, "Entries"))),
        ids_of(one, "Associations", "SubnetId"),
        bool(one.get("IsDefault")),
    )


def _entry(one: Described) -> parts.AclEntry:
    (block, *_) = networks_of((text_of(one, "CidrBlock"), text_of(one, "Ipv6CidrBlock")))
    ports, protocol = part_of(one, "PortRange"), _protocol(one.get("Protocol", "-1"))
    first, last = _ports(ports.get("From"), ports.get("To"))
    allow, egress = one["RuleAction"] == "allow", bool(one["Egress"])
    return parts.AclEntry(int(one["RuleNumber"]), egress, allow, block, protocol, first, last)


def _endpoint(one: Described) -> parts.Endpoint:
    return parts.Endpoint(
        id_of(one, "VpcEndpointId"),
        id_of(one, "VpcId"),
        id_of(one, "ServiceName"),
        text_of(one, "VpcEndpointType", "Gateway").capitalize(),
        text_of(one, "State", "available").lower(),
        text_of(one, "PolicyDocument"),
        texts_of(one, "RouteTableIds"),
        texts_of(one, "NetworkInterfaceIds"),
        ids_of(one, "Groups", "GroupId"),
        bool(one.get("PrivateDnsEnabled")),
    )


def _peering(one: Described) -> parts.Peering:
    requester, accepter = part_of(one, "RequesterVpcInfo"), part_of(one, "AccepterVpcInfo")
    lets = "AllowDnsResolutionFromRemoteVpc"
    return parts.Peering(
        id_of(one, "VpcPeeringConnectionId"),
        id_of(requester, "VpcId"),
        id_of(accepter, "VpcId"),
        text_of(part_of(one, "Status"), "Code", "unknown"),
        bool(part_of(requester, "PeeringOptions").get(lets)),
        bool(part_of(accepter, "PeeringOptions").get(lets)),
    )


def _prefix_list(one: Described) -> parts.PrefixList:
    cidrs = networks_of(ids_of(one, "Entries", "Cidr"))
    return parts.PrefixList(id_of(one, "PrefixListId"), text_of(one, "PrefixListName"), cidrs)


def _interface(one: Described, endpoint_groups: Mapping[str, tuple[str, ...]]) -> parts.Interface:
    name = id_of(one, "NetworkInterfaceId")
    private = ids_of(one, "PrivateIpAddresses", "PrivateIpAddress")
    six = ids_of(one, "Ipv6Addresses", "Ipv6Address")
    addresses = map(address_of, (*private, *six))
    return parts.Interface(
        name,
        id_of(one, "VpcId"),
        id_of(one, "SubnetId"),
        tuple(each for each in addresses if each is not None),
        endpoint_groups.get(name) or ids_of(one, "Groups", "GroupId"),
        address_of(text_of(part_of(one, "Association"), "PublicIp")),
        text_of(one, "InterfaceType", "interface"),
        text_of(one, "Description"),
        text_of(part_of(one, "Attachment"), "InstanceId") or None,
        bool(one.get("SourceDestCheck", True)),
    )
