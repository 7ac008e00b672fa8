"""What is left of a snapshot and its copies when their owner is killed, or resets: nothing."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from random import Random

import psutil
import pytest
from botocore.exceptions import ClientError

from lambda_lab.runtime.process import Process
from live_region import LiveRegion, alive, open_region, plain_environment, until

OWNER = """
import json, sys
from live_region import open_region

SOURCE = "import os\\ndef handler(event, context): return [os.getpid(), os.getppid()]"
with open_region(isolate=sys.argv[1] == "private") as live:
    name = live.deploy(SOURCE, SnapStart={"ApplyOn": "PublishedVersions"})
    live.lam.publish_version(FunctionName=name)
    live.settle()
    told = live.call(name, Qualifier="1").value
    print(json.dumps({"copy": told, "folder": str(live.region.folder)}), flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("root", ["private", "shared"])
@pytest.mark.parametrize("how", ["kill", "end"])
def test_nothing_is_left(root: str, how: str, tmp_path: Path) -> None:
    environment = {**plain_environment(), "TMPDIR": str(tmp_path)}
    environment["PYTHONPATH"] = ":".join(path for path in sys.path if path)
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, root],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as owner:
        assert owner.stdout
        assert owner.stdin
        told = json.loads(owner.stdout.readline())
        copy, parent = told["copy"]
        family = psutil.Process(owner.pid).children(recursive=True)
        pids = [one.pid for one in family]
        assert {copy, parent} <= set(pids)
        assert parent in [one.pid for one in psutil.Process(owner.pid).children()], (
            "a copy is the fork server's child, not the snapshot's"
        )
        assert len(pids) == 3, "server, snapshot, copy"
        if how == "kill":
            owner.kill()
        else:
            owner.stdin.close()
        owner.wait(30)
        until(lambda: not [pid for pid in pids if alive(pid)])
        until(lambda: not Path(told["folder"]).exists())


def test_a_reset_ends_it() -> None:
    with open_region() as live:
        name = live.deploy("def handler(event, context): pass", SnapStart={"ApplyOn": "None"})
        live.lam.update_function_configuration(
            FunctionName=name, SnapStart={"ApplyOn": "PublishedVersions"}
        )
        live.settle()
        live.lam.publish_version(FunctionName=name)
        live.settle()
        live.call(name, Qualifier="1")
        server = psutil.Process().children()
        assert sum(len(one.children()) for one in server) == 2
        live.region.plane.reset()
        until(lambda: sum(len(one.children()) for one in server) == 0)


WITH_CHILDREN = """
import os, subprocess
CHILDREN = [subprocess.Popen(["sleep", "300"], start_new_session=own) for own in (True, False)]
def handler(event, context):
    return [os.getpid(), *[one.pid for one in CHILDREN]]
"""
ROUNDS = 6


def kill_server(live: LiveRegion) -> None:
    """Kill the fork server, and wait for the next one."""
    launcher = live.region.launcher
    killed = launcher._server.pid
    os.kill(killed, signal.SIGKILL)
    until(lambda: launcher._server.pid != killed)
    launcher.wait_ready()


@pytest.mark.parametrize("root", ["private", "shared"])
def test_what_is_frozen_ends_with_the_fork_server(root: str) -> None:
    with open_region(isolate=root == "private") as live:
        plain = live.deploy(WITH_CHILDREN)
        pids = live.call(plain).value
        name = live.deploy("def handler(event, context): return 1")
        live.lam.update_function_configuration(
            FunctionName=name, SnapStart={"ApplyOn": "PublishedVersions"}
        )
        live.settle()
        live.lam.publish_version(FunctionName=name)
        live.settle()
        assert live.call(name, Qualifier="1").value == 1
        pids += [one.pid for one in psutil.Process().children(recursive=True)]

        def frozen() -> bool:
            states = [psutil.Process(pid).status() for pid in set(pids) if alive(pid)]
            return states.count(psutil.STATUS_STOPPED) == len(states) - 1

        until(frozen)
        kill_server(live)
        until(lambda: not [pid for pid in pids if alive(pid)])
        # The first call may meet what has just ended; the next ones find it made again.
        until(lambda: live.call(name, Qualifier="1").error is None)
        until(lambda: live.call(plain).error is None)


def test_the_kernel_may_end_them_before_they_are_looked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with open_region(isolate=False) as live:
        pids = live.call(live.deploy(WITH_CHILDREN)).value
        live.settle()
        monkeypatch.setattr(Process, "kill", lambda _: None)
        kill_server(live)
        until(lambda: not [pid for pid in pids if alive(pid)])
        monkeypatch.undo()


def test_copies_in_flight_end_with_the_fork_server() -> None:
    chance, seen = Random(1), set[int]()
    with open_region() as live:
        name = live.deploy(
            "def handler(event, context): return 1", SnapStart={"ApplyOn": "PublishedVersions"}
        )
        live.lam.publish_version(FunctionName=name)
        live.settle()

        def call() -> bool:
            with contextlib.suppress(ClientError):
                return live.call(name, Qualifier="1").error is None
            return False

        for _ in range(ROUNDS):
            callers = [threading.Thread(target=call) for _ in range(4)]
            for one in callers:
                one.start()
            threading.Event().wait(chance.random() * 0.05)
            seen |= {one.pid for one in psutil.Process().children(recursive=True)}
            kill_server(live)
            for one in callers:
                one.join()
        until(call)
        seen |= {one.pid for one in psutil.Process().children(recursive=True)}
    until(lambda: not [pid for pid in seen if alive(pid)])
