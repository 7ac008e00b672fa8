"""An itemised bill: what, how much of it, at which price, and what that comes to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from html import escape

from lambda_lab import facts

from .money import EXACT, counted, dollars

__all__ = ["Bill", "Line"]

_HEADER = ("what", "quantity", "unit price", "amount")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a bill.

    Attributes
    ----------
    what
        What was used.
    quantity, unit
        How much, and of what; the unit is empty where `what` says it.
    key
        The fact that holds the price, with its source, its region and the day it was checked.
    per, each
        How many units the price is for, and the same in words: ``per million``.
    free
        Whether this is the part that costs nothing; `key` is then the fact that says so.
    """

    what: str
    quantity: Decimal
    unit: str
    key: str
    per: int = 1
    each: str = ""
    free: bool = False

    @property
    def fact(self) -> facts.Fact:
        """Where the price comes from."""
        return facts.get(self.key)

    @property
    def price(self) -> Decimal:
        """US dollars for `per` units."""
        return Decimal(0) if self.free else Decimal(self.fact.value)

    @property
    def amount(self) -> Decimal:
        """US dollars, exact."""
        with localcontext(EXACT):
            return self.quantity * self.price / self.per

    @property
    def cells(self) -> tuple[str, str, str, str]:
        """The line as it is printed."""
        quantity = f"{counted(self.quantity)} {self.unit}".rstrip()
        price = "free" if self.free else f"{self.fact.text} {self.each}"
        return self.what, quantity, price, dollars(self.amount)


@dataclass(frozen=True, slots=True)
class Bill:
    """Lines and their sum; bills of several functions or services can be added."""

    lines: tuple[Line, ...]

    @property
    def total(self) -> Decimal:
        """US dollars, the exact sum of exact amounts."""
        with localcontext(EXACT):
            return sum((line.amount for line in self.lines), Decimal(0))

    def __add__(self, other: Bill) -> Bill:
        if not isinstance(other, Bill):
            return NotImplemented
        return Bill(self.lines + other.lines)

    def rows(self) -> list[dict[str, str]]:
        """Return the lines and the total as they are printed, for a table."""
        last = ("Total", "", "", dollars(self.total))
        every = [*(line.cells for line in self.lines), last]
        return [dict(zip(_HEADER, cells, strict=True)) for cells in every]

    @property
    def words(self) -> str:
        """The bill in a sentence.

        Examples
        --------
        >>> from lambda_lab import cost
        >>> cost.bill(cost.Workload(requests=10_000_000, duration_ms=0), free_tier=False).words
        'The bill is $2.02: requests $2.00; duration, x86_64 $0.02.'
        """
        due = [line for line in self.lines if line.amount]
        if not due:
            return "The bill is $0.00: everything is free."
        parts = "; ".join(f"{_lower(line.what)} {dollars(line.amount)}" for line in due)
        return f"The bill is {dollars(self.total)}: {parts}."

    @property
    def unconfirmed(self) -> list[str]:
        """Keys of prices that were found in no source; keep them out of what you publish."""
        low = facts.Confidence.LOW
        return sorted({line.key for line in self.lines if line.fact.confidence is low})

    def __str__(self) -> str:
        table = [list(_HEADER), *(list(row.values()) for row in self.rows())]
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        return "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in table
        )

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        body = "".join(_row(row) for row in self.rows())
        head = "".join(
            f'<th scope="col" style="text-align:{side}">{name}</th>'
            for name, side in (("what", "left"), ("amount", "right"))
        )
        # The box scrolls where a page is very narrow, so it must be reachable by keyboard.
        return (
            '<div style="overflow-x:auto" tabindex="0" role="group" aria-label="Bill">'
            f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
            f"<p>{escape(self.words)}</p>"
        )


def _row(row: Mapping[str, str]) -> str:
    """Return a line of the table: two columns, so that a phone shows the amount too."""
    detail = escape(", ".join(filter(None, (row["quantity"], row["unit price"]))))
    small = f"<br><small>{detail}</small>" if detail else ""
    return (
        f'<tr><th scope="row" style="text-align:left;font-weight:inherit">{escape(row["what"])}'
        f'{small}</th><td style="text-align:right">{escape(row["amount"])}</td></tr>'
    )


def _lower(what: str) -> str:
    """Return *what* as it stands within a sentence: a name keeps its capital."""
    name = what[:2].isupper() or what.startswith(("SnapStart", "Fargate"))
    return what if name else what[:1].lower() + what[1:]
