"""A pure-Python ``runtime_client`` for systems that awslambdaric has no binary for.

awslambdaric speaks HTTP through a small C++ extension named ``runtime_client`` that AWS builds
for Linux only. This module offers the same four functions over :mod:`http.client`, so that
everything else - marshalling, errors, log formats - stays AWS's own code on every system.
Tests run the same functions through both and compare every byte.
"""

from __future__ import annotations

import http.client
import os
from collections.abc import Mapping

__all__ = ["initialize_client", "next", "post_error", "post_invocation_result"]

_BASE = "/2018-06-01/runtime/invocation"
_user_agent = "aws-lambda-python"
_connection: http.client.HTTPConnection | None = None


def initialize_client(user_agent: str) -> None:
    """Remember the user agent and open a connection at the first call."""
    global _user_agent, _connection
    _user_agent, _connection = user_agent, None


def _request(
    method: str,
    path: str,
    body: bytes | None = None,
    headers: Mapping[str, str | bytes] | None = None,
) -> tuple[bytes, http.client.HTTPResponse]:
    global _connection  # noqa: PLW0603 - a module like the one it stands in for
    if _connection is None:
        _connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    _connection.request(method, path, body, {"User-Agent": _user_agent, **(headers or {})})
    response = _connection.getresponse()
    return response.read(), response


def next() -> tuple[bytes, dict[str, str | None]]:  # noqa: A001 - AWS's name
    """Wait for the next invocation; returns its body and the Runtime API's headers."""
    body, response = _request("GET", f"{_BASE}/next")
    if response.status != http.HTTPStatus.OK:
        raise RuntimeError(f"Failed to get next invocation: {response.status}")
    headers: dict[str, str | None] = {
        name: response.headers.get(name)
        for name in (
            "Lambda-Runtime-Aws-Request-Id",
            "Lambda-Runtime-Trace-Id",
            "Lambda-Runtime-Invoked-Function-Arn",
            "Lambda-Runtime-Deadline-Ms",
            "Lambda-Runtime-Client-Context",
            "Lambda-Runtime-Cognito-Identity",
            "Lambda-Runtime-Aws-Tenant-Id",
            "Lambda-Runtime-Invocation-Id",
            "Content-Type",
        )
    }
    return body, headers


def _post(path: str, body: bytes, headers: Mapping[str, str | bytes]) -> None:
    _, response = _request("POST", path, body, headers)
    if response.status != http.HTTPStatus.ACCEPTED:
        raise RuntimeError(f"Failed to post to {path}: {response.status}")


def post_invocation_result(
    invoke_id: str, body: bytes, content_type: str, invocation_id: str | None = None
) -> None:
    """Answer an invocation."""
    headers: dict[str, str | bytes] = {"Content-Type": content_type}
    if invocation_id:
        headers["Lambda-Runtime-Invocation-Id"] = invocation_id
    _post(f"{_BASE}/{invoke_id}/response", body, headers)


def post_error(
    invoke_id: str, error: str, xray_cause: str, invocation_id: str | None = None
) -> None:
    """Answer an invocation with an error document."""
    headers: dict[str, str | bytes] = {
        "Content-Type": "application/json",
        # As bytes: http.client knows Latin-1 only, an error message may hold anything.
        "Lambda-Runtime-Function-XRay-Error-Cause": xray_cause.replace("\n", " ").encode(),
    }
    if invocation_id:
        headers["Lambda-Runtime-Invocation-Id"] = invocation_id
    _post(f"{_BASE}/{invoke_id}/error", error.encode(), headers)
