"""One region for each module of tests about networks.

Its environments share the root of the machine: these tests look the same in private ones.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from live_region import LiveRegion, open_region


@pytest.fixture(scope="module")
def lab() -> Iterator[LiveRegion]:
    """Return the module's region."""
    with open_region(isolate=False) as live:
        yield live
