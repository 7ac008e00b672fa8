"""A stack's parameters: what the template asks for, and what the caller gave.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lambda_lab.aws.templates.reading import invalid

__all__ = ["as_list", "check_parameters"]

_KINDS = re.compile(
    r"String|Number|List<Number>|CommaDelimitedList|AWS::[\w:<>]+|List<(String|AWS::[\w:]+)>"
)


def check_parameters(template: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """Refuse parameters that CloudFormation would refuse.

    Raises
    ------
    Refused
        In CloudFormation's words.

    Examples
    --------
    >>> size = {"Type": "Number", "MaxValue": 8}
    >>> try:
    ...     check_parameters({"Parameters": {"Size": size}}, {"Size": "9"})
    ... except Exception as refusal:
    ...     print(refusal.message)
    Parameter 'Size' must be a number not greater than 8
    """
    slots = template.get("Parameters") or {}
    for slot in slots.values():
        kind = slot.get("Type")
        if not isinstance(kind, str):
            raise invalid(
                "Template format error: Every Parameters object must contain a Type member."
            )
        if not _KINDS.fullmatch(kind):
            raise invalid(f"Template format error: Unrecognized parameter type: {kind}")
    strange = [name for name in given if name not in slots]
    if strange:
        raise invalid(f"Parameters: [{', '.join(strange)}] do not exist in the template")
    values = {name: given.get(name, slot.get("Default")) for name, slot in slots.items()}
    absent = [name for name, value in values.items() if value is None]
    if absent:
        raise invalid(f"Parameters: [{', '.join(absent)}] must have values")
    for name, value in values.items():
        problem = _problem(name, slots[name], value)
        if problem is not None:
            told = slots[name].get("ConstraintDescription")
            raise invalid(f"Parameter {name} failed to satisfy constraint: {told}" if told else
                          problem)  # fmt: skip


def as_list(slot: Mapping[str, Any], value: Any) -> Any:
    """Return a parameter's value, split where it is of a kind that is a list."""
    kind = str(slot.get("Type"))
    is_list = kind == "CommaDelimitedList" or kind.startswith("List<")
    return value.split(",") if is_list and isinstance(value, str) else value


def _problem(name: str, slot: Mapping[str, Any], value: Any) -> str | None:
    kind, allowed = slot["Type"], slot.get("AllowedValues")
    if kind.startswith("AWS::SSM::"):
        return None
    texts = [str(one).strip() for one in [as_list(slot, value)]]
    if isinstance(as_list(slot, value), list):
        texts = [str(one).strip() for one in as_list(slot, value)]
    for text in texts:
        if allowed and text not in [_written(one) for one in allowed]:
            return f"Parameter '{name}' must be one of AllowedValues"
        problem = _number(slot, text) if "Number" in kind else _text(slot, text)
        if problem is not None:
            return f"Parameter '{name}' {problem}"
    return None


def _written(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _number(slot: Mapping[str, Any], text: str) -> str | None:
    try:
        number = float(text)
    except ValueError:
        return "must be a number"
    if "MinValue" in slot and number < float(slot["MinValue"]):
        return f"must be a number not less than {slot['MinValue']}"
    if "MaxValue" in slot and number > float(slot["MaxValue"]):
        return f"must be a number not greater than {slot['MaxValue']}"
    return None


def _text(slot: Mapping[str, Any], text: str) -> str | None:
    if "MinLength" in slot and len(text) < int(slot["MinLength"]):
        return f"must contain at least {slot['MinLength']} characters"
    if "MaxLength" in slot and len(text) > int(slot["MaxLength"]):
        return f"must contain at most {slot['MaxLength']} characters"
    pattern = slot.get("AllowedPattern")
    if pattern is not None and not re.fullmatch(str(pattern), text):
        return f"must match pattern {pattern}"
    return None
