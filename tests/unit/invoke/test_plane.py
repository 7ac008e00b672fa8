"""The data plane without AWS's API: a spec in, a result, a log and a timeline out."""

from __future__ import annotations

import errno
import json
import os
import signal
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from lambda_lab.clock import Clock
from lambda_lab.deploy import make_zip
from lambda_lab.errors import LabError, SandboxError
from lambda_lab.ids import Ids
from lambda_lab.invoke.plane import DataPlane
from lambda_lab.records import FunctionSpec, InvokeRequest, InvokeResult, LoggingSpec
from lambda_lab.runtime.environment import Environment, Workshop
from lambda_lab.runtime.io_loop import IoLoop
from lambda_lab.runtime.launcher import Launcher
from lambda_lab.runtime.memory import MemoryWatch
from lambda_lab.runtime.packages import PackageStore, code_sha256
from lambda_lab.timeline import Timeline
from live_region import until


class Kept:
    """Telemetry that is looked at in tests."""

    def __init__(self) -> None:
        self.messages: list[str] = []
        self.points: list[tuple[str, float]] = []

    def log(self, spec: FunctionSpec, stream: str, time_ns: int, message: str) -> None:
        self.messages.append(message)

    def metrics(
        self,
        spec: FunctionSpec,
        resource: str | None,
        values: Mapping[str, float],
        time_ns: int,
        *,
        executed_version: str | None = None,
        account: Mapping[str, float] | None = None,
    ) -> None:
        self.points += values.items()


class Bench:
    """A data plane, what it writes, and one function in it."""

    def __init__(
        self, plane: DataPlane, workshop: Workshop, kept: Kept, timeline: Timeline, ids: Ids
    ) -> None:
        self.plane, self.workshop = plane, workshop
        self.kept, self.timeline, self.ids = kept, timeline, ids
        self.spec: FunctionSpec | None = None

    def function(self, source: str, **more: Any) -> FunctionSpec:
        code = make_zip({"m.py": source})
        name = f"f{self.ids.hex(6)}"
        self.spec = FunctionSpec(
            "123456789012", "us-east-1", name, "$LATEST", f"arn:{name}", self.ids.hex(8),
            "python3.14", "m.handler", "arn:role", code_sha256(code), code,
            logging=LoggingSpec(f"/aws/lambda/{name}"), **more,
        )  # fmt: skip
        self.kept.messages.clear()
        return self.spec

    def call(self, event: object = None, spec: FunctionSpec | None = None) -> InvokeResult:
        used = spec or self.spec
        assert used is not None
        request = InvokeRequest(used, self.ids.uuid(), json.dumps(event).encode())
        return self.plane.invoke(request)

    def idle(self) -> None:
        until(lambda: all(one["state"] == "idle" for one in self.plane.environments()))

    @property
    def kinds(self) -> list[str]:
        assert self.spec is not None
        return [str(event.kind) for event in self.timeline.of(self.spec.name)]


@contextmanager
def opened(folder: Path) -> Iterator[Bench]:
    kept, timeline, ids, clock = Kept(), Timeline(), Ids(), Clock()
    with ExitStack() as stack:
        loop = stack.enter_context(IoLoop())
        memory = stack.enter_context(MemoryWatch())
        launcher = stack.enter_context(
            Launcher(loop, Path(folder), "http://127.0.0.1:1", "us-east-1")
        )
        workshop = Workshop(loop, launcher, memory, lambda _: {})
        plane = stack.enter_context(
            DataPlane(
                workshop,
                PackageStore(folder / "packages"),
                clock=clock,
                timeline=timeline,
                telemetry=kept,
                ids=ids,
            )
        )
        yield Bench(plane, workshop, kept, timeline, ids)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with opened(tmp_path_factory.mktemp("region")) as made:
        yield made


GOOD = "def handler(event, context):\n    return event\n"


