"""The events that RDS has, from the tables of its user guide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache

from lambda_lab.facts import Confidence
from lambda_lab.facts.loader import load_records

__all__ = ["SOURCE_TYPES", "RdsEvent", "categories", "event", "rds_events"]


@dataclass(frozen=True, slots=True)
class RdsEvent:
    """One kind of event.

    Parameters
    ----------
    name
        Its id, for example ``RDS-EVENT-0005``.
    source_type
        What it happens to, as subscriptions call it: ``db-instance``.
    category
        One of the categories of that source type.
    message
        Its text; ``{name}`` marks what varies.
    source, url, checked, confidence
        Where that stands, and how sure it is.
    literal
        Whether *message* is AWS's; if not, it says in other words what AWS's says.
    """

    name: str
    source_type: str
    category: str
    message: str
    source: str
    url: str
    checked: date
    confidence: Confidence
    literal: bool = True


_MORE: Mapping[str, tuple[str, ...]] = {
    "db-instance": ("backtrack",),
    "db-cluster": ("configuration change", "creation", "deletion", "failure", "notification"),
    "db-security-group": ("configuration change", "failure"),
    "db-cluster-snapshot": ("backup", "notification"),
    "zero-etl": ("notification",),
    "custom-engine-version": ("creation", "failure"),
}
"""Categories that AWS has beside those of the table, of events that nothing here causes. Confidence
M."""
SOURCE_TYPES = (
    *("db-instance", "db-cluster", "db-parameter-group", "db-security-group", "db-snapshot"),
    *("db-cluster-snapshot", "db-proxy", "zero-etl", "custom-engine-version"),
    "blue-green-deployment",
)
"""Valid values of ``SourceType``."""


@cache
def rds_events() -> tuple[RdsEvent, ...]:
    """Return every event of the table."""
    return load_records(RdsEvent, "rds_event")


@cache
def _by_number() -> Mapping[str, RdsEvent]:
    return {one.name.rpartition("-")[2]: one for one in rds_events()}


def event(number: str) -> RdsEvent:
    """Return an event by the four digits of its id.

    Examples
    --------
    >>> event("0005").category
    'creation'
    """
    return _by_number()[number]


@cache
def categories(source_type: str) -> tuple[str, ...]:
    """Return the categories of a source type.

    Examples
    --------
    >>> categories("db-parameter-group")
    ('configuration change',)
    """
    own = (one.category for one in rds_events() if one.source_type == source_type)
    return tuple(sorted({*own, *_MORE.get(source_type, ())}))
