"""Opening the way out of a region's functions: the policy, and what stands in for the world."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from lambda_lab.aws.egress_seam import database_place, networks_exist
from lambda_lab.network.databases import Database, Proxy
from lambda_lab.network.egress_policy import EgressPolicy
from lambda_lab.network.reading import region_topology
from lambda_lab.network.standins import Served, StandIns, service_address, vpc_aws_settings
from lambda_lab.network.topology import Topology
from lambda_lab.network.web_site import WebSite
from lambda_lab.rds.databases import Databases
from lambda_lab.rds.endpoints import Endpoint
from lambda_lab.region.endpoint_policies import EndpointPolicies
from lambda_lab.runtime.egress import Egress
from lambda_lab.runtime.io_loop import IoLoop
from lambda_lab.runtime.launcher import Launcher
from lambda_lab.runtime.linux_sandbox import raise_limits

__all__ = ["RegionEgress", "open_egress"]


class _Server(Protocol):
    """The region's endpoint."""

    @property
    def url(self) -> str:
        """Where clients find it."""
        ...

    port: int

    def also_at(self, address: str) -> None:
        """Answer at another loopback address as well."""
        ...

    def put_before(self, gate: Callable[..., Any]) -> None:
        """Let *gate* see each request first."""
        ...

    ended: Callable[[int], object] | None


@dataclass(frozen=True)
class RegionEgress:
    """The way out of a region: ``runtime`` makes connections as ``policy`` decides."""

    region: str
    server: _Server
    runtime: Egress
    policy: EgressPolicy

    def launcher(self, loop: IoLoop, folder: Path, *, isolate: bool) -> Launcher:
        """Return what starts functions that have this way out, and no other."""
        return Launcher(
            loop,
            folder,
            self.server.url,
            self.region,
            isolate=isolate,
            egress=self.runtime,
            vpc_settings=vpc_aws_settings(self.region, self.server.port),
        )


@contextmanager
def open_egress(
    region: str, server: _Server, databases: Callable[[], Databases]
) -> Iterator[RegionEgress]:
    """Decide what functions reach while the block runs.

    Parameters
    ----------
    region, server
        The region's name, and its endpoint.
    databases
        Returns the databases and proxies there are.
    """

    def stand_ins() -> StandIns:
        served = (
            _served(region, one, number) for number, one in enumerate(databases().endpoints.all())
        )
        return StandIns(server.port, site.port, tuple(one for one in served if one is not None))

    def seen_from(local_port: int) -> str:
        passage = policy.passage(local_port)
        return passage.seen_from if passage else "127.0.0.1"

    def topology() -> Topology:
        return region_topology(region) if networks_exist(region) else Topology(region)

    policy = EgressPolicy(topology, stand_ins)
    raise_limits()
    server.put_before(lambda application: EndpointPolicies(application, policy.passage))
    server.ended = policy.ended
    # URLs that a function in a VPC has signed name this address.
    server.also_at(service_address("s3"))
    with WebSite(seen_from) as site, Egress(policy) as runtime:
        yield RegionEgress(region, server, runtime, policy)


def _served(region: str, endpoint: Endpoint, number: int) -> Served | None:
    place = database_place(region, endpoint.kind, endpoint.identifier)
    if place is None:
        return None
    known = (endpoint.identifier, place.subnets, place.groups, endpoint.port)
    destination = (
        Proxy(*known, place=number)
        if endpoint.kind == "proxy"
        else Database(*known, place.public, place=number)
    )
    return Served(destination, endpoint.name, endpoint.address, endpoint.port)
