"""How far a long simulation has come, as one line of text."""

from __future__ import annotations

import sys
from typing import TextIO

from lambda_lab.errors import shown

from .errors import SimulationError

__all__ = ["ProgressLine"]


class ProgressLine:
    """Shows progress on one line that is written over; give it to ``simulate(progress=...)``.

    Parameters
    ----------
    stream
        Where to write; standard error by default.

    Examples
    --------
    >>> from lambda_lab.simulate import simulate
    >>> show = ProgressLine(sys.stdout)
    >>> result = simulate([0, 1, 2], 5, keep_alive=10, progress=show)
    Simulated 100 % of 3 requests.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        if stream is not None and not hasattr(stream, "write"):
            raise SimulationError(f"stream is {shown(stream)}; give a stream of text, or nothing.")
        self._stream = stream
        self._shown = -1

    def __call__(self, done: int, requests: int) -> None:
        """Show it, if another whole percent is done."""
        percent = 100 * done // requests
        if percent == self._shown:
            return
        self._shown = percent
        stream = self._stream or sys.stderr
        ending = "\n" if done == requests else "\r"
        stream.write(f"Simulated {percent} % of {requests:,} requests.{ending}")
        stream.flush()
