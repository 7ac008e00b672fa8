"""What is left of frozen environments and of extensions when their owner is killed: nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from live_region import alive, plain_environment, until

OWNER = '''
import json, sys
from extension_tools import WATCHER, layer
from live_region import open_region, until
import psutil

LEAVES = """
import os, subprocess, time
own_group = subprocess.Popen(["sleep", "300"], start_new_session=True)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(300)
    os._exit(0)
os.wait()
def handler(event, context):
    return [os.getpid(), own_group.pid]
"""
with open_region(isolate=sys.argv[1] == "private") as live:
    layers = [layer(live, {"watcher": WATCHER})] if sys.argv[2] == "extensions" else []
    name = live.deploy(LEAVES, MemorySize=512, Layers=layers)
    pids = live.call(name).value
    live.idle(name)
    until(lambda: all(psutil.Process(pid).status() == "stopped" for pid in pids))
    print(json.dumps({"pids": pids, "folder": str(live.region.folder)}), flush=True)
    sys.stdin.read()
'''


@pytest.mark.parametrize("root", ["private", "shared"])
@pytest.mark.parametrize("kind", ["frozen", "extensions"])
@pytest.mark.parametrize("how", ["kill", "end"])
def test_nothing_is_left(root: str, kind: str, how: str, tmp_path: Path) -> None:
    environment = {**plain_environment(), "TMPDIR": str(tmp_path)}
    environment["PYTHONPATH"] = ":".join(path for path in sys.path if path)
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, root, kind],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as owner:
        assert owner.stdout
        assert owner.stdin
        told = json.loads(owner.stdout.readline())
        pids = [child.pid for child in psutil.Process(owner.pid).children(recursive=True)]
        assert set(told["pids"]) <= set(pids)
        assert len(pids) >= 4 + (kind == "extensions"), "server, function, its child, its daemon"
        if how == "kill":
            owner.kill()
        else:
            owner.stdin.close()
        owner.wait(30)
        until(lambda: not [pid for pid in pids if alive(pid)])
        until(lambda: not Path(told["folder"]).exists())
