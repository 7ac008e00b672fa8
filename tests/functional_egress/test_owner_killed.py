"""Whoever decides may be killed: what hangs then does not live on."""

from __future__ import annotations

import json
import subprocess
import sys

from live_region import alive, plain_environment, until

OWNER = """
import json, sys, threading
sys.path[:0] = json.loads(sys.argv[1])
from live_region import open_region, until
HANG = (
    "import os, socket\\n"
    "def handler(event, context):\\n"
    "    if event == 'pid': return os.getpid()\\n"
    "    socket.create_connection(('8.8.8.8', 80))\\n"
)
with open_region() as lab:
    name = lab.deploy(HANG, Timeout=60)
    lab.call(name, "pid")
    before = lab.region.egress.runtime.decisions
    threading.Thread(target=lab.call, args=(name, "hang"), daemon=True).start()
    if lab.region.launcher.filtered:
        until(lambda: lab.region.egress.runtime.decisions > before)
    server = lab.region.launcher._server.pid
    print(json.dumps([server, *[one["pid"] for one in lab.environments(name)]]), flush=True)
    sys.stdin.read()
"""
SECONDS = 2


def test_a_hanging_function_ends_with_its_owner() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, json.dumps(sys.path)],
        env=plain_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as owner:
        assert owner.stdout
        pids = json.loads(owner.stdout.readline())
        assert len(pids) == 2
        assert all(map(alive, pids))
        owner.kill()
        owner.wait(10)
        until(lambda: not any(map(alive, pids)), SECONDS)
