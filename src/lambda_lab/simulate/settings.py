"""The settings of a simulation, checked together before anything runs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from lambda_lab import facts
from lambda_lab.clock import SECOND

from .checks import LONGEST, above_zero, whole
from .errors import SimulationError

__all__ = ["Settings", "checked"]

MOST = 2**31 - 1
"""Most environments: their numbers are kept in 32 bits."""
MOST_PROVISIONED = 1_000_000
"""They are all there from the start; more than any account has."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a function and its account allow, in whole numbers. :func:`checked` makes one.

    A limit that is not there is ``None``.
    """

    keep_alive: int
    """Nanoseconds that an idle environment is kept."""
    reserved: int | None
    provisioned: int
    account_limit: int | None
    burst: int | None
    """Environments that may be added at once; ``None`` where scaling has no limit."""
    rate: Fraction
    """Environments a second that may be added after a burst; 0 where scaling has no limit."""
    requests_per_environment: int | None
    """Requests a second for each unit of concurrency."""

    @property
    def limit(self) -> int | None:
        """Most requests in flight: reserved concurrency is a ceiling as well as a floor."""
        return self.account_limit if self.reserved is None else self.reserved

    @property
    def on_demand_limit(self) -> int | None:
        """Most requests in on-demand environments; provisioned ones are claimed, busy or not.

        https://docs.aws.amazon.com/lambda/latest/dg/monitoring-concurrency.html
        """
        return None if self.limit is None else self.limit - self.provisioned

    @property
    def requests_a_second(self) -> int | None:
        """Most requests that may begin within any one second."""
        if self.limit is None or self.requests_per_environment is None:
            return None
        return self.limit * self.requests_per_environment

    @property
    def provisioned_requests_a_second(self) -> int | None:
        """Most requests that provisioned environments take within any one second."""
        if self.requests_per_environment is None:
            return None
        return self.provisioned * self.requests_per_environment

    @property
    def tokens(self) -> tuple[int, int, int]:
        """Return price, refill and size of the bucket of new environments, in whole parts.

        An environment costs *price* parts, *refill* parts come back each nanosecond, and the
        bucket never holds more than *size*. All zero where scaling has no limit.
        """
        if self.burst is None:
            return 0, 0, 0
        each = self.rate / SECOND
        return each.denominator, each.numerator, each.denominator * self.burst


def _count(name: str, value: Any, key: str, *, least: int) -> int | None:
    """Return a limit: AWS's own for ``None``, none at all for infinity."""
    if value is None:
        value = facts.value(key)
    if isinstance(value, float) and value == math.inf:
        return None
    return whole(name, value, least=least, most=MOST)


def _scaling(burst: Any, rate: Any) -> tuple[int | None, Fraction]:
    size = _count("burst", burst, "concurrency.scaling.environments", least=1)
    if rate is None:
        window = facts.value("concurrency.scaling.window")
        refill: Fraction | None = Fraction(
            facts.value("concurrency.scaling.environments"), int(window)
        )
    elif isinstance(rate, float) and rate == math.inf:
        refill = None
    else:
        refill = above_zero("rate", rate)
    if size is None or refill is None:
        return None, Fraction(0)
    each = refill / SECOND
    if each.denominator * size > LONGEST or each.numerator > LONGEST:
        raise SimulationError(
            f"rate is {rate!r} with a burst of {size}: these do not fit in 64 bits together. "
            "Give a rate with fewer digits, such as 0.25."
        )
    return size, refill


def _agree(settings: Settings, own_account: bool) -> None:
    """Refuse what AWS would refuse, or what could not be.

    At least 100 stay unreserved (PutFunctionConcurrency), and a function has no more provisioned
    than reserved concurrency (PutProvisionedConcurrencyConfig). An *own_account* limit may be
    small, so there only the limit itself counts.
    """
    limit, reserved, provisioned = (
        settings.account_limit,
        settings.reserved,
        settings.provisioned,
    )
    if reserved is not None and provisioned > reserved:
        raise SimulationError(
            f"provisioned is {provisioned} and reserved {reserved}: a function cannot have more "
            "provisioned than reserved concurrency. Lower the one or raise the other."
        )
    if limit is None:
        return
    kept = 0 if own_account else int(facts.value("concurrency.unreserved-minimum"))
    name, taken = ("provisioned", provisioned) if reserved is None else ("reserved", reserved)
    if taken > limit - kept:
        left = f" and keeps {kept} of it unreserved" if kept else ""
        raise SimulationError(
            f"{name} is {taken}, but the account has {limit}{left}. "
            f"Give at most {limit - kept}, or a higher account_limit."
        )


def checked(
    *,
    keep_alive: Any,
    reserved: Any,
    provisioned: Any,
    account_limit: Any,
    burst: Any,
    rate: Any,
    requests_per_environment: Any,
) -> Settings:
    """Return the settings as whole numbers.

    Raises
    ------
    SimulationError
        If one is negative, not a number or of the wrong kind, or if two contradict each other.

    Examples
    --------
    >>> def settings(**given):
    ...     names = ("reserved", "account_limit", "burst", "rate", "requests_per_environment")
    ...     return checked(**{"keep_alive": 1, "provisioned": 0} | dict.fromkeys(names) | given)
    >>> settings(reserved=10).requests_a_second
    100
    >>> settings(reserved=10, provisioned=11)
    Traceback (most recent call last):
        ...
    lambda_lab.simulate.errors.SimulationError: provisioned is 11 and reserved 10: a function
    cannot have more provisioned than reserved concurrency. Lower the one or raise the other.
    """
    forever = isinstance(keep_alive, float) and keep_alive == math.inf
    size, refill = _scaling(burst, rate)
    settings = Settings(
        keep_alive=LONGEST * 4 if forever else whole("keep_alive", keep_alive),
        reserved=None if reserved is None else whole("reserved", reserved, most=MOST),
        provisioned=whole("provisioned", provisioned, most=MOST_PROVISIONED),
        account_limit=_count("account_limit", account_limit, "concurrency.default", least=1),
        burst=size,
        rate=refill,
        requests_per_environment=_count(
            "requests_per_environment",
            requests_per_environment,
            "concurrency.requests-per-environment",
            least=1,
        ),
    )
    _agree(settings, own_account=account_limit is not None)
    return settings
