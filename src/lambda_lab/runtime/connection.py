"""One HTTP/1.1 connection from a runtime or an extension: requests in, answers out."""

from __future__ import annotations

import json
import select
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import httptools

__all__ = ["MAX_BODY", "Connection", "Request"]

MAX_BODY = 32 * 1024 * 1024
"""How much of one message from a runtime is kept, in bytes. What is longer is far beyond the
documented limit and refused for that, so its end is read and dropped."""


@dataclass(frozen=True, slots=True)
class Request:
    """One complete request. Names of headers are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


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
        sock.settimeout(30)
        self._on_request = on_request
        self._on_lost = on_lost
        self._parser: Any = httptools.HttpRequestParser(self)
        self._url = b""
        self._headers: dict[str, str] = {}
        self._body = bytearray()
        self._poll = select.poll()
        self._poll.register(sock, select.POLLIN)

    def wait_readable(self, seconds: float) -> bool:
        """Wait until there is something to read, or *seconds* are over."""
        return bool(self._poll.poll(max(0.0, seconds) * 1000))

    def on_readable(self) -> None:
        """Read what is there; a closed or broken connection is dropped."""
        try:
            data = self.sock.recv(262_144)
            if data:
                self._parser.feed_data(data)
                return
        except (OSError, httptools.HttpParserError):
            pass
        self._on_lost(self)

    # httptools' callbacks, by the names it knows
    def on_message_begin(self) -> None:
        """A request begins."""
        self._url, self._headers, self._body = b"", {}, bytearray()

    def on_url(self, url: bytes) -> None:
        """A piece of the path."""
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header."""
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        """The headers are there."""
        if self._headers.get("expect", "").lower() == "100-continue":
            self.sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, chunk: bytes) -> None:
        """A piece of the body."""
        if len(self._body) <= MAX_BODY:
            self._body += chunk

    def on_message_complete(self) -> None:
        """The request is complete."""
        method = self._parser.get_method().decode("latin-1")
        path = self._url.decode("latin-1").partition("?")[0]
        self._on_request(self, Request(method, path, self._headers, bytes(self._body)))

    # answers
    def answer(self, status: HTTPStatus, body: bytes, headers: Mapping[str, str]) -> None:
        """Send an answer; raises ``ConnectionError`` if nobody is there to take it."""
        lines = [f"HTTP/1.1 {status.value} {status.phrase}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        lines.append(f"Content-Length: {len(body)}")
        head = "\r\n".join(lines).encode("utf-8") + b"\r\n\r\n"
        try:
            self.sock.sendall(head + body)
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
