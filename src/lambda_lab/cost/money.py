"""Exact decimals, and the only place where an amount is rounded: when it is printed.

Sums run in a decimal context that raises if a digit would be lost. A printed amount is rounded half
up to cents, or to three digits where it is less than a cent. A total is the rounded sum
of exact amounts, so it can differ by a cent from the sum of printed ones.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal, DivisionByZero, Inexact, InvalidOperation

from lambda_lab.errors import shown

from .errors import WorkloadError

__all__ = ["EXACT", "counted", "dollars"]

EXACT = Context(prec=90, traps=[Inexact, InvalidOperation, DivisionByZero])
"""Longer than any product here: 16 digits of requests, 17 of a float, 13 of 1/1,024,000, prices."""
_PRINTING = Context(prec=90, rounding=ROUND_HALF_UP)
_CENT = Decimal("0.01")
_THOUSANDTH = Decimal("0.001")


def dollars(amount: Decimal) -> str:
    """Return an amount as this book prints it.

    Examples
    --------
    >>> dollars(Decimal("1234.565")), dollars(Decimal("0.0000208333")), dollars(Decimal(0))
    ('$1,234.57', '$0.0000208', '$0.00')
    >>> dollars(Decimal("0.0000002")), dollars(Decimal("0.00999999"))
    ('$0.0000002', '$0.01')
    """
    _check(amount)
    if amount == 0 or amount >= _CENT:
        return f"${amount.quantize(_CENT, context=_PRINTING):,f}"
    digits = Decimal(1).scaleb(amount.adjusted() - 2)
    return f"${amount.quantize(digits, context=_PRINTING):f}".rstrip("0")


def _check(amount: object) -> None:
    if not isinstance(amount, Decimal) or not amount.is_finite():
        raise WorkloadError(
            f"amount is {shown(amount)}; give a finite Decimal, as a bill has them."
        )


def counted(quantity: Decimal) -> str:
    """Return a quantity with thousands apart and at most three decimals.

    Examples
    --------
    >>> counted(Decimal(3_000_000)), counted(Decimal("0.12500")), counted(Decimal("0.0001"))
    ('3,000,000', '0.125', 'under 0.001')
    """
    if 0 < quantity < _THOUSANDTH:
        return f"under {_THOUSANDTH:f}"
    whole, _, rest = f"{quantity.quantize(_THOUSANDTH, context=_PRINTING):,f}".partition(".")
    rest = rest.rstrip("0")
    return f"{whole}.{rest}" if rest else whole
