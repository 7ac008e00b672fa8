"""Event patterns of rules: which events of a bus a rule is for.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html

The language is that of an event source mapping's filters, and more: ``wildcard``, ``cidr``,
operators inside ``anything-but``, and ``prefix`` and ``suffix`` without regard to case. moto's own
matcher takes an operator it does not know for one that matches everything, does not look into
lists of objects, and takes ``true`` for 1.
"""

from __future__ import annotations

import functools
import ipaddress
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from lambda_lab.errors import AwsError, LabError
from lambda_lab.invoke.mapping import filter_patterns as common
from lambda_lab.invoke.mapping.filter_patterns import Leaf, Node, Number, Test, is_text
from lambda_lab.invoke.mapping.filters import Filters

__all__ = ["EventPatternError", "check_event_pattern", "matches"]

_DEEPEST = 100
"""Objects within objects. AWS publishes no bound: confidence L."""
_RELATION = 2
"""``$or`` joins at least two patterns."""


class EventPatternError(LabError):
    """A text that is no event pattern. The message is the reason, worded close to AWS's."""


class _BusPattern(Filters):
    """One pattern of a rule; events are held against it as records are against filters."""

    def __init__(self, text: str) -> None:
        super().__init__([text], _parse)


def check_event_pattern(text: str) -> None:
    """Check the ``EventPattern`` of a rule.

    Raises
    ------
    EventPatternError
        If it is none.

    Examples
    --------
    >>> check_event_pattern('{"source": [{"wildcard": "shop.*"}]}')
    >>> check_event_pattern('{"source": "shop"}')
    Traceback (most recent call last):
    ...
    lambda_lab.aws.pushes.event_patterns.EventPatternError: 'source' must be an object or an array
    """
    _pattern(text)


def matches(text: str, event: Mapping[str, Any]) -> bool:
    """Whether *event* is one that the pattern *text* asks for.

    Raises
    ------
    EventPatternError
        If *text* is no pattern.

    Examples
    --------
    >>> event = {"source": "shop", "detail": {"price": 12, "city": "Rome"}}
    >>> matches('{"detail": {"price": [{"numeric": [">", 10]}]}}', event)
    True
    >>> matches('{"detail": {"city": [{"anything-but": {"prefix": "Ro"}}]}}', event)
    False
    """
    return _pattern(text).keeps(event)


@functools.lru_cache(maxsize=512)
def _pattern(text: str) -> _BusPattern:
    return _BusPattern(text)


def _parse(text: str) -> Node:
    try:
        pattern: Any = json.loads(
            text, parse_int=Number, parse_float=Number, parse_constant=_no_constant
        )
    except (ValueError, RecursionError):
        raise EventPatternError("Filter is not valid JSON") from None
    if not isinstance(pattern, dict):
        raise EventPatternError("Filter is not an object")
    try:
        return _node(pattern, 0)
    except AwsError:
        # What the common operators refuse, they refuse in Lambda's words.
        raise EventPatternError("A match expression has a value that it cannot have") from None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is Python's, not JSON")


# -- structure -------------------------------------------------------------------------------------


def _node(pattern: Mapping[str, Any], depth: int) -> Node:
    if not pattern:
        raise EventPatternError("Empty objects are not allowed")
    if depth > _DEEPEST:
        raise EventPatternError("Event pattern has too many levels")
    fields: list[tuple[str, Leaf | Node]] = []
    alternatives: list[tuple[Node, ...]] = []
    for key, value in pattern.items():
        if key == "$or" and _is_relation(value):
            alternatives.append(tuple(_node(one, depth + 1) for one in value))
        elif isinstance(value, list):
            fields.append((key, _leaf(value)))
        elif isinstance(value, dict):
            fields.append((key, _node(value, depth + 1)))
        else:
            raise EventPatternError(f"'{key}' must be an object or an array")
    return Node(tuple(fields), tuple(alternatives))


