"""How old an IAM token is, when one clock signs it and another one judges it.

``generate_db_auth_token`` writes the machine's time into a token, also in a function; the region's
time is what the reader moves. A token's age is counted on the region's clock, from where that
clock stood when the machine's showed the date in the token. So fifteen minutes are over after
``clock.advance(minutes=15)`` as well as after fifteen minutes of waiting, and a clock that was
moved by an hour before does not make a new token old.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lambda_lab.clock import SECOND, Clock, wall_time_ns

__all__ = ["TokenAge"]


class TokenAge:
    """Knows the age of tokens by their dates.

    Parameters
    ----------
    clock
        The region's; nobody moves it while this is made.
    moments
        When tokens were signed, as far as that is known better than to the second. Of others, the
        end of their second counts: a token that was made just after a move must do.
    wall_ns
        The machine's time, with which SDKs sign.

    Examples
    --------
    >>> machine = [1000 * SECOND]
    >>> clock = Clock(lambda: machine[0])
    >>> age = TokenAge(clock, wall_ns=lambda: machine[0])
    >>> machine[0] += 60 * SECOND
    >>> clock.advance(hours=1)
    >>> age(1000 * SECOND), age(1060 * SECOND), age(1360 * SECOND)
    (3660.0, 0.0, -300.0)
    """

    def __init__(
        self,
        clock: Clock,
        moments: Sequence[int] = (),
        wall_ns: Callable[[], int] = wall_time_ns,
    ) -> None:
        self._clock, self._moments = clock, moments
        moved = sum(end - start for start, end in clock.jumps)
        # A published page begins at a date of its own, so the two differ before any move.
        self._apart_ns = clock.now_ns() - wall_ns() - moved

    def __call__(self, signed_ns: int) -> float:
        """Return the age in seconds of what was signed at *signed_ns*; below nought: not yet."""
        moment = self._moment(signed_ns) + self._apart_ns
        moved = 0
        for start, end in list(self._clock.jumps):
            if start < moment + moved:
                moved += end - start
        return (self._clock.now_ns() - signed_ns - self._apart_ns - moved) / SECOND

    def _moment(self, signed_ns: int) -> int:
        known = [one for one in list(self._moments) if signed_ns <= one < signed_ns + SECOND]
        return known[-1] if known else signed_ns + SECOND - 1
