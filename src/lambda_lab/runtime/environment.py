r"""One execution environment: a sandbox, a process in it, and the states it goes through.

::

    NEW -> INIT -> IDLE <-> BUSY -> GONE
             \________________/
              a crash, a timeout or an exit ends the process; the environment keeps its /tmp and
              its log stream, and starts the runtime again with its next invocation

That is AWS's life cycle:
https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lambda_lab import facts
from lambda_lab.clock import SECOND, stopwatch_ns
from lambda_lab.errors import PackagingError
from lambda_lab.records import FunctionSpec
from lambda_lab.runtime import faults
from lambda_lab.runtime.api import Invocation, RuntimeApi, RuntimeReply
from lambda_lab.runtime.launcher import Process
from lambda_lab.runtime.log_pipe import LogPipe
from lambda_lab.runtime.memory import Watched
from lambda_lab.runtime.outcomes import InitOutcome, Outcome, State
from lambda_lab.runtime.process_tree import memory_kb
from lambda_lab.runtime.workshop import LogLines, Setting, Workshop, program_for

__all__ = [
    "Environment",
    "InitOutcome",
    "LogLines",
    "Outcome",
    "State",
    "Workshop",
    "init_limit_seconds",
]


@dataclass(frozen=True, slots=True)
class _Exited:
    status: int


@dataclass(frozen=True, slots=True)
class _InitError:
    reply: RuntimeReply


_NEXT = object()
News = RuntimeReply | _Exited | _InitError | object
SLICE_SECONDS = 0.05
"""Longest single wait on a runtime's own connection."""
QUICK_MS = 1.5
MEASURE_EVERY = 16
"""One in so many quick invocations is measured for memory."""
EXIT_SECONDS = 5.0
"""Bound on waiting for the kernel to end a killed process."""


