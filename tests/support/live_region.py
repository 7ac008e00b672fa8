"""A region to test in: deploy a function at once, call it, read what it wrote."""

from __future__ import annotations

import base64
import itertools
import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from lambda_lab.clock import stopwatch_ns
from lambda_lab.deploy import default_handler, make_zip, role_arn, source_files
from lambda_lab.region import Region

Source = str | Mapping[str, bytes | str]
PATIENCE_SECONDS = 10
private_root = pytest.mark.parametrize("lab", [True], indirect=True, ids=["private"])
shared_root = pytest.mark.parametrize("lab", [False], indirect=True, ids=["shared"])
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Answer:
    """What a caller of a function gets."""

    raw: bytes
    status: int
    error: str | None
    request_id: str
    version: str
    tail: list[str]
    headers: Mapping[str, str]
    seconds: float

    @property
    def value(self) -> Any:
        return json.loads(self.raw)

    @property
    def report(self) -> str:
        (line,) = [line for line in self.tail if line.startswith("REPORT")]
        return line

    @property
    def figures(self) -> dict[str, str]:
        """The fields of the REPORT line, for example ``{"Duration": "1.20 ms"}``."""
        return dict(field.split(": ", 1) for field in self.report.split("\t") if ": " in field)

    def fails(self, error_type: str) -> dict[str, Any]:
        """Return the error document; the call must have failed with *error_type*."""
        assert self.status == 200
        assert self.error == "Unhandled", self.raw[:500]
        assert self.value["errorType"] == error_type, self.raw[:500]
        document: dict[str, Any] = self.value
        return document


class LiveRegion:
    """An open region with plain boto3 clients that do not retry."""

    def __init__(self, region: Region) -> None:
        self.region = region
        self.isolated = self._ready()
        self.lam = self.client("lambda")
        self.role = role_arn(self.client("iam"))

    def _ready(self) -> bool:
        self.region.launcher.wait_ready()
        return self.region.launcher.isolated

    def client(self, service: str) -> Any:
        config = Config(retries={"max_attempts": 0}, read_timeout=60, max_pool_connections=32)
        return boto3.client(service, config=config)

    def create(self, source: Source | bytes, name: str | None = None, **settings: Any) -> str:
        """Create a function and leave it Pending; returns its name."""
        name = name or f"f{next(_numbers)}"
        settings = {"Runtime": "python3.14", "Timeout": 10, **settings}
        if isinstance(source, bytes):
            package = source
            settings.setdefault("Handler", "lambda_function.handler")
        else:
            files = source_files(source, settings["Runtime"])
            package = make_zip(files)
            settings.setdefault("Handler", default_handler(files))
        self.lam.create_function(
            FunctionName=name, Role=self.role, Code={"ZipFile": package}, **settings
        )
        return name

    def settle(self) -> None:
        """Let everything that waits on the clock happen now."""
        self.region.clock.advance(1)

    def deploy(self, source: Source | bytes, name: str | None = None, **settings: Any) -> str:
        """Create a function that may be invoked at once; returns its name."""
        name = self.create(source, name, **settings)
        self.settle()
        return name

    def update(self, name: str, source: Source) -> None:
        package = make_zip(source_files(source, "python3.14"))
        self.lam.update_function_code(FunctionName=name, ZipFile=package)

    def call(
        self, name: str, event: Any = None, *, raw: bytes | None = None, **more: Any
    ) -> Answer:
        """Invoke a function and wait; *event* is sent as JSON, *raw* as it is."""
        payload = raw if raw is not None else json.dumps(event).encode()
        started = stopwatch_ns()
        got = self.lam.invoke(
            **{"FunctionName": name, "LogType": "Tail", "Payload": payload, **more}
        )
        body = got["Payload"].read()
        seconds = (stopwatch_ns() - started) / 1e9
        tail = base64.b64decode(got.get("LogResult", "")).decode().splitlines()
        return Answer(
            body,
            got["StatusCode"],
            got.get("FunctionError"),
            got["ResponseMetadata"]["RequestId"],
            got.get("ExecutedVersion", ""),
            tail,
            got["ResponseMetadata"]["HTTPHeaders"],
            seconds,
        )

    def run(self, source: Source, event: Any = None, **settings: Any) -> Answer:
        """Deploy a function and call it once."""
        return self.call(self.deploy(source, **settings), event)

    def logs(self, name: str, group: str | None = None) -> list[str]:
        """Return a function's log messages, oldest first, as CloudWatch Logs has them."""
        pages = (
            self.client("logs")
            .get_paginator("filter_log_events")
            .paginate(logGroupName=group or f"/aws/lambda/{name}")
        )
        events = [event for page in pages for event in page["events"]]
        events.sort(key=lambda event: event["timestamp"])
        return [event["message"].removesuffix("\n") for event in events]

    def environments(self, name: str) -> list[dict[str, Any]]:
        return self.region.plane.environments(name)

    def meeting_place(self) -> Path:
        """Return a path, of nothing yet, that functions without a private root can look at.

        Not in the tests' own folders: those lie in ``/tmp``, and a function has one of its own.
        """
        folder = self.region.folder / "meeting"
        folder.mkdir(exist_ok=True)
        return folder / str(next(_numbers))

    def idle(self, name: str) -> list[dict[str, Any]]:
        """Return a function's environments once none of them is busy."""
        until(lambda: all(one["state"] == "idle" for one in self.environments(name)))
        return self.environments(name)


def until(true: Callable[[], object], seconds: float = PATIENCE_SECONDS) -> None:
    """Wait until *true* says so; fails when it has not in *seconds*."""
    pause = threading.Event()
    deadline = stopwatch_ns() + seconds * 1e9
    while not true():
        assert stopwatch_ns() < deadline, "it did not happen in time"
        pause.wait(0.01)


def alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and only waits to be buried does not."""
    import psutil

    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@contextmanager
def open_region(**options: Any) -> Iterator[LiveRegion]:
    with Region(**options) as region:
        yield LiveRegion(region)


def plain_environment() -> dict[str, str]:
    """Return variables for a process of its own, with no AWS settings of this machine."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {**kept, "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
