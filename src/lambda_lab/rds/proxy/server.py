"""The proxy as a whole: a thread, its endpoints, and what others may ask and change."""

from __future__ import annotations

import asyncio
import logging
import ssl
import threading
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self, TypeVar

from lambda_lab.clock import Clock, stopwatch_ns
from lambda_lab.closing import Closing
from lambda_lab.errors import SandboxError
from lambda_lab.rds.proxy.arrival import Arrival
from lambda_lab.rds.proxy.certificate import self_signed
from lambda_lab.rds.proxy.client import SessionView
from lambda_lab.rds.proxy.connection import Key
from lambda_lab.rds.proxy.desk import Desk, Pinned
from lambda_lab.rds.proxy.janitor import Janitor
from lambda_lab.rds.proxy.login import Entrance
from lambda_lab.rds.proxy.metrics import ClientMetrics, Snapshot
from lambda_lab.rds.proxy.opening import Opened, open_writer
from lambda_lab.rds.proxy.pool import Pool
from lambda_lab.rds.proxy.refusals import no_credentials, shutting_down
from lambda_lab.rds.proxy.settings import Address, ProxySettings, Target

__all__ = ["DEFAULT_ENDPOINT", "ProxyServer"]

log = logging.getLogger(__name__)

DEFAULT_ENDPOINT = "default"
"""What AWS's logs call the endpoint that every proxy has."""
_BACKLOG = 1024
_WORKERS = 8
"""Logins that look up secrets or check tokens at a time."""
_Result = TypeVar("_Result")


