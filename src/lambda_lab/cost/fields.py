"""The numbers of a workload: what each may be, and where that is written.

Python code hands in numbers, a form hands in text; both meet the same bounds and the same words.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache
from types import MappingProxyType
from typing import Any

from lambda_lab import facts
from lambda_lab.errors import shown

from .errors import WorkloadError
from .money import EXACT, counted

__all__ = ["NUMBER", "Field", "fields"]

NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?"
"""What a form takes for a number, once blanks, commas and underscores are gone."""
_SHOWN = 24
_BOOK = "the upper end is this book's, not AWS's"


@dataclass(frozen=True, slots=True)
class Field:
    """One number: its name, its bounds, and who set them.

    Attributes
    ----------
    name, label
        Of the parameter, and as a form shows it.
    unit
        What is counted; empty where the label says it.
    least, most
        The bounds, both allowed.
    places
        Decimals a reader may give; 0 means whole numbers only.
    why, url
        Whose bounds they are, and the page that says so (empty where they are this book's).
    """

    name: str
    label: str
    unit: str
    least: int
    most: int
    places: int
    why: str
    url: str = ""

    @property
    def allowed(self) -> str:
        """What may be given, as the end of a sentence."""
        kind = "a whole number" if not self.places else "a number"
        unit = f" {self.unit}" if self.unit else ""
        decimals = f", with at most {self.places} decimals" if self.places else ""
        where = f": {self.url}" if self.url else ""
        return (
            f"Give {kind} from {counted(Decimal(self.least))} to "
            f"{counted(Decimal(self.most))}{unit}{decimals} ({self.why}{where})."
        )

    def read(self, value: Any) -> Decimal:
        """Return a number that Python code gave, exactly.

        A float means the shortest decimal that is this float: ``0.1`` is a tenth.

        Raises
        ------
        WorkloadError
            If it is no number, or not one within the bounds.
        """
        number: Decimal | None = None
        if isinstance(value, Decimal):
            number = value if value.is_finite() else None
        elif isinstance(value, float):
            number = Decimal(repr(float(value))) if math.isfinite(value) else None
        elif isinstance(value, Fraction):
            number = self._of_fraction(value)
        elif not isinstance(value, bool) and hasattr(value, "__index__"):
            whole = int(value.__index__())
            # Far out of bounds; a Decimal of it would only be long.
            number = Decimal(whole) if abs(whole) <= 10**40 else None
        if number is None or not self._fits(number):
            raise WorkloadError(
                f"{self.label} is {shown(value, _SHOWN)}. {self.allowed}", self.name
            )
        return self._plain(number)

    def parse(self, text: str) -> Decimal:
        """Return the number that a reader typed.

        Blanks, underscores and commas between digits are passed over.

        Raises
        ------
        WorkloadError
            If the text is no number, or not one within the bounds.

        Examples
        --------
        >>> fields()["requests"].parse("3,000,000"), fields()["requests"].parse("3e6")
        (Decimal('3000000'), Decimal('3000000'))
        >>> fields()["memory_mb"].parse("20480")
        Traceback (most recent call last):
            ...
        lambda_lab.cost.errors.WorkloadError: Memory is “20480”. Give a whole number from 128 to
        10,240 MB (Lambda's quota: https://docs.aws.amazon.com/lambda/latest/dg/...).
        """
        typed = re.sub(r"[ ,_\u00a0\u202f]", "", text)
        number = Decimal(typed) if re.fullmatch(NUMBER, typed, re.ASCII) else None
        if number is None or not self._fits(number):
            short = text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
            given = f"“{short}”" if text.strip(" \u00a0\u202f") else "empty"
            raise WorkloadError(f"{self.label} is {given}. {self.allowed}", self.name)
        return self._plain(number)

    def _plain(self, number: Decimal) -> Decimal:
        """Return the number without an exponent; a whole one without a point, too."""
        return Decimal(format(number, "f")) if self.places else Decimal(int(number))

    def _fits(self, number: Decimal) -> bool:
        # Bounds come first: the remainder of 1E+999 would need a thousand digits.
        return self.least <= number <= self.most and not number % Decimal(1).scaleb(-self.places)

    def _of_fraction(self, value: Fraction) -> Decimal | None:
        scaled = value * 10**self.places
        if scaled.denominator != 1 or abs(scaled) > 10**40:
            return None
        return Decimal(scaled.numerator).scaleb(-self.places, context=EXACT)


def _of_facts(
    name: str, label: str, unit: str, low: str | int, high: str, *, scale: int = 1, places: int = 0
) -> Field:
    """Return a field with bounds of AWS's."""
    top = facts.get(high)
    least = low if isinstance(low, int) else int(facts.value(low)) * scale
    return Field(
        name, label, unit, least, int(top.value) * scale, places, "Lambda's quota", top.url
    )


@cache
def fields() -> Mapping[str, Field]:
    """Return every number of a workload by its name."""
    month = 31 * 24
    every = (
        Field("requests", "Requests a month", "", 0, 10**15, 0, _BOOK),
        _of_facts("duration_ms", "Duration", "ms", 0, "timeout.maximum", scale=1000, places=3),
        _of_facts("memory_mb", "Memory", "MB", "memory.minimum", "memory.maximum"),
        Field("cold_percent", "Cold starts, share of runs", "%", 0, 100, 3, "all of them"),
        _of_facts("init_ms", "Init", "ms", 0, "init.maximum", scale=1000, places=3),
        _of_facts("ephemeral_mb", "Storage in /tmp", "MB", "ephemeral.minimum",
                  "ephemeral.maximum"),
        Field("provisioned", "Provisioned environments", "", 0, 1_000_000, 0, _BOOK),
        Field("provisioned_hours", "Hours provisioned a month", "h", 0, month, 3,
              "the hours of the longest month"),
        Field("snapstart_versions", "Versions with SnapStart", "", 0, 10_000, 0, _BOOK),
        Field("snapstart_hours", "Hours each version is kept", "h", 0, month, 3,
              "the hours of the longest month"),
        Field("streamed_gb", "Streamed beyond the first part of each response", "GB", 0, 10**9, 3,
              _BOOK),
    )  # fmt: skip
    return MappingProxyType({field.name: field for field in every})
