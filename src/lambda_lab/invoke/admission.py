"""Whether an invocation may run now: the concurrency an account and a function have.

Pure rules and a counter. Every invocation takes a *lease* and gives it back; what the limits do
not allow is refused with AWS's 429:
https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
"""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass

from lambda_lab import facts
from lambda_lab.errors import AwsError

__all__ = ["Admission", "Lease", "throttled"]


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to run one invocation. ``concurrent`` counts this one too."""

    function_arn: str
    concurrent: int
    account_concurrent: int


def throttled(reason: str) -> AwsError:
    """Return the 429 that AWS sends, with its *reason* (botocore: ``ThrottleReason``)."""
    return AwsError(
        "TooManyRequestsException",
        "Rate Exceeded.",
        status=429,
        members={"Reason": reason, "Type": "User"},
        message_key="message",
    )


class Admission:
    """Counts what runs, and refuses what would pass a limit.

    Parameters
    ----------
    account_limit
        Concurrent executions of the account in this region; the default is AWS's.

    Examples
    --------
    >>> admission = Admission(account_limit=1)
    >>> lease = admission.take("arn:f", reserved=None)
    >>> lease.concurrent
    1
    >>> admission.take("arn:g", reserved=None)
    Traceback (most recent call last):
        ...
    lambda_lab.errors.AwsError: TooManyRequestsException: Rate Exceeded.
    """

    def __init__(self, account_limit: int | None = None) -> None:
        self.account_limit = account_limit or int(facts.value("concurrency.default"))
        self._running: Counter[str] = Counter()
        self._total = 0
        self._changed = threading.Condition()

    def take(self, function_arn: str, reserved: int | None) -> Lease:
        """Take a lease.

        Parameters
        ----------
        function_arn
            Unqualified ARN.
        reserved
            The function's reserved concurrency, or ``None``.

        Raises
        ------
        AwsError
            ``TooManyRequestsException`` with AWS's reason.
        """
        with self._changed:
            if reserved is not None and self._running[function_arn] >= reserved:
                raise throttled("ReservedFunctionConcurrentInvocationLimitExceeded")
            if self._total >= self.account_limit:
                raise throttled("ConcurrentInvocationLimitExceeded")
            self._running[function_arn] += 1
            self._total += 1
            return Lease(function_arn, self._running[function_arn], self._total)

    def give_back(self, lease: Lease) -> None:
        """Give a lease back."""
        with self._changed:
            self._running[lease.function_arn] -= 1
            if not self._running[lease.function_arn]:
                del self._running[lease.function_arn]
            self._total -= 1
            if not self._total:
                self._changed.notify_all()

    @property
    def running(self) -> int:
        """How many invocations run now."""
        return self._total

    def wait_quiet(self, timeout: float | None = None) -> bool:
        """Wait until nothing runs; false if *timeout* seconds pass first."""
        with self._changed:
            return self._changed.wait_for(lambda: self._total == 0, timeout)
