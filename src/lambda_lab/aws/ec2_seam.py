"""moto's networks, and what is set right about them while a region is open.

What moto does otherwise than AWS, and is mended here:

- the interfaces of NAT gateways and interface endpoints get an address from anywhere, others a
  random one of their subnet that may be taken or reserved, and all of them the VPC's default group.
  They get the lowest free address; an endpoint's have its groups, a NAT gateway's none;
- a route is always ``active``. A route whose target is gone is a ``blackhole``;
- a default network ACL has no rule for IPv6, a default security group lets nothing in, and the
  default VPC has no internet gateway;
- a gateway endpoint without ``VpcEndpointType`` cannot be deleted, and ``ModifyVpcEndpoint``
  changes no route, no interface and no private DNS.

Every name used and every fault mended is held by tests/contract/test_ec2_seam.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from ipaddress import ip_address, ip_network
from typing import Any

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models import ec2_backends
from moto.ec2.models.elastic_network_interfaces import NetworkInterfaceBackend
from moto.ec2.models.nat_gateways import NatGatewayBackend
from moto.ec2.models.network_acls import NetworkAclBackend
from moto.ec2.models.route_tables import Route
from moto.ec2.models.vpcs import VPCBackend
from moto.ec2.responses.vpcs import VPCs

from lambda_lab.aws.ec2_routes import route_state
from lambda_lab.aws.first_use import moto_may_have_loaded
from lambda_lab.aws.moto_seam import ACCOUNT

__all__ = ["ec2_backend", "free_address", "true_networks"]

RESERVED_FIRST = 4
"""Of each subnet, the first four addresses and the last are AWS's own (VPC:subnet-sizing)."""


def ec2_backend(region: str) -> Any:
    """Return moto's EC2 backend of a Region."""
    moto_may_have_loaded()  # with this module, perhaps: nothing of it may be made before its mends
    return ec2_backends[ACCOUNT][region]


# -- addresses -------------------------------------------------------------------------------------


def _taken_addresses(backend: Any, subnet: Any) -> set[str]:
    """Return the private addresses in use in a subnet."""
    used = {str(one) for one in subnet._subnet_ips}
    for interface in list(backend.enis.values()):
        used |= {str(one.get("PrivateIpAddress")) for one in interface.private_ip_addresses}
        used.add(str(interface.private_ip_address))
    return used


def free_address(backend: Any, subnet: Any) -> str | None:
    """Return the lowest free private IPv4 address of a subnet; None when there is none."""
    block, used = ip_network(subnet.cidr_block, strict=False), _taken_addresses(backend, subnet)
    for place in range(RESERVED_FIRST, block.num_addresses - 1):
        if str(block[place]) not in used:
            return str(block[place])
    return None


def _wanted_address(backend: Any, subnet: Any, wanted: Any) -> str:
    """Return the address asked for, if it is of the subnet; otherwise a free one.

    Raises
    ------
    EC2ClientError
        If the subnet has none left.
    """
    first = wanted[0] if isinstance(wanted, list) and wanted else wanted
    if first and ip_address(first) in ip_network(subnet.cidr_block, strict=False):
        return str(first)
    found = free_address(backend, subnet)
    if found is None:
        raise EC2ClientError(
            "InsufficientFreeAddressesInSubnet",
            "The specified subnet does not have enough free addresses to satisfy the request.",
        )
    return found


def _create_interface(
    original: Callable[..., Any],
    self: Any,
    subnet: Any,
    private_ip_address: Any,
    *rest: Any,
    **more: Any,
) -> Any:
    home = self.get_subnet(subnet) if isinstance(subnet, str) else subnet
    listed = rest[0] if rest else more.get("private_ip_addresses")
    if home is not None and home.cidr_block and not listed:
        private_ip_address = _wanted_address(self, home, private_ip_address)
    return original(self, home, private_ip_address, *rest, **more)


# -- NAT gateways and endpoints --------------------------------------------------------------------


