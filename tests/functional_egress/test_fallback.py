"""What still works where the kernel refuses the filter, or networks of their own."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest

from egress_tools import Net, Probe
from lambda_lab.runtime.egress import EGRESS_VARIABLE
from live_region import LiveRegion, open_region

TIMED_OUT = "TimeoutError: timed out"


@pytest.fixture(
    scope="module",
    params=[("off", True), ("off", False), ("filter", True), ("filter", False)],
    ids=lambda param: f"{param[0]}-{'private' if param[1] else 'shared'}",
)
def weaker(request: pytest.FixtureRequest) -> Iterator[tuple[str, LiveRegion]]:
    """Return a region that may use less than the kernel has, and how much."""
    mode, isolate = request.param
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(EGRESS_VARIABLE, mode)
        with open_region(isolate=isolate, idle_expiry_seconds=math.inf) as lab:
            if mode == "filter" and not lab.region.launcher.filtered:
                pytest.skip("this machine's kernel has no such filter")
            assert not lab.region.launcher.confined
            assert lab.region.launcher.filtered == (mode == "filter")
            yield mode, lab


def test_the_sdk_works_without_a_vpc(weaker: tuple[str, LiveRegion]) -> None:
    probe = Probe(weaker[1])
    for service, call in (("sqs", "list_queues"), ("s3", "list_buckets"), ("iam", "list_roles")):
        assert probe.tries("aws", service, call) == 200


def test_a_vpc_counts_where_there_is_a_filter(weaker: tuple[str, LiveRegion]) -> None:
    mode, lab = weaker
    net = Net.make(lab)
    probe = Probe(lab, VpcConfig=net.config())
    if mode == "off":
        assert probe.tries("aws", "s3", "list_buckets") == 200
        return
    assert "ConnectTimeoutError" in probe.tries("aws", "s3", "list_buckets")
    net.ec2.create_vpc_endpoint(
        VpcId=net.ids["vpc"],
        ServiceName="com.amazonaws.us-east-1.s3",
        RouteTableIds=[net.ids["rtb-private"]],
    )
    assert probe.tries("aws", "s3", "list_buckets") == 200
    assert "ConnectTimeoutError" in probe.tries("aws", "sqs", "list_queues")
    assert probe.tries("tcp", "203.0.113.10", 80) == TIMED_OUT


def test_names_fail_at_once_in_a_private_root(weaker: tuple[str, LiveRegion]) -> None:
    lab = weaker[1]
    if not lab.isolated:
        pytest.skip("this machine's own resolver answers there")
    name = lab.create(NAMES, Timeout=3)
    lab.settle()
    assert lab.call(name, "www.example.com").value == "no"


NAMES = """
import socket
def handler(event, context):
    try:
        return socket.getaddrinfo(event, 80)
    except OSError:
        return "no"
"""
