"""From a workload to its bill: the free tier first, then the price tiers.

https://aws.amazon.com/lambda/pricing/. Free amounts and tiers belong to the account's month; here
the workload is all there is in it. Whether free GB-seconds count towards the first tier was found
in no source; here they do not, which changes less than a dollar, and only far beyond that tier.
"""

from __future__ import annotations

from decimal import Decimal, localcontext

from lambda_lab import facts

from .lines import Bill, Line
from .money import EXACT
from .workload import ARCHITECTURES, Metered, Workload, check_workload, meter

__all__ = ["bill"]

MILLION = 1_000_000
GB_S = "GB-s"
PER_GB_S = "per GB-s"


def bill(workload: Workload, *, free_tier: bool = True) -> Bill:
    """Return the itemised bill of a month.

    Parameters
    ----------
    workload
        What runs.
    free_tier
        Whether the account's free requests and GB-seconds are all this function's. They are never
        taken off a function with provisioned concurrency, as AWS's price page has it.

    Examples
    --------
    >>> from lambda_lab.cost import Workload
    >>> small = Workload(requests=900_000, duration_ms=100)
    >>> bill(small).total, bill(small, free_tier=False).total
    (Decimal('0.000'), Decimal('0.3675003750000'))
    """
    check_workload(workload)
    used = meter(workload)
    kind = ARCHITECTURES[workload.architecture]
    free = free_tier and not workload.provisioned
    with localcontext(EXACT):
        lines = [
            *_requests(used.requests, free),
            *_duration(used.on_demand, workload.architecture, free),
            *_ahead(used, kind),
            Line("Storage in /tmp", used.storage, GB_S, "price.ephemeral", each=PER_GB_S),
            Line("SnapStart cache", used.cached, GB_S, "price.snapstart.cache", each=PER_GB_S),
            Line("SnapStart restores", used.restored, "GB", "price.snapstart.restore",
                 each="per GB"),
            *_streamed(workload.streamed_gb),
        ]  # fmt: skip
    return Bill(tuple(line for line in lines if line.quantity))


def _requests(count: Decimal, free: bool) -> list[Line]:
    spared = min(count, Decimal(facts.value("price.free.requests"))) if free else Decimal(0)
    return [
        Line("Requests, free every month", spared, "", "price.free.requests", free=True),
        Line("Requests", count - spared, "", "price.requests", MILLION, "per million"),
    ]


def _duration(seconds: Decimal, architecture: str, free: bool) -> list[Line]:
    spared = min(seconds, Decimal(facts.value("price.free.duration"))) if free else Decimal(0)
    kind, left = ARCHITECTURES[architecture], seconds - spared
    first, second = (Decimal(facts.value(f"price.tier{n}.{kind}")) for n in (1, 2))
    parts = (
        ("", "", min(left, first)),
        (", second tier", ".tier2", min(max(left - first, Decimal(0)), second - first)),
        (", third tier", ".tier3", max(left - second, Decimal(0))),
    )
    return [
        Line("Duration, free every month", spared, GB_S, "price.free.duration", free=True),
        *(
            Line(f"Duration, {architecture}{name}", part, GB_S, f"price.duration.{kind}{suffix}",
                 each=PER_GB_S)
            for name, suffix, part in parts
        ),
    ]  # fmt: skip


def _ahead(used: Metered, kind: str) -> list[Line]:
    price = f"price.provisioned.{kind}"
    busy = f"price.provisioned.duration.{kind}"
    return [
        Line("Provisioned concurrency", used.reserved, GB_S, price, each=PER_GB_S),
        Line("Duration, provisioned", used.ahead, GB_S, busy, each=PER_GB_S),
    ]


def _streamed(gigabytes: Decimal) -> list[Line]:
    """Return the lines of response streaming; its free amount is no part of the free tier."""
    spared = min(gigabytes, Decimal(facts.value("price.stream.free")))
    return [
        Line("Streaming, free every month", spared, "GB", "price.stream.free", free=True),
        Line("Streaming", gigabytes - spared, "GB", "price.stream", each="per GB"),
    ]
