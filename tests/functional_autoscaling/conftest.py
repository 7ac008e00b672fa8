"""One region for each module of tests about Application Auto Scaling.

What is looked at is the same with and without a private root file system, so environments share
the machine's: those start faster. The seed makes the ids the same in every run.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from live_region import LiveRegion, open_region


@pytest.fixture(scope="module")
def lab() -> Iterator[LiveRegion]:
    """Return the module's region."""
    with open_region(isolate=False, seed=20261121) as live:
        yield live
