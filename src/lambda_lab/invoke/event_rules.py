"""What follows a try of an asynchronous event: pure rules, no clock and no service.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html

A function error is tried again after one minute, and once more after two. A throttle or an error of
Lambda's own is no try of the function at all: the event goes back to the queue and waits from one
second up to five minutes, as often as its age allows. Age ends either.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from lambda_lab import facts
from lambda_lab.errors import AwsError, SandboxError
from lambda_lab.invoke.targets import EventInvokeConfig

__all__ = [
    "SCALE_VARIABLE",
    "Condition",
    "End",
    "Progress",
    "Reason",
    "Wait",
    "after_function_error",
    "after_refusal",
    "before_try",
    "condition_of",
    "reason_of",
    "retry_scale",
]

SCALE_VARIABLE = "LAMBDA_LAB_RETRY_SCALE"
"""Environment variable that divides the waits between tries; 1 where it is not set."""


class Reason(StrEnum):
    """Why an event is tried again."""

    FUNCTION_ERROR = "FunctionError"
    THROTTLED = "Throttled"
    SYSTEM_ERROR = "SystemError"


class Condition(StrEnum):
    """How an event ended: ``requestContext.condition`` of its record.

    ``Success`` and ``RetriesExhausted`` are AWS's page's words; the other two are known from
    records that users show (confidence L).
    """

    SUCCESS = "Success"
    RETRIES_EXHAUSTED = "RetriesExhausted"
    EVENT_AGE_EXCEEDED = "EventAgeExceeded"
    ZERO_RESERVED_CONCURRENCY = "ZeroReservedConcurrency"
    RECURSIVE_INVOCATION = "RecursiveInvocation"
    """Ours: AWS does not publish how the record of a loop that was cut calls it."""
    REFUSED = "InvocationRefused"
    """Ours: for answers of ``Invoke`` that no later try can change."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an event has come."""

    age_seconds: float
    """Since it was accepted."""
    errors: int = 0
    """Tries that ended with a function error."""
    refusals: int = 0
    """Throttles and system errors since the function last ran."""


@dataclass(frozen=True, slots=True)
class Wait:
    """The event waits and comes back."""

    seconds: float
    reason: Reason
    expires: bool = False
    """It is too old when it comes back, so no try follows."""


@dataclass(frozen=True, slots=True)
class End:
    """The event is given up."""

    condition: Condition


def before_try(
    age_seconds: float, config: EventInvokeConfig, reserved: int | None
) -> Condition | None:
    """Return why an event may not be tried at all, or ``None``.

    Parameters
    ----------
    age_seconds
        Since it was accepted.
    config
        Of the function, version or alias, as it is now.
    reserved
        The function's reserved concurrency, or ``None``.
    """
    if reserved == 0:
        return Condition.ZERO_RESERVED_CONCURRENCY
    return Condition.EVENT_AGE_EXCEEDED if age_seconds >= config.max_age_seconds else None


def after_function_error(
    progress: Progress, config: EventInvokeConfig, scale: float = 1.0
) -> Wait | End:
    """Return what follows a function error; *progress* counts it already.

    Examples
    --------
    >>> config = EventInvokeConfig(retries=2, max_age_seconds=21_600)
    >>> [after_function_error(Progress(0.0, errors), config).seconds for errors in (1, 2)]
    [60.0, 120.0]
    >>> print(after_function_error(Progress(181.0, errors=3), config).condition)
    RetriesExhausted
    """
    if progress.errors > config.retries:
        return End(Condition.RETRIES_EXHAUSTED)
    first, second = int(facts.value("async.wait.first")), int(facts.value("async.wait.second"))
    seconds = first if progress.errors == 1 else second
    return _wait(seconds / scale, Reason.FUNCTION_ERROR, progress, config)


def after_refusal(
    reason: Reason, progress: Progress, config: EventInvokeConfig, scale: float = 1.0
) -> Wait | End:
    """Return what follows a throttle or a system error; *progress* counts it already.

    Examples
    --------
    >>> config = EventInvokeConfig(retries=0, max_age_seconds=21_600)
    >>> waits = [after_refusal(Reason.THROTTLED, Progress(0.0, 0, n), config) for n in range(1, 12)]
    >>> [int(wait.seconds) for wait in waits]
    [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    """
    first, longest = (
        int(facts.value("async.backoff.first")),
        int(facts.value("async.backoff.maximum")),
    )
    doublings = min(progress.refusals - 1, 32)
    return _wait(min(first * 2**doublings, longest) / scale, reason, progress, config)


def _wait(
    seconds: float, reason: Reason, progress: Progress, config: EventInvokeConfig
) -> Wait | End:
    """Cut a wait short where the event grows too old: it leaves the queue then, not later."""
    left = config.max_age_seconds - progress.age_seconds
    if left <= 0:
        return End(Condition.EVENT_AGE_EXCEEDED)
    return Wait(left, reason, expires=True) if seconds >= left else Wait(seconds, reason)


def reason_of(error: AwsError) -> Reason | None:
    """Return why a call that was refused with *error* is tried again; ``None`` if it is not.

    A function that is not Active yet counts as a system error (confidence M).

    Examples
    --------
    >>> print(reason_of(AwsError("TooManyRequestsException", "Rate Exceeded.", status=429)))
    Throttled
    >>> reason_of(AwsError("RecursiveInvocationException", "...")) is None
    True
    """
    if error.status == 429:
        return Reason.THROTTLED
    return Reason.SYSTEM_ERROR if error.status >= 500 or error.status == 409 else None


def condition_of(error: AwsError) -> Condition:
    """Return how an event ends that was refused for good."""
    recursive = error.code == "RecursiveInvocationException"
    return Condition.RECURSIVE_INVOCATION if recursive else Condition.REFUSED


def retry_scale(variables: Mapping[str, str] = os.environ) -> float:
    """Return what the waits between tries are divided by.

    Raises
    ------
    SandboxError
        If the variable is set to something that is no positive number.

    Examples
    --------
    >>> retry_scale({}), retry_scale({"LAMBDA_LAB_RETRY_SCALE": "60"})
    (1.0, 60.0)
    """
    text = variables.get(SCALE_VARIABLE, "1")
    try:
        scale = float(text)
    except ValueError:
        scale = math.nan
    if not 0 < scale < math.inf:
        raise SandboxError(
            f"{SCALE_VARIABLE} is {text!r}, which is no positive number. Unset it, or set it to 60 "
            "to make a minute a second."
        )
    return scale
