"""Can a function reach that? A packet's way there and its answer's way back, hop by hop.

The hops are in the order in which AWS's Reachability Analyzer shows them: the interface's security
groups, the subnet's network ACL, the route table, then what the route leads to.
"""

from __future__ import annotations

from dataclasses import replace

from lambda_lab.errors import LabError, shown
from lambda_lab.network.arrival import Leg, arrive
from lambda_lab.network.codes import Code, Failure
from lambda_lab.network.components import (
    LAST_PORT,
    Address,
    Endpoint,
    Subnet,
    Vpc,
    address,
    covers,
    network,
)
from lambda_lab.network.destinations import AwsService, Destination, Found
from lambda_lab.network.gateways import PRIVATE, SHARED, travel
from lambda_lab.network.policies import policy_allows
from lambda_lab.network.resolver import ask_resolver, is_awss_own
from lambda_lab.network.sources import Source, source_address
from lambda_lab.network.topology import Topology
from lambda_lab.network.trail import Packet, Stopped, Trail
from lambda_lab.network.verdict import Verdict

__all__ = ["LAMBDA_ADDRESS", "reach"]

LAMBDA_ADDRESS = address("192.0.2.1")
"""What stands for the public addresses of Lambda's own network."""
PROTOCOLS = ("tcp", "udp", "icmp")
NEVER_PUBLIC = (
    *PRIVATE,
    *SHARED,
    *map(network, ("127.0.0.0/8", "169.254.0.0/16", "::1/128", "fc00::/7", "fe80::/10")),
)


def reach(
    topology: Topology,
    source: Source,
    destination: Destination,
    port: int,
    protocol: str = "tcp",
) -> Verdict:
    """Say whether a function reaches a destination, and what stops it first.

    A network that is incomplete or contradicts itself gives a reason, never an error.

    Parameters
    ----------
    source
        A function. If it has several subnets, the answer is that of the first that does not reach
        the destination: its execution environments are spread over all of them.
    protocol
        ``tcp``, ``udp`` or ``icmp``.

    Raises
    ------
    LabError
        If the port or the protocol is none.

    Examples
    --------
    >>> from lambda_lab.network.destinations import Internet
    >>> reach(Topology(), Source(), Internet(), 443).reachable
    True
    >>> verdict = reach(Topology(), Source(("subnet-1",), ("sg-1",)), Internet(), 443)
    >>> verdict.code, verdict.sentences()[0]
    ('NO_SOURCE_OR_DESTINATION', 'The function cannot reach example.com on port 443.')
    """
    _check(port, protocol)
    asked = Verdict(source.name, destination.name, port, protocol, ())
    if not source.attached:
        return _from_lambda(topology, destination, asked)
    verdicts = [_from_subnet(topology, source, one, destination, asked) for one in source.subnets]
    chosen = next((one for one in verdicts if not one.reachable), verdicts[0])
    return replace(chosen, unequal=len({one.reachable for one in verdicts}) > 1)


def _check(port: object, protocol: object) -> None:
    if not isinstance(port, int) or isinstance(port, bool) or not 0 <= port <= LAST_PORT:
        raise LabError(f"{shown(port)} is no port. Give a whole number from 0 to {LAST_PORT}.")
    if protocol not in PROTOCOLS:
        raise LabError(f"There is no protocol {shown(protocol)}. Give {', '.join(PROTOCOLS)}.")


def _from_subnet(
    topology: Topology, source: Source, subnet: str, destination: Destination, asked: Verdict
) -> Verdict:
    """Walk from one subnet; of several addresses, the first that works decides."""
    trail = Trail(topology)
    asked = replace(asked, subnet=subnet)
    try:
        home, vpc = _place(trail, source, subnet)
        found = _look_up(trail, destination, vpc, home.zone)
    except Stopped as stopped:
        return _ended(asked, trail, stopped)
    start = tuple(trail.hops)
    verdicts: list[Verdict] = []
    for to in found.addresses:
        trail = Trail(topology.with_interface(*found.interfaces), list(start))
        tried = replace(asked, address=to)
        try:
            _walk(trail, source, (home, vpc), to, asked)
            _answer(trail, destination, found, tried)
        except Stopped as stopped:
            verdicts.append(_ended(tried, trail, stopped))
        else:
            return _ended(tried, trail)
    return verdicts[0]


