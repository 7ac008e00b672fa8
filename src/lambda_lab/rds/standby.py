"""A standby beside a server: made, kept up to date, and put in the server's place.

It is a second PostgreSQL that streams what the first one writes. A commit is acknowledged when the
standby has it too, as in a Multi-AZ deployment, and as there nobody can read from it. At a failover
it is started again as an ordinary server, on the address that the first one had: clients keep
their endpoint, and lose their connections.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.MultiAZSingleStandby.html
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from lambda_lab.errors import LabError, SandboxError
from lambda_lab.rds.data_folder import ADMIN, PLAIN
from lambda_lab.rds.server import PostgresServer, free_port
from lambda_lab.rds.server_folder import make_folder

__all__ = ["follow", "let_go", "make_standby", "take_over"]

_ATTEMPTS = 3
"""Tries to listen on a free port: somebody may take it in between."""
_HOST = "127.0.0.1"
_SEEN = "SELECT pg_logical_emit_message(true, 'lambda_lab', 'a standby follows')"


def make_standby(primary: PostgresServer) -> PostgresServer:
    """Copy a running server, let the copy follow it, and let commits wait for the copy.

    Parameters
    ----------
    primary
        It goes on serving meanwhile.

    Returns
    -------
    PostgresServer
        The standby: what *primary* has acknowledged, it has.

    Raises
    ------
    SandboxError
        If it cannot be made: a full disk, a PostgreSQL without ``pg_basebackup``.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        standby = _new(primary)
        try:
            standby.copy(primary)
            _bring_extensions(primary, standby)
            standby.set_parameters(primary.parameters)
            standby.files.signal_file.touch()
            follow(primary, standby)
        except BaseException as error:
            let_go(primary)
            standby.close()
            if attempt == _ATTEMPTS or "Address already in use" not in str(error):
                raise
        else:
            return standby
    raise AssertionError("the last attempt returns or raises")


def _new(primary: PostgresServer) -> PostgresServer:
    try:
        folder = make_folder()
        try:
            return PostgresServer(primary.binaries, folder, _HOST, free_port(_HOST))
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
    except OSError as error:
        raise SandboxError(
            f"There is no place for a standby: {error}. Free some space in "
            f"{tempfile.gettempdir()}, or name another folder in TMPDIR."
        ) from error


def _bring_extensions(primary: PostgresServer, standby: PostgresServer) -> None:
    """Give the standby files that lie beside the data; they go with the primary's folder."""
    place = primary.folder / "extensions"
    if not place.is_dir():
        return
    target = standby.folder / "extensions"
    shutil.copytree(place, target)
    for path in (place, *place.rglob("*")):
        owner, copied = path.stat(), target / path.relative_to(place)
        shutil.chown(copied, owner.st_uid, owner.st_gid)
    settings = standby.files.path / "postgresql.auto.conf"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace(str(primary.folder), str(standby.folder)), encoding="utf-8")


def follow(primary: PostgresServer, standby: PostgresServer) -> None:
    """Start a standby and let the commits of *primary*, which runs, wait for it.

    Returns when the standby has everything.

    Raises
    ------
    SandboxError
        If it cannot follow, or one of both ends meanwhile.
    """
    standby.replication = {
        "primary_conninfo": f"host={primary.host} port={primary.port} user={ADMIN} "
        f"password={primary.admin_password} {PLAIN}",
        "hot_standby": "off",
        "wal_retrieve_retry_interval": "100ms",
    }
    with _ends_together(primary, standby):
        try:
            standby.start()
            primary.replication = {"synchronous_standby_names": "*", "wal_keep_size": "64MB"}
            primary.reload()
            # A commit that waits for the standby: what was written before, it has as well.
            primary.sql(_SEEN)
        except LabError:
            raise
        except Exception as error:  # the driver's: the primary ended
            raise SandboxError(f"The standby could not follow: {error}") from error
    if not (primary.alive and standby.alive):
        raise SandboxError("The standby could not follow: one of both servers has ended.")


@contextmanager
def _ends_together(primary: PostgresServer, standby: PostgresServer) -> Iterator[None]:
    """Let neither server wait in vain when the other one is killed meanwhile."""
    of_primary, of_standby = primary.on_crash, standby.on_crash

    with standby.may_start_in_vain() as interrupt:

        def primary_ended() -> None:
            interrupt()
            of_primary()

        primary.on_crash = primary_ended
        standby.on_crash = lambda: let_go(primary)
        try:
            if not primary.alive:
                raise SandboxError("The standby could not follow: the server has ended.")
            yield
        finally:
            primary.on_crash, standby.on_crash = of_primary, of_standby


def let_go(primary: PostgresServer) -> None:
    """Let the commits of *primary* wait for nobody: its standby is gone."""
    primary.replication = {}
    with suppress(Exception):  # it ends, or refuses one connection more: its next start reads it
        primary.reload()


def take_over(old: PostgresServer, standby: PostgresServer) -> None:
    """End *old* and start *standby* in its place, on its address.

    Raises
    ------
    SandboxError
        If the standby does not start.
    """
    old.halt()
    standby.stop()
    standby.files.signal_file.unlink()
    standby.replication = {}
    standby.host, standby.port = old.host, old.port
    standby.start()
