"""One region for each module of tests about events, queues and streams.

What these tests look at is the same with and without a private root file system, so they run once,
in environments that share the machine's: those start faster.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest

from live_region import LiveRegion, open_region


@pytest.fixture(scope="module")
def lab() -> Iterator[LiveRegion]:
    """Return the module's region."""
    # Functions here remember what they saw, over days of the region's clock.
    with open_region(isolate=False, idle_expiry_seconds=math.inf) as live:
        yield live
