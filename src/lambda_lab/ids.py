"""Where ids come from: at random, or from a seed when a run must repeat exactly."""

from __future__ import annotations

import random
import threading

__all__ = ["Ids"]


class Ids:
    """Makes request ids, environment ids and the like.

    Parameters
    ----------
    seed
        ``None`` draws from the system; a number gives the same ids in the same order.

    Examples
    --------
    >>> Ids(1).uuid() == Ids(1).uuid()
    True
    >>> Ids().uuid() == Ids().uuid()
    False
    >>> len(Ids().hex(32))
    32
    """

    def __init__(self, seed: int | None = None) -> None:
        # Ids need to differ, not to be secret: a generator seeded by the system is enough.
        self._source = random.Random(seed)
        self._lock = threading.Lock()

    def hex(self, digits: int) -> str:
        """Return *digits* hexadecimal digits."""
        with self._lock:
            return f"{self._source.getrandbits(digits * 4):0{digits}x}"

    def uuid(self) -> str:
        """Return a random UUID (version 4) as text."""
        with self._lock:
            bits = self._source.getrandbits(128)
        bits = bits & ~(0xF << 76) | 4 << 76
        bits = bits & ~(0x3 << 62) | 0x2 << 62
        text = f"{bits:032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
