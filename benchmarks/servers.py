"""Servers in processes of their own, and the boto3 client that calls all of them alike."""

from __future__ import annotations

import compileall
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

__all__ = [
    "ROOT",
    "StartError",
    "canned",
    "client",
    "compile_package",
    "environment",
    "region",
    "running",
]

ROOT = Path(__file__).resolve().parent.parent
PATIENCE_SECONDS = 30
STOP_SECONDS = 10


class StartError(Exception):
    """A server did not start; the message says which."""


def environment(**more: str) -> dict[str, str]:
    """Return variables for a child: this process's, without AWS settings, and *more*."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    settings = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    return {**kept, **settings, **more}


def compile_package() -> None:
    """Compile the package to byte code, as pip compiles what it installs.

    Where ``PYTHONDONTWRITEBYTECODE`` is set, the byte code of a checkout stays as old as it is, and
    each process that is measured would first compile every file that was edited since.
    """
    compileall.compile_dir(ROOT / "src", quiet=2)


@contextmanager
def running(
    command: Sequence[str], variables: Mapping[str, str]
) -> Iterator[subprocess.Popen[str]]:
    """Run *command* while the block runs; its end is waited for."""
    child = subprocess.Popen(
        list(command),
        cwd=ROOT,
        env=dict(variables),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield child
    finally:
        child.terminate()
        try:
            child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                pipe.close()


@contextmanager
def _announced(command: Sequence[str]) -> Iterator[str]:
    """Run a server that prints ``Ready. URL``; yields the URL."""
    with running(command, environment()) as child:
        watchdog = threading.Timer(PATIENCE_SECONDS, child.kill)
        watchdog.start()
        try:
            assert child.stdout is not None
            line = child.stdout.readline()
        finally:
            watchdog.cancel()
        if not line.startswith("Ready. "):
            raise StartError(f"{' '.join(command[1:])} did not start. Run it by hand to see why.")
        yield line.split()[1]


@contextmanager
def region() -> Iterator[str]:
    """Run ``lambda-lab serve`` on a free port; yields its URL."""
    with _announced([sys.executable, "-m", "lambda_lab.cli", "serve", "--port", "0"]) as url:
        yield url


@contextmanager
def canned(kind: str) -> Iterator[str]:
    """Run a server of canned answers (:mod:`.canned`); yields its URL."""
    with _announced([sys.executable, "-m", "benchmarks.canned", kind]) as url:
        yield url


def client(url: str, service: str = "lambda", *, pool: int = 10, read_timeout: float = 30) -> Any:
    """Return a boto3 client for *url*, one of its own, that never tries twice.

    It keeps *pool* connections, and waits *read_timeout* seconds for an answer.
    """
    from boto3.session import Session
    from botocore.config import Config

    session = Session(
        aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1"
    )
    config = Config(
        retries={"total_max_attempts": 1},
        connect_timeout=10,
        read_timeout=read_timeout,
        max_pool_connections=pool,
    )
    return session.client(service, endpoint_url=url, config=config)
