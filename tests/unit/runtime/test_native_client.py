"""The pure-Python runtime client says to the Runtime API what AWS's own says, byte for byte."""

from __future__ import annotations

import http.server
import importlib.util
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lambda_lab.runtime import launcher
from live_region import open_region, plain_environment

needs_native = pytest.mark.skipif(
    importlib.util.find_spec("runtime_client") is None,
    reason="awslambdaric has no binary for this system",
)
MODULE = """
import datetime, decimal, sys
def handler(event, context):
    if event == "raise":
        raise ValueError("no \\u00fc \\u6f22\\nat all")
    if event == "set":
        return {1}
    if event == "bytes":
        return b"\\x00\\xff"
    if event == "empty":
        return b""
    if event == "large":
        return "x" * 3_000_000
    if event == "none":
        return None
    if event == "context":
        client = context.client_context
        return [context.aws_request_id, context.invoked_function_arn, context.tenant_id,
                client and client.custom, context.identity.cognito_identity_id]
    return {"got": event, "n": decimal.Decimal("1.10"), "nan": float("nan")}
"""
PLAIN = "import awslambdaric.__main__ as m, sys\nm.main(['m', 'fn.handler'])"
OURS = (
    "import sys\nfrom lambda_lab.runtime import native_client\n"
    f"sys.modules['runtime_client'] = native_client\n{PLAIN}"
)
ARN = "arn:aws:lambda:us-east-1:123456789012:function:f"
MORE = {
    "Lambda-Runtime-Client-Context": '{"custom": {"k": "v"}}',
    "Lambda-Runtime-Cognito-Identity": '{"cognitoIdentityId": "i", "cognitoIdentityPoolId": "p"}',
    "Lambda-Runtime-Trace-Id": "Root=1-5e1b4151-43a0913a12345678901234567",
    "Lambda-Runtime-Aws-Tenant-Id": "tenant",
    "Lambda-Runtime-Invocation-Id": "a1b2",
}
EVENTS = [
    b'"text"', b"null", '{"k": "ü\\n"}'.encode(), b"{", b'"raise"', b'"set"', b'"bytes"',
    b'"empty"', b'"large"', b'"none"', b'"context"',
]  # fmt: skip
# Of the connection, not of the message; curl and http.client order and word them differently.
TRANSPORT = {"host", "accept", "accept-encoding", "connection", "expect", "transfer-encoding"}


@contextmanager
def recording(more: dict[str, str]) -> Iterator[tuple[str, list[object]]]:
    """Serve the events once; yields the address and the list of what was posted."""
    posts: list[object] = []
    waiting = list(enumerate(EVENTS, 1))

    class Api(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            posts.append((self.path, self.kept()))
            if not waiting:
                self.close_connection = True
                return
            number, event = waiting.pop(0)
            headers = {
                "Content-Type": "application/json",
                "Lambda-Runtime-Aws-Request-Id": f"r{number}",
                "Lambda-Runtime-Deadline-Ms": "4102444800000",
                "Lambda-Runtime-Invoked-Function-Arn": ARN,
                **more,
            }
            self.answer(200, headers, event)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            posts.append((self.path, self.kept(), body))
            self.answer(202, {}, b"{}")

        def kept(self) -> dict[str, str]:
            items = {name.lower(): value for name, value in self.headers.items()}
            return {name: value for name, value in items.items() if name not in TRANSPORT}

        def answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Api)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}", posts
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def said_by(code: str, folder: Path, more: dict[str, str]) -> list[object]:
    (folder / "fn.py").write_text(MODULE)
    with recording(more) as (address, posts):
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=folder,
            env={
                **plain_environment(),
                "AWS_LAMBDA_RUNTIME_API": address,
                "AWS_EXECUTION_ENV": "AWS_Lambda_python3.14",
                "LAMBDA_TASK_ROOT": str(folder),
                "PYTHONPATH": ":".join(path for path in sys.path if path),
            },
            capture_output=True,
            timeout=60,
            check=False,
        )
    return posts


@needs_native
@pytest.mark.parametrize("more", [{}, MORE], ids=["bare", "with every header"])
@pytest.mark.fidelity("python-client")
def test_both_clients_say_the_same(tmp_path: Path, more: dict[str, str]) -> None:
    native = said_by(PLAIN, tmp_path, more)
    ours = said_by(OURS, tmp_path, more)
    everything = 2 * len(EVENTS) + 1  # each event asked for and answered, then asked once more
    assert len(ours) == everything
    assert ours == native[:everything]  # AWS's asks again when the Runtime API hangs up


CALLS = """
import sys
def handler(event, context):
    if event == "raise":
        raise ValueError("no")
    client = sys.modules["runtime_client"]
    return [event, getattr(client, "__file__", None) is not None and client.__file__[-3:] == ".py"]
"""


@pytest.mark.parametrize("isolate", [True, False], ids=["private", "shared"])
def test_a_region_without_the_binary(isolate: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on macOS: awslambdaric is there, its extension is not."""
    packages = launcher.sdk_packages

    def without() -> dict[str, str]:
        return {k: v for k, v in packages().items() if not k.startswith("runtime_client")}

    monkeypatch.setattr(launcher, "sdk_packages", without)
    with open_region(isolate=isolate) as live:
        name = live.deploy(CALLS)
        answers = [live.call(name, {"n": number}) for number in range(3)]
        assert [answer.value for answer in answers] == [[{"n": n}, True] for n in range(3)]
        live.call(name, "raise").fails("ValueError")
        live.run("import nosuch\n" + CALLS).fails("Runtime.ImportModuleError")
        assert "lambda_lab" not in json.dumps(
            live.run("import sys\ndef handler(e, c):\n    return sorted(sys.modules)\n").value
        )
