"""A thousand executions of one function at once: how long until all run, and what each holds."""

from __future__ import annotations

import json
import threading
import urllib.request
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.functions import CallError, deploy
from benchmarks.resting import proportional
from benchmarks.servers import StartError, client
from benchmarks.table import Row
from lambda_lab.clock import SECOND, stopwatch_ns

__all__ = ["busy_pids", "thousand"]

GROUP = "1,000 executions at once, held by 1,000 callers (goal: none fails)"
COUNT = 1000
HOLD_SECONDS = 120
"""Longer than it takes to start them all on a small machine."""
POLL_SECONDS = 0.5
NAME = "bench-thousand"
SLEEPER = """
import time

def handler(event, context):
    time.sleep(event["hold"])
    return event
"""


def thousand(region_url: str) -> list[Row]:
    """Hold a thousand executions in the region at *region_url*.

    Raises
    ------
    CallError
        If one fails, or if not all of them ran at once.
    """
    ours = client(region_url, pool=COUNT, read_timeout=4 * HOLD_SECONDS)
    deploy(ours, NAME, SLEEPER)
    # The timeout is Lambda's largest, so that only the sleep ends a call.
    ours.update_function_configuration(FunctionName=NAME, Timeout=900)
    ours.get_waiter("function_updated_v2").wait(FunctionName=NAME)
    before = _available()
    began = stopwatch_ns()
    with ThreadPoolExecutor(COUNT) as threads:
        calls = [threads.submit(_hold, ours) for _ in range(COUNT)]
        pids = _all_busy(region_url)
        reached = (stopwatch_ns() - began) / SECOND
        own = sum(map(proportional, pids)) / COUNT
        taken = before - _available()
        for each in calls:
            each.result()
    return [
        Row(GROUP, "until all of them ran", reached),
        Row(GROUP, "memory of one environment (PSS)", own, "B"),
        Row(GROUP, "what the machine had less, per environment", taken / COUNT, "B"),
    ]


def _hold(ours: Any) -> None:
    answer = ours.invoke(FunctionName=NAME, Payload=json.dumps({"hold": HOLD_SECONDS}))
    payload = answer["Payload"].read()
    if "FunctionError" in answer:
        raise CallError(f"A sleeping handler failed: {payload[:300]!r}.")


def _all_busy(region_url: str) -> list[int]:
    """Wait until every environment runs its call; returns their process ids."""
    pause = threading.Event()
    busy: list[int] = []
    for _ in range(round(HOLD_SECONDS / POLL_SECONDS)):
        with urllib.request.urlopen(f"{region_url}/_lab/environments?function={NAME}") as answer:
            found = json.load(answer)["environments"]
        busy = busy_pids(found)
        if len(busy) == COUNT:
            return busy
        pause.wait(POLL_SECONDS)
    raise CallError(f"{len(busy)} of {COUNT} executions ran at once.")


def busy_pids(environments: Iterable[Mapping[str, Any]]) -> list[int]:
    """Return the process ids of the environments that run a call, as the region describes them.

    One that is busy may have no process: it is about to start it, or has just lost it.

    Examples
    --------
    >>> busy_pids([{"state": "busy", "pid": 7}, {"state": "busy", "pid": None}])
    [7]
    """
    return [
        int(each["pid"])
        for each in environments
        if each["state"] == "busy" and each["pid"] is not None
    ]


def _available() -> float:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except FileNotFoundError as error:
        raise StartError("only Linux tells what memory is left") from error
    fields = dict(line.split(":") for line in lines)
    return float(fields["MemAvailable"].split()[0]) * 1024
