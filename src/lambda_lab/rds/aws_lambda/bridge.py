"""What the extension's functions talk to: as much of a PostgreSQL server as ``dblink`` needs.

A database session that calls Lambda opens one connection to this and keeps it. Each query on it is
one request (:mod:`.requests`), and each answer one row of two texts.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from functools import partial

from lambda_lab.closing import Closing
from lambda_lab.rds.aws_lambda.session import Answer, serve

__all__ = ["Bridge"]


class Bridge(Closing):
    """Listens on loopback for the databases of a region. A context manager.

    Parameters
    ----------
    answer
        Called with each query, in the thread of its connection.

    Examples
    --------
    >>> with Bridge(lambda query: (b"told", None)) as bridge:
    ...     bridge.address[0]
    '127.0.0.1'
    """

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._lock = threading.Lock()
        self._sessions: dict[threading.Thread, socket.socket] = {}
        self._closed = False
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.address: tuple[str, int] = self._listener.getsockname()
        """Where it listens."""
        self._thread = _started(self._listen, "lab-aws-lambda")

    @property
    def sessions(self) -> int:
        """How many connections are open."""
        return len(self._sessions)

    def _listen(self) -> None:
        while True:
            try:
                session, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                if self._closed:
                    session.close()
                    return
                thread = _thread(partial(self._serve, session), "lab-aws-lambda-session")
                self._sessions[thread] = session
            thread.start()

    def _serve(self, session: socket.socket) -> None:
        try:
            with session, contextlib.suppress(OSError, EOFError):
                session.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                serve(session, self._answer)
        finally:
            with self._lock:
                self._sessions.pop(threading.current_thread(), None)

    def close(self) -> None:
        """End every connection, and free the port."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            sessions = dict(self._sessions)
        # A thread that waits in accept() is not woken everywhere when its socket is closed.
        with contextlib.suppress(OSError), socket.create_connection(self.address, timeout=1):
            pass
        self._thread.join()
        self._listener.close()
        for session in sessions.values():
            with contextlib.suppress(OSError):
                session.shutdown(socket.SHUT_RDWR)
        for thread in sessions:
            thread.join()


def _thread(target: Callable[[], None], name: str) -> threading.Thread:
    return threading.Thread(target=target, name=name, daemon=True)


def _started(target: Callable[[], None], name: str) -> threading.Thread:
    thread = _thread(target, name)
    thread.start()
    return thread
