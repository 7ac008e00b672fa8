"""What is counted for admission: of a version, of a function, of an account.

Only what concerns one of these counts is decided here; :mod:`.admission` has the order of the
rules.
"""

from __future__ import annotations

from dataclasses import dataclass

from lambda_lab.invoke.limits import Limits
from lambda_lab.invoke.rates import RequestRate, ScalingRate

__all__ = [
    "NO_ACCOUNT",
    "NO_RESERVED",
    "AccountCounts",
    "FunctionCounts",
    "Lease",
    "ProvisionedCounts",
]

NO_RESERVED = "ReservedFunctionConcurrentInvocationLimitExceeded"
NO_ACCOUNT = "ConcurrentInvocationLimitExceeded"


class ProvisionedCounts:
    """Provisioned concurrency of one version."""

    __slots__ = ("allocated", "busy", "rate")

    def __init__(self) -> None:
        self.allocated = 0
        self.busy = 0
        self.rate = RequestRate(0)


class AccountCounts:
    """One AWS region of the account."""

    __slots__ = ("claimed", "rate", "reserved", "running", "unreserved")

    def __init__(self) -> None:
        self.running = 0
        self.unreserved = 0
        """Invocations on demand of functions without reserved concurrency."""
        self.reserved = 0
        self.claimed = 0
        """``unreserved``, and all that is set aside: CloudWatch's ClaimedAccountConcurrency."""
        self.rate = RequestRate(None)


class FunctionCounts:
    """One function."""

    __slots__ = (
        "account", "allocated", "arn", "on_demand", "rate", "reserved", "running", "scaling",
        "versions",
    )  # fmt: skip

    def __init__(self, arn: str, account: AccountCounts, limits: Limits) -> None:
        self.arn = arn
        self.account = account
        self.reserved: int | None = None
        self.running = 0
        self.on_demand = 0
        self.allocated = 0
        """Provisioned environments of all versions."""
        self.versions: dict[str, ProvisionedCounts] = {}
        self.rate = RequestRate(None)
        self.scaling = ScalingRate(limits)

    def full(self, free: ProvisionedCounts | None, limit: int) -> str | None:
        """Return why no concurrency is left, or ``None``; *free* is where it needs none."""
        account, reserved = self.account, self.reserved
        if reserved is None:
            return NO_ACCOUNT if free is None and account.claimed >= limit else None
        if self.running >= reserved:
            return NO_RESERVED
        if free is None and self.on_demand + self.allocated >= reserved:
            return NO_RESERVED
        # Only where limits were lowered while invocations ran.
        return NO_ACCOUNT if account.running >= limit else None

    @property
    def aside(self) -> int:
        """What the function has set aside of the account's concurrency."""
        return self.allocated if self.reserved is None else self.reserved


@dataclass(slots=True)
class Lease:
    """The right to run one invocation. The numbers count this one too."""

    function_arn: str
    concurrent: int
    """Invocations of the function at work."""
    account_concurrent: int
    """Invocations of the account at work, in this AWS region."""
    unreserved: int
    """Those of them that run on demand, by functions without reserved concurrency."""
    claimed: int
    """Concurrency of the account that is in use or set aside."""
    provisioned: bool
    """Whether it runs in a provisioned environment."""
    allocated: int
    """Provisioned environments of the version; where it has some and ``provisioned`` is false,
    this invocation spilled over."""
    allocated_busy: int
    """Those of them that are at work."""
    counted: bool
    """Whether it counts as a request of its second."""
    turn: int
    """When it began, for those who wait for what runs (:mod:`.underway`)."""
    function: FunctionCounts
    version: ProvisionedCounts | None

    @property
    def spillover(self) -> bool:
        """Whether the version has provisioned environments, and none could take it."""
        return not self.provisioned and self.allocated > 0
