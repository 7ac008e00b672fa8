"""What the backends of a region need from the rest of the package.

moto makes backends itself, at the first request for a region, so they cannot be handed these.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lambda_lab.clock import Clock
from lambda_lab.errors import SandboxError
from lambda_lab.ids import Ids
from lambda_lab.invoke.event_queue import EventQueue
from lambda_lab.invoke.mapping.engine import MappingEngine
from lambda_lab.invoke.plane import DataPlane
from lambda_lab.invoke.routing import Routing

__all__ = ["Services", "services", "use_services"]


@dataclass(frozen=True, slots=True)
class Services:
    """The open region's parts: clock, ids, routing, data plane, event queue, mappings, endpoint."""

    clock: Clock
    ids: Ids
    call_ids: Ids
    routing: Routing
    plane: Callable[[], DataPlane]
    events: Callable[[], EventQueue]
    mappings: Callable[[], MappingEngine]
    endpoint: Callable[[], str]


_services: Services | None = None


def use_services(services: Services | None) -> None:
    """Set what backends use; ``None`` when the region closes."""
    global _services  # noqa: PLW0603 - one region per process, as moto has one world per process
    _services = services


def services() -> Services:
    """Return what the open region's backends use.

    Raises
    ------
    SandboxError
        If no region is open.
    """
    if _services is None:
        raise SandboxError("No region is open. Open one with Lab() or `lambda-lab serve`.")
    return _services
