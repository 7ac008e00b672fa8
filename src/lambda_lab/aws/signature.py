"""Requests that carry no signature, or half of one.

Whether a signature is right is not checked, since nobody here has a secret. That there is one is:
without it a request cannot say whose it is, and AWS answers nothing but this refusal. Why only
that: docs/decisions/0113-requests-are-signed.md.

https://docs.aws.amazon.com/lambda/latest/api/CommonErrors.html has the codes. The texts are those
of AWS's front as users of Lambda and API Gateway quote them: confidence M.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from lambda_lab.aws.errors import aws_error
from lambda_lab.errors import AwsError

__all__ = ["unsigned", "unsigned_elsewhere"]

MISSING = "Missing Authentication Token"
_PARTS = ("Credential", "Signature", "SignedHeaders")
_SCOPE_PARTS = 5
_OPEN_TARGETS = ("AWSCognitoIdentityService.", "AWSCognitoIdentityProviderService.")
"""Cognito's sign-in is for those who cannot sign yet."""
_OPEN_ACTIONS = frozenset({"AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"})
"""So are these of STS."""
_ACTION = re.compile(rb"(?:^|&)Action=([A-Za-z]+)")


def unsigned(authorization: str) -> AwsError:
    """Make the refusal of a request to Lambda whose *authorization* names no scope.

    Parameters
    ----------
    authorization
        The ``Authorization`` header; empty where there is none.

    Examples
    --------
    >>> print(unsigned(""))
    MissingAuthenticationTokenException: Missing Authentication Token
    >>> unsigned("Bearer abc").code
    'IncompleteSignatureException'
    """
    if not authorization:
        return aws_error("MissingAuthenticationTokenException", MISSING)
    digest = base64.b64encode(hashlib.sha256(authorization.encode("latin-1")).digest()).decode()
    parts = _parts(authorization)
    if not parts:
        return aws_error(
            "IncompleteSignatureException",
            "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with "
            f"SHA-256 and encoded with Base64): '{digest}'.",
        )
    absent = [part for part in _PARTS if part not in parts]
    if absent:
        wanted = " ".join(f"Authorization header requires '{part}' parameter." for part in absent)
        return aws_error(
            "IncompleteSignatureException",
            f"{wanted} (Hashed with SHA-256 and encoded with Base64) Authorization={digest}",
        )
    return aws_error(
        "IncompleteSignatureException",
        f"Credential must have exactly {_SCOPE_PARTS} slash-delimited elements, e.g. "
        f"keyid/date/region/service/term, got '{parts['Credential']}'",
    )


def _parts(authorization: str) -> dict[str, str]:
    """Return the ``key=value`` pairs behind the name of the algorithm."""
    pairs = authorization.partition(" ")[2].split(",")
    split = (pair.strip().split("=", 1) for pair in pairs if "=" in pair)
    return dict(split)


def unsigned_elsewhere(environ: Mapping[str, Any]) -> tuple[int, dict[str, str], bytes] | None:
    """Return the refusal of an unsigned request to another service; ``None``: it may pass.

    Only what names an operation is refused: S3 has public objects, and links that sign in their
    query.
    """
    if environ.get("HTTP_AUTHORIZATION"):
        return None
    target = environ.get("HTTP_X_AMZ_TARGET", "")
    if target:
        if target.startswith(_OPEN_TARGETS):
            return None
        code = "MissingAuthenticationTokenException"
        headers = {"Content-Type": "application/x-amz-json-1.0", "x-amzn-ErrorType": code}
        return 400, headers, json.dumps({"__type": code, "message": MISSING}).encode()
    action = _action(environ)
    if action is None or action in _OPEN_ACTIONS:
        return None
    body = (
        "<ErrorResponse><Error><Type>Sender</Type><Code>MissingAuthenticationToken</Code>"
        "<Message>Request is missing Authentication Token</Message></Error></ErrorResponse>"
    )
    return 403, {"Content-Type": "text/xml"}, body.encode()


def _action(environ: Mapping[str, Any]) -> str | None:
    """Return the operation that a form names; the form can be read again afterwards."""
    if not environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        return None
    stream = environ["wsgi.input"]
    found = _ACTION.search(stream.read())
    stream.seek(0)
    return found[1].decode() if found else None