def _managed(interface: Any, kind: str, description: str, groups: list[Any]) -> None:
    """Say that AWS made an interface, and what for."""
    interface.interface_type = kind
    interface.description = description
    interface.requester_managed = True
    interface.status = "in-use"
    interface._group_set = groups


def _create_nat(original: Callable[..., Any], self: Any, *rest: Any, **more: Any) -> Any:
    made = original(self, *rest, **more)
    _managed(made._eni, "nat_gateway", f"Interface for NAT Gateway {made.id}", [])
    made.private_ip = made._eni.private_ip_address
    return made


def _delete_nat(original: Callable[..., Any], self: Any, nat_gateway_id: str) -> Any:
    gone = original(self, nat_gateway_id)
    for allocated in self.addresses:
        if allocated.eni is gone._eni:
            allocated.eni = allocated.association_id = None
    self.enis.pop(gone._eni.id, None)
    return gone


def _endpoint_groups(backend: Any, endpoint: Any) -> list[Any]:
    """Return an endpoint's groups: those named, otherwise the VPC's default one."""
    if not endpoint.security_group_ids:
        default = backend.get_default_security_group(endpoint.vpc_id)
        endpoint.security_group_ids = [default.id] if default else []
    found = map(backend.get_security_group_from_id, endpoint.security_group_ids)
    return [group for group in found if group is not None]


def _is_interface(endpoint: Any) -> bool:
    return str(endpoint.vpc_endpoint_type).lower() == "interface"


def _mend_interfaces(backend: Any, endpoint: Any) -> None:
    """Give an interface endpoint one interface in each of its subnets, with its groups."""
    homes = {backend.enis[one].subnet_id: one for one in endpoint.network_interface_ids}
    for subnet, interface in homes.items():
        if subnet not in endpoint.subnet_ids:
            backend.enis.pop(interface, None)
    for subnet in endpoint.subnet_ids:
        if subnet not in homes:
            homes[subnet] = backend.create_network_interface(subnet, None).id
    endpoint.network_interface_ids = [homes[subnet] for subnet in endpoint.subnet_ids]
    groups = _endpoint_groups(backend, endpoint)
    for one in endpoint.network_interface_ids:
        description = f"VPC Endpoint Interface {endpoint.id}"
        _managed(backend.enis[one], "vpc_endpoint", description, groups)


def _create_endpoint(original: Callable[..., Any], self: Any, *rest: Any, **more: Any) -> Any:
    made = original(self, *rest, **more)
    made.vpc_endpoint_type = made.vpc_endpoint_type or "Gateway"
    if _is_interface(made):
        made.subnet_ids = list(dict.fromkeys(made.subnet_ids or []))
        _mend_interfaces(self, made)
    return made


def _modify_endpoint(
    original: Callable[..., Any], self: Any, vpc_id: str, *rest: Any, **more: Any
) -> Any:
    endpoint = self.describe_vpc_endpoints(vpc_end_point_ids=[vpc_id])[0]
    before = set(endpoint.route_table_ids or [])
    done = original(self, vpc_id, *rest, **more)
    if _is_interface(endpoint):
        _mend_interfaces(self, endpoint)
        return done
    prefix_list, after = endpoint.destination_prefix_list_id, set(endpoint.route_table_ids or [])
    for table in after - before:
        self.create_route(
            table, None, gateway_id=endpoint.id, destination_prefix_list_id=prefix_list
        )
    for table in before - after:
        self.delete_route(table, None, destination_prefix_list_id=prefix_list)
    return done


def _answer_modify(original: Callable[..., Any], self: Any) -> Any:
    answer = original(self)
    private_dns = self._get_bool_param("PrivateDnsEnabled")
    if private_dns is not None:
        name = self._get_param("VpcEndpointId")
        self.ec2_backend.vpc_end_points[name].private_dns_enabled = private_dns
    return answer


# -- defaults --------------------------------------------------------------------------------------


