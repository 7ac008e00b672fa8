"""Hyperplane interfaces: shared, seen in EC2, nobody's to change, and gone after a while."""

from __future__ import annotations

from typing import Any

import pytest

from lambda_lab import facts
from lambda_lab.facts import Fact
from lambda_lab.network.reading import region_topology
from lambda_lab.network.sources import Source, source_address
from live_region import LiveRegion
from vpc_tools import HELLO, Network, network, refused, role, state, vpc


def move(lab: LiveRegion, name: str, wanted: dict[str, Any]) -> None:
    """Attach a function elsewhere."""
    lab.lam.update_function_configuration(FunctionName=name, VpcConfig=wanted)
    lab.settle()


@pytest.mark.fidelity("interfaces")
def test_there_is_one_for_each_subnet_and_set_of_groups(lab: LiveRegion) -> None:
    net = network(lab)
    one, two = net.subnet(0), net.subnet(1)
    red, blue = net.group("red"), net.group("blue")
    lab.deploy(HELLO, "first", VpcConfig=vpc(one, two, groups=[red, blue]))
    assert len(net.interfaces()) == 2
    lab.deploy(HELLO, "second", VpcConfig=vpc(two, one, groups=[blue, red]))
    assert len(net.interfaces()) == 2
    lab.deploy(HELLO, "third", VpcConfig=vpc(one, groups=[red]))
    found = net.interfaces()
    assert len(found) == 3
    assert {frozenset(group["GroupId"] for group in one["Groups"]) for one in found} == {
        frozenset([red]),
        frozenset([red, blue]),
    }
    addresses = {(one["SubnetId"], one["PrivateIpAddress"]) for one in found}
    start = f"10.{net.number}"
    assert addresses == {(one, f"{start}.0.4"), (two, f"{start}.1.4"), (one, f"{start}.0.5")}


def test_it_is_described_as_lambdas(lab: LiveRegion) -> None:
    net = network(lab)
    name = lab.deploy(HELLO, VpcConfig=vpc(net.subnet(), groups=[net.group()]))
    found = net.ec2.describe_network_interfaces(
        Filters=[
            {"Name": "description", "Values": [f"AWS Lambda VPC ENI-{name}-*"]},
            {"Name": "requester-managed", "Values": ["true"]},
            {"Name": "status", "Values": ["in-use"]},
        ]
    )
    (one,) = found["NetworkInterfaces"]
    assert (one["InterfaceType"], one["RequesterManaged"]) == ("lambda", True)
    assert one["Attachment"]["AttachmentId"].startswith("ela-attach-")
    assert "Association" not in one
    assert one["VpcId"] == net.vpc


def test_a_function_speaks_from_its_address(lab: LiveRegion) -> None:
    net = network(lab)
    wanted = vpc(net.subnet(), groups=[net.group()])
    lab.deploy(HELLO, VpcConfig=wanted)
    topology = region_topology("us-east-1")
    subnet = topology.subnet(wanted["SubnetIds"][0])
    assert subnet is not None
    (one,) = net.interfaces()
    found = source_address(topology, Source.of(wanted), subnet, 4)
    assert str(found) == one["PrivateIpAddress"]


def test_nobody_else_may_touch_it(lab: LiveRegion) -> None:
    net = network(lab)
    subnet, group, other = net.subnet(), net.group(), net.group("other")
    name = lab.deploy(HELLO, VpcConfig=vpc(subnet, groups=[group]))
    (one,) = net.interfaces()
    eni, attachment = one["NetworkInterfaceId"], one["Attachment"]["AttachmentId"]
    ec2 = net.ec2
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    not_yours = "AuthFailure"
    calls: list[tuple[Any, dict[str, Any], str]] = [
        (ec2.delete_network_interface, {}, "InvalidParameterValue"),
        (ec2.modify_network_interface_attribute, {"Groups": [other]}, not_yours),
        (ec2.assign_private_ip_addresses, {"SecondaryPrivateIpAddressCount": 1}, not_yours),
        (ec2.associate_address, {"AllocationId": address}, not_yours),
    ]
    for call, more, expected in calls:
        assert refused(call, NetworkInterfaceId=eni, **more)[1] == expected
    assert refused(ec2.detach_network_interface, AttachmentId=attachment)[1] == (
        "OperationNotPermitted"
    )
    assert refused(ec2.delete_subnet, SubnetId=subnet)[1] == "DependencyViolation"
    assert refused(ec2.delete_security_group, GroupId=group)[1] == "DependencyViolation"
    assert net.interfaces() == [one]
    ec2.delete_security_group(GroupId=other)
    assert lab.call(name).value == "hello"


