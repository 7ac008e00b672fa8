"""Whether a function's resource-based policy lets a service call it.

https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html

The policy that counts belongs to the ARN that is called: a function's own says nothing about its
aliases and versions, and theirs say nothing about the function.
https://docs.aws.amazon.com/lambda/latest/dg/versioning-aliases-permissions.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from lambda_lab.aws.moto_seam import lambda_backend
from lambda_lab.aws.names import parse_function_name
from lambda_lab.errors import AwsError

__all__ = ["lets_in", "may_invoke"]

ACTION = "lambda:InvokeFunction"


def may_invoke(
    region: str,
    function_arn: str,
    *,
    service: str,
    source_arn: str | None,
    source_account: str | None,
) -> bool:
    """Whether *service* may call the function, version or alias *function_arn* now.

    Parameters
    ----------
    region
        The region the service works in.
    function_arn
        What it wants to call. One that does not exist may not be called.
    service
        The service's principal, for example ``s3.amazonaws.com``.
    source_arn
        The resource that the call comes from: ``AWS:SourceArn`` of conditions.
    source_account
        The account that owns it: ``AWS:SourceAccount``. The ARN of a bucket does not say it.
    """
    try:
        named = parse_function_name(function_arn, None, region)
        backend: Any = lambda_backend(region)
        with backend.lock:
            function = backend.find(named)
            own = named.qualifier in (None, "$LATEST")
            statements = [*function.policies.statements(None if own else named.qualifier).values()]
    except (AwsError, KeyError):
        return False
    return lets_in(
        statements, service=service, source_arn=source_arn, source_account=source_account
    )


def lets_in(
    statements: Iterable[Mapping[str, Any]],
    *,
    service: str,
    source_arn: str | None,
    source_account: str | None,
) -> bool:
    """Whether one of *statements* allows the call and none denies it.

    Parameters
    ----------
    statements
        Of the policy of what is called.
    service, source_arn, source_account
        As for :func:`may_invoke`.

    Examples
    --------
    >>> statement = {
    ...     "Effect": "Allow",
    ...     "Principal": {"Service": "s3.amazonaws.com"},
    ...     "Action": "lambda:Invoke*",
    ...     "Condition": {"ArnLike": {"AWS:SourceArn": "arn:aws:s3:::photos-*"}},
    ... }
    >>> call = {"service": "s3.amazonaws.com", "source_account": "123456789012"}
    >>> lets_in([statement], source_arn="arn:aws:s3:::photos-2026", **call)
    True
    >>> lets_in([statement], source_arn="arn:aws:s3:::letters", **call)
    False
    """
    context = {"lambda:invokedviafunctionurl": "false"}
    if source_arn is not None:
        context["aws:sourcearn"] = source_arn
    if source_account is not None:
        context["aws:sourceaccount"] = source_account
    speaking = [one for one in statements if _is_for(one, service) and _holds(one, context)]
    if any(one.get("Effect") == "Deny" for one in speaking):
        return False
    return any(one.get("Effect") == "Allow" for one in speaking)


def _is_for(statement: Mapping[str, Any], service: str) -> bool:
    """Whether a statement speaks of this caller and of calling. Actions have no case."""
    principal = statement.get("Principal")
    if isinstance(principal, Mapping):
        # {"AWS": "*"} is everybody too: IAM User Guide, Principal.
        everybody = "*" in _several(principal.get("AWS"))
        if not everybody and not {service, "*"} & set(_several(principal.get("Service"))):
            return False
    elif principal != "*":
        return False
    return any(_like(action.lower(), ACTION.lower()) for action in _several(statement["Action"]))


def _holds(statement: Mapping[str, Any], context: Mapping[str, str]) -> bool:
    """Whether every condition holds. A key the call does not have matches no condition."""
    for operator, keys in (statement.get("Condition") or {}).items():
        test = _OPERATORS.get(operator)
        for key, wanted in keys.items():
            actual = context.get(key.lower())
            if test is None or actual is None:
                return False
            if not any(test(value, actual) for value in _several(wanted)):
                return False
    return True


def _like(pattern: str, text: str) -> bool:
    """Match IAM's wildcards: ``*`` and ``?``, nothing else."""
    parts = {"*": ".*", "?": "."}
    expression = "".join(parts.get(letter) or re.escape(letter) for letter in pattern)
    return re.fullmatch(expression, text, re.DOTALL) is not None


def _arn_like(pattern: str, arn: str) -> bool:
    """Match each of an ARN's six parts by itself: no wildcard reaches over a colon.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
    """
    patterns, parts = pattern.split(":", 5), arn.split(":", 5)
    return len(patterns) == len(parts) and all(map(_like, patterns, parts))


def _equal(wanted: str, actual: str) -> bool:
    return wanted == actual


_OPERATORS: Mapping[str, Callable[[str, str], bool]] = {
    # AddPermission writes StringEquals, ArnLike and Bool; a template's may be any of these.
    "StringEquals": _equal,
    "StringLike": _like,
    "ArnEquals": _arn_like,
    "ArnLike": _arn_like,
    "Bool": _equal,
}


def _several(value: Any) -> list[str]:
    if isinstance(value, list):
        return [str(item) for item in value]
    return [] if value is None else [str(value)]