class ProxyServer(Closing):
    """A pooler in front of one database. A context manager; :meth:`close` leaves nothing behind.

    All of it runs in one thread of its own. The methods may be called from any other thread.

    Parameters
    ----------
    target
        The database.
    settings
        Who may log in, how many connections, how long to wait.
    clock
        The region's. ``ConnectionBorrowTimeout``, ``IdleClientTimeout`` and all lifetimes are on
        it; only network matters - a login, opening a connection, the next try - take real time.
    host, port
        Where the default endpoint listens; port 0 takes a free one.
    names
        Further names for the certificate, for example the one AWS would give the endpoint.
    on_pinned
        Called, in the proxy's thread, each time a client is pinned; must not wait.

    Raises
    ------
    SandboxError
        On entering, if the port is taken.
    """

    def __init__(
        self,
        target: Target,
        settings: ProxySettings,
        clock: Clock,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        names: Iterable[str] = (),
        on_pinned: Callable[[Pinned], None] = lambda pinned: None,
    ) -> None:
        self._target, self._settings, self._clock = target, settings, clock
        self._on_pinned, self._wanted = on_pinned, (host, port)
        self._tls: ssl.SSLContext
        self._tls, self.certificate = self_signed([*names, host], clock)
        """The certificate, in PEM: what a client may take as ``sslrootcert``."""
        self.address: Address = (host, port)
        """Where the default endpoint listens, once started."""
        self._loop: asyncio.AbstractEventLoop
        self._thread: threading.Thread | None = None
        self._executor: ThreadPoolExecutor
        self._desk: Desk
        self._janitor: Janitor
        self._doors: dict[str, asyncio.Server] = {}
        self._metrics: dict[str, ClientMetrics] = {}
        self._arrivals: dict[Arrival, asyncio.Task[None]] = {}

    # -- life ----------------------------------------------------------------------------------

    def start(self) -> None:
        """Listen and serve; returns when clients can connect."""
        self._loop = asyncio.new_event_loop()
        self._loop.set_exception_handler(_report)
        self._executor = ThreadPoolExecutor(_WORKERS, thread_name_prefix="rds-proxy-login")
        self._thread = threading.Thread(target=self._serve, name="rds-proxy", daemon=True)
        self._thread.start()
        try:
            self._ask(self._prepare())
            self.address = self.open_endpoint(DEFAULT_ENDPOINT, *self._wanted)
        except BaseException:
            self.close()
            raise

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
        pending = asyncio.all_tasks(self._loop)
        for task in pending:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    async def _prepare(self) -> None:
        self._desk = Desk(self._clock, self._settings, self._on_pinned)
        self._desk.pool = Pool(
            self._target,
            lambda: self._desk.settings,
            self._dial,
            self._clock,
            self._desk.metrics,
        )
        self._janitor = Janitor(self._desk)

    def close(self) -> None:
        """End everything: clients are told, connections closed, the thread is gone."""
        if self._thread is None:
            return
        try:
            self._ask(self._end())
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._thread = None
            self._executor.shutdown(wait=True, cancel_futures=True)

    async def _end(self) -> None:
        for door in self._doors.values():
            door.close()
        self._doors.clear()
        if hasattr(self, "_janitor"):
            self._janitor.close()
        for arrival, task in list(self._arrivals.items()):
            task.cancel()
            arrival.transport.abort()
        for session in list(self._desk.sessions):
            session.end(shutting_down())
            session.transport.abort()  # what could be sent was sent; wait for nobody
        self._desk.pool.close()
        for _ in range(4):  # transports close in the loop's next rounds
            await asyncio.sleep(0)

    def __enter__(self) -> Self:
        self.start()
        return self

    def _ask(self, work: Coroutine[Any, Any, _Result]) -> _Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def _call(self, work: Callable[[], _Result]) -> _Result:
        async def run() -> _Result:
            return work()

        return self._ask(run())

    # -- endpoints -----------------------------------------------------------------------------

    def open_endpoint(self, name: str, host: str, port: int) -> Address:
        """Listen at one more address; returns it.

        Parameters
        ----------
        name
            The endpoint's, for its metrics.
        host, port
            A loopback address; port 0 takes a free one.

        Raises
        ------
        SandboxError
            If the port is taken.
        """
        return self._ask(self._open(name, host, port))

    async def _open(self, name: str, host: str, port: int) -> Address:
        metrics = self._metrics.setdefault(name, ClientMetrics(name))
        entrance = Entrance(self._desk, metrics, self._tls, self._executor)
        try:
            door = await self._loop.create_server(
                lambda: Arrival(entrance, self._arrivals), host, port, backlog=_BACKLOG
            )
        except OSError as error:
            raise SandboxError(
                f"The proxy cannot listen on {host}:{port}: {error}. "
                "Stop what has that port, or choose another."
            ) from error
        self._doors[name] = door
        address: Address = door.sockets[0].getsockname()[:2]
        return address

    def close_endpoint(self, name: str) -> None:
        """Listen no more at an endpoint, and let its clients go."""

        def shut() -> None:
            self._doors.pop(name).close()
            for session in list(self._desk.sessions):
                if session.metrics.endpoint == name:
                    session.end(shutting_down())
            del self._metrics[name]

        self._call(shut)

    # -- changes -------------------------------------------------------------------------------

    def change(self, settings: ProxySettings) -> None:
        """Go by other settings from now on."""

        def turn() -> None:
            self._desk.settings = settings
            self._janitor.changed()
            self._desk.pool.room()

        self._call(turn)

    def look_again(self, *, drop: bool = False) -> None:
        """Look for the writer now: the target has failed over, or is back.

        Parameters
        ----------
        drop
            Close every database connection first, as at a failover: clients with something under
            way are cut, the others do not notice.
        """

        def look() -> None:
            if drop:
                self._desk.pool.drop_all()
            self._desk.pool.look_again()

        self._call(look)

    async def _dial(self, key: Key) -> Opened:
        settings = self._desk.settings
        login = await self._loop.run_in_executor(
            self._executor, lambda: settings.find_login(key.user)
        )
        if login is None:
            raise no_credentials(key.user)
        parameters = {"database": key.database, **dict(key.settings)}
        return await open_writer(self._target, login, parameters, settings.init_query)

    # -- what there is to see --------------------------------------------------------------------

    def snapshot(self) -> Snapshot:
        """Return every metric of now."""

        def read() -> Snapshot:
            desk, now = self._desk, stopwatch_ns()
            return Snapshot(
                {name: metrics.read() for name, metrics in self._metrics.items()},
                desk.metrics.read(desk.gauges()),
                now,
                desk.metrics.down_ns(now),
                tuple(desk.metrics.stalls),
            )

        return self._call(read)

    def sessions(self) -> list[SessionView]:
        """Return every client that has logged in, the oldest first."""
        return self._call(
            lambda: sorted(
                (session.view() for session in self._desk.sessions), key=lambda view: view.number
            )
        )

    def pins(self) -> list[Pinned]:
        """Return everybody who was ever pinned, and why."""
        return self._call(lambda: list(self._desk.pins))


def _report(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Write what went wrong in the proxy's thread to the log, and go on."""
    log.error("RDS Proxy: %s", context.get("message"), exc_info=context.get("exception"))
