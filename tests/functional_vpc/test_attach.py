"""``VpcConfig`` through the API: what is answered, what it becomes, what is kept."""

from __future__ import annotations

from typing import Any

import pytest

from live_region import LiveRegion
from vpc_tools import HELLO, Network, network, refused, role, state, vpc

INVALID = "InvalidParameterValueException"
NOWHERE = {"SubnetIds": [], "SecurityGroupIds": [], "VpcId": "", "Ipv6AllowedForDualStack": False}


def config(lab: LiveRegion, name: str, qualifier: str = "$LATEST") -> dict[str, Any]:
    found = lab.lam.get_function_configuration(FunctionName=name, Qualifier=qualifier)
    answer: dict[str, Any] = found["VpcConfig"]
    return answer


def configure(lab: LiveRegion, name: str, **settings: Any) -> dict[str, Any]:
    answer: dict[str, Any] = lab.lam.update_function_configuration(FunctionName=name, **settings)
    return answer


def test_a_function_is_pending_until_it_has_its_interfaces(lab: LiveRegion) -> None:
    net = network(lab)
    subnets, groups = [net.subnet(0), net.subnet(1)], [net.group("a"), net.group("b")]
    name = lab.create(HELLO, VpcConfig=vpc(*subnets, groups=groups))
    expected = {
        "SubnetIds": subnets,
        "SecurityGroupIds": groups,
        "VpcId": net.vpc,
        "Ipv6AllowedForDualStack": False,
    }
    assert config(lab, name) == expected
    lab.settle()
    assert state(lab, name) == {"State": "Active", "LastUpdateStatus": "Successful"}
    assert lab.call(name).value == "hello"
    listed = lab.lam.list_functions()["Functions"]
    assert [one["VpcConfig"] for one in listed if one["FunctionName"] == name] == [expected]
    assert lab.lam.get_function(FunctionName=name)["Configuration"]["VpcConfig"] == expected
    assert {one["SubnetId"] for one in net.interfaces()} == set(subnets)


def test_a_new_interface_takes_longer_than_one_that_is_there(lab: LiveRegion) -> None:
    net = network(lab)
    there = vpc(net.subnet(), groups=[net.group()])
    with lab.region.clock.quiet():  # nothing but this test moves the time on
        first = lab.create(HELLO, VpcConfig=there)
        refusal = refused(lab.lam.invoke, FunctionName=first)
        assert (refusal[0], refusal[1]) == (409, "ResourceConflictException")
        lab.region.clock.advance(0.5)
        assert state(lab, first)["State"] == "Pending"
        assert state(lab, first)["StateReasonCode"] == "Creating"
        lab.region.clock.advance(0.5)
        second = lab.create(HELLO, VpcConfig=there)
        assert state(lab, second)["State"] == "Pending"
        lab.region.clock.advance(0.5)
        assert state(lab, second)["State"] == "Active"


def test_the_default_vpc_can_be_used_at_once(lab: LiveRegion) -> None:
    ec2 = lab.client("ec2")
    subnets = ec2.describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}])
    found = subnets["Subnets"][0]
    groups = ec2.describe_security_groups(
        Filters=[
            {"Name": "group-name", "Values": ["default"]},
            {"Name": "vpc-id", "Values": [found["VpcId"]]},
        ]
    )
    group = groups["SecurityGroups"][0]["GroupId"]
    name = lab.deploy(HELLO, VpcConfig=vpc(found["SubnetId"], groups=[group]))
    assert lab.call(name).value == "hello"
    assert config(lab, name)["VpcId"] == found["VpcId"]


def test_empty_lists_detach(lab: LiveRegion) -> None:
    net = network(lab)
    name = lab.deploy(HELLO, VpcConfig=vpc(net.subnet(), groups=[net.group()]))
    answer = configure(lab, name, VpcConfig=vpc(groups=[]))
    assert (answer["VpcConfig"], answer["LastUpdateStatus"]) == (NOWHERE, "InProgress")
    lab.settle()
    assert state(lab, name) == {"State": "Active", "LastUpdateStatus": "Successful"}
    plain = lab.deploy(HELLO)
    assert "VpcConfig" not in lab.lam.get_function_configuration(FunctionName=plain)


