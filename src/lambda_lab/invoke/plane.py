"""The data plane: takes a call that the API has checked, and runs it.

One path for every caller: admission, an environment from the pool or a new one, the run, the log,
the metrics, the timeline, and the lease back.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

from lambda_lab.clock import Clock
from lambda_lab.errors import AwsError
from lambda_lab.ids import Ids
from lambda_lab.invoke.admission import Admission, Lease
from lambda_lab.invoke.afterwards import Afterwards
from lambda_lab.invoke.execution import Execution
from lambda_lab.invoke.journal import Journal
from lambda_lab.invoke.lineage import check_loop
from lambda_lab.invoke.pool import Pool
from lambda_lab.invoke.telemetry import Telemetry
from lambda_lab.records import FunctionSpec, InvocationType, InvokeRequest, InvokeResult
from lambda_lab.runtime.environment import Environment, Workshop, init_limit_seconds
from lambda_lab.runtime.packages import PackageStore
from lambda_lab.runtime.report import Measured
from lambda_lab.timeline import Event, Kind, Timeline

__all__ = ["DataPlane"]


class DataPlane:
    """Runs functions. A context manager: leaving it ends every execution environment.

    Parameters
    ----------
    workshop, packages
        What environments share, and where packages are unpacked.
    telemetry
        Where logs and metrics go.
    reserved_concurrency
        Returns a function's reserved concurrency, or ``None``.
    """

    def __init__(
        self,
        workshop: Workshop,
        packages: PackageStore,
        *,
        clock: Clock,
        timeline: Timeline,
        telemetry: Telemetry,
        ids: Ids,
        reserved_concurrency: Callable[[FunctionSpec], int | None],
        init_limit: float | None = None,
    ) -> None:
        self.admission = Admission()
        self._workshop = workshop
        self._packages = packages
        self._clock = clock
        self._timeline = timeline
        self._telemetry = telemetry
        self._ids = ids
        self._reserved = reserved_concurrency
        self._init_limit = init_limit_seconds() if init_limit is None else init_limit
        self.afterwards = Afterwards()
        """What is done once callers have their answers; wait for it before reading a record."""
        self._pool = Pool()
        self._journals: dict[str, Journal] = {}

    # -- calling -------------------------------------------------------------------------------

    def invoke(self, request: InvokeRequest) -> InvokeResult:
        """Run *request* and wait for its result.

        Raises
        ------
        AwsError
            If it may not run now (429), or would go on with a loop (400).
        """
        self._check_loop(request)
        self._note(Kind.RECEIVED, request)
        lease = self._admit(request)
        try:
            environment = self._environment(request.spec)
            journal = self._journals[environment.identity]
            execution = Execution(environment, journal, self._clock, self._ids, self._init_limit)
            try:
                ran = execution.run(request)
            except BaseException:
                self._pool.finishing(environment)
                environment.finish()
                raise
        finally:
            self.admission.give_back(lease)
        self._pool.finishing(environment)

        def tell() -> None:
            # In this order, so that a record always says: answered, then frozen.
            measured = execution.report(request, ran)
            self._note(Kind.RESPONDED, request, status="error" if ran.failed else "success")
            self._count(request, ran.failed, measured, lease)
            environment.finish()

        if request.tail:
            tell()  # the caller asked for the very lines that are written there
        else:
            self.afterwards.later(tell)
        return InvokeResult(
            payload=ran.payload,
            executed_version=request.spec.version,
            function_error="Unhandled" if ran.failed else None,
            log_tail=journal.tail() if request.tail else b"",
        )

    def _check_loop(self, request: InvokeRequest) -> None:
        if not request.stops_loops:
            return
        try:
            check_loop(request.trace_header, request.spec.arn)
        except AwsError as error:
            if request.invocation_type is not InvocationType.EVENT:
                self._note(Kind.DROPPED, request, reason=error.code)  # of an event the queue tells
            self._metrics(request, {"RecursiveInvocationsDropped": 1})
            raise

    def _admit(self, request: InvokeRequest) -> Lease:
        spec = request.spec
        try:
            return self.admission.take(spec.arn, self._reserved(spec))
        except AwsError as error:
            self._note(Kind.THROTTLED, request, reason=error.members.get("Reason", ""))
            self._metrics(request, {"Throttles": 1})
            raise

    # -- environments --------------------------------------------------------------------------

    def _environment(self, spec: FunctionSpec) -> Environment:
        environment = self._pool.take(f"{spec.arn}:{spec.version}", spec.revision)
        if environment is not None:
            return environment
        identity = self._ids.hex(32)
        journal = Journal(spec, identity, self._clock, self._timeline, self._telemetry)
        environment = Environment(
            spec,
            self._packages.task(spec),
            self._packages.opt(spec.layers),
            identity=identity,
            log_stream=journal.stream,
            workshop=self._workshop,
            emit=journal.write,
            on_idle=self._on_idle,
        )
        self._journals[identity] = journal
        self._pool.add(environment)
        return environment

    def _on_idle(self, environment: Environment) -> None:
        if environment.running:
            self._journals[environment.identity].event(Kind.FROZEN)
        if not self._pool.put_back(environment):
            # On a thread of its own: ending a process waits for news that this thread may bring.
            threading.Thread(
                target=self._shut_down, args=(environment, "replaced"), name="lab-shutdown"
            ).start()

    def _shut_down(self, environment: Environment, reason: str) -> None:
        environment.close()
        self._pool.drop(environment)
        journal = self._journals.pop(environment.identity, None)
        if journal is not None:
            journal.event(Kind.SHUTDOWN, reason=reason)

    def function_changed(self, spec: FunctionSpec) -> None:
        """Retire the environments of earlier code or configuration of this version."""
        for environment in self._pool.retire(spec.arn, spec.version, spec.revision):
            self._shut_down(environment, "replaced")

    def function_deleted(self, arn: str, version: str | None) -> None:
        """Retire the environments of a function (or of one version of it) that is gone."""
        for environment in self._pool.retire(arn, version, None):
            self._shut_down(environment, "deleted")

    def environments(self, function: str | None = None) -> list[dict[str, Any]]:
        """Describe the environments there are, oldest first."""
        return [
            {
                "id": environment.identity,
                "function": environment.spec.name,
                "version": environment.spec.version,
                "state": str(environment.state),
                "init_type": environment.init_type,
                "invocations": environment.invocations,
                "pid": environment.pid,
                "log_stream": environment.log_stream,
            }
            for environment in self._pool.all()
            if function is None or environment.spec.name == function
        ]

    # -- telling -------------------------------------------------------------------------------

    def _note(self, kind: Kind, request: InvokeRequest, **detail: object) -> None:
        if kind is Kind.RECEIVED:
            detail["invocation_type"] = str(request.invocation_type)
        event = Event(
            self._clock.now_ns(), kind, request.spec.name, None, request.request_id, dict(detail)
        )
        self._timeline.add(event)

    def _metrics(self, request: InvokeRequest, values: Mapping[str, float]) -> None:
        resource = None if request.qualifier in (None, "$LATEST") else request.qualifier
        executed = request.spec.version if request.weighted else None
        self._telemetry.metrics(
            request.spec, resource, values, self._clock.now_ns(), executed_version=executed
        )

    def _count(
        self, request: InvokeRequest, failed: bool, measured: Measured, lease: Lease
    ) -> None:
        self._metrics(
            request,
            {
                "Invocations": 1,
                "Errors": 1 if failed else 0,
                "Throttles": 0,
                "Duration": round(measured.duration_ms, 2),
                "ConcurrentExecutions": lease.concurrent,
            },
        )

    # -- waiting and ending --------------------------------------------------------------------

    def settle(self) -> None:
        """Return when no invocation is running."""
        self.admission.wait_quiet()
        self.afterwards.wait()
        self._pool.wait_returned()

    def reset(self) -> None:
        """End every environment; the region is empty afterwards."""
        for environment in self._pool.clear():
            self._shut_down(environment, "reset")

    def close(self) -> None:
        """End everything."""
        self.reset()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
