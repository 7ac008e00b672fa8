"""Regions for tests of what functions connect to; each module gets one with private networks."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest

from egress_tools import Net
from live_region import LiveRegion, open_region


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the command line say how many random networks are tried."""
    parser.addoption(
        "--networks", type=int, default=3, help="random networks in test_unseen_networks.py"
    )


@pytest.fixture(scope="module")
def lab() -> Iterator[LiveRegion]:
    """Return the module's region, with private roots and networks where the kernel allows."""
    with open_region(idle_expiry_seconds=math.inf) as live:
        if not live.region.launcher.confined:
            pytest.skip("this machine's kernel gives environments no network of their own")
        yield live


@pytest.fixture(scope="module")
def net(lab: LiveRegion) -> Net:
    """Return a VPC with a public and two private subnets."""
    return Net.make(lab)
