"""Faults to plant in a network that works, each with its true cause.

A fault knows which of the function's connections it stops, and which component does it: nothing of
``lambda_lab.network`` is asked for that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from built_networks import ALL, ANY, TARGETS, BuiltNetwork, members, tcp

__all__ = ["FAULTS", "Fault"]

AWS = "aws"
"""The way of S3 and SQS where an endpoint does not serve them: by NAT, to AWS's own addresses."""
Change = Callable[[BuiltNetwork], None]


@dataclass(frozen=True)
class Fault:
    """Something broken.

    Parameters
    ----------
    place
        What it is done to: of two faults in one place, only one is planted.
    stops
        The component, by its name in ``BuiltNetwork.ids``, that stops each target.
    plant, mend
        Break it, and set it right again.
    detour
        The target that takes the way of ``aws`` now.
    """

    name: str
    place: str
    stops: Mapping[str, str]
    plant: Change
    mend: Change
    detour: str | None = None

    def stopper(self, target: str, planted: Sequence[Fault]) -> str | None:
        """Return what stops a target, given all faults there are."""
        away = any(one.detour == target for one in planted)
        return self.stops.get(AWS if away else target)


def each(component: str, *targets: str) -> dict[str, str]:
    return dict.fromkeys(targets or (*TARGETS, AWS), component)


def _denied(subnet: str, egress: bool, stops: Mapping[str, str], first: int, last: int) -> Fault:
    """Return a rule of a network ACL that denies some ports before all are allowed."""
    way = "out of" if egress else "into"
    ports = {"From": first, "To": last}
    return Fault(
        f"the network ACL denies {first}-{last} {way} the {subnet} subnet",
        f"acl {subnet} {way}",
        stops,
        lambda net: net.entry(subnet, 50, egress, "deny", Protocol="6", PortRange=ports),
        lambda net: net.no_entry(subnet, 50, egress),
    )


def _let_in(group: str, target: str, port: int) -> Iterator[Fault]:
    """Yield what can go wrong with a rule that names the function's group."""

    def strange(net: BuiltNetwork) -> None:
        """Name a group instead that is gone."""
        made = net.ec2.create_security_group(
            GroupName=f"gone-{group}", Description="gone", VpcId=net.ids["vpc"]
        )["GroupId"]
        net.ids[f"gone-{group}"] = made
        net.no_longer(group, port, **members(net.ids["sg-function"]))
        net.let_in(group, port, **members(made))
        net.ec2.delete_security_group(GroupId=made)

    def right(net: BuiltNetwork) -> None:
        net.let_in(group, port, **members(net.ids["sg-function"]))

    place, stops = f"sg {group}", each(f"sg-{group}", target)
    yield Fault(
        f"the {group}'s group takes nobody",
        place,
        stops,
        lambda net: net.no_longer(group, port, **members(net.ids["sg-function"])),
        right,
    )
    yield Fault(f"the {group}'s group takes a group that is gone", place, stops, strange, right)


def _out(name: str, stops: Mapping[str, str], now: list[dict[str, Any]]) -> Fault:
    return Fault(
        name,
        "sg function",
        stops,
        lambda net: net.egress(ALL, now),
        lambda net: net.egress(now, ALL),
    )


def _default(name: str, stopper: str, plant: Change) -> Fault:
    """Return a fault of the private subnet's default route."""

    def mend(net: BuiltNetwork) -> None:
        net.reroute("private", ANY, NatGatewayId=net.ids["nat"])

    return Fault(name, "default", each(stopper, "web", AWS), plant, mend)


def _no_default(net: BuiltNetwork) -> None:
    net.no_route("private", ANY)


def _new_default(net: BuiltNetwork) -> None:
    net.route("private", ANY, NatGatewayId=net.ids["nat"])


def _new_nat(net: BuiltNetwork) -> None:
    net.add_nat("public")
    net.reroute("private", ANY, NatGatewayId=net.ids["nat"])


def _nat_in(subnet: str) -> Change:
    def put(net: BuiltNetwork) -> None:
        net.no_nat()
        net.add_nat(subnet)
        net.reroute("private", ANY, NatGatewayId=net.ids["nat"])

    return put


def _appliance(net: BuiltNetwork) -> None:
    net.route("private", "203.0.113.0/24", NetworkInterfaceId=net.ids["eni-host"])


def _no_peering(net: BuiltNetwork) -> None:
    net.ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=net.ids["pcx"])


def _new_peering(net: BuiltNetwork) -> None:
    made = net.ec2.create_vpc_peering_connection(VpcId=net.ids["vpc"], PeerVpcId=net.ids["far"])
    net.ids["pcx"] = made["VpcPeeringConnection"]["VpcPeeringConnectionId"]
    net.ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=net.ids["pcx"])
    for table, number in (("private", net.number + 1), ("there", net.number)):
        net.reroute(table, f"10.{number}.0.0/16", VpcPeeringConnectionId=net.ids["pcx"])


