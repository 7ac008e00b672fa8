"""Hyperplane interfaces in moto's EC2: what they are there, and what nobody may do to them.

An interface that Lambda made is requester-managed: the account sees it and pays nothing for it, and
cannot delete, detach or change it. Its subnet and its groups cannot be deleted as long as it is
there. Every name of moto's used here is held by tests/contract/test_interface_seam.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from ipaddress import ip_network
from typing import Any

from moto.ec2.exceptions import DependencyViolationError, EC2ClientError
from moto.ec2.models.elastic_ip_addresses import ElasticAddressBackend
from moto.ec2.models.elastic_network_interfaces import NetworkInterface, NetworkInterfaceBackend
from moto.ec2.models.security_groups import SecurityGroupBackend
from moto.ec2.models.subnets import SubnetBackend

__all__ = ["MENDED", "LambdaInterface", "is_lambda", "managed_interfaces"]

KIND = "lambda"
RESERVED_FIRST = 4


class LambdaInterface(NetworkInterface):
    """A Hyperplane interface.

    Parameters
    ----------
    backend, subnet, groups, address
        moto's EC2, the subnet, the groups, and a free private address of the subnet.
    function
        Name of the function it was made for first; others share it later.
    unique
        A UUID, for its description.
    """

    def __init__(
        self,
        backend: Any,
        subnet: Any,
        groups: list[Any],
        address: str,
        *,
        function: str,
        unique: str,
    ) -> None:
        description = f"AWS Lambda VPC ENI-{function}-{unique}"
        super().__init__(backend, subnet, address, description=description)
        self._group_set = groups
        self.interface_type = KIND
        self.requester_managed = True
        self.requester_id = f"{backend.account_id}:{function}"
        self.status = "in-use"
        self.attachment_id = f"ela-attach-{unique.replace('-', '')[:17]}"

    @property
    def attachment(self) -> Any:
        """Lambda's own end of it; no instance of this account."""
        if self.status != "in-use":
            return None
        return {
            "AttachmentId": self.attachment_id,
            "DeleteOnTermination": False,
            "DeviceIndex": 1,
            "InstanceOwnerId": "amazon-aws",
            "Status": "attached",
        }

    def strand(self) -> None:
        """Let go of it without deleting it: it can be deleted by hand now."""
        self.status, self.attachment_id = "available", None

    def add_ipv6(self) -> bool:
        """Give it an IPv6 address if it has none; ``False`` if the subnet has no IPv6 block."""
        if self.ipv6_addresses:
            return True
        blocks = self.subnet.ipv6_cidr_block_association_set
        if not blocks:
            return False
        taken = {one for other in self.ec2_backend.enis.values() for one in other.ipv6_addresses}
        block, place = ip_network(blocks[0]["ipv6CidrBlock"]), RESERVED_FIRST
        while str(block[place]) in taken:
            place += 1
        self.ipv6_addresses.append(str(block[place]))
        return True


def is_lambda(interface: Any) -> bool:
    """Whether Lambda made an interface and still uses it."""
    return isinstance(interface, LambdaInterface) and interface.status == "in-use"


# -- what nobody may do ----------------------------------------------------------------------------


def _delete(original: Callable[..., Any], self: Any, eni_id: str) -> Any:
    if is_lambda(self.enis.get(eni_id)):
        raise EC2ClientError(
            "InvalidParameterValue", f"Network interface '{eni_id}' is currently in use."
        )
    return original(self, eni_id)


def _detach(original: Callable[..., Any], self: Any, attachment_id: str) -> Any:
    if any(is_lambda(one) and one.attachment_id == attachment_id for one in self.enis.values()):
        raise EC2ClientError(
            "OperationNotPermitted", "You are not allowed to manage 'ela-attach' attachments."
        )
    return original(self, attachment_id)


def _change(original: Callable[..., Any], self: Any, eni_id: str, *rest: Any, **more: Any) -> Any:
    if is_lambda(self.enis.get(eni_id)):
        raise _not_yours()
    return original(self, eni_id, *rest, **more)


def _associate(original: Callable[..., Any], self: Any, *rest: Any, **more: Any) -> Any:
    if is_lambda(rest[1] if len(rest) > 1 else more.get("eni")):
        raise _not_yours()
    return original(self, *rest, **more)


def _not_yours() -> EC2ClientError:
    return EC2ClientError(
        "AuthFailure", "You do not have permission to access the specified resource."
    )


def _delete_subnet(original: Callable[..., Any], self: Any, subnet_id: str) -> Any:
    made = [one for one in self.enis.values() if isinstance(one, LambdaInterface)]
    if any(one.subnet_id == subnet_id for one in made):
        raise DependencyViolationError(
            f"The subnet '{subnet_id}' has dependencies and cannot be deleted."
        )
    return original(self, subnet_id)


def _delete_group(
    original: Callable[..., Any], self: Any, vpc_id: str | None, group_id: str
) -> Any:
    for one in list(self.enis.values()):
        made = isinstance(one, LambdaInterface)
        if made and any(group.id == group_id for group in one.group_set):
            raise DependencyViolationError(f"resource {group_id} has a dependent object")
    return original(self, vpc_id, group_id)


MENDED: tuple[tuple[type, str, Callable[..., Any]], ...] = (
    (NetworkInterfaceBackend, "delete_network_interface", _delete),
    (NetworkInterfaceBackend, "detach_network_interface", _detach),
    (NetworkInterfaceBackend, "attach_network_interface", _change),
    (NetworkInterfaceBackend, "modify_network_interface_attribute", _change),
    (NetworkInterfaceBackend, "assign_private_ip_addresses", _change),
    (NetworkInterfaceBackend, "unassign_private_ip_addresses", _change),
    (NetworkInterfaceBackend, "assign_ipv6_addresses", _change),
    (NetworkInterfaceBackend, "unassign_ipv6_addresses", _change),
    (ElasticAddressBackend, "associate_address", _associate),
    (SubnetBackend, "delete_subnet", _delete_subnet),
    (SecurityGroupBackend, "_delete_security_group", _delete_group),
)
"""Each method of moto's that is replaced, and what is called with the original in its place."""


def _method(original: Callable[..., Any], instead: Callable[..., Any]) -> Callable[..., Any]:
    def method(self: Any, *rest: Any, **more: Any) -> Any:
        return instead(original, self, *rest, **more)

    return method


@contextmanager
def managed_interfaces() -> Iterator[None]:
    """Let moto refuse what EC2 refuses for interfaces of Lambda's, while the context is open."""
    with ExitStack() as stack:
        for owner, name, instead in MENDED:
            stack.callback(setattr, owner, name, vars(owner)[name])
            setattr(owner, name, _method(vars(owner)[name], instead))
        yield
