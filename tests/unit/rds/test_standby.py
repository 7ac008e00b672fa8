"""A standby on its own: it has what was acknowledged, and takes the address over."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from lambda_lab.errors import SandboxError
from lambda_lab.rds import standby
from lambda_lab.rds.binaries import Binaries
from lambda_lab.rds.server import PostgresServer
from lambda_lab.rds.standby import follow, let_go, make_standby, take_over
from proxy_tools import wait_until

WAITING = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'"


@pytest.fixture
def primary() -> Iterator[PostgresServer]:
    """Return a server with a table."""
    with PostgresServer.create(parameters={"max_connections": "20"}) as made:
        made.sql("CREATE TABLE kept (n int)")
        yield made


def rows(server: PostgresServer) -> int:
    return int(server.sql("SELECT count(*) FROM kept")[0][0])


@pytest.mark.parametrize("killed", [False, True])
@pytest.mark.fidelity("multi-az")
def test_what_was_acknowledged_outlives_the_primary(primary: PostgresServer, killed: bool) -> None:
    with make_standby(primary) as second:
        primary.sql(*(f"INSERT INTO kept VALUES ({n})" for n in range(50)))
        if killed:
            os.kill(primary.pid or 0, signal.SIGKILL)
        take_over(primary, second)
        assert (second.host, second.port) == (primary.host, primary.port)
        assert rows(second) == 50
        assert second.sql("SHOW max_connections") == [["20"]]
        second.sql("INSERT INTO kept VALUES (50)")  # and it waits for nobody


def test_commits_wait_for_the_standby_until_it_is_let_go(primary: PostgresServer) -> None:
    with make_standby(primary) as second:
        told = primary.sql("SELECT sync_state, state FROM pg_stat_replication")
        assert told == [["sync", "streaming"]]
        second.halt()
        with ThreadPoolExecutor() as pool:
            insert = pool.submit(primary.sql, "INSERT INTO kept VALUES (1)")
            wait_until(lambda: bool(primary.sql(WAITING)))
            assert not insert.done()
            let_go(primary)
            insert.result(10)
        follow(primary, second)
        take_over(primary, second)
        assert rows(second) == 1


def test_a_primary_that_is_killed_meanwhile_is_not_waited_for(
    primary: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with make_standby(primary) as second:
        second.stop()
        start = second.start

        def killed_first() -> None:
            os.kill(primary.pid or 0, signal.SIGKILL)
            start()

        monkeypatch.setattr(second, "start", killed_first)
        with pytest.raises(SandboxError, match=r"did not start|could not follow"):
            follow(primary, second)


@pytest.fixture(params=[signal.SIG_DFL, signal.SIG_IGN], ids=["plain", "as-under-nohup"])
def quits(request: pytest.FixtureRequest) -> Iterator[None]:
    """Ignore ``SIGQUIT`` in this process, and so in what it starts; or do not."""
    former = signal.signal(signal.SIGQUIT, request.param)
    yield
    signal.signal(signal.SIGQUIT, former)


@pytest.mark.usefixtures("quits")
def test_a_primary_whose_end_is_heard_before_the_standby_starts(
    primary: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with make_standby(primary) as second:
        second.stop()
        start, heard = second.start, threading.Event()
        primary.on_crash = heard.set

        def too_late() -> None:
            os.kill(primary.pid or 0, signal.SIGKILL)
            assert heard.wait(30)
            start()

        monkeypatch.setattr(second, "start", too_late)
        with pytest.raises(SandboxError, match=r"did not start|could not follow") as found:
            follow(primary, second)
        assert "did not answer" not in str(found.value), "nobody waited for it"


def test_a_standby_takes_no_connections(primary: PostgresServer) -> None:
    with make_standby(primary) as second, pytest.raises(Exception, match="57P03"):
        second.sql("SELECT 1")


def test_fewer_connections_than_before_do_not_stop_the_standby(primary: PostgresServer) -> None:
    with make_standby(primary) as second:
        for parameters in ({"max_connections": "50"}, {"max_connections": "10"}):
            primary.stop()
            second.stop()
            for server in (primary, second):
                server.set_parameters(parameters)
            primary.start()
            follow(primary, second)
        take_over(primary, second)
        assert second.sql("SHOW max_connections") == [["10"]]


def test_files_beside_the_data_come_along(primary: PostgresServer) -> None:
    (primary.folder / "extensions" / "extension").mkdir(parents=True)
    file = primary.folder / "extensions" / "extension" / "mine.control"
    file.write_text("comment = 'mine'\n")
    primary.sql(f"ALTER SYSTEM SET my.folder = '{primary.folder}/extensions'")
    with make_standby(primary) as second:
        take_over(primary, second)
        assert second.sql("SHOW my.folder") == [[f"{second.folder}/extensions"]]
        copied = second.folder / file.relative_to(primary.folder)
        assert copied.read_text() == file.read_text()


def test_nothing_is_left(primary: PostgresServer) -> None:
    second = make_standby(primary)
    pid, folder = second.pid or 0, second.folder
    second.close()
    assert not folder.exists()
    assert not psutil.pid_exists(pid)


def test_a_postgresql_without_the_program(
    primary: PostgresServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = set(tmp_path.iterdir())
    monkeypatch.setattr(standby.tempfile, "mkdtemp", lambda prefix: str(_made(tmp_path / prefix)))
    monkeypatch.setattr(primary.files, "binaries", Binaries(tmp_path / "bin", "18.6"))
    with pytest.raises(SandboxError, match="pg_basebackup"):
        make_standby(primary)
    assert set(tmp_path.iterdir()) == before
    assert primary.alive


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
