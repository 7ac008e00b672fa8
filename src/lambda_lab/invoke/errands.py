"""Work with threads of its own that nobody waits for but the clock: ends, and busy extensions."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

__all__ = ["Errands"]

log = logging.getLogger(__name__)


class Errands:
    """Runs jobs on threads of their own and knows when all are done.

    Examples
    --------
    >>> errands, done = Errands(), []
    >>> errands.run(lambda: done.append("job"), "lab-doc")
    >>> errands.wait()
    >>> done
    ['job']
    """

    def __init__(self) -> None:
        self._left = 0
        self._changed = threading.Condition()

    def run(self, job: Callable[[], object], name: str) -> None:
        """Run *job* now, on a thread called *name*."""
        with self._changed:
            self._left += 1
        try:
            threading.Thread(target=self._run, args=(job,), name=name).start()
        except RuntimeError:
            self._end()  # the system has no thread left; nobody must wait for one that never began
            raise

    def _run(self, job: Callable[[], object]) -> None:
        try:
            job()
        except Exception:
            # One that fails must not keep everybody waiting.
            log.exception("a background job failed")
        finally:
            self._end()

    def _end(self) -> None:
        with self._changed:
            self._left -= 1
            if not self._left:
                self._changed.notify_all()

    def wait(self) -> None:
        """Wait until every job is done. Never call it from a job."""
        with self._changed:
            self._changed.wait_for(lambda: not self._left)
