"""The words of a function's way out: who connects, and what becomes of a connection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Protocol

__all__ = ["Connect", "Decide", "Decision", "Guest", "Refusal"]


@dataclass(frozen=True, slots=True)
class Guest:
    """Who connects: an execution environment.

    Parameters
    ----------
    identity, function
        The environment's id and its function's name.
    api
        Where its Runtime API is.
    vpc_config
        The function's ``VpcConfig`` in the API's words.
    """

    identity: str
    function: str = ""
    api: tuple[str, int] = ("", 0)
    vpc_config: Mapping[str, Any] | None = None

    @property
    def in_vpc(self) -> bool:
        """Whether its function is attached to a VPC."""
        return bool(self.vpc_config and self.vpc_config.get("SubnetIds"))


class Refusal(Enum):
    """How a connection fails - or that it is none of the owner's business."""

    OWN = auto()
    """It stays within the environment."""
    REFUSED = auto()
    DROPPED = auto()
    """Nothing answers: it hangs until somebody loses patience."""
    UNREACHABLE = auto()
    """There is no address of that family to connect from."""


@dataclass(frozen=True, slots=True)
class Connect:
    """Connect to *address* and *port* of this machine. ``passage`` is for who serves it."""

    address: str
    port: int
    passage: Any = None


Decision = Connect | Refusal


class Decide(Protocol):
    """The policy. It is asked on one thread, and must answer in milliseconds."""

    def connect(self, guest: Guest, address: str, port: int) -> Decision:
        """Return what becomes of a TCP connection."""
        ...

    def answer(self, guest: Guest, query: bytes) -> bytes | None:
        """Return the answer to a DNS message; ``None``: there is none."""
        ...

    def connected(self, local: tuple[str, int], to: Connect) -> None:
        """Hear which local address a connection has got."""
        ...
