"""Warm calls: through boto3 against a canned HTTP answer, and without HTTP against a pipe."""

from __future__ import annotations

import functools
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.canned import SERVERS
from benchmarks.floors import pipe_echo
from benchmarks.functions import EVENT, TRIVIAL, call, deploy
from benchmarks.samples import Samples, alternate, timed
from benchmarks.servers import canned, client
from benchmarks.table import Goal, Row
from lambda_lab.clock import stopwatch_ns
from lambda_lab.deploy import make_zip
from lambda_lab.records import FunctionSpec
from lambda_lab.runtime.api import Invocation
from lambda_lab.runtime.environment import Environment, Workshop
from lambda_lab.runtime.io_loop import IoLoop
from lambda_lab.runtime.launcher import Launcher
from lambda_lab.runtime.memory import MemoryWatch
from lambda_lab.runtime.packages import PackageStore
from lambda_lab.runtime.sandbox_contents import scratch_folder

__all__ = ["data_plane", "in_this_process", "served"]

GROUP = "warm Invoke of a trivial handler"
GOAL = Goal(ratio=1.5, value=0.0012)
ROUNDS, BLOCK, WARM_UP = 24, 25, 50
NAME = "bench-warm"


def served(region_url: str, ministack_url: str | None) -> list[Row]:
    """Measure the region in a process of its own; each server has one."""
    with ExitStack() as stack:
        urls = {kind: stack.enter_context(canned(kind)) for kind in SERVERS}
        clients = {"region": client(region_url)} | {k: client(url) for k, url in urls.items()}
        if ministack_url is not None:
            clients["ministack"] = client(ministack_url)
        for name in {"region", "ministack"} & clients.keys():
            deploy(clients[name], NAME, TRIVIAL)
        measured = _measure(clients)
    return _rows("through boto3, `lambda-lab serve`", measured)


def in_this_process() -> list[Row]:
    """Measure a region in the process of its caller, as in a notebook; the floors too."""
    from lambda_lab.region import Region

    with ExitStack() as stack:
        clients = {kind: client(stack.enter_context(make())) for kind, make in SERVERS.items()}
        clients["region"] = client(stack.enter_context(Region()).url)
        deploy(clients["region"], NAME, TRIVIAL)
        measured = _measure(clients)
    return _rows("through boto3, in the caller's process", measured)


def _measure(clients: Mapping[str, Any]) -> dict[str, Samples]:
    timers = {name: timed(functools.partial(call, each, NAME)) for name, each in clients.items()}
    return alternate(
        timers,
        rounds=ROUNDS,
        block=BLOCK,
        blocks={"ministack": 4},  # far slower; a hundred of its calls are enough for a median
        warm_up=WARM_UP,
        at_most_seconds=20,
    )


def _rows(what: str, measured: Mapping[str, Samples]) -> list[Row]:
    ours = measured["region"]
    floors = {kind: measured[kind] for kind in SERVERS}
    fastest = min(floors, key=lambda kind: floors[kind].p50)
    other = measured.get("ministack")
    rows = [
        Row(
            GROUP,
            what,
            ours.p50,
            p99=ours.p99,
            floor=floors[fastest].p50,
            floor_name=fastest,
            goal=GOAL,
            other=other.p50 if other else None,
        )
    ]
    rows += [
        Row(GROUP, f"  floor: boto3 to {kind}, canned answer", found.p50, p99=found.p99)
        for kind, found in floors.items()
    ]
    return rows


def data_plane() -> list[Row]:
    """Measure an execution environment alone, without HTTP, API, logs or metrics."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="lambda-lab-bench-")))
        loop = stack.enter_context(IoLoop())
        memory = stack.enter_context(MemoryWatch())
        launcher = stack.enter_context(
            Launcher(loop, scratch_folder(), "http://127.0.0.1:9", "us-east-1")
        )
        workshop = Workshop(loop, launcher, memory, lambda _: {})
        runner = _Runner(workshop, PackageStore(folder / "packages"))
        stack.callback(runner.close)
        echo = stack.enter_context(pipe_echo(EVENT))
        measured = alternate(
            {"environment": timed(runner.round_trip), "pipe": timed(echo)},
            rounds=ROUNDS,
            block=BLOCK,
            warm_up=WARM_UP,
            at_most_seconds=15,
        )
        inner = Samples(tuple(runner.inner[WARM_UP:]))
    ours, pipe = measured["environment"], measured["pipe"]

    def row(name: str, found: Samples) -> Row:
        return Row(GROUP, name, found.p50, p99=found.p99, floor=pipe.p50, floor_name="pipe")

    return [
        row("environment alone, to its answer", inner),
        row("environment alone, until idle again", ours),
        Row(GROUP, "  floor: a pipe to another process and back", pipe.p50, p99=pipe.p99),
    ]


class _Runner:
    """One environment and what it needs."""

    def __init__(self, workshop: Workshop, packages: PackageStore) -> None:
        code = make_zip({"lambda_function.py": TRIVIAL})
        arn = f"arn:aws:lambda:us-east-1:123456789012:function:{NAME}"
        spec = FunctionSpec(
            "123456789012", "us-east-1", NAME, "$LATEST", arn, "1", "python3.13",
            "lambda_function.handler", "", "", code,
        )  # fmt: skip
        self.inner: list[float] = []
        """Times to the answer, in seconds."""
        self._idle = threading.Event()
        self._environment = Environment(
            spec,
            packages.task(spec),
            None,
            identity="0" * 32,
            log_stream="bench",
            workshop=workshop,
            emit=lambda _: None,
            on_idle=lambda _: self._idle.set(),
        )
        outcome = self._environment.init(10)
        if outcome.status != "success":
            raise RuntimeError(f"The environment did not start: {outcome.sentence}")

    def round_trip(self) -> None:
        self._idle.clear()
        headers = {
            "Lambda-Runtime-Aws-Request-Id": "1",
            "Lambda-Runtime-Deadline-Ms": "9999999999999",
        }
        started = stopwatch_ns()
        outcome = self._environment.invoke(Invocation("1", EVENT, headers), 3, 3)
        self.inner.append((stopwatch_ns() - started) / 1e9)
        if outcome.status != "success":
            raise RuntimeError(f"The handler answered {outcome.payload!r}")
        self._environment.finish()
        self._idle.wait(3)

    def close(self) -> None:
        self._environment.close()
