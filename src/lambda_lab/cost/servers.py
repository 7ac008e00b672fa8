"""A server that runs all month, and the traffic at which a function costs as much."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from lambda_lab import facts
from lambda_lab.errors import shown

from .charges import bill
from .errors import WorkloadError
from .fields import Field, fields
from .lines import Bill, Line
from .services import charge, services
from .workload import Workload, check_workload

__all__ = ["BreakEven", "break_even", "hourly", "instances", "server"]

_PREFIX = "price.ec2."
_SERVERS = Field("servers", "Servers", "", 1, 10_000, 0, "more is not priced here")
_HOURS = Field("hours", "Hours a month", "h", 0, 31 * 24, 3, "the hours of the longest month")


def instances(*, unconfirmed: bool = False) -> tuple[str, ...]:
    """Return the EC2 instance types with a price, cheapest first.

    Parameters
    ----------
    unconfirmed
        Also those whose price was found in no source.

    Examples
    --------
    >>> instances()
    ('m7g.large', 't3.large')
    """
    found = [
        fact
        for key, fact in facts.all().items()
        if key.startswith(_PREFIX)
        and fact.kind is facts.Kind.PRICE
        and (unconfirmed or fact.confidence is not facts.Confidence.LOW)
    ]
    found.sort(key=lambda fact: (fact.value, fact.key))
    return tuple(fact.key.removeprefix(_PREFIX).replace("-", ".", 1) for fact in found)


def _key(instance: str) -> str:
    if str(instance) not in instances(unconfirmed=True):
        raise WorkloadError(
            f"There is no price for the instance {shown(instance)}. "
            f"Give one of {', '.join(instances(unconfirmed=True))}.",
            "instance",
        )
    return _PREFIX + instance.replace(".", "-")


def hourly(instance: str) -> facts.Fact:
    """Return the price of an instance's hour: Linux, on demand.

    Raises
    ------
    WorkloadError
        If no price of it is known here.
    """
    return facts.get(_key(instance))


def server(instance: str, *, servers: Any = 1, hours: Any = None) -> Bill:
    """Return the bill of servers that run all month.

    Disk, addresses, load balancer, traffic and the people who patch them are not in it.

    Parameters
    ----------
    instance
        An EC2 instance type.
    servers
        How many: two, if one may fail.
    hours
        Of the month; by default those of AWS's calculators.

    Raises
    ------
    WorkloadError
        If there is no such price, or a number cannot be.

    Examples
    --------
    >>> server("m7g.large").words
    'The bill is $59.57: EC2, 1 × m7g.large $59.57.'
    """
    key = _key(instance)
    count = _SERVERS.read(servers)
    length = _HOURS.read(facts.value("price.month.hours") if hours is None else hours)
    what = f"EC2, {count} × {instance}"
    return Bill((Line(what, count * length, "h", key, each="per hour"),))


@dataclass(frozen=True, slots=True)
class BreakEven:
    """Where a function begins to cost as much as servers.

    Attributes
    ----------
    requests
        The smallest number of requests a month whose bill is no less than the servers'.
    server, function
        The two bills at that number.
    """

    requests: int
    server: Bill
    function: Bill

    @property
    def per_second(self) -> float:
        """The same as an average rate over a month of AWS's calculators."""
        return self.requests / (int(facts.value("price.month.hours")) * 3600)

    def __str__(self) -> str:
        return (
            f"{self.requests:,} requests a month, {self.per_second:,.3g} a second on average: "
            "from there on the server costs no more."
        )


def break_even(
    workload: Workload,
    instance: str,
    *,
    servers: Any = 1,
    free_tier: bool = False,
    also: Iterable[str] = (),
) -> BreakEven:
    """Return the requests a month from which servers cost no more than the function.

    Whether the servers can carry that traffic is another question, and the first to ask.

    Parameters
    ----------
    workload
        The function; its number of requests does not matter.
    instance, servers
        What it is held against.
    free_tier
        Whether the function has the account's free tier to itself.
    also
        Names of `services` that are charged per request too, such as ``http-api.requests``.

    Raises
    ------
    WorkloadError
        If something cannot be priced, or the function stays cheaper as far as prices are known.

    Examples
    --------
    >>> light = Workload(requests=0, duration_ms=100, memory_mb=512, architecture="arm64")
    >>> print(break_even(light, "m7g.large"))
    68,732,044 requests a month, 26.2 a second on average: from there on the server costs no more.
    """
    check_workload(workload)
    fixed = server(instance, servers=servers)
    if isinstance(also, str | bytes) or not isinstance(also, Iterable):
        raise WorkloadError(f"also is {shown(also)}; give a list of names of services.", "also")
    doors = tuple(also)
    most = fields()["requests"].most
    for name in doors:
        charge(name, 0)
        most = min(most, services()[name].quantity().most)

    def at(count: int) -> Bill:
        found = bill(_with_requests(workload, count), free_tier=free_tier)
        for name in doors:
            found += charge(name, count)
        return found

    if at(most).total < fixed.total:
        raise WorkloadError(
            f"The function costs less than the servers up to {most:,} requests a month, "
            "as far as one price is known here. Take fewer or smaller servers.",
            "servers",
        )
    low, high = -1, most
    while high - low > 1:  # bills never fall with more requests, so halving finds the first
        middle = (low + high) // 2
        low, high = (low, middle) if at(middle).total >= fixed.total else (middle, high)
    return BreakEven(high, fixed, at(high))


def _with_requests(workload: Workload, count: int) -> Workload:
    """Return the same workload with another number of requests."""
    return replace(workload, requests=Decimal(count))
