"""Roles that clients make and assume, checked as IAM and STS check them.

moto takes any text for a trust policy, and lends credentials of roles that do not exist. Texts are
as users of AWS quote them: confidence M, where a comment does not say less.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from lambda_lab.aws.moto_seam import ACCOUNT
from lambda_lab.aws.pushes.patches import replaced
from lambda_lab.aws.refused import Refused
from lambda_lab.errors import AwsError

__all__ = ["assumed_roles", "check_trust_policy", "trust_policies"]

_ROLE = re.compile(rf"arn:aws[a-z-]*:iam::{ACCOUNT}:role/(?:.*/)?([^/]+)")
_SERVICE = re.compile(r"\*|[a-z0-9.-]+\.(amazonaws\.com(\.cn)?|aws\.internal|amazon\.com|aws)")


def _malformed(text: str) -> Refused:
    return Refused("MalformedPolicyDocument", text)


def check_trust_policy(document: str) -> None:
    """Refuse a trust policy that says nothing about who may assume a role.

    Raises
    ------
    Refused
        `MalformedPolicyDocument`.

    Examples
    --------
    >>> check_trust_policy('{"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole"}]}')
    Traceback (most recent call last):
    ...
    lambda_lab.aws.refused.Refused: MalformedPolicyDocument: Missing required field Principal
    """
    try:
        policy = json.loads(document)
    except (RecursionError, ValueError):
        policy = None
    if not isinstance(policy, dict):
        raise _malformed("This policy contains invalid Json")
    found = policy.get("Statement")
    statements = found if isinstance(found, list) else [found]
    if not found:
        raise _malformed("Missing required field Statement")  # confidence L
    for statement in statements:
        if not isinstance(statement, dict) or statement.get("Effect") not in ("Allow", "Deny"):
            raise _malformed("Syntax errors in policy.")
        _check_statement(statement)


def _check_statement(statement: Mapping[str, Any]) -> None:
    for field in ("Resource", "NotResource"):
        if field in statement:
            raise _malformed(f"Has prohibited field {field}")
    for field in ("Principal", "Action"):
        if not statement.get(field) and not statement.get(f"Not{field}"):
            raise _malformed(f"Missing required field {field}")
    for action in _several(statement.get("Action")):
        if not action.lower().startswith("sts:") and action != "*":
            raise _malformed("AssumeRole policy may only specify STS AssumeRole actions.")
    principal = statement.get("Principal")
    services = principal.get("Service") if isinstance(principal, dict) else None
    for service in _several(services):
        if _SERVICE.fullmatch(service) is None:
            raise _malformed(f'Invalid principal in policy: "SERVICE":"{service}"')


def _several(value: Any) -> list[str]:
    if isinstance(value, list):
        return [str(item) for item in value]
    return [] if value is None else [str(value)]


@contextmanager
def trust_policies() -> Iterator[None]:
    """Check trust policies while the block runs."""
    from moto.iam.responses import IamResponse

    create, update = IamResponse.create_role, IamResponse.update_assume_role_policy

    def create_role(response: Any) -> Any:
        check_trust_policy(response._get_param("AssumeRolePolicyDocument"))
        return create(response)

    def update_assume_role_policy(response: Any) -> Any:
        response.backend.get_role(response._get_param("RoleName"))
        check_trust_policy(response._get_param("PolicyDocument"))
        return update(response)

    with replaced(
        IamResponse, create_role=create_role, update_assume_role_policy=update_assume_role_policy
    ):
        yield


@contextmanager
def assumed_roles() -> Iterator[None]:
    """Refuse, while the block runs, to lend credentials of a role that does not exist."""
    from moto.iam.models import iam_backends
    from moto.sts.responses import TokenResponse

    assume = TokenResponse.assume_role

    def assume_role(response: Any) -> Any:
        arn = response._get_param("RoleArn")
        named = _ROLE.fullmatch(arn)
        roles = iam_backends[ACCOUNT][response.partition].roles.values()
        if named is not None and all(role.arn != arn for role in roles):
            raise AwsError(
                "AccessDenied",
                f"User: arn:aws:iam::{ACCOUNT}:root is not authorized to perform: sts:AssumeRole "
                f"on resource: {arn}",
                status=403,
            )
        return assume(response)

    with replaced(TokenResponse, assume_role=assume_role):
        yield
