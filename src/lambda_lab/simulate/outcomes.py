"""What can become of a request, and the reason AWS gives where it is refused."""

from __future__ import annotations

from enum import IntEnum

__all__ = ["Outcome"]


class Outcome(IntEnum):
    """What became of one request; small numbers, so that ten million fit in ten megabytes.

    The names of the reasons are AWS's (botocore: ``ThrottleReason``).

    Examples
    --------
    >>> Outcome.COLD.accepted, Outcome.THROTTLED_RESERVED.accepted
    (True, False)
    >>> Outcome.THROTTLED_RESERVED.reason
    'ReservedFunctionConcurrentInvocationLimitExceeded'
    >>> Outcome.SPILLOVER_COLD.cold, Outcome.SPILLOVER_COLD.spillover
    (True, True)
    """

    WARM = 0
    """Ran in an idle on-demand environment."""
    COLD = 1
    """Ran in a new on-demand environment, after its Init."""
    PROVISIONED = 2
    """Ran in a provisioned environment."""
    SPILLOVER_WARM = 3
    """No provisioned environment could take it; ran in an idle on-demand one."""
    SPILLOVER_COLD = 4
    """No provisioned environment could take it; ran in a new on-demand one."""
    THROTTLED_RESERVED = 5
    """The function's reserved concurrency was in use."""
    THROTTLED_ACCOUNT = 6
    """The concurrency that the account leaves to this function was in use."""
    THROTTLED_RESERVED_RATE = 7
    """Reserved concurrency times its requests per second had come within a second."""
    THROTTLED_RATE = 8
    """The account's concurrency times its requests per second had come within a second."""
    THROTTLED_SCALING = 9
    """A new environment was needed, sooner than Lambda adds them to one function."""

    @property
    def accepted(self) -> bool:
        """Whether the request ran."""
        return self < Outcome.THROTTLED_RESERVED

    @property
    def cold(self) -> bool:
        """Whether its caller waited for an Init."""
        return self in (Outcome.COLD, Outcome.SPILLOVER_COLD)

    @property
    def spillover(self) -> bool:
        """Whether it ran on demand although the function has provisioned concurrency."""
        return self in (Outcome.SPILLOVER_WARM, Outcome.SPILLOVER_COLD)

    @property
    def reason(self) -> str | None:
        """The ``Reason`` of AWS's 429, or ``None`` for a request that ran.

        AWS documents the names, not which of them answers a function that scales too fast:
        that one is taken to be the account's.
        """
        return _REASONS.get(self)


_REASONS = {
    Outcome.THROTTLED_RESERVED: "ReservedFunctionConcurrentInvocationLimitExceeded",
    Outcome.THROTTLED_ACCOUNT: "ConcurrentInvocationLimitExceeded",
    Outcome.THROTTLED_RESERVED_RATE: "ReservedFunctionInvocationRateLimitExceeded",
    Outcome.THROTTLED_RATE: "FunctionInvocationRateLimitExceeded",
    Outcome.THROTTLED_SCALING: "ConcurrentInvocationLimitExceeded",
}
