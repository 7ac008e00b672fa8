"""The data plane without AWS's API: a spec in, a result, a log and a timeline out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lambda_lab.clock import Clock
from lambda_lab.deploy import make_zip
from lambda_lab.ids import Ids
from lambda_lab.invoke.plane import DataPlane
from lambda_lab.records import FunctionSpec, InvokeRequest, InvokeResult, LoggingSpec
from lambda_lab.runtime.environment import Workshop
from lambda_lab.runtime.io_loop import IoLoop
from lambda_lab.runtime.launcher import Launcher
from lambda_lab.runtime.memory import MemoryWatch
from lambda_lab.runtime.packages import PackageStore, code_sha256
from lambda_lab.timeline import Timeline
from live_region import until

INIT_LIMIT = 0.4


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

    def __init__(self, plane: DataPlane, kept: Kept, timeline: Timeline, ids: Ids) -> None:
        self.plane, self.kept, self.timeline, self.ids = plane, kept, timeline, ids
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


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("region")
    kept, timeline, ids, clock = Kept(), Timeline(), Ids(), Clock()
    with ExitStack() as stack:
        loop = stack.enter_context(IoLoop())
        memory = stack.enter_context(MemoryWatch())
        launcher = stack.enter_context(
            Launcher(loop, Path(folder), "http://127.0.0.1:1", "us-east-1")
        )
        # Its start is no part of an init, and may take longer than the limit here.
        launcher.wait_ready()
        plane = stack.enter_context(
            DataPlane(
                Workshop(loop, launcher, memory, lambda _: {}),
                PackageStore(folder / "packages"),
                clock=clock,
                timeline=timeline,
                telemetry=kept,
                ids=ids,
                init_limit=INIT_LIMIT,
            )
        )
        yield Bench(plane, kept, timeline, ids)


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


@pytest.mark.fidelity("init-limit")
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


def test_an_init_within_the_limit_of_the_call(bench: Bench) -> None:
    bench.function("import time\ntime.sleep(0.6)\n" + GOOD, timeout_seconds=5)
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
