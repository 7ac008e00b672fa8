"""The bridge speaks to whoever comes, and goes on."""

from __future__ import annotations

import contextlib
import random
import socket
import struct
from collections.abc import Iterator

import pytest
from pg8000.exceptions import DatabaseError
from pg8000.native import Connection

from lambda_lab.rds.aws_lambda.bridge import Bridge
from lambda_lab.rds.aws_lambda.session import LARGEST, Row
from live_region import until


def answer(query: bytes | None) -> Row | None:
    if query is None:
        return b"too long", None
    if query.upper().startswith(b"SET"):
        return None
    if query == b"fail":
        raise RuntimeError("on purpose")
    return query[::-1], b"result"


@pytest.fixture(scope="module")
def bridge() -> Iterator[Bridge]:
    with Bridge(answer) as found:
        yield found


def connect(bridge: Bridge) -> socket.socket:
    return socket.create_connection(bridge.address, timeout=10)


def startup(code: int = 3 << 16, body: bytes = b"user\0x\0\0") -> bytes:
    return struct.pack("!ii", len(body) + 8, code) + body


def query(text: bytes) -> bytes:
    return b"Q" + struct.pack("!i", len(text) + 5) + text + b"\0"


def spoken(client: socket.socket, data: bytes) -> bytes:
    """Send *data* and nothing more; returns all that comes until the bridge closes."""
    with contextlib.suppress(OSError):
        client.sendall(data)
        client.shutdown(socket.SHUT_WR)
    pieces = bytearray()
    with contextlib.suppress(OSError):
        while piece := client.recv(1 << 16):
            pieces += piece
    return bytes(pieces)


def test_a_client_takes_it_for_a_server(bridge: Bridge) -> None:
    host, port = bridge.address
    client = Connection("x", host=host, port=port, database="y", ssl_context=False)
    assert client.run("abc") == [["cba", "result"]]
    client.run("SET client_encoding TO 'UTF8'")
    with pytest.raises(DatabaseError, match="on purpose"):
        client.run("fail")
    assert client.run("more")[0][0] == "erom"
    client.close()
    until(lambda: bridge.sessions == 0)


def test_queries_that_are_too_long_are_answered(bridge: Bridge) -> None:
    with connect(bridge) as client:
        told = spoken(client, startup() + query(b"x" * (LARGEST + 1)) + query(b"abc"))
    assert b"too long" in told
    assert b"cba" in told


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (struct.pack("!ii", 7, 3 << 16), b"invalid length of startup packet"),
        (struct.pack("!ii", 1 << 30, 3 << 16), b"invalid length of startup packet"),
        (startup(2 << 16), b"unsupported frontend protocol 2.0"),
        (startup() + b"P" + struct.pack("!i", 4), b"simple queries only"),
        (startup() + b"Q" + struct.pack("!i", 3), b"invalid message length"),
        (startup() + b"?" + struct.pack("!i", 4), b"invalid frontend message type"),
    ],
)
def test_what_breaks_the_protocol_is_told_so(bridge: Bridge, data: bytes, text: bytes) -> None:
    with connect(bridge) as client:
        told = spoken(client, data)
    assert text in told
    assert b"FATAL" in told


def test_noise(bridge: Bridge) -> None:
    """Broken, cut and random bytes: each connection ends, and the next one is served."""
    chance = random.Random(7)
    good = startup(80877103) + startup() + query(b"abc") + query(b"SET x") + b"X\0\0\0\4"
    for _ in range(300):
        data = bytearray(good)
        for _ in range(chance.randrange(1, 6)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        cut = chance.randrange(len(data) + 1)
        with connect(bridge) as client:
            spoken(client, bytes(data[:cut]) + chance.randbytes(chance.randrange(20)))
    for _ in range(50):
        with connect(bridge) as client:
            client.sendall(good[: chance.randrange(len(good))])
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    with connect(bridge) as client:
        assert b"cba" in spoken(client, startup() + query(b"abc"))
    until(lambda: bridge.sessions == 0)


def test_closing_ends_connections_and_frees_the_port() -> None:
    bridge = Bridge(answer)
    clients = [connect(bridge) for _ in range(5)]
    until(lambda: bridge.sessions == 5)
    bridge.close()
    bridge.close()
    assert [client.recv(1) for client in clients] == [b""] * 5
    for client in clients:
        client.close()
    with pytest.raises(OSError, match="refused"):
        connect(bridge)
