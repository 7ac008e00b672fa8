"""What a function wants to reach, by meaning, and the addresses that this has seen from a VPC.

Public addresses that nobody gave are stand-ins from the blocks reserved for documentation
(RFC 5737, RFC 3849): 198.51.100.0/24 for AWS's services, 203.0.113.0/24 for the internet.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from lambda_lab.network.codes import Code, Failure
from lambda_lab.network.components import Address, Endpoint, Interface, Vpc, address
from lambda_lab.network.topology import Topology

__all__ = [
    "At",
    "AwsService",
    "Destination",
    "EndpointName",
    "Found",
    "FunctionUrl",
    "Instance",
    "Internet",
]

AWS_ADDRESS = address("198.51.100.10")
URL_ADDRESSES = (address("198.51.100.20"), address("2001:db8:aaaa::20"))
WEB_ADDRESS = "203.0.113.10"
HTTPS, HTTP = 443, 80
MISSING = Code.NO_SOURCE_OR_DESTINATION
# Where the name of a service's endpoint is not the service's host name (botocore, moto's list).
ENDPOINT_NAMES = {
    "api.ecr": "ecr.api",
    "firehose": "kinesis-firehose",
    "kinesis": "kinesis-streams",
}


@dataclass(frozen=True)
class Found:
    """What a destination is, seen from one place.

    Parameters
    ----------
    addresses
        In the order in which they are tried; none if the name is not known there.
    note
        Where the name led, in words.
    interfaces
        Interfaces that EC2 does not list: a database's.
    listens
        The ports that answer; none if that is not known. ``closed`` is how the others show.
    endpoint
        The interface endpoint that the name led to.
    code
        AWS's code where there is no address because the thing does not exist.
    """

    addresses: tuple[Address, ...]
    note: str
    interfaces: tuple[Interface, ...] = ()
    listens: tuple[int, ...] = ()
    closed: Failure = Failure.REFUSED
    endpoint: Endpoint | None = None
    code: Code | None = None


class Destination(Protocol):
    """Something to reach."""

    @property
    def name(self) -> str:
        """What sentences call it."""
        ...

    @property
    def named(self) -> bool:
        """Whether a name is looked up."""
        ...

    def find(self, topology: Topology, vpc: Vpc | None, zone: str) -> Found:
        """Return its addresses, seen from a VPC and zone; None is Lambda's own network."""
        ...


@dataclass(frozen=True)
class AwsService:
    """The API of an AWS service in a Region.

    Parameters
    ----------
    service
        The first part of its host name: ``s3``, ``sqs``, ``secretsmanager``.
    region
        None is the topology's own.
    action, resource
        A call, to ask the policy of an endpoint on the way: ``s3:GetObject`` and an ARN.
    """

    service: str
    region: str | None = None
    action: str | None = None
    resource: str | None = None
    named: bool = True

    @property
    def name(self) -> str:
        """What sentences call it."""
        return f"{self.service} in {self.region}" if self.region else self.service

    def find(self, topology: Topology, vpc: Vpc | None, zone: str) -> Found:
        """Return its addresses, seen from a VPC and zone."""
        region = self.region or topology.region
        endpoint = self._private(topology, vpc, region) if vpc else None
        if endpoint:
            addresses = _endpoint_addresses(topology, endpoint, zone)
            note = f"the private addresses of {endpoint.id}"
            return Found(addresses, note, (), (HTTPS, HTTP), Failure.HANGS, endpoint)
        public = self._public(topology, region)
        return Found((public,), "a public address of AWS", (), (HTTPS, HTTP), Failure.HANGS)

    def full_name(self, region: str) -> str:
        """Return the service's name among endpoints and prefix lists."""
        return f"com.amazonaws.{region}.{ENDPOINT_NAMES.get(self.service, self.service)}"

    def _private(self, topology: Topology, vpc: Vpc, region: str) -> Endpoint | None:
        """Return the interface endpoint whose private DNS answers for the service in a VPC."""
        if not (vpc.dns_support and vpc.dns_hostnames):
            return None
        for endpoint in topology.endpoints:
            ready = endpoint.kind == "Interface" and endpoint.state == "available"
            mine = endpoint.vpc == vpc.id and endpoint.service == self.full_name(region)
            if ready and mine and endpoint.private_dns:
                return endpoint
        return None

    def _public(self, topology: Topology, region: str) -> Address:
        for prefix_list in topology.prefix_lists:
            if prefix_list.name == self.full_name(region) and prefix_list.cidrs:
                block = prefix_list.cidrs[0]
                return block[min(10, block.num_addresses - 1)]
        return AWS_ADDRESS


