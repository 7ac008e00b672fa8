"""Two weeks without a call: interfaces are taken back, and the next call asks for them again."""

from __future__ import annotations

import json
from typing import Any

import pytest

from live_region import LiveRegion
from vpc_tools import HELLO, Network, network, refused, role, state, vpc

NOT_READY = (502, "ResourceNotReadyException")


def attached(lab: LiveRegion, **more: Any) -> tuple[Network, str]:
    """Deploy a function in a network of its own."""
    net = network(lab)
    name = lab.deploy(HELLO, VpcConfig=vpc(net.subnet(), groups=[net.group()]), **more)
    return net, name


def days(lab: LiveRegion, number: float) -> None:
    lab.region.clock.advance(days=number)


@pytest.mark.fidelity("inactive")
@pytest.mark.makes("ResourceNotReadyException")
def test_an_idle_function_becomes_inactive_and_comes_back(lab: LiveRegion) -> None:
    net, name = attached(lab)
    assert lab.call(name).value == "hello"
    assert lab.environments(name)
    days(lab, 13.9)
    assert state(lab, name)["State"] == "Active"
    days(lab, 0.2)
    found = state(lab, name)
    assert (found["State"], found["StateReasonCode"]) == ("Inactive", "Idle")
    assert net.interfaces() == []
    lab.region.settle()
    assert lab.environments(name) == []
    status, code, text = refused(lab.lam.invoke, FunctionName=name)
    assert (status, code) == NOT_READY
    assert text.startswith("The function is inactive and its VPC connection")
    again = lab.lam.get_function_configuration(FunctionName=name)
    assert again["State"] in ("Pending", "Active")
    lab.settle()
    assert state(lab, name) == {"State": "Active", "LastUpdateStatus": "Successful"}
    assert len(net.interfaces()) == 1
    assert lab.call(name).value == "hello"
    days(lab, 15)
    assert state(lab, name)["State"] == "Inactive"  # and so on


def test_a_call_puts_it_off(lab: LiveRegion) -> None:
    net, name = attached(lab)
    arn = lab.lam.get_function_configuration(FunctionName=name)["FunctionArn"]
    for call in (
        lambda: lab.call(name),
        lambda: lab.lam.invoke(FunctionName=name, InvocationType="Event"),
        lambda: lab.region.caller.call(arn, b"{}"),
    ):
        days(lab, 10)
        call()
    days(lab, 13)
    assert state(lab, name)["State"] == "Active"
    assert len(net.interfaces()) == 1
    days(lab, 1)
    assert state(lab, name)["State"] == "Inactive"


def test_who_has_no_vpc_stays_active(lab: LiveRegion) -> None:
    name = lab.deploy(HELLO)
    days(lab, 100)
    assert state(lab, name) == {"State": "Active", "LastUpdateStatus": "Successful"}
    assert lab.call(name).value == "hello"


def test_a_dry_run_wakes_nobody(lab: LiveRegion) -> None:
    _, name = attached(lab)
    days(lab, 14)
    for _ in range(2):
        dry = refused(lab.lam.invoke, FunctionName=name, InvocationType="DryRun")
        assert dry[:2] == NOT_READY
    assert state(lab, name)["State"] == "Inactive"


def test_each_version_is_idle_for_itself(lab: LiveRegion) -> None:
    net, name = attached(lab, Publish=True)
    lab.lam.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    days(lab, 10)
    lab.call(name, Qualifier="live")
    days(lab, 5)
    assert state(lab, name)["State"] == "Inactive"
    assert lab.call(name, Qualifier="live").value == "hello"
    assert len(net.interfaces()) == 1
    days(lab, 14)
    assert net.interfaces() == []
    assert refused(lab.lam.invoke, FunctionName=name, Qualifier="live")[:2] == NOT_READY
    lab.settle()
    assert lab.call(name, Qualifier="live").value == "hello"
    assert state(lab, name)["State"] == "Inactive"


def test_an_event_waits_until_the_function_is_back(lab: LiveRegion) -> None:
    net, name = attached(lab)
    arn = lab.lam.get_function_configuration(FunctionName=name)["FunctionArn"]
    queue = lab.client("sqs").create_queue(QueueName=f"done-{name}")["QueueUrl"]
    described = lab.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])
    lab.lam.put_function_event_invoke_config(
        FunctionName=name,
        DestinationConfig={"OnSuccess": {"Destination": described["Attributes"]["QueueArn"]}},
    )
    days(lab, 14)
    assert state(lab, name)["State"] == "Inactive"
    topic = lab.client("sns").create_topic(Name=f"t-{name}")["TopicArn"]
    lab.lam.add_permission(
        FunctionName=name,
        StatementId="sns",
        Action="lambda:InvokeFunction",
        Principal="sns.amazonaws.com",
    )
    lab.client("sns").subscribe(TopicArn=topic, Protocol="lambda", Endpoint=arn)
    lab.client("sns").publish(TopicArn=topic, Message="wake")
    lab.region.clock.advance(minutes=10)
    assert state(lab, name)["State"] == "Active"
    (message,) = lab.client("sqs").receive_message(QueueUrl=queue)["Messages"]
    assert json.loads(message["Body"])["responsePayload"] == "hello"
    assert len(net.interfaces()) == 1


