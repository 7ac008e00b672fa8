"""The answer to "can it reach that?": a verdict, and the hops in order."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from lambda_lab.network.codes import Code, Failure
from lambda_lab.network.components import Address

__all__ = ["Hop", "Reason", "Verdict"]

Direction = Literal["egress", "ingress"]


@dataclass(frozen=True)
class Hop:
    """One component on the way, and what it decided.

    Parameters
    ----------
    component, kind
        Its id, and what it is: ``security-group``, ``network-acl``, ``route-table`` ...
    passed
        Whether it let the packet through.
    rule
        The very rule: ``sg-1 egress tcp 443 to 0.0.0.0/0``, ``rtb-1 route 0.0.0.0/0 -> nat-1``.
    text
        The same in plain words.
    direction
        For groups and network ACLs, which of their two lists was asked.
    back
        Whether this is on the way of the answer.
    code
        AWS's code, if it stopped the packet.
    """

    component: str
    kind: str
    passed: bool
    rule: str
    text: str
    direction: Direction | None = None
    back: bool = False
    code: Code | None = None


@dataclass(frozen=True)
class Reason:
    """Why it cannot be reached, and what to do. ``code`` is None where AWS has none."""

    code: Code | None
    component: str
    direction: Direction | None
    back: bool
    text: str
    remedy: str


@dataclass(frozen=True)
class Verdict:
    """Whether a source reaches a destination, and every hop up to the end or the first failure.

    Parameters
    ----------
    source, destination, port, protocol
        What was asked.
    address
        The address that was tried; None if no name was resolved.
    seen_from
        The source address that the other side sees.
    subnet
        The subnet that the walk started in; None for Lambda's own network.
    unequal
        Whether the answer differs between the subnets of the source.
    """

    source: str
    destination: str
    port: int
    protocol: str
    hops: tuple[Hop, ...]
    reason: Reason | None = None
    shows: Failure | None = None
    address: Address | None = None
    seen_from: Address | None = None
    subnet: str | None = None
    unequal: bool = False
    via: tuple[str, ...] = field(default=())

    @property
    def reachable(self) -> bool:
        """Whether it can be reached."""
        return self.reason is None

    @property
    def code(self) -> str | None:
        """AWS's explanation code; None when it is reachable, or AWS has no code for it."""
        return self.reason.code.value if self.reason and self.reason.code else None

    @property
    def failing(self) -> Hop | None:
        """The first hop that stops the packet."""
        return next((hop for hop in self.hops if not hop.passed), None)

    def sentences(self) -> list[str]:
        """Return the verdict in plain words, short enough for a phone."""
        from lambda_lab.network.words import sentences

        return sentences(self)
