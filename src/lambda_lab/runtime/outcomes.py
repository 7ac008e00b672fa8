"""What an execution environment is doing, and how an init or an invocation in it ended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["InitOutcome", "Outcome", "State"]


class State(StrEnum):
    """Where an environment is in its life."""

    NEW = "new"
    INIT = "init"
    IDLE = "idle"
    BUSY = "busy"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class InitOutcome:
    """How an init ended: ``status`` is success, error or timeout."""

    status: str
    duration_ms: float
    error_type: str | None = None
    payload: bytes = b""
    sentence: str = ""
    memory_mb: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an invocation ended in its environment.

    ``status`` is ``success``; ``failure`` when the function raised (the environment lives on);
    ``error`` or ``timeout`` when its process is gone. ``sentence`` is the platform's own line.
    """

    status: str
    payload: bytes
    duration_ms: float
    memory_mb: int
    error_type: str | None = None
    sentence: str = ""
