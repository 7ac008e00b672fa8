"""Nothing of the reader's AWS account is read, and nothing leaves for a real AWS host.

While a region is open, this process has dummy credentials, our endpoint, and no way to the
settings in the reader's home; and botocore refuses to send a request to another machine.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from lambda_lab.errors import SandboxError

__all__ = ["aws_variables", "region_settings"]

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "::1")
_OURS = ("AWS_",)
_NO_PROXY = ("NO_PROXY", "no_proxy")


def aws_variables(endpoint: str, region: str) -> dict[str, str]:
    """Return the variables that point every AWS client of this process at *endpoint*.

    Examples
    --------
    >>> aws_variables("http://127.0.0.1:4566", "us-east-1")["AWS_ENDPOINT_URL"]
    'http://127.0.0.1:4566'
    """
    return {
        "AWS_ACCESS_KEY_ID": "LAMBDALABEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "dummy-and-worth-nothing",
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


@contextmanager
def region_settings(endpoint: str, region: str) -> Iterator[None]:
    """Point this process at the region while the block runs; restore everything after it."""
    with _environment(aws_variables(endpoint, region)), _loopback_only(), _fresh_default_session():
        yield


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    saved = {name: value for name, value in os.environ.items() if _is_ours(name)}
    for name in saved:
        del os.environ[name]
    # A reader behind a proxy: it must not carry what goes to this very machine.
    spared = {saved[name] for name in _NO_PROXY if saved.get(name)}
    unproxied = ",".join((*sorted(spared), *LOOPBACK_NAMES))
    os.environ.update(variables)
    os.environ.update(dict.fromkeys(_NO_PROXY, unproxied))
    try:
        yield
    finally:
        for name in [name for name in os.environ if _is_ours(name)]:
            del os.environ[name]
        os.environ.update(saved)


def _is_ours(name: str) -> bool:
    return name.startswith(_OURS) or name in _NO_PROXY


@contextmanager
def _fresh_default_session() -> Iterator[None]:
    """Let ``boto3.client`` make a new session: the old one remembers the old settings."""
    import boto3

    saved, boto3.DEFAULT_SESSION = boto3.DEFAULT_SESSION, None
    try:
        yield
    finally:
        boto3.DEFAULT_SESSION = saved


@contextmanager
def _loopback_only() -> Iterator[None]:
    from botocore.httpsession import URLLib3Session

    original = URLLib3Session.send

    def send(self: Any, request: Any) -> Any:
        host = urlsplit(request.url).hostname or ""
        if host not in LOOPBACK_NAMES and not host.endswith(".localhost"):
            raise SandboxError(
                f"A request to {host} was refused: a lab's region never leaves this machine. "
                "Leave endpoint_url out, or close the lab first."
            )
        return original(self, request)

    URLLib3Session.send = send
    try:
        yield
    finally:
        URLLib3Session.send = original
