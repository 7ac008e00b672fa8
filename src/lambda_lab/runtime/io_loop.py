"""One thread that waits for every socket and pipe of a region's execution environments.

A thousand environments need no thousand threads: each registers its file descriptors here with
a callback, and the callback runs when there is something to read.
"""

from __future__ import annotations

import logging
import os
import selectors
import threading
from collections import deque
from collections.abc import Callable
from typing import Protocol

from lambda_lab.closing import Closing

__all__ = ["HasFileno", "IoLoop"]

log = logging.getLogger(__name__)


class HasFileno(Protocol):
    """A socket, a pipe, or anything else with a file descriptor."""

    def fileno(self) -> int:
        """Return the file descriptor."""
        ...


class IoLoop(Closing):
    """A selector and the thread that runs it. A context manager: leaving it ends the thread."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._jobs: deque[Callable[[], None]] = deque()
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_read, False)
        os.set_blocking(self._wake_write, False)
        self._selector.register(self._wake_read, selectors.EVENT_READ, self._woken)
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="lab-runtime-io", daemon=True)
        self._thread.start()

    def call_soon(self, job: Callable[[], None]) -> None:
        """Run *job* on the loop's thread."""
        self._jobs.append(job)
        self._wake()

    def add(self, source: HasFileno, on_readable: Callable[[], None]) -> None:
        """Call *on_readable* on the loop's thread whenever *source* can be read."""

        def register() -> None:
            # The source may have been closed between the request and this turn of the loop.
            if source.fileno() >= 0:
                self._selector.register(source, selectors.EVENT_READ, on_readable)

        self._on_thread(register)

    def add_soon(self, source: HasFileno, on_readable: Callable[[], None]) -> None:
        """Like :meth:`add`, without waiting until the loop has taken note."""

        def register() -> None:
            if source.fileno() >= 0:
                self._selector.register(source, selectors.EVENT_READ, on_readable)

        self.call_soon(register)

    def remove(self, source: HasFileno) -> None:
        """Stop watching *source*; call it before closing the source. Unknown is ignored."""

        def unregister() -> None:
            try:
                self._selector.unregister(source)
            except (KeyError, ValueError):
                pass

        self._on_thread(unregister)

    def _on_thread(self, job: Callable[[], None]) -> None:
        if threading.current_thread() is self._thread:
            job()
            return
        done = threading.Event()

        def run() -> None:
            try:
                job()
            finally:
                done.set()

        self.call_soon(run)
        while not done.wait(0.5):
            if not self._thread.is_alive():
                return

    def _wake(self) -> None:
        try:
            os.write(self._wake_write, b"x")
        except BlockingIOError:
            pass  # the pipe is full of wake-ups already
        except OSError:
            if not self._closed:
                raise

    def _woken(self) -> None:
        try:
            os.read(self._wake_read, 4096)
        except BlockingIOError:
            pass

    def _run(self) -> None:
        while not self._closed:
            for key, _ in self._selector.select():
                self._guarded(key.data)
            while self._jobs:
                self._guarded(self._jobs.popleft())

    def _guarded(self, job: Callable[[], None]) -> None:
        # One environment's broken message must not end the thread that all of them need.
        try:
            job()
        except Exception:
            log.exception("a runtime callback failed")

    def close(self) -> None:
        """End the thread and release the selector."""
        if self._closed:
            return
        self._closed = True
        self._wake()
        if threading.current_thread() is not self._thread:
            self._thread.join()
        self._selector.close()
        os.close(self._wake_read)
        # Whoever wakes a closed loop must not write to what gets this number next.
        wake_write, self._wake_write = self._wake_write, -1
        os.close(wake_write)
