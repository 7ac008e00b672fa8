"""One region per module, because a process holds one at a time.

Tests that ask for ``lab`` run twice: in environments with a private root file system, and in
environments that share the machine's.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from live_region import LiveRegion, open_region


@pytest.fixture(scope="module", params=[True, False], ids=["private", "shared"])
def lab(request: pytest.FixtureRequest) -> Iterator[LiveRegion]:
    """Return the module's region."""
    with open_region(isolate=request.param) as live:
        if request.param and not live.isolated:
            pytest.skip(f"no private root on this system: {live.region.launcher.weaker}")
        yield live
