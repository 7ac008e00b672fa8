"""What security groups and network ACLs say to a packet, and by which of their rules.

Security groups allow only, all rules of all groups together, and remember connections
(VPC:security-group-rules). Network ACLs take the lowest number first, the first match decides, the
last rule refuses all, and they remember nothing (VPC:nacl-rules).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lambda_lab import facts
from lambda_lab.network.codes import Code
from lambda_lab.network.components import AclEntry, Address, NetworkAcl, SecurityGroupRule, covers
from lambda_lab.network.topology import Topology

__all__ = ["EPHEMERAL", "Judgement", "Peer", "ask_acl", "ask_groups"]

EPHEMERAL: tuple[int, int] = (
    facts.value("vpc.ephemeral.first"),
    facts.value("vpc.ephemeral.last"),
)
"""Where answers to a function or a NAT gateway go (VPC:custom-network-acl)."""
ECHO = 8
ALL_TYPES = -1


@dataclass(frozen=True)
class Judgement:
    """Whether a packet passes, the very rule, and the code if it does not."""

    passed: bool
    rule: str
    code: Code | None = None


@dataclass(frozen=True)
class Peer:
    """The other side of a packet.

    Parameters
    ----------
    address
        What CIDR blocks and prefix lists are compared with.
    groups
        The groups the packet still carries, for rules that name a group.
    lost
        Groups that it carried before a NAT gateway or the internet took them off.
    """

    address: Address
    groups: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()


def _fits(rule: SecurityGroupRule | AclEntry, protocol: str) -> bool:
    """Whether a rule is about this protocol."""
    return rule.protocol in ("-1", protocol)


def _ports_of(rule: SecurityGroupRule | AclEntry) -> tuple[int, int]:
    """Return the ports that a rule is about; for all protocols but TCP and UDP, all of them."""
    if rule.protocol in ("icmp", "icmpv6"):
        # For ICMP the two numbers are a type and a code; a path is tried with an echo request.
        return (0, 65535) if rule.from_port in (ALL_TYPES, 0, ECHO) else (1, 0)
    return (rule.from_port, rule.to_port) if rule.protocol in ("tcp", "udp") else (0, 65535)


def _about(topology: Topology, rule: SecurityGroupRule, peer: Peer) -> bool:
    """Whether a rule's peer is this one."""
    if not isinstance(rule.peer, str):
        return covers((rule.peer,), peer.address)
    if rule.peer.startswith("sg-"):
        return rule.peer in peer.groups
    prefix_list = topology.prefix_list(rule.peer)
    return prefix_list is not None and covers(prefix_list.cidrs, peer.address)


def ask_groups(
    topology: Topology,
    groups: Sequence[str],
    egress: bool,
    service: tuple[str, int],
    peer: Peer,
) -> Judgement:
    """Ask the security groups of an interface about the first packet to a protocol and port.

    Examples
    --------
    >>> from lambda_lab.network.components import SecurityGroup, address, network
    >>> web = SecurityGroupRule(True, "tcp", network("0.0.0.0/0"), 443, 443)
    >>> here = Topology(groups=(SecurityGroup("sg-1", "vpc-1", (web,)),))
    >>> ask_groups(here, ["sg-1"], True, ("tcp", 443), Peer(address("192.0.2.1"))).rule
    'sg-1 egress tcp 443 to 0.0.0.0/0'
    >>> ask_groups(here, ["sg-1"], True, ("tcp", 5432), Peer(address("192.0.2.1"))).code
    <Code.ENI_SG_RULES_MISMATCH: 'ENI_SG_RULES_MISMATCH'>
    """
    protocol, port = service
    known = [group for group in map(topology.group, groups) if group is not None]
    names = ", ".join(groups) or "no group"
    way = "egress" if egress else "ingress"
    if not known:
        return Judgement(False, f"{names}: cannot be found", Code.UNKNOWN_RESOURCE)
    mine = [(group.id, rule) for group in known for rule in group.rules if rule.egress is egress]
    if not mine:
        return Judgement(False, f"{names} has no {way} rule", Code.SG_HAS_NO_RULES)
    open_to = [
        (name, rule) for name, rule in mine if _fits(rule, protocol) and _in_range(rule, port)
    ]
    for name, rule in open_to:
        if _about(topology, rule, peer):
            return Judgement(True, f"{name} {rule}")
    for name, rule in open_to:
        if rule.peer in peer.lost:
            code = Code.SG_REFERENCES_NOT_PRESERVED
            return Judgement(False, f"{name} {rule}, which the packet no longer carries", code)
    link = "to" if egress else "from"
    carried = f" ({', '.join(peer.groups)})" if peer.groups else ""
    wanted = f"{names} has no {way} rule for {protocol} {port} {link} {peer.address}{carried}"
    return Judgement(False, wanted, Code.ENI_SG_RULES_MISMATCH)


def _in_range(rule: SecurityGroupRule, port: int) -> bool:
    """Whether a rule is about this port."""
    first, last = _ports_of(rule)
    return first <= port <= last


def ask_acl(
    acl: NetworkAcl, egress: bool, protocol: str, ports: tuple[int, int], peer: Address
) -> Judgement:
    """Ask a network ACL about packets to a range of ports; all of them have to pass.

    Examples
    --------
    >>> from lambda_lab.network.components import address, network
    >>> every = network("0.0.0.0/0")
    >>> rules = (AclEntry(100, False, True, every, "tcp", 32768, 65535),)
    >>> ask_acl(NetworkAcl("acl-1", "vpc-1", rules), False, "tcp", EPHEMERAL, address("192.0.2.1"))
    Judgement(passed=False, rule='acl-1 rule * deny, for ports 1024-32767', \
code=<Code.SUBNET_ACL_RESTRICTION: 'SUBNET_ACL_RESTRICTION'>)
    """
    undecided = [ports]
    passed_by: list[str] = []
    mine = sorted((entry for entry in acl.entries if entry.egress is egress), key=_number)
    for entry in mine:
        if not _fits(entry, protocol) or not covers((entry.cidr,), peer):
            continue
        taken, undecided = _cut(undecided, _ports_of(entry))
        if taken and not entry.allow:
            return _refused(f"{acl.id} {_named(entry)}", taken, ports)
        if taken:
            passed_by.append(f"{acl.id} {_named(entry)}")
    if undecided:
        return _refused(f"{acl.id} rule * deny", undecided, ports)
    return Judgement(True, ", ".join(passed_by))


def _number(entry: AclEntry) -> int:
    return entry.number


def _named(entry: AclEntry) -> str:
    """Return a rule's name; DescribeNetworkAcls gives the last one the number 32767 or 32768."""
    return "rule * deny" if entry.number >= 32767 and not entry.allow else str(entry)


def _refused(rule: str, parts: Iterable[tuple[int, int]], ports: tuple[int, int]) -> Judgement:
    first, last = next(iter(parts))
    part = "" if (first, last) == ports else f", for ports {first}-{last}"
    return Judgement(False, rule + part, Code.SUBNET_ACL_RESTRICTION)


def _cut(
    ranges: Sequence[tuple[int, int]], one: tuple[int, int]
) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Divide *ranges* into what lies in *one* and what does not.

    Examples
    --------
    >>> _cut([(1, 10)], (4, 6))
    ([(4, 6)], [(1, 3), (7, 10)])
    """
    inside, outside = [], []
    for first, last in ranges:
        low, high = max(first, one[0]), min(last, one[1])
        if low > high:
            outside.append((first, last))
            continue
        inside.append((low, high))
        if first < low:
            outside.append((first, low - 1))
        if high < last:
            outside.append((high + 1, last))
    return inside, outside
