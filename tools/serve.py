"""Serve the built site on loopback, with the site's own page for what is not found."""

from __future__ import annotations

import argparse
import functools
import sys
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SITE = Path(__file__).resolve().parent.parent / "_build" / "html"
HOST = "127.0.0.1"


class Handler(SimpleHTTPRequestHandler):
    """Serve files as GitHub Pages does: a missing page is ``404.html`` with status 404."""

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer with the site's own page where there is one."""
        page = Path(self.directory) / "404.html"
        if code != HTTPStatus.NOT_FOUND or not page.exists():
            super().send_error(code, message, explain)
            return
        body = page.read_bytes()
        self.send_response(HTTPStatus.NOT_FOUND)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def end_headers(self) -> None:
        """Have the browser ask again each time, so that a new build is seen at once."""
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing for each request; the name of the argument is the base class's."""


def open_server(port: int, site: Path) -> ThreadingHTTPServer:
    """Return a server of the files in *site*, listening on loopback only."""
    return ThreadingHTTPServer((HOST, port), functools.partial(Handler, directory=site))


def main() -> int:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description="Serve the built site on 127.0.0.1.")
    parser.add_argument("--port", type=int, default=8000, help="0 takes any free one")
    port = parser.parse_args().port
    if not (SITE / "index.html").exists():
        print("There is no site yet. Build it first: make book", file=sys.stderr)
        return 1
    try:
        server = open_server(port, SITE)
    except OSError as error:
        print(
            f"Port {port} cannot be used ({error.strerror}). Try: make serve PORT=8001",
            file=sys.stderr,
        )
        return 1
    with server:
        print(f"The book is at http://{HOST}:{server.server_port}/ (stop with Ctrl-C)", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
