"""One lane of a shard: records that must be processed one after the other.

A shard is one lane, or ``ParallelizationFactor`` of them, each with its share of the partition
keys. A lane runs one batch at a time, and goes on only when that is done, given up or expired.
Nothing here waits or calls anything: times come in as arguments.

https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html

AWS does not publish how long a shard waits between two tries. Here the wait doubles, from
``esm.stream.wait.first`` to ``esm.stream.wait.maximum``: modelled, not recorded. The halves of a
batch that was split are tried without a wait, because a split is no retry.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace

from lambda_lab.invoke.mapping.stream_batch import (
    RETRY_ATTEMPTS,
    Answer,
    Batch,
    Discard,
    Rules,
    Window,
)
from lambda_lab.invoke.mapping.stream_positions import Aggregation
from lambda_lab.invoke.mapping.stream_source import StreamRecord
from lambda_lab.invoke.mapping.stream_waiting import Waiting, too_old

__all__ = ["Lane", "Outcome"]

MOST_DOUBLINGS = 20
"""Past every limit of a wait; the number of tries itself may grow without bound."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an answer means for the records of its batch."""

    passed: tuple[StreamRecord, ...] = ()
    again: tuple[StreamRecord, ...] = ()
    discard: Discard | None = None
    wait_ns: int = 0
    """How long until the next try of those that are tried again."""


