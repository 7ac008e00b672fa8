"""A Region's networks as EC2's own answers would describe them, read without a request.

The members are named as in the answers of ``describe_vpcs`` and its like, so that
``lambda_lab.network.reading`` reads both.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lambda_lab.aws.ec2_routes import route_state
from lambda_lab.aws.ec2_seam import ec2_backend

__all__ = ["describe_network"]

Described = dict[str, Any]


def describe_network(region: str) -> dict[str, list[Described]]:
    """Return all that ``lambda_lab.network`` needs to know of a Region's EC2 state."""
    backend = ec2_backend(region)
    groups = [group for by_id in list(backend.groups.values()) for group in list(by_id.values())]
    lists = list(backend.managed_prefix_lists.values())
    return {
        "Vpcs": [_vpc(one) for one in _all(backend.vpcs)],
        "Subnets": [
            _subnet(one) for by_id in list(backend.subnets.values()) for one in _all(by_id)
        ],
        "RouteTables": [_route_table(one) for one in _all(backend.route_tables)],
        "InternetGateways": [_gateway(one) for one in _all(backend.internet_gateways)],
        "EgressOnlyInternetGateways": [
            {"EgressOnlyInternetGatewayId": one.id, "Attachments": _attachments(one)}
            for one in _all(backend.egress_only_internet_gateways)
        ],
        "NatGateways": [_nat(one) for one in _all(backend.nat_gateways)],
        "SecurityGroups": [_group(one) for one in groups if one.vpc_id],
        "NetworkAcls": [_acl(one) for one in _all(backend.network_acls)],
        "VpcEndpoints": [_endpoint(one) for one in _all(backend.vpc_end_points)],
        "VpcPeeringConnections": [_peering(one) for one in _all(backend.vpc_pcxs)],
        "PrefixLists": [_prefix_list(one) for one in lists if one.state != "delete-complete"],
        "NetworkInterfaces": [_interface(one) for one in _all(backend.enis)],
    }


def _all(components: dict[str, Any]) -> Iterable[Any]:
    """Return components, even while a request changes them."""
    return list(components.values())


def _vpc(vpc: Any) -> Described:
    blocks = [
        one["cidr_block"]
        for ipv6 in (False, True)
        for one in vpc.get_cidr_block_association_set(ipv6=ipv6)
        if one["cidr_block_state"]["state"] == "associated"
    ]
    return {
        "VpcId": vpc.id,
        "CidrBlockAssociationSet": [{"CidrBlock": one} for one in blocks if ":" not in one],
        "Ipv6CidrBlockAssociationSet": [{"Ipv6CidrBlock": one} for one in blocks if ":" in one],
        "EnableDnsSupport": _true(vpc.enable_dns_support),
        "EnableDnsHostnames": _true(vpc.enable_dns_hostnames),
    }


def _true(value: Any) -> bool:
    """Read a flag; ``ModifyVpcAttribute`` leaves a text."""
    return str(value).lower() == "true"


def _subnet(subnet: Any) -> Described:
    return {
        "SubnetId": subnet.id,
        "VpcId": subnet.vpc_id,
        "CidrBlock": subnet.cidr_block,
        "AvailabilityZone": subnet.availability_zone,
        "Ipv6CidrBlockAssociationSet": [
            {"Ipv6CidrBlock": one["ipv6CidrBlock"]}
            for one in list(subnet.ipv6_cidr_block_associations.values())
            if one["ipv6CidrBlockState"]["State"] == "associated"
        ],
    }


ROUTE_TARGETS = (
    "GatewayId",
    "NatGatewayId",
    "EgressOnlyInternetGatewayId",
    "VpcPeeringConnectionId",
    "NetworkInterfaceId",
    "InstanceId",
    "TransitGatewayId",
    "CarrierGatewayId",
)


def _route_table(table: Any) -> Described:
    return {
        "RouteTableId": table.id,
        "VpcId": table.vpc_id,
        "Associations": table.associations,
        "Routes": [_route(one) for one in _all(table._routes)],
    }


def _route(route: Any) -> Described:
    described = {
        "DestinationCidrBlock": route.destination_cidr_block,
        "DestinationIpv6CidrBlock": route.destination_ipv6_cidr_block,
        "DestinationPrefixListId": route.destination_prefix_list_id,
        "State": route_state(route),
        "Origin": route.origin,
    }
    targets = (
        route.gateway_id,
        route.nat_gateway_id,
        route.egress_only_internet_gateway_id,
        route.vpc_peering_connection_id,
        route.network_interface_id,
        route.instance_id,
        route.transit_gateway_id,
        route.carrier_gateway_id,
    )
    described |= dict(zip(ROUTE_TARGETS, targets, strict=True))
    return {name: value for name, value in described.items() if value}