def test_other_interfaces_are_as_before(lab: LiveRegion) -> None:
    net = network(lab)
    subnet, group = net.subnet(), net.group()
    made = net.ec2.create_network_interface(SubnetId=subnet, Groups=[group])
    eni = made["NetworkInterface"]["NetworkInterfaceId"]
    net.ec2.modify_network_interface_attribute(
        NetworkInterfaceId=eni, Description={"Value": "mine"}
    )
    net.ec2.delete_network_interface(NetworkInterfaceId=eni)
    net.ec2.delete_subnet(SubnetId=subnet)
    net.ec2.delete_security_group(GroupId=group)


# -- going -----------------------------------------------------------------------------------------


def minutes(lab: LiveRegion, number: float) -> None:
    lab.region.clock.advance(minutes=number)


@pytest.mark.fidelity("interfaces")
def test_it_goes_twenty_minutes_after_its_last_user(lab: LiveRegion) -> None:
    net = network(lab)
    wanted = vpc(net.subnet(), groups=[net.group()])
    first, second = (lab.deploy(HELLO, VpcConfig=wanted) for _ in range(2))
    lab.lam.delete_function(FunctionName=first)
    minutes(lab, 60)
    assert len(net.interfaces()) == 1
    move(lab, second, vpc(groups=[]))
    minutes(lab, 19)
    assert len(net.interfaces()) == 1
    minutes(lab, 1)
    assert net.interfaces() == []
    net.ec2.delete_subnet(SubnetId=wanted["SubnetIds"][0])
    net.ec2.delete_security_group(GroupId=wanted["SecurityGroupIds"][0])


def test_a_new_user_keeps_it(lab: LiveRegion) -> None:
    net = network(lab)
    wanted = vpc(net.subnet(), groups=[net.group()])
    lab.lam.delete_function(FunctionName=lab.deploy(HELLO, VpcConfig=wanted))
    minutes(lab, 10)
    before = net.interfaces()
    name = lab.deploy(HELLO, VpcConfig=wanted)
    minutes(lab, 60)
    assert net.interfaces() == before
    lab.lam.delete_function(FunctionName=name)
    minutes(lab, 10)
    assert net.interfaces() == before  # the twenty minutes begin anew
    minutes(lab, 10)
    assert net.interfaces() == []


def test_moving_to_another_subnet_leaves_the_old_one_for_a_while(lab: LiveRegion) -> None:
    net = network(lab)
    old, new, group = net.subnet(0), net.subnet(1), net.group()
    name = lab.deploy(HELLO, VpcConfig=vpc(old, groups=[group]))
    move(lab, name, vpc(new, groups=[group]))
    assert {one["SubnetId"] for one in net.interfaces()} == {old, new}
    minutes(lab, 20)
    assert {one["SubnetId"] for one in net.interfaces()} == {new}
    assert lab.call(name).value == "hello"


def test_without_its_role_it_is_left_behind(lab: LiveRegion) -> None:
    net = network(lab)
    subnet = net.subnet()
    arn = role(lab, "gone", {"Effect": "Allow", "Action": "ec2:*", "Resource": "*"})
    name = lab.deploy(HELLO)
    lab.lam.update_function_configuration(
        FunctionName=name, Role=arn, VpcConfig=vpc(subnet, groups=[net.group()])
    )
    lab.settle()
    lab.lam.delete_function(FunctionName=name)
    lab.client("iam").delete_role_policy(RoleName="gone", PolicyName="inline")
    lab.client("iam").delete_role(RoleName="gone")
    minutes(lab, 30)
    (one,) = net.interfaces()
    assert one["Status"] == "available"
    assert refused(net.ec2.delete_subnet, SubnetId=subnet)[1] == "DependencyViolation"
    net.ec2.delete_network_interface(NetworkInterfaceId=one["NetworkInterfaceId"])
    net.ec2.delete_subnet(SubnetId=subnet)


# -- what cannot be made ---------------------------------------------------------------------------


def fill(net: Network, subnet: str, *, leave: int = 0) -> list[str]:
    """Take the free addresses of a small subnet, except some; returns the interfaces."""
    found = net.ec2.describe_subnets(SubnetIds=[subnet])["Subnets"][0]
    made = []
    for _ in range(found["AvailableIpAddressCount"] - leave):
        one = net.ec2.create_network_interface(SubnetId=subnet)
        made.append(one["NetworkInterface"]["NetworkInterfaceId"])
    return made