def _ipv6_entries(backend: Any, vpc_id: str) -> None:
    """Add to a VPC's default network ACL the rules for IPv6 that AWS adds (VPC:default-nacl)."""
    for acl in list(backend.network_acls.values()):
        if acl.vpc_id != vpc_id or not acl.default:
            continue
        for number, action in ((101, "allow"), (32768, "deny")):
            for egress in (True, False):
                if any((e.rule_number, e.egress) == (number, egress) for e in acl.entries):
                    continue
                backend.create_network_acl_entry(
                    acl.id, number, "-1", action, egress, None, None, None, None, None, "::/0"
                )


def _has_ipv6(backend: Any, vpc_id: str) -> bool:
    return bool(backend.vpcs[vpc_id].get_cidr_block_association_set(ipv6=True))


def _default_entries(original: Callable[..., Any], self: Any, network_acl_id: str) -> None:
    original(self, network_acl_id)
    vpc_id = self.network_acls[network_acl_id].vpc_id
    if _has_ipv6(self, vpc_id):
        _ipv6_entries(self, vpc_id)


def _associate_block(
    original: Callable[..., Any], self: Any, vpc_id: str, *rest: Any, **more: Any
) -> Any:
    had = _has_ipv6(self, vpc_id)
    done = original(self, vpc_id, *rest, **more)
    if not had and _has_ipv6(self, vpc_id):
        _ipv6_entries(self, vpc_id)
    return done


def _create_vpc(original: Callable[..., Any], self: Any, *rest: Any, **more: Any) -> Any:
    """Let a default group take what its own members send (VPC:default-security-group)."""
    made = original(self, *rest, **more)
    group = self.get_default_security_group(made.id)
    if group is not None and not group.ingress_rules:
        itself = [{"GroupId": group.id}]
        self.authorize_security_group_ingress(
            group.id, "-1", None, None, [], source_groups=itself, vpc_id=made.id
        )
    return made


def _default_vpc(original: Callable[..., Any], self: Any) -> Any:
    made = original(self)
    gateway = self.create_internet_gateway()
    self.attach_internet_gateway(gateway.id, made.id)
    main = next(one for one in self.route_tables.values() if one.vpc_id == made.id)
    self.create_route(main.id, "0.0.0.0/0", gateway_id=gateway.id)
    return made


MENDED: tuple[tuple[type, str, Callable[..., Any]], ...] = (
    (NetworkInterfaceBackend, "create_network_interface", _create_interface),
    (NatGatewayBackend, "create_nat_gateway", _create_nat),
    (NatGatewayBackend, "delete_nat_gateway", _delete_nat),
    (VPCBackend, "create_vpc_endpoint", _create_endpoint),
    (VPCBackend, "modify_vpc_endpoint", _modify_endpoint),
    (VPCs, "modify_vpc_endpoint", _answer_modify),
    (NetworkAclBackend, "add_default_entries", _default_entries),
    (VPCBackend, "associate_vpc_cidr_block", _associate_block),
    (VPCBackend, "create_vpc", _create_vpc),
    (VPCBackend, "create_default_vpc", _default_vpc),
)
"""Each method of moto's that is replaced, and what is called with the original in its place."""


@contextmanager
def true_networks() -> Iterator[None]:
    """Mend moto's networks while the context is open."""
    with ExitStack() as stack:
        for owner, name, instead in MENDED:
            stack.callback(setattr, owner, name, vars(owner)[name])
            setattr(owner, name, _method(vars(owner)[name], instead))
        stack.callback(setattr, Route, "state", vars(Route)["state"])
        setattr(Route, "state", property(route_state))  # noqa: B010 - mypy: a read-only property
        yield


def _method(original: Callable[..., Any], instead: Callable[..., Any]) -> Callable[..., Any]:
    def method(self: Any, *rest: Any, **more: Any) -> Any:
        return instead(original, self, *rest, **more)

    return method
