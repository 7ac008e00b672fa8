"""The Lambda Runtime API, version 2018-06-01, for one execution environment.

The runtime - AWS's own client for Python, a few lines of JavaScript, or a learner's shell
script - asks ``GET /runtime/invocation/next`` for work and posts the answer back. Lambda's whole
contract with a runtime is these few paths:
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html

Each environment has a listening socket of its own, as on AWS, so that a runtime needs to know
nothing but ``AWS_LAMBDA_RUNTIME_API=host:port``.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Protocol

from lambda_lab.runtime.connection import Connection, Request
from lambda_lab.runtime.io_loop import IoLoop

__all__ = ["INVOCATION_ID", "Invocation", "Others", "RuntimeApi", "RuntimeEvents", "RuntimeReply"]

API = "/2018-06-01/runtime/"
INVOCATION_ID = "Lambda-Runtime-Invocation-Id"
"""Differs from attempt to attempt. A runtime may send it back, which guards against an answer to
an attempt that is over."""
_ATTEMPT = INVOCATION_ID.lower()
NEXT_SECONDS = 0.002
"""How long the thread of a call waits for its runtime to ask for the next one."""


@dataclass(frozen=True, slots=True)
class Invocation:
    """One event handed to a runtime: a body and the headers of ``/invocation/next``."""

    request_id: str
    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RuntimeReply:
    """What a runtime posted: a response, or an error with its type."""

    body: bytes
    error_type: str | None = None


class RuntimeEvents(Protocol):
    """What an environment wants to hear from its runtime. Called on the I/O loop's thread."""

    def on_next(self) -> None:
        """The runtime asks for an invocation: init is over, or the last call is."""

    def on_reply(self, request_id: str, reply: RuntimeReply) -> None:
        """The runtime answered the invocation it holds."""

    def on_init_error(self, reply: RuntimeReply) -> None:
        """The runtime says that it cannot start."""


class Others(Protocol):
    """What is served on the same socket besides the Runtime API: the Extensions API."""

    def serves(self, path: str) -> bool:
        """Whether *path* is not the runtime's."""

    def route(self, connection: Connection, request: Request) -> None:
        """Answer it."""

    def lost(self, connection: Connection) -> None:
        """A connection was closed."""


