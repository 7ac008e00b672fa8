"""What the lanes explorer may be set to, and the words that refuse everything else."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from numbers import Rational, Real
from types import MappingProxyType
from typing import Any

from lambda_lab.clock import SECOND
from lambda_lab.errors import LabError, shown

__all__ = ["DIALS", "MILLISECOND", "NO_LIMIT", "Dial", "chosen", "time_text"]

MILLISECOND = SECOND // 1_000
_MINUTE = 60_000
NO_LIMIT = -1
"""The choice of reserved concurrency that reserves nothing."""


def time_text(milliseconds: int) -> str:
    """Return a time as it is read.

    Examples
    --------
    >>> time_text(0), time_text(250), time_text(1_500), time_text(5_400_000)
    ('0', '250 ms', '1.5 s', '1 h 30 min')
    """
    if milliseconds < 1_000:
        return f"{milliseconds} ms" if milliseconds else "0"
    if milliseconds < _MINUTE:
        return f"{milliseconds / 1_000:g} s"
    # By whole numbers alone, which every language rounds alike.
    minutes, seconds = divmod((milliseconds + 500) // 1_000, 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "h"), (minutes, "min"), (seconds, "s"))
    return " ".join(f"{count} {unit}" for count, unit in parts if count)


@dataclass(frozen=True, slots=True)
class Dial:
    """One thing to set.

    Attributes
    ----------
    name, label
        Its name in the form, and what stands before it.
    offered
        What it can be set to: milliseconds for a time, else a count.
    timed
        Whether it is a time.
    """

    name: str
    label: str
    offered: tuple[int, ...]
    timed: bool = True

    def text(self, value: int) -> str:
        """Return a choice as it is read.

        Examples
        --------
        >>> DIALS["run"].text(1_500), DIALS["reserved"].text(2), DIALS["reserved"].text(NO_LIMIT)
        ('1.5 s', '2', 'none')
        """
        if self.timed:
            return time_text(value)
        return "none" if value == NO_LIMIT else f"{value}"

    def index(self, value: Any) -> int:
        """Return which choice *value* is: seconds for a time, else a count or ``None``.

        Raises
        ------
        LabError
            If it is not on offer.

        Examples
        --------
        >>> DIALS["callers"].index(3), DIALS["run"].index(1.5)
        (2, 3)
        >>> DIALS["run"].index(-1)
        Traceback (most recent call last):
        ...
        lambda_lab.errors.LabError: Each runs for: -1 is not on offer. Give the seconds of one
        of: 250 ms, 500 ms, 1 s, 1.5 s, 2 s, 4 s.
        """
        wanted = NO_LIMIT if value is None else _number(value, 1_000 if self.timed else 1)
        for index, one in enumerate(self.offered):
            if wanted == one:
                return index
        offered = ", ".join(self.text(one) for one in self.offered)
        unit = "the seconds of one of" if self.timed else "one of"
        raise LabError(f"{self.label}: {shown(value)} is not on offer. Give {unit}: {offered}.")


def _number(value: Any, parts: int) -> Fraction | None:
    """Return a number in *parts* exactly as it is written, so that 0.1 s are 100 ms."""
    if isinstance(value, bool) or not isinstance(value, Real):
        return None
    # What is below zero is on offer nowhere: the number that stands for None is ours alone.
    if value < 0 or not value < math.inf:
        return None
    # NumPy's numbers are Real too, and write themselves otherwise than Python's.
    exact = Fraction(value) if isinstance(value, Rational) else Fraction(repr(float(value)))
    return exact * parts


DIALS: Mapping[str, Dial] = MappingProxyType(
    {
        dial.name: dial
        for dial in (
            Dial("callers", "Callers at once", (1, 2, 3, 4, 5, 6), timed=False),
            Dial("gap", "They call again after",
                 (500, 1_000, 2_000, 5_000, *(_MINUTE * n for n in (1, 5, 9, 11, 60)))),
            Dial("run", "Each runs for", (250, 500, 1_000, 1_500, 2_000, 4_000)),
            Dial("init", "A cold start adds", (100, 250, 500, 1_000, 2_000, 4_000)),
            Dial("keep", "An idle one is kept", tuple(_MINUTE * n for n in (1, 5, 10, 30, 60))),
            Dial("reserved", "Reserved concurrency", (NO_LIMIT, 0, 1, 2, 3, 4, 5, 6), timed=False),
        )
    }
)  # fmt: skip


def chosen(given: Mapping[str, Any]) -> dict[str, int]:
    """Return the choices for what was given by name, all of them checked.

    Raises
    ------
    LabError
        If one is not on offer.

    Examples
    --------
    >>> chosen({"callers": 2, "gap": 60, "run": 1, "init": 0.5, "keep": 600, "reserved": None})
    {'callers': 2, 'gap': 60000, 'run': 1000, 'init': 500, 'keep': 600000, 'reserved': -1}
    """
    return {name: dial.offered[dial.index(given[name])] for name, dial in DIALS.items()}
