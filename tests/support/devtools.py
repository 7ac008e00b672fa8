"""A small client of Chromium's DevTools protocol: open a page, press keys, see what it asked for.

https://chromedevtools.github.io/devtools-protocol/
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.request import urlopen

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage", "--disable-extensions", "--hide-scrollbars",
    "--remote-allow-origins=*", "--remote-debugging-port=0",
)  # fmt: skip
PATIENCE = 30
"""Seconds to wait for Chromium to say anything at all."""
KEYS = {
    "Tab": 9, "Enter": 13, "Escape": 27, " ": 32, "ArrowLeft": 37,
    "ArrowRight": 39, "ArrowDown": 40, "/": 191,
}  # fmt: skip


def find_chromium() -> str | None:
    """Return the path of a Chromium or Chrome, or None."""
    named = os.environ.get("CHROMIUM")
    found = (shutil.which(name) for name in (*([named] if named else []), *NAMES))
    return next((path for path in found if path), MAC if Path(MAC).exists() else None)


class Browser:
    """One tab of a headless Chromium, with what happened in it since the last :meth:`open`."""

    def __init__(self, socket: Any) -> None:
        self._socket = socket
        self._number = 0
        self.requests: list[str] = []
        self.errors: list[str] = []
        self._quiet: set[str] = set()
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.call(f"{domain}.enable")
        self.call("Page.setLifecycleEventsEnabled", enabled=True)

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send one command and return its result."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        self._socket.send(json.dumps(message))
        while True:
            answer = self._receive()
            if answer.get("id") == self._number:
                assert "error" not in answer, f"{method}: {answer['error']}"
                return dict(answer["result"])

    def open(self, address: str) -> None:
        """Go to a page and wait until it has loaded and asks for nothing more."""
        self.requests.clear()
        self.errors.clear()
        loader = self.call("Page.navigate", url=address)["loaderId"]
        while loader not in self._quiet:
            self._receive()

    def look(self, width: int, height: int, *, dark: bool = False, media: str = "screen") -> None:
        """Set size, colour scheme and medium, as a phone or a desk would have them."""
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", media=media, features=[scheme])
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=width < 600,
        )  # fmt: skip

    def run(self, script: str) -> Any:
        """Evaluate an expression in the page and return its value; a promise is waited for."""
        result = self.call(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in result, f"{script}: {result['exceptionDetails']}"
        return result["result"].get("value")

    def press(self, key: str) -> None:
        """Press and release one key."""
        text = {"Enter": "\r", " ": " ", "/": "/"}.get(key, "")
        event = {"key": key, "code": key, "windowsVirtualKeyCode": KEYS[key]}
        down = {"type": "keyDown" if text else "rawKeyDown", "text": text}
        self.call("Input.dispatchKeyEvent", **event, **down)
        self.call("Input.dispatchKeyEvent", **event, type="keyUp")

    def _receive(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self._socket.recv())
        details = message.get("params", {})
        match message.get("method"):
            case "Network.requestWillBeSent":
                self.requests.append(details["request"]["url"])
            case "Runtime.exceptionThrown":
                self.errors.append(json.dumps(details["exceptionDetails"])[:500])
            case "Runtime.consoleAPICalled" if details["type"] in {"error", "warning"}:
                self.errors.append(json.dumps(details["args"])[:500])
            case "Log.entryAdded" if details["entry"]["level"] == "error":
                self.errors.append(f"{details['entry']['text']} {details['entry'].get('url', '')}")
            case "Page.lifecycleEvent" if details["name"] == "networkIdle":
                self._quiet.add(details["loaderId"])
        return message


@contextlib.contextmanager
def chromium(path: str) -> Iterator[Browser]:
    """Start Chromium with a profile of its own, and leave nothing of it behind."""
    import websocket

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [path, *FLAGS, f"--user-data-dir={profile}", "about:blank"],
            stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        giving_up = threading.Timer(PATIENCE, process.kill)
        giving_up.start()
        try:
            assert process.stderr is not None
            lines = (line for line in process.stderr if "DevTools listening on" in line)
            address = next(lines, "").rpartition(" on ")[2].strip()
            assert address, f"{path} did not start within {PATIENCE} s."
            giving_up.cancel()
            # Chromium stops when nobody reads what it writes.
            drain = threading.Thread(target=process.stderr.read, daemon=True)
            drain.start()
            host = address.split("/")[2]
            with urlopen(f"http://{host}/json", timeout=PATIENCE) as answer:
                tabs = [tab for tab in json.load(answer) if tab["type"] == "page"]
            socket = websocket.create_connection(tabs[0]["webSocketDebuggerUrl"], timeout=PATIENCE)
            try:
                yield Browser(socket)
            finally:
                socket.close()
        finally:
            giving_up.cancel()
            process.terminate()
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            drain.join(PATIENCE)
            process.stderr.close()


class _Quiet(SimpleHTTPRequestHandler):
    """Files of one folder; a missing one is answered with the book's own page, as hosts do."""

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002
        return

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        lost = Path(self.directory) / "404.html"
        if code != 404 or not lost.exists():
            super().send_error(code, message, explain)
            return
        body = lost.read_bytes()
        self.send_response(404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


@contextlib.contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve *folder* on loopback and yield its address."""
    handler = partial(_Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
