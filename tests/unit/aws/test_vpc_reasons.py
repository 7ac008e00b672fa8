"""Reason codes and errors of functions in a VPC: each is one that AWS has."""

from __future__ import annotations

import pytest

from lambda_lab.aws.errors import error_shape
from lambda_lab.aws.model import service_model
from lambda_lab.aws.vpc.config import VpcConfig
from lambda_lab.aws.vpc.reasons import IDLE, Reason

CODES = {
    "SubnetOutOfIPAddresses": "SubnetIPAddressLimitReachedException",
    "EniLimitExceeded": "ENILimitReachedException",
    "InvalidSubnet": "InvalidSubnetIDException",
    "InvalidSecurityGroup": "InvalidSecurityGroupIDException",
    "InsufficientRolePermissions": "EC2AccessDeniedException",
}


@pytest.mark.parametrize("code", [*CODES, "Idle"])
@pytest.mark.fidelity("vpc-reasons")
def test_each_reason_and_its_error_are_awss(code: str) -> None:
    reason = Reason.of(code, "why")
    assert code in service_model().shape_for("StateReasonCode").enum
    assert reason.error is not None
    assert error_shape(reason.error).status == 502
    assert reason.error == CODES.get(code, "ResourceNotReadyException")
    if code != "Idle":
        assert code in service_model().shape_for("LastUpdateStatusReasonCode").enum


def test_another_reason_is_no_matter_of_networks() -> None:
    assert Reason("FunctionError", "it raised").error is None
    assert IDLE.text


def test_a_place_is_a_subnet_and_a_set_of_groups() -> None:
    one = VpcConfig(("subnet-1", "subnet-2"), ("sg-1", "sg-2"), "vpc-1")
    other = VpcConfig(("subnet-2",), ("sg-2", "sg-1"), "vpc-1")
    assert one.places & other.places == other.places
    assert not one.places & VpcConfig(("subnet-2",), ("sg-1",), "vpc-1").places
    assert VpcConfig().places == frozenset()
