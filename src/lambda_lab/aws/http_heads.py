"""Request lines and headers, between the wire and WSGI (PEP 3333)."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from email.utils import formatdate
from typing import Any

__all__ = [
    "LOOPBACK",
    "encoded",
    "environ_key",
    "environ_of_all",
    "http_date",
    "without_offer",
]

LOOPBACK = "127.0.0.1"


def environ_of_all(port: str, client_port: str) -> dict[str, Any]:
    """Return what WSGI wants to hear of every request on a connection."""
    return {
        "SCRIPT_NAME": "",
        "SERVER_NAME": LOOPBACK,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": LOOPBACK,
        "REMOTE_PORT": client_port,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input_terminated": True,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }


def without_offer(environ: Mapping[str, Any], url: bytes) -> bytes:
    """Return the head of a request as it was, but for the offer to change the protocol."""
    lines = [environ["REQUEST_METHOD"].encode() + b" " + url + b" HTTP/1.1"]
    for key, value in environ.items():
        if key not in ("REQUEST_METHOD", "HTTP_UPGRADE", "HTTP_CONNECTION"):
            name = key.removeprefix("HTTP_").replace("_", "-")
            lines.append(f"{name}: {value}".encode("latin-1"))
    return b"\r\n".join([*lines, b"", b""])


@functools.lru_cache(maxsize=1024)
def environ_key(name: bytes) -> str:
    """Return the name of a header as WSGI has it; nothing for one that WSGI cannot tell.

    A name with an underscore would become that of another header: AWS has none like it.

    Examples
    --------
    >>> environ_key(b"X-Amz-Target"), environ_key(b"Content-Length"), environ_key(b"Content_Length")
    ('HTTP_X_AMZ_TARGET', 'CONTENT_LENGTH', '')
    """
    if b"_" in name:
        return ""
    key = name.decode("latin-1").upper().replace("-", "_")
    return key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"


@functools.lru_cache(maxsize=1)
def http_date(epoch_seconds: int) -> str:
    """Return the ``Date`` header's text."""
    return formatdate(epoch_seconds, usegmt=True)


def encoded(lines: Sequence[str]) -> bytes:
    r"""Return the head of an answer, with the empty line that ends it.

    Examples
    --------
    >>> encoded(["HTTP/1.1 204 No Content", "X-Amz-Meta-A: \u00e9"])
    b'HTTP/1.1 204 No Content\r\nX-Amz-Meta-A: \xe9\r\n\r\n'
    """
    text = "\r\n".join([*lines, "", ""])
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        # What a caller of S3 wants to be sent back, a file's name, may be in any script.
        return b"\r\n".join(_line(line) for line in [*lines, "", ""])


def _line(text: str) -> bytes:
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode()
