"""Who may log in through a proxy: secrets that its role may read, and IAM tokens.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-setup.html,
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.IAMPolicy.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from moto.iam.access_control import (
    AssumedRoleAccessKey,
    CreateAccessKeyFailure,
    IAMUserAccessKey,
)
from moto.iam.models import iam_backends
from moto.secretsmanager.models import secretsmanager_backends
from moto.utilities.utils import get_partition

from lambda_lab.aws.guard import aws_variables
from lambda_lab.aws.moto_seam import ACCOUNT, role_trusts
from lambda_lab.aws.permissions import allows, role_allows
from lambda_lab.aws.rds.proxy_records import ProxyLogin

__all__ = ["SERVICE", "find_login", "has_credentials", "may_connect", "secret_of"]

SERVICE = "rds.amazonaws.com"
READ = "secretsmanager:GetSecretValue"
CONNECT = "rds-db:connect"


def find_login(
    region: str, role_arn: str, auth: Sequence[Mapping[str, Any]], user: str
) -> ProxyLogin | None:
    """Return how *user* logs in by the entries of a proxy's ``Auth``; ``None`` if none has it.

    A secret counts only while the proxy's role may read it, so a policy that is taken away shows
    at the next login, as on AWS.

    Parameters
    ----------
    region
        Where proxy and secrets are.
    role_arn, auth
        The proxy's ``RoleArn`` and ``Auth``.
    user
        The database user.
    """
    for entry in auth:
        secret = _secret(region, role_arn, str(entry.get("SecretArn") or ""))
        if secret is not None and secret[0] == user:
            return ProxyLogin(
                *secret,
                iam=entry.get("IAMAuth") == "REQUIRED",
                md5=entry.get("ClientPasswordAuthType") == "POSTGRES_MD5",
            )
    return None


def has_credentials(region: str, role_arn: str, auth: Sequence[Mapping[str, Any]]) -> bool:
    """Whether at least one secret of ``Auth`` can be read and names a user."""
    return any(_secret(region, role_arn, str(entry.get("SecretArn") or "")) for entry in auth)


def _secret(region: str, role_arn: str, arn: str) -> tuple[str, str] | None:
    backend: Any = secretsmanager_backends[ACCOUNT][region]
    if not arn or not role_trusts(region, role_arn, SERVICE):
        return None
    found = next(
        (one for one in backend.secrets.values() if arn in (one.arn, one.name)),
        None,
    )
    if found is None or found.is_deleted() or not role_allows(role_arn, READ, found.arn):
        return None
    try:
        value = json.loads(backend.get_secret_value(found.arn, "", "")["SecretString"])
        return str(value["username"]), str(value["password"])
    except (KeyError, TypeError, ValueError):
        return None  # a secret of another form: the proxy cannot use it


def _owner(region: str, key: str, session: str | None) -> Any:
    """Return moto's record of who has an access key, or ``None``."""
    partition = get_partition(region)
    try:
        if session:
            headers = {"X-Amz-Security-Token": session}
            return AssumedRoleAccessKey(ACCOUNT, partition, key, headers)
        return IAMUserAccessKey(ACCOUNT, partition, key, {})
    except CreateAccessKeyFailure:
        return None


def secret_of(region: str, key: str, session: str | None) -> str | None:
    """Return the secret of an access key, for checking a token's signature; ``None``: nobody's.

    The lab's own dummy key has its dummy secret.
    """
    own = aws_variables("", region)
    if key == own["AWS_ACCESS_KEY_ID"]:
        return own["AWS_SECRET_ACCESS_KEY"]
    owner = _owner(region, key, session)
    return None if owner is None else str(owner.create_credentials().secret_key)


def may_connect(region: str, resource: str, key: str, session: str | None) -> bool:
    """Whether who has an access key may ``rds-db:connect`` to *resource*.

    The lab's own dummy key stands for the account's administrator.
    """
    if key == aws_variables("", region)["AWS_ACCESS_KEY_ID"]:
        return True
    owner = _owner(region, key, session)
    if owner is None:
        return False
    if session:  # sts:assumed-role/NAME/SESSION: the role's policies count
        name = str(owner.arn).split("/")[1]
        role: Any = iam_backends[ACCOUNT][get_partition(region)].get_role(name)
        return role_allows(role.arn, CONNECT, resource)
    documents = [_document(policy) for policy in owner.collect_policies()]
    return allows(documents, str(owner.arn), CONNECT, resource)


def _document(policy: Any) -> str:
    found = policy.get("policy_document") if isinstance(policy, dict) else None
    if found is None:
        found = getattr(policy, "document", None)
    if found is None:
        found = next(one.document for one in policy.versions if one.is_default_version)
    return found if isinstance(found, str) else json.dumps(found)
