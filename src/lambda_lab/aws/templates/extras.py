"""Properties that moto's classes pass over and that are set here, by their services' own calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

__all__ = ["EXTRAS", "Extra"]

Extra = Callable[[Any, Any, str, str], None]
"""Sets a property: takes the resource, the value, the account and the region."""


def _ec2(account: str, region: str) -> Any:
    from moto.ec2.models import ec2_backends

    return ec2_backends[account][region]


def _iam(account: str) -> Any:
    from moto.iam.models import iam_backends

    return iam_backends[account]["aws"]


def _true(value: Any) -> bool:
    return str(value).lower() == "true"


def _tag(resource: Any, value: Any, account: str, region: str) -> None:
    for tag in value:
        resource.add_tag(str(tag["Key"]), str(tag["Value"]))


def _tag_topic(topic: Any, value: Any, account: str, region: str) -> None:
    topic._tags = {str(tag["Key"]): str(tag["Value"]) for tag in value}


def _vpc_attribute(name: str) -> Extra:
    def change(vpc: Any, value: Any, account: str, region: str) -> None:
        _ec2(account, region).modify_vpc_attribute(vpc.id, name, _true(value))

    return change


def _public_addresses(subnet: Any, value: Any, account: str, region: str) -> None:
    backend = _ec2(account, region)
    backend.modify_subnet_attribute(subnet.id, "map_public_ip_on_launch", _true(value))


def _attach(role: Any, value: Any, account: str, region: str) -> None:
    for arn in value:
        _iam(account).attach_role_policy(str(arn), role.name)


def _rule(rule: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    told = {"Description": rule["Description"]} if "Description" in rule else {}
    named = {"GroupId": f"{prefix}SecurityGroupId", "GroupName": f"{prefix}SecurityGroupName"}
    group = {key: rule[name] for key, name in named.items() if name in rule}
    ports = [None if rule.get(end) is None else int(rule[end]) for end in ("FromPort", "ToPort")]
    return {
        "ip_protocol": str(rule["IpProtocol"]),
        "from_port": ports[0],
        "to_port": ports[1],
        "ip_ranges": [
            {kind: rule[kind], **told} for kind in ("CidrIp", "CidrIpv6") if kind in rule
        ],
        "source_groups": [{**group, **told}] if group else [],
    }


def _let_in(group: Any, value: Any, account: str, region: str) -> None:
    for rule in value:
        _ec2(account, region).authorize_security_group_ingress(
            group.id, vpc_id=group.vpc_id, **_rule(rule, "Source")
        )


def _let_out(group: Any, value: Any, account: str, region: str) -> None:
    """Put a template's rules in the place of the one that lets everything out."""
    group.egress_rules.clear()
    for rule in value:
        _ec2(account, region).authorize_security_group_egress(
            group.id, vpc_id=group.vpc_id, **_rule(rule, "Destination")
        )


EXTRAS: Mapping[str, Mapping[str, Extra]] = MappingProxyType(
    {
        **{
            f"AWS::EC2::{kind}": {"Tags": _tag}
            for kind in (
                *("EIP", "InternetGateway", "NatGateway", "RouteTable", "VPCEndpoint"),
                *("VPCPeeringConnection", "VPNGateway", "Volume"),
            )
        },
        "AWS::EC2::SecurityGroup": {
            "SecurityGroupEgress": _let_out,
            "SecurityGroupIngress": _let_in,
        },
        "AWS::EC2::Subnet": {"MapPublicIpOnLaunch": _public_addresses},
        "AWS::EC2::VPC": {
            "EnableDnsHostnames": _vpc_attribute("enable_dns_hostnames"),
            "EnableDnsSupport": _vpc_attribute("enable_dns_support"),
        },
        "AWS::IAM::Role": {"ManagedPolicyArns": _attach},
        "AWS::SNS::Topic": {"Tags": _tag_topic},
    }
)
"""By kind and property."""
