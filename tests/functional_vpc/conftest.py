"""One region for each module of tests about functions in a VPC.

What is looked at is the same with and without a private root file system, so environments share
the machine's: those start faster. They outlive weeks of the region's clock here, so that a function
that becomes idle is seen to lose them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest

from live_region import LiveRegion, open_region


@pytest.fixture(scope="module")
def lab() -> Iterator[LiveRegion]:
    """Return the module's region."""
    with open_region(isolate=False, idle_expiry_seconds=math.inf) as live:
        yield live
