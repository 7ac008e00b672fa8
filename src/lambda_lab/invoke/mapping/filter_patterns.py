"""The pattern language of filter criteria: from JSON text to something that can be asked.

A pattern is an object. Each of its keys leads to a further object, or to a list of alternatives
for what stands there. All keys must match; of a list, one alternative must.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html#filtering-syntax

What the page does not list for mappings - ``wildcard``, ``cidr``, operators inside
``anything-but`` - is refused, as AWS refuses what it does not know.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

from lambda_lab.errors import AwsError

__all__ = [
    "OPERATORS",
    "Leaf",
    "Node",
    "Number",
    "Test",
    "anything_but",
    "equals",
    "is_number",
    "is_text",
    "parse_pattern",
    "prefix",
    "suffix",
    "text_of",
]

Test = Callable[[Any], bool]
"""Whether one value of a record - a text, number, boolean or null - is what a pattern wants."""

_LARGEST = Decimal(5_000_000_000)
"""``numeric`` takes values from -5e9 to 5e9: EventBridge User Guide, Comparison operators."""
_DEEPEST = 100
"""Objects within objects that a pattern may have. AWS publishes no bound: confidence L."""
_COMPARISONS: Mapping[str, Callable[[Decimal, Decimal], bool]] = {
    "=": lambda value, bound: value == bound,
    "<": lambda value, bound: value < bound,
    "<=": lambda value, bound: value <= bound,
    ">": lambda value, bound: value > bound,
    ">=": lambda value, bound: value >= bound,
}


class Number(str):
    """A number as it was written. Equality in patterns compares the characters.

    Examples
    --------
    >>> json.loads("3.0e2", parse_float=Number)
    '3.0e2'
    """

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Leaf:
    """The alternatives for one field."""

    tests: tuple[Test, ...]
    absent_matches: bool = False
    """Whether ``{"exists": false}`` is one of them."""


@dataclass(frozen=True, slots=True)
class Node:
    """An object of a pattern: all fields must match, and one alternative of each ``$or``."""

    fields: tuple[tuple[str, Leaf | Node], ...]
    alternatives: tuple[tuple[Node, ...], ...] = ()


def parse_pattern(text: str) -> Node:
    """Read a pattern.

    Raises
    ------
    AwsError
        ``InvalidParameterValueException`` in AWS's words, which do not say what is wrong.

    Examples
    --------
    >>> parse_pattern('{"body": {"city": ["Rome"]}}').fields[0][0]
    'body'
    >>> parse_pattern('{"body": "Rome"}')
    Traceback (most recent call last):
    ...
    lambda_lab.errors.AwsError: InvalidParameterValueException: Invalid filter pattern definition.
    """
    try:
        pattern: Any = json.loads(
            text, parse_int=Number, parse_float=Number, parse_constant=lambda _: _refuse()
        )
        return _node(pattern, 0)
    except (ValueError, RecursionError):
        _refuse()


def text_of(value: Any) -> str:
    """Return a number's characters; one that was read before is written as JSON writes it.

    Examples
    --------
    >>> text_of(Number("3e2")), text_of(300), text_of(300.0)
    ('3e2', '300', '300.0')
    """
    return str(value) if isinstance(value, str | Decimal) else json.dumps(value)


def _refuse() -> NoReturn:
    # As users of AWS report it: confidence M.
    raise AwsError(
        "InvalidParameterValueException",
        "Invalid filter pattern definition.",
        message_key="message",
    )


# -- structure -------------------------------------------------------------------------------------


def _node(pattern: Any, depth: int) -> Node:
    # An empty object would match everything by accident; the rules of EventBridge refuse it.
    if not isinstance(pattern, dict) or not pattern or depth > _DEEPEST:
        _refuse()
    fields: list[tuple[str, Leaf | Node]] = []
    alternatives: list[tuple[Node, ...]] = []
    for key, value in pattern.items():
        if key == "$or" and _is_relation(value):
            alternatives.append(tuple(_node(one, depth + 1) for one in value))
        else:
            below = _leaf(value) if isinstance(value, list) else _node(value, depth + 1)
            fields.append((key, below))
    return Node(tuple(fields), tuple(alternatives))


def _is_relation(value: Any) -> bool:
    """Whether ``$or`` joins patterns; otherwise it is a field of that name.

    As the open source of EventBridge's rules reads it: two objects or more, none an operator.
    """
    if not isinstance(value, list) or len(value) < 2:
        return False
    return all(isinstance(one, dict) and one and not one.keys() & OPERATORS.keys() for one in value)


def _leaf(alternatives: list[Any]) -> Leaf:
    if not alternatives:
        _refuse()
    absent = False
    tests: list[Test] = []
    for one in alternatives:
        if isinstance(one, dict) and one.get("exists") is False and len(one) == 1:
            absent = True
        else:
            tests.append(_test(one))
    return Leaf(tuple(tests), absent)


def _test(alternative: Any) -> Test:
    if isinstance(alternative, list):
        _refuse()
    if not isinstance(alternative, dict):
        return equals(alternative)
    if len(alternative) != 1:
        _refuse()
    ((operator, operand),) = alternative.items()
    make = OPERATORS.get(operator)
    if make is None:
        _refuse()
    return make(operand)


# -- operators -------------------------------------------------------------------------------------


def is_number(value: Any) -> bool:
    """Whether *value* is a number of JSON: a boolean is none, and neither is a text."""
    return isinstance(value, Number) or (
        isinstance(value, int | float | Decimal) and not isinstance(value, bool)
    )


def is_text(value: Any) -> bool:
    """Whether *value* is a text of JSON."""
    return isinstance(value, str) and not isinstance(value, Number)


def equals(wanted: Any) -> Test:
    """Test for one value. Numbers are compared as they are written: ``300`` is not ``3e2``."""
    if is_number(wanted):
        written = text_of(wanted)
        return lambda value: is_number(value) and text_of(value) == written
    if is_text(wanted):
        return lambda value: is_text(value) and value == wanted
    return lambda value: value is wanted  # null, true, false


def _text(operand: Any) -> str:
    if not is_text(operand):
        _refuse()
    return str(operand)


def _ignoring_case(operand: Any) -> Test:
    wanted = _text(operand).casefold()
    return lambda value: is_text(value) and value.casefold() == wanted


def prefix(operand: Any) -> Test:
    """Test for a text that begins so."""
    wanted = _text(operand)
    return lambda value: is_text(value) and value.startswith(wanted)


def suffix(operand: Any) -> Test:
    """Test for a text that ends so."""
    wanted = _text(operand)
    return lambda value: is_text(value) and value.endswith(wanted)


def _exists(operand: Any) -> Test:
    if operand is not True:  # false is no test of a value: see _leaf
        _refuse()
    return lambda value: True


def anything_but(operand: Any) -> Test:
    """Test for a value that is none of these texts, or none of these numbers."""
    unwanted = operand if isinstance(operand, list) else [operand]
    texts = [is_text(one) for one in unwanted]
    numbers = [is_number(one) for one in unwanted]
    if not unwanted or not (all(texts) or all(numbers)):
        _refuse()
    tests = [equals(one) for one in unwanted]
    return lambda value: not any(test(value) for test in tests)


def _numeric(operand: Any) -> Test:
    if not isinstance(operand, list) or len(operand) not in (2, 4):
        _refuse()
    symbols, bounds = operand[::2], operand[1::2]
    # One comparison; or two that make a range, from below to above.
    ranges = len(symbols) == 1 or (symbols[0] in (">", ">=") and symbols[1] in ("<", "<="))
    if not all(is_text(symbol) and symbol in _COMPARISONS for symbol in symbols) or not ranges:
        _refuse()
    if not all(is_number(bound) for bound in bounds):
        _refuse()
    limits = [limit for limit in map(_decimal, bounds) if limit is not None]
    if len(limits) != len(bounds) or (len(limits) == 2 and limits[0] >= limits[1]):
        _refuse()
    steps = [(_COMPARISONS[symbol], limit) for symbol, limit in zip(symbols, limits, strict=True)]

    def test(value: Any) -> bool:
        number = _decimal(value) if is_number(value) else None
        return number is not None and all(holds(number, limit) for holds, limit in steps)

    return test


def _decimal(value: Any) -> Decimal | None:
    """Return a number that ``numeric`` can compare, or ``None``."""
    try:
        number = Decimal(text_of(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number) <= _LARGEST else None


OPERATORS: Mapping[str, Callable[[Any], Test]] = {
    "anything-but": anything_but,
    "equals-ignore-case": _ignoring_case,
    "exists": _exists,
    "numeric": _numeric,
    "prefix": prefix,
    "suffix": suffix,
}
"""What makes a test of an operator's operand, by the operator's name."""
