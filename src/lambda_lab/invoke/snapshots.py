"""SnapStart: one snapshot for each version that wants one, taken when it is published.

https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from lambda_lab import facts
from lambda_lab.errors import AwsError
from lambda_lab.invoke.errands import Errands
from lambda_lab.invoke.provisioned import init_limit
from lambda_lab.records import FunctionSpec
from lambda_lab.runtime.outcomes import InitOutcome
from lambda_lab.runtime.snap_start import Template

__all__ = ["Rooms", "Snapshots", "not_ready", "restore_failed", "restore_limit"]


def restore_limit() -> float:
    """Return how long a restore may take with its after-restore hooks, in seconds."""
    return float(facts.value("init.restore.maximum"))


def not_ready() -> AwsError:
    """Return AWS's refusal to call a version whose snapshot is not there (text: confidence M)."""
    return AwsError(
        "SnapStartNotReadyException",
        "Lambda is initializing your function. It will be ready to invoke once your function "
        "state becomes active.",
        status=409,
    )


def restore_failed(outcome: InitOutcome) -> AwsError:
    """Return what a caller hears of a restore that failed (texts: confidence M)."""
    if outcome.status == "timeout":
        return AwsError(
            "SnapStartTimeoutException",
            "Lambda couldn't restore the snapshot within the timeout limit.",
            status=408,
        )
    return AwsError(
        "SnapStartException",
        "The afterRestore() runtime hook encountered an error. For more information, check the "
        "Amazon CloudWatch logs.",
        status=400,
    )


class Rooms(Protocol):
    """What is needed of the data plane."""

    def snapshot(self, spec: FunctionSpec) -> Template:
        """Make the environment that is to become a version's snapshot."""

    def take(self, template: Template, limit_seconds: float) -> InitOutcome:
        """Initialise it, up to where a snapshot is taken."""

    def end_snapshot(self, template: Template, reason: str) -> None:
        """End it."""


@dataclass(slots=True)
class _Held:
    """A version's snapshot."""

    spec: FunctionSpec
    template: Template
    lock: threading.Lock = field(default_factory=threading.Lock)


class Snapshots:
    """Keeps the snapshots of a region.

    Parameters
    ----------
    rooms
        The data plane.
    errands
        Threads to initialise on.
    """

    def __init__(self, rooms: Rooms, errands: Errands) -> None:
        self._rooms, self._errands = rooms, errands
        self._held: dict[tuple[str, str], _Held] = {}
        self._lock = threading.Lock()

    def take(self, spec: FunctionSpec, done: Callable[[InitOutcome], None]) -> None:
        """Initialise a version and keep it as its snapshot; *done* hears how that ended.

        A version that is deleted meanwhile is not told of.
        """
        self._errands.run(partial(self._take, spec, done), "lab-snapshot")

    def _take(self, spec: FunctionSpec, done: Callable[[InitOutcome], None]) -> None:
        held = _Held(spec, self._rooms.snapshot(spec))
        key = spec.arn, spec.version
        with self._lock:
            self._held[key] = held
        with held.lock:
            outcome = self._rooms.take(held.template, init_limit(spec.timeout_seconds))
        with self._lock:
            current = self._held.get(key) is held
            if current and outcome.status != "success":
                del self._held[key]
        if not current:
            self._rooms.end_snapshot(held.template, "deleted")
            return
        if outcome.status != "success":
            self._rooms.end_snapshot(held.template, "failed")
        done(outcome)

    def template(self, spec: FunctionSpec) -> Template:
        """Return the snapshot of a version; one whose process was lost is initialised again.

        Raises
        ------
        AwsError
            ``SnapStartNotReadyException`` if there is none.
        """
        with self._lock:
            held = self._held.get((spec.arn, spec.version))
        if held is None:
            raise not_ready()
        with held.lock:
            if not held.template.running:
                outcome = self._rooms.take(held.template, init_limit(spec.timeout_seconds))
                if outcome.status != "success":
                    raise not_ready()
        return held.template

    def forget(self, arn: str, version: str | None, reason: str = "deleted") -> None:
        """End the snapshots of a function that is gone, or of one version of it."""
        with self._lock:
            keys = [key for key in self._held if key[0] == arn and version in (None, key[1])]
            ending = [self._held.pop(key) for key in keys]
        for held in ending:
            self._rooms.end_snapshot(held.template, reason)

    def clear(self) -> None:
        """End every snapshot."""
        for arn in {key[0] for key in list(self._held)}:
            self.forget(arn, None, "reset")
