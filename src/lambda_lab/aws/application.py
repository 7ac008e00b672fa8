"""The region's WSGI application: Lambda's API here, every other service by moto, ``/_lab`` control.

Invoke takes the shortest way through: no Flask, no routing by regular expression.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from http import HTTPStatus
from typing import Any, Protocol
from urllib.parse import parse_qs

from lambda_lab.aws.checks import DIRECT_UPLOAD_BYTES, request_too_large
from lambda_lab.aws.errors import unknown_operation
from lambda_lab.aws.lambda_api import Call, answer
from lambda_lab.aws.moto_errors import refusal
from lambda_lab.aws.moto_seam import aws_application
from lambda_lab.aws.operations import Match, match
from lambda_lab.aws.serialise import serialise_error
from lambda_lab.aws.signature import unsigned, unsigned_elsewhere
from lambda_lab.invoke.afterwards import Afterwards
from lambda_lab.invoke.lineage import carrying

__all__ = ["Application", "Control", "Headers"]

StartResponse = Callable[..., Any]
_SCOPE = re.compile(
    r"Credential=[^/]*/\d{8}/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request(?=.*Signature=)"
)
"""The scope of a signature that is there; whether it is right, nobody here can say."""
_QUERY_SCOPE = re.compile(
    r"X-Amz-Credential=[^&]*?(?:/|%2F)\d{8}(?:/|%2F)(?P<region>[^/&%]+)(?:/|%2F)(?P<service>[^/&%]+)",
    re.IGNORECASE,
)
"""The same in a presigned URL."""
_LAMBDA_PATH = re.compile(r"^/20\d\d-\d\d-\d\d/")
SERVICE_HOSTS = "127.84.0."
"""Where functions in a VPC find the services (:mod:`lambda_lab.network.standins`)."""


class _Answer(list[bytes]):
    """A body; closing it, when it has been sent, does what was left for afterwards."""

    afterwards: Afterwards

    def close(self) -> None:
        """Do what the caller need not wait for (PEP 3333 calls this when the answer is out)."""
        self.afterwards.run()


class Headers(Mapping[str, str]):
    """The ``X-`` headers of a WSGI request, by their names in small letters."""

    def __init__(self, environ: Mapping[str, Any]) -> None:
        self._environ = environ

    def __getitem__(self, name: str) -> str:
        value: str = self._environ[_environ_key(name)]
        return value

    def get(self, name: str, default: Any = None) -> Any:
        """Return a header, or *default*; most of those that are asked for are not there."""
        return self._environ.get(_environ_key(name), default)

    def __iter__(self) -> Iterator[str]:
        for key in self._environ:
            if key.startswith("HTTP_X_"):
                yield key[5:].replace("_", "-").lower()

    def __len__(self) -> int:
        return sum(1 for _ in self)


@functools.cache
def _environ_key(name: str) -> str:
    return f"HTTP_{name.upper().replace('-', '_')}"


class Control(Protocol):
    """What the application asks of the region around it."""

    @property
    def afterwards(self) -> Afterwards:
        """What calls leave to be done once they are answered."""

    def handle(self, method: str, path: str, query: Mapping[str, list[str]], body: bytes) -> Any:
        """Answer a path under ``/_lab``: ``(status, content type, body)``."""

    def before_moto(self, service: str) -> None:
        """Called before a request goes to moto: what was buffered for it must be there."""

    def resetting(self) -> AbstractContextManager[None]:
        """Return what surrounds moto's own reset."""


class Application:
    """The WSGI callable."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self._moto = aws_application(refusal)

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Answer one HTTP request."""
        if environ.get("HTTP_HOST", "").startswith(SERVICE_HOSTS):
            # What it answers with, a queue's URL for example, must be usable everywhere.
            environ["HTTP_HOST"] = f"127.0.0.1:{environ['SERVER_PORT']}"
        path, _, query_text = str(environ["REQUEST_URI"]).partition("?")
        if not path.startswith("/"):
            path = "/" + path.split("://", 1)[-1].partition("/")[2]
        method = environ["REQUEST_METHOD"]
        if path.startswith("/_lab"):
            query = parse_qs(query_text, keep_blank_values=True)
            body = _read(environ)
            status, kind, content = self._control.handle(method, path, query, body)
            return _respond(start_response, status, {"Content-Type": kind}, content)
        scope = _SCOPE.search(environ.get("HTTP_AUTHORIZATION", "")) or (
            _QUERY_SCOPE.search(query_text) if query_text else None
        )
        if scope is None or scope["service"] == "lambda":
            found = self._lambda(environ, method, path, query_text, scope)
            if found is not None:
                answered = _Answer(_respond(start_response, *found))
                answered.afterwards = self._control.afterwards
                return answered
        if scope is None:
            refused = unsigned_elsewhere(environ)
            if refused is not None:
                return _respond(start_response, *refused)
        return self._to_moto(environ, start_response, path, scope["service"] if scope else "")

    def _lambda(
        self,
        environ: dict[str, Any],
        method: str,
        path: str,
        query_text: str,
        scope: re.Match[str] | None,
    ) -> tuple[int, Mapping[str, str], bytes] | None:
        if scope is None and not _LAMBDA_PATH.match(path):
            return None
        query = parse_qs(query_text, keep_blank_values=True) if query_text else {}
        found: Match | None = match(method, path, query)
        if found is None:
            # Unsigned paths may belong to another service; a signed one is Lambda's to refuse.
            return None if scope is None else serialise_error(unknown_operation())
        if scope is None:
            return serialise_error(unsigned(environ.get("HTTP_AUTHORIZATION", "")))
        headers = Headers(environ)
        length = environ.get("CONTENT_LENGTH")
        if length and int(length) > DIRECT_UPLOAD_BYTES:
            return serialise_error(request_too_large(found.operation))
        call = Call(found, scope["region"], headers, query, _read(environ))
        self._control.afterwards.begin()
        return answer(call)

    def _to_moto(
        self, environ: dict[str, Any], start_response: StartResponse, path: str, service: str
    ) -> Iterable[bytes]:
        around = self._control.resetting if path.startswith("/moto-api/reset") else nullcontext
        self._control.before_moto(service)
        with around(), carrying(environ.get("HTTP_X_AMZN_TRACE_ID")):
            answered: Iterable[bytes] = self._moto(environ, start_response)
        return answered


def _read(environ: dict[str, Any]) -> bytes:
    # The server has the whole body by now, and its length, chunked or not.
    length = environ.get("CONTENT_LENGTH")
    body: bytes = environ["wsgi.input"].read(int(length)) if length else b""
    return body


def _respond(
    start_response: StartResponse, status: int, headers: Mapping[str, str], body: bytes
) -> Iterable[bytes]:
    sent = [*headers.items()]
    if status != HTTPStatus.NO_CONTENT:
        sent.append(("Content-Length", str(len(body))))
    start_response(_status_line(status), sent)
    return [body]


@functools.cache
def _status_line(status: int) -> str:
    return f"{status} {HTTPStatus(status).phrase}"