def _far_route(net: BuiltNetwork) -> tuple[str, str]:
    return "there", f"10.{net.number}.0.0/16"


FAULTS: tuple[Fault, ...] = (
    # Groups remember connections: what they say of the answer's way is never asked.
    Fault(
        "the host's group lets nothing out",
        "sg host out",
        {},
        lambda net: net.ec2.revoke_security_group_egress(
            GroupId=net.ids["sg-host"], IpPermissions=ALL
        ),
        lambda net: net.ec2.authorize_security_group_egress(
            GroupId=net.ids["sg-host"], IpPermissions=ALL
        ),
    ),
    _out("the function's group lets nothing out", each("sg-function"), []),
    _out(
        "the function's group lets HTTPS out",
        each("sg-function", "web", "host", "peer"),
        tcp(443, IpRanges=[{"CidrIp": ANY}]),
    ),
    *_let_in("host", "host", 5432),
    *_let_in("endpoint", "sqs", 443),
    # Network ACLs remember nothing.
    _denied("private", True, each("acl-private"), 1, 65535),
    _denied("private", True, each("acl-private", "host", "peer"), 5000, 6000),
    _denied("private", False, each("acl-private"), 1024, 65535),
    _denied("private", False, each("acl-private"), 40000, 40000),
    _denied("private", False, {}, 1, 1023),
    _denied("data", False, each("acl-data", "host"), 5432, 5432),
    _denied("data", False, each("acl-data", "sqs"), 443, 443),
    _denied("data", True, each("acl-data", "host", "sqs"), 1024, 65535),
    _denied("public", False, each("acl-public", "web"), 80, 80),
    _denied("public", True, each("acl-public", "web", AWS), 32768, 65535),
    # Routes and what they lead to.
    Fault(
        "no default route", "default", each("rtb-private", "web", AWS), _no_default, _new_default
    ),
    _default(
        "the default route leads to the internet gateway",
        "igw",
        lambda net: net.reroute("private", ANY, GatewayId=net.ids["igw"]),
    ),
    _default(
        "the default route leads into the peering",
        "pcx",
        lambda net: net.reroute("private", ANY, VpcPeeringConnectionId=net.ids["pcx"]),
    ),
    Fault(
        "the NAT gateway is gone",
        "default",
        each("rtb-private", "web", AWS),
        lambda net: net.no_nat(),
        _new_nat,
    ),
    Fault(
        "the NAT gateway is in the private subnet",
        "default",
        each("rtb-private", "web", AWS),
        _nat_in("private"),
        _nat_in("public"),
    ),
    Fault(
        "the NAT gateway is in a subnet without a way out",
        "default",
        each("rtb-data", "web", AWS),
        _nat_in("data"),
        _nat_in("public"),
    ),
    Fault(
        "a narrower route leads to an interface",
        "web",
        each("eni-host", "web"),
        _appliance,
        lambda net: net.no_route("private", "203.0.113.0/24"),
    ),
    Fault(
        "the public subnet has no default route",
        "public",
        each("rtb-public", "web", AWS),
        lambda net: net.no_route("public", ANY),
        lambda net: net.route("public", ANY, GatewayId=net.ids["igw"]),
    ),
    Fault(
        "the internet gateway is detached",
        "public",
        each("rtb-public", "web", AWS),
        lambda net: net.detach(),
        lambda net: net.attach(),
    ),
    Fault("the peering is gone", "pcx", each("rtb-private", "peer"), _no_peering, _new_peering),
    Fault(
        "the other VPC has no route back",
        "pcx",
        each("rtb-there", "peer"),
        lambda net: net.no_route(*_far_route(net)),
        lambda net: net.route(*_far_route(net), VpcPeeringConnectionId=net.ids["pcx"]),
    ),
    # Endpoints and names.
    Fault(
        "the gateway endpoint has no route",
        "s3",
        {},
        lambda net: net.endpoint("s3", RemoveRouteTableIds=[net.ids["rtb-private"]]),
        lambda net: net.endpoint("s3", AddRouteTableIds=[net.ids["rtb-private"]]),
        "s3",
    ),
    Fault(
        "the interface endpoint has no private name",
        "sqs",
        {},
        lambda net: net.endpoint("sqs", PrivateDnsEnabled=False),
        lambda net: net.endpoint("sqs", PrivateDnsEnabled=True),
        "sqs",
    ),
    Fault(
        "the VPC resolves no names",
        "dns",
        each("vpc", "web", "s3", "sqs", AWS),
        lambda net: net.dns(False),
        lambda net: net.dns(True),
    ),
)
