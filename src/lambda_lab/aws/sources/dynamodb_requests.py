"""What clients write to moto's tables, checked as DynamoDB checks it beyond its model.

Codes are `ValidationException` throughout. Texts are as users of AWS quote them: confidence M,
where a comment does not say less.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any

from lambda_lab.aws.refused import Refused

__all__ = ["check_keys", "what_dynamodb_says"]

DIGITS = 38
"""https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html"""
_TABLE_NAME = re.compile(r"[a-zA-Z0-9_.-]+")
_SHORTEST, _LONGEST = 3, 255
_EXPRESSIONS = (
    "ConditionExpression",
    "FilterExpression",
    "KeyConditionExpression",
    "ProjectionExpression",
    "UpdateExpression",
)
_PLACEHOLDER = re.compile(r"[:#][A-Za-z0-9_]+")
_INVALID = "One or more parameter values were invalid: "
_DATATYPES = "must contain exactly one of the supported datatypes"
_SETS: Mapping[str, str] = MappingProxyType({"SS": "string", "NS": "number", "BS": "binary"})


def what_dynamodb_says(shape: Any, asked: Mapping[str, Any]) -> str | None:
    """Return what is wrong with a request that keeps the model's rules; ``None``: nothing.

    Parameters
    ----------
    shape
        The structure that the operation takes.
    asked
        What came in.
    """
    checks = (_about_table, _about_expressions, _about_requests)
    for check in checks:
        text = check(shape, asked)
        if text is not None:
            return text
    return next(_about_values(shape, asked), None)


def check_keys(tables: Mapping[str, Any], asked: Mapping[str, Any]) -> None:
    """Refuse a key that is none of its table.

    Parameters
    ----------
    tables
        moto's, by name.
    asked
        What came in.
    """
    table = tables.get(str(asked.get("TableName", "")).rpartition("/")[2])
    if table is None:
        return  # moto says so
    kinds = {table.hash_key_attr: table.hash_key_type, table.range_key_attr: table.range_key_type}
    kinds.pop(None, None)
    key, start = asked.get("Key"), asked.get("ExclusiveStartKey")
    if key is not None and {name: next(iter(key[name])) for name in key} != kinds:
        raise Refused("ValidationException", "The provided key element does not match the schema")
    if start is not None and not kinds.keys() <= start.keys():
        raise Refused("ValidationException", "The provided starting key is invalid")


def _about_table(shape: Any, asked: Mapping[str, Any]) -> str | None:
    name = asked.get("TableName", "")
    if shape.name != "CreateTableInput" or name.startswith("arn:"):
        return None
    if not _SHORTEST <= len(name) <= _LONGEST:
        return (
            f"TableName must be at least {_SHORTEST} characters long and at most {_LONGEST} "
            "characters long"
        )
    if _TABLE_NAME.fullmatch(name) is None:
        return (
            f"1 validation error detected: Value '{name}' at 'tableName' failed to satisfy "
            f"constraint: Member must satisfy regular expression pattern: {_TABLE_NAME.pattern}"
        )
    return None


# -- expressions -----------------------------------------------------------------------------------


def _about_expressions(shape: Any, asked: Mapping[str, Any]) -> str | None:
    if "ExpressionAttributeValues" not in shape.members:
        return None
    named, valued = (asked.get(f"ExpressionAttribute{kind}") for kind in ("Names", "Values"))
    there = [name for name in _EXPRESSIONS if asked.get(name) is not None]
    for kind, given in (("Names", named), ("Values", valued)):
        if given and not there:
            return f"ExpressionAttribute{kind} can only be specified when using expressions"
    for name in there:
        text = _about_expression(name, asked[name], named or {}, valued or {})
        if text is not None:
            return f"Invalid {name}: {text}"
    return None


def _about_expression(
    which: str, expression: str, named: Mapping[str, Any], valued: Mapping[str, Any]
) -> str | None:
    if not expression.strip():
        return "The expression can not be empty;"
    for placeholder in _PLACEHOLDER.findall(expression):
        if placeholder[0] == "#" and placeholder not in named:
            return (
                "An expression attribute name used in the document path is not defined; "
                f"attribute name: {placeholder}"
            )
        if placeholder[0] == ":" and placeholder not in valued:
            return (
                "An expression attribute value used in expression is not defined; "
                f"attribute value: {placeholder}"
            )
    if which in ("ConditionExpression", "FilterExpression"):
        return _about_syntax(expression, named, valued)
    return None


def _about_syntax(
    expression: str, named: Mapping[str, Any], valued: Mapping[str, Any]
) -> str | None:
    from moto.dynamodb.comparisons import get_filter_expression

    try:
        get_filter_expression(expression, dict(named), dict(valued))
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        # AWS names the token and what is near it; moto's parser does not know them.
        return "Syntax error"
    return None


# -- values ----------------------------------------------------------------------------------------


def _about_requests(shape: Any, asked: Mapping[str, Any]) -> str | None:
    """Look at batches and transactions: each entry names one thing to do."""
    if shape.name == "BatchWriteItemInput":
        entries = [entry for table in asked["RequestItems"].values() for entry in table]
        if any(len(entry) != 1 for entry in entries):
            return (
                "Supplied AttributeValue has more than one datatypes set, must contain exactly "
                "one of the supported datatypes"
                if any(len(entry) > 1 for entry in entries)
                # Confidence L, as the one above.
                else f"{_INVALID}A write request must hold a PutRequest or a DeleteRequest"
            )
    if shape.name == "TransactWriteItemsInput" and any(
        len(entry) != 1 for entry in asked["TransactItems"]
    ):
        return "TransactItems can only contain one of Check, Put, Update or Delete"
    return None


def _about_values(shape: Any, value: Any) -> Iterator[str]:
    """Say what is wrong with each attribute value in a request."""
    if value is None:
        return
    if shape.name == "AttributeValue":
        yield from _about_value(value)
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            if name in value:
                yield from _about_values(member, value[name])
    elif shape.type_name == "list" and shape.member.type_name in _NESTING:
        for item in value:
            yield from _about_values(shape.member, item)
    elif shape.type_name == "map" and shape.value.type_name in _NESTING:
        for item in value.values():
            yield from _about_values(shape.value, item)


_NESTING = ("structure", "list", "map")


def _about_value(value: Mapping[str, Any]) -> Iterator[str]:
    if not value:
        yield f"Supplied AttributeValue is empty, {_DATATYPES}"
        return
    if len(value) > 1:
        yield f"Supplied AttributeValue has more than one datatypes set, {_DATATYPES}"
        return
    ((kind, held),) = value.items()
    check = _OF_KIND.get(kind)
    text = check(kind, held) if check else None
    if text is not None:
        yield text


def _about_null(kind: str, held: Any) -> str | None:
    del kind
    return None if held else f"{_INVALID}Null attribute value types must have the value of true"


def _about_number(kind: str, held: Any) -> str | None:
    del kind
    try:
        number = Decimal(held)
    except InvalidOperation:
        shown = f": {held}" if held else ""
        return f"The parameter cannot be converted to a numeric value{shown}"
    if not number.is_finite():
        return f"The parameter cannot be converted to a numeric value: {held}"
    digits = "".join(map(str, number.as_tuple().digits)).strip("0")
    if len(digits) > DIGITS:
        return f"Attempting to store more than {DIGITS} significant digits in a Number"
    return None


def _about_set(kind: str, held: Any) -> str | None:
    if not held:
        # Two blanks: so AWS writes it.
        return f"{_INVALID}An {_SETS[kind]} set  may not be empty"
    if len({*held}) != len(held):
        return f"{_INVALID}Input collection [{', '.join(map(str, held))}] contains duplicates."
    if kind == "NS":
        return next(filter(None, (_about_number("N", one) for one in held)), None)
    return None


_OF_KIND: Mapping[str, Callable[[str, Any], str | None]] = MappingProxyType(
    {"N": _about_number, "NULL": _about_null, **dict.fromkeys(_SETS, _about_set)}
)
