"""One connection from a runtime: what it reads, and how long it waits."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from lambda_lab.runtime.connection import READ_BYTES, Connection, Request, bound_waits

Pair = tuple[socket.socket, Connection]


@pytest.fixture
def requests() -> list[Request]:
    return []


@pytest.fixture
def lost() -> list[Connection]:
    return []


@pytest.fixture
def pair(requests: list[Request], lost: list[Connection]) -> Iterator[Pair]:
    """A runtime's end, and ours."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        runtime = socket.create_connection(listener.getsockname(), timeout=10)
        sock, _ = listener.accept()
    with runtime, sock:
        yield runtime, Connection(sock, lambda _, request: requests.append(request), lost.append)


def read_until(connection: Connection, requests: list[Request], count: int) -> None:
    while len(requests) < count:
        assert connection.wait_readable(10)
        connection.on_readable()


def test_headers_are_named_alike_and_belong_to_one_request(
    pair: Pair, requests: list[Request]
) -> None:
    runtime, connection = pair
    runtime.sendall(b"GET /a?b=c HTTP/1.1\r\nHOST: x\r\nOnly-Here: \xe9\r\n\r\n")
    read_until(connection, requests, 1)
    runtime.sendall(b"POST /d HTTP/1.1\r\nhost: y\r\nContent-Length: 2\r\n\r\nok")
    read_until(connection, requests, 2)
    assert requests == [
        Request("GET", "/a", {"host": "x", "only-here": "é"}, b""),
        Request("POST", "/d", {"host": "y", "content-length": "2"}, b"ok"),
    ]


def test_who_asks_whether_to_go_on_is_told(pair: Pair, requests: list[Request]) -> None:
    runtime, connection = pair
    runtime.sendall(b"POST / HTTP/1.1\r\nEXPECT: 100-Continue\r\nContent-Length: 1\r\n\r\n")
    assert connection.wait_readable(10)
    connection.on_readable()
    assert runtime.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert requests == []


def test_a_body_that_takes_many_reads(pair: Pair, requests: list[Request]) -> None:
    runtime, connection = pair
    body = bytes(range(256)) * (READ_BYTES // 256) + b"end"
    runtime.sendall(b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(body))
    runtime.sendall(body)
    read_until(connection, requests, 1)
    assert requests[0].body == body


def test_a_read_waits_no_longer_than_its_bound(pair: Pair, lost: list[Connection]) -> None:
    _, connection = pair
    bound_waits(connection.sock, 0.05)
    connection.on_readable()  # there is nothing, though the selector is never wrong
    assert lost == [connection]


def test_a_write_waits_no_longer_than_its_bound(pair: Pair) -> None:
    _, connection = pair
    bound_waits(connection.sock, 0.05)
    with pytest.raises(OSError, match="unavailable"):  # nobody reads
        connection.sock.sendall(bytes(1 << 26))
