"""One region for each module of tests about databases that call functions."""

from __future__ import annotations

import pytest

from lambda_caller import Caller
from rds_fixtures import lab, rds, set_aside, sockets_of_pg8000
from rds_tools import Rds

__all__ = ["caller", "lab", "rds", "set_aside", "sockets_of_pg8000"]


@pytest.fixture(scope="module")
def caller(rds: Rds) -> Caller:
    """Return a database that may call every function of the account."""
    return Caller(rds)
