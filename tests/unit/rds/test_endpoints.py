"""Addresses of endpoints: each its own, also where a port is taken."""

from __future__ import annotations

import os
import socket
import sys
from typing import Any
from unittest.mock import Mock

import pytest

from lambda_lab.rds.address_blocks import AddressBlocks
from lambda_lab.rds.endpoints import Endpoints

linux = pytest.mark.skipif(sys.platform != "linux", reason="one loopback address elsewhere")


@linux
def test_each_endpoint_has_an_address_of_its_own_and_its_port() -> None:
    endpoints = Endpoints()
    made = [endpoints.claim("instance", f"db{n}", f"db{n}.c.rds", 45432) for n in range(300)]
    assert len({one.address for one in made}) == 300
    assert {one.port for one in made} == {45432}
    assert all(endpoints.at(one.address, one.port) is one for one in made)
    endpoints.clear()
    assert endpoints.at(made[0].address, 45432) is None


@linux
def test_somebody_else_has_the_address() -> None:
    endpoints = Endpoints()
    first = endpoints.claim("instance", "a", "a.c.rds", 45433)
    endpoints.remove(first)
    with socket.socket() as other:
        other.bind((first.address, first.port))
        other.listen()
        assert endpoints.claim("instance", "a", "a.c.rds", 45433).address != first.address


@linux
def test_another_region_never_gets_the_address_of_a_server_that_is_stopped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Names of this test's own: no sandbox that runs beside it takes part.
    monkeypatch.setattr("lambda_lab.rds.address_blocks._NAME", f"\0test-{os.getpid()}/{{}}")
    mine, others = Endpoints(), Endpoints()  # the kernel does not ask which process they are in
    stopped = mine.claim("instance", "a", "a.c.rds", 45434)  # nobody listens there
    theirs = others.claim("instance", "a", "a.c.rds", 45434)
    assert theirs.address != stopped.address
    mine.clear()
    later = Endpoints().claim("instance", "b", "b.c.rds", 45434)
    assert later.address == stopped.address, "a region that has ended keeps nothing"


@linux
def test_names_that_are_forbidden_do_not_keep_a_database_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(family: int, kind: int) -> Any:
        name = Mock()
        name.bind.side_effect = PermissionError("not here")
        return name

    monkeypatch.setattr("lambda_lab.rds.address_blocks.socket.socket", refuse)
    assert next(AddressBlocks().addresses()) == "127.83.0.1"


def test_somebody_has_the_port_everywhere() -> None:
    with socket.socket() as other:
        other.bind(("0.0.0.0", 0))
        other.listen()
        port = other.getsockname()[1]
        made = Endpoints().claim("instance", "a", "a.c.rds", port)
        assert made.address == "127.0.0.1" or sys.platform != "linux"
        assert made.port != port or sys.platform != "linux"
