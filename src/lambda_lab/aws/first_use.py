"""Openings that wait until moto has loaded a service.

Loading moto's EC2 takes longer than opening a region, and most labs have no network. So what is set
right about such a service is set right when moto has loaded it, and not before: moto loads a
service at its first request, or with another service that builds on it.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass

__all__ = ["moto_may_have_loaded", "when_loaded"]


@dataclass(eq=False, slots=True)
class _Opening:
    """Something to enter once *module* is there."""

    module: str
    enter: Callable[[], object]


_waiting: list[_Opening] = []
_lock = threading.RLock()


@contextmanager
def when_loaded(
    module: str, opening: Callable[[], AbstractContextManager[object]]
) -> Iterator[None]:
    """Enter what *opening* returns once *module* is loaded; leave it at the end of the block.

    Parameters
    ----------
    module
        Full name of a module of moto's.
    opening
        Called at most once; it may import *module* itself.

    Examples
    --------
    >>> from contextlib import nullcontext
    >>> def opening():
    ...     print("opened")
    ...     return nullcontext()
    >>> with when_loaded("json", opening):
    ...     print("in the block")
    opened
    in the block
    """
    with ExitStack() as stack:
        waiting = _Opening(module, lambda: stack.enter_context(opening()))
        with _lock:
            _waiting.append(waiting)
        try:
            moto_may_have_loaded()
            yield
        finally:
            with _lock:
                if waiting in _waiting:
                    _waiting.remove(waiting)


def moto_may_have_loaded() -> None:
    """Open what has waited for a module that is there now. Call it before moto does anything."""
    with _lock:
        for one in [one for one in _waiting if one.module in sys.modules]:
            _waiting.remove(one)
            one.enter()
