"""Numbers without a unit that still mean something: statuses, ports, months, and small ones.

``429``, ``port 443``, ``July 2025``, ``up to 10``, ``Python 3.12 and later``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import cache

from amounts import Amount, amounts
from lambda_lab import facts

__all__ = ["small_numbers"]

PORTS = frozenset({22, 53, 80, 123, 443, 3306, 5432, 8080})
"""Ports that protocols of the book have."""
GATEWAYS = frozenset({501, 503, 504})
"""Statuses that no error of Lambda's has: ours, and those of a service in front of it."""

_BARE = re.compile(r"(?<![\w.,$#:/%&×(-])\d{1,3}(?:\.\d+)?(?![\w%/×]|-\w|[.,:]\d|\.\w)")
_PORT = re.compile(r"\b(?i:ports?) (\d+)\b")
_MONTH = re.compile(
    r"\b(?<!\d )(January|February|March|April|May|June|July|August|September|October|November"
    r"|December) (20\d\d)\b"
)
_YEAR = re.compile(r"\b(?i:since|until|before|beginning of|end of|in) (20\d\d)\b")
_LANGUAGE = re.compile(r"\b(Python|Node\.js|Java|Ruby|\.NET) (\d+(?:\.\d+)?)( and later)?")
# What counts and measures nothing: the name of a version, of a note, of an order.
_NAMED = re.compile(
    r"(?:\b(?i:versions?|WSL|notes|Serverless|question|table|order|number|ports?|copy|minute|second)"
    r"|Python|Node\.js|Java|Ruby|\.NET)"
    r"(?: \d[\d.]*,?(?: and)?)* $"
)


@cache
def statuses() -> frozenset[int]:
    """Return every status that the facts know, and those of gateways."""
    told = {one.value for one in facts.all().values() if one.unit == "HTTP status"}
    return frozenset({one.status for one in facts.errors()} | {int(str(one)) for one in told}) | (
        GATEWAYS
    )


@cache
def _versions() -> frozenset[str]:
    """Return the languages' versions: ``Python 3.12``."""
    found = set[str]()
    names = {"python": "Python", "nodejs": "Node.js", "java": "Java", "ruby": "Ruby"}
    names |= {"dotnetcore": ".NET", "dotnet": ".NET"}
    for runtime in facts.runtimes():
        parted = re.match(r"([a-z]+)([\d.]*\d)", runtime.name)
        if parted and parted[1] in names:
            found.add(f"{names[parted[1]]} {parted[2]}")
    return frozenset(found)


@cache
def _told() -> str:
    """Return the texts of all facts, in which ``Python 3.12 and later`` has to stand."""
    return "\n".join(fact.text for fact in facts.all().values())


def small_numbers(text: str, *, plain: bool, cell: bool = False) -> Iterator[Amount]:
    """Yield the numbers of a text that something must bear out.

    A status, a port and a language's version that are known need nothing.

    Parameters
    ----------
    text
        The passage.
    plain
        Whether numbers that say not what they are count too. Nought and one never do.
    cell
        Whether it is a cell of a table, in which `amounts` finds small numbers itself.

    Examples
    --------
    >>> [one.words for one in small_numbers("A 429, a 439, port 444, up to 12", plain=True)]
    ['444', '439', '12']
    >>> [one.words for one in small_numbers("Python 3.12, Java 12, July 2025", plain=False)]
    ['Java 12', 'July 2025']
    """
    return iter(_found(text, plain, cell))


@cache
def _found(text: str, plain: bool, cell: bool) -> tuple[Amount, ...]:
    return tuple(_search(text, plain, cell))


def _search(text: str, plain: bool, cell: bool) -> Iterator[Amount]:
    before = amounts(text, cell=cell)
    taken = {at for one in before for at in range(one.start, one.start + len(one.words))}
    yield from _named_ones(text)
    for pattern in (_MONTH, _YEAR):
        for found in pattern.finditer(text):
            if found.start() not in taken:
                yield _amount(found[0], found[found.lastindex or 0], found.start())
    for found in _BARE.finditer(text):
        if found.start() in taken or _NAMED.search(text[: found.start()]):
            continue
        if re.fullmatch(r"[2-5]\d\d", found[0]):
            known = int(found[0]) in statuses()
        else:
            known = not plain or Decimal(found[0]) in {0, 1}
        if not known:
            yield _amount(found[0], found[0], found.start())


def _named_ones(text: str) -> Iterator[Amount]:
    """Yield the versions of languages and the ports that are none."""
    for found in _LANGUAGE.finditer(text):
        said = found[0]
        if f"{found[1]} {found[2]}" not in _versions() or (found[3] and said not in _told()):
            yield _amount(said, found[2], found.start())
    for found in _PORT.finditer(text):
        if int(found[1]) not in PORTS:
            yield _amount(found[1], found[1], found.start(1))


def _amount(words: str, number: str, start: int) -> Amount:
    return Amount(Decimal(number), "small", Decimal(number), words, start)
