"""Whether an invocation may run now: the concurrency an account and a function have.

Pure rules and counters; who calls says what time it is. Every invocation takes a *lease* and gives
it back. What the limits do not allow is refused with AWS's 429:
https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html

1. A version with provisioned concurrency takes a provisioned environment that is free.
2. Else the invocation runs on demand, if that is left: of a function's own reserved concurrency, or
   of what no function has set aside. Provisioned environments are set aside, busy or not.
3. A synchronous request must also find room in its second: ten for each unit of concurrency, on
   the whole and not for each environment.
4. If it needs a new environment, the function must not scale too fast (:meth:`Admission.grow`).

``simulate/`` plays the same rules; ``tests/unit/simulate/test_engines.py`` holds one against the
other.
"""

from __future__ import annotations

import threading

from lambda_lab.errors import AwsError
from lambda_lab.invoke.counts import (
    NO_ACCOUNT,
    AccountCounts,
    FunctionCounts,
    Lease,
    ProvisionedCounts,
)
from lambda_lab.invoke.limits import Limits
from lambda_lab.invoke.rates import ScalingRate
from lambda_lab.invoke.underway import Underway

__all__ = ["Admission", "Lease", "throttled"]

RESERVED_RATE = "ReservedFunctionInvocationRateLimitExceeded"
ACCOUNT_RATE = "FunctionInvocationRateLimitExceeded"
SCALING = NO_ACCOUNT
"""AWS does not say which reason answers a function that scales too fast: taken as the account's."""


def throttled(reason: str) -> AwsError:
    """Return the 429 that AWS sends, with its *reason* (botocore: ``ThrottleReason``).

    Without ``Retry-After``: the service model has the header, and the 429 that was recorded on AWS
    came without it.
    """
    return AwsError(
        "TooManyRequestsException",
        "Rate Exceeded.",
        status=429,
        members={"Reason": reason, "Type": "User"},
        message_key="message",
    )


