"""A region for each module of tests about databases; a folder's conftest takes what it needs."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Iterator

import pytest

from live_region import LiveRegion, open_region
from rds_tools import Rds

__all__ = ["lab", "rds", "set_aside", "sockets_of_pg8000"]


@pytest.fixture(scope="module")
def lab() -> Iterator[LiveRegion]:
    """Return the module's region; its environments start fast."""
    with open_region(isolate=False) as live:
        yield live


@pytest.fixture(scope="module")
def rds(lab: LiveRegion) -> Rds:
    """Return what makes instances in it."""
    return Rds(lab)


@pytest.fixture(scope="module", autouse=True)
def set_aside() -> Iterator[None]:
    """Set aside, after a module, what stays to the end: all tests, moto, the models of clients."""
    yield
    gc.unfreeze()
    collect_in_silence()
    gc.freeze()


@pytest.fixture(autouse=True)
def sockets_of_pg8000(set_aside: None) -> Iterator[None]:
    """Collect the sockets of refused connections, which pg8000 leaves open, in silence.

    What was there before the test is not looked at: that took a second after each test. Nor is
    anything collected by itself meanwhile, which would not be in silence.
    """
    gc.freeze()
    gc.disable()
    yield
    collect_in_silence()
    gc.enable()


def collect_in_silence() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
