"""Connections of an environment when its runtime ends: it depends on whose they are."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator
from http import HTTPStatus

import pytest

from lambda_lab.runtime.api import RuntimeApi, RuntimeReply
from lambda_lab.runtime.connection import Connection, Request
from lambda_lab.runtime.io_loop import IoLoop
from live_region import until


class Nobody:
    """An environment that hears nothing."""

    def on_next(self) -> None: ...

    def on_reply(self, request_id: str, reply: RuntimeReply) -> None: ...

    def on_init_error(self, reply: RuntimeReply) -> None: ...


class Extensions:
    """Answers extensions at once."""

    def serves(self, path: str) -> bool:
        return path.startswith("/2020-01-01/extension")

    def route(self, connection: Connection, request: Request) -> None:
        connection.answer(HTTPStatus.OK, b"event", {})

    def lost(self, connection: Connection) -> None: ...


@pytest.fixture
def api() -> Iterator[RuntimeApi]:
    with IoLoop() as loop:
        made = RuntimeApi(loop, Nobody(), others=Extensions())
        yield made
        made.close()


def connected(api: RuntimeApi) -> http.client.HTTPConnection:
    """Return a connection that the API has taken."""
    before = len(api._connections)
    client = http.client.HTTPConnection(api.address, timeout=10)
    client.connect()
    until(lambda: len(api._connections) == before + 1)
    return client


def event(client: http.client.HTTPConnection) -> bytes:
    client.request("GET", "/2020-01-01/extension/event/next")
    return client.getresponse().read()


def test_one_that_has_not_asked_yet_outlives_the_runtime(api: RuntimeApi) -> None:
    client = connected(api)
    api.forget_runtime()
    assert event(client) == b"event"
    client.close()


def test_an_extension_s_outlives_the_runtime(api: RuntimeApi) -> None:
    client = connected(api)
    assert event(client) == event(client) == b"event"
    api.forget_runtime()
    assert event(client) == b"event"
    client.close()


def test_the_runtime_s_is_closed_with_it(api: RuntimeApi) -> None:
    client = connected(api)
    client.request("GET", "/2018-06-01/runtime/invocation/next")
    until(lambda: api._parked is not None)
    api.forget_runtime()
    with pytest.raises(http.client.RemoteDisconnected):
        client.getresponse()
    client.close()


def test_every_one_is_closed_at_the_end(api: RuntimeApi) -> None:
    client = connected(api)
    api.close()
    client.request("GET", "/2020-01-01/extension/event/next")
    with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
        client.getresponse()
    client.close()


def test_an_error_that_is_nested_too_deeply(api: RuntimeApi) -> None:
    client = connected(api)
    client.request("POST", "/2018-06-01/runtime/init/error", b"[" * 200_000)
    answer = client.getresponse()
    assert (answer.status, answer.read()) == (HTTPStatus.ACCEPTED, b'{"status":"OK"}\n')
    assert event(client) == b"event", "the connection is still there"
    client.close()


def test_a_fault_of_ours_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """The parser of HTTP hides what is raised while it calls."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = socket.create_connection(server.getsockname())
        sock, _ = server.accept()
        lost: list[Connection] = []

        def route(connection: Connection, request: Request) -> None:
            raise KeyError(request.path)

        connection = Connection(sock, route, lost.append)
        client.sendall(b"GET /x HTTP/1.1\r\n\r\n")
        connection.on_readable()
        assert lost == [connection]
        client.sendall(b"no HTTP\r\n\r\n")
        connection.on_readable()
        client.close()
        sock.close()
    (record,) = caplog.records
    assert "KeyError: '/x'" in caplog.text
    assert record.name == "lambda_lab.runtime.connection"
