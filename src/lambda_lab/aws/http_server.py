"""The region's one HTTP endpoint, on loopback: a thread per connection, parsed by httptools.

A synchronous Invoke holds its thread as long as the function runs, so there are as many threads
as there are clients: a fixed number would be a concurrency limit that AWS does not have. Why not
a ready-made server: docs/decisions/0051-http-on-httptools.md.
"""

from __future__ import annotations

import contextlib
import io
import logging
import socket
import sys
import threading
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote_to_bytes

import httptools

from lambda_lab import facts
from lambda_lab.aws.http_heads import (
    LOOPBACK,
    encoded,
    environ_key,
    environ_of_all,
    http_date,
    without_offer,
)
from lambda_lab.clock import SECOND, wall_time_ns
from lambda_lab.closing import Closing
from lambda_lab.errors import SandboxError
from lambda_lab.runtime.connection import READ_BYTES, bound_waits

__all__ = ["HttpServer"]

log = logging.getLogger(__name__)

BACKLOG = 1024
IDLE_SECONDS = 60
"""How long a connection may say nothing."""
CLOSE_SECONDS = 2
"""Bound on waiting for connections to end when the server closes."""
ACCEPT_AGAIN_SECONDS = 0.05
"""How long no connection is accepted after one could not be."""
_FAILED = "500 Internal Server Error"
_TOO_LARGE = "request line and headers are too large"
Application = Callable[..., Iterable[bytes]]


class _Request:
    """One HTTP request as it is read."""

    __slots__ = ("body", "environ", "keep_alive", "url")

    def __init__(self) -> None:
        self.environ: dict[str, Any] = {}
        self.body = bytearray()
        self.url = b""
        self.keep_alive = False


