"""Reads a topology from what EC2 says of a Region.

What it takes is what the answers of ``describe_vpcs`` and its like hold, so real answers of AWS can
be read as well. What makes no sense in them is left out rather than refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lambda_lab.network.components import (
    AclEntry,
    Address,
    EgressOnlyGateway,
    Endpoint,
    Interface,
    InternetGateway,
    NatGateway,
    Network,
    NetworkAcl,
    Peering,
    PrefixList,
    Route,
    RouteTable,
    SecurityGroup,
    SecurityGroupRule,
    Subnet,
    Vpc,
    address,
    network,
)
from lambda_lab.network.topology import Topology

__all__ = ["region_topology", "topology_from"]

Described = Mapping[str, Any]
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

    def each(kind: str) -> Sequence[Described]:
        return described.get(kind, ())

    endpoints = tuple(map(_endpoint, each("VpcEndpoints")))
    groups = {name: one.groups for one in endpoints for name in one.interfaces if one.groups}
    return Topology(
        region=region,
        vpcs=tuple(map(_vpc, each("Vpcs"))),
        subnets=tuple(map(_subnet, each("Subnets"))),
        route_tables=tuple(map(_route_table, each("RouteTables"))),
        internet_gateways=tuple(
            InternetGateway(one["InternetGatewayId"], _attached(one))
            for one in each("InternetGateways")
        ),
        egress_only_gateways=tuple(
            EgressOnlyGateway(one["EgressOnlyInternetGatewayId"], _attached(one))
            for one in each("EgressOnlyInternetGateways")
        ),
        nat_gateways=tuple(map(_nat, each("NatGateways"))),
        groups=tuple(map(_group, each("SecurityGroups"))),
        acls=tuple(map(_acl, each("NetworkAcls"))),
        endpoints=endpoints,
        peerings=tuple(map(_peering, each("VpcPeeringConnections"))),
        prefix_lists=tuple(map(_prefix_list, each("PrefixLists"))),
        interfaces=tuple(_interface(one, groups) for one in each("NetworkInterfaces")),
    )


def _networks(texts: Iterable[str | None]) -> tuple[Network, ...]:
    """Return the blocks that are blocks, each once."""
    found: dict[Network, None] = {}
    for text in texts:
        try:
            found[network(text or "")] = None
        except ValueError:
            continue
    return tuple(found)


def _address(text: str | None) -> Address | None:
    try:
        return address(text or "")
    except ValueError:
        return None


def _ids(described: Described, many: str, name: str) -> tuple[str, ...]:
    return tuple(one[name] for one in described.get(many, ()) if one.get(name))


def _vpc(one: Described) -> Vpc:
    blocks = (
        one.get("CidrBlock"),
        *_ids(one, "CidrBlockAssociationSet", "CidrBlock"),
        *_ids(one, "Ipv6CidrBlockAssociationSet", "Ipv6CidrBlock"),
    )
    support, hostnames = one.get("EnableDnsSupport", True), one.get("EnableDnsHostnames", False)
    return Vpc(one["VpcId"], _networks(blocks), bool(support), bool(hostnames))


def _subnet(one: Described) -> Subnet:
    six = _ids(one, "Ipv6CidrBlockAssociationSet", "Ipv6CidrBlock")
    blocks = _networks((one.get("CidrBlock"), *six))
    return Subnet(one["SubnetId"], one["VpcId"], blocks, one.get("AvailabilityZone", ""))


def _route_table(one: Described) -> RouteTable:
    associations = one.get("Associations", ())
    return RouteTable(
        one["RouteTableId"],
        one["VpcId"],
        tuple(route for route in map(_route, one.get("Routes", ())) if route),
        tuple(each["SubnetId"] for each in associations if each.get("SubnetId")),
        any(each.get("Main") for each in associations),
    )


def _route(one: Described) -> Route | None:
    blocks = _networks((one.get("DestinationCidrBlock"), one.get("DestinationIpv6CidrBlock")))
    destination = blocks[0] if blocks else one.get("DestinationPrefixListId")
    if destination is None:
        return None
    # A route to an instance names its interface as well; the instance says more.
    target = next((one[name] for name in TARGETS if one.get(name)), "")
    return Route(destination, target, one.get("State", "active"), one.get("Origin", "CreateRoute"))


def _attached(one: Described) -> str | None:
    states = ("available", "attached")
    found = [each for each in one.get("Attachments", ()) if each.get("State") in states]
    return found[0].get("VpcId") if found else None


def _nat(one: Described) -> NatGateway:
    addresses = one.get("NatGatewayAddresses") or [{}]
    return NatGateway(
        one["NatGatewayId"],
        one.get("VpcId", ""),
        one.get("SubnetId", ""),
        _address(addresses[0].get("PrivateIp")),
        _address(addresses[0].get("PublicIp")),
        one.get("ConnectivityType", "public"),
        one.get("State", "available"),
    )


def _group(one: Described) -> SecurityGroup:
    rules = [
        rule
        for name, egress in (("IpPermissions", False), ("IpPermissionsEgress", True))
        for permission in one.get(name, ())
        for rule in _rules(permission, egress)
    ]
    return SecurityGroup(one["GroupId"], one.get("VpcId", ""), tuple(rules))


def _protocol(text: Any) -> str:
    return PROTOCOLS.get(str(text).lower(), str(text).lower())


def _rules(permission: Described, egress: bool) -> Iterable[SecurityGroupRule]:
    """Yield one rule for each peer of a permission."""
    protocol = _protocol(permission.get("IpProtocol", "-1"))
    first, last = _ports(permission.get("FromPort"), permission.get("ToPort"))
    blocks = (
        *_ids(permission, "IpRanges", "CidrIp"),
        *_ids(permission, "Ipv6Ranges", "CidrIpv6"),
    )
    named = (
        *_ids(permission, "UserIdGroupPairs", "GroupId"),
        *_ids(permission, "PrefixListIds", "PrefixListId"),
    )
    for peer in (*_networks(blocks), *named):
        yield SecurityGroupRule(egress, protocol, peer, first, last)


def _ports(first: Any, last: Any) -> tuple[int, int]:
    """Return a range of ports; none named means all of them."""
    return (int(first), int(last)) if first is not None and last is not None else (0, 65535)


def _acl(one: Described) -> NetworkAcl:
    entries = [entry for entry in map(_entry, one.get("Entries", ())) if entry]
    return NetworkAcl(
        one["NetworkAclId"],
        one["VpcId"],
        tuple(entries),
        _ids(one, "Associations", "SubnetId"),
        bool(one.get("IsDefault")),
    )


def _entry(one: Described) -> AclEntry | None:
    blocks = _networks((one.get("CidrBlock"), one.get("Ipv6CidrBlock")))
    if not blocks:
        return None
    ports, protocol = one.get("PortRange") or {}, _protocol(one.get("Protocol", "-1"))
    first, last = _ports(ports.get("From"), ports.get("To"))
    allow = one["RuleAction"] == "allow"
    return AclEntry(one["RuleNumber"], one["Egress"], allow, blocks[0], protocol, first, last)


def _endpoint(one: Described) -> Endpoint:
    return Endpoint(
        one["VpcEndpointId"],
        one["VpcId"],
        one["ServiceName"],
        str(one.get("VpcEndpointType", "Gateway")).capitalize(),
        str(one.get("State", "available")).lower(),
        one.get("PolicyDocument") or "",
        tuple(one.get("RouteTableIds", ())),
        tuple(one.get("NetworkInterfaceIds", ())),
        _ids(one, "Groups", "GroupId"),
        bool(one.get("PrivateDnsEnabled")),
    )


def _peering(one: Described) -> Peering:
    requester, accepter = one["RequesterVpcInfo"], one["AccepterVpcInfo"]
    lets = "AllowDnsResolutionFromRemoteVpc"
    return Peering(
        one["VpcPeeringConnectionId"],
        requester["VpcId"],
        accepter["VpcId"],
        one["Status"]["Code"],
        requester.get("Region", ""),
        accepter.get("Region", ""),
        bool(requester.get("PeeringOptions", {}).get(lets)),
        bool(accepter.get("PeeringOptions", {}).get(lets)),
    )


def _prefix_list(one: Described) -> PrefixList:
    cidrs = _networks(entry.get("Cidr") for entry in one.get("Entries", ()))
    return PrefixList(one["PrefixListId"], one.get("PrefixListName", ""), cidrs)


def _interface(one: Described, endpoint_groups: Mapping[str, tuple[str, ...]]) -> Interface:
    name = one["NetworkInterfaceId"]
    private = _ids(one, "PrivateIpAddresses", "PrivateIpAddress")
    six = _ids(one, "Ipv6Addresses", "Ipv6Address")
    addresses = map(_address, (*private, *six))
    return Interface(
        name,
        one["VpcId"],
        one["SubnetId"],
        tuple(each for each in addresses if each is not None),
        endpoint_groups.get(name) or _ids(one, "Groups", "GroupId"),
        _address(one.get("Association", {}).get("PublicIp")),
        one.get("InterfaceType", "interface"),
        one.get("Description", ""),
        one.get("Attachment", {}).get("InstanceId"),
        bool(one.get("SourceDestCheck", True)),
    )
