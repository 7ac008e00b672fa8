"""Handing something that Lambda has to say - a result, a dead letter - to another service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from lambda_lab.errors import LabError

__all__ = ["Deliveries", "Delivery", "DeliveryError"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message for one target.

    ``attributes`` are message attributes for SQS and SNS: name to (data type, text).
    """

    target_arn: str
    """A queue, topic, function, event bus or bucket."""
    body: str
    """JSON text. For an event bus it is the ``detail``."""
    role_arn: str
    """The execution role of the function; it needs the permission."""
    region: str
    source_arn: str
    """The function, as the event bus names it under ``resources``."""
    attributes: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    detail_type: str = ""
    """For an event bus: ``Lambda Function Invocation Result - Success``."""
    object_key: str = ""
    """For a bucket."""
    trace_header: str | None = None
    """Carried along, so that a loop through the target is noticed."""


class DeliveryError(LabError):
    """The target could not be reached: it is gone, or the role has no permission."""


class Deliveries(Protocol):
    """The services that can be told something."""

    def deliver(self, delivery: Delivery) -> None:
        """Deliver it.

        Raises
        ------
        DeliveryError
            If the target does not exist, the role may not reach it, or it refuses the message.
        """
