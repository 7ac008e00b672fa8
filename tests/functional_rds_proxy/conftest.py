"""One database for each module of tests, and a proxy for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lambda_lab.rds.server import PostgresServer
from proxy_tools import Bench, bench, filled_server
from rds_fixtures import set_aside, sockets_of_pg8000

__all__ = ["server", "set_aside", "shop", "sockets_of_pg8000"]


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with filled_server() as running:
        yield running


@pytest.fixture
def shop(server: PostgresServer) -> Iterator[Bench]:
    with bench(server) as made:
        yield made
