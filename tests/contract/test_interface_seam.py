"""Each name of moto's EC2 that Hyperplane interfaces stand on.

When an upgrade breaks a row here: mend ``aws/vpc/interface_seam.py``, then this table.
"""

from __future__ import annotations

import ast
import inspect
from typing import Any

import pytest
from moto.ec2.models.elastic_network_interfaces import NetworkInterface

from lambda_lab.aws.vpc.interface_seam import MENDED, managed_interfaces
from repository import PACKAGE

USED = {
    "moto.ec2.exceptions.DependencyViolationError",
    "moto.ec2.exceptions.EC2ClientError",
    "moto.ec2.models.elastic_ip_addresses.ElasticAddressBackend",
    "moto.ec2.models.elastic_network_interfaces.NetworkInterface",
    "moto.ec2.models.elastic_network_interfaces.NetworkInterfaceBackend",
    "moto.ec2.models.security_groups.SecurityGroupBackend",
    "moto.ec2.models.subnets.SubnetBackend",
}
PARAMETERS = {
    "delete_network_interface": "self eni_id",
    "detach_network_interface": "self attachment_id",
    "attach_network_interface": "self eni_id",
    "modify_network_interface_attribute": "self eni_id",
    "assign_private_ip_addresses": "self eni_id",
    "unassign_private_ip_addresses": "self eni_id",
    "assign_ipv6_addresses": "self eni_id",
    "unassign_ipv6_addresses": "self eni_id",
    "associate_address": "self instance eni",
    "delete_subnet": "self subnet_id",
    "_delete_security_group": "self vpc_id group_id",
}
"""What the replacements read: the first parameters of each method."""


def test_every_name_that_is_imported_is_known() -> None:
    for module in sorted((PACKAGE / "aws" / "vpc").glob("*.py")):
        names = {
            f"{node.module}.{alias.name}"
            for node in ast.walk(ast.parse(module.read_text("utf-8")))
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("moto")
            for alias in node.names
        }
        assert names == (USED if module.name == "interface_seam.py" else set())


@pytest.mark.parametrize("row", MENDED, ids=lambda row: f"{row[0].__name__}.{row[1]}")
def test_what_is_replaced_takes_what_it_took(row: tuple[type, str, Any]) -> None:
    owner, name, _ = row
    wanted = PARAMETERS[name].split()
    found = list(inspect.signature(vars(owner)[name]).parameters)
    assert found[: len(wanted)] == wanted


def test_all_is_put_back() -> None:
    before = [vars(owner)[name] for owner, name, _ in MENDED]
    with managed_interfaces():
        assert [vars(owner)[name] for owner, name, _ in MENDED] != before
    assert [vars(owner)[name] for owner, name, _ in MENDED] == before


def test_an_interface_has_the_members_that_are_set() -> None:
    text = inspect.getsource(NetworkInterface.__init__)
    for member in (
        *("_group_set", "interface_type", "requester_managed", "requester_id", "status"),
        *("attachment_id", "ipv6_addresses", "private_ip_addresses"),
    ):
        assert f"self.{member}" in text
    assert isinstance(vars(NetworkInterface)["attachment"], property)