class Environment:
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
        self.spec = spec
        self.identity = identity
        self.log_stream = log_stream
        self.init_type = init_type
        self.state = State.NEW
        self.invocations = 0
        self.peak_kb = 0
        self._task, self._opt = task, opt
        self._workshop = workshop
        self._on_idle = on_idle
        self._news: queue.SimpleQueue[News] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._waiting = False  # the runtime asked for its next invocation
        self._finished = True  # the caller is done with the last one
        self._process: Process | None = None
        self._watched: Watched | None = None
        self._log = LogPipe(workshop.loop, emit)
        self._api = RuntimeApi(workshop.loop, self)

    # -- what the runtime says (I/O loop's thread) ---------------------------------------------

    def on_next(self) -> None:
        """The runtime asks for work: init is over, or it is ready again."""
        with self._lock:
            self._waiting = True
            starting = self.state is State.INIT
        if starting:
            self._log.flush()
            self._news.put(_NEXT)
        else:
            self._maybe_idle()

    def on_reply(self, request_id: str, reply: RuntimeReply) -> None:
        """The runtime answered: what it wrote before belongs to this invocation."""
        self._log.flush()
        self._news.put(reply)

    def on_init_error(self, reply: RuntimeReply) -> None:
        """The runtime could not start; its process is about to end."""
        self._log.flush()
        self._news.put(_InitError(reply))

    def _on_exit(self, status: int) -> None:
        self._log.flush()
        self._api.forget_runtime()
        with self._lock:
            self._process, self._waiting = None, False
        self._news.put(_Exited(status))
        self._maybe_idle()

    def _maybe_idle(self) -> None:
        """Become idle once the caller is done and the runtime is ready - or gone."""
        with self._lock:
            settled = self._waiting or self._process is None
            ready = settled and self._finished and self.state is State.BUSY
            if ready:
                self.state = State.IDLE
        if ready:
            self._on_idle(self)

    # -- what callers do -----------------------------------------------------------------------

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
            self.state, self._waiting, self._finished = State.INIT, False, False
        self.peak_kb = 0
        self._discard_news()
        started = stopwatch_ns()
        try:
            self._start_process()
            outcome = self._await_init(started, limit_seconds)
        except PackagingError as error:
            kind = faults.INVALID_ENTRYPOINT
            outcome = InitOutcome("error", _since_ms(started), kind, sentence=str(error))
        finally:
            self.state = State.BUSY
        if outcome.status != "success":
            self._end_process()
        return outcome

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
            self.state, self._waiting, self._finished = State.BUSY, False, False
        self.invocations += 1
        watched = self._watch()
        started = stopwatch_ns()
        try:
            self._api.send(invocation)
            news = self._await_reply(limit_seconds)
        except ConnectionError:
            news = self._next_news(EXIT_SECONDS)
        duration_ms = _since_ms(started)
        self._workshop.memory.remove(watched)
        self._measure(watched, duration_ms)
        match news:
            case RuntimeReply(body, None):
                return Outcome("success", body, duration_ms, self._memory_mb())
            case RuntimeReply(body, error_type):
                return Outcome("failure", body, duration_ms, self._memory_mb(), error_type)
            case _Exited(status):
                return self._crashed(invocation.request_id, status, duration_ms, watched.over)
            case _:
                self._end_process()
                sentence = faults.timed_out(timeout_seconds)
                text = f"RequestId: {invocation.request_id} Error: {sentence}"
                return Outcome(
                    "timeout",
                    faults.document(faults.TIMED_OUT, text),
                    timeout_seconds * 1000,
                    self._memory_mb(),
                    faults.TIMED_OUT,
                    sentence,
                )

    def finish(self) -> None:
        """Say that the caller is done; idle follows when the runtime asks for more."""
        self._api.stop_reading()
        with self._lock:
            self._finished = True
        self._maybe_idle()

    def close(self) -> None:
        """End the environment: process, socket, pipe, file system."""
        self.state = State.GONE
        process = self._process
        if process is not None:
            self._end_process()
        self._workshop.launcher.forget(self.identity)
        self._api.close()
        self._log.close()

    # -- pieces --------------------------------------------------------------------------------

    def _start_process(self) -> None:
        launcher = self._workshop.launcher
        launcher.wait_ready()
        program = program_for(
            self.spec,
            Setting(self.identity, self.log_stream, self.init_type, self._api.address),
            self._task,
            self._opt,
            self._workshop,
        )
        self._process = launcher.start(program, self._log.write_fd, self._on_exit)

    def _await_init(self, started: int, limit_seconds: float) -> InitOutcome:
        watched = self._watch()
        news = self._next_news(limit_seconds)
        duration_ms = _since_ms(started)
        self._workshop.memory.remove(watched)
        self._measure(watched)
        match news:
            case _InitError(reply):
                self._next_news(EXIT_SECONDS)  # AWS's clients exit after they said so
                memory = self._memory_mb()
                return InitOutcome(
                    "error", duration_ms, reply.error_type, reply.body, memory_mb=memory
                )
            case _Exited(status):
                sentence = faults.exit_reason(status)
                kind = faults.OUT_OF_MEMORY if watched.over else faults.EXIT_ERROR
                memory = self.spec.memory_mb if watched.over else self._memory_mb()
                return InitOutcome("error", duration_ms, kind, b"", sentence, memory)
            case None:
                memory = self._memory_mb()
                return InitOutcome(
                    "timeout", limit_seconds * 1000, faults.TIMED_OUT, memory_mb=memory
                )
            case _:
                return InitOutcome("success", duration_ms)

    def _crashed(self, request_id: str, status: int, duration_ms: float, over: bool) -> Outcome:
        sentence = faults.exit_reason(status)
        payload = faults.document(faults.EXIT_ERROR, f"RequestId: {request_id} Error: {sentence}")
        kind = faults.OUT_OF_MEMORY if over else faults.EXIT_ERROR
        memory = self.spec.memory_mb if over else self._memory_mb()
        return Outcome("error", payload, duration_ms, memory, kind, sentence)

    def _await_reply(self, seconds: float) -> News | None:
        """Read the runtime's answer on this thread, as long as there is something to read."""
        deadline_ns = stopwatch_ns() + round(seconds * SECOND)
        while True:
            left = (deadline_ns - stopwatch_ns()) / SECOND
            # In slices: a runtime may open a second connection and answer there.
            reading = self._api.read_reply(min(left, SLICE_SECONDS))
            try:
                return self._news.get_nowait()
            except queue.Empty:
                if left <= 0:
                    return None
                if not reading:
                    return self._next_news(left)

    def _next_news(self, seconds: float) -> News | None:
        try:
            return self._news.get(timeout=max(0.0, seconds))
        except queue.Empty:
            return None

    def _discard_news(self) -> None:
        while True:
            try:
                self._news.get_nowait()
            except queue.Empty:
                return

    def _end_process(self) -> None:
        """Kill the process, if it is there, and wait until the kernel says that it is gone."""
        process = self._process
        if process is None:
            return
        process.kill()
        deadline = stopwatch_ns() / 1e9 + EXIT_SECONDS
        while (left := deadline - stopwatch_ns() / 1e9) > 0:
            news = self._next_news(left)
            if news is None or isinstance(news, _Exited):
                return

    def _watch(self) -> Watched:
        process = self._process
        limit_kb = self.spec.memory_mb * 1024
        watched = Watched(process.pid if process else 0, limit_kb, self._too_much_memory)
        self._workshop.memory.add(watched)
        return watched

    def _too_much_memory(self) -> None:
        process = self._process
        if process is not None:
            process.kill()

    def _measure(self, watched: Watched, duration_ms: float = QUICK_MS) -> None:
        """Take note of the memory used.

        A run of a millisecond or less cannot have taken much; it is measured once in a while.
        """
        self.peak_kb = max(self.peak_kb, watched.peak_kb)
        process = self._process
        quick = duration_ms < QUICK_MS and self.invocations % MEASURE_EVERY > 1
        if process is not None and not quick:
            self.peak_kb = max(self.peak_kb, memory_kb(process.pid))

    def _memory_mb(self) -> int:
        return min(self.spec.memory_mb, self.peak_kb // 1024)


def _since_ms(started_ns: int) -> float:
    return (stopwatch_ns() - started_ns) / 1e6


def init_limit_seconds() -> float:
    """Return the limit of the init phase of an on-demand environment in seconds."""
    return float(facts.value("init.maximum"))
