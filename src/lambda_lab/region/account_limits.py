"""The account's limits, read and changed while the region is open: ``/_lab/concurrency``."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

from lambda_lab import facts
from lambda_lab.errors import SandboxError
from lambda_lab.invoke.admission import Admission
from lambda_lab.invoke.limits import account_concurrency

__all__ = ["change_limits", "describe_limits"]


def describe_limits(admission: Admission) -> dict[str, Any]:
    """Return the limits as the control path shows them."""
    return {
        "account_concurrency": admission.limits.account,
        "environments_per_10_seconds": admission.limits.burst,
        "running": admission.running,
    }


def change_limits(admission: Admission, document: Any) -> None:
    """Take on the limits that *document* names; the others stay.

    Raises
    ------
    ValueError
        If it names something else, or gives something else than a whole number.

    Examples
    --------
    >>> admission = Admission()
    >>> change_limits(admission, {"account_concurrency": 20, "environments_per_10_seconds": 5})
    >>> admission.limits
    Limits(account=20, burst=5, rate=Fraction(1, 2), requests_per_unit=10)
    """
    names = ("account_concurrency", "environments_per_10_seconds")
    if not isinstance(document, dict) or not document or set(document) - set(names):
        raise ValueError('send {"account_concurrency": 20, "environments_per_10_seconds": 5}')
    limits = admission.limits
    for name, value in document.items():
        try:
            number = account_concurrency(value)
        except SandboxError:
            number = None
        if number is None or isinstance(value, str):
            raise ValueError(f"{name} must be a whole number from 1 on, not {value!r}")
        if name == names[0]:
            limits = replace(limits, account=number)
        else:
            window = int(facts.value("concurrency.scaling.window"))
            limits = replace(limits, burst=number, rate=Fraction(number, window))
    admission.limits = limits
