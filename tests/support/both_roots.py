"""A region for each module, twice: with a private root file system, and with the machine's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from live_region import LiveRegion, open_region

__all__ = ["lab"]


@pytest.fixture(scope="module", params=[True, False], ids=["private", "shared"])
def lab(request: pytest.FixtureRequest) -> Iterator[LiveRegion]:
    """Return the module's region."""
    with open_region(isolate=request.param) as live:
        if request.param and not live.isolated:
            pytest.skip(f"no private root on this system: {live.region.launcher.weaker}")
        yield live
