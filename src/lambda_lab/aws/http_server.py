"""The region's one HTTP endpoint, on loopback: cheroot, with as many threads as calls that wait."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any, Self

from cheroot import wsgi
from cheroot.workers.threadpool import ThreadPool

from lambda_lab.errors import SandboxError

__all__ = ["HttpServer"]

LOOPBACK = "127.0.0.1"
FIRST_THREADS = 8
KEEP_ALIVE_SECONDS = 60


class _GrowingPool(ThreadPool):  # type: ignore[misc]
    """A thread pool that grows by one whenever a request would have to wait for a thread.

    A synchronous Invoke holds its thread as long as the function runs, so a fixed number of
    threads would be a concurrency limit that AWS does not have.
    """

    def put(self, obj: Any) -> None:
        super().put(obj)
        if self._queue.qsize() > self.idle:
            self._threads.append(self._spawn_worker())


class HttpServer:
    """Serves a WSGI application on a loopback port. A context manager.

    Parameters
    ----------
    application
        The WSGI application.
    port
        0 takes a free one.

    Raises
    ------
    SandboxError
        If the port is taken.
    """

    def __init__(self, application: Callable[..., Iterable[bytes]], port: int = 0) -> None:
        self._server = wsgi.Server(
            (LOOPBACK, port),
            application,
            numthreads=FIRST_THREADS,
            timeout=KEEP_ALIVE_SECONDS,
            request_queue_size=1024,
        )
        self._server.requests = _GrowingPool(self._server, min=FIRST_THREADS)
        self._server.keep_alive_conn_limit = 4096
        self._server.shutdown_timeout = 1
        # cheroot prints broken connections to stderr; a client that leaves is no news.
        self._server.error_log = lambda *_, **__: None
        try:
            self._server.prepare()
        except OSError as error:
            raise SandboxError(
                f"Port {port} on {LOOPBACK} cannot be used: {error}. "
                "Stop what holds it, or choose another with --port."
            ) from error
        self.port: int = self._server.bind_addr[1]
        self._thread = threading.Thread(target=self._server.serve, name="lab-http", daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Where clients find the region."""
        return f"http://{LOOPBACK}:{self.port}"

    def close(self) -> None:
        """Stop serving and free the port."""
        self._server.stop()
        self._thread.join(5)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
