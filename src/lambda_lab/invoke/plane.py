"""The data plane: takes a call that the API has checked, and runs it.

One path for every caller: admission, an environment from the pool or a new one, the run, the log,
the metrics, the timeline, and the lease back.
"""

from __future__ import annotations

import threading
from typing import Any

from lambda_lab.clock import Clock
from lambda_lab.closing import Closing
from lambda_lab.errors import AwsError
from lambda_lab.ids import Ids
from lambda_lab.invoke.admission import Admission, Lease
from lambda_lab.invoke.afterwards import Afterwards
from lambda_lab.invoke.environments import Environments
from lambda_lab.invoke.errands import Errands
from lambda_lab.invoke.execution import Execution, Ran
from lambda_lab.invoke.limits import Limits
from lambda_lab.invoke.lineage import check_loop
from lambda_lab.invoke.provisioned import Provisioned
from lambda_lab.invoke.rates import Pace
from lambda_lab.invoke.snapshots import Snapshots
from lambda_lab.invoke.telemetry import Telemetry
from lambda_lab.invoke.telling import Telling
from lambda_lab.records import FunctionSpec, InvocationType, InvokeRequest, InvokeResult
from lambda_lab.runtime.environment import Environment, Workshop, init_limit_seconds
from lambda_lab.runtime.packages import PackageStore
from lambda_lab.timeline import Kind, Timeline

__all__ = ["DataPlane"]

ANSWER_SECONDS = 0.1
"""How long an answer waits for extensions. On AWS it is on its way for about as long, and who calls
again then finds the environment ready where its extensions have nothing to do."""