@pytest.mark.fidelity("cold-and-warm")
def test_the_story_of_a_cold_and_a_warm_call(bench: Bench) -> None:
    bench.function(GOOD)
    assert bench.call({"n": 1}).payload == b'{"n": 1}'
    assert bench.call(2).payload == b"2"
    bench.idle()
    bench.plane.reset()
    # Whether the environment is frozen before or after the caller has its answer is chance.
    kinds = [kind for kind in bench.kinds if kind != "frozen"]
    assert kinds == [
        "received", "starting", "init", "init-done", "invoke", "invoke-done", "responded",
        "received", "thawed", "invoke", "invoke-done", "responded", "shutdown",
    ]  # fmt: skip
    assert bench.kinds.count("frozen") == 2


SLOW_INIT = "import time\ntime.sleep(60)\n" + GOOD


@pytest.fixture
def short_init(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    # For these tests alone: on a busy machine the init of a good function may take as long.
    monkeypatch.setattr(bench.plane, "_init_limit", 0.4)


@pytest.mark.fidelity("init-limit")
@pytest.mark.usefixtures("short_init")
def test_an_init_beyond_its_limit_is_tried_again_within_the_call(bench: Bench) -> None:
    bench.function(SLOW_INIT, timeout_seconds=1)
    result = bench.call()
    assert result.function_error == "Unhandled"
    assert json.loads(result.payload)["errorType"] == "Sandbox.Timedout"
    reports = [line for line in bench.kept.messages if line.startswith("INIT_REPORT")]
    assert reports == [
        "INIT_REPORT Init Duration: 400.00 ms\tPhase: init\tStatus: timeout",
        "INIT_REPORT Init Duration: 1000.00 ms\tPhase: invoke\tStatus: timeout",
    ]
    done = [event for event in bench.timeline if event.kind == "init-done"][-2:]
    assert [event.detail["status"] for event in done] == ["timeout", "timeout"]
    assert [event.detail["phase"] for event in done] == ["init", "invoke"]


@pytest.mark.usefixtures("short_init")
def test_an_init_within_the_limit_of_the_call(bench: Bench) -> None:
    bench.function("import time\ntime.sleep(0.6)\n" + GOOD, timeout_seconds=20)
    result = bench.call("x")
    assert result.payload == b'"x"'
    (report,) = [line for line in bench.kept.messages if line.startswith("REPORT")]
    duration = float(report.split("Duration: ")[1].split(" ")[0])
    assert duration >= 600, "the second init is part of the call"


def test_a_change_retires_idle_environments_at_once(bench: Bench) -> None:
    first = bench.function(GOOD)
    bench.call()
    second = replace(first, revision="another")
    bench.idle()
    before = bench.plane.environments(first.name)
    assert len(before) == 1
    bench.plane.function_changed(second)
    bench.call(spec=second)
    (after,) = bench.plane.environments(first.name)
    assert after["id"] != before[0]["id"]
    bench.idle()
    bench.plane.function_deleted(first.arn, None)
    assert bench.plane.environments(first.name) == []


def test_what_is_counted(bench: Bench) -> None:
    bench.function("def handler(event, context):\n    return 1 / event\n")
    bench.kept.points.clear()
    bench.call(1)
    bench.call(0)
    points = [(name, value) for name, value in bench.kept.points if name != "Duration"]
    every = [("Throttles", 0), ("ConcurrentExecutions", 1), ("Invocations", 1)]
    assert sorted(points) == sorted([*every, *every, ("Errors", 0), ("Errors", 1)])


def ended(bench: Bench, spec: FunctionSpec) -> tuple[threading.Thread, list[object]]:
    """Call a function on a thread; returns it, and what it raises or returns."""
    heard: list[object] = []

    def call() -> None:
        try:
            heard.append(bench.call(spec=spec))
        except LabError as error:
            heard.append(error)

    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    return thread, heard


def test_who_waits_for_a_start_hears_of_the_end(bench: Bench) -> None:
    """The start is asked for, and not yet heard of, when the environment is ended."""
    spec = bench.function(GOOD)
    bench.plane.reset()
    launcher = bench.workshop.launcher
    server = launcher._server.pid
    os.kill(server, signal.SIGSTOP)
    try:
        thread, heard = ended(bench, spec)
        until(lambda: len(launcher._roll) == 1)
        bench.plane.reset()
        until(lambda: not thread.is_alive())
    finally:
        os.kill(server, signal.SIGCONT)
    assert isinstance(heard[0], SandboxError)
    # What had been asked for ends as soon as it is there, and nothing is kept of it.
    until(lambda: not len(launcher._roll) and not psutil.Process(server).children())


def test_an_end_in_the_middle_of_an_init(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process runs, and its environment does not know of it yet, when it is ended."""
    spec = bench.function(GOOD)
    launcher = bench.workshop.launcher
    started, go_on = threading.Event(), threading.Event()
    start = launcher.start

    def start_slowly(*args: Any) -> Any:
        process = start(*args)
        started.set()
        go_on.wait(10)
        return process

    monkeypatch.setattr(launcher, "start", start_slowly)
    thread, heard = ended(bench, spec)
    assert started.wait(10)
    bench.plane.reset()
    go_on.set()
    until(lambda: not thread.is_alive())
    assert isinstance(heard[0], SandboxError), "no second init, which nobody would end"
    assert len(launcher._roll) == 0
    assert bench.plane.environments() == []


def test_what_was_busy_when_all_was_forgotten_is_waited_for_by_nobody(bench: Bench) -> None:
    spec = bench.function("import time\ndef handler(event, context):\n    time.sleep(60)\n")
    thread, _ = ended(bench, spec)
    until(lambda: [one for one in bench.plane.environments() if one["state"] == "busy"])
    bench.plane.reset()
    until(lambda: not thread.is_alive())
    assert not any(bench.plane._pool._finishing.values())


@pytest.mark.parametrize("way", ["initialise", "snapshot"])
def test_what_cannot_be_started_has_failed(
    way: str, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec, rooms = bench.function(GOOD), bench.plane.rooms

    def start(*args: object) -> None:
        raise SandboxError("nothing here can run it")

    monkeypatch.setattr(bench.workshop.launcher, "start", start)
    if way == "initialise":
        _, outcome = rooms.initialise(spec, "provisioned-concurrency", 10)
    else:
        template = rooms.snapshot(spec)
        outcome = rooms.take(template, 10)
        rooms.end_snapshot(template, "failed")
    assert outcome.status == "error"
    assert bench.kept.messages[-1] == "nothing here can run it"
    assert bench.plane.environments() == []


def test_no_socket_for_an_environment_leaves_no_pipe(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.function(GOOD)
    bench.call()
    bench.plane.reset()

    def refuse(*args: object, **more: object) -> None:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    before = psutil.Process().num_fds()
    monkeypatch.setattr(socket, "create_server", refuse)
    for _ in range(3):
        with pytest.raises(OSError, match="open files"):
            bench.call()
    assert psutil.Process().num_fds() == before


def test_a_closed_plane_makes_nothing_new(tmp_path: Path) -> None:
    with opened(tmp_path) as bench:
        spec = bench.function(GOOD)
        bench.plane.close()
        with pytest.raises(SandboxError, match="closed"):
            bench.call(spec=spec)
        assert bench.plane.environments() == []


def test_the_tail_of_a_log_is_that_of_its_own_call(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another call may have the environment before the first caller has its answer."""
    spec = bench.function("def handler(event, context):\n    print(event)\n")
    finish = Environment.finish

    def finish_and_begin(environment: Environment) -> None:
        finish(environment)
        bench.plane.rooms.journal(environment).begin()

    monkeypatch.setattr(Environment, "finish", finish_and_begin)
    request = InvokeRequest(spec, bench.ids.uuid(), b'"hello"', tail=True)
    lines = bench.plane.invoke(request).log_tail.decode().splitlines()
    assert [line.split()[0] for line in lines] == ["INIT_START", "START", "hello", "END", "REPORT"]
