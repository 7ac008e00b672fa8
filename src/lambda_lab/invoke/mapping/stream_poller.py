"""Polling a Kinesis stream or a DynamoDB stream for one mapping.

On AWS each shard is polled once a second (four times for DynamoDB). Here a write wakes the poller,
so records are handed over at once; nothing else about the waits is different.

https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
"""

from __future__ import annotations

import threading
from functools import partial

from lambda_lab.clock import SECOND, Scheduled
from lambda_lab.invoke.mapping.filters import Filters
from lambda_lab.invoke.mapping.poller import Poller, Surroundings
from lambda_lab.invoke.mapping.settings import MappingSettings
from lambda_lab.invoke.mapping.shard import Shard
from lambda_lab.invoke.mapping.stream_batch import Answer, Batch, Discard, Rules
from lambda_lab.invoke.mapping.stream_calls import StreamCalls
from lambda_lab.invoke.mapping.stream_lane import Lane, Outcome
from lambda_lab.invoke.mapping.stream_notes import StreamNotes
from lambda_lab.invoke.mapping.stream_positions import Positions, ShardPosition
from lambda_lab.invoke.mapping.stream_records import filter_document
from lambda_lab.invoke.mapping.stream_source import (
    ShardInfo,
    StreamGone,
    StreamRecord,
    StreamSource,
)

__all__ = ["StreamPoller"]

NOTHING_YET = "No records processed"
"""``LastProcessingResult`` before the first batch (recorded)."""
OK = "OK"


