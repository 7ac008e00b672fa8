"""What the concurrency explorer may be set to, and the words that refuse everything else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from lambda_lab.errors import LabError, shown

__all__ = ["FIELDS", "KINDS", "MOST_LOAD", "Field", "Kind", "checked", "kind_of", "number_text"]

MILLI = 1_000
MOST_LOAD = 200
"""Rate times duration at most: more would need more requests than a page simulates quickly."""
_NUMBER = re.compile(r"(\d+)(?:\.(\d+))?")


@dataclass(frozen=True, slots=True)
class Field:
    """One number that is typed.

    Attributes
    ----------
    name, label
        Its name in the form, and what stands before it.
    most
        The greatest value; the smallest is above zero.
    places
        Decimals it may have.
    """

    name: str
    label: str
    most: int
    places: int

    def parse(self, text: str) -> int:
        """Return what was typed, in thousandths.

        Raises
        ------
        LabError
            If it is no number, not above zero, too great, or has too many decimals.

        Examples
        --------
        >>> FIELDS["duration"].parse("0.25"), FIELDS["limit"].parse("12")
        (250, 12000)
        """
        typed = text.strip()
        found = _NUMBER.fullmatch(typed.removeprefix("-"))
        if found is None or not typed.isascii():
            raise LabError(f"{self.label}: type a number in digits, such as 12.")
        whole, part = found[1], found[2] or ""
        # Longer numbers are too great whatever their digits: int() need not read them.
        value = int(whole[-15:]) * MILLI + int(part[:3].ljust(3, "0"))
        if typed.startswith("-") or not (value or part.strip("0")):
            raise LabError(f"{self.label}: must be above 0.")
        if len(whole.lstrip("0")) > len(str(self.most)) or value > self.most * MILLI:
            raise LabError(f"{self.label}: at most {self.most:,}.")
        if len(part.rstrip("0")) > self.places:
            kept = f"at most {self.places} decimals" if self.places else "a whole number"
            raise LabError(f"{self.label}: {kept}, please.")
        return value


@dataclass(frozen=True, slots=True)
class Kind:
    """One question that the explorer answers.

    Attributes
    ----------
    key
        Its name, which is also that of the third field.
    title
        What stands above it.
    across, up
        What the axes show.
    lines
        What its one or two lines are.
    """

    key: str
    title: str
    across: str
    up: str
    lines: tuple[str, ...]


FIELDS = MappingProxyType(
    {
        field.name: field
        for field in (
            Field("rate", "Requests a second", 1_000, 3),
            Field("duration", "Seconds for each", 900, 3),
            Field("limit", "Reserved concurrency", 1_000, 0),
            Field("keep-alive", "Idle seconds until the end", 36_000, 0),
            Field("reserved", "Reserved concurrency", 1_000, 0),
            Field("provisioned", "Provisioned concurrency", 1_000, 0),
        )
    }
)

_ERLANG = "Erlang's formula B"
KINDS = MappingProxyType(
    {
        kind.key: kind
        for kind in (
            Kind("limit", "How many requests are in flight?", "time", "requests in flight",
                 ("simulated", "the limit")),
            Kind("keep-alive", "How many requests start cold?", "how long an idle one is kept",
                 "requests that start cold", ("simulated",)),
            Kind("reserved", "How many requests does a limit refuse?", "reserved concurrency",
                 "requests that are throttled", ("simulated", _ERLANG)),
            Kind("provisioned", "How many requests spill over?", "provisioned concurrency",
                 "requests that run on demand", ("simulated", _ERLANG)),
        )
    }
)  # fmt: skip


def kind_of(key: str) -> Kind:
    """Return a question by its name.

    Raises
    ------
    LabError
        If there is no such question.
    """
    if key not in tuple(KINDS):  # what cannot be hashed is no kind either
        raise LabError(f"There is no explorer {shown(key)}; ask for one of {', '.join(KINDS)}.")
    return KINDS[key]


def checked(kind: Kind, typed: Mapping[str, str]) -> tuple[dict[str, int], dict[str, str]]:
    """Return what was typed in thousandths, and what is wrong with it, both by field.

    Examples
    --------
    >>> kind = KINDS["limit"]
    >>> checked(kind, {"rate": "20", "duration": "0.5", "limit": "12"})
    ({'rate': 20000, 'duration': 500, 'limit': 12000}, {})
    >>> checked(kind, {"rate": "nan", "duration": "0", "limit": "12"})[1]["duration"]
    'Seconds for each: must be above 0.'
    """
    values: dict[str, int] = {}
    problems: dict[str, str] = {}
    for name in ("rate", "duration", kind.key):
        try:
            values[name] = FIELDS[name].parse(typed[name])
        except LabError as error:
            problems[name] = str(error)
    if not problems and values["rate"] * values["duration"] > MOST_LOAD * MILLI**2:
        problems["duration"] = (
            f"Rate times duration may be {MOST_LOAD} at most here; take fewer or shorter requests."
        )
    return values, problems


def number_text(value: int) -> str:
    """Return thousandths as they are read.

    Examples
    --------
    >>> number_text(500), number_text(1_200_000)
    ('0.5', '1,200')
    """
    whole, part = divmod(value, MILLI)
    return f"{whole:,}.{part:03}".rstrip("0").removesuffix(".")
