"""Event source mappings at work: which there are, the states they go through, who polls for them.

A mapping's state changes on the clock, because AWS changes it after it has answered:
docs/decisions/0060-mappings.md. The poller changes with it. It is started when a mapping becomes
``Enabled``, and stopped as soon as the mapping is to be anything else; the next state comes when
its last batch has ended. A changed mapping gets a new poller, so that no batch mixes settings.

https://docs.aws.amazon.com/lambda/latest/api/API_EventSourceMappingConfiguration.html
"""

from __future__ import annotations

import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from lambda_lab.clock import Clock, Scheduled
from lambda_lab.closing import Closing
from lambda_lab.errors import LabError
from lambda_lab.invoke.mapping.poller import Poller
from lambda_lab.invoke.mapping.settings import MappingSettings
from lambda_lab.invoke.workers import Workers

__all__ = [
    "DRAIN_SECONDS",
    "STATE_SECONDS",
    "MappingEngine",
    "MappingState",
    "Status",
    "sources_of",
]

log = logging.getLogger(__name__)

STATE_SECONDS = 0.3
"""How long a mapping stays in a passing state. AWS says "several seconds", and often takes more."""
DRAIN_SECONDS = 1.0
"""How often a mapping whose last batch still runs is looked at again, in the region's time."""
NOTHING_YET = "No records processed"
"""``LastProcessingResult`` of a mapping that has done nothing (recorded)."""

PollerFactory = Callable[[MappingSettings, Poller | None], Poller]
"""Makes a poller. The second is the mapping's last one, stopped, whose place it takes."""


class MappingState(StrEnum):
    """``State`` of a mapping."""

    CREATING = "Creating"
    ENABLING = "Enabling"
    ENABLED = "Enabled"
    DISABLING = "Disabling"
    DISABLED = "Disabled"
    UPDATING = "Updating"
    DELETING = "Deleting"

    @property
    def passing(self) -> bool:
        """Whether it ends by itself."""
        return self not in (MappingState.ENABLED, MappingState.DISABLED)


@dataclass(frozen=True, slots=True)
class Status:
    """What can be said of a mapping now."""

    state: MappingState
    since_ns: int
    """When the mapping came into this state."""
    last_result: str
    """``LastProcessingResult``."""


class _Mapping:
    """One mapping. Changed under the engine's lock only."""

    def __init__(self, settings: MappingSettings, enabled: bool, now_ns: int) -> None:
        self.settings = settings
        self.enabled = enabled
        self.state = MappingState.CREATING
        self.since_ns = now_ns
        self.poller: Poller | None = None
        self.problem: str | None = None
        self.change: Scheduled | None = None

    def enter(self, state: MappingState, now_ns: int) -> None:
        self.state, self.since_ns = state, now_ns

    def last_result(self) -> str:
        if self.problem is not None:
            return self.problem
        return NOTHING_YET if self.poller is None else self.poller.last_result


