"""What every poller is: something that can be started, woken and stopped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from lambda_lab.clock import Clock
from lambda_lab.invoke.caller import Caller
from lambda_lab.invoke.deliveries import Deliveries
from lambda_lab.invoke.telemetry import Telemetry
from lambda_lab.invoke.workers import Workers
from lambda_lab.timeline import Timeline

__all__ = ["Poller", "Surroundings"]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The parts of a region that pollers use."""

    caller: Caller
    deliveries: Deliveries
    workers: Workers
    clock: Clock
    timeline: Timeline
    telemetry: Telemetry
    metric: Callable[[str, Mapping[str, float]], None]
    """Takes a mapping's UUID and values by metric name (dimension ``EventSourceMappingUUID``)."""


class Poller(Protocol):
    """Polls one source for one mapping.

    It never waits in a thread: it looks at its source when it is woken, does its work in jobs of
    the region's :class:`~lambda_lab.invoke.workers.Workers`, and puts everything that must wait
    (a batch window, a retry, a message that becomes visible) on the clock.
    """

    last_result: str
    """``LastProcessingResult`` as AWS words it."""

    def start(self) -> None:
        """Begin to poll."""

    def wake(self) -> None:
        """Look at the source soon: something was written. Cheap, callable from any thread."""

    def stop(self) -> None:
        """Take no further batch. Batches that run end as they would; their results count."""

    @property
    def stopped(self) -> bool:
        """Whether it was stopped and nothing of it runs any more."""
