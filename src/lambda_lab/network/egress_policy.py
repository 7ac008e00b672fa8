"""What a function's connections may lead to: the network model, asked anew for each of them."""

from __future__ import annotations

import logging
import threading
import zlib
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from lambda_lab.network import dns
from lambda_lab.network.codes import Failure
from lambda_lab.network.components import Address, Subnet, Vpc, address
from lambda_lab.network.destinations import At, AwsService, Destination
from lambda_lab.network.reach import reach
from lambda_lab.network.sources import Source
from lambda_lab.network.standins import HTTPS, OTHER_SERVICES, StandIns
from lambda_lab.network.topology import Topology
from lambda_lab.network.verdict import Verdict
from lambda_lab.runtime.egress import Connect, Decision, Guest, Refusal

__all__ = ["EgressPolicy", "Passage"]

log = logging.getLogger(__name__)

KEPT = 20_000
"""Connections whose passage is remembered; there are not more ports at one time."""
SHOWN: Mapping[Failure | None, Refusal] = {
    Failure.HANGS: Refusal.DROPPED,
    Failure.REFUSED: Refusal.REFUSED,
    Failure.UNREACHABLE: Refusal.UNREACHABLE,
    # The SDK looks no name up here; it says the same of a name it cannot find.
    Failure.DNS: Refusal.UNREACHABLE,
}


@dataclass(frozen=True, slots=True)
class Passage:
    """How a connection came: what its server can know of it.

    Parameters
    ----------
    guest
        Who connected.
    seen_from
        The source address that the other side sees; a NAT gateway's, for example.
    policies
        The policy documents of the VPC endpoints on the way.
    endpoints
        Their ids.
    only
        The one service that the connection may be used for; None: all of them.
    """

    guest: Guest
    seen_from: str
    policies: tuple[str, ...] = ()
    endpoints: tuple[str, ...] = ()
    only: str | None = None


