"""The rules of the service model's shapes, in the words AWS uses when one is broken."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from lambda_lab.aws.model import service_model

__all__ = ["RECORDED_ENUMS", "RECORDED_PATTERNS", "Constraint", "constraints_of", "rules_of"]

RECORDED_ENUMS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"RecursiveLoop": ("Terminate", "Allow")}
)
"""Enums that AWS prints in another order than its model lists them."""

RECORDED_PATTERNS: Mapping[str, str] = MappingProxyType(
    {
        "TaggableResource": (
            r"arn:(aws[a-zA-Z-]*):lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:"
            r"\d{12}:(function:[a-zA-Z0-9-_]+(:(\$LATEST|[a-zA-Z0-9-_]+))?|layer:([a-zA-Z0-9-_]+)"
            r"|code-signing-config:csc-[a-z0-9]{17}|event-source-mapping:[0-9a-fA-F]{8}-[0-9a-fA-F]"
            r"{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}|capacity-provider:[a-zA-Z0-9-_]+)"
        )
    }
)
"""Patterns that AWS prints otherwise than its model has them; a match with either one is valid."""


@dataclass(frozen=True, slots=True)
class Constraint:
    """One rule about one value."""

    text: str
    """AWS's words, for example ``Member must have value greater than or equal to 1``."""
    holds: Callable[[Any], bool]
    """Whether a value that is not null keeps the rule."""


@functools.cache
def constraints_of(shape_name: str, maximum: int | None = None) -> tuple[Constraint, ...]:
    """Return the rules of one shape of Lambda's, in the order AWS prints them.

    Parameters
    ----------
    shape_name
        Name of a shape of the service model.
    maximum
        A bound that takes the place of the model's.

    Examples
    --------
    >>> [rule.text for rule in constraints_of("Timeout", 900)]  # doctest: +NORMALIZE_WHITESPACE
    ['Member must have value less than or equal to 900',
     'Member must have value greater than or equal to 1']
    """
    return rules_of(service_model().shape_for(shape_name), maximum)


def rules_of(shape: Any, maximum: int | None = None) -> tuple[Constraint, ...]:
    """Return the rules of a shape of any service, in the order AWS prints them.

    Parameters
    ----------
    shape
        botocore's.
    maximum
        A bound that takes the place of the model's.
    """
    metadata = shape.metadata
    limits = tuple(
        (name, tuple(metadata[name]) if name == "enum" else metadata[name])
        for name in ("enum", "max", "min", "pattern")
        if name in metadata
    )
    if maximum is not None:
        limits += (("max", maximum),)
    return _rules(shape.name, shape.type_name, limits) if limits else ()


@functools.lru_cache(maxsize=4096)
def _rules(
    shape_name: str, type_name: str, bounds: tuple[tuple[str, Any], ...]
) -> tuple[Constraint, ...]:
    limits = dict(bounds)
    rules: list[Constraint] = []
    if "enum" in limits:
        rules.append(_enum(shape_name, limits["enum"]))
    sized = type_name in ("string", "blob", "list", "map")
    measure: Callable[[Any], Any] = len if sized else _same
    what = "length" if sized else "value"
    if "max" in limits:
        rules.append(_at_most(what, measure, limits["max"]))
    if "min" in limits:
        rules.append(_at_least(what, measure, limits["min"]))
    if "pattern" in limits:
        rules.append(_pattern(shape_name, limits["pattern"]))
    return tuple(rules)


def _same(value: Any) -> Any:
    return value


def _enum(shape_name: str, values: Sequence[str]) -> Constraint:
    allowed = frozenset(values)
    shown = ", ".join(RECORDED_ENUMS.get(shape_name, values))
    return Constraint(f"Member must satisfy enum value set: [{shown}]", lambda v: v in allowed)


def _at_most(what: str, measure: Callable[[Any], Any], bound: int) -> Constraint:
    text = f"Member must have {what} less than or equal to {bound}"
    return Constraint(text, lambda value: measure(value) <= bound)


def _at_least(what: str, measure: Callable[[Any], Any], bound: int) -> Constraint:
    text = f"Member must have {what} greater than or equal to {bound}"
    return Constraint(text, lambda value: measure(value) >= bound)


def _pattern(shape_name: str, pattern: str) -> Constraint:
    shown = RECORDED_PATTERNS.get(shape_name, pattern)
    tries = [_compile(each) for each in dict.fromkeys((pattern, shown))]
    return Constraint(
        f"Member must satisfy regular expression pattern: {shown}",
        lambda value: any(each.fullmatch(value) for each in tries),
    )


def _compile(pattern: str) -> re.Pattern[str]:
    r"""Compile one of the model's patterns, which are Java's, for Python.

    Python has no ``\p{L}``. Tag keys and values alone use it, always as ``\p{L}\p{Z}\p{N}_``:
    letters, numbers and underscore are Python's ``\w``, and ``\p{Z}`` is a short list. Everywhere
    else ``\d`` and ``\s`` mean ASCII, as in Java. What Python still cannot read - three patterns of
    other services, of nothing that concerns Lambda - refuses nothing.
    """
    try:
        return _translated(pattern)
    except re.error:
        return re.compile(r"[\s\S]*")


def _translated(pattern: str) -> re.Pattern[str]:
    if r"\p{" not in pattern:
        return re.compile(pattern, re.ASCII)
    separators = r" \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
    for java, python in ((r"\p{L}", r"\w"), (r"\p{N}", r"\w"), (r"\p{Z}", separators)):
        pattern = pattern.replace(java, python)
    return re.compile(pattern)
