"""Putting methods of ours in the place of moto's, for as long as a region is open."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

__all__ = ["added", "replaced"]


@contextmanager
def replaced(owner: type | ModuleType, **methods: Callable[..., Any]) -> Iterator[None]:
    """Let *owner*, a class or a module, have *methods* while the block runs.

    Examples
    --------
    >>> class Door:
    ...     def knock(self):
    ...         return "nobody"
    >>> with replaced(Door, knock=lambda self: "come in"):
    ...     Door().knock()
    'come in'
    >>> Door().knock()
    'nobody'
    """
    # As they stand there: a static method would come back as a method of each instance.
    originals = {name: inspect.getattr_static(owner, name) for name in methods}
    for name, method in methods.items():
        setattr(owner, name, method)
    try:
        yield
    finally:
        for name, method in originals.items():
            setattr(owner, name, method)


@contextmanager
def added(owner: type, **names: Any) -> Iterator[None]:
    """Give *owner* names that it does not have, while the block runs.

    Examples
    --------
    >>> class Door:
    ...     pass
    >>> with added(Door, open=lambda self: "creak"):
    ...     Door().open()
    'creak'
    >>> hasattr(Door, "open")
    False
    """
    for name, value in names.items():
        setattr(owner, name, value)
    try:
        yield
    finally:
        for name in names:
            delattr(owner, name)
