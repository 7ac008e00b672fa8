"""Eight callers at once: how far the slowest calls lie from the usual one."""

from __future__ import annotations

import json
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

from benchmarks.functions import TRIVIAL, call, deploy
from benchmarks.samples import Samples, seconds
from benchmarks.servers import client, environment, running
from benchmarks.table import Goal, Row

__all__ = ["CALLERS", "crowd"]

GROUP = "8 callers at once, p99 against p50 (MiniStack: p99)"
CALLERS = 8
CALLS, WARM_UP = 60, 10
GOAL = Goal(ratio=10)
NAME = "bench-crowd"


def crowd(region_url: str, ministack_url: str | None) -> list[Row]:
    """Measure callers as threads of one process, and as processes."""
    rows = []
    for what, measure in (("threads", _threads), ("processes", _processes)):
        ours = measure(region_url)
        other = measure(ministack_url).p99 if ministack_url else None
        rows.append(
            Row(
                GROUP,
                f"p99 of {CALLERS} {what}",
                ours.p99,
                floor=ours.p50,
                floor_name="p50",
                goal=GOAL,
                other=other,
            )
        )
    return rows


def _deployed(url: str, kind: str) -> str:
    name = f"{NAME}-{kind}"
    deploy(client(url), name, TRIVIAL)
    return name


def _threads(url: str) -> Samples:
    name = _deployed(url, "threads")
    start = threading.Barrier(CALLERS)

    def caller() -> Samples:
        ours = client(url)
        # All call at once from the first call on, so that every environment is there.
        start.wait()
        for _ in range(WARM_UP):
            call(ours, name)
        start.wait()
        return Samples(tuple(seconds(lambda: call(ours, name)) for _ in range(CALLS)))

    with ThreadPoolExecutor(CALLERS) as threads:
        futures = [threads.submit(caller) for _ in range(CALLERS)]
        return Samples.together(future.result() for future in futures)


def _processes(url: str) -> Samples:
    name = _deployed(url, "processes")
    command = [sys.executable, "-m", "benchmarks.caller", url, name, str(CALLS), str(WARM_UP)]
    with ExitStack() as stack:
        callers = [stack.enter_context(running(command, environment())) for _ in range(CALLERS)]
        pipes = [(child.stdin, child.stdout) for child in callers]
        for _, output in pipes:
            assert output is not None
            output.readline()
        for given, _ in pipes:
            assert given is not None
            given.write("go\n")
            given.flush()
        found = [json.loads(output.read()) for _, output in pipes if output is not None]
    return Samples.together(Samples(tuple(values)) for values in found)
