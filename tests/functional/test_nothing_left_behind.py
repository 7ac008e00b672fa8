"""What is there when a region has ended, however it ended: nothing."""

from __future__ import annotations

import contextlib
import gc
import json
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

import psutil
import pytest

from live_region import alive, open_region, plain_environment, until

GOOD = "import os\ndef handler(event, context):\n    return os.getpid()\n"
OWNER = '''
import json, select, signal, sys
from lambda_lab import Lab

# Whoever starts the tests in the background may have told them to ignore interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)

LEAVES = """
import os, subprocess, time
def handler(event, context):
    open("/tmp/left", "w").close()
    os.makedirs("/tmp/closed/inner", exist_ok=True)
    os.chmod("/tmp/closed", 0)
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(300)
        os._exit(0)
    os.wait()
    own_group = subprocess.Popen(["sleep", "300"], start_new_session=True)
    if event == "stay":
        time.sleep(60)
    return [os.getpid(), own_group.pid]
"""
with Lab("x", isolate=sys.argv[1] == "private") as lab:
    lab.function("f", LEAVES, timeout=60, memory=256)
    pids = json.loads(lab.client("lambda").invoke(FunctionName="f")["Payload"].read())
    told = {"pids": pids, "server": lab._region.launcher._server.pid, "port": lab._region.port,
            "folder": str(lab._region.folder)}
    if sys.argv[2] == "busy":
        lab.client("lambda").invoke(FunctionName="f", InvocationType="Event", Payload=b\'"stay"\')
    print(json.dumps(told), flush=True)
    # Not a plain read: a signal that comes just before it would wait for a line that never comes.
    while not select.select([sys.stdin], [], [], 0.1)[0]:
        pass
    if sys.argv[2] == "exception":
        raise RuntimeError("on purpose")
    if sys.argv[2] == "exit":
        sys.exit(3)
    if sys.argv[2] == "close":
        lab.close()
'''
ROOTS = pytest.mark.parametrize("root", ["private", "shared"])


def family(pid: int) -> list[int]:
    return [child.pid for child in psutil.Process(pid).children(recursive=True)]


def port_is_free(port: int) -> bool:
    # Not so for a moment, about once in ten thousand: another test got the same port from the
    # kernel, or the probe itself, which then speaks to itself.
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def nothing_is_left(told: dict[str, Any], pids: list[int]) -> None:
    assert len(pids) >= 5, "fork server, function, its child, its daemon, the owner"
    until(lambda: not [pid for pid in pids if alive(pid)])
    until(lambda: port_is_free(told["port"]))
    until(lambda: not Path(told["folder"]).exists())


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    """A folder for temporary files in which only the region under test writes."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    return folder


def start_owner(root: str, how: str, scratch: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", OWNER, root, how],
        env={**plain_environment(), "TMPDIR": str(scratch)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


@ROOTS
@pytest.mark.parametrize("how", ["end", "close", "exit", "exception", "interrupt", "kill", "busy"])
@pytest.mark.fidelity("nothing-left")
def test_nothing_is_left(root: str, how: str, scratch: Path) -> None:
    with start_owner(root, how, scratch) as owner:
        assert owner.stdin
        assert owner.stdout
        told = json.loads(owner.stdout.readline())
        pids = [owner.pid, *family(owner.pid)]
        assert told["server"] in pids
        assert set(told["pids"]) <= set(pids)
        assert not port_is_free(told["port"])
        assert Path(told["folder"]).is_relative_to(scratch)
        if how == "interrupt":
            owner.send_signal(signal.SIGINT)
        elif how in ("kill", "busy"):
            owner.kill()
        else:
            owner.stdin.write("\n")
            owner.stdin.flush()
        code = owner.wait(30)
        # The function's processes wait for nobody, but only their parent knows that they are gone.
        nothing_is_left(told, pids)
    expected = {"exit": 3, "exception": 1, "interrupt": -signal.SIGINT}
    expected |= {"kill": -signal.SIGKILL, "busy": -signal.SIGKILL}
    assert code == expected.get(how, 0)
    assert list(scratch.iterdir()) == []


@ROOTS
@pytest.mark.fidelity("nothing-left")
def test_nothing_is_left_of_a_region_of_this_process(root: str) -> None:
    gc.collect()
    temporary = Path(tempfile.gettempdir())
    before = set(temporary.iterdir())
    threads = set(threading.enumerate())
    descriptors = psutil.Process().num_fds()
    with contextlib.suppress(KeyError), open_region(isolate=root == "private") as live:
        pid = live.run(GOOD).value
        port, folder = live.region.port, live.region.folder
        raise KeyError("on purpose")
    assert not alive(pid)
    until(lambda: port_is_free(port))
    assert not folder.exists()
    until(lambda: set(threading.enumerate()) <= threads)
    gc.collect()
    assert psutil.Process().num_fds() <= descriptors + 2
    left = set(temporary.iterdir()) - before
    assert folder not in left


def test_deleted_functions_leave_no_descriptors() -> None:
    with open_region() as live:
        live.run(GOOD)
        descriptors = psutil.Process().num_fds()
        server = psutil.Process(live.region.launcher._server.pid)
        kept = server.num_fds()
        for _ in range(5):
            name = live.deploy(GOOD)
            live.call(name)
            live.lam.delete_function(FunctionName=name)
        until(lambda: server.num_fds() <= kept)
        assert psutil.Process().num_fds() <= descriptors + 2


def test_open_and_close_again_and_again() -> None:
    descriptors = psutil.Process().num_fds()
    for _ in range(3):
        with open_region() as live:
            assert live.run(GOOD).error is None
    assert psutil.Process().num_fds() <= descriptors + 2
