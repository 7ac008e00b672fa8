"""Freezing: an environment that has nothing to do does not run.

Lambda freezes an environment when its runtime and its extensions have asked for their next event,
and thaws it for the next invocation; what runs in the background stands still in between:
https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html

AWS pauses a small virtual machine. Here every process of the environment is stopped by a signal
that no program can refuse (``SIGSTOP``), and goes on by ``SIGCONT``. Control groups could do the
same with one write, but an ordinary user may not make them.

A warm call must not pay for this. So one thread freezes what has been idle for a few milliseconds,
and calls that follow each other at once never meet a stopped process.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Collection, Mapping

from lambda_lab.clock import SECOND, stopwatch_ns
from lambda_lab.closing import Closing
from lambda_lab.errors import SandboxError
from lambda_lab.runtime.process_tree import continue_processes, stop_families

__all__ = ["FREEZE_VARIABLE", "Freezer", "Ice", "freezing_wanted"]

FREEZE_VARIABLE = "LAMBDA_LAB_FREEZE"
IDLE_SECONDS = 0.005
"""How long an environment is idle before its processes are stopped. Ours: AWS publishes none."""
LINGER_LOOKS = 200
"""Looks at nothing before the thread goes to sleep; waking it costs more than looking."""


def freezing_wanted(variables: Mapping[str, str] = os.environ) -> bool:
    """Return whether idle environments are stopped: ``LAMBDA_LAB_FREEZE`` is not ``0``.

    Raises
    ------
    SandboxError
        If the variable is neither ``0`` nor ``1``.

    Examples
    --------
    >>> freezing_wanted({}), freezing_wanted({"LAMBDA_LAB_FREEZE": "0"})
    (True, False)
    """
    text = variables.get(FREEZE_VARIABLE, "1")
    if text not in ("0", "1"):
        raise SandboxError(
            f"{FREEZE_VARIABLE} is {text!r}. Unset it, or set it to 0 to let idle environments run."
        )
    return text == "1"


class Ice:
    """Whether the processes of one environment are stopped.

    Parameters
    ----------
    roots
        Returns the process ids of the environment's runtime and extensions; their children, and
        the children of those, stop with them.
    """

    def __init__(self, roots: Callable[[], Collection[int]]) -> None:
        self._roots = roots
        self._lock = threading.Lock()
        self._stopped: frozenset[int] = frozenset()
        self.due_ns: int | None = None
        """When to freeze, on the stopwatch; ``None`` while there is work to do."""

    @property
    def frozen(self) -> bool:
        """Whether its processes are stopped now."""
        return bool(self._stopped)

    def freeze(self) -> None:
        """Stop every process, unless a call came in the meantime."""
        with self._lock:
            if self.due_ns is not None:
                self.due_ns = None
                self._stopped = stop_families(self._roots())

    def leave(self) -> None:
        """Freeze it no more, and leave it as it is; waits for a freeze that is at work."""
        self.due_ns = None
        with self._lock:
            self._stopped = frozenset()

    def thaw(self) -> None:
        """Let every process go on, and freeze none before it is idle again.

        Waits for a freeze that is at work. A process that the function itself had stopped stays
        stopped.
        """
        self.due_ns = None
        with self._lock:
            if self._stopped:
                continue_processes(self._roots(), self._stopped)
                self._stopped = frozenset()


class Freezer(Closing):
    """The thread that freezes idle environments. A context manager: leaving it ends the thread.

    Parameters
    ----------
    wanted
        ``False`` lets idle environments run.
    """

    def __init__(self, *, wanted: bool = True) -> None:
        self.wanted = wanted
        self._idle: set[Ice] = set()
        self._changed = threading.Condition()
        self._parked = self._closed = False
        self._thread: threading.Thread | None = None

    def soon(self, ice: Ice) -> None:
        """Freeze *ice* when it has been idle for a moment; :meth:`Ice.thaw` takes that back."""
        if not self.wanted:
            return
        ice.due_ns = stopwatch_ns() + round(IDLE_SECONDS * SECOND)
        self._idle.add(ice)  # one step of the interpreter: a warm call takes no lock for it
        if self._parked or self._thread is None:
            self._wake()

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify()
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._run, name="lab-freezer", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        quiet = 0
        while not self._closed:
            quiet = 0 if self._idle else quiet + 1
            with self._changed:
                if quiet > LINGER_LOOKS:
                    self._parked = True
                    # Who came before that is in the set; who comes after it wakes this thread.
                    self._changed.wait_for(lambda: self._idle or self._closed)
                    self._parked, quiet = False, 0
                elif not self._closed:
                    self._changed.wait(IDLE_SECONDS)
            for ice in self._take_due():
                ice.freeze()

    def _take_due(self) -> list[Ice]:
        now = stopwatch_ns()
        due = []
        for ice in list(self._idle):
            when_ns = ice.due_ns
            if when_ns is None or when_ns <= now:
                self._idle.discard(ice)
                due.append(ice)
                if when_ns is None and ice.due_ns is not None:
                    self._idle.add(ice)  # busy a moment ago, and idle again
        return [ice for ice in due if ice.due_ns is not None and ice.due_ns <= now]

    def close(self) -> None:
        """End the thread. What is frozen stays so: it can only be ended."""
        with self._changed:
            self._closed = True
            self._idle.clear()
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()
