r"""One execution environment: a sandbox, a process in it, and the states it goes through.

::

    NEW -> INIT -> IDLE <-> BUSY -> GONE
             \________________/
              a crash, a timeout or an exit ends the process; the environment keeps its /tmp and
              its log stream, and starts the runtime again with its next invocation

While it is IDLE its processes are frozen (:mod:`.freezing`). It is idle when its runtime and all
of its extensions (:mod:`.extensions`) have asked for their next event.

That is AWS's life cycle:
https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

from lambda_lab import facts
from lambda_lab.clock import SECOND, stopwatch_ns
from lambda_lab.errors import PackagingError, SandboxError
from lambda_lab.records import FunctionSpec
from lambda_lab.runtime import faults
from lambda_lab.runtime.api import Invocation, RuntimeReply
from lambda_lab.runtime.extension_start import grace, launch
from lambda_lab.runtime.extensions import ExtensionFailure
from lambda_lab.runtime.init_outcome import init_outcome
from lambda_lab.runtime.launcher import Process, Program
from lambda_lab.runtime.life import Life
from lambda_lab.runtime.memory import Watched
from lambda_lab.runtime.memory_use import MemoryUse
from lambda_lab.runtime.news import Exited, InitError, News, Step
from lambda_lab.runtime.outcomes import (
    InitOutcome,
    Outcome,
    PostRun,
    State,
    failed_outcome,
    timeout_outcome,
)
from lambda_lab.runtime.workshop import (
    LogLines,
    Setting,
    Workshop,
    extension_programs,
    program_for,
)

__all__ = [
    "Environment",
    "InitOutcome",
    "LogLines",
    "Outcome",
    "State",
    "Workshop",
    "init_limit_seconds",
]


SLICE_SECONDS = 0.05
"""Longest single wait on a runtime's own connection."""
EXIT_SECONDS = 5.0
"""Bound on waiting for the kernel to end a killed process."""