def test_what_an_update_does_not_name_stays(lab: LiveRegion) -> None:
    net = network(lab)
    wanted = vpc(net.subnet(), groups=[net.group()])
    name = lab.deploy(HELLO, VpcConfig=wanted)
    configure(lab, name, Timeout=4)
    lab.settle()
    configure(lab, name, VpcConfig={})
    lab.settle()
    assert config(lab, name).items() >= wanted.items()


def test_the_old_networks_serve_while_an_update_runs(lab: LiveRegion) -> None:
    net = network(lab)
    first, second, group = net.subnet(0), net.subnet(1), net.group()
    name = lab.deploy(HELLO, VpcConfig=vpc(first, groups=[group]))
    seen = lab.region.caller.find
    arn = lab.lam.get_function_configuration(FunctionName=name)["FunctionArn"]
    configure(lab, name, VpcConfig=vpc(second, groups=[group]))
    assert (seen(arn).spec.vpc_config or {})["SubnetIds"] == [first]
    assert lab.call(name).value == "hello"
    lab.settle()
    assert (seen(arn).spec.vpc_config or {})["SubnetIds"] == [second]


def test_a_published_version_keeps_its_networks(lab: LiveRegion) -> None:
    net = network(lab)
    first = vpc(net.subnet(0), groups=[net.group()])
    name = lab.deploy(HELLO, VpcConfig=first)
    lab.lam.publish_version(FunctionName=name)
    configure(lab, name, VpcConfig=vpc(groups=[]))
    lab.settle()
    lab.region.clock.advance(minutes=30)
    assert config(lab, name, "1").items() >= first.items()
    assert config(lab, name) == NOWHERE
    assert len(net.interfaces()) == 1
    lab.lam.delete_function(FunctionName=name, Qualifier="1")
    lab.region.clock.advance(minutes=30)
    assert net.interfaces() == []


# -- dual stack ------------------------------------------------------------------------------------


def dual_stack(lab: LiveRegion) -> tuple[Network, str, str]:
    """Make a VPC with a subnet of both families and one of IPv4 alone."""
    net = network(lab, AmazonProvidedIpv6CidrBlock=True)
    return net, net.subnet(0, Ipv6CidrBlock=ipv6_block(net)), net.subnet(1)


def ipv6_block(net: Network) -> str:
    """Return the first block for a subnet that a VPC's IPv6 block has."""
    described = net.ec2.describe_vpcs(VpcIds=[net.vpc])["Vpcs"][0]
    block: str = described["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"]
    return block.replace("/56", "/64")


def test_dual_stack_wants_ipv6_in_every_subnet(lab: LiveRegion) -> None:
    net, both, old = dual_stack(lab)
    group = net.group()
    name = lab.deploy(HELLO, VpcConfig=vpc(both, old, groups=[group]))
    status, code, text = refused(
        lab.lam.update_function_configuration,
        FunctionName=name,
        VpcConfig={"Ipv6AllowedForDualStack": True},
    )
    assert (status, code) == (400, INVALID)
    assert old in text
    assert both not in text
    (found,) = [one for one in net.interfaces() if one["SubnetId"] == both]
    assert found["Ipv6Addresses"] == []
    configure(lab, name, VpcConfig=vpc(both, groups=[group], Ipv6AllowedForDualStack=True))
    lab.settle()
    assert config(lab, name)["Ipv6AllowedForDualStack"] is True
    (found,) = [one for one in net.interfaces() if one["SubnetId"] == both]
    assert len(found["Ipv6Addresses"]) == 1


# -- refusals --------------------------------------------------------------------------------------


