"""One PostgreSQL server on loopback: made, started, stopped, asked, and gone without a trace.

It listens on TCP only, wants SCRAM from everybody, and keeps nothing: what AWS would write to disk
safely is written fast here, because the data ends with the lab.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from lambda_lab.closing import Closing
from lambda_lab.errors import SandboxError
from lambda_lab.rds.binaries import Binaries, find_binaries
from lambda_lab.rds.data_folder import ADMIN, DataFolder
from lambda_lab.rds.kept import PATIENCE_SECONDS, Keeper, way_to_run
from lambda_lab.rds.parameters import HELD
from lambda_lab.rds.server_folder import hold, make_folder

__all__ = ["PostgresServer", "free_port"]

_FAST = signal.SIGINT
"""PostgreSQL's fast shutdown: connections are cut, what is committed is written."""
_IMMEDIATE = signal.SIGQUIT
"""Its immediate shutdown: everything ends where it is."""
_STREAMS = "started streaming WAL from primary"
"""What the log of a standby says when it follows; it takes no connections (hot_standby is off)."""
Ended = Callable[[], None]


class PostgresServer(Closing):
    """A server, and the keeper that binds it to the life of this process. A context manager.

    Use :meth:`create`; the constructor starts nothing.

    Parameters
    ----------
    binaries
        The programs to run.
    folder
        Where data and log go; it is removed at the end, by the keeper if not by us.
    host, port
        Where it listens.
    on_crash
        Called, in the thread that hears of it, when the server ends without being asked to. It
        must not wait for the server itself.
    """

    def __init__(
        self,
        binaries: Binaries,
        folder: Path,
        host: str,
        port: int,
        on_crash: Ended = lambda: None,
    ) -> None:
        self.folder, self.host, self.port = folder, host, port
        self.admin = ADMIN
        self.admin_password = secrets.token_urlsafe(24)
        self.log_path = folder / "postgres.log"
        self.on_crash = on_crash
        self.pid: int | None = None
        """The server's first process, while it runs."""
        self.replication: dict[str, str] = {}
        """Parameters of the lab's own; :mod:`~lambda_lab.rds.standby` sets them."""
        self._parameters: dict[str, str] = {}
        self._mode = way_to_run()
        self.files = DataFolder(folder, binaries, self._mode)
        self._lock = threading.RLock()
        self._closed = False
        self._start_in_vain = False
        self._orphan: int | None = None
        self._held = hold(folder)
        try:
            self._keeper = self._employ()
        except BaseException:
            self._let_go()
            raise

    @classmethod
    def create(
        cls,
        *,
        folder: Path | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        parameters: Mapping[str, str] | None = None,
        binaries: Binaries | None = None,
        on_crash: Ended = lambda: None,
    ) -> Self:
        """Make a database cluster and start its server.

        Parameters
        ----------
        folder
            An empty folder to own; ``None`` makes one.
        host, port
            A loopback address, and a port; 0 takes a free one.
        parameters
            Server parameters, as in ``postgresql.conf``; what the lab holds stays as it is
            (:data:`~lambda_lab.rds.parameters.HELD`).
        binaries
            Which PostgreSQL; ``None`` takes the best of this machine.
        on_crash
            Called when the server ends without being asked to.

        Raises
        ------
        SandboxError
            If there is no PostgreSQL, or it cannot start: a full disk, a port that is taken.
        """
        binaries = binaries or find_binaries()
        try:
            place = folder or make_folder()
        except OSError as error:
            raise _no_room(error) from error
        try:
            server = cls(binaries, place, host, port or free_port(host), on_crash)
        except BaseException as error:
            shutil.rmtree(place, ignore_errors=True)
            if isinstance(error, OSError):
                raise _no_room(error) from error
            raise
        try:
            server.set_parameters(parameters or {})
            server.initialise()
            server.start()
        except OSError as error:
            server.close()
            raise _no_room(error) from error
        except BaseException:
            server.close()
            raise
        return server

    # -- making --------------------------------------------------------------------------------

    def initialise(self) -> None:
        """Make the data folder (``initdb``)."""
        self._made(self.files.make(self.admin_password, self._run))

    def copy(self, other: PostgresServer) -> None:
        """Make the data folder a copy of a running server's (``pg_basebackup``).

        Its superuser's password comes along.
        """
        self.admin_password = other.admin_password
        self._made(self.files.copy(other.host, other.port, other.admin_password, self._run))

    def _run(self, argv: list[str]) -> Mapping[str, Any]:
        return self._keeper.ask("run", argv=argv)

    def _made(self, answer: Mapping[str, Any]) -> None:
        if answer.get("ran") != 0:
            raise self._refusal("could not make its data folder", answer)

    @property
    def binaries(self) -> Binaries:
        """The programs that it runs."""
        return self.files.binaries

    @property
    def parameters(self) -> Mapping[str, str]:
        """The parameters that were set, without what the lab holds."""
        return self._parameters

    def set_parameters(self, parameters: Mapping[str, str]) -> None:
        """Say what the server's parameters are from its next start or reload on."""
        self._parameters = {name: text for name, text in parameters.items() if name not in HELD}

    def _write_parameters(self) -> None:
        self.files.write_parameters({**self._parameters, **self.replication})

    # -- running -------------------------------------------------------------------------------

    @property
    def alive(self) -> bool:
        """Whether the server runs."""
        return self.pid is not None

    @property
    def follows(self) -> bool:
        """Whether it is a standby, by the file that makes it one."""
        return self.files.signal_file.exists()

    def start(self) -> None:
        """Start the server and wait until it takes connections; nothing if it runs.

        Raises
        ------
        SandboxError
            If it does not start, with the end of its log: a parameter it refuses, a taken port.
        """
        with self._lock:
            if self.alive:
                return
            if not self._keeper.alive:
                self._replace_keeper()
            self._write_parameters()
            held = [f"{name}={value}" for name, value in HELD.items() if value]
            argv = [self.binaries.program("postgres"), "-D", str(self.files.path)]
            argv += ["-h", self.host, "-p", str(self.port), "-k", ""]
            argv += [part for one in held for part in ("-c", one)]
            told = {"ready": _STREAMS} if self.follows else {}
            answer = self._keeper.ask("start", self._end_if_in_vain, argv=argv, **told)
            if "started" not in answer:
                raise self._refusal("did not start", answer)
            self.pid = answer["started"]
            self._keeper.on_end = self._ended

    def stop(self) -> None:
        """Stop the server: its connections are cut, what was committed is kept."""
        self._end(_FAST)

    def halt(self) -> None:
        """Stop the server where it is, as if its machine were lost."""
        self._end(_IMMEDIATE)

    @contextmanager
    def may_start_in_vain(self) -> Iterator[Callable[[], None]]:
        """Yield a function that lets a start within the block fail: it waits for what is gone.

        It may be called in any thread, before the start or while it waits.
        """

        def interrupt() -> None:
            self._start_in_vain = True
            self._keeper.tell("signal", number=_IMMEDIATE)

        try:
            yield interrupt
        finally:
            self._start_in_vain = False

    def _end_if_in_vain(self) -> None:
        # A signal that came to the keeper before the start was for nobody; now there is one more.
        if self._start_in_vain:
            self._keeper.tell("signal", number=_IMMEDIATE)

    def _end(self, number: int) -> None:
        with self._lock:
            if self.alive:
                self._keeper.on_end = None
                self._keeper.ask("signal", number=number)
                self.pid = None

    def restart(self) -> None:
        """Stop and start, with the parameters that are set now."""
        with self._lock:
            self.stop()
            self.start()

    def reload(self) -> None:
        """Let the running server read its parameters again; some need a restart."""
        with self._lock:
            if self.alive:
                self._write_parameters()
                if not self.follows:  # a standby takes no connections
                    self.sql("SELECT pg_reload_conf()")

    def sql(self, *statements: str, database: str = "postgres") -> list[Any]:
        """Run statements as the superuser, each on its own; returns the rows of the last.

        Parameters
        ----------
        statements
            SQL texts without parameters.
        database
            Where to run them.

        Raises
        ------
        SandboxError
            If the driver is not installed.
        """
        try:
            from pg8000.native import Connection
        except ModuleNotFoundError as error:
            raise SandboxError(
                "The driver pg8000 is not installed, so no user can be made in a database. "
                "Install it with: pip install 'lambda-lab[rds]'."
            ) from error

        connection = Connection(
            ADMIN, self.host, database, self.port, self.admin_password, ssl_context=False
        )
        try:
            rows: list[Any] = []
            for statement in statements:
                rows = connection.run(statement) or []
            return rows
        finally:
            connection.close()

    # -- ending --------------------------------------------------------------------------------

    def close(self) -> None:
        """End the server and its keeper and remove the folder."""
        if self._closed:
            return
        self._closed = True
        self._keeper.close()
        self.pid = None
        shutil.rmtree(self.folder, ignore_errors=True)  # a keeper that was killed could not
        self._let_go()

    def _let_go(self) -> None:
        if self._held is not None:
            os.close(self._held)
            self._held = None

    # -- what happens by itself ----------------------------------------------------------------

    def _employ(self) -> Keeper:
        settings = {"folder": str(self.folder), "log": str(self.log_path), "mode": self._mode}
        return Keeper(settings, self._held)

    def _ended(self) -> None:
        self._orphan, self.pid = self.pid, None
        self.on_crash()

    def _replace_keeper(self) -> None:
        """Take a new keeper for the same data, when somebody killed the old one."""
        import psutil

        self._keeper.close()
        if self._orphan is not None and psutil.pid_exists(self._orphan):
            # The kernel has told the server to end; its data may be opened again when it has.
            psutil.wait_procs([psutil.Process(self._orphan)], PATIENCE_SECONDS)
        (self.files.path / "postmaster.pid").unlink(missing_ok=True)
        self._orphan = None
        self._keeper = self._employ()

    def _refusal(self, what: str, answer: Mapping[str, Any]) -> SandboxError:
        text = str(answer.get("output") or answer.get("failed") or "it ended at once").strip()
        if "No space left on device" in text:
            text = f"The disk of {self.folder.parent} is full. {text}"
        return SandboxError(f"PostgreSQL {self.binaries.version} {what}: {text}")


def _no_room(error: OSError) -> SandboxError:
    return SandboxError(
        f"There is no place for a PostgreSQL server: {error}. Free some space in "
        f"{tempfile.gettempdir()}, or name another folder in TMPDIR."
    )


def free_port(host: str) -> int:
    """Return a port that nobody listens on at *host*."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port
