"""The limits of an account that bind its functions: AWS's own, unless the lab is given others."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from lambda_lab import facts
from lambda_lab.errors import SandboxError

__all__ = ["CONCURRENCY_VARIABLE", "Limits", "account_concurrency"]

CONCURRENCY_VARIABLE = "LAMBDA_LAB_CONCURRENCY"
LARGEST = 1_000_000
"""More than any account has; a slip of the keyboard is caught here."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one account may do in one AWS region.

    Examples
    --------
    >>> Limits.of_aws()
    Limits(account=1000, burst=1000, rate=Fraction(100, 1), requests_per_unit=10)
    >>> Limits.of_aws(20).unreserved_minimum
    2
    """

    account: int
    """Concurrent executions of all functions together."""
    burst: int
    """Environments that a function may add at once."""
    rate: Fraction
    """Environments a second that it may add after a burst."""
    requests_per_unit: int | None
    """Requests a second for each unit of concurrency; ``None`` is no limit."""

    @classmethod
    def of_aws(cls, account: int | None = None) -> Limits:
        """Return AWS's limits, with another account limit if one is given.

        Sources: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html and
        https://docs.aws.amazon.com/lambda/latest/dg/scaling-behavior.html
        """
        burst = int(facts.value("concurrency.scaling.environments"))
        return cls(
            account=int(facts.value("concurrency.default")) if account is None else account,
            burst=burst,
            rate=Fraction(burst, int(facts.value("concurrency.scaling.window"))),
            requests_per_unit=int(facts.value("concurrency.requests-per-environment")),
        )

    @property
    def unreserved_minimum(self) -> int:
        """How much concurrency no function may have for itself.

        A tenth of a small account: with AWS's hundred nothing could be reserved there. The tenth
        is ours.
        """
        return min(int(facts.value("concurrency.unreserved-minimum")), self.account // 10)


def account_concurrency(
    setting: Any = None, variables: Mapping[str, str] = os.environ
) -> int | None:
    """Return the account limit that the lab was given; ``None`` where it is AWS's.

    Parameters
    ----------
    setting
        What the region was opened with; ``None`` looks at ``LAMBDA_LAB_CONCURRENCY``.

    Raises
    ------
    SandboxError
        If it is no whole number from 1 on.

    Examples
    --------
    >>> account_concurrency(None, {}), account_concurrency(20, {})
    (None, 20)
    >>> account_concurrency(None, {"LAMBDA_LAB_CONCURRENCY": "50"})
    50
    >>> account_concurrency(-1)
    Traceback (most recent call last):
        ...
    lambda_lab.errors.SandboxError: account_concurrency is -1. Give the account a whole number of
    concurrent executions, from 1 to 1000000.
    """
    where, given = "account_concurrency", setting
    if setting is None:
        where, given = CONCURRENCY_VARIABLE, variables.get(CONCURRENCY_VARIABLE) or None
        if given is None:
            return None
        if given.isascii() and given.isdigit():
            given = int(given)
    whole = isinstance(given, int) and not isinstance(given, bool)
    if not whole or not 1 <= given <= LARGEST:
        raise SandboxError(
            f"{where} is {given!r}. Give the account a whole number of concurrent executions, "
            f"from 1 to {LARGEST}."
        )
    return int(given)
