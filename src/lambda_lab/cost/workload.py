"""A month of one function, checked, and what of it Lambda meters."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal, localcontext
from typing import Any

from lambda_lab import facts
from lambda_lab.errors import shown

from .errors import WorkloadError
from .fields import fields
from .money import EXACT

__all__ = ["ARCHITECTURES", "Metered", "Workload", "check_workload", "meter"]

ARCHITECTURES = {"x86_64": "x86", "arm64": "arm"}
"""AWS's names, and how the price facts spell them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """What one function does in a month.

    Attributes
    ----------
    requests
        How many run. Throttled ones do not, and cost nothing.
    duration_ms
        Of each run; every run is rounded up to the next whole millisecond.
    memory_mb
        Configured memory, used or not.
    architecture
        ``x86_64`` or ``arm64``.
    cold_percent, init_ms
        How many of 100 on-demand runs start cold, and how long their init is: it is billed too
        (facts: ``price.rounding``, ``init.billed-since``).
    ephemeral_mb
        Size of ``/tmp``; the first 512 MB are free.
    provisioned, provisioned_hours
        Provisioned environments, and how long they are configured in the month. They carry as
        many requests as fit in that time; the rest runs on demand.
    snapstart_versions, snapstart_hours
        Published versions with SnapStart that are kept, and how long each: for Python and .NET.
        Cold starts are then restores, and `init_ms` is what a restore takes.
    streamed_gb
        Streamed by responses beyond what is free in each response.

    Raises
    ------
    WorkloadError
        If there can be no such workload.

    Examples
    --------
    >>> Workload(requests=1000, duration_ms=16 * 60 * 1000)
    Traceback (most recent call last):
        ...
    lambda_lab.cost.errors.WorkloadError: Duration is 960000. Give a number from 0 to 900,000 ms,
    with at most 3 decimals (Lambda's quota: https://docs.aws.amazon.com/...).
    """

    requests: Any
    duration_ms: Any
    memory_mb: Any = 128
    architecture: str = "x86_64"
    cold_percent: Any = 0
    init_ms: Any = 0
    ephemeral_mb: Any = 512
    provisioned: Any = 0
    provisioned_hours: Any = 0
    snapstart_versions: Any = 0
    snapstart_hours: Any = 0
    streamed_gb: Any = 0

    def __post_init__(self) -> None:
        for name, field in fields().items():
            object.__setattr__(self, name, field.read(getattr(self, name)))
        if str(self.architecture) not in ARCHITECTURES:
            raise WorkloadError(
                f"Architecture is {shown(self.architecture)}. Give {' or '.join(ARCHITECTURES)} "
                "(https://docs.aws.amazon.com/lambda/latest/dg/foundation-arch.html).",
                "architecture",
            )


@dataclass(frozen=True, slots=True)
class Metered:
    """What Lambda's meters show at the end of the month, each exact.

    Attributes
    ----------
    on_demand, ahead
        GB-seconds of runs on demand, and in provisioned environments.
    reserved
        GB-seconds for which environments were kept provisioned.
    storage
        GB-seconds of ``/tmp`` beyond what is free.
    cached, restored
        GB-seconds of snapshots kept, and GB restored.
    """

    requests: Decimal
    on_demand: Decimal
    ahead: Decimal
    reserved: Decimal
    storage: Decimal
    cached: Decimal
    restored: Decimal


def check_workload(workload: object) -> None:
    """Refuse what is no workload.

    Raises
    ------
    WorkloadError
        Saying what it is.
    """
    if not isinstance(workload, Workload):
        raise WorkloadError(
            f"workload is a {type(workload).__name__}; give a lambda_lab.cost.Workload."
        )


def meter(workload: Workload) -> Metered:
    """Return what is metered for *workload*.

    Examples
    --------
    >>> meter(Workload(requests=1000, duration_ms=99.2, memory_mb=1024)).on_demand
    Decimal('100')
    """
    with localcontext(EXACT):
        run = max(Decimal(1), _up(workload.duration_ms))
        reserved_s = _provisioned_seconds(workload.provisioned_hours)
        room = workload.provisioned * reserved_s * 1000 // run
        ahead = min(workload.requests, room)
        rest = workload.requests - ahead
        cold = _up(rest * workload.cold_percent / 100)
        cold_run = max(Decimal(1), _up(workload.duration_ms + workload.init_ms))
        on_demand_s = ((rest - cold) * run + cold * cold_run) / 1000
        ahead_s = ahead * run / 1000
        gigabytes = workload.memory_mb / 1024
        extra = (workload.ephemeral_mb - int(facts.value("ephemeral.default"))) / 1024
        versions = workload.snapstart_versions
        return Metered(
            requests=workload.requests,
            on_demand=on_demand_s * gigabytes,
            ahead=ahead_s * gigabytes,
            reserved=workload.provisioned * reserved_s * gigabytes,
            storage=(on_demand_s + ahead_s) * extra,
            cached=versions * _kept_seconds(workload.snapstart_hours) * gigabytes,
            restored=cold * gigabytes if versions else Decimal(0),
        )


def _up(value: Decimal) -> Decimal:
    """Return the next whole number: a meter never rounds down."""
    return value.to_integral_value(ROUND_CEILING)


def _provisioned_seconds(hours: Decimal) -> Decimal:
    """Return the billed time of provisioned environments: whole steps of five minutes."""
    step = int(facts.value("concurrency.provisioned.rounding")) * 60
    return _up(hours * 3600 / step) * step


def _kept_seconds(hours: Decimal) -> Decimal:
    """Return how long a snapshot is billed: three hours at least."""
    return max(hours, Decimal(int(facts.value("price.snapstart.minimum")))) * 3600