def _ended(verdict: Verdict, trail: Trail, stopped: Stopped | None = None) -> Verdict:
    """Return the verdict with what the walk found."""
    return replace(
        verdict,
        hops=tuple(trail.hops),
        via=tuple(trail.via),
        reason=stopped.reason if stopped else None,
        shows=stopped.shows if stopped else None,
        seen_from=None if stopped else trail.seen_from,
    )


def _place(trail: Trail, source: Source, subnet: str) -> tuple[Subnet, Vpc]:
    """Return where the function stands; all that its VpcConfig names has to fit together."""
    topology = trail.topology
    home = topology.subnet(subnet)
    vpc = topology.vpc(home.vpc) if home else None
    if home is None or vpc is None:
        missing, remedy = f"{subnet} does not exist", "Give the function a subnet that exists."
    elif not source.groups:
        missing, remedy = "no security group is named", "Give the function a security group."
    else:
        strange = [one for one in source.groups if not _in_vpc(topology, one, vpc.id)]
        if not strange:
            return home, vpc
        missing = f"{strange[0]} is not a security group of {vpc.id}"
        remedy = "Give the function security groups of the VPC of its subnets."
    raise trail.stop(
        Code.NO_SOURCE_OR_DESTINATION,
        subnet,
        "interface",
        missing,
        text=f"{source.name} has no place in a VPC: {missing}.",
        remedy=remedy,
    )


def _in_vpc(topology: Topology, group: str, vpc: str) -> bool:
    found = topology.group(group)
    return found is not None and found.vpc == vpc


def _look_up(trail: Trail, destination: Destination, vpc: Vpc | None, zone: str) -> Found:
    """Return what the destination's name leads to."""
    found = destination.find(trail.topology, vpc, zone)
    name = destination.name
    resolver = vpc.id if vpc else "Lambda's own network"
    if destination.named and vpc is not None and not vpc.dns_support:
        raise trail.stop(
            None,
            vpc.id,
            "dns",
            f"{vpc.id} enableDnsSupport false",
            text=f"{vpc.id} does not resolve names: its DNS support is off.",
            remedy=f"Set enableDnsSupport of {vpc.id} to true.",
            shows=Failure.DNS,
        )
    if not found.addresses and found.endpoint:
        raise trail.stop(
            Code.BAD_STATE,
            found.endpoint.id,
            "endpoint",
            f"{found.endpoint.id} has no interface",
            text=f"The endpoint {found.endpoint.id} has an interface in no subnet.",
            remedy="Add a subnet to the endpoint.",
            shows=Failure.DNS,
        )
    if not found.addresses:
        text = found.note if found.code else f"The name {name} cannot be resolved in {resolver}."
        remedy = "Check the name, and that what it names exists."
        raise trail.stop(found.code, name, "dns", name, text=text, remedy=remedy, shows=Failure.DNS)
    if destination.named:
        trail.passed(resolver, "dns", f"{name} -> {found.addresses[0]}", f"It is {found.note}.")
    return found


def _walk(
    trail: Trail, source: Source, place: tuple[Subnet, Vpc], to: Address, asked: Verdict
) -> None:
    """Take the packet there and the answer back."""
    home, vpc = place
    mine = source_address(trail.topology, source, home, to.version)
    if is_awss_own(vpc, to):
        ask_resolver(trail, vpc, to, asked.port)
        return
    if mine is None:
        raise _no_family(trail, source.name, to)
    packet = Packet(mine, to, asked.port, asked.protocol, groups=source.groups)
    trail.leave_interface(source.name, home.id, packet)
    travel(trail, Leg(packet, home.id, vpc.id))
    if trail.seen_from is None:
        trail.seen_from = mine