class EgressPolicy:
    """Decides by :func:`~lambda_lab.network.reach.reach`.

    Parameters
    ----------
    topology
        Reads the region's networks as they are now.
    stand_ins
        Reads what stands in for the world outside now.
    """

    def __init__(self, topology: Callable[[], Topology], stand_ins: Callable[[], StandIns]) -> None:
        self._topology = topology
        self.stand_ins = stand_ins
        self._lock = threading.Lock()
        self._passages: OrderedDict[int, Passage] = OrderedDict()
        self._told: set[str] = set()

    # -- connections ---------------------------------------------------------------------------

    def connect(self, guest: Guest, address: str, port: int) -> Decision:
        """Return what becomes of a TCP connection."""
        if (address, port) == guest.api:
            return Connect(address, port)
        to = _parsed(address)
        stand_ins = self.stand_ins()
        if to.is_loopback:
            meant = stand_ins.meant_by_loopback(address, port)
            if meant is None:
                return Refusal.OWN
            # Each service has an address of its own; the region answers for all of them at one.
            real = stand_ins.real(address, port)
            decision = self._ask(guest, *meant, real)
            if isinstance(decision, Refusal) and meant[0] == OTHER_SERVICES:
                decision = self._as_queue(guest, real) or decision
            return decision
        topology = self._topology()
        for served in stand_ins.databases:
            destination = served.destination
            if destination.port == port and to in _seen(topology, guest, destination):
                numeric = replace(destination, named=False)
                return self._ask(
                    guest, numeric, port, (served.address, served.port), topology=topology
                )
        return self._ask(guest, At(address), port, None, topology=topology, stand_ins=stand_ins)

    def _ask(
        self,
        guest: Guest,
        destination: Destination,
        port: int,
        served_at: tuple[str, int] | None,
        *,
        topology: Topology | None = None,
        stand_ins: StandIns | None = None,
    ) -> Decision:
        topology = topology or self._topology()
        verdict = reach(topology, _source(guest), destination, port)
        if not verdict.reachable and verdict.shows is not Failure.DENIED:
            return SHOWN.get(verdict.shows, Refusal.DROPPED)
        if stand_ins is not None and verdict.address is not None:
            served_at = stand_ins.behind(topology, verdict.address, port)
            if stand_ins.without_tls(topology, verdict.address, port):
                return self._no_tls(guest, verdict)
        if served_at is None:
            return _nobody(topology, verdict)
        return Connect(*served_at, _passage(guest, topology, verdict))

    def _as_queue(self, guest: Guest, real: tuple[str, int]) -> Connect | None:
        """Connect to a queue's URL, which names the region's own address, by SQS's endpoint.

        On AWS it names SQS's public host, whose name leads to the endpoint as well.
        """
        decision = self._ask(guest, AwsService("sqs"), HTTPS, real)
        if not isinstance(decision, Connect):
            return None
        return replace(decision, passage=replace(decision.passage, only="sqs"))

    def _no_tls(self, guest: Guest, verdict: Verdict) -> Refusal:
        """Refuse at once what AWS lets through: a hang would look like a fault of the network."""
        if guest.function not in self._told:
            self._told.add(guest.function)
            log.warning(
                "%s connected to %s, port 443. The network lets it through, but nothing answers "
                "HTTPS here: there are no certificates of these hosts. The connection was refused. "
                "Use boto3 without a URL of your own, or http://.",
                guest.function,
                verdict.address,
            )
        return Refusal.REFUSED

    def connected(self, local: tuple[str, int], to: Connect) -> None:
        """Remember how a connection came, for who serves it."""
        if isinstance(to.passage, Passage):
            with self._lock:
                self._passages.pop(local[1], None)
                self._passages[local[1]] = to.passage
                if len(self._passages) > KEPT:
                    self._passages.popitem(last=False)

    def passage(self, port: int) -> Passage | None:
        """Return how the connection from a local port came; ``None``: not from a function."""
        return self._passages.get(port)

    def ended(self, port: int) -> None:
        """Forget a connection: its port may be another client's next."""
        with self._lock:
            self._passages.pop(port, None)

    # -- names ---------------------------------------------------------------------------------

    def answer(self, guest: Guest, query: bytes) -> bytes | None:
        """Return the answer to a DNS message."""
        question = dns.read_question(query)
        if question is None:
            return None
        topology = self._topology()
        home, vpc = _home(topology, guest)
        if _source(guest).attached and (vpc is None or not vpc.dns_support):
            return dns.failed(question)
        destination = self.stand_ins().meant_by_name(question.name)
        found = destination.find(topology, vpc, home.zone if home else "").addresses
        if not found:
            return dns.no_such_name(question)
        return dns.with_addresses(question, found)


def _parsed(text: str) -> Address:
    return address(text)


def _source(guest: Guest) -> Source:
    """Return where an environment stands: in one of its function's subnets."""
    source = Source.of(guest.vpc_config, guest.function or "the function")
    if not source.attached:
        return source
    number = zlib.crc32(guest.identity.encode())
    return source.at(source.subnets[number % len(source.subnets)])


def _home(topology: Topology, guest: Guest) -> tuple[Subnet | None, Vpc | None]:
    source = _source(guest)
    home = topology.subnet(source.subnets[0]) if source.attached else None
    return home, topology.vpc(home.vpc) if home else None


def _seen(topology: Topology, guest: Guest, destination: Destination) -> tuple[Address, ...]:
    """Return the addresses that a destination has, seen from an environment."""
    home, vpc = _home(topology, guest)
    return destination.find(topology, vpc, home.zone if home else "").addresses


def _nobody(topology: Topology, verdict: Verdict) -> Refusal:
    """Say how a host shows that the way is free, but nothing answers there."""
    to = verdict.address
    inside = any(to in one.addresses or to == one.public_address for one in topology.interfaces)
    return Refusal.REFUSED if inside else Refusal.DROPPED


def _passage(guest: Guest, topology: Topology, verdict: Verdict) -> Passage:
    passed = [
        one
        for one in topology.endpoints
        if one.id in verdict.via
        or any(
            interface is not None and verdict.address in interface.addresses
            for interface in map(topology.interface, one.interfaces)
        )
    ]
    return Passage(
        guest,
        str(verdict.seen_from or ""),
        tuple(one.policy for one in passed),
        tuple(one.id for one in passed),
    )
