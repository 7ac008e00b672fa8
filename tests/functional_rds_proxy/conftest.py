"""One database for each module of tests, and a proxy for each test."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Iterator

import pytest

from lambda_lab.rds.server import PostgresServer
from proxy_tools import Bench, bench, filled_server


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with filled_server() as running:
        yield running


@pytest.fixture
def shop(server: PostgresServer) -> Iterator[Bench]:
    with bench(server) as made:
        yield made


@pytest.fixture(autouse=True)
def sockets_of_refused_clients() -> Iterator[None]:
    """Collect what drivers leave open when they are refused, in silence."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