FULL = {
    "State": "Failed",
    "StateReason": "Lambda was not able to set up VPC access for the Lambda function because one "
    "or more configured subnets has no available IP addresses.",
    "StateReasonCode": "SubnetOutOfIPAddresses",
    "LastUpdateStatus": "Failed",
}


@pytest.mark.fidelity("vpc-reasons")
@pytest.mark.makes("SubnetIPAddressLimitReachedException")
def test_a_new_function_fails_where_addresses_are_out(lab: LiveRegion) -> None:
    net = network(lab)
    small, free, group = net.subnet(0, size=28), net.subnet(1), net.group()
    taken = fill(net, small)
    name = lab.create(HELLO, VpcConfig=vpc(free, small, groups=[group]))
    lab.settle()
    found = state(lab, name)
    assert {key: found[key] for key in FULL} == FULL
    assert found["LastUpdateStatusReasonCode"] == "SubnetOutOfIPAddresses"
    status, code, text = refused(lab.lam.invoke, FunctionName=name)
    assert (status, code) == (502, "SubnetIPAddressLimitReachedException")
    assert text == FULL["StateReason"]
    assert net.interfaces() == []  # all or none
    net.ec2.delete_network_interface(NetworkInterfaceId=taken[0])
    lab.lam.update_function_configuration(FunctionName=name, Timeout=5)
    lab.settle()
    assert state(lab, name) == {"State": "Active", "LastUpdateStatus": "Successful"}
    assert lab.call(name).value == "hello"


def test_a_failed_update_leaves_the_old_networks(lab: LiveRegion) -> None:
    net = network(lab)
    old, small, group = net.subnet(0), net.subnet(1, size=28), net.group()
    fill(net, small)
    name = lab.deploy(HELLO, VpcConfig=vpc(old, groups=[group]))
    move(lab, name, vpc(small, groups=[group]))
    found = state(lab, name)
    assert (found["State"], found["LastUpdateStatus"]) == ("Active", "Failed")
    assert found["LastUpdateStatusReasonCode"] == "SubnetOutOfIPAddresses"
    assert "StateReasonCode" not in found
    minutes(lab, 30)
    assert [one["SubnetId"] for one in net.interfaces()] == [old]
    assert lab.call(name).value == "hello"
    shown = lab.lam.get_function_configuration(FunctionName=name)["VpcConfig"]
    assert shown["SubnetIds"] == [old]


def test_a_version_published_meanwhile_fails_too(lab: LiveRegion) -> None:
    net = network(lab)
    small = net.subnet(0, size=28)
    fill(net, small)
    name = lab.create(HELLO, VpcConfig=vpc(small, groups=[net.group()]), Publish=True)
    lab.settle()
    found = lab.lam.get_function_configuration(FunctionName=name, Qualifier="1")
    assert (found["State"], found["StateReasonCode"]) == ("Failed", "SubnetOutOfIPAddresses")


@pytest.mark.makes("ENILimitReachedException")
def test_a_vpc_has_so_many(lab: LiveRegion, monkeypatch: pytest.MonkeyPatch) -> None:
    real = facts.value

    def value(key: str) -> Any:
        return 2 if key == "storage.enis-per-vpc" else real(key)

    monkeypatch.setattr(facts, "value", value)
    net = network(lab)
    subnets, group = [net.subnet(place) for place in range(3)], net.group()
    lab.deploy(HELLO, VpcConfig=vpc(*subnets[:2], groups=[group]))
    name = lab.create(HELLO, VpcConfig=vpc(subnets[2], groups=[group]))
    lab.settle()
    assert state(lab, name)["StateReasonCode"] == "EniLimitExceeded"
    assert refused(lab.lam.invoke, FunctionName=name)[:2] == (502, "ENILimitReachedException")
    elsewhere = network(lab)
    lab.deploy(HELLO, VpcConfig=vpc(elsewhere.subnet(), groups=[elsewhere.group()]))
    assert len(elsewhere.interfaces()) == 1


def test_the_figures_are_awss() -> None:
    found: list[Fact] = [facts.get(key) for key in ("vpc.interface.removal", "vpc.idle-reclaim")]
    assert [(one.value, one.unit) for one in found] == [(20, "min"), (14, "days")]
