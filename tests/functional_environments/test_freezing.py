"""A frozen environment does not run: no thread, no child, whatever session it is in."""

from __future__ import annotations

import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import psutil
import pytest

from live_region import LiveRegion, alive, until

COUNTS = """
import os, subprocess, sys, threading, time
from pathlib import Path

LOOP = (
    "import os, sys, time\\n"
    "number = 0\\n"
    "while True:\\n"
    "    number += 1\\n"
    "    with open(sys.argv[1] + '.new', 'w') as new: new.write(str(number))\\n"
    "    os.replace(sys.argv[1] + '.new', sys.argv[1])\\n"
    "    time.sleep(0.001)\\n"
)
count = 0

def tick():
    global count
    while True:
        count += 1
        time.sleep(0.001)

def daemon(path):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.execv(sys.executable, [sys.executable, "-I", "-S", "-c", LOOP, path])
        os._exit(0)
    os.wait()

def handler(event, context):
    if event.get("start"):
        folder = event["folder"]
        threading.Thread(target=tick, daemon=True).start()
        child = [sys.executable, "-I", "-S", "-c", LOOP, folder + "/child"]
        subprocess.Popen(child, start_new_session=True)
        daemon(folder + "/daemon")
        while not (Path(folder + "/daemon").exists() and Path(folder + "/child").exists()):
            time.sleep(0.01)
    at_once = {"thread": count}
    for name in ("child", "daemon"):
        at_once[name] = int(Path(event["folder"], name).read_text())
    time.sleep(event.get("seconds", 0))
    return {**at_once, "after": count, "pid": os.getpid()}
"""
KINDS = ("thread", "child", "daemon")


@pytest.fixture
def folder() -> str:
    """A folder that the function may write to."""
    return "/tmp"


def family(pid: int) -> list[psutil.Process]:
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


def until_frozen(lab: LiveRegion, name: str) -> list[psutil.Process]:
    (environment,) = lab.idle(name)
    members = family(environment["pid"])
    until(lambda: all(one.status() == psutil.STATUS_STOPPED for one in members))
    return members


@pytest.mark.fidelity("freezing")
def test_nothing_runs_between_two_calls(lab: LiveRegion, folder: str) -> None:
    name = lab.deploy(COUNTS, MemorySize=512)
    first = lab.call(name, {"start": True, "folder": folder, "seconds": 0.2}).value
    members = until_frozen(lab, name)
    assert len(members) >= 3, "the runtime, its child and its daemon"
    used = [sum(one.cpu_times()[:2]) for one in members]
    threading.Event().wait(2)
    assert [sum(one.cpu_times()[:2]) for one in members] == used
    second = lab.call(name, {"folder": folder, "seconds": 0.2}).value
    for kind in KINDS:
        # Each counts to some nine hundred in a second.
        assert second[kind] - first[kind] < 1000, f"the {kind} went on in those two seconds"
    assert second["after"] > second["thread"], "and goes on in the next call"
    third = lab.call(name, {"folder": folder}).value
    assert all(third[kind] > second[kind] for kind in KINDS)
    assert third["pid"] == first["pid"]


def test_the_timeline_says_so(lab: LiveRegion) -> None:
    name = lab.deploy("def handler(event, context):\n    return 1")
    for _ in range(3):
        lab.call(name)
    lab.idle(name)
    kinds = [str(event.kind) for event in lab.region.timeline.of(name) if event.environment]
    run = ["invoke", "invoke-done", "frozen"]
    assert kinds == ["starting", "init", "init-done", *run, "thawed", *run, "thawed", *run]


def test_a_killed_one_starts_anew(lab: LiveRegion) -> None:
    name = lab.deploy("import os\ndef handler(event, context):\n    return os.getpid()")
    first = lab.call(name).value
    until_frozen(lab, name)
    os.kill(first, signal.SIGKILL)
    until(lambda: lab.environments(name)[0]["pid"] is None)
    again = lab.call(name)
    assert again.error is None
    assert again.value != first


def test_a_frozen_family_ends_with_its_function(lab: LiveRegion, folder: str) -> None:
    name = lab.deploy(COUNTS, MemorySize=512)
    lab.call(name, {"start": True, "folder": folder})
    members = until_frozen(lab, name)
    lab.lam.delete_function(FunctionName=name)
    until(lambda: not [one.pid for one in members if alive(one.pid)])


def test_what_the_function_stopped_itself_stays_stopped(lab: LiveRegion) -> None:
    name = lab.deploy(
        "import os, signal, subprocess\n"
        "child = subprocess.Popen(['sleep', '300'])\n"
        "os.kill(child.pid, signal.SIGSTOP)\n"
        "def state():\n"
        "    return open(f'/proc/{child.pid}/stat').read().rpartition(')')[2].split()[0]\n"
        "while state() != 'T':\n    pass\n"
        "def handler(event, context):\n    return state()\n"
    )
    assert lab.call(name).value == "T"
    until_frozen(lab, name)
    assert lab.call(name).value == "T"


def test_calls_that_come_while_it_freezes(lab: LiveRegion) -> None:
    name = lab.deploy("def handler(event, context):\n    return event")
    pause = threading.Event()
    for number in range(60):
        assert lab.call(name, number).value == number
        pause.wait(0.0035 + number % 8 * 0.0007)  # around the moment of freezing
    (environment,) = lab.idle(name)
    assert environment["invocations"] == 60


@pytest.mark.fidelity("freezing")
def test_many_environments_freeze_and_thaw(lab: LiveRegion) -> None:
    name = lab.deploy("import time\ndef handler(event, context):\n    time.sleep(event)")
    pids: list[int] = []

    def all_are_stopped() -> bool:
        return all(psutil.Process(pid).status() == psutil.STATUS_STOPPED for pid in pids)

    with ThreadPoolExecutor(6) as pool:
        for seconds in (0.4, 0.05, 0.05):
            answers = pool.map(partial(lab.call, name), [seconds] * 6)
            assert all(answer.error is None for answer in answers)
            pids[:] = [one["pid"] for one in lab.idle(name)]
            until(all_are_stopped)
    assert len(pids) == 6


def test_a_line_that_a_thread_writes_comes_with_the_next_call(lab: LiveRegion) -> None:
    name = lab.deploy(
        "import threading, time\n"
        "def later():\n"
        "    last = now = time.monotonic()\n"
        "    while now - last < 1:  # until it was frozen for a second\n"
        "        time.sleep(0.001)\n"
        "        last, now = now, time.monotonic()\n"
        "    print('from the background', flush=True)\n"
        "def handler(event, context):\n"
        "    global worker\n"
        "    if event:\n"
        "        worker = threading.Thread(target=later)\n"
        "        worker.start()\n"
        "    else:\n        worker.join()\n"
    )
    lab.call(name, 1)
    until_frozen(lab, name)
    threading.Event().wait(1.2)
    assert "from the background" not in lab.logs(name)
    assert "from the background" in lab.call(name, 0).tail
