"""The floor of every call: the least server that a boto3 ``Invoke`` can talk to.

``python -m benchmarks.canned cheroot`` (or ``http.server``) serves it in a process of its own. It
answers 200 and a small JSON body to everything, and does nothing else.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

__all__ = ["SERVERS", "cheroot_server", "stdlib_server"]

BODY = b'{"n":1}'
LOOPBACK = "127.0.0.1"


def _application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    # Unread bodies make a server close the connection; the region reads them too.
    environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(BODY)))]
    start_response("200 OK", headers)
    return [BODY]


@contextmanager
def cheroot_server() -> Iterator[str]:
    """Serve the canned answer by cheroot, the region's own HTTP server; yields the URL."""
    from cheroot import wsgi

    server = wsgi.Server((LOOPBACK, 0), _application, numthreads=8)
    server.shutdown_timeout = 1
    server.prepare()
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        yield f"http://{LOOPBACK}:{server.bind_addr[1]}"
    finally:
        server.stop()
        thread.join(5)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # keeps connections open
    # Without these two, every answer waits for the client's delayed acknowledgement.
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY)

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@contextmanager
def stdlib_server() -> Iterator[str]:
    """Serve the canned answer by the standard library's ``http.server``; yields the URL."""
    with ThreadingHTTPServer((LOOPBACK, 0), _Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://{LOOPBACK}:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join(5)


SERVERS = {"cheroot": cheroot_server, "http.server": stdlib_server}


def main() -> None:
    """Serve until standard input ends."""
    with SERVERS[sys.argv[1]]() as url:
        sys.stdout.write(f"Ready. {url}\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()
