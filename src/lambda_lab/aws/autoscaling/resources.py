"""What can be scaled: the provisioned concurrency of an alias or a version.

https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["DIMENSION", "NAMESPACE", "SUSPENDABLE", "Bounds", "Resource", "parse_resource_id"]

NAMESPACE = "lambda"
"""``ServiceNamespace``."""
DIMENSION = "lambda:function:ProvisionedConcurrency"
"""``ScalableDimension``."""
SUSPENDABLE = (
    "DynamicScalingInSuspended",
    "DynamicScalingOutSuspended",
    "ScheduledScalingSuspended",
)
"""The members of ``SuspendedState``."""
# A function's name, then an alias (which has a letter, a hyphen or an underscore) or a number.
_RESOURCE_ID = re.compile(
    r"function:(?P<function>[a-zA-Z0-9-_]{1,64})"
    r":(?P<qualifier>[1-9]\d*|(?!\d+$)[a-zA-Z0-9-_]{1,128})",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Resource:
    """A function and the alias or version of it that is scaled."""

    function: str
    qualifier: str

    @property
    def metric_name(self) -> str:
        """The value of its metrics' dimension ``Resource``."""
        return f"{self.function}:{self.qualifier}"


@dataclass(frozen=True, slots=True)
class Bounds:
    """Between what the capacity moves: ``MinCapacity`` and ``MaxCapacity``."""

    minimum: int
    maximum: int

    def hold(self, capacity: int) -> int:
        """Return the capacity within the bounds that is nearest to *capacity*.

        Examples
        --------
        >>> Bounds(2, 10).hold(0), Bounds(2, 10).hold(5), Bounds(2, 10).hold(40)
        (2, 5, 10)
        """
        return min(max(capacity, self.minimum), self.maximum)


def parse_resource_id(text: str) -> Resource | None:
    """Read a ``ResourceId``; ``None`` if nothing of Lambda's that can be scaled is called so.

    ``$LATEST`` has no provisioned concurrency, and a function without a qualifier means it.

    Examples
    --------
    >>> parse_resource_id("function:my-function:BLUE")
    Resource(function='my-function', qualifier='BLUE')
    >>> parse_resource_id("function:my-function:3").qualifier
    '3'
    >>> [parse_resource_id(f"function:my-function{end}") for end in ("", ":$LATEST", ":0")]
    [None, None, None]
    """
    found = _RESOURCE_ID.fullmatch(text)
    return None if found is None else Resource(found["function"], found["qualifier"])
