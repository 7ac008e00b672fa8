"""Where a mapping stands in each shard of its stream.

A position outlives the poller that made it: a mapping that is disabled, or gets other settings,
goes on where it was. Several batches of one shard may run at once, so a shard's position is the
record up to which all is finished, and what is finished behind it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Aggregation", "Positions", "ShardPosition"]


@dataclass(slots=True)
class Aggregation:
    """The tumbling window that a shard is in, and what the function has made of it so far."""

    start_ns: int | None = None
    """When the window began; ``None`` between windows."""
    state: dict[str, Any] = field(default_factory=dict)
    ends_early: bool = False
    """The state outgrew its limit, so the window ends with its next invocation."""

    def begin(self, start_ns: int) -> None:
        """Begin a window without a state."""
        self.start_ns, self.state, self.ends_early = start_ns, {}, False

    def clear(self) -> None:
        """Be between windows."""
        self.start_ns, self.state, self.ends_early = None, {}, False


class ShardPosition:
    """What is read, and what is finished, of one shard.

    Parameters
    ----------
    after
        The position behind which to begin.

    Examples
    --------
    >>> position = ShardPosition(0)
    >>> [position.read(number) for number in (1, 2, 3)]
    [True, True, True]
    >>> position.finish([2])
    >>> position.after  # 1 still runs
    0
    >>> position.restart()
    >>> [position.read(number) for number in (1, 2, 3)]  # 2 is not read again
    [True, False, True]
    >>> position.finish([1, 3])
    >>> position.after, position.complete
    (3, True)
    """

    def __init__(self, after: int) -> None:
        self.after = after
        """Everything up to this position is finished."""
        self.read_to = after
        """Everything up to this position has been read."""
        self.aggregation = Aggregation()
        self._open: deque[int] = deque()
        self._finished: set[int] = set()

    @property
    def complete(self) -> bool:
        """Whether everything that was read is finished."""
        return not self._open

    def read(self, position: int) -> bool:
        """Take note that a record was read; return whether it still has to be processed."""
        self.read_to = position
        self._open.append(position)
        if position not in self._finished:
            return True
        self._advance()
        return False

    def finish(self, positions: Iterable[int]) -> None:
        """Take note that records need nothing more."""
        self._finished.update(number for number in positions if number > self.after)
        self._advance()

    def _advance(self) -> None:
        while self._open and self._open[0] in self._finished:
            self.after = self._open.popleft()
            self._finished.discard(self.after)

    def restart(self) -> None:
        """Begin to read again behind what is finished."""
        self._open.clear()
        self.read_to = self.after


@dataclass(slots=True)
class Positions:
    """Where a mapping stands in its stream."""

    shards: dict[str, ShardPosition] = field(default_factory=dict)
    stream: str | None = None
    """Identity of the stream these positions are of; ``None`` before the first look at it."""
    begun: bool = False
    """Whether the starting position has been applied. Shards that come later are read from their
    beginning, or resharding would lose records."""

    def belong_to(self, stream: str) -> bool:
        """Forget every position if they are of another stream; return whether they were."""
        changed = self.stream is not None and self.stream != stream
        if changed:
            self.shards.clear()
        self.stream = stream
        return changed

    def restart(self) -> None:
        """Let a new poller begin behind what is finished."""
        for shard in self.shards.values():
            shard.restart()
