"""A process in a sandbox: what it is to run, and the handle on it while it runs."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lambda_lab.runtime.egress import Guest
from lambda_lab.runtime.process_tree import kill_environment, tell_main_thread

__all__ = ["Process", "Program"]


@dataclass(frozen=True, slots=True)
class Program:
    """What to run in a sandbox.

    ``argv`` is the handler for ``kind="python"`` and a command line for ``kind="exec"``.
    ``task`` and ``opt`` are host folders; ``directory`` is where the process starts, as it will
    see it.
    """

    identity: str
    kind: str
    argv: tuple[str, ...]
    env: Mapping[str, str]
    task: str
    opt: str | None
    tmp_mb: int
    directory: str
    own_paths: tuple[str, ...] = ()
    home: str = ""
    """Whose file system it lives in, where that is not its own: an extension's environment."""
    function: str = ""
    vpc_config: Mapping[str, Any] | None = None
    """Of the function, for who decides what it may connect to."""

    @property
    def guest(self) -> Guest:
        """The environment, as who decides on its connections knows it."""
        host, _, port = self.env.get("AWS_LAMBDA_RUNTIME_API", "").partition(":")
        api = (host, int(port or 0))
        return Guest(self.home or self.identity, self.function, api, self.vpc_config)


@dataclass(slots=True)
class Process:
    """A started process. ``on_exit`` is called once, on the I/O loop's thread."""

    identity: str
    on_exit: Callable[[int], None]
    pid: int = 0
    namespace: int | None = None
    error: str = ""
    unusable: bool = False
    home: str = ""
    guest: Guest = field(default_factory=lambda: Guest(""))
    ended: bool = False
    unwanted: bool = False
    """Its environment is gone: nobody waits for it, and it ends as soon as it is there."""
    server: int = 0
    """The fork server, which visits the file system of an environment to start more there."""
    others: Callable[[], list[int]] = list
    """Returns the other processes of its environment, which live on when it is killed."""
    started: threading.Event = field(default_factory=threading.Event)
    _killing: threading.Lock = field(default_factory=threading.Lock)
    _retired: bool = False

    def kill(self) -> None:
        """End it and everything it started, at once."""
        with self._killing:
            if self.pid and not self._retired:
                kill_environment(self.pid, self.namespace, self.others(), visitor=self.server)

    def ask_to_end(self) -> None:
        """Send it ``SIGTERM``; what it started is not told."""
        with self._killing:
            if self.pid and not self._retired and not self.ended:
                tell_main_thread(self.pid, signal.SIGTERM)

    def give_up(self, why: str) -> None:
        """End it, or let it end as soon as it has started; who waits for its start hears *why*."""
        self.unwanted = True
        if self.pid:
            self.kill()
        elif not self.started.is_set():
            self.error = why
            self.started.set()

    def retire(self) -> None:
        """Make :meth:`kill` do nothing from now on; waits for one that is at work.

        One that has not ended is killed now: nobody will know of it any more.

        The next process of an environment lives in the same mount namespace, and the fork server
        visits it to start that process: who still looks for leftovers there would kill both.
        """
        if not self.ended:
            self.kill()
        with self._killing:
            self._retired = True
