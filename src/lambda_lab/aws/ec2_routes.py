"""Whether a route of moto's leads to something. moto itself says of every route that it does."""

from __future__ import annotations

from typing import Any

__all__ = ["route_state"]

NAT_WORKS = ("available", "pending")


def route_state(route: Any) -> str:
    """Return ``active``, or ``blackhole`` for a route whose target is gone or does not work."""
    if route.local:
        return "active"
    return "active" if _works(route) else "blackhole"


def _works(route: Any) -> bool:
    """Ask the one target that a route has."""
    backend = route.route_table.ec2_backend
    if route.gateway is not None:
        return _gateway_works(backend, route)
    for target, works in (
        (route.nat_gateway, lambda nat: nat.state in NAT_WORKS),
        (route.egress_only_igw, lambda gate: gate.id in backend.egress_only_internet_gateways),
        (route.vpc_pcx, lambda peering: peering.status["Code"] == "active"),
        (route.interface, lambda interface: interface.id in backend.enis),
        (route.instance, lambda instance: instance.state == "running"),
    ):
        if target is not None:
            return bool(works(target))
    return bool(route.transit_gateway or route.carrier_gateway or route.vpc_endpoint_id)


def _gateway_works(backend: Any, route: Any) -> bool:
    """Whether an internet gateway is attached to the table's VPC, an endpoint not deleted."""
    gateway = route.gateway
    if gateway.id.startswith("igw-"):
        attached = gateway.vpc is not None and gateway.vpc.id == route.route_table.vpc_id
        return attached and gateway.id in backend.internet_gateways
    return bool(gateway.state == "available")
