"""One region for each module: what other services than Lambda refuse."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from api_region import ApiRegion, open_api_region


@pytest.fixture(scope="module")
def api() -> Iterator[ApiRegion]:
    """Return the module's region."""
    with open_api_region() as region:
        yield region