class Lane:
    """The records of one lane, and the batch it is busy with.

    Parameters
    ----------
    rules
        The mapping's settings.
    aggregation
        The shard's tumbling window.
    """

    def __init__(self, rules: Rules, aggregation: Aggregation) -> None:
        self._rules = rules
        self._aggregation = aggregation
        self._waiting = Waiting(rules)
        self._again: deque[Batch] = deque()
        self._running = False
        self._rests_until = 0
        self._stumbles = 0
        self.closed = False
        """Nothing more comes: the shard was closed, and everything of it has been read."""

    def add(self, record: StreamRecord, now_ns: int) -> None:
        """Take a record that was just read."""
        self._waiting.add(record, now_ns)

    @property
    def empty(self) -> bool:
        """Whether nothing runs or waits, and no tumbling window is open."""
        busy = self._running or self._again or len(self._waiting)
        return not busy and self._window_end_ns() is None

    # -- too old ---------------------------------------------------------------------------------

    def discard(self, now_ns: int, retention_ns: int) -> list[Discard]:
        """Take out what is too old to be tried (again). Not while a batch runs."""
        if self._running:
            return []
        discards = self._overdue_final(now_ns, retention_ns)
        while self._again:
            batch = self._again[0]
            old = too_old(batch.records, self._rules, now_ns, retention_ns)
            if old is None:
                return discards
            self._again.popleft()
            count, condition = old
            discards.append(Discard(replace(batch, records=batch.records[:count]), condition))
            if count < len(batch.records):
                self._again.appendleft(replace(batch, records=batch.records[count:]))
            else:
                self._recover()
        while True:
            records, condition = self._waiting.old(now_ns, retention_ns)
            if not records:
                return discards
            discards.append(Discard(Batch(records), condition))

    def _overdue_final(self, now_ns: int, retention_ns: int) -> list[Discard]:
        """Give up the last invocation of a window that has failed for as long as records may."""
        if not self._again or self._again[0].records or self._again[0].window is None:
            return []
        if now_ns - self._again[0].window.end_ns < self._rules.age_limit_ns(retention_ns):
            return []
        self._aggregation.clear()
        self._recover()
        return [Discard(self._again.popleft(), None)]

    def _recover(self) -> None:
        """Go on at once: what the lane was held up by is over."""
        self._rests_until = self._stumbles = 0

    # -- out -------------------------------------------------------------------------------------

    def take(self, now_ns: int) -> Batch | None:
        """Return the batch to run now, if there is one; the lane is busy until it has ended."""
        if self._running or now_ns < self._rests_until:
            return None
        if self._again:
            batch: Batch | None = self._again.popleft()
        else:
            batch = self._final(now_ns) or self._cut(now_ns)
        if batch is None:
            return None
        self._running = True
        if batch.window is None:
            return batch
        return replace(batch, window=replace(batch.window, state=self._aggregation.state))

    def _cut(self, now_ns: int) -> Batch | None:
        """Take the next batch out of what waits; it may be the first of a tumbling window."""
        start_ns = self._waiting.window_start_ns()
        records = self._waiting.cut(now_ns)
        if not records or start_ns is None:
            return Batch(records) if records else None
        if self._aggregation.start_ns is None:
            self._aggregation.begin(start_ns)
        return Batch(records, Window(start_ns, start_ns + self._rules.tumbling_ns))

    def _window_end_ns(self) -> int | None:
        """Return when the open tumbling window ends, if one is open."""
        start_ns = self._aggregation.start_ns
        length_ns = self._rules.tumbling_ns
        return None if start_ns is None or not length_ns else start_ns + length_ns

    def _final(self, now_ns: int) -> Batch | None:
        """Return the last invocation of the open window, once all of its records are through.

        A closed shard's window ends with its last record. AWS does not say whether the last
        invocation brings records. Here it brings none: confidence M.
        """
        start_ns, end_ns = self._aggregation.start_ns, self._window_end_ns()
        if start_ns is None or end_ns is None:
            return None
        early = self._aggregation.ends_early
        more_to_come = now_ns < end_ns and not self.closed
        if not early and (more_to_come or self._waiting.window_start_ns() == start_ns):
            return None
        return Batch((), Window(start_ns, end_ns, final=True, early=early))

    def due_ns(self) -> int | None:
        """Return when :meth:`take` may have something, as far as time alone decides."""
        if self._running:
            return None
        if self._again:
            return self._rests_until
        due = [self._waiting.due_ns(), self._window_end_ns()]
        first = min((one for one in due if one is not None), default=None)
        return None if first is None else max(first, self._rests_until)

    # -- what came of it -------------------------------------------------------------------------

    def answered(self, batch: Batch, answer: Answer, now_ns: int, retention_ns: int) -> Outcome:
        """Take what came of the running batch; return what it means for its records."""
        self._running = False
        if answer.response is None:
            # The function did not run: no retry is used up.
            return self._rest(batch, (), now_ns, retention_ns)
        if not answer.failed:
            self._recover()
            self._aggregate(batch, answer)
            return Outcome(passed=batch.records)
        tried = replace(batch, tries=batch.tries + 1, last=answer.response)
        return self._failed(tried, answer, now_ns, retention_ns)

    def _aggregate(self, batch: Batch, answer: Answer) -> None:
        if batch.window is None:
            return
        if batch.window.final:
            self._aggregation.clear()
        elif answer.state_too_large:
            # The last state that was small enough is what the window ends with: confidence L.
            self._aggregation.ends_early = True
        elif answer.state is not None:
            self._aggregation.state = answer.state

    def _failed(self, batch: Batch, answer: Answer, now_ns: int, retention_ns: int) -> Outcome:
        passed = batch.records[: answer.checkpoint]
        rest = replace(batch, records=batch.records[answer.checkpoint :])
        if passed:
            self._aggregate(batch, answer)
        if self._rules.bisect and (passed or len(rest.records) > 1):
            self._split(rest, whole=bool(passed))
            return Outcome(passed, rest.records)
        if self._rules.retries is not None and rest.retries >= self._rules.retries:
            self._recover()
            if rest.window is not None and rest.window.final:
                self._aggregation.clear()
            return Outcome(passed, discard=Discard(rest, RETRY_ATTEMPTS))
        rest = replace(rest, retries=rest.retries + 1)
        return self._rest(rest, passed, now_ns, retention_ns)

    def _split(self, rest: Batch, *, whole: bool) -> None:
        """Try a batch again in smaller pieces; that uses up no retry.

        "The batch is bisected at the returned sequence number": what is before it is done, so the
        rest is one piece. Without such a number, or with the first one, it is halved.
        """
        middle = 0 if whole else len(rest.records) // 2
        self._again.appendleft(replace(rest, records=rest.records[middle:]))
        if middle:
            self._again.appendleft(replace(rest, records=rest.records[:middle]))

    def _rest(
        self, batch: Batch, passed: tuple[StreamRecord, ...], now_ns: int, retention_ns: int
    ) -> Outcome:
        """Let a batch wait for its next try, but no longer than until it is too old as a whole."""
        self._again.appendleft(batch)
        wait_ns = self._rules.first_wait_ns * 2 ** min(self._stumbles, MOST_DOUBLINGS)
        wait_ns = min(wait_ns, self._rules.longest_wait_ns)
        self._stumbles += 1
        if batch.records:
            too_old_ns = batch.records[-1].arrival_ns + self._rules.age_limit_ns(retention_ns)
            wait_ns = min(wait_ns, max(0, too_old_ns - now_ns))
        self._rests_until = now_ns + wait_ns
        return Outcome(passed, batch.records, wait_ns=wait_ns)
