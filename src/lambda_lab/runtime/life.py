"""What an environment is told - by its runtime, its extensions, the kernel - and what follows.

All of it comes on the I/O loop's thread. The thread of a call hears of it through a mailbox.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from lambda_lab.records import FunctionSpec
from lambda_lab.runtime.api import RuntimeApi, RuntimeReply
from lambda_lab.runtime.extension_start import grace
from lambda_lab.runtime.extensions import ExtensionFailure, Extensions
from lambda_lab.runtime.extensions_api import ExtensionsApi
from lambda_lab.runtime.freezing import Ice
from lambda_lab.runtime.launcher import Process
from lambda_lab.runtime.log_pipe import LogPipe
from lambda_lab.runtime.news import Exited, InitError, Mailbox, Step
from lambda_lab.runtime.outcomes import State
from lambda_lab.runtime.workshop import LogLines, Workshop

__all__ = ["Life"]


class Life:
    """The state of an execution environment, kept by what it is told.

    Parameters
    ----------
    spec, workshop
        The function, and what the region shares.
    emit, on_idle
        Takes the function's output; called when the environment may take its next invocation.
    """

    def __init__(
        self,
        spec: FunctionSpec,
        workshop: Workshop,
        emit: LogLines,
        on_idle: Callable[[], None],
    ) -> None:
        self.spec = spec
        self.state = State.NEW
        self._workshop = workshop
        self._on_idle = on_idle
        self._news = Mailbox()
        self._lock = threading.Lock()
        self._waiting = False  # the runtime asked for its next invocation
        self._finished = True  # the caller is done with the last one
        self._process: Process | None = None
        self._log = LogPipe(workshop.loop, emit)
        self.extensions = Extensions(self)
        self._ice = Ice(self._roots)
        self._reason = "failure"  # why the extensions are shut down, should the runtime end
        others = ExtensionsApi(self.extensions, spec)
        try:
            self._api = RuntimeApi(workshop.loop, self, others=others)
        except OSError:
            self._log.close()  # no descriptor is left for a socket: let no pipe keep two
            raise

    def _roots(self) -> list[int]:
        process = self._process
        return [*([process.pid] if process else []), *self.extensions.pids]

    def on_next(self) -> None:
        """The runtime asks for work: init is over, or it is ready again."""
        with self._lock:
            self._waiting = True
            starting = self.state is State.INIT
        if starting:
            self._log.flush()
            self._maybe_started()
        else:
            self._maybe_idle()

    def on_reply(self, request_id: str, reply: RuntimeReply) -> None:
        """The runtime answered: what it wrote before belongs to this invocation."""
        self._log.flush()
        self._news.put(reply)

    def on_init_error(self, reply: RuntimeReply) -> None:
        """The runtime could not start; its process is about to end."""
        self._log.flush()
        self._news.put(InitError(reply))

    def on_extension_news(self) -> None:
        """An extension registered, waits for an event, or ended as it should."""
        if self.state is State.INIT:
            self._log.flush()
            if self._process is None and self.extensions.registered:
                self._news.put(Step.REGISTERED)
            self._maybe_started()
        else:
            self._maybe_idle()

    def on_extension_failure(self, failure: ExtensionFailure) -> None:
        """An extension failed: what runs ends, and the environment starts anew when invoked."""
        self._log.flush()
        self._news.put(failure)
        process = self._process
        if self.state is State.IDLE and process is not None:
            process.kill()

    def _on_exit(self, status: int) -> None:
        self._log.flush()
        self._api.forget_runtime()
        with self._lock:
            self._process, self._waiting = None, False
        self._news.put(Exited(status))
        if self.extensions.external and not self.extensions.ending:
            # On a thread of its own: they have up to two seconds.
            self.extensions.begin_ending()
            threading.Thread(target=self._end_extensions, name="lab-extensions").start()
        self._maybe_idle()

    def _end_extensions(self) -> None:
        self._ice.thaw()
        self.extensions.shut_down(self._reason, grace(self.extensions)[1])
        self._maybe_idle()

    def _maybe_started(self) -> None:
        """Say once that init is over: the runtime and all extensions wait for work."""
        if self._waiting and self.extensions.ready and self.extensions.open:
            self.extensions.open = False
            self._news.put(Step.READY)

    def _maybe_idle(self) -> None:
        """Become idle once the caller is done and all are ready - or gone."""
        extensions = self.extensions
        with self._lock:
            if self._process is None:
                settled = not extensions.external
            else:
                settled = self._waiting and extensions.ready
            ready = settled and self._finished and self.state is State.BUSY
            if ready:
                self.state = State.IDLE
        if ready:
            if self._process is not None:
                self._workshop.launcher.freezer.soon(self._ice)
            self._on_idle()
