"""Quotas, defaults, prices, runtimes and names of AWS Lambda as data.

A number is typed once, in ``facts/data``, with its source and the day it was read. Code asks for it
by key, chapters by substitution, and a contract test holds it against the SDK's model of the API.

Examples
--------
>>> from lambda_lab import facts
>>> facts.value("timeout.maximum")
900
>>> facts.get("timeout.maximum").text
'900 seconds (15 minutes)'
>>> facts.substitutions()["price_requests"]
'$0.20'
>>> facts.get("memory.defalt")
Traceback (most recent call last):
    ...
lambda_lab.facts.model.UnknownFactError: No fact has the key 'memory.defalt'. ...
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from typing import Any

from .fidelity import Answer, Behaviour, Emulators, Fidelity, load_behaviours, load_emulators
from .filled import display_texts
from .ledger import Claim, ClaimSource, Paragraph, Verdict, load_claims, load_paragraphs
from .loader import load_facts, load_records
from .model import (
    Confidence,
    EnvironmentVariable,
    ErrorShape,
    Fact,
    FactsDataError,
    InvocationModel,
    InvocationSource,
    Kind,
    LogLine,
    Metric,
    RuntimeIdentifier,
    UnknownFactError,
)

__all__ = [
    "Answer",
    "Behaviour",
    "Claim",
    "ClaimSource",
    "Confidence",
    "Emulators",
    "EnvironmentVariable",
    "ErrorShape",
    "Fact",
    "FactsDataError",
    "Fidelity",
    "InvocationModel",
    "InvocationSource",
    "Kind",
    "LogLine",
    "Metric",
    "Paragraph",
    "RuntimeIdentifier",
    "UnknownFactError",
    "Verdict",
    "all",
    "behaviours",
    "claims",
    "emulators",
    "environment_variables",
    "errors",
    "get",
    "log_lines",
    "metrics",
    "paragraphs",
    "runtimes",
    "sources",
    "substitutions",
    "value",
]


@cache
def all() -> Mapping[str, Fact]:  # noqa: A001 - read as facts.all()
    """Return every fact by key. Read on first use and kept."""
    return load_facts()


def get(key: str) -> Fact:
    """Return the fact with this key.

    Raises
    ------
    UnknownFactError
        When there is none; the message names the nearest keys.
    """
    try:
        return all()[key]
    except (KeyError, TypeError):  # some things cannot even be looked up
        raise UnknownFactError(key, _nearest(key)) from None


def _nearest(key: Any) -> tuple[str, ...]:
    return tuple(get_close_matches(key, all(), n=3, cutoff=0.75)) if isinstance(key, str) else ()


def value(key: str) -> Any:
    """Return the bare value: a number, text or tuple of texts; ``Decimal`` for a price.

    Raises
    ------
    UnknownFactError
        When no fact has this key.
    """
    return get(key).value


def substitutions() -> dict[str, str]:
    """Return the display text of every printable fact, for MyST substitution.

    Keys have underscores for dots and hyphens. A fact of low confidence is left out, unless it says
    why it may be printed; so a chapter that uses one fails the strict build.
    """
    return dict(display_texts())


@cache
def runtimes() -> tuple[RuntimeIdentifier, ...]:
    """Return every ``Runtime`` identifier of the API, with its dates."""
    return load_records(RuntimeIdentifier, "runtime")


@cache
def _every_source() -> tuple[InvocationSource, ...]:
    return load_records(InvocationSource, "invoker")


def sources(*, unconfirmed: bool = False) -> tuple[InvocationSource, ...]:
    """Return every service that invokes functions, for the table of "three ways to invoke".

    Parameters
    ----------
    unconfirmed
        Also return those whose invocation model was found in no source.
    """
    every = _every_source()
    return tuple(one for one in every if unconfirmed or one.confidence is not Confidence.LOW)


@cache
def errors() -> tuple[ErrorShape, ...]:
    """Return the catalogue of API errors and function errors."""
    return load_records(ErrorShape, "error")


@cache
def metrics() -> tuple[Metric, ...]:
    """Return the metrics of the namespace ``AWS/Lambda``."""
    return load_records(Metric, "metric")


@cache
def environment_variables() -> tuple[EnvironmentVariable, ...]:
    """Return the variables Lambda sets, reserved ones first."""
    return load_records(EnvironmentVariable, "variable")


@cache
def log_lines() -> tuple[LogLine, ...]:
    """Return the lines the platform writes to a function's log."""
    return load_records(LogLine, "line")


@cache
def claims() -> tuple[Claim, ...]:
    """Return every claim of the study notes with its verdict, in the order of the notes.

    Examples
    --------
    >>> claims()[0].id, claims()[0].verdict.value
    ('N000-01', 'depends')
    """
    return load_claims()


@cache
def paragraphs() -> tuple[Paragraph, ...]:
    """Return the paragraphs of the study notes, as the ledger counts them."""
    return load_paragraphs()


@cache
def behaviours() -> tuple[Behaviour, ...]:
    """Return every behaviour of the ledger of fidelity, in the order of its topics.

    Examples
    --------
    >>> first = behaviours()[0]
    >>> first.key, first.kind.value
    ('handler-code', 'real')
    """
    return load_behaviours()


@cache
def emulators() -> Emulators:
    """Return the comparison with other emulators.

    Examples
    --------
    >>> [one.head for one in emulators().emulators][1]
    'MiniStack 1.5.33'
    """
    return load_emulators()
