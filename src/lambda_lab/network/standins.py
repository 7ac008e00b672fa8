"""What stands in for the world outside: addresses, names and ports that lead somewhere.

The SDK of a function in a VPC has an endpoint for each service, as on AWS; here each is a loopback
address of its own, so that a connection tells which service it is meant for. Where there is no VPC
every service may be reached, and the SDK has the region's own endpoint for all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from lambda_lab.network.components import Address
from lambda_lab.network.databases import Database
from lambda_lab.network.destinations import (
    AWS_ADDRESS,
    URL_ADDRESSES,
    WEB_ADDRESS,
    AwsService,
    Destination,
    Internet,
)
from lambda_lab.network.hosts import for_host
from lambda_lab.network.topology import Topology

__all__ = [
    "HTTPS",
    "OTHER_SERVICES",
    "SERVICES",
    "Served",
    "StandIns",
    "service_address",
    "vpc_aws_settings",
]

# The SDK's name of a service, and the first part of its host name.
SERVICES = {
    "api_gateway": "apigateway",
    "cloudformation": "cloudformation",
    "cloudwatch": "monitoring",
    "cloudwatch_logs": "logs",
    "dynamodb": "dynamodb",
    "dynamodb_streams": "dynamodb-streams",
    "ec2": "ec2",
    "ecr": "api.ecr",
    "ecs": "ecs",
    "elasticache": "elasticache",
    "eventbridge": "events",
    "firehose": "firehose",
    "glue": "glue",
    "kinesis": "kinesis",
    "kms": "kms",
    "lambda": "lambda",
    "rds": "rds",
    "rds_data": "rds-data",
    "s3": "s3",
    "scheduler": "scheduler",
    "secrets_manager": "secretsmanager",
    "sfn": "states",
    "sns": "sns",
    "sqs": "sqs",
    "ssm": "ssm",
    "sts": "sts",
    "xray": "xray",
}
PREFIX = "127.84.0"
OTHERS = f"{PREFIX}.1"
"""Where the SDK finds every service that is not listed: none of them has an endpoint in a VPC."""
OTHER_SERVICES = AwsService("other-services")
"""What the region's own address stands for in a VPC."""
WEB_HOSTS = ("example.com", "example.net", "example.org")
CHECK_IP = "checkip.amazonaws.com"
HTTP, HTTPS = 80, 443
_NUMBERS = {service: number for number, service in enumerate(SERVICES.values(), 2)}


def service_address(service: str) -> str:
    """Return the loopback address of a service's endpoint.

    Examples
    --------
    >>> service_address("sqs") != service_address("s3")
    True
    """
    return f"{PREFIX}.{_NUMBERS[service]}"


def vpc_aws_settings(region: str, port: int) -> str:
    """Return the text of ``~/.aws/config`` in a VPC: an endpoint for each service.

    Examples
    --------
    >>> print(vpc_aws_settings("us-east-1", 4566).partition("services")[0].strip())
    [default]
    region = us-east-1
    endpoint_url = http://127.84.0.1:4566
    """
    lines = ["[default]", f"region = {region}", f"endpoint_url = http://{OTHERS}:{port}"]
    lines += ["services = lab", "", "[services lab]"]
    for name, service in SERVICES.items():
        lines += [f"{name} =", f"  endpoint_url = http://{service_address(service)}:{port}"]
    return "\n".join(lines) + "\n"


@dataclass(frozen=True, slots=True)
class Served:
    """A database or proxy: what it is in the network, its name, and where it really listens."""

    destination: Database
    host: str
    address: str
    port: int


@dataclass(frozen=True)
class StandIns:
    """Where connections to this region's addresses really lead.

    Parameters
    ----------
    region_port
        Of the region's endpoint on 127.0.0.1.
    web_port
        Of the site that stands in for the internet.
    databases
        Those that run now.
    """

    region_port: int
    web_port: int
    databases: tuple[Served, ...] = field(default=())

    def meant_by_loopback(self, address: str, port: int) -> tuple[Destination, int] | None:
        """Return what a loopback address and port stand for in the network; None: nothing."""
        if port == self.region_port:
            if address in ("127.0.0.1", OTHERS):
                return OTHER_SERVICES, HTTPS
            for service, number in _NUMBERS.items():
                if address == f"{PREFIX}.{number}":
                    return AwsService(service), HTTPS
        for served in self.databases:
            if (served.address, served.port) == (address, port):
                return served.destination, served.destination.port
        return None

    def real(self, address: str, port: int) -> tuple[str, int]:
        """Return who answers at a loopback address and port that stand for something."""
        return ("127.0.0.1", port) if port == self.region_port else (address, port)

    def meant_by_name(self, name: str) -> Destination:
        """Return what a name stands for."""
        for served in self.databases:
            if served.host == name:
                return served.destination
        if name == CHECK_IP or name in WEB_HOSTS or name.endswith(".example"):
            return Internet(name, (WEB_ADDRESS,))
        if name.endswith((".example.com", ".example.net", ".example.org")):
            return Internet(name, (WEB_ADDRESS,))
        meant = for_host(name)
        return Internet(name, ()) if isinstance(meant, Internet) else meant

    def behind(self, topology: Topology, to: Address, port: int) -> tuple[str, int] | None:
        """Return where an address of the network really leads; None: nobody listens."""
        here = "127.0.0.1"
        if port == HTTP and str(to) == WEB_ADDRESS:
            return here, self.web_port
        if port == HTTP and to in _aws_addresses(topology):
            return here, self.region_port
        return None

    def without_tls(self, topology: Topology, to: Address, port: int) -> bool:
        """Whether a host here would answer, had it the certificates that HTTPS needs."""
        return port == HTTPS and (str(to) == WEB_ADDRESS or to in _aws_addresses(topology))


def _aws_addresses(topology: Topology) -> set[Address]:
    """Return the addresses at which AWS's services answer now."""
    return {AWS_ADDRESS, *URL_ADDRESSES, *_listed(topology), *_endpoints(topology)}


def _listed(topology: Topology) -> Iterator[Address]:
    for one in topology.prefix_lists:
        if one.name.startswith("com.amazonaws.") and one.cidrs:
            block = one.cidrs[0]
            yield block[min(10, block.num_addresses - 1)]


def _endpoints(topology: Topology) -> Iterator[Address]:
    for endpoint in topology.endpoints:
        for interface in map(topology.interface, endpoint.interfaces):
            if interface is not None:
                yield from interface.addresses
