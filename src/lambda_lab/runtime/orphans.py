"""Processes of environments whose fork server was killed, where no mount namespace tells them.

When the fork server is killed, the kernel ends the environments with it, and what those had started
loses its parents one after the other. So it is known by what it was started with: a fork has the
command line of the fork server, and a program the address of its environment's Runtime API.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from psutil import Process

__all__ = ["kill_orphans"]

ADDRESS = "AWS_LAMBDA_RUNTIME_API"
LOOKS = 100


def kill_orphans(command: Sequence[str], addresses: Collection[str]) -> None:
    """Kill who was forked from *command*, or started with one of *addresses*; until none is left.

    A program that was started without Lambda's variables, by a process that is gone, is not found.
    """
    import psutil

    for _ in range(LOOKS):
        found = list(_orphans(list(command), addresses))
        if not found:
            return
        for process in found:
            with contextlib.suppress(psutil.Error):
                process.kill()


def _orphans(command: list[str], addresses: Collection[str]) -> Iterator[Process]:
    import psutil

    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.status() == psutil.STATUS_ZOMBIE:
                continue
            if process.cmdline() == command or process.environ().get(ADDRESS) in addresses:
                yield process
