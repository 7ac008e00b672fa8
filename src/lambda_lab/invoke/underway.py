"""What is under way, in turns: so that whoever waits for it waits for what had begun by then.

A region whose clients never pause is never quiet. To wait for a moment at which nothing runs would
be to wait until they stop.
"""

from __future__ import annotations

__all__ = ["Underway"]


class Underway:
    """Counts what has begun and not ended. Its user holds a lock.

    Examples
    --------
    >>> underway = Underway()
    >>> first = underway.begin()
    >>> turn = underway.next_turn()
    >>> second = underway.begin()
    >>> underway.before(turn)
    True
    >>> underway.end(first)
    True
    >>> underway.before(turn), underway.total
    (False, 1)
    """

    __slots__ = ("_counts", "_turn", "total")

    def __init__(self) -> None:
        self._turn = 0
        self._counts = {0: 0}
        self.total = 0
        """How much is under way now."""

    def begin(self) -> int:
        """Count one more; returns its turn."""
        self._counts[self._turn] += 1
        self.total += 1
        return self._turn

    def end(self, turn: int) -> bool:
        """Count one of *turn* as ended; true if it was the last of a turn that is over."""
        self.total -= 1
        left = self._counts[turn] - 1
        if left or turn == self._turn:
            self._counts[turn] = left
            return False
        del self._counts[turn]
        return True

    def next_turn(self) -> int:
        """End the turn, unless nothing of it is under way; returns the turn that holds now."""
        if self._counts[self._turn]:
            self._turn += 1
            self._counts[self._turn] = 0
        return self._turn

    def before(self, turn: int) -> bool:
        """Whether anything of an earlier turn than *turn* is under way."""
        return any(other < turn for other in self._counts)
