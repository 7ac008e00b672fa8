"""Targets of rules, checked as EventBridge checks them beyond its model.

https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutTargets.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from lambda_lab import facts
from lambda_lab.aws.refused import Refused

__all__ = ["check_targets"]

_INPUTS = ("Input", "InputPath", "InputTransformer")


def check_targets(shape: Any, asked: Mapping[str, Any]) -> None:
    """Refuse targets that a rule cannot have.

    Parameters
    ----------
    shape
        The structure that the operation takes.
    asked
        What came in.
    """
    if shape.name != "PutTargetsRequest":
        return
    if len({target["Id"] for target in asked["Targets"]}) > facts.value("eventbridge.targets"):
        # The text is that of the other services with this code: confidence M.
        raise Refused(
            "LimitExceededException",
            "The requested resource exceeds the maximum number allowed.",
        )
    for target in asked["Targets"]:
        _check_input(target)


def _check_input(target: Mapping[str, Any]) -> None:
    if sum(target.get(name) is not None for name in _INPUTS) > 1:
        raise Refused(
            "ValidationException",  # as users quote it: confidence M
            "Only one of Input, InputPath, or InputTransformer must be provided for target "
            f"{target['Id']}.",
        )
    text, path = target.get("Input"), target.get("InputPath")
    if text is not None and not _is_json(text):
        raise Refused(
            "ValidationException",  # confidence L, as the one below
            f"JSON syntax error in input for target {target['Id']}",
        )
    if path and not path.startswith("$"):
        raise Refused("ValidationException", f"Invalid InputPath for target {target['Id']}.")


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (RecursionError, ValueError):
        return False
    return True
