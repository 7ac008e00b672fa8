"""A Runtime API that hands out given events and keeps what a runtime posts."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from lambda_lab.runtime.log_pipe import LogSplitter

ARN = "arn:aws:lambda:us-east-1:123456789012:function:f"
YEAR_2100_MS = 4_102_444_800_000
PATIENCE_SECONDS = 30


@dataclass
class Post:
    """One message from a runtime."""

    path: str
    headers: Mapping[str, str]
    body: Any


@dataclass
class Ran:
    """What came of running a runtime until it ended."""

    posts: list[Post] = field(default_factory=list)
    connections: int = 0
    code: int = -1
    raw: bytes = b""

    @property
    def paths(self) -> list[str]:
        return [post.path for post in self.posts]

    @property
    def logs(self) -> list[str]:
        messages: list[str] = []
        splitter = LogSplitter(messages.append)
        splitter.feed(self.raw)
        splitter.flush()
        return messages


class FakeRuntimeApi:
    """Serves *events* as the calls ``r1``, ``r2`` ...; after the last it hangs up.

    The runtime then sees what it sees when its environment is torn down, and ends. With *hold* it
    is left waiting for a next call, as an idle runtime is, until it ends by itself.
    """

    def __init__(
        self,
        events: Sequence[bytes],
        headers: Sequence[Mapping[str, str]] = (),
        *,
        hold: bool = False,
    ) -> None:
        self.ran = Ran()
        self._hold = hold
        self._events = list(events)
        self._headers = list(headers)
        self._served = 0
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                super().setup()
                fake.ran.connections += 1

            def do_GET(self) -> None:
                fake.hand_out(self)

            def do_POST(self) -> None:
                fake.keep(self)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass  # the tests' own output is enough

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._server.server_port}"

    def hand_out(self, request: BaseHTTPRequestHandler) -> None:
        assert request.path == "/2018-06-01/runtime/invocation/next"
        if self._served == len(self._events):
            if self._hold:
                request.rfile.read(1)  # returns when the runtime closes its end
            request.close_connection = True
            return
        event = self._events[self._served]
        more = self._headers[self._served] if self._served < len(self._headers) else {}
        self._served += 1
        headers = {
            "Content-Type": "application/json",
            "Lambda-Runtime-Aws-Request-Id": f"r{self._served}",
            "Lambda-Runtime-Deadline-Ms": str(YEAR_2100_MS),
            "Lambda-Runtime-Invoked-Function-Arn": ARN,
            **more,
        }
        self._answer(request, 200, headers, event)

    def keep(self, request: BaseHTTPRequestHandler) -> None:
        # Raises, and so fails the test, where a runtime sends no length.
        body = request.rfile.read(int(request.headers["Content-Length"]))
        path = request.path.removeprefix("/2018-06-01/runtime/")
        self.ran.posts.append(Post(path, dict(request.headers), json.loads(body)))
        self._answer(request, 202, {"Content-Type": "application/json"}, b'{"status":"OK"}')

    @staticmethod
    def _answer(
        request: BaseHTTPRequestHandler, status: int, headers: Mapping[str, str], body: bytes
    ) -> None:
        lines = [f"HTTP/1.1 {status} OK", *(f"{name}: {value}" for name, value in headers.items())]
        head = "\r\n".join([*lines, f"Content-Length: {len(body)}"])
        request.wfile.write(head.encode("utf-8") + b"\r\n\r\n" + body)

    def run(
        self, argv: Sequence[str], env: Mapping[str, str], cwd: Path, *, framed: bool = True
    ) -> Ran:
        """Start *argv*, serve it until it ends; its stdout, stderr and frames share one pipe."""
        reading, writing = os.pipe()
        variables = {**env, "AWS_LAMBDA_RUNTIME_API": self.address}
        if framed:
            variables["_LAMBDA_TELEMETRY_LOG_FD"] = str(writing)
        self._thread.start()
        process = subprocess.Popen(
            argv, env=variables, cwd=cwd, stdout=writing, stderr=writing, pass_fds=[writing]
        )
        os.close(writing)
        stop = threading.Timer(PATIENCE_SECONDS, process.kill)
        stop.start()
        try:
            with os.fdopen(reading, "rb") as pipe:
                self.ran.raw = pipe.read()
            self.ran.code = process.wait()
        finally:
            stop.cancel()
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()
        return self.ran
