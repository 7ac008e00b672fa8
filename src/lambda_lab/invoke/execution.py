"""One invocation in one environment, from a possible cold start to the REPORT line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from lambda_lab import facts
from lambda_lab.clock import Clock, stopwatch_ns, wall_time_ns
from lambda_lab.ids import Ids
from lambda_lab.invoke.journal import Journal
from lambda_lab.invoke.lineage import extend
from lambda_lab.invoke.snapshots import restore_failed, restore_limit
from lambda_lab.records import InvokeRequest
from lambda_lab.runtime import faults
from lambda_lab.runtime.api import INVOCATION_ID, Invocation
from lambda_lab.runtime.environment import Environment, InitOutcome, Outcome, State
from lambda_lab.runtime.report import Measured
from lambda_lab.runtime.snap_start import Restored
from lambda_lab.timeline import Kind

__all__ = ["Execution", "Ran"]


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of an invocation: the payload for the caller, and what its report is made from."""

    payload: bytes
    failed: bool
    outcome: Outcome
    init_ms: float | None
    extensions_ms: float = 0.0
    """What extensions took after the answer."""
    restore_ms: float | None = None
    """What a restore from a snapshot took, if there was one before this call."""
    billed_restore_ms: float = 0.0


class Execution:
    """Runs one request in one environment and writes its story down.

    Parameters
    ----------
    environment, journal
        The environment, ours until the call is over, and its log.
    init_limit_seconds
        Limit of the init phase (facts: ``init.maximum``).
    """

    def __init__(
        self,
        environment: Environment,
        journal: Journal,
        clock: Clock,
        ids: Ids,
        init_limit_seconds: float,
    ) -> None:
        self.environment = environment
        """Where it runs."""
        self.journal = journal
        """Where its story is written."""
        self._clock = clock
        self._ids = ids
        self._init_limit = init_limit_seconds

    def run(self, request: InvokeRequest) -> Ran:
        """Run *request*; raises for nothing the function does, but for a restore that fails.

        Raises
        ------
        AwsError
            ``SnapStartException`` or ``SnapStartTimeoutException``.
        """
        started = stopwatch_ns()
        environment, journal = self.environment, self.journal
        journal.begin()
        init_ms: float | None = None
        if isinstance(environment, Restored) and environment.state is State.NEW:
            restored = self._restore(environment)
            outcome = self._invoke(request, None, stopwatch_ns())
            return replace(
                _ran(outcome, None),
                restore_ms=restored.duration_ms,
                billed_restore_ms=environment.billed_ms,
            )
        if environment.state is State.NEW:
            first = self._cold_start()
            if first.status == "success":
                init_ms = first.duration_ms
            started = stopwatch_ns()
        elif environment.running:
            journal.event(Kind.THAWED)
        failed_init: InitOutcome | None = None
        if not environment.running:
            failed_init = self._suppressed_init(request)
        outcome = self._invoke(request, failed_init, started)
        return _ran(outcome, init_ms)

    # -- init ----------------------------------------------------------------------------------

    def prepare(self) -> InitOutcome:
        """Initialise the environment ahead of any call; the log tells of success, too.

        "INIT_REPORT" is always there with provisioned concurrency and SnapStart (facts:
        ``log_lines``).
        """
        self.journal.begin()
        outcome = self._cold_start()
        if outcome.status == "success":
            self._report_init(outcome, "init")
        return outcome

    def _cold_start(self) -> InitOutcome:
        environment, journal = self.environment, self.journal
        now = self._clock.now_ns
        usual = environment.init_type == "on-demand"
        journal.event(Kind.STARTING, **({} if usual else {"init_type": environment.init_type}))
        journal.write(
            journal.platform.init_start(now(), environment.init_type, environment.identity)
        )
        journal.event(Kind.INIT, phase="init")
        outcome = environment.init(self._init_limit)
        self._tell_init(outcome, "init")
        return outcome

    def _suppressed_init(self, request: InvokeRequest) -> InitOutcome | None:
        """Start the runtime again within the invocation; returns the outcome if that fails.

        Lambda calls this a suppressed init: it counts towards the invocation's own time
        (https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html).
        """
        self.journal.event(Kind.INIT, request.request_id, phase="invoke")
        outcome = self.environment.init(request.spec.timeout_seconds)
        self._tell_init(outcome, "invoke")
        return None if outcome.status == "success" else outcome

    def _tell_init(self, outcome: InitOutcome, phase: str) -> None:
        journal = self.journal
        journal.event(
            Kind.INIT_DONE,
            status=outcome.status,
            phase=phase,
            duration_ms=round(outcome.duration_ms, 3),
        )
        for one in self.environment.extensions.all:
            journal.write(
                journal.platform.extension(
                    self._clock.now_ns(), one.name, one.state, one.events, one.error
                )
            )
        if outcome.status == "success":
            return
        if outcome.sentence:
            journal.write(outcome.sentence)
        self._report_init(outcome, phase)

    def _report_init(self, outcome: InitOutcome, phase: str) -> None:
        journal = self.journal
        error_type = outcome.error_type if outcome.status == "error" else None
        journal.write(
            journal.platform.init_report(
                self._clock.now_ns(),
                outcome.duration_ms,
                phase,
                outcome.status,
                error_type,
                init_type=self.environment.init_type,
            )
        )

    def _restore(self, environment: Restored) -> InitOutcome:
        """Let an environment begin from its version's snapshot."""
        journal, now = self.journal, self._clock.now_ns
        journal.event(Kind.STARTING, init_type=environment.init_type)
        journal.write(journal.platform.restore_start(now(), environment.identity))
        journal.event(Kind.RESTORE)
        outcome = environment.init(restore_limit())
        journal.event(
            Kind.RESTORE_DONE, status=outcome.status, duration_ms=round(outcome.duration_ms, 3)
        )
        if outcome.sentence:
            journal.write(outcome.sentence)
        error_type = outcome.error_type if outcome.status == "error" else None
        journal.write(
            journal.platform.restore_report(now(), outcome.duration_ms, outcome.status, error_type)
        )
        if outcome.status != "success":
            raise restore_failed(outcome)
        return outcome

    # -- invoke --------------------------------------------------------------------------------

    def _invoke(
        self, request: InvokeRequest, failed_init: InitOutcome | None, started: int
    ) -> Outcome:
        journal, timeout = self.journal, request.spec.timeout_seconds
        journal.write(journal.platform.start(self._clock.now_ns(), request.request_id))
        journal.event(Kind.INVOKE, request.request_id)
        spent = (stopwatch_ns() - started) / 1e9
        if failed_init is not None:
            return _outcome_of_failed_init(request, failed_init, spent * 1000)
        left = max(0.0, timeout - spent)
        invocation = Invocation(request.request_id, request.payload, self._headers(request, left))
        outcome = self.environment.invoke(invocation, left, timeout)
        if outcome.status in ("success", "failure") and spent > 0.001:
            # A suppressed init is part of this invocation's duration.
            return _longer(outcome, spent * 1000)
        return outcome

    def _headers(self, request: InvokeRequest, left_seconds: float) -> Mapping[str, str]:
        # Deadlines are compared with the function's own clock, which is the machine's.
        deadline_ms = int((wall_time_ns() / 1e9 + left_seconds) * 1000)
        headers = {
            "Lambda-Runtime-Aws-Request-Id": request.request_id,
            INVOCATION_ID: f"{self.environment.identity}-{self.environment.invocations}",
            "Lambda-Runtime-Deadline-Ms": str(deadline_ms),
            "Lambda-Runtime-Invoked-Function-Arn": request.invoked_arn,
            "Lambda-Runtime-Trace-Id": extend(
                request.trace_header or self._trace(), request.spec.arn
            ),
        }
        if request.client_context is not None:
            headers["Lambda-Runtime-Client-Context"] = json.dumps(
                json.loads(request.client_context)
            )
        return headers

    def _trace(self) -> str:
        epoch = self._clock.now_ns() // 1_000_000_000
        return f"Root=1-{epoch:08x}-{self._ids.hex(24)};Parent={self._ids.hex(16)};Sampled=0"

    def await_extensions(self, request: InvokeRequest, ran: Ran) -> Ran:
        """Wait until the extensions are done, too: with them the invocation ends.

        The caller has its answer by now. If they pass the function's timeout, or one of them ends,
        the environment's processes are gone, and the log says why.
        """
        spent = ran.outcome.duration_ms / 1000
        after = self.environment.await_extensions(request.spec.timeout_seconds - spent)
        if after.status == "success":
            return replace(ran, extensions_ms=after.duration_ms)
        sentence = after.sentence or faults.timed_out(request.spec.timeout_seconds)
        outcome = replace(
            ran.outcome, status=after.status, error_type=after.error_type, sentence=sentence
        )
        return replace(ran, outcome=outcome, extensions_ms=after.duration_ms)

    def report(self, request: InvokeRequest, ran: Ran) -> Measured:
        """Write the lines and the event that close the invocation."""
        journal, now = self.journal, self._clock.now_ns
        request_id, outcome = request.request_id, ran.outcome
        if outcome.status == "timeout":
            journal.write(journal.platform.timeout(now(), request_id, outcome.sentence))
        elif outcome.status == "error" and outcome.sentence:
            kind = outcome.error_type or faults.EXIT_ERROR
            kind = kind if kind.startswith("Extension.") else faults.EXIT_ERROR
            journal.write(journal.platform.failure(request_id, outcome.sentence, kind))
        crashed = outcome.status in ("error", "timeout")
        measured = Measured(
            duration_ms=outcome.duration_ms,
            memory_mb=outcome.memory_mb,
            init_ms=ran.init_ms,
            status=outcome.status if crashed else "success",
            error_type=outcome.error_type if outcome.status == "error" else None,
            restore_ms=ran.restore_ms,
            billed_restore_ms=ran.billed_restore_ms,
            extensions_ms=ran.extensions_ms,
        )
        journal.write(journal.platform.end(now(), request_id, measured))
        journal.write(journal.platform.report(now(), request_id, measured))
        journal.event(
            Kind.INVOKE_DONE,
            request_id,
            status=_word(outcome.status, ran.failed),
            duration_ms=round(outcome.duration_ms, 3),
            billed_ms=measured.billed_ms,
            **({"error_type": outcome.error_type} if outcome.error_type else {}),
        )
        return measured