class Environment(Life):
    """One execution environment. Own it with ``close()``; the pool of a function does.

    Parameters
    ----------
    spec, task, opt
        The function and its unpacked package and layers.
    identity, log_stream
        32 hexadecimal digits, and the log stream named after them.
    workshop
        What the region shares.
    emit
        Takes what the function writes, message by message.
    on_idle
        Called when the environment may take its next invocation.
    """

    def __init__(
        self,
        spec: FunctionSpec,
        task: Path,
        opt: Path | None,
        *,
        identity: str,
        log_stream: str,
        workshop: Workshop,
        emit: LogLines,
        on_idle: Callable[[Environment], None],
        init_type: str = "on-demand",
    ) -> None:
        super().__init__(spec, workshop, emit, lambda: on_idle(self))
        self.identity = identity
        self.log_stream = log_stream
        self.init_type = init_type
        self.invocations = 0
        self.idle_since_ns = 0
        """Since when it is idle, in the region's time; its owner keeps it."""
        self._task, self._opt = task, opt
        self._memory = MemoryUse(spec.memory_mb, workshop.memory, self._too_much_memory)

    # -- what callers do -----------------------------------------------------------------------

    @property
    def frozen(self) -> bool:
        """Whether its processes are stopped now."""
        return self._ice.frozen

    @property
    def has_extensions(self) -> bool:
        """Whether any extension runs in it."""
        return self.extensions.there

    def thaw(self) -> None:
        """Let its processes run; whoever talks to those of an idle environment does this first."""
        self._ice.thaw()

    @property
    def running(self) -> bool:
        """Whether a process is there; an environment without one starts it when invoked."""
        return self._process is not None

    @property
    def pid(self) -> int | None:
        """The process as the host sees it."""
        process = self._process
        return process.pid if process else None

    def init(self, limit_seconds: float) -> InitOutcome:
        """Start the runtime and wait until it asks for work, fails, or time is up."""
        with self._lock:
            if self.state is State.GONE:
                raise SandboxError("The execution environment was ended before it had started.")
            self.state, self._waiting, self._finished = State.INIT, False, False
        # The process before this one may have left word to freeze it: not while this one starts.
        self._ice.leave()
        self._reason = "failure"
        self._memory.forget()
        self.extensions.reset()
        self._news.discard()
        started = stopwatch_ns()
        try:
            outcome = self._start(started, limit_seconds)
        except PackagingError as error:
            kind = faults.INVALID_ENTRYPOINT
            outcome = InitOutcome("error", _since_ms(started), kind, sentence=str(error))
        finally:
            with self._lock:
                self._become(State.BUSY)
        if outcome.status != "success":
            self.extensions.begin_ending()
            self._end_process()
            self.extensions.kill()
        return outcome

    def _become(self, state: State) -> None:
        # Who was ended meanwhile stays so.
        if self.state is not State.GONE:
            self.state = state

    def invoke(
        self, invocation: Invocation, limit_seconds: float, timeout_seconds: float
    ) -> Outcome:
        """Run one invocation.

        Parameters
        ----------
        invocation
            The event and its headers.
        limit_seconds
            Time left, after an init that happened within the invocation.
        timeout_seconds
            The function's timeout, for the message.
        """
        with self._lock:
            self._become(State.BUSY)
            self._waiting = self._finished = False
        self._ice.thaw()
        self.invocations += 1
        started = stopwatch_ns()
        try:
            if self.extensions.there:
                self.extensions.invoke(invocation.request_id, invocation.headers)
            self._api.send(invocation)
            sent = True
        except ConnectionError:
            sent = False
        watched = self._watch()  # the function runs by now, and waits for nothing that is done here
        news = self._await_reply(limit_seconds) if sent else self._news.next(EXIT_SECONDS)
        duration_ms = _since_ms(started)
        self._memory.end(watched, duration_ms)
        if watched.over and not isinstance(news, Exited):
            # Its answer came first, but on AWS the kernel would not have let it get that far.
            self._end_process()
            news = Exited(signal.SIGKILL)
        match news:
            case RuntimeReply(body, None):
                return Outcome("success", body, duration_ms, self._memory.mb)
            case RuntimeReply(body, error_type):
                return Outcome("failure", body, duration_ms, self._memory.mb, error_type)
            case Exited(status):
                return self._crashed(invocation.request_id, status, duration_ms, watched.over)
            case ExtensionFailure(_, error_type, sentence):
                self._end_process()
                memory = self._memory.mb
                request_id = invocation.request_id
                return failed_outcome(
                    request_id, sentence, duration_ms, memory, error_type=error_type
                )
            case _:
                self._reason = "timeout"
                self._end_process()
                return timeout_outcome(invocation.request_id, timeout_seconds, self._memory.mb)

    def await_extensions(self, seconds: float) -> PostRun:
        """Wait until every extension has asked for its next event, after the answer.

        Parameters
        ----------
        seconds
            What is left of the function's timeout, which holds for the whole invocation. Who
            passes it ends the environment's processes.
        """
        started = stopwatch_ns()
        if not self.extensions.there or self._process is None:
            return PostRun(0.0)
        in_time = self.extensions.wait_ready(max(0.0, seconds))
        failure = self.extensions.failure
        if in_time and failure is None:
            return PostRun(_since_ms(started))
        self._reason = "failure" if in_time else "timeout"
        self._end_process()
        if failure is None:
            return PostRun(_since_ms(started), "timeout", faults.TIMED_OUT)
        return PostRun(_since_ms(started), "error", failure.error_type, failure.sentence)

    def finish(self) -> None:
        """Say that the caller is done; idle follows when the runtime asks for more."""
        self._api.stop_reading()
        with self._lock:
            self._finished = True
        self._maybe_idle()

    def close(self, reason: str = "spindown") -> None:
        """End the environment: processes, socket, pipe, file system.

        Without an extension the runtime is ended at once and hears nothing. With an internal one
        it gets ``SIGTERM`` and 500 ms; external ones get their ``SHUTDOWN`` event, and two
        seconds with the runtime
        (https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html).

        Parameters
        ----------
        reason
            ``spindown``, ``timeout`` or ``failure``: what a ``SHUTDOWN`` event says.
        """
        with self._lock:
            self.state = State.GONE
        if self.extensions.there:
            self._ice.thaw()
        else:
            self._ice.leave()  # what is stopped can be ended
        for_runtime, for_extensions = grace(self.extensions)
        self.extensions.begin_ending()
        process = self._process
        if process is not None and for_runtime:
            process.ask_to_end()
            self._news.await_exit(for_runtime)
        self._end_process()
        if self.extensions.external:
            self.extensions.shut_down(reason, for_extensions)
        self._workshop.launcher.forget(self.identity)
        self._api.close()
        self._log.close()

    # -- pieces --------------------------------------------------------------------------------

    def _start(self, started: int, limit_seconds: float) -> InitOutcome:
        """Start the extensions, then the runtime, and wait for both."""
        launcher = self._workshop.launcher
        launcher.wait_ready()
        program = program_for(
            self.spec,
            Setting(self.identity, self.log_stream, self.init_type, self._api.address),
            self._task,
            self._opt,
            self._workshop,
        )
        programs = extension_programs(program, self._opt, self._workshop)
        if programs:
            failure = launch(self.extensions, programs, launcher, self._log.write_fd)
            news = failure or self._news.next(limit_seconds)
            if news is not Step.REGISTERED:
                return self._init_outcome(news, started, limit_seconds)
        asked = stopwatch_ns()
        process = self._launch(program)
        waited = stopwatch_ns() - asked
        with self._lock:
            # It may have ended meanwhile, and been heard of.
            self._process = None if process.ended else process
        # The limit is for what extensions and runtime do, not for the turn at the fork server: of a
        # thousand that start at once, the last waits for longer. On AWS none waits for others.
        return self._await_init(started, waited, limit_seconds)

    def _launch(self, program: Program) -> Process:
        """Start the runtime's process."""
        return self._workshop.launcher.start(program, self._log.write_fd, self._on_exit)

    def _await_init(self, started: int, waited: int, limit_seconds: float) -> InitOutcome:
        watched = self._watch()
        news: News | None = Step.REGISTERED
        while news is Step.REGISTERED:
            news = self._news.next(limit_seconds - _since_ms(started + waited) / 1000)
        return self._init_outcome(news, started, limit_seconds, watched)

    def _init_outcome(
        self, news: News | None, started: int, limit_seconds: float, watched: Watched | None = None
    ) -> InitOutcome:
        watched = watched or self._watch()
        duration_ms = _since_ms(started)
        self._memory.end(watched)
        if isinstance(news, InitError):
            self._news.next(EXIT_SECONDS)  # AWS's clients exit after they said so
        if watched.over and not isinstance(news, Exited):
            news = Exited(signal.SIGKILL)
        over_mb = self.spec.memory_mb if watched.over else None
        memory_mb = self._memory.mb
        return init_outcome(news, duration_ms, limit_seconds, memory_mb=memory_mb, over_mb=over_mb)

    def _crashed(self, request_id: str, status: int, duration_ms: float, over: bool) -> Outcome:
        kind = faults.OUT_OF_MEMORY if over else faults.EXIT_ERROR
        memory = self.spec.memory_mb if over else self._memory.mb
        sentence = faults.exit_reason(status)
        return failed_outcome(
            request_id,
            sentence,
            duration_ms,
            memory,
            error_type=kind,
            shown_type=faults.EXIT_ERROR,
        )

    def _await_reply(self, seconds: float) -> News | None:
        """Read the runtime's answer on this thread, as long as there is something to read."""
        deadline_ns = stopwatch_ns() + round(seconds * SECOND)
        while True:
            left = (deadline_ns - stopwatch_ns()) / SECOND
            # In slices: a runtime may open a second connection and answer there.
            reading = self._api.read_reply(min(left, SLICE_SECONDS))
            if (news := self._news.now()) is not None:
                return news
            if left <= 0:
                return None
            if not reading:
                return self._news.next(left)

    def _end_process(self) -> None:
        """Kill the process, if it is there, and wait until the kernel says that it is gone."""
        process = self._process
        if process is None:
            return
        process.kill()
        self._news.await_exit(EXIT_SECONDS)

    def _watch(self) -> Watched:
        process = self._process
        return self._memory.begin(process.pid if process else 0, lambda: self.extensions.pids)

    def _too_much_memory(self) -> None:
        process = self._process
        if process is not None:
            process.kill()


def _since_ms(started_ns: int) -> float:
    return (stopwatch_ns() - started_ns) / 1e6


def init_limit_seconds() -> float:
    """Return the limit of the init phase of an on-demand environment in seconds."""
    return float(facts.value("init.maximum"))
