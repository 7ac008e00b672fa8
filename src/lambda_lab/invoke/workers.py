"""Threads that do what no caller waits for: events, batches, deliveries.

Everything asynchronous in a region is a job here, and a job that causes another submits it before
it ends itself. So the region is quiet exactly when no job is left, and :meth:`Workers.wait_idle`
knows when that is.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from lambda_lab.closing import Closing

__all__ = ["Workers"]

log = logging.getLogger(__name__)
Job = Callable[[], None]
THREADS = 1000
"""Most jobs that run at once; more wait their turn. Threads are made as they are needed."""


class Workers(Closing):
    """A pool of threads that knows when all of its work is done. A context manager.

    Examples
    --------
    >>> done = []
    >>> with Workers() as workers:
    ...     workers.submit(lambda: workers.submit(lambda: done.append("second")))
    ...     workers.wait_idle()
    >>> done
    ['second']
    """

    def __init__(self, threads: int = THREADS) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="lab-worker")
        self._left = 0
        self._changed = threading.Condition()
        self._closed = False

    def submit(self, job: Job) -> None:
        """Run *job* soon. After :meth:`stop` nothing is run any more."""
        with self._changed:
            if self._closed:
                return
            self._left += 1
            self._threads.submit(self._run, job)

    def _run(self, job: Job) -> None:
        try:
            if not self._closed:
                job()
        except Exception:
            # One broken job must not end the thread, nor the wait for all others.
            log.exception("a background job failed")
        finally:
            with self._changed:
                self._left -= 1
                if not self._left:
                    self._changed.notify_all()

    @property
    def idle(self) -> bool:
        """Whether no job waits or runs."""
        return not self._left

    def wait_idle(self) -> None:
        """Wait until no job waits or runs. Never call it from a job."""
        with self._changed:
            self._changed.wait_for(lambda: not self._left or self._closed)

    def stop(self) -> None:
        """Run nothing new."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def close(self) -> None:
        """Run nothing new, and wait for what runs."""
        self.stop()
        self._threads.shutdown(wait=True)
