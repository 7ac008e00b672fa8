"""What an execution role may do: its policies, read as IAM reads them.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html

A deny wins over every allow, and what no policy mentions is not allowed. Of conditions, the
operators in :data:`_OPERATORS` and the keys in :func:`_context` are known. A statement with any
other condition does not allow, and does deny: who cannot read a condition must not rely on it.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from moto.iam.exceptions import NotFoundException
from moto.iam.models import iam_backends

from lambda_lab.aws.moto_seam import ACCOUNT

__all__ = ["allows", "role_allows"]


def role_allows(role_arn: str, action: str, resource: str) -> bool:
    """Whether the role may do *action* to *resource* now.

    Inline, customer-managed and AWS-managed policies count, and so does a permissions boundary.

    Parameters
    ----------
    role_arn
        The execution role. One that does not exist may do nothing.
    action
        For example ``sqs:SendMessage``.
    resource
        ARN of what it is done to, or ``*`` for an action that knows no resources.
    """
    found = _role_policies(role_arn)
    if found is None:
        return False
    policies, boundary = found
    if boundary is not None and not allows(boundary, role_arn, action, resource):
        return False
    return allows(policies, role_arn, action, resource)


def _role_policies(arn: str) -> tuple[list[str], list[str] | None] | None:
    """Return the documents of a role's policies, and of its permissions boundary if it has one.

    ``None`` if there is no such role.
    """
    backend = iam_backends[ACCOUNT][arn.partition(":")[2].partition(":")[0] or "aws"]
    try:
        role = backend.get_role_by_arn(arn)
    except NotFoundException:
        return None
    # A template's inline policy is kept as the mapping it was written as.
    inline: list[Any] = list(role.policies.values())
    documents = [text if isinstance(text, str) else json.dumps(text) for text in inline]
    documents += [_default_version(policy) for policy in role.managed_policies.values()]
    if role.permissions_boundary_arn is None:
        return documents, None
    bound = backend.managed_policies.get(role.permissions_boundary_arn)
    return documents, [] if bound is None else [_default_version(bound)]


def _default_version(policy: Any) -> str:
    document: Any = next(
        version.document for version in policy.versions if version.is_default_version
    )
    return document if isinstance(document, str) else json.dumps(document)


def allows(policies: Iterable[str], role_arn: str, action: str, resource: str) -> bool:
    """Whether *policies*, JSON documents, together allow it.

    Examples
    --------
    >>> policy = '{"Statement": {"Effect": "Allow", "Action": "sqs:Send*", "Resource": "*"}}'
    >>> role, queue = "arn:aws:iam::123456789012:role/r", "arn:aws:sqs:us-east-1:123456789012:q"
    >>> allows([policy], role, "sqs:SendMessage", queue)
    True
    >>> allows([policy], role, "sqs:ReceiveMessage", queue)
    False
    """
    context = _context(role_arn, resource)
    allowed = False
    for statement in (one for policy in policies for one in _statements(policy)):
        denies = statement.get("Effect") == "Deny"
        if not _covers(statement, action, resource):
            continue
        if not _holds(statement.get("Condition") or {}, context, unknown=denies):
            continue
        if denies:
            return False
        allowed = allowed or statement.get("Effect") == "Allow"
    return allowed


@functools.lru_cache(maxsize=512)
def _statements(policy: str) -> tuple[Mapping[str, Any], ...]:
    try:
        statements = json.loads(policy)["Statement"]
    except (ValueError, KeyError, TypeError):
        return ()
    listed = statements if isinstance(statements, list) else [statements]
    return tuple(one for one in listed if isinstance(one, dict))


def _covers(statement: Mapping[str, Any], action: str, resource: str) -> bool:
    """Whether a statement speaks of this action and resource. Actions have no case."""
    if "NotAction" in statement:
        acts = not _any_like(statement["NotAction"], action, ignore_case=True)
    else:
        acts = _any_like(statement.get("Action"), action, ignore_case=True)
    if not acts:
        return False
    if "NotResource" in statement:
        return not _any_like(statement["NotResource"], resource)
    return _any_like(statement.get("Resource"), resource)


def _any_like(patterns: Any, text: str, *, ignore_case: bool = False) -> bool:
    return any(_pattern(pattern, ignore_case).fullmatch(text) for pattern in _several(patterns))


@functools.lru_cache(maxsize=2048)
def _pattern(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    """Return IAM's wildcards - ``*`` and ``?``, nothing else - as a regular expression."""
    parts = {"*": ".*", "?": "."}
    text = "".join(parts.get(character) or re.escape(character) for character in pattern)
    return re.compile(text, re.DOTALL | (re.IGNORECASE if ignore_case else re.NOFLAG))


def _several(value: Any) -> list[str]:
    if isinstance(value, list):
        return [_text(item) for item in value]
    return [] if value is None else [_text(value)]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


# -- conditions ------------------------------------------------------------------------------------


def _context(role_arn: str, resource: str) -> Mapping[str, str]:
    """Return the condition keys of a request that Lambda makes with the role; keys have no case."""
    parts = [*resource.split(":"), "", "", "", "", ""]
    account = role_arn.split(":")[4] if role_arn.count(":") > 4 else ""
    return {
        "aws:principalarn": role_arn,
        "aws:principalaccount": account,
        "aws:principaltype": "AssumedRole",
        "aws:resourceaccount": parts[4] or account,
        "aws:requestedregion": parts[3],
        "aws:securetransport": "true",
    }


def _equal(wanted: str, actual: str) -> bool:
    return wanted == actual


def _equal_in_any_case(wanted: str, actual: str) -> bool:
    return wanted.lower() == actual.lower()


def _like(wanted: str, actual: str) -> bool:
    return _pattern(wanted, False).fullmatch(actual) is not None


_Test = Callable[[str, str], bool]
_OPERATORS: Mapping[str, tuple[_Test, bool]] = {
    "StringEquals": (_equal, True),
    "StringNotEquals": (_equal, False),
    "StringEqualsIgnoreCase": (_equal_in_any_case, True),
    "StringNotEqualsIgnoreCase": (_equal_in_any_case, False),
    "StringLike": (_like, True),
    "StringNotLike": (_like, False),
    "ArnEquals": (_like, True),
    "ArnNotEquals": (_like, False),
    "ArnLike": (_like, True),
    "ArnNotLike": (_like, False),
    "Bool": (_equal_in_any_case, True),
}
"""How a value is compared, and whether one match is wanted or none."""

_ABSENT = frozenset({"lambda:sourcefunctionarn"})
"""Keys that requests of a function's code have, and requests that Lambda itself makes have not.

AWS advises to deny a function's own code what Lambda needs for its interfaces, by this key:
https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
"""


def _holds_when_absent(operator: str, values: Any) -> bool:
    """Whether an operator holds for a key that the request has not."""
    if operator == "Null":
        return "true" in (value.lower() for value in _several(values))
    known = _OPERATORS.get(operator)
    return operator.endswith("IfExists") or (known is not None and not known[1])


def _holds(condition: Mapping[str, Any], context: Mapping[str, str], *, unknown: bool) -> bool:
    """Whether every part of a ``Condition`` holds; *unknown* is the answer for parts not known."""
    for operator, wanted in condition.items():
        known = _OPERATORS.get(operator.removesuffix("IfExists"))
        for key, values in wanted.items():
            if key.lower() in _ABSENT:
                if not _holds_when_absent(operator, values):
                    return False
                continue
            actual = context.get(key.lower())
            if known is None or actual is None:
                if not unknown:
                    return False
                continue
            test, positive = known
            if any(test(value, actual) for value in _several(values)) is not positive:
                return False
    return True
