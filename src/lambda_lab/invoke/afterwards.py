"""Work that a caller need not wait for: done by its own thread once it has its answer.

The log's END and REPORT lines, the timeline and handing the environment back come after the
answer, as on AWS. Whoever reads logs, metrics or the timeline waits for them first, so nobody can
see an answer whose log is not written yet.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from lambda_lab.invoke.underway import Underway

__all__ = ["Afterwards"]

log = logging.getLogger(__name__)
Job = Callable[[], object]


class Afterwards:
    """Collects jobs per thread between :meth:`begin` and :meth:`run`; else runs them at once.

    Examples
    --------
    >>> afterwards, done = Afterwards(), []
    >>> afterwards.later(lambda: done.append("at once"))
    >>> afterwards.begin()
    >>> afterwards.later(lambda: done.append("after the answer"))
    >>> done
    ['at once']
    >>> afterwards.run()
    >>> done
    ['at once', 'after the answer']
    """

    def __init__(self) -> None:
        self._threads = threading.local()
        self._underway = Underway()
        self._changed = threading.Condition()

    def begin(self) -> None:
        """Collect this thread's jobs from now on; :meth:`run` must follow, whatever happens."""
        self._threads.jobs = []

    def later(self, job: Job) -> None:
        """Do *job* when this thread's caller has its answer."""
        jobs: list[tuple[int, Job]] | None = getattr(self._threads, "jobs", None)
        if jobs is None:
            job()
            return
        with self._changed:
            jobs.append((self._underway.begin(), job))

    def run(self) -> None:
        """Do what this thread collected, in order. A job that fails does not stop the others."""
        jobs: list[tuple[int, Job]] = getattr(self._threads, "jobs", None) or []
        self._threads.jobs = None
        for turn, job in jobs:
            try:
                job()
            except Exception:
                log.exception("work after an answer failed")
            finally:
                with self._changed:
                    if self._underway.end(turn):
                        self._changed.notify_all()

    def wait(self) -> None:
        """Wait until the jobs that threads have now are done."""
        with self._changed:
            turn = self._underway.next_turn()
            self._changed.wait_for(lambda: not self._underway.before(turn))
