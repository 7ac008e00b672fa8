"""Making the pollers of event source mappings: which kind, for which source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lambda_lab.aws.sources.queue import MotoQueue
from lambda_lab.aws.sources.stream import stream_source
from lambda_lab.clock import Clock
from lambda_lab.invoke.caller import Caller
from lambda_lab.invoke.deliveries import Deliveries
from lambda_lab.invoke.mapping.poller import Poller, Surroundings
from lambda_lab.invoke.mapping.queue_poller import QueuePoller
from lambda_lab.invoke.mapping.settings import MappingSettings
from lambda_lab.invoke.mapping.stream_poller import StreamPoller
from lambda_lab.invoke.workers import Workers
from lambda_lab.observe import BufferedTelemetry
from lambda_lab.timeline import Timeline

__all__ = ["Pollers"]


@dataclass(frozen=True, slots=True)
class Pollers:
    """The parts of a region that pollers need, and how a poller is made of them."""

    caller: Caller
    deliveries: Deliveries
    workers: Workers
    clock: Clock
    timeline: Timeline
    telemetry: BufferedTelemetry

    def make(self, settings: MappingSettings, earlier: Poller | None) -> Poller:
        """Make the poller of a mapping.

        Parameters
        ----------
        settings
            The mapping.
        earlier
            Its last poller, stopped; a stream is read on where that one was.

        Raises
        ------
        LabError
            If the source does not exist any more.
        """
        around = self._around(settings)
        if settings.source_arn.split(":")[2] == "sqs":
            return QueuePoller(settings, MotoQueue(settings.source_arn), around)
        return StreamPoller(settings, stream_source(settings.source_arn), around, earlier)

    def _around(self, settings: MappingSettings) -> Surroundings:
        region = settings.function_arn.split(":")[3]

        def metric(uuid: str, values: Mapping[str, float]) -> None:
            self.telemetry.mapping_metrics(region, uuid, values, self.clock.now_ns())

        return Surroundings(
            caller=self.caller,
            deliveries=self.deliveries,
            workers=self.workers,
            clock=self.clock,
            timeline=self.timeline,
            telemetry=self.telemetry,
            metric=metric,
        )