def test_networks_that_do_not_fit_together(lab: LiveRegion) -> None:
    one, other = network(lab), network(lab)
    subnet, group = one.subnet(), one.group()
    ec2 = "Error occurred while {}. EC2 Error Code: {}. EC2 Error Message: {}"
    gone = "subnet-0123456789abcdef0"
    cases = {
        ec2.format(
            "DescribeSubnets", "InvalidSubnetID.NotFound", f"The subnet ID '{gone}' does not exist"
        ): vpc(subnet, gone, groups=[group]),
        ec2.format(
            "DescribeSecurityGroups",
            "InvalidGroup.NotFound",
            "The security group 'sg-0123456789abcdef0' does not exist",
        ): vpc(subnet, groups=[group, "sg-0123456789abcdef0"]),
        "Subnets are required to be in the same VPC.": vpc(subnet, other.subnet(), groups=[group]),
        "Security Groups are required to be in the same VPC.": vpc(subnet, groups=[other.group()]),
        "SubnetIds and SecurityIds must coexist or be both empty list.": vpc(subnet, groups=[]),
    }
    name = lab.deploy(HELLO)
    for text, wanted in cases.items():
        with pytest.raises(lab.lam.exceptions.InvalidParameterValueException) as caught:
            lab.create(HELLO, "refused", VpcConfig=wanted)
        assert caught.value.response["Error"]["Message"] == text
        update = lab.lam.update_function_configuration
        assert refused(update, FunctionName=name, VpcConfig=wanted) == (400, INVALID, text)
    assert one.interfaces() == []
    assert "VpcConfig" not in lab.lam.get_function_configuration(FunctionName=name)


@pytest.mark.parametrize(("subnets", "groups"), [(17, 1), (1, 6)])
def test_there_are_bounds(lab: LiveRegion, subnets: int, groups: int) -> None:
    wanted = vpc(
        *(f"subnet-{number}" for number in range(subnets)),
        groups=[f"sg-{number}" for number in range(groups)],
    )
    with pytest.raises(lab.lam.exceptions.ClientError) as caught:
        lab.create(HELLO, VpcConfig=wanted)
    assert caught.value.response["Error"]["Code"] == "ValidationException"


def test_sixteen_subnets_and_five_groups(lab: LiveRegion) -> None:
    net = network(lab)
    subnets = [net.subnet(place) for place in range(16)]
    groups = [net.group(f"g{number}") for number in range(5)]
    name = lab.deploy(HELLO, VpcConfig=vpc(*subnets, groups=groups))
    assert len(net.interfaces()) == 16
    assert len(config(lab, name)["SecurityGroupIds"]) == 5
    assert all(len(one["Groups"]) == 5 for one in net.interfaces())


def test_dedicated_tenancy_and_ipv6_alone_are_refused(lab: LiveRegion) -> None:
    net = network(lab, InstanceTenancy="dedicated")
    with pytest.raises(lab.lam.exceptions.InvalidParameterValueException, match="dedicated"):
        lab.create(HELLO, VpcConfig=vpc(net.subnet(), groups=[net.group()]))
    net = network(lab, AmazonProvidedIpv6CidrBlock=True)
    new = net.ec2.create_subnet(VpcId=net.vpc, Ipv6Native=True, Ipv6CidrBlock=ipv6_block(net))
    wanted = vpc(new["Subnet"]["SubnetId"], groups=[net.group()])
    with pytest.raises(lab.lam.exceptions.InvalidParameterValueException, match="IPv6"):
        lab.create(HELLO, VpcConfig=wanted)


# -- the execution role ----------------------------------------------------------------------------

ACTIONS = ("CreateNetworkInterface", "DescribeNetworkInterfaces", "DeleteNetworkInterface")


