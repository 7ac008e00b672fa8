"""What is left of a snapshot and its copies when their owner is killed, or resets: nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from live_region import alive, open_region, plain_environment, until

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
