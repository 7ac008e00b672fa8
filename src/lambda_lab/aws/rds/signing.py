"""When tokens for databases are signed in this process, to the nanosecond.

A token's date has seconds, and in a notebook one second is enough to sign a token, move the clock
by an hour and connect. Which came first, only the moment of signing tells.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from lambda_lab.clock import wall_time_ns

__all__ = ["moments_of_signing"]

_SERVICE = "rds-db"
_KEPT = 1000


@contextmanager
def moments_of_signing(wall_ns: Callable[[], int] = wall_time_ns) -> Iterator[Sequence[int]]:
    """Note the moments at which botocore signs such tokens, newest last; yields them.

    Parameters
    ----------
    wall_ns
        The machine's time.
    """
    from botocore.signers import RequestSigner

    moments: deque[int] = deque(maxlen=_KEPT)
    plain = RequestSigner.generate_presigned_url

    def noted(self: Any, *args: Any, **more: Any) -> Any:
        if more.get("signing_name") == _SERVICE:
            moments.append(wall_ns())
        return plain(self, *args, **more)

    RequestSigner.generate_presigned_url = noted
    try:
        yield moments
    finally:
        RequestSigner.generate_presigned_url = plain
