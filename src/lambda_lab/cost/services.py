"""What stands beside Lambda on the bill: network, front doors, proxies, logs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from lambda_lab import facts
from lambda_lab.errors import shown

from .errors import WorkloadError
from .fields import Field
from .lines import Bill, Line

__all__ = ["Service", "charge", "services"]

_MOST = 10**15


@dataclass(frozen=True, slots=True)
class Service:
    """Something with one price.

    Attributes
    ----------
    what, unit
        As the bill says it, and what is counted.
    key
        The fact that holds the price.
    per, each
        How many units it is for, and that in words.
    tier
        The fact that says where this price ends, or empty. Beyond it the price is lower.
    """

    what: str
    unit: str
    key: str
    per: int = 1
    each: str = ""
    tier: str = ""

    def quantity(self) -> Field:
        """Return what may be asked for."""
        most = int(facts.value(self.tier)) if self.tier else _MOST
        why = "one price holds up to there" if self.tier else "more is not priced here"
        return Field("quantity", self.what, self.unit, 0, most, 6, why, facts.get(self.key).url)


@cache
def services() -> Mapping[str, Service]:
    """Return what `charge` can price, by name."""
    return MappingProxyType(
        {
            "nat-gateway.hours": Service(
                "NAT gateway", "h", "price.nat.hour", each="per hour"),
            "nat-gateway.gb": Service(
                "NAT gateway, data", "GB", "price.nat.gb", each="per GB"),
            "interface-endpoint.hours": Service(
                "Interface endpoint", "h", "price.endpoint.hour", each="per zone and hour"),
            "interface-endpoint.gb": Service(
                "Interface endpoint, data", "GB", "price.endpoint.gb", each="per GB",
                tier="price.endpoint.gb.tier1"),
            "cross-zone.gb": Service(
                "Data between zones, each way", "GB", "price.transfer.zone", each="per GB"),
            "internet.gb": Service(
                "Data to the internet", "GB", "price.transfer.internet", each="per GB",
                tier="price.transfer.internet.tier1"),
            "rds-proxy.vcpu-hours": Service(
                "RDS Proxy", "vCPU-h", "price.rds-proxy.vcpu-hour",
                each="per vCPU of the database and hour"),
            "http-api.requests": Service(
                "API Gateway, HTTP API", "", "price.api-gateway.http", 1_000_000, "per million",
                "price.api-gateway.http.tier1"),
            "rest-api.requests": Service(
                "API Gateway, REST API", "", "price.api-gateway.rest", 1_000_000, "per million",
                "price.api-gateway.rest.tier1"),
            "logs.gb": Service(
                "Logs taken in", "GB", "price.logs", each="per GB", tier="price.logs.tier1"),
            "sqs-poller.hours": Service(
                "Event pollers, SQS", "h", "price.poller.sqs", each="per poller and hour"),
            "kafka-poller.hours": Service(
                "Event poller units, Kafka", "h", "price.poller.kafka", each="per unit and hour"),
            "durable.operations": Service(
                "Durable operations", "", "price.durable.operations", 1_000_000, "per million"),
            "fargate-x86.vcpu-hours": Service(
                "Fargate, x86_64", "vCPU-h", "price.fargate.vcpu.x86", each="per vCPU and hour"),
            "fargate-x86.gb-hours": Service(
                "Fargate memory, x86_64", "GB-h", "price.fargate.gb.x86", each="per GB and hour"),
            "fargate-arm.vcpu-hours": Service(
                "Fargate, arm64", "vCPU-h", "price.fargate.vcpu.arm", each="per vCPU and hour"),
            "fargate-arm.gb-hours": Service(
                "Fargate memory, arm64", "GB-h", "price.fargate.gb.arm", each="per GB and hour"),
        }
    )  # fmt: skip


def charge(name: str, quantity: Any) -> Bill:
    """Return a bill of one line for something beside Lambda.

    Parameters
    ----------
    name
        A name of `services`, for example ``nat-gateway.hours``.
    quantity
        How much, in the unit that the name ends in.

    Raises
    ------
    WorkloadError
        If there is no such service, or the quantity is out of what its one price covers.

    Examples
    --------
    >>> print(charge("nat-gateway.hours", 730) + charge("nat-gateway.gb", 10))
    what               quantity  unit price       amount
    NAT gateway        730 h     $0.045 per hour  $32.85
    NAT gateway, data  10 GB     $0.045 per GB    $0.45
    Total                                         $33.30
    """
    service = services().get(str(name))
    if service is None:
        raise WorkloadError(
            f"There is no price for {shown(name)}. Give one of {', '.join(services())}."
        )
    number = service.quantity().read(quantity)
    return Bill((Line(service.what, number, service.unit, service.key, service.per, service.each),))