class _Connection:
    """One client's connection: requests come in, answers go out, one at a time."""

    def __init__(self, sock: socket.socket, application: Application, port: int) -> None:
        self._sock = sock
        self._application = application
        self._from = str(sock.getpeername()[1])
        self._always = environ_of_all(str(port), self._from)
        self._parser: Any = httptools.HttpRequestParser(self)
        self._request = _Request()
        self._complete: list[_Request] = []
        self._header_bytes = self._head_bytes = 0
        self._in_head = False
        self._header_limit = int(facts.value("payload.headers"))

    def serve(self) -> None:
        """Answer requests until the client leaves, says nothing for long, or breaks HTTP."""
        sock = self._sock
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            bound_waits(sock, IDLE_SECONDS)
            while data := sock.recv(READ_BYTES):
                try:
                    self._feed(data)
                    self._bound_head(len(data))
                except httptools.HttpParserError as error:
                    self._refuse(error)
                    return
                for request in self._take_complete():
                    self._answer(request)
                    if not request.keep_alive:
                        return
        except OSError:
            pass  # the client left, or the server closes
        finally:
            sock.close()

    @property
    def client_port(self) -> int:
        """The port that the client connected from."""
        return int(self._from)

    def close(self) -> None:
        """End the connection; a thread that reads from it wakes up."""
        with contextlib.suppress(OSError):  # it is closed already
            self._sock.shutdown(socket.SHUT_RDWR)

    def _feed(self, data: bytes) -> None:
        while data:
            try:
                self._parser.feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:
                # A client offers another protocol (Java's offers HTTP/2). Whoever does not speak it
                # goes on in HTTP/1.1 (RFC 9110, section 7.8); the parser stops here, so the
                # request is read once more without the offer.
                request = self._refuse_tunnel(self._complete.pop())
                head = without_offer(request.environ, request.url)
                self._parser = httptools.HttpRequestParser(self)
                data = head + data[upgrade.args[0] :]
            else:
                return

    def _bound_head(self, received: int) -> None:
        # httptools tells of a header once it is whole: one that never ends would fill the memory.
        self._head_bytes = self._head_bytes + received if self._in_head else 0
        if self._head_bytes > self._header_limit + READ_BYTES:
            self._header_bytes = self._head_bytes
            raise httptools.HttpParserError(_TOO_LARGE)

    def _refuse_tunnel(self, request: _Request) -> _Request:
        # CONNECT changes the protocol by itself: without an offer it would be read for ever.
        if request.environ["REQUEST_METHOD"] == "CONNECT":
            raise httptools.HttpParserError("CONNECT is for proxies, and this is none")
        return request

    def _take_complete(self) -> list[_Request]:
        complete, self._complete = self._complete, []
        return complete

    # -- httptools' callbacks --------------------------------------------------------------------

    def on_message_begin(self) -> None:
        self._request, self._header_bytes, self._in_head = _Request(), 0, True

    def on_url(self, url: bytes) -> None:
        self._header_bytes += len(url)
        if self._header_bytes > self._header_limit:
            raise httptools.HttpParserError(_TOO_LARGE)
        self._request.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._header_bytes += len(name) + len(value)
        if self._header_bytes > self._header_limit:
            raise httptools.HttpParserError(_TOO_LARGE)
        key = environ_key(name)
        if not key:
            return
        text = value.decode("latin-1").rstrip(" \t")
        environ = self._request.environ
        environ[key] = f"{environ[key]},{text}" if key in environ else text

    def on_headers_complete(self) -> None:
        self._in_head = False
        if self._request.environ.get("HTTP_EXPECT", "").lower() == "100-continue":
            self._sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, chunk: bytes) -> None:
        self._request.body += chunk

    def on_message_complete(self) -> None:
        request = self._request
        request.keep_alive = self._parser.should_keep_alive()
        request.environ["REQUEST_METHOD"] = self._parser.get_method().decode("latin-1")
        self._complete.append(request)

    # -- answering -------------------------------------------------------------------------------

    def _answer(self, request: _Request) -> None:
        environ = self._wsgi(request)
        head: list[str] = []
        headers: list[tuple[str, str]] = []

        def start_response(
            status: str, sent: list[tuple[str, str]], exc_info: Any = None
        ) -> Callable[[bytes], object]:
            del exc_info
            head[:] = [status]
            headers[:] = sent
            return written.append

        written: list[bytes] = []
        answered: Iterable[bytes] = ()
        try:
            try:
                answered = self._application(environ, start_response)
                body = b"".join([*written, *answered])
            except Exception as error:
                # One request that fails must not end the connection, let alone the server.
                log.exception("a request failed")
                head[:], headers[:] = [_FAILED], [("Content-Type", "text/plain")]
                body = f"lambda_lab failed to answer: {type(error).__name__}: {error}\n".encode()
            self._send(head[0], headers, body, request)
        finally:
            # When the answer is out: what nobody waits for is done then.
            close = getattr(answered, "close", None)
            if close is not None:
                close()

    def _wsgi(self, request: _Request) -> dict[str, Any]:
        """Return the request as WSGI wants it (PEP 3333)."""
        environ = request.environ
        uri = request.url.decode("latin-1")
        raw_path, _, query = uri.partition("?")
        path = raw_path
        if "%" in raw_path:
            path = unquote_to_bytes(raw_path).decode("latin-1")
        # httptools has taken a chunked body apart already.
        if environ.pop("HTTP_TRANSFER_ENCODING", None) is not None:
            environ["CONTENT_LENGTH"] = str(len(request.body))
        environ.update(self._always)
        environ["REQUEST_URI"] = uri
        environ["PATH_INFO"] = path
        environ["QUERY_STRING"] = query
        environ["wsgi.input"] = io.BytesIO(request.body)
        environ["wsgi.errors"] = sys.stderr
        return environ

    def _send(
        self, status: str, headers: list[tuple[str, str]], body: bytes, request: _Request
    ) -> None:
        lines = [f"HTTP/1.1 {status}", *[f"{name}: {value}" for name, value in headers]]
        names = [name.lower() for name, _ in headers]
        bodiless = status.startswith(("1", "204", "304"))
        if "content-length" not in names and not bodiless:
            lines.append(f"Content-Length: {len(body)}")
        if "date" not in names:
            lines.append(f"Date: {http_date(wall_time_ns() // SECOND)}")
        if not request.keep_alive:
            lines.append("Connection: close")
        if bodiless or request.environ["REQUEST_METHOD"] == "HEAD":
            body = b""
        self._sock.sendall(encoded(lines) + body)

    def _refuse(self, error: Exception) -> None:
        status, why = HTTPStatus.BAD_REQUEST, str(error)
        if self._header_bytes > self._header_limit:
            status, why = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, _TOO_LARGE
        body = f"This is no HTTP request that can be read: {why}\n".encode()
        self._sock.sendall(
            f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: text/plain\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode()
            + body
        )