def _no_family(trail: Trail, name: str, to: Address) -> Stopped:
    remedy = "Use an IPv4 address."
    if to.version == 6:
        remedy = (
            "Use IPv4; or give the function dual-stack subnets and Ipv6AllowedForDualStack=true."
        )
    return trail.stop(
        Code.UNASSOCIATED_COMPONENT,
        name,
        "interface",
        f"no IPv{to.version} address",
        text=f"{name} has no IPv{to.version} address, and {to} is one.",
        remedy=remedy,
        shows=Failure.UNREACHABLE,
    )


def _answer(trail: Trail, destination: Destination, found: Found, asked: Verdict) -> None:
    """Ask what is no matter of the network: who listens, and an endpoint's policy."""
    if asked.protocol == "tcp" and found.listens and asked.port not in found.listens:
        ports = " and ".join(map(str, found.listens))
        raise trail.stop(
            None,
            destination.name,
            "listener",
            f"listens on {ports}",
            text=f"The way is free, but {destination.name} does not listen on port {asked.port}.",
            remedy=f"Use port {ports}.",
            shows=found.closed,
        )
    if not isinstance(destination, AwsService):
        return
    passed = [found.endpoint] if found.endpoint else map(trail.topology.endpoint, trail.via)
    for endpoint in filter(None, passed):
        _ask_policy(trail, endpoint, destination)


def _ask_policy(trail: Trail, endpoint: Endpoint, destination: AwsService) -> None:
    allowed = policy_allows(endpoint.policy, destination.action, destination.resource)
    # Without an action the question is whether any call could pass: one may, if a condition holds.
    if allowed or (allowed is None and destination.action is None):
        return
    call = destination.action or "any call"
    text = f"The way is free, but no policy of {endpoint.id} allows {call}."
    remedy = f"Allow it in the policy of {endpoint.id}."
    if allowed is None:
        text = (
            f"The way is free, but whether the policy of {endpoint.id} allows {call} depends on a "
            "condition or a principal, which are not modelled here."
        )
        remedy = "Name actions and resources only, with the principal *."
    raise trail.stop(
        None,
        endpoint.id,
        "endpoint-policy",
        f"{endpoint.id} policy",
        text=text,
        remedy=remedy,
        shows=Failure.DENIED,
    )


def _from_lambda(topology: Topology, destination: Destination, asked: Verdict) -> Verdict:
    """Walk from Lambda's own network: to all that is public by IPv4, and nothing else."""
    trail = Trail(topology)
    tried = asked
    try:
        found = _look_up(trail, destination, None, "")
        to = min(found.addresses, key=lambda one: one.version)
        tried = replace(asked, address=to)
        trail.topology = topology.with_interface(*found.interfaces)
        _leave_lambda(trail, to, tried)
        _answer(trail, destination, found, tried)
    except Stopped as stopped:
        return _ended(tried, trail, stopped)
    return _ended(tried, trail)


def _leave_lambda(trail: Trail, to: Address, asked: Verdict) -> None:
    # The Elastic IP addresses of this region's EC2 are from 127.0.0.0/8.
    ours = trail.topology.interface_behind(to) is not None
    if covers(NEVER_PUBLIC, to) and not ours:
        raise trail.stop(
            Code.UNASSOCIATED_COMPONENT,
            asked.source,
            "lambda-network",
            f"{asked.source} is in no VPC",
            text=f"{asked.source} is attached to no VPC, and {to} is a private address.",
            remedy="Attach the function to the VPC (VpcConfig), or to one that is peered with it.",
        )
    if to.version == 6:
        raise _no_family(trail, asked.source, to)
    text = "Lambda's own network leads to all public addresses."
    trail.passed("lambda", "lambda-network", "lambda's own network", text)
    packet = Packet(LAMBDA_ADDRESS, to, asked.port, asked.protocol)
    arrive(trail, packet, LAMBDA_ADDRESS)