def test_the_second_version_of_an_alias_is_woken_too(lab: LiveRegion) -> None:
    _, name = attached(lab, Publish=True)
    lab.update(name, HELLO.replace("hello", "second"))
    lab.settle()
    lab.lam.publish_version(FunctionName=name)
    alias = lab.lam.create_alias(
        FunctionName=name,
        Name="live",
        FunctionVersion="1",
        RoutingConfig={"AdditionalVersionWeights": {"2": 1.0}},
    )
    days(lab, 10)
    lab.call(name, Qualifier="1")
    days(lab, 4)
    assert refused(lab.lam.invoke, FunctionName=name, Qualifier="live")[:2] == NOT_READY
    lab.settle()
    days(lab, 10)
    assert lab.region.caller.call(alias["AliasArn"], b"{}").payload == b'"second"'
    days(lab, 5)
    found = [
        lab.lam.get_function_configuration(FunctionName=name, Qualifier=version)["State"]
        for version in ("1", "2")
    ]
    assert found == ["Inactive", "Active"]


def test_what_is_kept_ready_is_not_idle(lab: LiveRegion) -> None:
    net, name = attached(lab, Publish=True)
    lab.lam.put_provisioned_concurrency_config(
        FunctionName=name, Qualifier="1", ProvisionedConcurrentExecutions=1
    )
    lab.region.clock.advance(minutes=5)
    days(lab, 20)
    versions = [
        lab.lam.get_function_configuration(FunctionName=name, Qualifier=version)["State"]
        for version in ("$LATEST", "1")
    ]
    assert versions == ["Inactive", "Active"]
    assert len(net.interfaces()) == 1


def test_an_update_makes_it_active_again(lab: LiveRegion) -> None:
    net, name = attached(lab)
    days(lab, 14)
    lab.lam.update_function_configuration(FunctionName=name, Timeout=7)
    lab.settle()
    assert state(lab, name) == {"State": "Active", "LastUpdateStatus": "Successful"}
    assert lab.call(name).value == "hello"
    assert len(net.interfaces()) == 1


# -- what is not there any more --------------------------------------------------------------------


def wake(lab: LiveRegion, name: str) -> tuple[str, str]:
    """Call an inactive function, and wait for what comes of it."""
    assert refused(lab.lam.invoke, FunctionName=name)[0] == 502
    lab.settle()
    found = state(lab, name)
    return found["State"], found.get("StateReasonCode", "")


@pytest.mark.fidelity("vpc-reasons")
@pytest.mark.makes("InvalidSubnetIDException")
def test_a_deleted_subnet(lab: LiveRegion) -> None:
    net, name = attached(lab)
    days(lab, 14)
    config = lab.lam.get_function_configuration(FunctionName=name)["VpcConfig"]
    net.ec2.delete_subnet(SubnetId=config["SubnetIds"][0])
    assert wake(lab, name) == ("Inactive", "InvalidSubnet")
    assert refused(lab.lam.invoke, FunctionName=name) == (
        502,
        "InvalidSubnetIDException",
        "The Subnet ID provided in the Lambda function VPC configuration is invalid.",
    )
    lab.settle()
    wanted = vpc(net.subnet(1), groups=config["SecurityGroupIds"])
    lab.lam.update_function_configuration(FunctionName=name, VpcConfig=wanted)
    lab.settle()
    assert lab.call(name).value == "hello"


@pytest.mark.makes("InvalidSecurityGroupIDException")
def test_a_deleted_group(lab: LiveRegion) -> None:
    net, name = attached(lab)
    days(lab, 14)
    config = lab.lam.get_function_configuration(FunctionName=name)["VpcConfig"]
    net.ec2.delete_security_group(GroupId=config["SecurityGroupIds"][0])
    assert wake(lab, name) == ("Inactive", "InvalidSecurityGroup")
    assert refused(lab.lam.invoke, FunctionName=name)[1] == "InvalidSecurityGroupIDException"


@pytest.mark.makes("EC2AccessDeniedException")
def test_a_role_that_may_no_more(lab: LiveRegion) -> None:
    arn = role(lab, "weakened", {"Effect": "Allow", "Action": "ec2:*", "Resource": "*"})
    net = network(lab)
    name = lab.deploy(HELLO)
    lab.lam.update_function_configuration(
        FunctionName=name, Role=arn, VpcConfig=vpc(net.subnet(), groups=[net.group()])
    )
    lab.settle()
    weak = {"Effect": "Allow", "Action": "ec2:DeleteNetworkInterface", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [weak]})
    iam = lab.client("iam")
    iam.put_role_policy(RoleName="weakened", PolicyName="inline", PolicyDocument=policy)
    assert lab.call(name).value == "hello"  # calls need no permission
    days(lab, 14)
    assert wake(lab, name) == ("Inactive", "InsufficientRolePermissions")
    status, code, text = refused(lab.lam.invoke, FunctionName=name)
    assert (status, code) == (502, "EC2AccessDeniedException")
    assert text.endswith("does not have permissions to call CreateNetworkInterface on EC2")
    full = policy.replace("ec2:DeleteNetworkInterface", "ec2:*")
    iam.put_role_policy(RoleName="weakened", PolicyName="inline", PolicyDocument=full)
    lab.settle()
    assert wake(lab, name) == ("Active", "")