class HttpServer(Closing):
    """Serves a WSGI application on a loopback port. A context manager.

    Parameters
    ----------
    application
        The WSGI application; ``REQUEST_URI`` holds the path as it stood in the request line.
    port
        0 takes a free one.

    Raises
    ------
    SandboxError
        If the port is taken.
    """

    def __init__(self, application: Application, port: int = 0) -> None:
        self._application = application
        try:
            listener = socket.create_server((LOOPBACK, port), backlog=BACKLOG)
        except (OSError, OverflowError) as error:
            raise SandboxError(
                f"Port {port} on {LOOPBACK} cannot be used: {error}. "
                "Stop what holds it, or choose another with --port."
            ) from error
        self.ended: Callable[[int], object] | None = None
        """Hears the client's port of each connection that has ended."""
        self.port: int = listener.getsockname()[1]
        self._listeners: list[tuple[socket.socket, threading.Thread]] = []
        self._connections: dict[threading.Thread, _Connection] = {}
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._serve(listener)

    def put_before(self, gate: Callable[[Application], Application]) -> None:
        """Let what *gate* makes of the application answer new connections."""
        self._application = gate(self._application)

    def also_at(self, address: str) -> None:
        """Answer at another loopback address as well, where this machine has it."""
        with contextlib.suppress(OSError):
            self._serve(socket.create_server((address, self.port), backlog=BACKLOG))

    def _serve(self, listener: socket.socket) -> None:
        thread = threading.Thread(
            target=self._accept, args=(listener,), name="lab-http", daemon=True
        )
        self._listeners.append((listener, thread))
        thread.start()

    @property
    def url(self) -> str:
        """Where clients find the region."""
        return f"http://{LOOPBACK}:{self.port}"

    def _accept(self, listener: socket.socket) -> None:
        while not self._closing.is_set():
            try:
                sock, _ = listener.accept()
            except OSError:
                # Closing, or the client left before it was accepted. Or no descriptor is left: to
                # ask again at once would only take time from those that give one back.
                self._closing.wait(ACCEPT_AGAIN_SECONDS)
                continue
            try:
                connection = _Connection(sock, self._application, self.port)
            except OSError:
                sock.close()
                continue  # the client left already
            thread = threading.Thread(
                target=self._run, args=(connection,), name="lab-http-client", daemon=True
            )
            with self._lock:
                self._connections[thread] = connection
            thread.start()

    def _run(self, connection: _Connection) -> None:
        try:
            connection.serve()
        finally:
            if self.ended is not None:
                self.ended(connection.client_port)
            with self._lock:
                self._connections.pop(threading.current_thread(), None)

    def close(self) -> None:
        """Stop serving and free the port."""
        self._closing.set()
        # On Linux a thread in accept() wakes up only when the socket is shut down. macOS refuses
        # to shut down a listener; closing it is enough there.
        for listener, thread in self._listeners:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
            thread.join(CLOSE_SECONDS)
        with self._lock:
            threads = dict(self._connections)
        for connection in threads.values():
            connection.close()
        for thread in threads:
            if thread is not threading.current_thread():
                thread.join(CLOSE_SECONDS)