@pytest.mark.parametrize("missing", ACTIONS)
@pytest.mark.fidelity("vpc-role")
def test_the_role_must_allow_what_lambda_does_with_it(lab: LiveRegion, missing: str) -> None:
    net = network(lab)
    wanted = vpc(net.subnet(), groups=[net.group()])
    allowed = [f"ec2:{action}" for action in ACTIONS if action != missing]
    poor = role(lab, f"without-{missing}", {"Effect": "Allow", "Action": allowed, "Resource": "*"})
    text = f"The provided execution role does not have permissions to call {missing} on EC2"
    with pytest.raises(lab.lam.exceptions.InvalidParameterValueException) as caught:
        lab.lam.create_function(
            FunctionName="poor",
            Role=poor,
            Runtime="python3.14",
            Handler="m.h",
            Code={"ZipFile": lab_zip()},
            VpcConfig=wanted,
        )
    assert caught.value.response["Error"]["Message"] == text
    name = lab.deploy(HELLO, VpcConfig=wanted)
    update = lab.lam.update_function_configuration
    assert refused(update, FunctionName=name, Role=poor) == (400, INVALID, text)


def lab_zip() -> bytes:
    from lambda_lab.deploy import make_zip

    return make_zip({"m.py": HELLO})


def test_awss_own_policy_is_enough(lab: LiveRegion) -> None:
    net = network(lab)
    arn = role(lab, "managed", {"Effect": "Allow", "Action": "logs:*", "Resource": "*"})
    policy = "arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"
    name = lab.deploy(HELLO)
    wanted = vpc(net.subnet(), groups=[net.group()])
    assert (
        "CreateNetworkInterface"
        in (refused(configure_with(lab), FunctionName=name, Role=arn, VpcConfig=wanted)[2])
    )
    lab.client("iam").attach_role_policy(RoleName="managed", PolicyArn=policy)
    configure(lab, name, Role=arn, VpcConfig=wanted)
    lab.settle()
    assert lab.call(name).value == "hello"


def configure_with(lab: LiveRegion) -> Any:
    return lab.lam.update_function_configuration


def test_the_functions_own_code_may_be_denied_it(lab: LiveRegion) -> None:
    """As AWS advises: the role is Lambda's, and its rights on EC2 are not the code's."""
    net = network(lab)
    name = lab.deploy(HELLO)
    arn = lab.lam.get_function_configuration(FunctionName=name)["FunctionArn"]
    actions = [f"ec2:{action}" for action in ACTIONS]
    careful = role(
        lab,
        "careful",
        {"Effect": "Allow", "Action": actions, "Resource": "*"},
        {
            "Effect": "Deny",
            "Action": actions,
            "Resource": "*",
            "Condition": {"ArnEquals": {"lambda:SourceFunctionArn": [arn]}},
        },
    )
    configure(lab, name, Role=careful, VpcConfig=vpc(net.subnet(), groups=[net.group()]))
    lab.settle()
    assert lab.call(name).value == "hello"


def test_a_role_may_be_bound_to_some_subnets(lab: LiveRegion) -> None:
    net = network(lab)
    good, bad, group = net.subnet(0), net.subnet(1), net.group()
    narrow = role(
        lab,
        "narrow",
        {
            "Effect": "Allow",
            "Action": "ec2:CreateNetworkInterface",
            "Resource": [
                "arn:aws:ec2:*:*:network-interface/*",
                f"arn:aws:ec2:*:*:subnet/{good}",
                "arn:aws:ec2:*:*:security-group/*",
            ],
        },
        {
            "Effect": "Allow",
            "Action": ["ec2:DescribeNetworkInterfaces", "ec2:DeleteNetworkInterface"],
            "Resource": "*",
        },
    )
    name = lab.deploy(HELLO)
    wanted = vpc(bad, groups=[group])
    assert refused(configure_with(lab), FunctionName=name, Role=narrow, VpcConfig=wanted)[0] == 400
    configure(lab, name, Role=narrow, VpcConfig=vpc(good, groups=[group]))
    lab.settle()
    assert lab.call(name).value == "hello"
