"""Asking a region whether one of its functions reaches something, by the names that people use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lambda_lab.errors import LabError
from lambda_lab.network.components import address
from lambda_lab.network.destinations import At, AwsService, Destination, Instance
from lambda_lab.network.reach import reach
from lambda_lab.network.reading import region_topology
from lambda_lab.network.sources import Source
from lambda_lab.network.standins import SERVICES, StandIns
from lambda_lab.network.topology import Topology
from lambda_lab.network.verdict import Verdict

__all__ = ["ask", "destination_of", "names_of"]

_PORTS = 65_535


def destination_of(text: Any, stand_ins: StandIns | None = None) -> Destination:
    """Return what *text* means: a service, a database, an id, an address or a host name.

    Raises
    ------
    LabError
        If it is empty or no text.

    Examples
    --------
    >>> destination_of("s3").name, destination_of("10.0.1.5")
    ('s3', At(address='10.0.1.5', named=False))
    """
    if not isinstance(text, str) or not text.strip():
        raise LabError(
            f"{text!r} is no destination. Give a service ('s3'), a host name, an address, or the "
            "id of an instance or interface."
        )
    name = text.strip()
    known = stand_ins or StandIns(0, 0)
    for served in known.databases:
        if name == served.destination.identifier:
            return served.destination
    if name in SERVICES.values():
        return AwsService(name)
    if name.startswith(("i-", "eni-")):
        return Instance(name)
    try:
        address(name)
    except ValueError:
        return known.meant_by_name(name)
    return At(name)


def ask(
    region: str, configuration: Mapping[str, Any], destination: Destination, port: Any
) -> tuple[Topology, Verdict]:
    """Return the networks as they are now, and whether a function reaches a destination in them.

    Raises
    ------
    LabError
        If the port is none.
    """
    if isinstance(port, bool) or not isinstance(port, int) or not 0 < port <= _PORTS:
        raise LabError(f"{port!r} is no port. Give a whole number from 1 to {_PORTS}.")
    topology = region_topology(region)
    source = Source.of(configuration.get("VpcConfig"), configuration["FunctionName"])
    return topology, reach(topology, source, destination, port)


def names_of(ec2: Any) -> dict[str, str]:
    """Return what people call the components: their tag ``Name``, or a group's name.

    *ec2* is a client of boto3. Elastic IP addresses are named after what has them.
    """
    groups = ec2.describe_security_groups()["SecurityGroups"]
    names = {one["GroupId"]: one["GroupName"] for one in groups if one["GroupName"] != "default"}
    filters = [{"Name": "key", "Values": ["Name"]}]
    names |= {one["ResourceId"]: one["Value"] for one in ec2.describe_tags(Filters=filters)["Tags"]}
    for acl in ec2.describe_network_acls()["NetworkAcls"]:
        if acl["IsDefault"]:
            names.setdefault(acl["NetworkAclId"], "default")
    for one in ec2.describe_prefix_lists()["PrefixLists"]:
        names[one["PrefixListId"]] = f"{one['PrefixListName'].rpartition('.')[2]}'s addresses"
    for nat in ec2.describe_nat_gateways()["NatGateways"]:
        for one in nat["NatGatewayAddresses"]:
            if "PublicIp" in one:
                known = names.get(nat["NatGatewayId"], nat["NatGatewayId"])
                names[one["PublicIp"]] = f"the public address of {known}"
    return names
