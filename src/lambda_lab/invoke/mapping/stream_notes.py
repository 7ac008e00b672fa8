"""What a mapping of a stream leaves behind: its part of the timeline, and its metrics."""

from __future__ import annotations

from collections.abc import Iterable

from lambda_lab.invoke.mapping.poller import Surroundings
from lambda_lab.invoke.mapping.settings import MappingSettings
from lambda_lab.invoke.mapping.stream_batch import Batch
from lambda_lab.invoke.mapping.stream_source import StreamRecord
from lambda_lab.invoke.targets import Target
from lambda_lab.timeline import Event, Kind

__all__ = ["StreamNotes"]


class StreamNotes:
    """Writes what a mapping does into the timeline and its metrics."""

    def __init__(self, settings: MappingSettings, around: Surroundings) -> None:
        self._settings = settings
        self._around = around
        self._function = settings.function_arn.split(":")[6]

    def batch(self, batch: Batch, shard_id: str, request: str) -> None:
        """A batch is handed to the function."""
        more: dict[str, object] = {}
        if batch.window is not None:
            more["final"] = batch.window.final
        self._add(
            Kind.BATCH,
            request,
            records=batch.sequences,
            lanes=[shard_id] * len(batch.records),
            attempt=batch.tries + 1,
            **more,
        )

    def records(
        self,
        records: Iterable[StreamRecord],
        outcome: str,
        shard_id: str,
        request: str | None = None,
        **more: object,
    ) -> None:
        """Say what became of records."""
        named = [record.sequence for record in records]
        if named:
            lanes = [shard_id] * len(named)
            self._add(Kind.RECORDS, request, records=named, lanes=lanes, outcome=outcome, **more)

    def _add(self, kind: Kind, request: str | None, **detail: object) -> None:
        settings = self._settings
        detail = {"mapping": settings.uuid, "source": settings.source_arn, **detail}
        now = self._around.clock.now_ns()
        self._around.timeline.add(Event(now, kind, self._function, None, request, detail))

    def count(self, **values: int) -> None:
        """Count events, where the mapping asks for ``EventCount`` metrics."""
        counted = {name: value for name, value in values.items() if value}
        if self._settings.counts_events and counted:
            self._around.metric(self._settings.uuid, counted)

    def iterator_age(self, batch: Batch, target: Target) -> None:
        """Note how old the last record of a batch is when the function gets it."""
        if batch.records:
            now = self._around.clock.now_ns()
            age_ms = max(0, now - batch.records[-1].arrival_ns) // 1_000_000
            self.metric(target, IteratorAge=age_ms)

    def metric(self, target: Target, **values: float) -> None:
        """Note values under the function's own dimensions."""
        resource = None if target.qualifier == "$LATEST" else target.qualifier
        self._around.telemetry.metrics(target.spec, resource, values, self._around.clock.now_ns())
