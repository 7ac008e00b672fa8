"""Records that were read and are not yet in a batch, and when they make one.

A batch is cut when it is full, when its event would grow past its limit, when the batching window
of its first record is over, or when the next record belongs to another tumbling window.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html
"""

from __future__ import annotations

from collections import deque
from itertools import islice

from lambda_lab.invoke.mapping.stream_batch import RECORD_AGE, Rules
from lambda_lab.invoke.mapping.stream_source import StreamRecord

__all__ = ["Waiting", "too_old"]


def too_old(
    records: tuple[StreamRecord, ...], rules: Rules, now_ns: int, retention_ns: int
) -> tuple[int, str | None] | None:
    """Return how many records from the front are too old, and for what they are discarded.

    The stream's own retention comes first: of what it does not keep, Lambda says nothing.
    """
    limits: list[tuple[int, str | None]] = [(retention_ns, None)]
    if rules.max_age_ns is not None and rules.max_age_ns < retention_ns:
        limits.append((rules.max_age_ns, RECORD_AGE))
    for limit_ns, condition in limits:
        count = 0
        while count < len(records) and now_ns - records[count].arrival_ns >= limit_ns:
            count += 1
        if count:
            return count, condition
    return None


class Waiting:
    """The records of a lane that wait for a batch.

    Parameters
    ----------
    rules
        The mapping's settings.
    """

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._records: deque[tuple[StreamRecord, int]] = deque()

    def __len__(self) -> int:
        return len(self._records)

    def add(self, record: StreamRecord, now_ns: int) -> None:
        """Let a record wait that was read now."""
        self._records.append((record, now_ns))

    def old(self, now_ns: int, retention_ns: int) -> tuple[tuple[StreamRecord, ...], str | None]:
        """Take out records from the front that are too old, a batch of them at most."""
        head = tuple(record for record, _ in islice(self._records, self._rules.batch_size))
        found = too_old(head, self._rules, now_ns, retention_ns)
        return ((), None) if found is None else (self._take(found[0]), found[1])

    def _take(self, count: int) -> tuple[StreamRecord, ...]:
        return tuple(self._records.popleft()[0] for _ in range(count))

    def cut(self, now_ns: int) -> tuple[StreamRecord, ...]:
        """Take out the records of the next batch; none if it is not time to send them."""
        due_ns = self.due_ns()
        if due_ns is None:
            return ()
        count, full = self._prefix()
        return self._take(count) if full or now_ns >= due_ns else ()

    def _prefix(self) -> tuple[int, bool]:
        """Return how many records make a batch, and whether no more fit into it."""
        size = 0
        start_ns = self.window_start_ns()
        for count, (record, _) in enumerate(self._records):
            size += record.size
            if (
                count == self._rules.batch_size
                or (count and size > self._rules.event_bytes)
                or self._rules.window_of(record) != start_ns
            ):
                return count, True
        return len(self._records), len(self._records) == self._rules.batch_size

    def window_start_ns(self) -> int | None:
        """Return when the tumbling window of the first record began, if there are such."""
        return self._rules.window_of(self._records[0][0]) if self._records else None

    def due_ns(self) -> int | None:
        """Return when the first record has waited for long enough."""
        if not self._records:
            return None
        due_ns = self._records[0][1] + self._rules.batch_window_ns
        start_ns = self.window_start_ns()
        return due_ns if start_ns is None else min(due_ns, start_ns + self._rules.tumbling_ns)
