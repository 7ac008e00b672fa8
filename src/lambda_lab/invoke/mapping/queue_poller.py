"""Polling an SQS queue for one event source mapping, standard or FIFO.

https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import suppress

from lambda_lab import facts
from lambda_lab.clock import SECOND, Scheduled
from lambda_lab.invoke.mapping.filters import Filters
from lambda_lab.invoke.mapping.poller import Surroundings
from lambda_lab.invoke.mapping.poller_scaling import PollerScaling, ScalingRules
from lambda_lab.invoke.mapping.queue_batch import Batch, Held, WaitingRoom
from lambda_lab.invoke.mapping.queue_event import encoded, filter_document, record_of
from lambda_lab.invoke.mapping.queue_runs import QueueNotes, QueueRuns, problem
from lambda_lab.invoke.mapping.queue_source import QueueGone, QueueMessage, QueueSource, Received
from lambda_lab.invoke.mapping.settings import MappingSettings

__all__ = ["QueuePoller"]

SHORTEST_WAIT_NS = SECOND // 1000
"""A further look lies at least this far ahead: the clock must get on between two looks."""


class QueuePoller:
    """Receives messages, makes batches of them, and runs as many at once as AWS would.

    One look at a time: it receives until a batch is complete, hands it on, and goes on until the
    queue has nothing visible or every slot is taken. What comes later - a window's end, a message
    that becomes visible, one more slot - is put on the clock. While a batch of a FIFO queue runs,
    its message groups are left alone, so no group ever runs twice at once.

    Parameters
    ----------
    settings, source, around
        The mapping, its queue, and the region's parts.
    """

    def __init__(
        self, settings: MappingSettings, source: QueueSource, around: Surroundings
    ) -> None:
        self.last_result = "No records processed"
        self._source = source
        self._around = around
        self._filters = Filters(settings.filters) if settings.filters else None
        self._waiting = WaitingRoom(
            settings.batch_size, settings.window_seconds, int(facts.value("payload.sync.request"))
        )
        self._scaling = PollerScaling(ScalingRules.of(settings))
        self._notes = QueueNotes(settings, around)
        self._runs = QueueRuns(settings, source, around, self._notes, self)
        # Held for moments only, and never while the queue or the function is asked for anything.
        self._lock = threading.Lock()
        self._on = False
        self._looking = False
        self._again = False
        self._running = 0
        self._groups: set[str] = set()
        self._next: Scheduled | None = None

    # -- for the engine ------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to poll."""
        with self._lock:
            self._on = True
        self.wake()

    def wake(self) -> None:
        """Look at the queue soon. Cheap, callable from any thread."""
        with self._lock:
            if not self._on:
                return
            if self._looking:
                self._again = True
                return
            self._looking = True
        self._around.workers.submit(self._look)

    def stop(self) -> None:
        """Receive nothing more; batches that run end as they would.

        Messages that wait for their window to end become visible again.
        """
        with self._lock:
            self._on = False
            if self._next is not None:
                self._next.cancel()
            if self._looking:
                return  # the look under way gives back what waits
            self._looking = True
        self._around.workers.submit(self._look)

    @property
    def stopped(self) -> bool:
        """Whether it was stopped and nothing of it runs any more."""
        with self._lock:
            return not (self._on or self._looking or self._running)

    # -- looking -------------------------------------------------------------------------------

    def _look(self) -> None:
        due: int | None = None
        try:
            due = self._send_batches()
            self._give_back_waiting()
        finally:
            self._end_look(due)

    def _give_back_waiting(self) -> None:
        """Once stopped, make visible what waited for its batch."""
        with self._lock:
            left = [] if self._on else self._waiting.clear()
        if left:
            with suppress(QueueGone):
                self._source.release([message.receipt for message in left])
                self._notes.records([message.id for message in left], "returned", reason="Stopped")

    def _end_look(self, due_ns: int | None) -> None:
        """Plan the next look; look again where something came up during this one."""
        with self._lock:
            stopped_meanwhile = not self._on and self._waiting.due_ns is not None
            again = self._again or stopped_meanwhile
            self._again = False
            self._looking = again
            if self._on and not again:
                self._plan(due_ns)
        if again:
            self._around.workers.submit(self._look)

    def _plan(self, due_ns: int | None) -> None:
        if due_ns is not None:
            due_ns = max(due_ns, self._around.clock.now_ns() + SHORTEST_WAIT_NS)
        if self._next is not None:
            if self._next.due_ns == due_ns:
                return
            self._next.cancel()
        self._next = None if due_ns is None else self._around.clock.call_at(due_ns, self.wake)

    def _send_batches(self) -> int | None:
        """Send every batch there is a slot for; return when to look again."""
        while self._polls():
            now = self._around.clock.now_ns()
            with self._lock:
                if self._running >= self._scaling.allowed(now):
                    self._scaling.pressed(now)
                    return self._scaling.next_growth_ns(now)
            visible_ns = self._fill()
            now = self._around.clock.now_ns()
            with self._lock:
                batch = self._waiting.cut(now) if self._polls() else None
                if batch is None:
                    return self._rest(now, visible_ns)
                self._running += 1
                self._groups |= batch.groups
            self._runs.begin(batch)
        return None

    def _polls(self) -> bool:
        """Whether it may receive and send: :meth:`stop` may be called at any moment."""
        return self._on

    def _rest(self, now_ns: int, visible_ns: int | None) -> int | None:
        """Nothing can be sent now: return when a window ends or a message becomes visible."""
        window_ns = self._waiting.due_ns
        if self._running or window_ns is not None:
            self._scaling.relaxed(now_ns)
        else:
            self._scaling.quiet()
        moments = [moment for moment in (visible_ns, window_ns) if moment is not None]
        return min(moments, default=None)

    # -- receiving -----------------------------------------------------------------------------

    def _fill(self) -> int | None:
        """Receive until a batch is complete or nothing is visible.

        Returns when the next hidden message becomes visible, if it came to that.
        """
        while room := self._waiting.room:
            try:
                received = self._receive(room)
                self._take(received.messages)
            except QueueGone as error:
                # A queue of the same name may come; its first message wakes the poller.
                self.last_result = problem(str(error))
                self._waiting.clear()
                return None
            if len(received.messages) < room:
                return received.next_ns
        return None

    def _receive(self, room: int) -> Received:
        if not self._source.fifo:
            return self._source.receive(room)
        if self._waiting.due_ns is not None:
            return Received((), None)  # one receive makes one batch, which has no window
        with self._lock:
            groups = frozenset(self._groups)
        # What one event cannot hold must stay in the queue: its group is about to run.
        return self._source.receive(
            room, room_bytes=self._waiting.room_bytes, without_groups=groups
        )

    def _take(self, messages: Sequence[QueueMessage]) -> None:
        """Let messages wait for their batch; those that no filter matches are deleted."""
        if not messages:
            return
        now = self._around.clock.now_ns()
        unwanted = []
        for message in messages:
            record = record_of(message, self._source.arn)
            if self._filters and not self._filters.keeps(filter_document(record)):
                unwanted.append(message)
            else:
                self._waiting.add(Held(message, encoded(record), now))
        self._notes.count(PolledEventCount=len(messages), FilteredOutEventCount=len(unwanted))
        if unwanted:
            self._source.delete([message.receipt for message in unwanted])
            self._notes.records([message.id for message in unwanted], "filtered")

    # -- batches (BatchOwner) ------------------------------------------------------------------

    def batch_failed(self) -> None:
        """A batch failed, or the function may not run now: fewer batches at once."""
        with self._lock:
            self._scaling.failed(self._around.clock.now_ns())

    def batch_ended(self, batch: Batch) -> None:
        """A batch is done with: its slot and its groups are free."""
        with self._lock:
            self._running -= 1
            self._groups -= batch.groups
        self.wake()
