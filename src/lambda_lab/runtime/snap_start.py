"""SnapStart's environments: the template that is initialised once, and those restored from it.

https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from lambda_lab.clock import stopwatch_ns
from lambda_lab.runtime.environment import Environment
from lambda_lab.runtime.outcomes import InitOutcome
from lambda_lab.runtime.process import Process, Program

__all__ = ["SNAP_START", "Restored", "Template"]

SNAP_START = "snap-start"
"""``AWS_LAMBDA_INITIALIZATION_TYPE`` of both."""


class Template(Environment):
    """An initialised environment that takes no calls: the snapshot of one version.

    Its process waits where AWS would have taken the snapshot, frozen, and is copied for every
    environment that is restored. Parameters are those of :class:`Environment`.
    """

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._copying = threading.Lock()

    def init(self, limit_seconds: float) -> InitOutcome:
        """Start the process, when no copy is made of the one before it."""
        with self._copying:
            return super().init(limit_seconds)

    def _launch(self, program: Program) -> Process:
        return super()._launch(replace(program, kind="template"))

    def copy(self, program: Program, log_fd: int, on_exit: Callable[[int], None]) -> Process:
        """Start a copy of the process as the process of *program*.

        Raises
        ------
        SandboxError
            If this process is gone, or the kernel has no room for another.
        """
        launcher = self._workshop.launcher
        with self._copying:
            self.thaw()
            try:
                return launcher.restore(program, self.identity, log_fd, on_exit)
            finally:
                if self.running:
                    launcher.freezer.soon(self._ice)


class Restored(Environment):
    """An environment that begins as a copy of *template* instead of with an init.

    Further parameters are those of :class:`Environment`.
    """

    def __init__(self, *args: Any, template: Template, **more: Any) -> None:
        super().__init__(*args, **more)
        self._template = template
        self._copied_ns = 0
        self.billed_ms = 0.0
        """Of the last restore, the part that is billed: after-restore hooks, and to be ready."""

    def init(self, limit_seconds: float) -> InitOutcome:
        """Restore the snapshot, and wait until the runtime asks for work, fails, or time is up."""
        self._copied_ns = 0
        outcome = super().init(limit_seconds)
        if self._copied_ns:
            self.billed_ms = (stopwatch_ns() - self._copied_ns) / 1e6
        return outcome

    def _launch(self, program: Program) -> Process:
        process = self._template.copy(program, self._log.write_fd, self._on_exit)
        self._copied_ns = stopwatch_ns()
        return process