class MappingEngine(Closing):
    """Owns the pollers of every mapping of a region, by UUID. A context manager.

    Parameters
    ----------
    make
        Makes pollers.
    clock, workers
        Where state changes wait, and where they and the pollers' work are done.
    """

    def __init__(self, make: PollerFactory, clock: Clock, workers: Workers) -> None:
        self._make = make
        self._clock = clock
        self._workers = workers
        self._lock = threading.RLock()
        self._mappings: dict[str, _Mapping] = {}
        # Replaced as a whole, never changed: `wake` reads it without the lock, as writes to a
        # source may come from a poller.
        self._by_source: Mapping[str, tuple[Poller, ...]] = {}

    # -- what the control plane asks for ---------------------------------------------------------

    def create(self, settings: MappingSettings, *, enabled: bool = True) -> None:
        """Take on a mapping. It is ``Creating``, and soon ``Enabled`` or ``Disabled``."""
        with self._lock:
            mapping = _Mapping(settings, enabled, self._clock.now_ns())
            self._mappings[settings.uuid] = mapping
            self._finish_later(mapping, STATE_SECONDS)

    def update(self, settings: MappingSettings, *, enabled: bool) -> None:
        """Give a mapping other settings, or switch it on or off.

        Batches that run end as they would; the next batch has the new settings.

        Raises
        ------
        KeyError
            If there is no such mapping. A caller asks :meth:`status` first.
        """
        with self._lock:
            mapping = self._mappings[settings.uuid]
            if enabled == mapping.enabled:
                state = MappingState.UPDATING
            else:
                state = MappingState.ENABLING if enabled else MappingState.DISABLING
            mapping.settings, mapping.enabled = settings, enabled
            self._begin(mapping, state)

    def delete(self, uuid: str) -> None:
        """Let a mapping go. It is ``Deleting``, and soon there is none.

        Raises
        ------
        KeyError
            If there is no such mapping.
        """
        with self._lock:
            self._begin(self._mappings[uuid], MappingState.DELETING)

    def status(self, uuid: str) -> Status | None:
        """Return a mapping's state; ``None`` if there is no such mapping (any more)."""
        with self._lock:
            mapping = self._mappings.get(uuid)
            if mapping is None:
                return None
            return Status(mapping.state, mapping.since_ns, mapping.last_result())

    def settle_at_once(self, uuid: str) -> None:
        """End a passing state now, without its time: for a template, which waits for it."""
        with self._lock:
            mapping = self._mappings.get(uuid)
            if mapping is not None and mapping.state.passing:
                self._finish(mapping)

    # -- what sources say --------------------------------------------------------------------------

    def wake(self, source_arn: str) -> None:
        """Let every poller of a source look: something was written. Callable from any thread."""
        for poller in self._by_source.get(source_arn, ()):
            poller.wake()

    # -- states ------------------------------------------------------------------------------------

    def _begin(self, mapping: _Mapping, state: MappingState) -> None:
        """Enter a passing state: nothing polls any more, and its end is on the clock."""
        mapping.enter(state, self._clock.now_ns())
        mapping.problem = None
        if mapping.poller is not None:
            self._workers.submit(mapping.poller.stop)
        self._index()
        self._finish_later(mapping, STATE_SECONDS)

    def _finish_later(self, mapping: _Mapping, seconds: float) -> None:
        if mapping.change is not None:
            mapping.change.cancel()
        mapping.change = self._clock.call_later(
            seconds, lambda: self._workers.submit(lambda: self._finish(mapping))
        )

    def _finish(self, mapping: _Mapping) -> None:
        """End a passing state, unless a batch still runs: then this is asked again."""
        with self._lock:
            known = self._mappings.get(mapping.settings.uuid) is mapping
            if not known or not mapping.state.passing:
                return
            if mapping.poller is not None and not mapping.poller.stopped:
                self._finish_later(mapping, DRAIN_SECONDS)
            elif mapping.state is MappingState.DELETING:
                del self._mappings[mapping.settings.uuid]
            elif mapping.enabled:
                mapping.enter(MappingState.ENABLED, self._clock.now_ns())
                self._start(mapping)
            else:
                mapping.enter(MappingState.DISABLED, self._clock.now_ns())

    def _start(self, mapping: _Mapping) -> None:
        """Let a new poller begin; under the lock, so that it cannot be stopped before."""
        try:
            poller = self._make(mapping.settings, mapping.poller)
            mapping.poller = poller
            # What is written before this, the poller finds when it starts; later writes wake it.
            self._index()
            poller.start()
        except LabError as error:
            # The source went away in the meantime: said, and nothing else is held up.
            mapping.problem = f"PROBLEM: {error}"

    def _index(self) -> None:
        index: dict[str, list[Poller]] = defaultdict(list)
        for mapping in self._mappings.values():
            if mapping.poller is not None and mapping.state is MappingState.ENABLED:
                for arn in sources_of(mapping.settings.source_arn):
                    index[arn].append(mapping.poller)
        self._by_source = {arn: tuple(pollers) for arn, pollers in index.items()}

    # -- ending ------------------------------------------------------------------------------------

    def reset(self) -> None:
        """Stop everything and forget every mapping."""
        with self._lock:
            gone = list(self._mappings.values())
            self._mappings.clear()
            self._index()
        for mapping in gone:
            if mapping.change is not None:
                mapping.change.cancel()
            if mapping.poller is not None:
                try:
                    mapping.poller.stop()
                except Exception:
                    # One poller that fails must not leave the others running.
                    log.exception("a poller of %s did not stop", mapping.settings.source_arn)

    def close(self) -> None:
        """Stop everything."""
        self.reset()


def sources_of(arn: str) -> tuple[str, ...]:
    """Return every ARN whose writes a mapping of *arn* must hear of.

    A consumer reads its data stream; a stream of a table is written when the table is.

    Examples
    --------
    >>> sources_of("arn:aws:kinesis:us-east-1:123456789012:stream/s/consumer/c:1")[-1]
    'arn:aws:kinesis:us-east-1:123456789012:stream/s'
    >>> sources_of("arn:aws:dynamodb:us-east-1:123456789012:table/t/stream/2026")[-1]
    'arn:aws:dynamodb:us-east-1:123456789012:table/t'
    >>> sources_of("arn:aws:sqs:us-east-1:123456789012:q")
    ('arn:aws:sqs:us-east-1:123456789012:q',)
    """
    for mark in ("/consumer/", "/stream/"):
        base, found, _ = arn.partition(mark)
        if found:
            return arn, base
    return (arn,)
