"""What the policy of a VPC endpoint lets through.

A policy speaks to the service, not to packets: a call that it refuses arrives, and is answered with
AccessDenied. Conditions, and principals other than ``*``, are not modelled: where such a statement
decides, the answer is that it cannot be told.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Any

__all__ = ["policy_allows"]


def policy_allows(policy: str, action: str | None, resource: str | None) -> bool | None:
    """Whether an endpoint's policy lets a call through; None: that cannot be told.

    An empty policy lets all through.

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
    denials = [_holds(one) for one in statements if _denies(one, action, resource)]
    permits = [_holds(one) for one in statements if _permits(one, action, resource)]
    if True in denials or not permits:
        return False
    return None if denials or True not in permits else True


def _statements(policy: str) -> list[dict[str, Any]]:
    """Return the statements; of a document that cannot be read, none."""
    try:
        document = json.loads(policy)
    except ValueError:
        return []
    found = document.get("Statement", []) if isinstance(document, dict) else []
    listed = found if isinstance(found, list) else [found]
    return [one for one in listed if isinstance(one, dict)]


def _denies(statement: dict[str, Any], action: str | None, resource: str | None) -> bool:
    return statement.get("Effect") == "Deny" and _covers(statement, action, resource, all_of=True)


def _permits(statement: dict[str, Any], action: str | None, resource: str | None) -> bool:
    return statement.get("Effect") == "Allow" and _covers(statement, action, resource)


def _holds(statement: dict[str, Any]) -> bool | None:
    """Return True for a statement about all callers at all times, None for another."""
    everyone = statement.get("Principal", "*") in ("*", {"AWS": "*"}, {"AWS": ["*"]})
    bound = statement.get("Condition") or "NotPrincipal" in statement or not everyone
    return None if bound else True


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
    """Return the patterns of an element; of one that is no text and no list of texts, none."""
    if isinstance(value, str):
        return [value]
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _match(patterns: Iterable[str], text: str, fold: bool) -> bool:
    # Actions do not mind upper and lower case, ARNs do (IAM: policy elements).
    if fold:
        text, patterns = text.lower(), [pattern.lower() for pattern in patterns]
    return any(fnmatchcase(text, pattern.replace("[", "[[]")) for pattern in patterns)
