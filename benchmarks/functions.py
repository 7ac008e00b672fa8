"""The functions that are called, and plain boto3 to deploy, call and read them."""

from __future__ import annotations

import base64
import functools
import re
import threading
from typing import Any

from benchmarks.servers import client as client_of
from lambda_lab.deploy import make_zip, role_arn

__all__ = ["TRIVIAL", "WITH_BOTO3", "CallError", "Reported", "call", "deploy", "reported"]

TRIVIAL = "def handler(event, context):\n    return event\n"
WITH_BOTO3 = "import boto3\n\n\ndef handler(event, context):\n    return event\n"
RUNTIME = "python3.13"
EVENT = b'{"n":1}'
POLL_SECONDS = 0.01
PATIENCE_SECONDS = 30


class CallError(Exception):
    """A call did not come back as it must; its time would mean nothing."""


class Reported:
    r"""What an invocation's REPORT line says, in seconds.

    Examples
    --------
    >>> line = "REPORT RequestId: x\tDuration: 1.50 ms\tBilled Duration: 9 ms\tInit Duration: 7 ms"
    >>> reported = Reported(line)
    >>> reported.duration, reported.init
    (0.0015, 0.007)
    """

    def __init__(self, log: str) -> None:
        self.duration = _milliseconds(r"(?<!Billed )(?<!Init )Duration", log)
        self.init = _milliseconds("Init Duration", log)


def _milliseconds(field: str, log: str) -> float:
    found = re.search(rf"{field}: ([\d.]+) ms", log)
    if found is None:
        raise CallError("The log holds no REPORT line with the figure that was asked for.")
    return float(found[1]) / 1000


@functools.cache
def _role(url: str) -> str:
    return role_arn(client_of(url, "iam"))


def deploy(client: Any, name: str, source: str) -> None:
    """Create a function and return when it is ``Active``."""
    client.create_function(
        FunctionName=name,
        Runtime=RUNTIME,
        Role=_role(client.meta.endpoint_url),
        Handler="lambda_function.handler",
        Code={"ZipFile": make_zip({"lambda_function.py": source})},
    )
    pause = threading.Event()
    for _ in range(round(PATIENCE_SECONDS / POLL_SECONDS)):
        if client.get_function_configuration(FunctionName=name).get("State") == "Active":
            return
        pause.wait(POLL_SECONDS)
    raise CallError(f"The function {name} did not become active.")


def call(client: Any, name: str) -> None:
    """Invoke and read the answer; anything but the event itself is an error."""
    answer = client.invoke(FunctionName=name, Payload=EVENT)
    payload = answer["Payload"].read()
    if "FunctionError" in answer or payload.replace(b" ", b"") != EVENT:
        raise CallError(f"{name} answered {payload[:300]!r} instead of its event.")


def reported(client: Any, name: str) -> Reported:
    """Invoke and return what the REPORT line says of it."""
    answer = client.invoke(FunctionName=name, Payload=EVENT, LogType="Tail")
    return Reported(base64.b64decode(answer["LogResult"]).decode())