class DataPlane(Closing):
    """Runs functions. A context manager: leaving it ends every execution environment.

    Parameters
    ----------
    workshop, packages
        What environments share, and where packages are unpacked.
    telemetry
        Where logs and metrics go.
    limits
        What the account may do; the default is AWS's.
    idle_expiry
        Seconds after which an idle environment is shut down (:mod:`.idle_expiry`).
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
        limits: Limits | None = None,
        idle_expiry: float | None = None,
    ) -> None:
        self.admission = Admission(limits)
        self._pace = Pace(clock)
        self._init_limit = init_limit_seconds()
        self.afterwards = Afterwards()
        """What is done once callers have their answers; wait for it before reading a record."""
        self._telling = Telling(clock, timeline, telemetry)
        self._errands = Errands()
        self.rooms = Environments(
            workshop,
            packages,
            clock=clock,
            timeline=timeline,
            telemetry=telemetry,
            ids=ids,
            errands=self._errands,
            idle_expiry=idle_expiry,
        )
        self._pool = self.rooms.pool
        self.provisioned = Provisioned(self.rooms, self.admission, clock, self._errands)
        """What is kept ready for calls."""
        self.rooms.on_lost = self.provisioned.lost
        self.snapshots = Snapshots(self.rooms, self._errands)
        """What the environments of versions with SnapStart begin from."""

    # -- calling -------------------------------------------------------------------------------

    def invoke(self, request: InvokeRequest) -> InvokeResult:
        """Run *request* and wait for its result.

        Raises
        ------
        AwsError
            If it may not run now (429), would go on with a loop (400), or its environment could
            not be restored from a snapshot (400, 408, 409).
        """
        self._check_loop(request)
        self._telling.note(Kind.RECEIVED, request)
        lease = self._admit(request)
        try:
            environment = self._environment(request, lease)
            execution = self.rooms.execution(environment, self._init_limit)
            try:
                ran = execution.run(request)
            except BaseException as error:
                if isinstance(error, AwsError):
                    self._telling.responded(request, failed=True)
                self._pool.finishing(environment)
                environment.finish()
                raise
        except BaseException:
            self.admission.give_back(lease)
            raise
        if environment.has_extensions:
            return self._answer_before_extensions(request, execution, ran, lease)
        # First finishing: who takes the lease next finds the environment, or waits for it.
        self._pool.finishing(environment)
        self.admission.give_back(lease)

        def tell() -> bytes:
            # In this order, so that a record always says: answered, then frozen.
            measured = execution.report(request, ran)
            self._telling.responded(request, ran.failed)
            self._telling.count(request, ran.failed, measured, lease)
            # The next call there may follow at once, and begins the log anew.
            tail = execution.journal.tail() if request.tail else b""
            environment.finish()
            return tail

        tail = b""
        if request.tail:
            tail = tell()  # the caller asked for the very lines that are written there
        else:
            self.afterwards.later(tell)
        return self._result(request, ran, tail)

    def _result(self, request: InvokeRequest, ran: Ran, tail: bytes) -> InvokeResult:
        return InvokeResult(
            payload=ran.payload,
            executed_version=request.spec.version,
            function_error="Unhandled" if ran.failed else None,
            log_tail=tail,
        )

    def _answer_before_extensions(
        self, request: InvokeRequest, execution: Execution, ran: Ran, lease: Lease
    ) -> InvokeResult:
        self._telling.responded(request, ran.failed)
        tail = execution.journal.tail() if request.tail else b""
        done = threading.Event()

        def after() -> None:
            self._with_extensions(request, execution, ran, lease)
            done.set()

        self._errands.run(after, "lab-extensions")
        done.wait(ANSWER_SECONDS)
        return self._result(request, ran, tail)

    def _with_extensions(
        self, request: InvokeRequest, execution: Execution, ran: Ran, lease: Lease
    ) -> None:
        """Close an invocation when its extensions are done; its caller has its answer.

        Until then the environment is at work, and counts as concurrency.
        """
        environment = execution.environment
        try:
            ended = execution.await_extensions(request, ran)
        finally:
            self._pool.finishing(environment)
            self.admission.give_back(lease)
        measured = execution.report(request, ended)
        self._telling.count(request, ended.failed, measured, lease)
        after_ms = round(ended.extensions_ms, 2)
        self._telling.metrics(request, {"PostRuntimeExtensionsDuration": after_ms})
        environment.finish()

    def _check_loop(self, request: InvokeRequest) -> None:
        if not request.stops_loops:
            return
        try:
            check_loop(request.trace_header, request.spec.arn)
        except AwsError as error:
            if request.invocation_type is not InvocationType.EVENT:
                # Of an event the queue tells.
                self._telling.note(Kind.DROPPED, request, reason=error.code)
            self._telling.metrics(request, {"RecursiveInvocationsDropped": 1})
            raise

    def _admit(self, request: InvokeRequest) -> Lease:
        spec = request.spec
        synchronous = request.invocation_type is not InvocationType.EVENT
        try:
            return self.admission.take(
                spec.arn, spec.version, self._pace.now_ns(), synchronous=synchronous
            )
        except AwsError as error:
            self._telling.throttled(request, error)
            raise

    def _environment(self, request: InvokeRequest, lease: Lease) -> Environment:
        spec = request.spec
        environment = self.rooms.idle(spec, provisioned=lease.provisioned)
        if environment is None and lease.provisioned:
            # The provisioned one is being replaced: this call runs on demand.
            environment = self.rooms.idle(spec, provisioned=False)
        if environment is not None:
            if spec.snap_start and not environment.running:
                self.snapshots.template(spec)  # it is restored again, from a snapshot that is there
            return environment
        try:
            self.admission.grow(lease, self._pace.now_ns())
        except AwsError as error:
            self._telling.throttled(request, error)
            raise
        if spec.snap_start:
            return self.rooms.restored(spec, self.snapshots.template(spec))
        return self.rooms.make(spec)

    # -- what there is -------------------------------------------------------------------------

    def function_changed(self, spec: FunctionSpec) -> None:
        """Retire the environments of earlier code or configuration of this version."""
        self.rooms.retire(spec.arn, spec.version, spec.revision, "replaced")

    def function_deleted(self, arn: str, version: str | None) -> None:
        """Retire the environments of a function (or of one version of it) that is gone."""
        self.provisioned.forget(arn, version)
        self.snapshots.forget(arn, version)
        if version is None:
            self.admission.forget(arn)
        self.rooms.retire(arn, version, None, "deleted")

    def environments(self, function: str | None = None) -> list[dict[str, Any]]:
        """Describe the environments there are, oldest first."""
        return self.rooms.all(function)

    # -- waiting and ending --------------------------------------------------------------------

    def settle(self) -> None:
        """Return when no invocation runs that was running when this was called."""
        self.admission.wait_quiet()
        self.afterwards.wait()
        self._errands.wait()
        if not self.admission.running:  # else environments come back all the time
            self._pool.wait_returned()

    def reset(self, *, close: bool = False) -> None:
        """End every environment; the region is empty afterwards."""
        self.provisioned.clear()
        self.snapshots.clear()
        self.admission.clear()
        self.rooms.clear(close=close)
        self._errands.wait()

    def close(self) -> None:
        """End everything, and begin nothing new."""
        self.reset(close=True)
