"""Taking a stack's resources away where moto's classes have nothing for it.

moto calls a stack deleted whose gateways, routes and policies are all still there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from lambda_lab.aws.refused import Refused

__all__ = ["NEVER_REMOVED", "REMOVED", "Removal"]

Removal = Callable[[Any, str, str], None]
"""Takes the resource, the account and the region."""


def _ec2(account: str, region: str) -> Any:
    from moto.ec2.models import ec2_backends

    return ec2_backends[account][region]


def _by_id(operation: str, attribute: str = "id") -> Removal:
    def remove(resource: Any, account: str, region: str) -> None:
        getattr(_ec2(account, region), operation)(getattr(resource, attribute))

    return remove


def _endpoint(resource: Any, account: str, region: str) -> None:
    _ec2(account, region).delete_vpc_endpoints([resource.id])


def _address(resource: Any, account: str, region: str) -> None:
    _ec2(account, region).release_address(address=resource.public_ip)


def _route(resource: Any, account: str, region: str) -> None:
    target = resource.destination_cidr_block
    _ec2(account, region).delete_route(resource.route_table.route_table_id, target)


def _association(resource: Any, account: str, region: str) -> None:
    backend = _ec2(account, region)
    table = backend.route_tables.get(resource.route_table_id)
    for association, subnet in dict({} if table is None else table._associations).items():
        if subnet == resource.subnet_id:
            backend.disassociate_route_table(association)


def _attachment(resource: Any, account: str, region: str) -> None:
    _ec2(account, region).detach_internet_gateway(resource.gateway_id, resource.vpc_id)


def _interface(resource: Any, account: str, region: str) -> None:
    _ec2(account, region).delete_network_interface(resource.id)


def _policy(resource: Any, account: str, region: str) -> None:
    from moto.iam.models import iam_backends

    backend = iam_backends[account]["aws"]
    for role in backend.roles.values():
        role.managed_policies.pop(resource.arn, None)
    for user in backend.users.values():
        user.managed_policies.pop(resource.arn, None)
    for group in backend.groups.values():
        group.managed_policies.pop(resource.arn, None)
    backend.managed_policies.pop(resource.arn, None)


def _role(resource: Any, account: str, region: str) -> None:
    from moto.iam.models import iam_backends

    backend = iam_backends[account]["aws"]
    for arn in list(resource.managed_policies):
        backend.detach_role_policy(arn, resource.name)
    for policy in list(resource.policies):
        backend.delete_role_policy(resource.name, policy)
    backend.delete_role(resource.name)


def _bucket(resource: Any, account: str, region: str) -> None:
    from moto.s3.models import s3_backends

    if not s3_backends[account]["aws"].delete_bucket(resource.name):
        raise Refused("BucketNotEmpty", "The bucket you tried to delete is not empty")


def _api(resource: Any, account: str, region: str) -> None:
    from moto.apigateway.models import apigateway_backends

    apigateway_backends[account][region].delete_rest_api(resource.id)


def _with_its_owner(resource: Any, account: str, region: str) -> None:
    """Leave a part to the resource that it is a part of, which goes with the same stack."""


REMOVED: Mapping[str, Removal] = MappingProxyType(
    {
        "AWS::ApiGateway::Deployment": _with_its_owner,
        "AWS::ApiGateway::Method": _with_its_owner,
        "AWS::ApiGateway::Resource": _with_its_owner,
        "AWS::ApiGateway::RestApi": _api,
        "AWS::EC2::EIP": _address,
        "AWS::EC2::InternetGateway": _by_id("delete_internet_gateway"),
        "AWS::EC2::NatGateway": _by_id("delete_nat_gateway"),
        "AWS::EC2::NetworkInterface": _interface,
        "AWS::EC2::Route": _route,
        "AWS::EC2::RouteTable": _by_id("delete_route_table", "route_table_id"),
        "AWS::EC2::SecurityGroupIngress": _with_its_owner,
        "AWS::EC2::SubnetRouteTableAssociation": _association,
        "AWS::EC2::VPCEndpoint": _endpoint,
        "AWS::EC2::VPCGatewayAttachment": _attachment,
        "AWS::EC2::VPCPeeringConnection": _by_id("delete_vpc_peering_connection"),
        "AWS::EC2::Volume": _by_id("delete_volume"),
        "AWS::IAM::ManagedPolicy": _policy,
        "AWS::IAM::Role": _role,
        "AWS::S3::Bucket": _bucket,
    }
)
"""By kind."""

NEVER_REMOVED = frozenset(
    {
        "AWS::AutoScaling::ScheduledAction",
        "AWS::Batch::ComputeEnvironment",
        "AWS::Batch::JobDefinition",
        "AWS::Batch::JobQueue",
        "AWS::DataPipeline::Pipeline",
        "AWS::EC2::FlowLog",
        "AWS::EC2::SpotFleet",
        "AWS::EC2::TransitGateway",
        "AWS::EC2::VPNGateway",
        "AWS::EC2::VolumeAttachment",
        "AWS::ECS::Cluster",
        "AWS::ECS::Service",
        "AWS::ECS::TaskDefinition",
        "AWS::EMR::InstanceGroupConfig",
        "AWS::ElasticLoadBalancingV2::Listener",
        "AWS::ElasticLoadBalancingV2::ListenerRule",
        "AWS::ElasticLoadBalancingV2::TargetGroup",
        "AWS::Redshift::Cluster",
        "AWS::Redshift::ClusterParameterGroup",
        "AWS::Redshift::ClusterSubnetGroup",
        "AWS::Route53::HealthCheck",
        "AWS::Route53::HostedZone",
        "AWS::Route53::RecordSetGroup",
    }
)
"""Kinds that neither moto nor we take away with their stack; a template may not have them."""
