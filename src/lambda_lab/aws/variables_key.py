"""The key of your own that a function's environment variables are kept under.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars-encryption.html

Nothing is encrypted here. What is kept to is who may use the key, and when it is needed: Lambda
takes a grant on it for the execution role when the function is configured, and decrypts the
variables for an environment that begins. Here it is the first one of a version that needs the key;
a warm environment has its variables already.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lambda_lab.aws.errors import aws_error
from lambda_lab.aws.moto_seam import ACCOUNT
from lambda_lab.aws.permissions import role_allows
from lambda_lab.aws.services import services

if TYPE_CHECKING:
    from lambda_lab.aws.function import LabFunction

__all__ = ["check_key", "take_grant"]

GRANT = "lambda-lab"
"""Name of the grants that are taken here. What AWS calls its own is not published."""
OPERATIONS = ("Decrypt", "RetireGrant")

# The descriptions of the errors in the API reference of Invoke; the wire's own words: confidence L.
_DENIED = (
    "Lambda couldn't decrypt the environment variables because KMS access was denied. Check the "
    "Lambda function's KMS permissions."
)
_DISABLED = (
    "Lambda couldn't decrypt the environment variables because the KMS key used is disabled. Check "
    "the Lambda function's KMS key settings."
)
_STATE = (
    "Lambda couldn't decrypt the environment variables because the state of the KMS key used is "
    "not valid for Decrypt. Check the function's KMS key settings."
)
_GONE = (
    "Lambda couldn't decrypt the environment variables because the KMS key was not found. Check "
    "the function's KMS key settings."
)


def _key(arn: str) -> Any:
    """Return moto's key of an ARN; ``None`` if there is none, or its waiting period is over."""
    from moto.kms.models import kms_backends  # loads moto's KMS: few functions need it

    region = arn.split(":")[3]
    try:
        backend = kms_backends[ACCOUNT][region]
    except KeyError:
        return None  # the model's pattern allows Regions that are none, and ARNs of anything
    identity = arn.rpartition(":")[2]
    if identity.startswith("alias/"):
        identity = backend.get_key_id_from_alias(identity) or ""
    key: Any = backend.keys.get(backend.get_key_id(arn if ":key/" in arn else identity))
    if key is None or key.account_id not in arn:
        return None
    # moto leaves a key for ever in the state PendingDeletion. Its times are the region's.
    now = services().clock.now().replace(tzinfo=None)
    due = key.deletion_date
    return None if due is not None and key.key_state == "PendingDeletion" and due <= now else key


def take_grant(function: LabFunction) -> None:
    """Take a grant on the function's key for its role, unless there is one.

    Who configures the function needs ``kms:CreateGrant`` for it. That callers are not asked for
    permissions is so for every operation here.
    """
    key = _key(function.kms_key_arn) if function.kms_key_arn else None
    if key is not None and not _granted(key, function.role):
        key.add_grant(GRANT, function.role, [*OPERATIONS], constraints={}, retiring_principal="")


def _granted(key: Any, role: str) -> bool:
    return any(
        one.grantee_principal == role and "Decrypt" in one.operations
        for one in list(key.grants.values())
    )


def check_key(function: LabFunction) -> None:
    """Refuse a call for which an environment would have to begin without its variables.

    Raises
    ------
    AwsError
        One of the four ``KMS...Exception`` of ``Invoke``, all of status 502.
    """
    if not function.kms_key_arn or not function.environment_vars or _is_warm(function):
        return
    key = _key(function.kms_key_arn)
    if key is None:
        raise aws_error("KMSNotFoundException", _GONE)
    if key.key_state == "Disabled":
        raise aws_error("KMSDisabledException", _DISABLED)
    if key.key_state != "Enabled":
        raise aws_error("KMSInvalidStateException", _STATE)
    if not _granted(key, function.role) and not role_allows(function.role, "kms:Decrypt", key.arn):
        raise aws_error("KMSAccessDeniedException", _DENIED)


def _is_warm(function: LabFunction) -> bool:
    """Whether there is an environment of this version."""
    found = services().plane().environments(function.function_name)
    return any(one["version"] == str(function.version) for one in found)
