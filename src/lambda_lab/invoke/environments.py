"""The execution environments of a region: made, kept, initialised ahead, and ended."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from lambda_lab.clock import Clock
from lambda_lab.errors import LabError, SandboxError
from lambda_lab.ids import Ids
from lambda_lab.invoke.errands import Errands
from lambda_lab.invoke.execution import Execution
from lambda_lab.invoke.idle_expiry import IdleExpiry, idle_expiry_seconds
from lambda_lab.invoke.journal import Journal
from lambda_lab.invoke.pool import PROVISIONED, Pool
from lambda_lab.invoke.telemetry import Telemetry
from lambda_lab.records import FunctionSpec
from lambda_lab.runtime.environment import Environment, Workshop
from lambda_lab.runtime.faults import EXIT_ERROR
from lambda_lab.runtime.outcomes import InitOutcome
from lambda_lab.runtime.packages import PackageStore
from lambda_lab.runtime.snap_start import SNAP_START, Restored, Template
from lambda_lab.timeline import Kind, Timeline

__all__ = ["Environments"]

AnyEnvironment = TypeVar("AnyEnvironment", bound=Environment)


class Environments:
    """Makes environments, keeps them between calls, and ends them.

    Parameters
    ----------
    workshop, packages
        What environments share, and where packages are unpacked.
    clock, timeline, telemetry, ids
        Of the region.
    errands
        Threads for what nobody waits for.
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
        errands: Errands,
        idle_expiry: float | None = None,
    ) -> None:
        self.pool = Pool()
        self.on_lost: Callable[[Environment], None] = lambda environment: None
        """Told of a provisioned environment whose process ended: it is not used any more."""
        self._workshop, self._packages = workshop, packages
        self._clock, self._timeline, self._telemetry = clock, timeline, telemetry
        self._ids, self._errands = ids, errands
        self._expiry = IdleExpiry(
            self.pool,
            clock,
            errands,
            partial(self._shut_down, reason="idle"),
            seconds=idle_expiry_seconds(idle_expiry),
        )
        self._journals: dict[str, Journal] = {}
        self._in_use: dict[str, tuple[Path, Path | None]] = {}
        """Unpacked packages, by the identity of who uses them."""

    # -- making --------------------------------------------------------------------------------

    def idle(self, spec: FunctionSpec, *, provisioned: bool) -> Environment | None:
        """Take an idle environment, if there is one."""
        return self.pool.take(f"{spec.arn}:{spec.version}", spec.revision, provisioned=provisioned)

    def make(self, spec: FunctionSpec, init_type: str = "on-demand") -> Environment:
        """Return a new environment, not initialised yet."""
        return self._keep(self._new(partial(Environment, on_idle=self._on_idle), spec, init_type))

    def restored(self, spec: FunctionSpec, template: Template) -> Environment:
        """Return a new environment that will begin from a snapshot."""
        kind = partial(Restored, on_idle=self._on_idle, template=template)
        return self._keep(self._new(kind, spec, SNAP_START))

    def _keep(self, environment: AnyEnvironment) -> AnyEnvironment:
        if not self.pool.add(environment):
            self._shut_down(environment, "reset")
            raise SandboxError("The region is closed: no environment can be made in it.")
        return environment

    def _new(
        self, kind: Callable[..., AnyEnvironment], spec: FunctionSpec, init_type: str
    ) -> AnyEnvironment:
        identity = self._ids.hex(32)
        journal = Journal(spec, identity, self._clock, self._timeline, self._telemetry)
        packages = (self._packages.task(spec), self._packages.opt(spec.layers))
        environment = kind(
            spec,
            *packages,
            identity=identity,
            log_stream=journal.stream,
            workshop=self._workshop,
            emit=journal.write,
            init_type=init_type,
        )
        self._journals[identity] = journal
        self._in_use[identity] = packages
        return environment

    # -- snapshots -----------------------------------------------------------------------------

    def snapshot(self, spec: FunctionSpec) -> Template:
        """Make the environment that is to become a version's snapshot; no pool holds it."""
        return self._new(partial(Template, on_idle=lambda _: None), spec, SNAP_START)

    def take(self, template: Template, limit_seconds: float) -> InitOutcome:
        """Initialise it, up to where a snapshot is taken; it is frozen there."""
        outcome = self._prepared(template, limit_seconds)
        if outcome.status == "success":
            self.journal(template).event(Kind.SNAPSHOT)
            template.finish()
        return outcome

    def end_snapshot(self, template: Template, reason: str) -> None:
        """End it."""
        self._shut_down(template, reason)

    def journal(self, environment: Environment) -> Journal:
        """Return where an environment's story is written."""
        return self._journals[environment.identity]

    def execution(self, environment: Environment, init_limit: float) -> Execution:
        """Return a run of one request in *environment*."""
        journal = self.journal(environment)
        return Execution(environment, journal, self._clock, self._ids, init_limit)

    def initialise(
        self, spec: FunctionSpec, init_type: str, limit_seconds: float
    ) -> tuple[Environment, InitOutcome]:
        """Make an environment and initialise it; it is idle afterwards, or gone if that failed."""
        environment = self.make(spec, init_type)
        outcome = self._prepared(environment, limit_seconds)
        if outcome.status == "success":
            self.pool.finishing(environment)
            environment.finish()
        else:
            self._shut_down(environment, "failed")
        return environment, outcome

    def _prepared(self, environment: Environment, limit_seconds: float) -> InitOutcome:
        journal = self.journal(environment)
        try:
            return self.execution(environment, limit_seconds).prepare()
        except LabError as error:
            # It could not even be started. No caller hears why, so the log says it.
            journal.write(str(error))
            return InitOutcome("error", 0.0, EXIT_ERROR, sentence=str(error))

    # -- keeping -------------------------------------------------------------------------------

    def _on_idle(self, environment: Environment) -> None:
        if environment.running:
            self.journal(environment).event(Kind.FROZEN)
        elif environment.init_type == PROVISIONED:
            # One on demand starts its runtime again when it is invoked; this one is replaced.
            self.pool.release([environment])
            self.on_lost(environment)
        elif environment.init_type == SNAP_START:
            # Nothing is initialised again: the next call gets another copy of the snapshot.
            self.pool.release([environment])
        environment.idle_since_ns = self._clock.now_ns()
        if self.pool.put_back(environment):
            self._expiry.notice()
        else:
            # On a thread of its own: ending a process waits for news that this thread may bring.
            self._errands.run(partial(self._shut_down, environment, "replaced"), "lab-shutdown")

    def all(self, function: str | None = None) -> list[dict[str, Any]]:
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
            for environment in self.pool.all()
            if function is None or environment.spec.name == function
        ]

    # -- ending --------------------------------------------------------------------------------

    def end(self, environments: Sequence[Environment], reason: str) -> None:
        """End these environments, busy ones after their call."""
        self.end_idle(self.pool.release(environments), reason)

    def end_idle(self, environments: Sequence[Environment], reason: str) -> None:
        """End idle environments; those with extensions have two seconds, and run apart."""
        for environment in environments:
            if environment.has_extensions:
                self._errands.run(partial(self._shut_down, environment, reason), "lab-shutdown")
            else:
                self._shut_down(environment, reason)

    def _shut_down(self, environment: Environment, reason: str) -> None:
        environment.close()
        self.pool.drop(environment)
        journal = self._journals.pop(environment.identity, None)
        if journal is not None:
            journal.event(Kind.SHUTDOWN, reason=reason)
            self._packages.release(*self._in_use.pop(environment.identity))

    def retire(self, arn: str, version: str | None, keep: str | None, reason: str) -> None:
        """End the environments of a function, or of one version, but those of revision *keep*."""
        self.end_idle(self.pool.retire(arn, version, keep), reason)

    def clear(self, *, close: bool = False) -> None:
        """End every environment; with *close*, none is made any more."""
        self.end_idle(self.pool.clear(close=close), "reset")
