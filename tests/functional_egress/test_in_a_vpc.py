"""A function in a VPC connects to what the network lets it reach, as it is at that moment."""

from __future__ import annotations

import pytest

from egress_tools import Net, Probe
from live_region import LiveRegion

WEB = "http://www.example.com/"
TIMED_OUT = "TimeoutError: timed out"


@pytest.fixture(scope="module")
def private(lab: LiveRegion, net: Net) -> Probe:
    """Return a function in the private subnet."""
    return Probe(lab, VpcConfig=net.config())


@pytest.mark.fidelity("vpc-holds")
def test_without_a_nat_gateway_nothing_answers(private: Probe) -> None:
    assert private.tries("look_up", "www.example.com") == ["203.0.113.10"]
    assert "timed out" in private.tries("get", WEB)
    assert private.tries("tcp", "203.0.113.10", 80) == TIMED_OUT
    assert private.tries("nonblocking", "203.0.113.10", 80) == [115, False]
    assert private.tries("aio", "203.0.113.10", 80).startswith("TimeoutError")
    assert private.tries("child", "203.0.113.10", 80) == "TimeoutError: timed out"
    assert "ConnectTimeoutError" in private.tries("aws", "sqs", "list_queues")


@pytest.mark.fidelity("vpc-holds")
def test_the_learner_sees_a_task_that_timed_out(lab: LiveRegion, net: Net) -> None:
    probe = Probe(lab, VpcConfig=net.config(), Timeout=1)
    answer = lab.call(probe.name, {"do": "hang", "with": ["203.0.113.10", 80]})
    assert "Task timed out after 1.00 seconds" in answer.fails("Sandbox.Timedout")["errorMessage"]


def test_a_public_subnet_has_no_internet_either(lab: LiveRegion, net: Net) -> None:
    probe = Probe(lab, VpcConfig=net.config("public"))
    assert probe.tries("tcp", "203.0.113.10", 80) == TIMED_OUT


@pytest.mark.fidelity("internet")
def test_a_nat_gateway_is_what_the_internet_sees(private: Probe, net: Net) -> None:
    public = net.add_nat()
    assert private.tries("tcp", "203.0.113.10", 80) == TIMED_OUT
    net.route("private", NatGatewayId=net.ids["nat"])
    assert f'"source": "{public}"' in private.tries("get", WEB)
    assert private.tries("get", "http://checkip.amazonaws.com/") == f"{public}\n"
    assert private.tries("aws", "sqs", "list_queues") == 200
    net.unroute("private")
    assert private.tries("tcp", "203.0.113.10", 80) == TIMED_OUT


@pytest.mark.fidelity("vpc-endpoints")
def test_a_gateway_endpoint_leads_to_its_service_only(private: Probe, net: Net) -> None:
    assert "ConnectTimeoutError" in private.tries("aws", "s3", "list_buckets")
    made = net.ec2.create_vpc_endpoint(
        VpcId=net.ids["vpc"],
        ServiceName="com.amazonaws.us-east-1.s3",
        RouteTableIds=[net.ids["rtb-private"]],
    )["VpcEndpoint"]["VpcEndpointId"]
    assert private.tries("aws", "s3", "list_buckets") == 200
    assert "200" not in str(private.tries("aws", "sqs", "list_queues"))
    net.ec2.delete_vpc_endpoints(VpcEndpointIds=[made])
    assert "ConnectTimeoutError" in private.tries("aws", "s3", "list_buckets")


def test_an_interface_endpoint_answers_at_a_private_address(private: Probe, net: Net) -> None:
    group = net.group("endpoint")
    made = net.ec2.create_vpc_endpoint(
        VpcId=net.ids["vpc"],
        VpcEndpointType="Interface",
        ServiceName="com.amazonaws.us-east-1.sqs",
        SubnetIds=[net.ids["data"]],
        SecurityGroupIds=[group],
        PrivateDnsEnabled=True,
    )["VpcEndpoint"]["VpcEndpointId"]
    (address,) = private.tries("look_up", "sqs.us-east-1.amazonaws.com")
    assert address.startswith("10.")
    assert "ConnectTimeoutError" in private.tries("aws", "sqs", "list_queues")
    rule = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 443}
    rule["UserIdGroupPairs"] = [{"GroupId": net.ids["sg"]}]
    net.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
    assert private.tries("aws", "sqs", "list_queues") == 200
    assert private.tries("tcp", "sqs.us-east-1.amazonaws.com", 80) == "connected"
    assert "ConnectTimeoutError" in private.tries("aws", "sns", "list_topics")
    net.ec2.delete_vpc_endpoints(VpcEndpointIds=[made])
    assert private.tries("look_up", "sqs.us-east-1.amazonaws.com") == ["198.51.100.10"]


@pytest.mark.fidelity("vpc-next-connection")
def test_a_network_acl_takes_effect_on_the_next_connection(lab: LiveRegion) -> None:
    net = Net.make(lab)
    net.add_nat()
    net.route("private", NatGatewayId=net.ids["nat"])
    probe = Probe(lab, VpcConfig=net.config())
    assert probe.tries("tcp", "203.0.113.10", 80) == "connected"
    acls = net.ec2.describe_network_acls(Filters=[{"Name": "vpc-id", "Values": [net.ids["vpc"]]}])
    entry = {
        "NetworkAclId": acls["NetworkAcls"][0]["NetworkAclId"],
        "RuleNumber": 50,
        "Protocol": "-1",
        "RuleAction": "deny",
        "Egress": False,
        "CidrBlock": "0.0.0.0/0",
    }
    net.ec2.create_network_acl_entry(**entry)
    assert probe.tries("tcp", "203.0.113.10", 80) == TIMED_OUT
    net.ec2.delete_network_acl_entry(
        NetworkAclId=entry["NetworkAclId"], RuleNumber=50, Egress=False
    )
    assert probe.tries("tcp", "203.0.113.10", 80) == "connected"


def test_a_group_without_outbound_rules_lets_nothing_out(lab: LiveRegion, net: Net) -> None:
    group = net.group("closed")
    every = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    net.ec2.revoke_security_group_egress(GroupId=group, IpPermissions=[every])
    probe = Probe(lab, VpcConfig=net.config(group=group))
    assert probe.tries("tcp", "203.0.113.10", 80) == TIMED_OUT
    assert probe.tries("own_server") == "hello"


def test_without_dns_support_no_name_resolves(lab: LiveRegion) -> None:
    net = Net.make(lab)
    probe = Probe(lab, VpcConfig=net.config())
    assert probe.tries("look_up", "www.example.com") == ["203.0.113.10"]
    net.ec2.modify_vpc_attribute(VpcId=net.ids["vpc"], EnableDnsSupport={"Value": False})
    assert "Temporary failure in name resolution" in probe.tries("look_up", "www.example.com")
