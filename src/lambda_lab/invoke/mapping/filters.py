"""Filter criteria: which records of a source a mapping hands to its function.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from lambda_lab.invoke.mapping.filter_patterns import Leaf, Node, Number, parse_pattern

__all__ = ["Filters", "check_pattern", "decoded"]


def check_pattern(text: str) -> None:
    """Check one ``Pattern`` of ``FilterCriteria``.

    Raises
    ------
    AwsError
        ``InvalidParameterValueException`` if it is not a pattern.

    Examples
    --------
    >>> check_pattern('{"body": {"price": [{"numeric": [">", 10]}]}}')
    """
    parse_pattern(text)


def decoded(data: str | bytes) -> Any:
    """Return a record's data as filters look at it.

    An object or a list of JSON is read; anything else stays a text, which only a pattern that asks
    for a text can match. Numbers keep their characters, because patterns compare those.

    Parameters
    ----------
    data
        The body of a message, or the decoded data of a stream's record.

    Examples
    --------
    >>> decoded('{"price": 3.0e2}')
    {'price': '3.0e2'}
    >>> decoded("plain"), decoded("{broken")
    ('plain', '{broken')
    """
    text = data.decode(errors="replace") if isinstance(data, bytes) else data
    try:
        value: Any = json.loads(
            text, parse_int=Number, parse_float=Number, parse_constant=_no_constant
        )
    except (ValueError, RecursionError):
        return text
    return value if isinstance(value, dict | list) else text


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is Python's, not JSON")


class Filters:
    """The filters of one mapping. A record is kept if one of them matches, or if there is none.

    Parameters
    ----------
    patterns
        JSON texts, as :func:`check_pattern` takes them.
    parse
        Reads one text; event buses know more operators than mappings.

    Raises
    ------
    AwsError
        If one of them is not a pattern.

    Examples
    --------
    >>> filters = Filters(['{"body": {"city": ["Rome"], "heat": [{"numeric": [">", 30]}]}}'])
    >>> filters.keeps({"messageId": "1", "body": decoded('{"city": "Rome", "heat": 31}')})
    True
    >>> filters.keeps({"messageId": "2", "body": decoded('{"city": "Rome", "heat": 30}')})
    False
    >>> Filters([]).keeps({})
    True
    """

    def __init__(
        self, patterns: Sequence[str], parse: Callable[[str], Node] = parse_pattern
    ) -> None:
        self._patterns = [parse(text) for text in patterns]

    def __bool__(self) -> bool:
        """Whether there is anything to match."""
        return bool(self._patterns)

    def keeps(self, document: Any) -> bool:
        """Whether the function shall see a record.

        Parameters
        ----------
        document
            The record as the event would have it, its data (``body``, ``data``, ``dynamodb``)
            as :func:`decoded` returns it.
        """
        if not self._patterns:
            return True
        return any(_Match(document).holds(pattern) for pattern in self._patterns)


class _Match:
    """One record against patterns.

    Lists of a record stand for each of their elements. What a pattern says about several fields of
    one object must hold for one and the same element.
    """

    def __init__(self, document: Any) -> None:
        self._document = document

    def holds(self, pattern: Node) -> bool:
        return self._node(pattern, self._document, ())

    def _node(self, pattern: Node, value: Any, path: tuple[str, ...]) -> bool:
        if isinstance(value, list):
            objects: list[Any] = [one for one in _flat(value) if isinstance(one, dict)]
            return any(self._node(pattern, one, path) for one in objects or [_NOTHING])
        found = value if isinstance(value, dict) else {}
        return all(
            self._field(wanted, found.get(key, _NOTHING), (*path, key))
            for key, wanted in pattern.fields
        ) and all(
            any(self._node(one, value, path) for one in alternatives)
            for alternatives in pattern.alternatives
        )

    def _field(self, wanted: Leaf | Node, value: Any, path: tuple[str, ...]) -> bool:
        if isinstance(wanted, Node):
            return self._node(wanted, value, path)
        values = _flat(value) if isinstance(value, list) else [value]
        leaves = [one for one in values if one is not _NOTHING and not isinstance(one, dict)]
        if any(test(leaf) for leaf in leaves for test in wanted.tests):
            return True
        return wanted.absent_matches and not _has_leaf(self._document, path)


_NOTHING = object()
"""Stands where a record has no such field; null is something else."""


def _flat(values: list[Any]) -> list[Any]:
    """Return the elements of a list, and those of the lists in it."""
    flat: list[Any] = []
    waiting = list(reversed(values))
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting.extend(reversed(one))
        else:
            flat.append(one)
    return flat


def _has_leaf(value: Any, path: tuple[str, ...]) -> bool:
    """Whether a record has a value at *path* that is no object. ``exists`` knows leaves only."""
    for one in _flat(value) if isinstance(value, list) else [value]:
        if not path:
            if not isinstance(one, dict):
                return True
        elif isinstance(one, dict) and path[0] in one and _has_leaf(one[path[0]], path[1:]):
            return True
    return False
