"""The answer to "can it reach that?": a verdict, and the hops in order."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from lambda_lab.network.codes import Code, Failure
from lambda_lab.network.components import Address

__all__ = ["Hop", "Reason", "Verdict"]

Direction = Literal["egress", "ingress"]
_SHOWS = {
    Failure.HANGS: "The packet is dropped, so the connection hangs until a timeout ends it.",
    Failure.REFUSED: "The connection is refused at once.",
    Failure.UNREACHABLE: "The connection fails at once: the network is unreachable.",
    Failure.DNS: "The name is not resolved, so no connection is tried.",
    Failure.DENIED: "The connection works, and the service answers AccessDenied.",
}


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
        source = _capital(self.source) if self.source.startswith("the ") else self.source
        able = "can" if self.reachable else "cannot"
        said = [f"{source} {able} reach {self.destination} on port {self.port}."]
        if self.unequal:
            said.append(f"That is so from {self.subnet}; another of its subnets does reach it.")
        if self.via:
            said.append(f"The way is over {', '.join(self.via)}.")
        reason = self.reason
        if reason is None:
            if self.seen_from is not None:
                said.append(f"The other side sees {self.seen_from}.")
            return said
        said.append(_capital(reason.text))
        if reason.back:
            said.append("It is the answer that is lost, on the way back.")
        if self.shows is not None:
            said.append(_SHOWS[self.shows])
        if reason.code is not None:
            said.append(f"Reachability Analyzer's code is {reason.code.value}.")
        said.append(reason.remedy)
        return said


def _capital(text: str) -> str:
    """Return *text* with a capital first letter.

    Examples
    --------
    >>> _capital("the function")
    'The function'
    """
    return text[:1].upper() + text[1:]
