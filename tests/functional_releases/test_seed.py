"""The same seed routes the same calls the same way."""

from __future__ import annotations

import pytest

from live_region import open_region
from release_tools import alias, executed, versions


def choices(seed: int) -> list[str]:
    """Open a region of its own and return which version ran in each of forty calls."""
    with open_region(isolate=False, seed=seed) as own:
        name = versions(own)
        alias(own, name, "1", v2=0.5)
        ran: list[str] = []
        for _ in range(40):
            # What only reads changes no choice.
            own.lam.get_alias(FunctionName=name, Name="live")
            ran += executed(own, name, 1)
        return ran


@pytest.mark.fidelity("request-ids")
def test_the_same_seed_chooses_the_same() -> None:
    first = choices(1)
    assert choices(1) == first
    assert choices(2) != first
