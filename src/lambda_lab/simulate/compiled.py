"""Compile a loop where numba is installed, and find NumPy where it is.

Neither is needed: https://numba.readthedocs.io/. Both are the optional extra ``simulate``.
"""

from __future__ import annotations

import importlib
from array import array
from collections.abc import Callable
from functools import cache
from types import ModuleType
from typing import Any, TypeVar

__all__ = ["compiled", "counting", "has_numba", "numbers", "numpy", "over"]

Function = TypeVar("Function", bound=Callable[..., Any])


@cache
def has_numba() -> bool:
    """Whether numba can be imported: it may be missing, or not fit this Python or NumPy."""
    try:
        importlib.import_module("numba")
    except ImportError:
        return False
    return True


@cache
def numpy() -> ModuleType | None:
    """Return NumPy, or ``None`` where it is not installed."""
    try:
        return importlib.import_module("numpy")
    except ImportError:
        return None


@cache
def counting() -> ModuleType:
    """Return the module that counts: ``vector`` where there is NumPy, ``scalar`` elsewhere."""
    name = "scalar" if numpy() is None else "vector"
    return importlib.import_module(f"{__package__}.{name}")


def compiled(function: Function) -> Function:
    """Return *function* compiled, or as it is where numba is missing.

    The machine code is kept beside the source, or in the user's cache, for the next process.
    """
    if not has_numba():
        return function
    njit: Any = importlib.import_module("numba").njit
    try:
        made: Function = njit(cache=True)(function)
    except RuntimeError:  # no folder to keep it in can be written
        made = njit(function)
    return made


def numbers(kind: str, count: int, value: int = 0) -> Any:
    """Return *count* numbers of an ``array`` kind, all *value*: what a compiled loop works on."""
    if has_numba():
        numeric: Any = numpy()
        return numeric.full(count, value, dtype=kind)
    return array(kind, [value]) * count


def over(view: memoryview) -> Any:
    """Return a buffer as a compiled loop reads it, without a copy."""
    if has_numba():
        numeric: Any = numpy()
        return numeric.asarray(view)
    return view
