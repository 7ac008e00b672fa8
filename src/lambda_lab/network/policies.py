"""What the policy of a VPC endpoint lets through.

A policy speaks to the service, not to packets: a call that it refuses arrives, and is answered with
AccessDenied. Conditions are not modelled: a statement that has one counts for nothing here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Any

__all__ = ["policy_allows"]


def policy_allows(policy: str, action: str | None, resource: str | None) -> bool:
    """Whether an endpoint's policy lets a call through. An empty policy lets all through.

    Parameters
    ----------
    policy
        The policy document, as JSON.
    action, resource
        Such as ``s3:GetObject`` and an ARN. None asks whether any call could pass.

    Examples
    --------
    >>> only = '{"Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]}'
    >>> policy_allows(only, "s3:GetObject", "arn:aws:s3:::b/k")
    True
    >>> policy_allows(only, "s3:PutObject", "arn:aws:s3:::b/k")
    False
    """
    if not policy:
        return True
    statements = _statements(policy)
    if any(_is(one, "Deny") and _covers(one, action, resource, all_of=True) for one in statements):
        return False
    return any(_is(one, "Allow") and _covers(one, action, resource) for one in statements)


def _statements(policy: str) -> list[dict[str, Any]]:
    """Return the statements; of a document that cannot be read, none."""
    try:
        document = json.loads(policy)
    except ValueError:
        return []
    found = document.get("Statement", []) if isinstance(document, dict) else []
    listed = found if isinstance(found, list) else [found]
    return [one for one in listed if isinstance(one, dict)]


def _is(statement: dict[str, Any], effect: str) -> bool:
    return statement.get("Effect") == effect and not statement.get("Condition")


def _covers(
    statement: dict[str, Any], action: str | None, resource: str | None, *, all_of: bool = False
) -> bool:
    """Whether a statement is about the call; with *all_of*, about all calls if none is named."""
    return _part(statement, "Action", action, all_of, fold=True) and _part(
        statement, "Resource", resource, all_of, fold=False
    )


def _part(
    statement: dict[str, Any], name: str, wanted: str | None, all_of: bool, fold: bool
) -> bool:
    if f"Not{name}" in statement:
        patterns = _texts(statement[f"Not{name}"])
        return not all_of if wanted is None else not _match(patterns, wanted, fold)
    patterns = _texts(statement.get(name, ()))
    if wanted is None:
        return "*" in patterns if all_of else bool(patterns)
    return _match(patterns, wanted, fold)


def _texts(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else [str(one) for one in value]


def _match(patterns: Iterable[str], text: str, fold: bool) -> bool:
    # Actions do not mind upper and lower case, ARNs do (IAM: policy elements).
    if fold:
        text, patterns = text.lower(), [pattern.lower() for pattern in patterns]
    return any(fnmatchcase(text, pattern.replace("[", "[[]")) for pattern in patterns)
