"""Records that a result hands out."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Concurrency", "EnvironmentLife"]


@dataclass(frozen=True, slots=True)
class EnvironmentLife:
    """One execution environment, from its first request to its end; times in nanoseconds."""

    number: int
    provisioned: bool
    created: int
    """Arrival of its first request: when its Init began, unless it is provisioned."""
    last_ended: int
    """When its last request ended."""
    ends: int | None
    """When it would be gone: kept for ``keep_alive`` after its last request, or for ever."""
    requests: int
    busy: int
    """Nanoseconds of Init and requests together."""


@dataclass(frozen=True, slots=True)
class Concurrency:
    """Requests in flight over time, in windows of equal length."""

    start: int
    """Nanoseconds at which the first window begins."""
    step: int
    """Nanoseconds of each window."""
    peaks: list[int]
    """Most requests in flight at once in each window: ``ConcurrentExecutions``, Maximum."""
    means: list[float]
    """Requests in flight on average in each window."""
