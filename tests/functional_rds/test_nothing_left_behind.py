"""Whatever ends a region, no server runs on and no file stays."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from live_region import open_region, plain_environment, until
from rds_tools import Rds

OWNER = """
import boto3, sys
from lambda_lab.region import Region
region = Region(isolate=False)
boto3.client("rds").create_db_instance(
    DBInstanceIdentifier="left", DBInstanceClass="db.t3.micro", Engine="postgres",
    MasterUsername="boss", MasterUserPassword="correct-horse", AllocatedStorage=20)
server = region.databases.get("left").server
print(server.pid, server.folder, flush=True)
sys.stdin.read()
"""


def test_close_and_reset() -> None:
    with open_region(isolate=False) as lab:
        rds = Rds(lab)
        folders = []
        for _ in range(2):
            identifier = rds.make()
            instance = lab.region.databases.get(identifier)
            assert instance is not None
            folders.append((instance.server.folder, instance.server.pid or 0))
            if len(folders) == 1:
                lab.region.reset()
                assert not folders[0][0].exists()
                assert rds.api.describe_db_instances()["DBInstances"] == []
    for folder, pid in folders:
        assert not folder.exists()
        assert not psutil.pid_exists(pid)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_an_owner_that_is_killed(how: signal.Signals) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=plain_environment(),
    )
    assert owner.stdin
    assert owner.stdout
    with owner, owner.stdin, owner.stdout:
        pid, _, folder = owner.stdout.readline().strip().partition(" ")
        server = psutil.Process(int(pid))
        processes = [server, *server.children(recursive=True)]
        os.kill(owner.pid, how)
        owner.wait()
        _, running = psutil.wait_procs(processes, 10)
        assert running == []
        until(lambda: not Path(folder).exists())
