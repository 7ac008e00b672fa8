"""Amounts in prose: a number in digits or words, and what it counts.

``"fifteen minutes"``, ``"a 15-minute limit"`` and ``"900 s"`` are the same amount.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

__all__ = ["Amount", "amounts", "measure", "numbers", "said_numbers", "same"]


def _words(text: str) -> list[str]:
    return text.split()


_ONES = _words(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
)
_TENS = _words("twenty thirty forty fifty sixty seventy eighty ninety")
_SMALL = {word: Decimal(at) for at, word in enumerate(_ONES)} | {
    word: Decimal(10 * at) for at, word in enumerate(_TENS, 2)
}
_LARGE = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9}

_FACTORS: dict[str, tuple[str, Decimal]] = {}
for _family, _table in {
    "time": {
        "ms millisecond milliseconds": "0.001", "s second seconds": "1", "min minute minutes": "60",
        "h hour hours": "3600", "day days": "86400", "week weeks": "604800",
    },
    "size": {
        "byte bytes": "1", "KB KiB kilobyte kilobytes": "1024",
        "MB MiB megabyte megabytes": "1048576", "GB GiB gigabyte gigabytes": "1073741824",
        "TB terabyte terabytes": "1099511627776",
    },
    "share": {"% percent": "1"},
    "money": {"USD dollar dollars": "1", "cent cents": "0.01"},
}.items():  # fmt: skip
    for _names, _factor in _table.items():
        for _name in _names.split():
            _FACTORS[_name] = (_family, Decimal(_factor))

# What AWS sets quotas of. Singular; the plural is the same word with an s.
_COUNTED = _words(
    "GB-second request invocation execution environment retry attempt message record layer shard "
    "subnet group vCPU filter extension character poller connection interface receive batch proxy "
    "operation secret endpoint"
)
_COUNTS = (
    {word: word for word in _COUNTED}
    | {f"{word}s": word for word in _COUNTED}
    | {"retries": "retry", "batches": "batch", "proxies": "proxy"}
    | {"tries": "attempt", "try": "attempt"}
)
# Words that may stand between a number and what it counts.
_BETWEEN = (
    "concurrent|execution|security|network|free|more|full|whole|further|tenant|event|database"
)

_WORD = "|".join([*_SMALL, *_LARGE, "a (?=hundred|thousand|million|billion)"])
_SPELT = rf"(?:(?:{_WORD})(?:[- ](?:(?<=hundred )and )?(?=(?:{_WORD})\b))?)+"
_NUMBER = rf"(?:\d[\d,]*(?:\.\d+)?(?:\s(?:{'|'.join(_LARGE)}))?|{_SPELT})"
_UNIT = "|".join(sorted([*_FACTORS, *_COUNTS], key=len, reverse=True))
_AMOUNT = re.compile(
    rf"(?<![\w.$#-])(?P<first>{_NUMBER})(?:[ -](?:to|or|and)[ -](?P<second>{_NUMBER}))?"
    rf"(?:[ \n-](?:{_BETWEEN}))*[ \n-]?(?P<unit>(?<=[\d\s-])(?:{_UNIT}))(?![\w])",
    re.IGNORECASE,
)
# With commas, or of four digits and more; such as 2026 is a year.
_BARE = re.compile(
    r"(?<![\w.,$#:/-])(?:\d{1,3}(?:,\d{3})+|(?!0|(?:19|20)\d\d(?!\d))\d{4,})(?!\w|-|[.,]\d)"
)
_ALONE = re.compile(r"\d[\d,]*(?:\.\d+)?")
# Words that count everything: only in digits, which the prose of an experiment seldom has.
_DIGITED = re.compile(r"(?<![\w.,$-])(\d[\d,]*) (times|versions|functions|runtimes)\b")
_MONTHS = _words(
    "January February March April May June July August September October November December"
)
_DATE = re.compile(rf"\b(\d{{1,2}}) ({'|'.join(_MONTHS)}) (20\d\d)\b")
_SAID = re.compile(rf"(?<![\w.$-]){_NUMBER}", re.IGNORECASE)
_MONEY = re.compile(r"\$(?P<first>\d[\d,]*(?:\.\d+)?)(?:\s(?P<large>million|billion))?")
_DIGITS = re.compile(r"(?<![\w.])\d[\d_]*(?:\.\d+)?(?:e-?\d+)?(?![\w.])|(?<![\w.])\.\d+")


_NEAR = {
    "time": re.compile(
        r"second|minute|hour|day|_ms|timeout|sleep|wait|duration|window|age|late|ahead|rate|delay"
        r"|expir|period|pause|advance|visib|nano",
        re.IGNORECASE,
    ),
    "size": re.compile(r"memory|[KMG]i?B|_mb|size|byte|storage|1024|<<", re.IGNORECASE),
}


@dataclass(frozen=True, slots=True)
class Amount:
    """A number with what it counts, in the base unit of its family, and the words it stood in.

    `number` is the bare number, before it was measured.
    """

    value: Decimal
    family: str
    number: Decimal
    words: str
    start: int

    @property
    def counted(self) -> bool:
        """Whether it counts things and measures nothing."""
        return self.family in _COUNTED


def amounts(text: str, *, cell: bool = False) -> Iterator[Amount]:
    """Yield each amount of a text, in order of kind; in a `cell` of a table, small ones alone too.

    Examples
    --------
    >>> [(str(one.value), one.family) for one in amounts("fifteen minutes, a 6 MB answer, $0.20")]
    [('900', 'time'), ('6291456', 'size'), ('0.20', 'money')]
    >>> [(str(one.value), one.family) for one in amounts("An account of 1,000 in 2026")]
    [('1000', 'bare')]
    >>> [str(one.value) for one in amounts("one to two minutes; a thousand concurrent executions")]
    ['60', '120', '1000']
    """
    return iter(_found(text, cell))


@cache
def _found(text: str, cell: bool) -> tuple[Amount, ...]:
    """Return what `amounts` yields; the same pages are read again and again by the tests."""
    return tuple(_search(text, cell))


def _search(text: str, cell: bool) -> Iterator[Amount]:
    taken = set[int]()
    for found in _AMOUNT.finditer(text):
        taken |= set(range(*found.span()))
        for name in ("first", "second"):
            if found[name]:
                number = _number(found[name])
                value, family = measure(number, found["unit"])
                yield Amount(value, family, number, found[0].strip(), found.start())
    for found in _MONEY.finditer(text):
        value = _number(found["first"]) * _LARGE.get(found["large"] or "", 1)
        yield Amount(value, "money", value, found[0], found.start())
    for found in _DIGITED.finditer(text):
        value = _number(found[1])
        yield Amount(value, found[2], value, found[0], found.start())
    for found in _DATE.finditer(text):
        day, month, year = int(found[1]), _MONTHS.index(found[2]) + 1, int(found[3])
        value = Decimal(f"{year}{month:02}{day:02}")
        yield Amount(value, "date", value, found[0], found.start())
        taken |= set(range(*found.span()))
    alone = cell and re.fullmatch(r"[\d,. \uFFFC]*(?:(?:to|and|or)[\d,. \uFFFC]+)?", text)
    for found in (_ALONE if alone else _BARE).finditer(text):
        if found.start() not in taken:
            value = _number(found[0])
            yield Amount(value, "bare", value, found[0], found.start())


def measure(value: Decimal, unit: str) -> tuple[Decimal, str]:
    """Return a value in the base of its unit's family, and the family.

    Examples
    --------
    >>> measure(Decimal(2), "minutes"), measure(Decimal(5), "layers")
    ((Decimal('120'), 'time'), (Decimal('5'), 'layer'))
    """
    name = unit if unit in _FACTORS else unit.lower()
    if name in _FACTORS:
        family, factor = _FACTORS[name]
        return value * factor, family
    counted = unit.partition(" per ")[0].split()[-1]
    return value, _COUNTS.get(counted, _COUNTS.get(counted.lower(), counted))


def _number(words: str) -> Decimal:
    """Return the value of a number in digits or words."""
    head, _, tail = words.lower().strip().partition(" ")
    if head[0].isdigit():
        return Decimal(head.replace(",", "")) * _LARGE.get(tail, 1)
    total = Decimal(0)
    for word in re.findall(r"[a-z]+", words.lower()):
        if word in _SMALL:
            total += _SMALL[word]
        elif word in _LARGE:
            total = (total or Decimal(1)) * _LARGE[word]
    return total


@cache
def numbers(code: str, family: str = "") -> frozenset[Decimal]:
    r"""Return the numbers that stand in a piece of code, in strings too.

    Of a time or a size only those beside a word that says so.

    Examples
    --------
    >>> code = "wait(seconds=3)\nrange(10_000)"
    >>> sorted(map(str, numbers(code))), sorted(map(str, numbers(code, "time")))
    (['10000', '3'], ['3'])
    """
    near = _NEAR.get(family)
    return frozenset(
        Decimal(found[0].replace("_", ""))
        for found in _DIGITS.finditer(code)
        if near is None or near.search(_beside(code, *found.span()))
    )


def _beside(code: str, start: int, end: int) -> str:
    """Return what stands next to a number on its line."""
    return (
        code[max(0, start - 28) : start].rpartition("\n")[2]
        + code[end : end + 9].partition("\n")[0]
    )


def said_numbers(text: str) -> set[Decimal]:
    """Return every number of a text, in digits or words, whatever it counts.

    Examples
    --------
    >>> sorted(map(str, said_numbers("one minute after the first try, then 2, then twenty-five")))
    ['1', '2', '25']
    """
    return {_number(found[0]) for found in _SAID.finditer(text)}


def same(amount: Amount, known: frozenset[Decimal]) -> bool:
    """Return whether an amount is one of some numbers, in any unit of its family."""
    factors = {factor for family, factor in _FACTORS.values() if family == amount.family} or {
        Decimal(1)
    }
    if amount.family == "share":
        factors.add(Decimal(100))
    return any(amount.value / factor in known for factor in factors)
