"""A copy of a lab's network to try repairs on: a few calls of EC2, and the model's verdict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lambda_lab.network.destinations import Internet
from lambda_lab.network.reach import reach
from lambda_lab.network.reading import topology_from
from lambda_lab.network.sources import Source
from lambda_lab.network.verdict import Verdict
from lambda_lab.teach.trying import NotYetError, shown

__all__ = ["IDS", "PracticeEc2"]

IDS: Mapping[str, str] = {
    "shop": "vpc-shop",
    "front": "subnet-front",
    "back": "subnet-back",
    "exit": "subnet-exit",
    "front table": "rtb-front",
    "back table": "rtb-back",
    "exit table": "rtb-exit",
    "gateway": "igw-shop",
    "nat": "nat-shop",
    "back acl": "acl-back",
}
"""What the components of the copy are called; the lab names its own alike."""
_EVERYWHERE = "0.0.0.0/0"
_HTTP = 80
_BLOCKS = {"front": "10.0.0.0/24", "back": "10.0.1.0/24", "exit": "10.0.2.0/24"}
_TARGETS = ("GatewayId", "NatGatewayId")


def _entry(number: int, egress: bool, **more: Any) -> dict[str, Any]:
    return {
        "RuleNumber": number,
        "Egress": egress,
        "Protocol": "-1",
        "RuleAction": "allow",
        "CidrBlock": _EVERYWHERE,
        **more,
    }


class PracticeEc2:
    """A network with the faults of lab L81 that are not mended yet.

    Parameters
    ----------
    faults
        Of ``route``, ``exit`` and ``acl``.

    Examples
    --------
    >>> practice = PracticeEc2("route")
    >>> practice.verdict().code
    'NO_ROUTE_TO_DESTINATION'
    >>> practice.create_route(
    ...     RouteTableId="rtb-back", DestinationCidrBlock="0.0.0.0/0", NatGatewayId="nat-shop"
    ... )
    {'Return': True}
    >>> practice.verdict().reachable
    True
    """

    def __init__(self, *faults: str) -> None:
        local = {"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "State": "active"}
        self._routes: dict[str, dict[str, dict[str, Any]]] = {
            f"rtb-{name}": {"10.0.0.0/16": dict(local)} for name in _BLOCKS
        }
        self._way("rtb-front", GatewayId="igw-shop")
        if "exit" not in faults:
            self._way("rtb-exit", GatewayId="igw-shop")
        if "route" not in faults:
            self._way("rtb-back", NatGatewayId="nat-shop")
        https = {"Protocol": "6", "PortRange": {"From": 443, "To": 443}}
        inbound = _entry(100, False, **https) if "acl" in faults else _entry(100, False)
        self._entries = {(100, True): _entry(100, True), (100, False): inbound}

    def _way(self, table: str, **target: str) -> None:
        route = {"DestinationCidrBlock": _EVERYWHERE, "State": "active", **target}
        self._routes[table][_EVERYWHERE] = route

    # -- calls of EC2 --------------------------------------------------------------------------

    def create_route(self, **given: Any) -> dict[str, Any]:
        """Add a route, as EC2 does, or change the one to the same destination."""
        table, block = given.get("RouteTableId"), given.get("DestinationCidrBlock")
        targets = {name: given[name] for name in _TARGETS if name in given}
        if table not in self._routes or not isinstance(block, str) or len(targets) != 1:
            raise NotYetError(
                "create_route needs a RouteTableId of the lab, a DestinationCidrBlock and one "
                f"target, GatewayId or NatGatewayId; it got {shown(given)}."
            )
        self._routes[table][block] = {"DestinationCidrBlock": block, "State": "active", **targets}
        return {"Return": True}

    replace_route = create_route

    def create_network_acl_entry(self, **given: Any) -> dict[str, Any]:
        """Add a rule to the network ACL of the subnet ``back``, or change the one of its number."""
        needed = {"NetworkAclId", "RuleNumber", "Protocol", "RuleAction", "Egress", "CidrBlock"}
        missing = needed - set(given)
        if missing or given["NetworkAclId"] != IDS["back acl"]:
            told = f"{sorted(missing)[0]} is missing" if missing else "that is another network ACL"
            raise NotYetError(f"create_network_acl_entry does not work like this: {told}.")
        key = (int(given["RuleNumber"]), bool(given["Egress"]))
        self._entries[key] = {**given, "Protocol": str(given["Protocol"])}
        return {}

    replace_network_acl_entry = create_network_acl_entry

    def __getattr__(self, name: str) -> Any:
        raise NotYetError(
            f"The copy of the network does not know {name}. It knows create_route, replace_route, "
            "create_network_acl_entry and replace_network_acl_entry."
        )

    # -- the verdict ---------------------------------------------------------------------------

    def verdict(self) -> Verdict:
        """Return whether the function reaches the internet, and what stops it."""
        topology = topology_from(self._described(), "us-east-1")
        source = Source((IDS["back"],), ("sg-shop",), name="shop")
        return reach(topology, source, Internet("example.com"), _HTTP)

    def _described(self) -> dict[str, list[dict[str, Any]]]:
        """Return the networks in the words of EC2's answers."""
        vpc = {"VpcId": IDS["shop"]}
        allow = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": _EVERYWHERE}]}
        default = [_entry(100, True), _entry(100, False)]
        others = [{"SubnetId": IDS[one]} for one in ("front", "exit")]
        entries = list(self._entries.values())
        nat = {"PrivateIp": "10.0.2.20", "PublicIp": "198.51.100.99"}
        return {
            "Vpcs": [{**vpc, "CidrBlock": "10.0.0.0/16", "EnableDnsSupport": True}],
            "Subnets": [
                {**vpc, "SubnetId": IDS[one], "CidrBlock": block, "AvailabilityZone": "us-east-1a"}
                for one, block in _BLOCKS.items()
            ],
            "RouteTables": [
                {
                    **vpc,
                    "RouteTableId": table,
                    "Routes": list(routes.values()),
                    "Associations": [{"SubnetId": table.replace("rtb", "subnet"), "Main": False}],
                }
                for table, routes in self._routes.items()
            ],
            "InternetGateways": [
                {
                    "InternetGatewayId": IDS["gateway"],
                    "Attachments": [{**vpc, "State": "available"}],
                }
            ],
            "NatGateways": [
                {
                    **vpc,
                    "NatGatewayId": IDS["nat"],
                    "SubnetId": IDS["exit"],
                    "State": "available",
                    "ConnectivityType": "public",
                    "NatGatewayAddresses": [nat],
                }
            ],
            "SecurityGroups": [{**vpc, "GroupId": "sg-shop", "IpPermissionsEgress": [allow]}],
            "NetworkAcls": [
                {
                    **vpc,
                    "NetworkAclId": IDS["back acl"],
                    "Entries": entries,
                    "Associations": [{"SubnetId": IDS["back"]}],
                },
                {
                    **vpc,
                    "NetworkAclId": "acl-default",
                    "IsDefault": True,
                    "Entries": default,
                    "Associations": others,
                },
            ],
        }
