"""Eight callers at once: how far the slowest calls lie from the usual one."""

from __future__ import annotations

import gc
import json
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

from benchmarks.functions import TRIVIAL, call, deploy
from benchmarks.samples import Samples, seconds
from benchmarks.servers import canned, client, environment, running
from benchmarks.table import Goal, Row

__all__ = ["CALLERS", "crowd"]

GROUP = "8 callers at once, p99 against p50 (MiniStack: p99)"
CALLERS = 8
CALLS, WARM_UP, ROUNDS = 60, 10, 3
GOAL = Goal(ratio=10)
NAME = "bench-crowd"
FLOOR = "http.server"


def crowd(region_url: str, ministack_url: str | None) -> list[Row]:
    """Measure callers as threads of one process, and as processes.

    The same callers call a server of canned answers in turns with the region: threads of one
    process wait for each other in boto3 already, whatever answers them.
    """
    rows = []
    for kind, measure in (("threads", _threads), ("processes", _processes)):
        with canned(FLOOR) as floor_url:
            name = _deployed(region_url, kind)
            turns = [(measure(region_url, name), measure(floor_url, name)) for _ in range(ROUNDS)]
        ours, floor = (Samples.together(parts) for parts in zip(*turns, strict=True))
        other = None
        if ministack_url:
            other = measure(ministack_url, _deployed(ministack_url, kind)).p99
        rows.append(_row(f"p99 of {CALLERS} {kind}", ours, GOAL, other))
        rows.append(_row(f"  floor: {CALLERS} {kind} to {FLOOR}, canned answer", floor))
    return rows


def _row(what: str, found: Samples, goal: Goal | None = None, other: float | None = None) -> Row:
    return Row(GROUP, what, found.p99, floor=found.p50, floor_name="p50", goal=goal, other=other)


def _deployed(url: str, kind: str) -> str:
    name = f"{NAME}-{kind}"
    deploy(client(url), name, TRIVIAL)
    return name


def _threads(url: str, name: str) -> Samples:
    start = threading.Barrier(CALLERS, action=_settle_garbage)

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


def _settle_garbage() -> None:
    """Let the collector of this process leave alone what is there by now.

    Eight boto3 clients are so many objects that one full collection stops all callers for a tenth
    of a second. ``timeit`` turns the collector off for the same reason.
    """
    gc.collect()
    gc.freeze()


def _processes(url: str, name: str) -> Samples:
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
