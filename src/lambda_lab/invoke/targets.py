"""What a caller that is no client - the event queue, a mapping, a schedule - needs of a function.

A retry may come hours after the event. So these callers keep an ARN, and ask at every try what it
means now: the alias may have moved, the code may be new, the function may be gone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from lambda_lab import facts
from lambda_lab.records import FunctionSpec

__all__ = ["EventInvokeConfig", "Functions", "Share", "Target"]


@dataclass(frozen=True, slots=True)
class EventInvokeConfig:
    """How asynchronous events of a function, version or alias are treated.

    https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html
    """

    retries: int
    """``MaximumRetryAttempts``: tries after the first, for function errors."""
    max_age_seconds: int
    """``MaximumEventAgeInSeconds``: how long an event may wait."""
    on_success: str | None = None
    """ARN of the destination for results, if any."""
    on_failure: str | None = None
    """ARN of the destination for failures, if any."""

    @classmethod
    def default(cls) -> EventInvokeConfig:
        """Return what holds where nothing was configured."""
        return cls(int(facts.value("async.retries.default")), int(facts.value("async.age.default")))


@dataclass(frozen=True, slots=True)
class Share:
    """The second version of an alias that routes to two, and the part of the calls it gets.

    https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html
    """

    spec: FunctionSpec
    state: str
    """``Active``, ``Pending``, ``Inactive`` or ``Failed``."""
    weight: float
    """From 0.0, no call, to 1.0, every call."""
    admit: Callable[[], None] | None = None
    """As :attr:`Target.admit`, of this version."""


@dataclass(frozen=True, slots=True)
class Target:
    """A function, version or alias as it is now."""

    spec: FunctionSpec
    """The version that a call would run, unless it goes to ``additional``."""
    invoked_arn: str
    """The ARN the caller keeps, with its qualifier."""
    qualifier: str | None
    """Version or alias in that ARN."""
    state: str
    """``Active``, ``Pending``, ``Inactive`` or ``Failed``."""
    events: EventInvokeConfig
    dead_letter_arn: str | None
    """``DeadLetterConfig.TargetArn`` of the version, if any."""
    stops_loops: bool = True
    """``RecursiveLoop`` of the function is ``Terminate``."""
    reserved: int | None = None
    """Reserved concurrency of the function, if any."""
    additional: Share | None = None
    """Of an alias that routes to two versions and whose choice is still to be made."""
    admit: Callable[[], None] | None = None
    """Of a version in a VPC: notes that it is called, and raises what a call meets if it is not
    Active; it then becomes Active again."""
    weighted: bool = False
    """Whether ``spec`` was chosen by weight from two versions."""


class Functions(Protocol):
    """The control plane, as seen from the data plane."""

    def target(self, arn: str) -> Target | None:
        """Return what *arn* (qualified or not) means now; ``None`` if it is gone."""
