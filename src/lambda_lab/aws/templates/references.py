"""What the parts of a template refer to: resources, parameters, conditions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

__all__ = ["Reference", "references"]

_IN_TEXT = re.compile(r"\$\{([^!}][^}]*)\}")


class Reference(NamedTuple):
    """One mention of something else.

    Parameters
    ----------
    how
        ``Ref``, ``Fn::GetAtt``, ``Fn::Sub``, ``Condition``, or the name of another function.
    name
        What is mentioned; of other functions nothing.
    """

    how: str
    name: str = ""


def references(part: Any) -> Iterator[Reference]:
    """Yield what *part* of a template mentions, and the functions that it uses.

    Examples
    --------
    >>> [*references({"A": {"Ref": "Queue"}, "B": {"Fn::Sub": "${Topic.Arn}/${!x}"}})]
    [Reference(how='Ref', name='Queue'), Reference(how='Fn::Sub', name='Topic')]
    """
    if isinstance(part, list):
        for item in part:
            yield from references(item)
    if not isinstance(part, dict):
        return
    if len(part) == 1:
        ((key, value),) = part.items()
        if key == "Ref" or key.startswith("Fn::"):
            yield from _of_function(key, value)
            return
    for value in part.values():
        yield from references(value)


def _of_function(key: str, value: Any) -> Iterator[Reference]:
    if key == "Ref":
        yield Reference(key, str(value))
    elif key == "Fn::GetAtt":
        parts = value.split(".", 1) if isinstance(value, str) else value
        if isinstance(parts, list) and parts and isinstance(parts[0], str):
            yield Reference(key, parts[0])
        yield from references(parts)
    elif key == "Fn::Sub":
        own: Any = {}
        text = value
        if isinstance(value, list) and len(value) == 2:
            text, own = value
            yield from references(own)
        for name in _IN_TEXT.findall(text if isinstance(text, str) else ""):
            if name not in (own or {}):
                yield Reference(key, name.strip().split(".")[0])
    else:
        yield Reference(key)
        if key == "Fn::If" and isinstance(value, list) and value and isinstance(value[0], str):
            yield Reference("Condition", value[0])
        yield from references(value)