def _is_relation(value: Any) -> bool:
    """Whether ``$or`` joins patterns; otherwise it is a field of that name."""
    return (
        isinstance(value, list)
        and len(value) >= _RELATION
        and all(isinstance(one, dict) and one and not one.keys() & _OPERATORS for one in value)
    )


def _leaf(alternatives: list[Any]) -> Leaf:
    if not alternatives:
        raise EventPatternError("Empty arrays are not allowed")
    wanted = [one for one in alternatives if one != {"exists": False}]
    return Leaf(tuple(map(_test, wanted)), absent_matches=len(wanted) < len(alternatives))


def _test(alternative: Any) -> Test:
    if isinstance(alternative, list):
        raise EventPatternError("Match value must be String, number, true, false, or null")
    if not isinstance(alternative, dict):
        return common.equals(alternative)
    if len(alternative) != 1:
        raise EventPatternError("Only one key allowed in match expression")
    ((operator, operand),) = alternative.items()
    make = _OPERATORS.get(operator)
    if make is None:
        raise EventPatternError(f"Unrecognized match type {operator}")
    return make(operand)


# -- operators that only a bus has -----------------------------------------------------------------


def _prefix(operand: Any) -> Test:
    if not isinstance(operand, dict):
        return common.prefix(operand)
    start = _ignoring_case("prefix", operand)
    return lambda value: is_text(value) and value.casefold().startswith(start)


def _suffix(operand: Any) -> Test:
    if not isinstance(operand, dict):
        return common.suffix(operand)
    end = _ignoring_case("suffix", operand)
    return lambda value: is_text(value) and value.casefold().endswith(end)


def _ignoring_case(operator: str, operand: Mapping[str, Any]) -> str:
    wanted = operand.get("equals-ignore-case")
    if len(operand) != 1 or not is_text(wanted):
        raise EventPatternError(f"{operator} match pattern must be a string")
    return str(wanted).casefold()


def _wildcard(operand: Any) -> Test:
    if not is_text(operand):
        raise EventPatternError("wildcard match pattern must be a string")
    if re.search(r"(?<!\\)\*\*", operand):
        raise EventPatternError("Consecutive wildcard characters")
    tokens = re.findall(r"\\[*\\]|[^\\]|\\", operand, re.DOTALL)
    parts = [".*" if token == "*" else re.escape(token[-1]) for token in tokens]
    expression = re.compile("".join(parts), re.DOTALL)
    return lambda value: is_text(value) and expression.fullmatch(value) is not None


def _cidr(operand: Any) -> Test:
    try:
        network = ipaddress.ip_network(operand if is_text(operand) else "", strict=False)
    except ValueError:
        raise EventPatternError("Malformed CIDR, one '/' required") from None

    def test(value: Any) -> bool:
        try:
            return is_text(value) and ipaddress.ip_address(value) in network
        except ValueError:
            return False

    return test


def _anything_but(operand: Any) -> Test:
    if not isinstance(operand, dict):
        return common.anything_but(operand)
    if len(operand) != 1:
        raise EventPatternError("Only one key allowed in match expression")
    ((operator, unwanted),) = operand.items()
    make = _INSIDE_ANYTHING_BUT.get(operator)
    if make is None:
        raise EventPatternError(f"Unsupported anything-but pattern: {operator}")
    values = unwanted if isinstance(unwanted, list) else [unwanted]
    if not values or not all(is_text(one) for one in values):
        raise EventPatternError("Inside anything-but, values must be strings")
    tests = [make(one) for one in values]
    return lambda value: not any(test(value) for test in tests)


_OPERATORS: Mapping[str, Callable[[Any], Test]] = {
    **common.OPERATORS,
    "anything-but": _anything_but,
    "cidr": _cidr,
    "prefix": _prefix,
    "suffix": _suffix,
    "wildcard": _wildcard,
}
_INSIDE_ANYTHING_BUT: Mapping[str, Callable[[Any], Test]] = {
    "equals-ignore-case": common.OPERATORS["equals-ignore-case"],
    "prefix": _prefix,
    "suffix": _suffix,
    "wildcard": _wildcard,
}
