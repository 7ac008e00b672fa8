"""Provisioned concurrency: environments of a version that are initialised ahead of any call.

https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html
"""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from lambda_lab import facts
from lambda_lab.clock import Clock
from lambda_lab.errors import SandboxError
from lambda_lab.invoke.admission import Admission
from lambda_lab.invoke.errands import Errands
from lambda_lab.records import FunctionSpec
from lambda_lab.runtime.environment import Environment
from lambda_lab.runtime.outcomes import InitOutcome

__all__ = [
    "FAILED",
    "INIT_FAILURE",
    "IN_PROGRESS",
    "PROVISION_VARIABLE",
    "READY",
    "Allocation",
    "Provisioned",
    "Rooms",
    "init_limit",
    "provision_seconds",
]

PROVISION_VARIABLE = "LAMBDA_LAB_PROVISION_SECONDS"
INIT_FAILURE = "FUNCTION_ERROR_INIT_FAILURE"
"""Recorded from AWS."""
IN_PROGRESS, READY, FAILED = "IN_PROGRESS", "READY", "FAILED"


def init_limit(timeout_seconds: int) -> float:
    """Return how long the init of a provisioned environment may take, in seconds.

    The function's timeout, but at least 130 seconds and at most 15 minutes:
    https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
    """
    least = float(facts.value("init.minimum.provisioned"))
    return min(float(facts.value("init.maximum.provisioned")), max(least, timeout_seconds))


def provision_seconds(variables: Mapping[str, str] = os.environ) -> float:
    """Return how long after a request the allocation begins, on the region's clock.

    AWS says a minute or two; here it is the fact, or ``LAMBDA_LAB_PROVISION_SECONDS``.

    Raises
    ------
    SandboxError
        If the variable is no number from 0 on.

    Examples
    --------
    >>> provision_seconds({}), provision_seconds({"LAMBDA_LAB_PROVISION_SECONDS": "0.5"})
    (60.0, 0.5)
    """
    text = variables.get(PROVISION_VARIABLE) or str(facts.value("concurrency.provisioned.start"))
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        raise SandboxError(
            f"{PROVISION_VARIABLE} is {text!r}. Give it seconds of the region's clock, 0 or more."
        )
    return seconds


@dataclass(frozen=True, slots=True)
class Allocation:
    """How far the provisioned concurrency of one version is."""

    requested: int
    allocated: int
    """Environments that are initialised."""
    available: int
    """Those of them that take calls: none of a new request until all are allocated."""
    status: str
    """``IN_PROGRESS``, ``READY`` or ``FAILED``."""
    reason: str | None = None


class Rooms(Protocol):
    """What is needed of the data plane."""

    def initialise(
        self, spec: FunctionSpec, init_type: str, limit_seconds: float
    ) -> tuple[Environment, InitOutcome]:
        """Make an environment and initialise it; it is idle afterwards, or gone if that failed."""

    def end(self, environments: list[Environment], reason: str) -> None:
        """End environments, busy ones after their call."""


@dataclass(slots=True)
class _Kept:
    """The environments of one version that are kept ready."""

    spec: FunctionSpec
    requested: int = 0
    environments: list[Environment] = field(default_factory=list)
    usable: int = 0
    status: str = IN_PROGRESS
    reason: str | None = None
    request: int = 0
    """Number of the request that is being carried out; an older one is given up."""
    starting: int = 0


