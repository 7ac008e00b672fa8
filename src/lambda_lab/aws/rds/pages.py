"""Answers of RDS's that come in pages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from moto.core.responses import ActionResult

from lambda_lab.errors import AwsError

__all__ = ["PAGE", "first_of", "page", "wrong_marker"]

PAGE = 100
"""Records on a page of RDS's, unless ``MaxRecords`` says otherwise."""


def page(asked: Mapping[str, Any], member: str, found: list[Any]) -> ActionResult:
    """Return the part of *found* that was asked for, as an answer.

    Parameters
    ----------
    asked
        Parameters of the request; ``Marker`` and ``MaxRecords`` count.
    member
        The list's name in the answer.
    found
        All of it.
    """
    begin = first_of(asked)
    end = begin + int(asked.get("MaxRecords") or PAGE)
    told: dict[str, Any] = {member: found[begin:end]}
    return ActionResult(told | ({"Marker": str(end)} if end < len(found) else {}))


def first_of(asked: Mapping[str, Any]) -> int:
    """Return where the page begins that a request asks for."""
    marker = str(asked.get("Marker") or 0)
    if re.fullmatch("[0-9]{1,9}", marker) is None:
        raise wrong_marker(marker)
    return int(marker)


def wrong_marker(marker: object) -> AwsError:
    """Return RDS's refusal of a marker that no answer had; its words are confidence L."""
    return AwsError("InvalidParameterValue", f"The marker {marker} is not valid.")
