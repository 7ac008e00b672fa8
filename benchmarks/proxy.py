"""RDS Proxy's pooler against PgBouncer, which is written in C: 200 clients on 10 connections.

``pgbench`` comes with the PostgreSQL that the labs run. PgBouncer cannot be installed with pip; its
row is compared where a ``pgbouncer`` is on ``PATH``, otherwise the floor is direct connections.
``python -m benchmarks.proxy`` prints these rows alone.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.table import Goal, Row, render
from lambda_lab.clock import Clock
from lambda_lab.rds.proxy import Login, ProxyServer, ProxySettings, Target
from lambda_lab.rds.server import PostgresServer

__all__ = ["proxied"]

CLIENTS, CONNECTIONS, EACH, ROUNDS = 200, 10, 200, 3
PROGRAM = "pgbouncer"
GOAL = Goal(ratio=2.0)
"""Twice its time for each transaction: at least half of its transactions per second."""
GROUP = f"{CLIENTS} clients, {CONNECTIONS} connections"
USER, PASSWORD, DATABASE = "bench", "bench-password", "bench"
KINDS = {"simple": "a SELECT as text", "prepared": "a prepared SELECT"}
_RATE = re.compile(r"tps = ([\d.]+) \(without initial connection time\)")
_NOBODY = "nobody"


@dataclass(frozen=True)
class Bench:
    """A server filled for ``pgbench``."""

    server: PostgresServer

    def run(self, *options: str, port: int, clients: int) -> str:
        """Run ``pgbench``; returns what it prints."""
        program = self.server.binaries.program("pgbench")
        where = ["-h", self.server.host, "-p", str(port), "-U", USER, DATABASE]
        threads = ["-c", str(clients), "-j", "2"] if clients else []
        done = subprocess.run(
            [program, *options, *threads, *where],
            env={**os.environ, "PGPASSWORD": PASSWORD, "PGSSLMODE": "disable"},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        if done.returncode:
            raise RuntimeError(f"pgbench: {done.stderr[-500:]}")
        return done.stdout

    def seconds_each(self, kind: str, port: int, clients: int = CLIENTS) -> float:
        """Return the time for each transaction: the inverse of transactions per second."""
        printed = self.run("-n", "-S", "-M", kind, "-t", str(EACH), port=port, clients=clients)
        found = _RATE.search(printed)
        if found is None:
            raise RuntimeError(f"pgbench printed no rate: {printed[-500:]}")
        return 1 / float(found[1])


@contextmanager
def filled() -> Iterator[Bench]:
    """Start a server with ``pgbench``'s tables."""
    with PostgresServer.create(parameters={"max_connections": "250"}) as server:
        server.sql(f"CREATE ROLE {USER} LOGIN PASSWORD '{PASSWORD}'")
        server.sql(f"CREATE DATABASE {DATABASE} OWNER {USER}")
        bench = Bench(server)
        bench.run("-i", "-s", "1", "-q", port=server.port, clients=0)
        yield bench


@contextmanager
def pgbouncer(bench: Bench) -> Iterator[int | None]:
    """Run PgBouncer in front of the server; yields its port, or ``None`` without one."""
    program = shutil.which(PROGRAM)
    if program is None:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="bench-pgbouncer-") as folder:
        place = Path(folder)
        place.chmod(0o755)
        port = free_port()
        (place / "users").write_text(f'"{USER}" "{PASSWORD}"\n')
        settings = place / "pgbouncer.ini"
        settings.write_text(
            f"[databases]\n{DATABASE} = host={bench.server.host} port={bench.server.port}\n"
            f"[pgbouncer]\nlisten_addr = {bench.server.host}\nlisten_port = {port}\n"
            f"auth_type = scram-sha-256\nauth_file = {place / 'users'}\nunix_socket_dir =\n"
            f"pool_mode = transaction\ndefault_pool_size = {CONNECTIONS}\nmax_client_conn = 400\n"
        )
        # It refuses to run as root.
        as_user = ["-u", _NOBODY] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        with subprocess.Popen(
            [program, "-q", *as_user, str(settings)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            try:
                wait_until_open(bench.server.host, port)
                yield port
            finally:
                process.terminate()


def free_port() -> int:
    """Return a port that nobody has."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until_open(host: str, port: int) -> None:
    """Return when something listens."""
    import socket
    import time

    for _ in range(200):
        try:
            socket.create_connection((host, port), 1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise RuntimeError(f"nothing listens on port {port}")


@contextmanager
def own(bench: Bench) -> Iterator[int]:
    """Run the proxy in front of the server; yields its port."""
    server = bench.server
    target = Target("bench", lambda: [(server.host, server.port)], lambda: 250)
    settings = ProxySettings(
        find_login=lambda user: Login(user, PASSWORD),
        max_connections_percent=CONNECTIONS * 100 // 250,
    )
    with Clock() as clock, ProxyServer(target, settings, clock, host=server.host) as proxy:
        yield proxy.address[1]
        held = proxy.snapshot().database.gauges["DatabaseConnections"]
        if held > CONNECTIONS:
            raise RuntimeError(f"the proxy held {held} connections")


def best_of_each(runs: dict[str, Callable[[], float]]) -> dict[str, float]:
    """Return the middle figure of each, measured in turn."""
    taken: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(ROUNDS):
        for name, run in runs.items():
            taken[name].append(run())
    return {name: sorted(values)[ROUNDS // 2] for name, values in taken.items()}


def proxied(notes: list[str] | None = None) -> list[Row]:
    """Measure the proxy, PgBouncer where there is one, and direct connections.

    Parameters
    ----------
    notes
        Takes a line for what could not be compared.
    """
    rows = []
    if notes is not None and shutil.which(PROGRAM) is None:
        notes.append("PgBouncer: skipped: no pgbouncer on PATH; direct connections are the floor.")
    with ExitStack() as stack:
        bench = stack.enter_context(filled())
        other = stack.enter_context(pgbouncer(bench))
        port = stack.enter_context(own(bench))
        for kind, words in KINDS.items():
            runs: dict[str, Callable[[], float]] = {
                "proxy": partial(bench.seconds_each, kind, port),
                "direct": partial(bench.seconds_each, kind, bench.server.port),
            }
            # Before its version 1.21, PgBouncer had no prepared statements here.
            if other is not None and kind == "simple":
                runs["pgbouncer"] = partial(bench.seconds_each, kind, other)
            took = best_of_each(runs)
            compared = "pgbouncer" in took
            floor = took["pgbouncer"] if compared else took["direct"]
            name = "PgBouncer" if compared else "direct connections"
            rows.append(
                Row(GROUP, words, took["proxy"], floor=floor, floor_name=name,
                    goal=GOAL if compared else None)
            )  # fmt: skip
            rows.append(Row(GROUP, f"{words}, {CLIENTS} direct connections", took["direct"]))
    return rows


if __name__ == "__main__":
    print(render(proxied(), ""))