class Provisioned:
    """Keeps as many environments ready as were asked for, for every version of a region.

    Parameters
    ----------
    rooms, admission
        The data plane, and its rules.
    clock, errands
        When allocation goes on, and threads to initialise on.
    """

    def __init__(self, rooms: Rooms, admission: Admission, clock: Clock, errands: Errands) -> None:
        self._rooms, self._admission = rooms, admission
        self._clock, self._errands = clock, errands
        self._kept: dict[tuple[str, str], _Kept] = {}
        self._lock = threading.RLock()
        self._start_seconds = provision_seconds()
        # "Up to 6,000 execution environments per minute": Developer Guide, lambda-concurrency.
        self._each_second = int(facts.value("concurrency.provisioned.rate")) // 60

    # -- what is asked for ---------------------------------------------------------------------

    def want(self, spec: FunctionSpec, count: int) -> None:
        """Ask for *count* environments of a version; nought is :meth:`stop`."""
        if not count:
            self.stop(spec.arn, spec.version)
            return
        with self._lock:
            kept = self._kept.setdefault((spec.arn, spec.version), _Kept(spec))
            kept.requested, kept.status, kept.reason = count, IN_PROGRESS, None
            kept.request += 1
            self._later(self._start_seconds, kept)

    def stop(self, arn: str, version: str) -> None:
        """Keep no environments of a version any more; they are ended at once."""
        with self._lock:
            kept = self._kept.pop((arn, version), None)
            if kept is None:
                return
            self._admission.provision(arn, version, 0)
        self._rooms.end(kept.environments, "provisioned")

    def forget(self, arn: str, version: str | None) -> None:
        """Forget a function that is gone, or one version; its environments are ended elsewhere."""
        with self._lock:
            for key in [k for k in self._kept if k[0] == arn and version in (None, k[1])]:
                del self._kept[key]
                self._admission.provision(*key, 0)

    def clear(self) -> None:
        """Forget everything; the environments are ended elsewhere."""
        with self._lock:
            for key in self._kept:
                self._admission.provision(*key, 0)
            self._kept.clear()

    def versions(self, arn: str) -> list[str]:
        """Return the versions of a function that environments are kept of."""
        with self._lock:
            return [version for of, version in self._kept if of == arn]

    def requested(self, arn: str, version: str) -> int:
        """Return how many environments of a version were asked for."""
        kept = self._kept.get((arn, version))
        return 0 if kept is None else kept.requested

    def allocation(self, arn: str, version: str) -> Allocation:
        """Return how far a version is."""
        with self._lock:
            kept = self._kept.get((arn, version))
            if kept is None:
                return Allocation(0, 0, 0, READY)
            allocated = len(kept.environments)
            return Allocation(kept.requested, allocated, kept.usable, kept.status, kept.reason)

    # -- allocation ----------------------------------------------------------------------------

    def _later(self, seconds: float, kept: _Kept) -> None:
        self._clock.call_later(seconds, partial(self._go_on, kept, kept.request))

    def _current(self, kept: _Kept, request: int) -> bool:
        key = kept.spec.arn, kept.spec.version
        return self._kept.get(key) is kept and kept.request == request

    def _go_on(self, kept: _Kept, request: int) -> None:
        """Start as many environments as one second allows; called by the clock."""
        with self._lock:
            if not self._current(kept, request):
                return
            missing = kept.requested - len(kept.environments)
            kept.starting = max(0, min(missing, self._each_second))
            start = [partial(self._start_one, kept, request)] * kept.starting
            if not start:
                self._errands.run(partial(self._allocated, kept, request), "lab-provision")
        for one in start:
            self._errands.run(one, "lab-provision")

    def _start_one(self, kept: _Kept, request: int) -> None:
        spec = kept.spec
        environment, outcome = self._rooms.initialise(
            spec, "provisioned-concurrency", init_limit(spec.timeout_seconds)
        )
        ready = outcome.status == "success"
        with self._lock:
            wanted = self._current(kept, request)
            if wanted:
                kept.starting -= 1
                if ready:
                    kept.environments.append(environment)
                else:
                    kept.reason = INIT_FAILURE
            last = wanted and not kept.starting
        if ready and not wanted:
            self._rooms.end([environment], "provisioned")
        if last:
            self._second_over(kept, request)

    def _second_over(self, kept: _Kept, request: int) -> None:
        with self._lock:
            if not self._current(kept, request):
                return
            failed = kept.reason is not None
            closing = kept.environments[kept.usable :] if failed else []
            if failed:
                del kept.environments[kept.usable :]
                kept.status = FAILED
            more = not failed and len(kept.environments) < kept.requested
            if more:
                self._later(1, kept)
        self._rooms.end(closing, "provisioned")
        if not failed and not more:
            self._allocated(kept, request)

    def _allocated(self, kept: _Kept, request: int) -> None:
        """Let calls use the environments: all that were asked for are there."""
        with self._lock:
            if not self._current(kept, request):
                return
            closing = kept.environments[kept.requested :]
            del kept.environments[kept.requested :]
            kept.status = READY
            self._use(kept)
        self._rooms.end(closing, "provisioned")

    def _use(self, kept: _Kept) -> None:
        kept.usable = len(kept.environments)
        self._admission.provision(kept.spec.arn, kept.spec.version, kept.usable)

    # -- when one is gone ----------------------------------------------------------------------

    def lost(self, environment: Environment) -> None:
        """Replace an environment whose process ended; it is not to be used any more."""
        key = environment.spec.arn, environment.spec.version
        with self._lock:
            kept = self._kept.get(key)
            if kept is None or environment not in kept.environments:
                return
            at = kept.environments.index(environment)
            del kept.environments[at]
            if at < kept.usable:
                kept.usable -= 1
                self._admission.provision(*key, kept.usable)
            if kept.status == READY:
                kept.starting += 1
                again = partial(self._start_one, kept, kept.request)
                self._errands.run(again, "lab-provision")
