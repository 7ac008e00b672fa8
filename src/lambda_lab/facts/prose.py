"""Values as a reader likes to see them: ``900 seconds (15 minutes)``, ``$0.20``, ``10,240 MB``."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

__all__ = ["display"]

# Singular of units that are written out; any other unit is printed as it stands.
_WORDS = {"s": "second", "ms": "millisecond", "min": "minute", "h": "hour", "bytes": "byte"}
# Units that say nothing a sentence would repeat.
_SILENT = frozenset({"count", "ratio"})
# Units that end in an s and are no plural.
_SYMBOLS = frozenset({"Mbps", "HTTP status"})
# Units of texts that are code.
_CODE = frozenset({"name", "names", "pattern"})


def display(value: Any, unit: str) -> str:
    """Return `value` with its unit, ready for a sentence.

    Parameters
    ----------
    value
        A number, a string or a tuple of strings.
    unit
        The fact's unit.

    Examples
    --------
    >>> display(900, "s")
    '900 seconds (15 minutes)'
    >>> display(1, "s"), display(10240, "MB"), display(1000, "count")
    ('1 second', '10,240 MB', '1,000')
    >>> display(Decimal("0.2"), "USD"), display(Decimal("0.0000166667"), "USD")
    ('$0.20', '$0.0000166667')
    >>> display("python3.14", "name"), display(("a", "b", "c"), "names")
    ('`python3.14`', '`a`, `b` and `c`')
    """
    if isinstance(value, tuple):
        return _listed([display(item, unit) for item in value])
    if isinstance(value, str):
        return f"`{value}`" if unit in _CODE else value
    if unit == "USD":
        return f"${_decimals(Decimal(value))}"
    return _measured(value, unit)


def _measured(value: float, unit: str) -> str:
    """Return a number with thousands separators and its unit, in the singular for one."""
    number = f"{value:,}"
    if unit in _SILENT:
        return number
    if unit in _WORDS:
        counted = _counted(number, value, _WORDS[unit])
        return f"{counted}{_longer(value)}" if unit == "s" else counted
    return f"{number} {_singular(unit) if value == 1 else unit}"


def _singular(unit: str) -> str:
    """Return a unit for one of it: ``batches`` becomes ``batch``, and ``Mbps`` stays.

    What stands after *per* is one already.

    Examples
    --------
    >>> _singular("retries"), _singular("requests per second"), _singular("processes and threads")
    ('retry', 'request per second', 'process and thread')
    """
    if unit in _SYMBOLS:
        return unit
    counted, per, base = unit.partition(" per ")
    return f"{' and '.join(map(_one, counted.split(' and ')))}{per}{base}"


def _one(words: str) -> str:
    """Return words with the last in the singular."""
    for plural, singular in (("ies", "y"), ("ches", "ch"), ("sses", "ss"), ("s", "")):
        if words.endswith(plural) and not words.endswith("ss"):
            return f"{words.removesuffix(plural)}{singular}"
    return words


def _counted(number: str, value: float, word: str) -> str:
    return f"{number} {word}" if value == 1 else f"{number} {word}s"


def _longer(seconds: float) -> str:
    """Return the same time in the largest unit that comes out whole, in brackets."""
    for size, word in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size and seconds % size == 0:
            count = int(seconds // size)
            return f" ({_counted(str(count), count, word)})"
    return ""


def _decimals(amount: Decimal) -> str:
    """Return the amount with all its digits, and never fewer than two decimals."""
    plain = f"{amount:,f}"
    whole, _, fraction = plain.partition(".")
    return f"{whole}.{fraction.ljust(2, '0')}"


def _listed(items: list[str]) -> str:
    *most, last = items
    return f"{', '.join(most)} and {last}" if most else last
