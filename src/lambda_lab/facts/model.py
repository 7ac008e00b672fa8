"""The records this room hands out, and what it raises.

Every record says where it was read (`source`, a key, and `url`, the page), when (`checked`) and how
sure we are (`confidence`): ``H`` read in a primary source, ``M`` read in a secondary one, ``L``
known in general but found in no source. What is ``L`` is kept out of prose.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from lambda_lab.errors import LabError, shown

__all__ = [
    "Confidence",
    "EnvironmentVariable",
    "ErrorShape",
    "Fact",
    "FactsDataError",
    "InvocationModel",
    "InvocationSource",
    "Kind",
    "LogLine",
    "Metric",
    "RuntimeIdentifier",
    "Sourced",
    "UnknownFactError",
]


class UnknownFactError(LabError, KeyError):
    """No fact has this key. Also a `KeyError`, so ``except KeyError`` works.

    Parameters
    ----------
    key
        What was asked for.
    nearest
        Keys that look like it, best first.
    """

    def __init__(self, key: object, nearest: tuple[str, ...] = ()) -> None:
        hint = (
            f"Did you mean {' or '.join(nearest)}?" if nearest else "facts.all() lists every key."
        )
        self.message = f"No fact has the key {shown(key)}. {hint}"
        super().__init__(self.message)
        self.key = key
        self.nearest = nearest

    def __str__(self) -> str:
        """Return the sentence itself: `KeyError` would show it in quotes."""
        return self.message


class FactsDataError(LabError):
    """A data file of this room is not as it must be; the message names the file and the entry."""


class Confidence(StrEnum):
    """How sure we are of an entry."""

    HIGH = "H"
    MEDIUM = "M"
    LOW = "L"


class Kind(StrEnum):
    """What sort of statement a fact is.

    A *documented quota* is what AWS promises; an *API bound* is what its request validation lets
    through, which is sometimes more (it covers Lambda Managed Instances too).
    """

    QUOTA = "documented quota"
    API_BOUND = "API bound"
    DEFAULT = "default"
    PRICE = "price"
    BEHAVIOUR = "behaviour"


class InvocationModel(StrEnum):
    """The ways an event reaches a function."""

    SYNCHRONOUS = "synchronous"
    ASYNCHRONOUS = "asynchronous"
    EITHER = "synchronous or asynchronous"
    POLL = "event source mapping"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sourced:
    """What every record says of itself.

    Attributes
    ----------
    source, url
        Where it was read: the short key, and the page it stands for.
    checked, confidence
        When it was read, and how sure we are.
    note
        What a reader should know besides; empty when there is nothing.
    """

    source: str
    url: str
    checked: date
    confidence: Confidence
    note: str = ""


@dataclass(frozen=True, slots=True)
class Fact(Sourced):
    """One number, name or rule, with its source.

    Attributes
    ----------
    key
        Dotted name, for example ``timeout.maximum``.
    value
        ``int``, ``float``, ``str`` or tuple of ``str``; `~decimal.Decimal` when `kind` is a price.
    unit
        Unit of `value`: ``s``, ``ms``, ``MB``, ``bytes``, ``USD``, ``count``, ``name`` and so on.
    kind, scope, adjustable
        What sort of statement it is, what it holds for, and whether AWS raises it on request.
    text
        The value as prose: ``900 seconds (15 minutes)``.
    model
        ``Shape.property`` of botocore's Lambda model that holds the same value, or empty.
    print_anyway, reason
        An ``L`` fact is kept out of prose unless `print_anyway`, and then `reason` says why.
    """

    key: str
    value: Any
    unit: str
    kind: Kind
    scope: str
    adjustable: bool
    text: str
    model: str = ""
    print_anyway: bool = False
    reason: str = ""

    @property
    def printable(self) -> bool:
        """Whether prose may carry this fact."""
        return self.confidence is not Confidence.LOW or (self.print_anyway and bool(self.reason))


@dataclass(frozen=True, slots=True)
class InvocationSource(Sourced):
    """A service that invokes functions: how, by what permission, and who tries again."""

    name: str
    model: InvocationModel
    permission: str
    retried_by: str
    retries: str


@dataclass(frozen=True, slots=True)
class RuntimeIdentifier(Sourced):
    """A value of ``Runtime``, with AWS's forecast dates (``None`` where AWS names none).

    `preview` marks identifiers the API takes but AWS has not announced.
    """

    name: str
    family: str
    operating_system: str
    deprecated: date | None
    block_create: date | None
    block_update: date | None
    preview: bool

    def status(self, on: date) -> str:
        """Return ``supported``, ``preview``, ``deprecated``, ``create blocked`` or ``blocked``.

        Parameters
        ----------
        on
            The day to answer for. A date counts from the day itself.
        """
        if self.preview:
            return "preview"
        if self.deprecated is None or on < self.deprecated:
            return "supported"
        if self.block_update is not None and on >= self.block_update:
            return "blocked"
        if self.block_create is not None and on >= self.block_create:
            return "create blocked"
        return "deprecated"


@dataclass(frozen=True, slots=True)
class ErrorShape(Sourced):
    """An error a caller or a log reader can meet.

    `family` is ``api`` (the call itself fails with `status`), ``common`` (the same, by an error of
    every operation that the model of one does not have), ``throttle`` (a `Reason` of a 429) or
    ``function`` (the call answers 200 with a function error). In `message`, ``{name}`` marks what
    varies. `cure` is what to do, and `not_made` says why nothing here makes the error: it is empty
    for one that the page of errors or a test makes.
    """

    name: str
    family: str
    status: int
    message: str
    when: str
    who_retries: str
    cure: str
    not_made: str = ""


@dataclass(frozen=True, slots=True)
class Metric(Sourced):
    """A CloudWatch metric of the namespace ``AWS/Lambda``."""

    name: str
    unit: str
    statistic: str
    group: str
    dimensions: tuple[str, ...]
    meaning: str


@dataclass(frozen=True, slots=True)
class EnvironmentVariable(Sourced):
    """A variable Lambda sets. `reserved` ones cannot be set in a function's configuration."""

    name: str
    reserved: bool
    value: str
    meaning: str


@dataclass(frozen=True, slots=True)
class LogLine(Sourced):
    """A line the platform writes; ``{name}`` marks what varies, a tab is a real tab."""

    name: str
    template: str
    when: str