def _endpoint_addresses(topology: Topology, endpoint: Endpoint, zone: str) -> tuple[Address, ...]:
    """Return an interface endpoint's addresses, the one in the client's own zone first.

    The Regional name takes turns among the zones (PLK:privatelink-access-aws-services). Here it
    begins with the client's, so that an answer is the same each time.
    """
    interfaces = list(map(topology.interface, endpoint.interfaces))
    ready = [one for one in interfaces if one is not None and one.addresses]
    ready.sort(key=lambda one: not _in_zone(topology, one, zone))
    return tuple(one.addresses[0] for one in ready)[:1]


def _in_zone(topology: Topology, interface: Interface, zone: str) -> bool:
    subnet = topology.subnet(interface.subnet)
    return subnet is not None and subnet.zone == zone


@dataclass(frozen=True)
class EndpointName:
    """An interface endpoint by its own name, which resolves to its private addresses anywhere."""

    endpoint: str
    named: bool = True

    @property
    def name(self) -> str:
        """What sentences call it."""
        return self.endpoint

    def find(self, topology: Topology, vpc: Vpc | None, zone: str) -> Found:
        """Return its addresses, seen from a VPC and zone."""
        endpoint = topology.endpoint(self.endpoint)
        if endpoint is None or endpoint.kind != "Interface":
            return Found((), f"No interface endpoint {self.endpoint} exists.", code=MISSING)
        addresses = _endpoint_addresses(topology, endpoint, zone)
        note = f"the private addresses of {endpoint.id}"
        return Found(addresses, note, (), (HTTPS, HTTP), Failure.HANGS, endpoint)


@dataclass(frozen=True)
class Internet:
    """A host on the internet. ``addresses`` are tried in order; with none the name is unknown."""

    host: str = "example.com"
    addresses: tuple[str, ...] = (WEB_ADDRESS,)
    named: bool = True

    @property
    def name(self) -> str:
        """What sentences call it."""
        return self.host

    def find(self, topology: Topology, vpc: Vpc | None, zone: str) -> Found:
        """Return its addresses, seen from a VPC and zone."""
        return Found(tuple(address(one) for one in self.addresses), "a public address")


@dataclass(frozen=True)
class FunctionUrl:
    """The URL of another function. Such URLs have addresses of both families (DG:urls)."""

    host: str
    named: bool = True

    @property
    def name(self) -> str:
        """What sentences call it."""
        return self.host

    def find(self, topology: Topology, vpc: Vpc | None, zone: str) -> Found:
        """Return its addresses, seen from a VPC and zone."""
        return Found(URL_ADDRESSES, "a public address of AWS", (), (HTTPS,), Failure.HANGS)


@dataclass(frozen=True)
class At:
    """A numeric address: no name is looked up."""

    address: str
    named: bool = False

    @property
    def name(self) -> str:
        """What sentences call it."""
        return self.address

    def find(self, topology: Topology, vpc: Vpc | None, zone: str) -> Found:
        """Return its addresses, seen from a VPC and zone."""
        try:
            return Found((address(self.address),), "the address")
        except ValueError:
            return Found((), f"{self.address} is no address.", code=MISSING)


@dataclass(frozen=True)
class Instance:
    """An instance or a network interface, by its id, at its private address."""

    id: str
    named: bool = False

    @property
    def name(self) -> str:
        """What sentences call it."""
        return self.id

    def find(self, topology: Topology, vpc: Vpc | None, zone: str) -> Found:
        """Return its addresses, seen from a VPC and zone."""
        for interface in topology.interfaces:
            if self.id in (interface.id, interface.instance) and interface.addresses:
                return Found(interface.addresses[:1], "its private address")
        return Found((), f"No interface of {self.id} exists.", code=MISSING)