class Admission:
    """Counts what runs, and refuses what would pass a limit. For any number of threads.

    Parameters
    ----------
    limits
        What the account may do in each AWS region; the default is AWS's.

    Examples
    --------
    >>> admission = Admission(Limits.of_aws(2))
    >>> admission.reserve("arn:f", 1)
    >>> lease = admission.take("arn:f", "$LATEST", now_ns=0)
    >>> lease.concurrent
    1
    >>> admission.take("arn:f", "$LATEST", now_ns=0)
    Traceback (most recent call last):
        ...
    lambda_lab.errors.AwsError: TooManyRequestsException: Rate Exceeded.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits.of_aws()
        self._functions: dict[str, FunctionCounts] = {}
        self._accounts: dict[str, AccountCounts] = {}
        self._underway = Underway()
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)

    # -- invocations ---------------------------------------------------------------------------

    def take(
        self, function_arn: str, version: str, now_ns: int, *, synchronous: bool = True
    ) -> Lease:
        """Take a lease.

        Parameters
        ----------
        function_arn, version
            Unqualified ARN, and the version that is to run.
        now_ns
            The time, in nanoseconds.
        synchronous
            Whether a caller waits. Asynchronous events are bounded by concurrency alone
            (facts: ``concurrency.requests-per-environment``).

        Raises
        ------
        AwsError
            ``TooManyRequestsException`` with AWS's reason.
        """
        with self._lock:
            function = self._functions.get(function_arn) or self._add(function_arn)
            account = function.account
            held = function.versions.get(version) if function.versions else None
            free = held
            if held is not None and (
                held.busy >= held.allocated or (synchronous and held.rate.full(now_ns))
            ):
                free = None
            reason = function.full(free, self._limits.account)
            if reason is not None:
                raise throttled(reason)
            if synchronous:
                alone = function.reserved is not None
                rate = function.rate if alone else account.rate
                if rate.full(now_ns):
                    raise throttled(RESERVED_RATE if alone else ACCOUNT_RATE)
                rate.begin(now_ns)
                if free is not None:
                    free.rate.begin(now_ns)
            turn = self._underway.begin()
            account.running += 1
            function.running += 1
            if free is not None:
                free.busy += 1
            else:
                function.on_demand += 1
                if function.reserved is None:
                    account.unreserved += 1
                    account.claimed += 1
            return Lease(
                function_arn,
                function.running,
                account.running,
                account.unreserved,
                account.claimed,
                free is not None,
                0 if held is None else held.allocated,
                0 if held is None else held.busy,
                synchronous,
                turn,
                function,
                free,
            )

    def grow(self, lease: Lease, now_ns: int) -> None:
        """Let *lease* have a new on-demand environment; the lease is still to be given back.

        Raises
        ------
        AwsError
            ``TooManyRequestsException`` if the function scales too fast.
        """
        function = lease.function
        with self._lock:
            if function.scaling.take(now_ns):
                return
            if lease.counted:
                rate = function.account.rate if function.reserved is None else function.rate
                rate.undo()
        raise throttled(SCALING)

    def give_back(self, lease: Lease) -> None:
        """Give a lease back."""
        function = lease.function
        account = function.account
        with self._lock:
            function.running -= 1
            account.running -= 1
            last = self._underway.end(lease.turn)
            if lease.version is not None:
                lease.version.busy -= 1
            else:
                function.on_demand -= 1
                if function.reserved is None:
                    account.unreserved -= 1
                    account.claimed -= 1
            if last:
                self._changed.notify_all()

    # -- settings ------------------------------------------------------------------------------

    @property
    def limits(self) -> Limits:
        """What the account may do."""
        return self._limits

    @limits.setter
    def limits(self, limits: Limits) -> None:
        with self._lock:
            self._limits = limits
            for function in self._functions.values():
                function.scaling = ScalingRate(limits)
                self._resize(function)

    @property
    def account_limit(self) -> int:
        """Concurrent executions of the account in each AWS region."""
        return self._limits.account

    def reserve(self, function_arn: str, concurrency: int | None) -> None:
        """Reserve concurrency for a function; ``None`` reserves nothing any more."""
        with self._lock:
            function = self._functions.get(function_arn) or self._add(function_arn)
            account = function.account
            self._claim(function, -1)
            function.reserved = concurrency
            self._claim(function, +1)
            account.reserved = sum(
                each.reserved or 0 for each in self._functions.values() if each.account is account
            )
            self._resize(function)

    def provision(self, function_arn: str, version: str, allocated: int) -> None:
        """Let a version have this many provisioned environments; all of them are ready."""
        with self._lock:
            function = self._functions.get(function_arn) or self._add(function_arn)
            self._claim(function, -1)
            held = function.versions.setdefault(version, ProvisionedCounts())
            held.allocated = allocated
            if not allocated:
                del function.versions[version]
            function.allocated = sum(each.allocated for each in function.versions.values())
            self._claim(function, +1)
            self._resize(function)

    def forget(self, function_arn: str) -> None:
        """Forget what a function that is gone had set aside."""
        if function_arn not in self._functions:
            return
        self.reserve(function_arn, None)
        for version in list(self._functions[function_arn].versions):
            self.provision(function_arn, version, 0)
        with self._lock:
            if not self._functions[function_arn].running:
                del self._functions[function_arn]

    def clear(self) -> None:
        """Forget what every function had set aside."""
        for function_arn in list(self._functions):
            self.forget(function_arn)

    def _add(self, function_arn: str) -> FunctionCounts:
        """Return a new function's counters; the limits are those of its AWS region."""
        region = function_arn.split(":", 4)[3] if function_arn.count(":") > 3 else ""
        account = self._accounts.setdefault(region, AccountCounts())
        function = self._functions[function_arn] = FunctionCounts(
            function_arn, account, self._limits
        )
        self._resize(function)
        return function

    def _claim(self, function: FunctionCounts, sign: int) -> None:
        account = function.account
        account.claimed += sign * function.aside
        if function.reserved is None:
            account.unreserved += sign * function.on_demand
            account.claimed += sign * function.on_demand

    def _resize(self, function: FunctionCounts) -> None:
        """Count requests against what function and account have now."""
        each, account = self._limits.requests_per_unit, function.account
        unreserved = max(0, self._limits.account - account.reserved)
        account.rate.resize(None if each is None else each * unreserved)
        function.rate.resize(None if each is None else each * (function.reserved or 0))
        for held in function.versions.values():
            held.rate.resize(None if each is None else each * held.allocated)

    # -- waiting -------------------------------------------------------------------------------

    @property
    def running(self) -> int:
        """How many invocations run now."""
        return self._underway.total

    def wait_quiet(self, timeout: float | None = None) -> bool:
        """Wait until what runs now has ended; false if *timeout* seconds pass first.

        What begins meanwhile is not waited for: clients that call without a pause would keep the
        region's clock from ever moving.
        """
        with self._changed:
            turn = self._underway.next_turn()
            return self._changed.wait_for(lambda: not self._underway.before(turn), timeout)
