"""What an execution environment is doing, and how an init or an invocation in it ended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from lambda_lab.runtime import faults

__all__ = ["InitOutcome", "Outcome", "PostRun", "State", "failed_outcome", "timeout_outcome"]


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


@dataclass(frozen=True, slots=True)
class PostRun:
    """What extensions did after an invocation was answered.

    ``status`` is ``success``; ``timeout`` when they passed the function's timeout; ``error`` when
    one ended, with the platform's sentence.
    """

    duration_ms: float
    status: str = "success"
    error_type: str | None = None
    sentence: str = ""


def failed_outcome(
    request_id: str,
    sentence: str,
    duration_ms: float,
    memory_mb: int,
    *,
    error_type: str,
    shown_type: str = "",
) -> Outcome:
    """Return how an invocation ended whose process, or whose extension, is gone.

    ``shown_type`` is what the caller's document says where that differs: of a lack of memory only
    the log tells.
    """
    text = f"RequestId: {request_id} Error: {sentence}"
    payload = faults.document(shown_type or error_type, text)
    return Outcome("error", payload, duration_ms, memory_mb, error_type, sentence)


def timeout_outcome(request_id: str, timeout_seconds: float, memory_mb: int) -> Outcome:
    """Return how an invocation ended that ran out of time."""
    sentence = faults.timed_out(timeout_seconds)
    payload = faults.document(faults.TIMED_OUT, f"RequestId: {request_id} Error: {sentence}")
    return Outcome(
        "timeout", payload, timeout_seconds * 1000, memory_mb, faults.TIMED_OUT, sentence
    )
