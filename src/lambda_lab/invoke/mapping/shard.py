"""One shard of a stream, as a mapping works through it.

What is read of a shard is dealt to its lanes by partition key: one key always goes to the same
lane, so its records keep their order however many batches of the shard run at once.

https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lambda_lab.invoke.mapping.stream_batch import Rules
from lambda_lab.invoke.mapping.stream_lane import Lane
from lambda_lab.invoke.mapping.stream_positions import ShardPosition
from lambda_lab.invoke.mapping.stream_source import ShardInfo, StreamRecord

__all__ = ["Dealt", "Shard", "lane_of"]


def lane_of(key: str, lanes: int) -> int:
    """Return the lane of a partition key, the same in every run.

    How AWS spreads keys over the batches of a shard is not published; that it does so by key is.

    Examples
    --------
    >>> lane_of("a", 1), lane_of("a", 10) == lane_of("a", 10)
    (0, True)
    """
    return zlib.crc32(key.encode("utf-8", "surrogatepass")) % lanes


@dataclass(frozen=True, slots=True)
class Dealt:
    """What became of records that were read."""

    polled: int
    """How many there were."""
    filtered: tuple[StreamRecord, ...]
    """Those that no filter wants; the position moves past them."""


class Shard:
    """One shard.

    Parameters
    ----------
    info
        Its id and its parents.
    position
        Where the mapping stands in it.
    rules
        The mapping's settings.
    lanes
        How many batches of it may run at once: ``ParallelizationFactor``. A tumbling window has
        one state for its shard, so with one there is one lane.
    """

    def __init__(self, info: ShardInfo, position: ShardPosition, rules: Rules, lanes: int) -> None:
        self.id = info.id
        self.parents = info.parents
        self.position = position
        count = 1 if rules.tumbling_ns else lanes
        self.lanes = tuple(Lane(rules, position.aggregation) for _ in range(count))

    def deal(
        self,
        records: Sequence[StreamRecord],
        keeps: Callable[[StreamRecord], bool],
        oldest_ns: int,
        now_ns: int,
    ) -> Dealt:
        """Give records that were read to the lanes.

        Parameters
        ----------
        records
            What follows :attr:`ShardPosition.read_to`, oldest first.
        keeps
            Whether the filters want a record.
        oldest_ns
            Records that arrived before this are passed over: the stream does not keep them any
            more, or the starting position is behind them.
        """
        polled = 0
        filtered: list[StreamRecord] = []
        passed: list[int] = []
        for record in records:
            if not self.position.read(record.position):
                continue
            if record.arrival_ns < oldest_ns:
                passed.append(record.position)
                continue
            polled += 1
            if keeps(record):
                self.lanes[lane_of(record.key, len(self.lanes))].add(record, now_ns)
            else:
                filtered.append(record)
                passed.append(record.position)
        self.position.finish(passed)
        return Dealt(polled, tuple(filtered))

    def close(self) -> None:
        """Say that the shard is closed and has been read to its end."""
        for lane in self.lanes:
            lane.closed = True

    @property
    def done(self) -> bool:
        """Whether the shard is closed, read and finished, so that its children may begin."""
        return all(lane.closed and lane.empty for lane in self.lanes)

    def due_ns(self) -> int | None:
        """Return when time alone may bring a batch."""
        return min((due for lane in self.lanes if (due := lane.due_ns()) is not None), default=None)