def _attachments(gateway: Any) -> list[Described]:
    return [dict(one) for one in gateway.attachments]


def _gateway(gateway: Any) -> Described:
    return {"InternetGatewayId": gateway.id, "Attachments": _attachments(gateway)}


def _nat(nat: Any) -> Described:
    interface = nat._eni
    address = {"PrivateIp": interface.private_ip_address, "PublicIp": interface.public_ip}
    return {
        "NatGatewayId": nat.id,
        "VpcId": nat.vpc_id,
        "SubnetId": nat.subnet_id,
        "State": nat.state,
        "ConnectivityType": nat.connectivity_type or "public",
        "NatGatewayAddresses": [{name: value for name, value in address.items() if value}],
    }


def _group(group: Any) -> Described:
    return {
        "GroupId": group.id,
        "VpcId": group.vpc_id,
        "IpPermissions": [_permission(one) for one in list(group.ingress_rules)],
        "IpPermissionsEgress": [_permission(one) for one in list(group.egress_rules)],
    }


def _permission(rule: Any) -> Described:
    described: Described = {"IpProtocol": rule.ip_protocol or "-1"}
    if rule.from_port is not None:
        described |= {"FromPort": rule.from_port, "ToPort": rule.to_port}
    described["IpRanges"] = [{"CidrIp": rule.cidr_ipv4}] if rule.cidr_ipv4 else []
    described["Ipv6Ranges"] = [{"CidrIpv6": rule.cidr_ipv6}] if rule.cidr_ipv6 else []
    pair = rule.source_group.get("GroupId")
    described["UserIdGroupPairs"] = [{"GroupId": pair}] if pair else []
    listed = rule.prefix_list_id
    described["PrefixListIds"] = [{"PrefixListId": listed}] if listed else []
    return described


def _acl(acl: Any) -> Described:
    return {
        "NetworkAclId": acl.id,
        "VpcId": acl.vpc_id,
        "IsDefault": acl.default,
        "Associations": [{"SubnetId": one.subnet_id} for one in list(acl.associations)],
        "Entries": [_entry(one) for one in list(acl.entries)],
    }


def _entry(entry: Any) -> Described:
    described = {
        "RuleNumber": int(entry.rule_number),
        "Egress": _true(entry.egress),
        "RuleAction": entry.rule_action,
        "Protocol": str(entry.protocol),
        "CidrBlock": entry.cidr_block,
        "Ipv6CidrBlock": entry.ipv6_cidr_block,
        "PortRange": entry.port_range,
    }
    return {name: value for name, value in described.items() if value is not None}


def _endpoint(endpoint: Any) -> Described:
    return {
        "VpcEndpointId": endpoint.id,
        "VpcEndpointType": endpoint.vpc_endpoint_type or "Gateway",
        "VpcId": endpoint.vpc_id,
        "ServiceName": endpoint.service_name,
        "State": endpoint.state,
        "PolicyDocument": endpoint.policy_document,
        "RouteTableIds": list(endpoint.route_table_ids or []),
        "NetworkInterfaceIds": list(endpoint.network_interface_ids or []),
        "Groups": [{"GroupId": one} for one in endpoint.security_group_ids or []],
        "PrivateDnsEnabled": bool(endpoint.private_dns_enabled),
    }


def _peering(peering: Any) -> Described:
    return {
        "VpcPeeringConnectionId": peering.id,
        "RequesterVpcInfo": peering.requester_vpc_info,
        "AccepterVpcInfo": peering.accepter_vpc_info,
        "Status": peering.status,
    }


def _prefix_list(prefix_list: Any) -> Described:
    entries = prefix_list.entries
    latest = entries[max(entries)] if entries else []
    return {
        "PrefixListId": prefix_list.id,
        "PrefixListName": prefix_list.prefix_list_name or "",
        "Entries": [{"Cidr": one["Cidr"]} for one in latest or []],
    }


def _interface(interface: Any) -> Described:
    described: Described = {
        "NetworkInterfaceId": interface.id,
        "VpcId": interface.vpc_id,
        "SubnetId": interface.subnet_id,
        "InterfaceType": interface.interface_type,
        "Description": interface.description,
        "SourceDestCheck": _true(interface.source_dest_check),
        "PrivateIpAddresses": [dict(one) for one in list(interface.private_ip_addresses)],
        "Ipv6Addresses": [{"Ipv6Address": one} for one in list(interface.ipv6_addresses)],
        "Groups": [{"GroupId": one.id} for one in interface.group_set],
    }
    if interface.public_ip:
        described["Association"] = {"PublicIp": interface.public_ip}
    if interface.instance is not None:
        described["Attachment"] = {"InstanceId": interface.instance.id}
    return described
