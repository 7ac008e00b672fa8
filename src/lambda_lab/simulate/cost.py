"""What simulated requests would be charged: prices from ``facts``, nothing typed here.

https://aws.amazon.com/lambda/pricing/
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from lambda_lab import facts
from lambda_lab.clock import SECOND
from lambda_lab.errors import shown

from .checks import whole
from .errors import SimulationError

__all__ = ["Cost", "billing_unit", "cost_of"]

ARCHITECTURES = {"x86_64": "x86", "arm64": "arm"}
MB_IN_GB = 1024
MILLION = 1_000_000
CENT_OF_A_CENT = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Cost:
    """US dollars in us-east-1, first price tier, free tier not taken off."""

    requests: Decimal
    """For requests that ran; a throttled one costs nothing."""
    duration: Decimal
    """For Init and run time, each request rounded up."""
    provisioned: Decimal
    """For keeping provisioned environments ready, busy or not."""

    @property
    def total(self) -> Decimal:
        """All of it."""
        return self.requests + self.duration + self.provisioned

    def __str__(self) -> str:
        parts = {"requests": self.requests, "duration": self.duration}
        if self.provisioned:
            parts["provisioned concurrency"] = self.provisioned
        parts["total"] = self.total
        shown = (f"{name} {dollars.quantize(CENT_OF_A_CENT)}" for name, dollars in parts.items())
        return f"Cost in USD: {', '.join(shown)}"


def billing_unit() -> int:
    """Return what billed durations are rounded up to, in nanoseconds."""
    return int(facts.value("price.rounding")) * SECOND // 1000


def cost_of(
    *,
    requests: int,
    on_demand_units: int,
    provisioned_units: int,
    provisioned: int,
    span: int,
    memory: Any,
    architecture: str,
) -> Cost:
    """Return the charge for requests that ran.

    Parameters
    ----------
    requests
        How many ran.
    on_demand_units, provisioned_units
        What they took, in billing units, on demand and in provisioned environments.
    provisioned
        Provisioned environments.
    span
        How long these were configured, in nanoseconds; rounded up as AWS does.
    memory, architecture
        Of the function: MB, and ``x86_64`` or ``arm64``.

    Raises
    ------
    SimulationError
        If the memory is out of Lambda's range, or there is no such architecture.
    """
    if architecture not in tuple(ARCHITECTURES):
        raise SimulationError(
            f"There is no architecture {shown(architecture)}; give {' or '.join(ARCHITECTURES)}."
        )
    kind = ARCHITECTURES[architecture]
    gigabytes = (
        Decimal(
            whole(
                "memory",
                memory,
                least=int(facts.value("memory.minimum")),
                most=int(facts.value("memory.maximum")),
            )
        )
        / MB_IN_GB
    )
    unit = Decimal(billing_unit()) / SECOND
    rounding = int(facts.value("concurrency.provisioned.rounding")) * 60 * SECOND
    configured = -(-span // rounding) * rounding // SECOND * provisioned
    return Cost(
        requests=facts.value("price.requests") * requests / MILLION,
        duration=gigabytes
        * unit
        * (
            facts.value(f"price.duration.{kind}") * on_demand_units
            + facts.value(f"price.provisioned.duration.{kind}") * provisioned_units
        ),
        provisioned=gigabytes * configured * facts.value(f"price.provisioned.{kind}"),
    )
