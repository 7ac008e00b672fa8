"""One HTTP/1.1 connection from a runtime or an extension: requests in, answers out."""

from __future__ import annotations

import json
import logging
import select
import socket
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import httptools

__all__ = ["MAX_BODY", "READ_BYTES", "Connection", "Request", "bound_waits"]

log = logging.getLogger(__name__)

MAX_BODY = 32 * 1024 * 1024
"""How much of one message from a runtime is kept, in bytes. What is longer is far beyond the
documented limit and refused for that, so its end is read and dropped."""
READ_BYTES = 65_536
"""How much is read at once. For a buffer of 128 KB and more, the C library asks the kernel for
fresh pages each time (mallopt(3), M_MMAP_THRESHOLD), which costs more than all else of a read."""


@dataclass(frozen=True, slots=True)
class Request:
    """One complete request. Names of headers are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


def bound_waits(sock: socket.socket, seconds: float) -> None:
    """Let no single read or write on *sock* wait for longer than *seconds*: it raises ``OSError``.

    The kernel keeps the time (socket(7), ``SO_RCVTIMEO``). Python's own timeout would ask it twice
    each time: whether there is something to read, and then for it.
    """
    sock.setblocking(True)
    bound = struct.pack("ll", int(seconds), int(seconds % 1 * 1_000_000))  # a timeval
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, bound)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, bound)


class Connection:
    """One HTTP/1.1 connection from a runtime; httptools does the parsing."""

    def __init__(
        self,
        sock: socket.socket,
        on_request: Callable[[Connection, Request], None],
        on_lost: Callable[[Connection], None],
    ) -> None:
        self.sock = sock
        self.watched = False
        """Whether the I/O loop reads from it."""
        self.of_extension: bool | None = None
        """Whether an extension asks on it, which outlives the runtime; ``None`` before it asks."""
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # Blocking with a bound: reads happen when the selector says so, writes may be large.
        bound_waits(sock, 30)
        self._on_request = on_request
        self._on_lost = on_lost
        self._url = b""
        self._headers: dict[bytes, bytes] = {}
        self._body = bytearray()
        # httptools' callback for one header: a runtime sends ten, and keeping them is all there is.
        self.on_header: Callable[[bytes, bytes], None] = self._headers.__setitem__
        self._parser: Any = httptools.HttpRequestParser(self)
        self._poll = select.poll()
        self._poll.register(sock, select.POLLIN)

    def wait_readable(self, seconds: float) -> bool:
        """Wait until there is something to read, or *seconds* are over."""
        return bool(self._poll.poll(max(0.0, seconds) * 1000))

    def on_readable(self) -> None:
        """Read what is there; a closed or broken connection is dropped."""
        try:
            data = self.sock.recv(READ_BYTES)
            if data:
                self._parser.feed_data(data)
                return
        except OSError:
            pass
        except httptools.HttpParserError as error:
            # What was raised while a request was answered comes in here as well: a fault of ours.
            if not isinstance(error.__context__, OSError | None):
                log.error("a runtime's request failed", exc_info=error.__context__)
        self._on_lost(self)

    # httptools' callbacks, by the names it knows
    def on_message_begin(self) -> None:
        """A request begins."""
        self._headers.clear()
        self._url, self._body = b"", bytearray()

    def on_url(self, url: bytes) -> None:
        """A piece of the path."""
        self._url += url

    def on_headers_complete(self) -> None:
        """The headers are there."""
        for name, value in self._headers.items():
            if name.lower() == b"expect" and value.lower() == b"100-continue":
                self.sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, chunk: bytes) -> None:
        """A piece of the body."""
        if len(self._body) <= MAX_BODY:
            self._body += chunk

    def on_message_complete(self) -> None:
        """The request is complete."""
        method = self._parser.get_method().decode("latin-1")
        path = self._url.decode("latin-1").partition("?")[0]
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1")
            for name, value in self._headers.items()
        }
        self._on_request(self, Request(method, path, headers, bytes(self._body)))

    # answers
    def answer(self, status: HTTPStatus, body: bytes, headers: Mapping[str, str]) -> None:
        """Send an answer; raises ``ConnectionError`` if nobody is there to take it."""
        lines = [f"{name}: {value}\r\n" for name, value in headers.items()]
        head = f"HTTP/1.1 {status:d} {status.phrase}\r\n{''.join(lines)}"
        try:
            self.sock.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        except OSError as error:
            raise ConnectionError("the runtime went away") from error

    def accepted(self) -> None:
        """Answer 202, as the Runtime API does to everything that is posted."""
        try:
            self.answer(
                HTTPStatus.ACCEPTED, b'{"status":"OK"}\n', {"Content-Type": "application/json"}
            )
        except ConnectionError:
            pass  # it posted its answer and left; the answer counts

    def refused(self, status: HTTPStatus, error_type: str, message: str) -> None:
        """Answer with an error document."""
        body = json.dumps({"errorMessage": message, "errorType": error_type}).encode()
        try:
            self.answer(status, body, {"Content-Type": "application/json"})
        except ConnectionError:
            pass

    def close(self) -> None:
        """Close it."""
        self._on_lost(self)
