"""A site that stands in for the internet: it says from which address it was called."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from lambda_lab.closing import Closing
from lambda_lab.network.standins import CHECK_IP

__all__ = ["WebSite"]

CLOSING_SECONDS = 0.1
"""How long the site may take to see that it is to close."""


class WebSite(Closing):
    r"""The site, on a free loopback port. A context manager.

    Parameters
    ----------
    seen_from
        Returns the source address of the connection from a local port, as the internet sees it.

    Examples
    --------
    >>> import urllib.request
    >>> with WebSite(lambda port: "198.51.100.99") as site:
    ...     with urllib.request.urlopen(f"http://127.0.0.1:{site.port}/") as answer:
    ...         answer.read()
    b'{"source": "198.51.100.99", "host": "127.0.0.1", "method": "GET", "path": "/"}\n'
    """

    def __init__(self, seen_from: Callable[[int], str]) -> None:
        handler = type("Handler", (_Handler,), {"seen_from": staticmethod(seen_from)})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            args=(CLOSING_SECONDS,),
            name="lab-web-site",
            daemon=True,
        )
        self._thread.start()

    def close(self) -> None:
        """Stop answering and free the port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60
    seen_from: Callable[[int], str]

    def answer(self) -> None:
        """Say who asked for what."""
        source = self.seen_from(self.client_address[1])
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        host = (self.headers.get("Host") or "").partition(":")[0]
        if host == CHECK_IP:
            kind, text = "text/plain", f"{source}\n"
        else:
            told = {"source": source, "host": host, "method": self.command, "path": self.path}
            kind, text = "application/json", json.dumps(told) + "\n"
        body = text.encode()
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = answer  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Write nothing: a site's log is no part of a lab's output."""