def _ran(outcome: Outcome, init_ms: float | None) -> Ran:
    limit = int(facts.value("payload.sync.response-message-bytes"))
    if len(outcome.payload) > limit:
        # The function ran and is billed; only its answer, or its error document, is refused.
        sentence = f"Response payload size exceeded maximum allowed payload size ({limit} bytes)."
        payload = faults.document(faults.RESPONSE_TOO_LARGE, sentence)
        return Ran(payload, failed=True, outcome=outcome, init_ms=init_ms)
    return Ran(outcome.payload, outcome.status != "success", outcome, init_ms)


def _word(status: str, failed: bool) -> str:
    if status == "timeout":
        return "timeout"
    return "error" if failed else "success"


def _longer(outcome: Outcome, more_ms: float) -> Outcome:
    return Outcome(
        outcome.status,
        outcome.payload,
        outcome.duration_ms + more_ms,
        outcome.memory_mb,
        outcome.error_type,
        outcome.sentence,
    )


def _outcome_of_failed_init(
    request: InvokeRequest, init: InitOutcome, duration_ms: float
) -> Outcome:
    """Turn an init that failed within the invocation into the invocation's own outcome."""
    request_id, timeout = request.request_id, request.spec.timeout_seconds
    if init.status == "timeout":
        sentence = faults.timed_out(timeout)
        payload = faults.document(faults.TIMED_OUT, f"RequestId: {request_id} Error: {sentence}")
        duration_ms, kind = timeout * 1000.0, faults.TIMED_OUT
        return Outcome("timeout", payload, duration_ms, init.memory_mb, kind, sentence)
    payload = init.payload
    if not payload:
        # What ended for want of memory is an exit to its caller; only the log says why.
        invalid = init.error_type == faults.INVALID_ENTRYPOINT
        shown = faults.INVALID_ENTRYPOINT if invalid else faults.EXIT_ERROR
        kind = init.error_type or shown
        payload = faults.document(
            kind if kind.startswith("Extension.") else shown,
            f"RequestId: {request_id} Error: {init.sentence}",
        )
    return Outcome("error", payload, duration_ms, init.memory_mb, init.error_type, "")
