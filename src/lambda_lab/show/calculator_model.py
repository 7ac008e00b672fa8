"""What the calculator computes: typed text in, a bill or words about what cannot be.

The sums are those of :mod:`lambda_lab.cost`; a page's script does them again with the same prices,
and a test compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from lambda_lab import cost, facts
from lambda_lab.cost.fields import Field, fields
from lambda_lab.cost.workload import ARCHITECTURES

__all__ = ["FIRST", "MORE", "Answer", "answer", "form_fields", "script_model", "unpriced"]

FIRST = ("requests", "duration_ms", "memory_mb")
"""Numbers that every workload has."""
MORE = ("cold_percent", "init_ms", "ephemeral_mb", "provisioned", "provisioned_hours")
"""Numbers that stand folded away until they are wanted."""
_KINDS = ("requests", "ephemeral")
_BY_ARCHITECTURE = (
    "duration.{}", "duration.{}.tier2", "duration.{}.tier3", "provisioned.{}",
    "provisioned.duration.{}",
)  # fmt: skip
_PRICE_PLACES = 10
"""Decimals of the finest price: the script counts in units of them."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A bill, or what is wrong.

    Attributes
    ----------
    problems
        For the name of a field, what is wrong with its text.
    rows
        Lines of the bill as they are printed: what, quantity, unit price, amount; the last is the
        total. Empty where there are problems.
    words
        The bill in a sentence, or how many entries need another look.
    """

    problems: dict[str, str]
    rows: list[list[str]]
    words: str


def form_fields() -> list[Field]:
    """Return the numbers of the form, in order."""
    return [fields()[name] for name in (*FIRST, *MORE)]


def answer(typed: Mapping[str, str], architecture: str, *, free_tier: bool) -> Answer:
    """Return the bill of what was typed, or what is wrong with it.

    Parameters
    ----------
    typed
        The text of each field of the form, by its name.
    architecture
        ``x86_64`` or ``arm64``.
    free_tier
        Whether the account's free tier is taken off.

    Examples
    --------
    >>> typed = {"requests": "3,000,000", "duration_ms": "120", "memory_mb": "20480",
    ...          "cold_percent": "0", "init_ms": "0", "ephemeral_mb": "512",
    ...          "provisioned": "0", "provisioned_hours": "0"}
    >>> answer(typed, "x86_64", free_tier=True).words
    'No bill yet: 1 entry needs another look.'
    >>> answer(typed | {"memory_mb": "1536"}, "x86_64", free_tier=True).words
    'The bill is $2.73: requests $0.40; duration, x86_64 $2.33.'
    """
    numbers: dict[str, Decimal] = {}
    problems: dict[str, str] = {}
    for field in form_fields():
        try:
            numbers[field.name] = field.parse(typed[field.name])
        except cost.WorkloadError as error:
            problems[field.name] = str(error)
    if problems:
        return Answer(problems, [], unpriced(len(problems)))
    workload = cost.Workload(architecture=architecture, **numbers)
    bill = cost.bill(workload, free_tier=free_tier)
    return Answer({}, [list(row.values()) for row in bill.rows()], bill.words)


def unpriced(count: int) -> str:
    """Return the sentence that stands where a bill would."""
    return f"No bill yet: {count} {'entry needs' if count == 1 else 'entries need'} another look."


def script_model() -> dict[str, Any]:
    """Return what the page's script computes with; every number comes from ``facts``."""
    keys = [*_KINDS]
    keys += [one.format(kind) for kind in ARCHITECTURES.values() for one in _BY_ARCHITECTURE]
    found = {key: facts.get(f"price.{key}") for key in keys}
    return {
        "fields": [
            {"name": f.name, "label": f.label, "least": f.least, "most": f.most,
             "places": f.places, "allowed": f.allowed}
            for f in form_fields()
        ],
        "kinds": dict(ARCHITECTURES),
        "prices": {
            key: [str(int(fact.value.scaleb(_PRICE_PLACES))), fact.text]
            for key, fact in found.items()
        },
        "tiers": {
            kind: [int(facts.value(f"price.tier{n}.{kind}")) for n in (1, 2)]
            for kind in ARCHITECTURES.values()
        },
        "free": [int(facts.value(f"price.free.{what}")) for what in ("requests", "duration")],
        "storage": int(facts.value("ephemeral.default")),
        "step": int(facts.value("concurrency.provisioned.rounding")) * 60,
    }  # fmt: skip