class StreamPoller:
    """Polls a stream for one mapping.

    Parameters
    ----------
    settings
        The mapping.
    source
        Its stream.
    around
        The parts of the region that a poller uses.
    earlier
        The mapping's last poller, stopped. This one goes on where that one was.

    Raises
    ------
    StreamGone
        If there is no such stream.
    """

    def __init__(
        self,
        settings: MappingSettings,
        source: StreamSource,
        around: Surroundings,
        earlier: Poller | None = None,
    ) -> None:
        self._settings = settings
        self._source = source
        self._around = around
        self._rules = Rules.of(settings)
        self._filters = Filters(settings.filters)
        self._notes = StreamNotes(settings, around)
        self._calls = StreamCalls(settings, source.arn, around, self._notes)
        self._lock = threading.Lock()
        self._waking = threading.Lock()
        self._awake = False
        self._stopping = False
        self._running = 0
        self._shards: dict[str, Shard] = {}
        self._timer: Scheduled | None = None
        self.last_result = NOTHING_YET if earlier is None else earlier.last_result
        self.positions: Positions = (
            earlier.positions if isinstance(earlier, StreamPoller) else Positions()
        )
        """Where the mapping stands."""
        self.positions.restart()
        self._retention_ns = source.retention_seconds() * SECOND
        self._begin()

    def _begin(self) -> None:
        """Apply the starting position, once in a mapping's life.

        It is applied while the poller is made: what is written as soon as the mapping shows itself
        as enabled is behind ``LATEST``.
        """
        positions = self.positions
        positions.belong_to(self._source.identity())
        if positions.begun:
            return
        positions.begun = True
        if self._settings.starting_position == "LATEST":
            for info in self._source.shards():
                latest = self._source.latest(info.id)
                positions.shards[info.id] = ShardPosition(latest)

    # -- Poller ------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to poll."""
        self.wake()

    def wake(self) -> None:
        """Look at the stream soon. Cheap, callable from any thread."""
        with self._waking:
            if self._awake or self._stopping:
                return
            self._awake = True
        self._around.workers.submit(self._woken)

    def stop(self) -> None:
        """Take no further batch. Batches that run end as they would; their results count."""
        with self._lock:
            self._stopping = True
            if self._timer is not None:
                self._timer.cancel()

    @property
    def stopped(self) -> bool:
        """Whether it was stopped and nothing of it runs any more."""
        with self._lock:
            return self._stopping and not self._running

    # -- looking -----------------------------------------------------------------------------------

    def _woken(self) -> None:
        with self._waking:
            self._awake = False  # what is written from here on wakes the poller again
        self._look()

    def _look(self) -> None:
        """Read what is new, send what is ready, and put on the clock what has to wait."""
        with self._lock:
            if self._stopping:
                return
            try:
                self._read_all()
            except StreamGone as gone:
                self._lose(gone)

    def _read_all(self) -> None:
        if self.positions.belong_to(self._source.identity()):
            self._shards.clear()  # deleted and created again: another stream with this name
        self._retention_ns = self._source.retention_seconds() * SECOND
        now = self._around.clock.now_ns()
        for info in self._source.shards():
            shard = self._shard(info)
            if all(self._through(parent) for parent in shard.parents):
                self._read(shard, info, now)
                self._send(shard, now)
        self._sleep(now)

    def _shard(self, info: ShardInfo) -> Shard:
        found = self._shards.get(info.id)
        if found is None:
            position = self.positions.shards.setdefault(info.id, ShardPosition(0))
            found = Shard(info, position, self._rules, self._settings.parallelization)
            self._shards[info.id] = found
        return found

    def _through(self, shard_id: str) -> bool:
        """Whether nothing is left to do in a parent, or it is not there any more."""
        shard = self._shards.get(shard_id)
        return shard is None or shard.done

    def _read(self, shard: Shard, info: ShardInfo, now_ns: int) -> None:
        records = self._source.read(shard.id, shard.position.read_to)
        # Kept for as long as the retention, and not a moment longer.
        oldest_ns = now_ns - self._retention_ns + 1
        if self._settings.starting_position == "AT_TIMESTAMP":
            oldest_ns = max(oldest_ns, self._settings.starting_timestamp_ns or 0)
        dealt = shard.deal(records, self._keeps, oldest_ns, now_ns)
        self._notes.count(PolledEventCount=dealt.polled, FilteredOutEventCount=len(dealt.filtered))
        self._notes.records(dealt.filtered, "filtered", shard.id)
        if info.closed:
            shard.close()

    def _keeps(self, record: StreamRecord) -> bool:
        return not self._filters or self._filters.keeps(filter_document(record.event))

    def _send(self, shard: Shard, now_ns: int) -> None:
        for lane in shard.lanes:
            for discard in lane.discard(now_ns, self._retention_ns):
                shard.position.finish(discard.batch.positions)
                self._begin_job(partial(self._give_up, discard, shard.id))
            batch = lane.take(now_ns)
            if batch is not None:
                self._begin_job(partial(self._run, shard, lane, batch))

    def _sleep(self, now_ns: int) -> None:
        """Be woken when time alone brings the next batch."""
        due = [shard.due_ns() for shard in self._shards.values()]
        next_ns = min((one for one in due if one is not None and one > now_ns), default=None)
        if self._timer is not None:
            if self._timer.due_ns == next_ns:
                return
            self._timer.cancel()
        self._timer = None if next_ns is None else self._around.clock.call_at(next_ns, self.wake)

    def _lose(self, gone: StreamGone) -> None:
        """Let go of everything: the stream is not there."""
        self.last_result = f"PROBLEM: {gone}"
        self._shards.clear()
        self.positions.restart()  # a consumer may come back, and its stream is still the same
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    # -- working -----------------------------------------------------------------------------------

    def _begin_job(self, work: partial[None]) -> None:
        """Do *work* in the background; until it ends the poller is not stopped."""
        self._running += 1
        self._around.workers.submit(partial(self._do, work))

    def _do(self, work: partial[None]) -> None:
        try:
            work()
        finally:
            with self._lock:
                self._running -= 1
        self._look()

    def _run(self, shard: Shard, lane: Lane, batch: Batch) -> None:
        answer = self._calls.call(batch, shard.id)
        with self._lock:
            now = self._around.clock.now_ns()
            outcome = lane.answered(batch, answer, now, self._retention_ns)
            shard.position.finish(record.position for record in outcome.passed)
            if outcome.discard is not None:
                shard.position.finish(outcome.discard.batch.positions)
            worked = answer.response is not None and not answer.failed
            self.last_result = OK if worked else f"PROBLEM: {answer.problem}"
            self._note(shard, answer, outcome)
        if outcome.discard is not None:
            self._calls.give_up(outcome.discard, shard.id)

    def _note(self, shard: Shard, answer: Answer, outcome: Outcome) -> None:
        self._notes.records(outcome.passed, "passed", shard.id, answer.request_id)
        self._notes.records(
            outcome.again,
            "retry",
            shard.id,
            answer.request_id,
            after_seconds=outcome.wait_ns / SECOND,
            reason=answer.reason,
        )

    def _give_up(self, discard: Discard, shard_id: str) -> None:
        self._calls.give_up(discard, shard_id)
