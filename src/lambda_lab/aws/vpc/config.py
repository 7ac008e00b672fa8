"""``VpcConfig``: what is asked for, checked as AWS checks it, and how it is answered.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lambda_lab.aws.errors import aws_error
from lambda_lab.aws.moto_seam import ACCOUNT
from lambda_lab.aws.permissions import role_allows
from lambda_lab.errors import AwsError

__all__ = ["Place", "VpcConfig", "check_vpc_role", "missing_action", "read_vpc_config", "role_text"]

Place = tuple[str, frozenset[str]]
"""What has one Hyperplane interface: a subnet, and an exact set of security groups."""
INVALID = "InvalidParameterValueException"


@dataclass(frozen=True, slots=True)
class VpcConfig:
    """The networks a function is attached to; without subnets it is detached.

    Examples
    --------
    >>> VpcConfig(("subnet-1",), ("sg-1",), "vpc-1").answer()["VpcId"]
    'vpc-1'
    >>> VpcConfig().spec() is None
    True
    """

    subnets: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    vpc: str = ""
    ipv6: bool = False

    @property
    def places(self) -> frozenset[Place]:
        """Where it needs an interface."""
        return frozenset((subnet, frozenset(self.groups)) for subnet in self.subnets)

    def answer(self) -> dict[str, Any]:
        """Word it as ``GetFunctionConfiguration`` does."""
        return {
            "SubnetIds": list(self.subnets),
            "SecurityGroupIds": list(self.groups),
            "VpcId": self.vpc,
            "Ipv6AllowedForDualStack": self.ipv6,
        }

    def spec(self) -> dict[str, Any] | None:
        """Return what the data plane needs to know; nothing for a detached function."""
        return self.answer() if self.subnets else None


def read_vpc_config(
    region: str, asked: Mapping[str, Any] | None, current: VpcConfig | None
) -> VpcConfig | None:
    """Return what a request makes of the *current* setting.

    Empty lists detach; what is not named stays.

    Raises
    ------
    AwsError
        ``InvalidParameterValueException``: for subnets or groups that do not exist or do not fit
        together.
    """
    if asked is None:
        return current
    before = current or VpcConfig()
    named = asked.get("SubnetIds") is not None or asked.get("SecurityGroupIds") is not None
    subnets = tuple(dict.fromkeys(asked.get("SubnetIds") or ())) if named else before.subnets
    groups = tuple(dict.fromkeys(asked.get("SecurityGroupIds") or ())) if named else before.groups
    ipv6 = asked.get("Ipv6AllowedForDualStack")
    ipv6 = before.ipv6 if ipv6 is None else bool(ipv6)
    if not subnets:
        return VpcConfig()
    from lambda_lab.aws.ec2_seam import ec2_backend

    backend = ec2_backend(region)
    found = _subnets(backend, subnets)
    vpc = _one_vpc(found)
    _check_groups(backend, groups, vpc)
    _check_kind(backend, found, vpc, ipv6=ipv6)
    return VpcConfig(subnets, groups, vpc, ipv6)


def _subnets(backend: Any, ids: tuple[str, ...]) -> list[Any]:
    known = {one.id: one for by_id in list(backend.subnets.values()) for one in by_id.values()}
    for wanted in ids:
        if wanted not in known:
            # In the words that users of AWS report: confidence M.
            raise _refused(
                "DescribeSubnets",
                "InvalidSubnetID.NotFound",
                f"The subnet ID '{wanted}' does not exist",
            )
    return [known[wanted] for wanted in ids]


def _refused(call: str, code: str, text: str) -> AwsError:
    return aws_error(
        INVALID,
        f"Error occurred while {call}. EC2 Error Code: {code}. EC2 Error Message: {text}",
    )


def _one_vpc(subnets: list[Any]) -> str:
    vpcs = {str(one.vpc_id) for one in subnets}
    if len(vpcs) > 1:
        # After the text for security groups: confidence L.
        raise aws_error(INVALID, "Subnets are required to be in the same VPC.")
    return vpcs.pop()


def _check_groups(backend: Any, ids: tuple[str, ...], vpc: str) -> None:
    for wanted in ids:
        group = backend.get_security_group_from_id(wanted)
        if group is None:
            raise _refused(
                "DescribeSecurityGroups",
                "InvalidGroup.NotFound",
                f"The security group '{wanted}' does not exist",
            )
        if group.vpc_id != vpc:
            # In the words that users of AWS report: confidence M.
            raise aws_error(INVALID, "Security Groups are required to be in the same VPC.")


def _check_kind(backend: Any, subnets: list[Any], vpc: str, *, ipv6: bool) -> None:
    """Check what Lambda cannot be attached to. The three texts are ours: confidence L."""
    if backend.vpcs[vpc].instance_tenancy == "dedicated":
        raise aws_error(
            INVALID, f"Lambda does not support VPCs with dedicated instance tenancy: {vpc}."
        )
    for one in subnets:
        if not one.cidr_block:
            raise aws_error(
                INVALID, f"Lambda does not support subnets with IPv6 addresses only: {one.id}."
            )
        if ipv6 and not one.ipv6_cidr_block_association_set:
            raise aws_error(
                INVALID,
                "Ipv6AllowedForDualStack requires all subnets to have an IPv6 CIDR block. "
                f"The subnet {one.id} has none.",
            )


# -- the execution role ----------------------------------------------------------------------------


def missing_action(region: str, role: str, config: VpcConfig) -> str | None:
    """Return the action of EC2's that Lambda needs and the execution role does not allow.

    Lambda makes and removes interfaces with the execution role; a call does not need it.
    """
    arn = f"arn:aws:ec2:{region}:{ACCOUNT}"
    interface = f"{arn}:network-interface/*"
    parts = [f"{arn}:subnet/{one}" for one in config.subnets]
    parts += [f"{arn}:security-group/{one}" for one in config.groups]
    # Describing knows no resources; the others do (Service Authorization Reference, Amazon EC2).
    for action, resources in (
        ("CreateNetworkInterface", [interface, *parts]),
        ("DescribeNetworkInterfaces", ["*"]),
        ("DeleteNetworkInterface", [interface]),
    ):
        if not all(role_allows(role, f"ec2:{action}", one) for one in resources):
            return action
    return None


def role_text(action: str) -> str:
    """Say, in AWS's words, which permission an execution role lacks."""
    return f"The provided execution role does not have permissions to call {action} on EC2"


def check_vpc_role(region: str, role: str, config: VpcConfig | None) -> None:
    """Check that the execution role may do what attaching a function needs.

    Raises
    ------
    AwsError
        ``InvalidParameterValueException`` in AWS's words.
    """
    if config is None or not config.subnets:
        return
    action = missing_action(region, role, config)
    if action is not None:
        raise aws_error(INVALID, role_text(action))