class RuntimeApi:
    """Serves one environment's runtime.

    Parameters
    ----------
    loop
        The thread that reads.
    events
        The environment.
    host
        Loopback address to listen on; the port is the system's choice.
    others
        Who answers extensions.
    """

    def __init__(
        self,
        loop: IoLoop,
        events: RuntimeEvents,
        host: str = "127.0.0.1",
        *,
        others: Others | None = None,
    ) -> None:
        self._loop = loop
        self._events = events
        self._others = others
        self._lock = threading.Lock()
        self._parked: Connection | None = None
        self._current: str | None = None
        self._attempt: str | None = None
        self._lent: Connection | None = None
        self._several = False  # the runtime uses more than one connection
        self._connections: set[Connection] = set()
        self._listener = socket.create_server((host, 0), backlog=16)
        self._listener.setblocking(False)
        self.address = f"{host}:{self._listener.getsockname()[1]}"
        """``host:port`` for ``AWS_LAMBDA_RUNTIME_API``."""
        loop.add(self._listener, self._accept)

    # -- for the environment ---------------------------------------------------------------

    def send(self, invocation: Invocation) -> None:
        """Answer the waiting ``/invocation/next`` with *invocation*.

        Raises
        ------
        ConnectionError
            If no runtime is waiting, or it went away.
        """
        with self._lock:
            connection, self._parked = self._parked, None
            if connection is None:
                raise ConnectionError("no runtime is waiting for an invocation")
            self._current = invocation.request_id
            self._attempt = invocation.headers.get(INVOCATION_ID)
            if self._several:
                self._give_to_loop(connection)
            else:
                self._lent = connection
        headers = {"Content-Type": "application/json", **invocation.headers}
        connection.answer(HTTPStatus.OK, invocation.body, headers)

    def read_reply(self, seconds: float) -> bool:
        """Read from the runtime's connection on this thread, for at most *seconds*.

        A runtime answers on the connection it got its event from, so the thread that waits for
        the answer reads it: a hand-over between threads costs more than all else in a warm call.

        Returns
        -------
        bool
            False if there is nothing to read here: the runtime uses several connections, or its
            end is closed, and the I/O loop brings the news.
        """
        connection = self._lent
        if connection is None or self._several:
            self.stop_reading()
            return False
        if connection.wait_readable(seconds):
            connection.on_readable()
        return True

    def stop_reading(self) -> None:
        """Give up the connection, once the caller has what it waited for.

        If an answer was read here, it is acknowledged here, too, and a runtime asks for its next
        invocation at once: that request is awaited for a moment. What comes later is read by the
        I/O loop.
        """
        with self._lock:
            connection = self._lent
            answered = self._current is None
        if connection is None:
            return
        if answered:
            connection.accepted()
            if connection.wait_readable(NEXT_SECONDS):
                connection.on_readable()
        with self._lock:
            self._lent = None
            parked = self._parked is connection
            lost = connection not in self._connections
        if not parked and not lost:
            self._give_to_loop(connection)

    def _give_to_loop(self, connection: Connection) -> None:
        connection.watched = True
        self._loop.add_soon(connection.sock, connection.on_readable)

    def forget_runtime(self) -> None:
        """Drop every connection of the runtime: the process behind them is gone.

        One that has not asked for anything yet may be an extension's, who will be told that it
        ends; if it was the runtime's, the kernel closes its other end.
        """
        with self._lock:
            self._parked = None
            self._current = None
            # A lent one is closed by the thread that reads it: it sees the end by itself.
            connections = [
                one
                for one in self._connections
                if one is not self._lent and one.of_extension is False
            ]
        for connection in connections:
            connection.close()

    def close(self) -> None:
        """Stop listening and close every connection."""
        self._loop.remove(self._listener)
        self._listener.close()
        self.forget_runtime()
        with self._lock:
            connections = [one for one in self._connections if one is not self._lent]
        for connection in connections:
            connection.close()

    # -- on the loop's thread ------------------------------------------------------------------

    def _accept(self) -> None:
        try:
            sock, _ = self._listener.accept()
        except (BlockingIOError, OSError):
            return
        connection = Connection(sock, self._route, self._lost)
        with self._lock:
            self._several = self._several or bool(self._connections)
            self._connections.add(connection)
        connection.watched = True
        self._loop.add(sock, connection.on_readable)

    def _lost(self, connection: Connection) -> None:
        self._unwatch(connection)
        connection.sock.close()
        with self._lock:
            self._connections.discard(connection)
            if self._parked is connection:
                self._parked = None
            if self._lent is connection:
                self._lent = None
        if connection.of_extension and self._others is not None:
            self._others.lost(connection)

    def _unwatch(self, connection: Connection) -> None:
        if connection.watched:
            connection.watched = False
            self._loop.remove(connection.sock)

    def _route(self, connection: Connection, request: Request) -> None:
        others = self._others
        connection.of_extension = others is not None and others.serves(request.path)
        if others is not None and connection.of_extension:
            others.route(connection, request)
            return
        path = request.path.removeprefix(API)
        match request.method, path.split("/"):
            case "GET", ["invocation", "next"]:
                # Nothing more comes here until the event is sent; then its caller reads.
                self._unwatch(connection)
                with self._lock:
                    self._parked, self._current = connection, None
                self._events.on_next()
            case "POST", ["invocation", request_id, "response"]:
                self._reply(connection, request_id, request, RuntimeReply(request.body))
            case "POST", ["invocation", request_id, "error"]:
                self._reply(connection, request_id, request, _error_reply(request))
            case "GET", ["restore", "next"]:
                # A runtime of SnapStart: init and before-snapshot hooks are done. It goes on when
                # it is copied, so it need not wait for an answer here.
                connection.answer(HTTPStatus.OK, b"", {})
                self._events.on_next()
            case "POST", ["init" | "restore", "error"]:
                connection.accepted()
                self._events.on_init_error(_error_reply(request))
            case _:
                connection.refused(HTTPStatus.NOT_FOUND, "InvalidPath", request.path)

    def _reply(
        self, connection: Connection, request_id: str, request: Request, reply: RuntimeReply
    ) -> None:
        attempt = request.headers.get(_ATTEMPT)
        if attempt is not None and attempt != self._attempt:
            connection.refused(
                HTTPStatus.BAD_REQUEST, "InvalidInvocationId", "Invalid invocation ID"
            )
            return
        with self._lock:
            expected, self._current = self._current, None
            if expected != request_id:
                self._current = expected
        if expected != request_id:
            # AWS answers 400 InvalidRequestID when the runtime names a call it does not hold.
            connection.refused(HTTPStatus.BAD_REQUEST, "InvalidRequestID", "Invalid request ID")
            return
        if connection is self._lent:
            # The caller's thread has the answer; the loop thanks the runtime and reads on.
            self._events.on_reply(request_id, reply)
        else:
            connection.accepted()
            self._events.on_reply(request_id, reply)


def _error_reply(request: Request) -> RuntimeReply:
    error_type = request.headers.get("lambda-runtime-function-error-type")
    if error_type is None:
        try:
            error_type = str(json.loads(request.body).get("errorType", "Unhandled"))
        except (ValueError, AttributeError, RecursionError):
            error_type = "Unhandled"
    return RuntimeReply(request.body, error_type)
