"""Answers of RDS's that come in pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto.core.responses import ActionResult

__all__ = ["PAGE", "page"]

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
    begin = int(asked.get("Marker") or 0)
    end = begin + int(asked.get("MaxRecords") or PAGE)
    told: dict[str, Any] = {member: found[begin:end]}
    return ActionResult(told | ({"Marker": str(end)} if end < len(found) else {}))
