"""Folders of servers: nobody's are removed, somebody's are left alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
import pytest

from lambda_lab.clock import SECOND, wall_time_ns
from lambda_lab.errors import SandboxError
from lambda_lab.rds import kept, server_folder
from lambda_lab.rds.server import PostgresServer
from lambda_lab.rds.standby import make_standby
from live_region import plain_environment

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="databases need WSL there")

OWNER = """
import os, signal, sys
from pathlib import Path
from lambda_lab.rds import server_folder
from lambda_lab.rds.server import PostgresServer
phase = sys.argv[1]

def tell(server):
    print(server._keeper._process.pid, server.folder, flush=True)
    sys.stdin.read()

if phase == "made":
    print(0, server_folder.make_folder(), flush=True)
    sys.stdin.read()
if phase == "initdb":
    PostgresServer.initialise = tell
server = PostgresServer.create()
if phase == "stopped":
    server.stop()
tell(server)
"""


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let temporary files be the test's own."""
    tmp_path.chmod(0o755)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def age(folder: Path, seconds: int = server_folder.AGE_SECONDS + 10) -> None:
    then = wall_time_ns() - seconds * SECOND
    os.utime(folder, ns=(then, then))


@pytest.mark.parametrize("phase", ["made", "initdb", "running", "stopped"])
def test_owner_and_keeper_are_killed_in_one_moment(phase: str, tmp_path: Path) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, phase],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**plain_environment(), "TMPDIR": str(tmp_path)},
    )
    assert owner.stdin
    assert owner.stdout
    with owner, owner.stdin, owner.stdout:
        number, _, name = owner.stdout.readline().strip().partition(" ")
        keeper, folder = int(number), Path(name)
        family = psutil.Process(owner.pid).children(recursive=True)
        age(folder)
        if keeper:
            server_folder.sweep()
            assert folder.exists(), "somebody has it"
            os.kill(owner.pid, signal.SIGSTOP)  # it must not clean up behind its keeper
            os.kill(keeper, signal.SIGKILL)
        os.kill(owner.pid, signal.SIGKILL)
        owner.wait()
    assert psutil.wait_procs(family, 30)[1] == []
    age(folder)
    with PostgresServer.create() as next_one:
        assert not folder.exists()
        assert next_one.folder.exists()
    assert not list(tmp_path.iterdir())


def test_a_young_folder_may_be_one_that_is_being_made(tmp_path: Path) -> None:
    folder = server_folder.make_folder()
    server_folder.sweep()
    assert folder.exists()
    age(folder)
    server_folder.sweep()
    assert not folder.exists()


def test_a_folder_is_kept_while_a_server_works_on_it() -> None:
    """Elsewhere than on Linux a server outlives its keeper."""
    folder = server_folder.make_folder()
    (folder / "data").mkdir()
    for text, stays in ((f"{os.getpid()}\n{folder}\n", True), ("", False)):
        (folder / "data" / "postmaster.pid").write_text(text)
        age(folder)
        server_folder.sweep()
        assert folder.exists() is stays


def test_what_has_only_the_name_is_left_alone(tmp_path: Path) -> None:
    target = tmp_path / "somebody's"
    target.mkdir()
    link = tmp_path / "lambda-lab-pg-link"
    link.symlink_to(target)
    file = tmp_path / "lambda-lab-pg-file"
    file.touch()
    for path in (target, file):
        age(path)
    server_folder.sweep()
    assert target.exists()
    assert link.is_symlink()
    assert file.exists()


def test_a_keeper_that_cannot_start_leaves_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*told: object) -> None:
        raise OSError("no process is left")

    with PostgresServer.create() as primary:
        monkeypatch.setattr(kept, "_start", refuse)
        with pytest.raises(SandboxError, match="no process is left"):
            PostgresServer.create()
        with pytest.raises(SandboxError, match="no process is left"):
            make_standby(primary)
        assert list(tmp_path.iterdir()) == [primary.folder]


def test_a_file_system_without_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import fcntl

    def refuse(number: int, how: int) -> None:
        raise OSError("no locks")

    monkeypatch.setattr(fcntl, "flock", refuse)
    assert server_folder.hold(tmp_path) is None
    with PostgresServer.create() as made:
        age(made.folder)
        server_folder.sweep()
        assert made.folder.exists(), "who cannot ask does not remove"
