"""Error answers of the Lambda API: which status, and which spelling of which member.

Lambda's error shapes do not agree with each other. `ResourceNotFoundException` carries
``Message``, `InvalidParameterValueException` carries ``message``, and a `ValidationException`
carries nothing else. :func:`aws_error` takes all of that from botocore's model, and from
:data:`UNMODELLED` for the codes that the front of every AWS service adds.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from lambda_lab.aws.model import service_model
from lambda_lab.errors import AwsError

__all__ = [
    "UNMODELLED",
    "ErrorShape",
    "aws_error",
    "error_shape",
    "error_shapes",
    "not_authorized",
    "unknown_operation",
]


@dataclass(frozen=True, slots=True)
class ErrorShape:
    """How one error code goes over the wire."""

    status: int
    """HTTP status."""
    message_key: str
    """``Message`` or ``message``."""
    type: str | None
    """``User`` or ``Service``; ``None`` where the body has no ``Type`` member."""
    members: tuple[str, ...] = ()
    """Further members, for example ``Reason``."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Members that travel as headers: ``{"retryAfterSeconds": "Retry-After"}``."""


UNMODELLED: Mapping[str, ErrorShape] = MappingProxyType(
    {
        # Recorded from AWS: the body is {"message": ...} alone.
        "ValidationException": ErrorShape(400, "message", None),
        # The remaining rows are AWS's "Common Errors" of the Lambda API reference for the code
        # and the status. Spelling of the message as public SDK debug logs show it: confidence M.
        "AccessDeniedException": ErrorShape(403, "Message", None),
        "ExpiredTokenException": ErrorShape(403, "message", None),
        "IncompleteSignatureException": ErrorShape(403, "message", None),
        "InternalFailure": ErrorShape(500, "message", None),
        "InvalidSignatureException": ErrorShape(403, "message", None),
        "MissingAuthenticationTokenException": ErrorShape(403, "message", None),
        "RequestExpired": ErrorShape(400, "message", None),
        "SerializationException": ErrorShape(400, "Message", None),
        "ServiceUnavailableException": ErrorShape(503, "message", None),
        "ThrottlingException": ErrorShape(400, "message", None),
        "UnrecognizedClientException": ErrorShape(403, "message", None),
    }
)
"""Codes that Lambda answers with and that its service model does not list."""


@functools.cache
def error_shapes() -> Mapping[str, ErrorShape]:
    """Return every error code of the Lambda API with its shape.

    Examples
    --------
    >>> shapes = error_shapes()
    >>> shapes["ResourceNotFoundException"].message_key, shapes["ResourceConflictException"].status
    ('Message', 409)
    """
    modelled = {shape.error_code: _from_model(shape) for shape in service_model().error_shapes}
    return MappingProxyType({**UNMODELLED, **modelled})


def _from_model(shape: Any) -> ErrorShape:
    error = shape.metadata.get("error", {})
    headers = {
        name: member.serialization.get("name", name)
        for name, member in shape.members.items()
        if member.serialization.get("location") == "header"
    }
    spoken = {"Type", "message", "Message", *headers}
    sender = "User" if error.get("senderFault") else "Service"
    return ErrorShape(
        status=error.get("httpStatusCode", 400),
        message_key="Message" if "Message" in shape.members else "message",
        type=sender if "Type" in shape.members else None,
        members=tuple(name for name in shape.members if name not in spoken),
        headers=headers,
    )


def error_shape(code: str) -> ErrorShape:
    """Return how *code* goes over the wire.

    Raises
    ------
    ValueError
        If neither the service model nor :data:`UNMODELLED` knows the code.
    """
    shape = error_shapes().get(code)
    if shape is None:
        raise ValueError(
            f"the Lambda API has no error code {code!r}. "
            "Use one of its model's, or add a row with its source to aws/errors.py UNMODELLED."
        )
    return shape


def aws_error(code: str, message: str, **members: Any) -> AwsError:
    """Make the error that AWS Lambda would answer with.

    Parameters
    ----------
    code
        AWS's error code. Status, spelling of the message member and ``Type`` follow from it.
    message
        AWS's text.
    **members
        Further members, for example ``Reason``. ``Type`` replaces the usual one; ``Type=None``
        leaves it out, as AWS does when it refuses to reserve less concurrency than is
        provisioned. Members that the model sends as a header become that header.

    Raises
    ------
    ValueError
        If Lambda has no such code, or its shape has no such member.

    Examples
    --------
    >>> aws_error("ResourceNotFoundException", "Function not found: f").body()
    {'Type': 'User', 'Message': 'Function not found: f'}
    >>> aws_error("ValidationException", "1 validation error detected: ...").body()
    {'message': '1 validation error detected: ...'}
    >>> error = aws_error(
    ...     "TooManyRequestsException", "Rate Exceeded.",
    ...     Reason="ReservedFunctionConcurrentInvocationLimitExceeded", retryAfterSeconds=1,
    ... )
    >>> error.status, error.headers
    (429, {'Retry-After': '1'})
    """
    shape = error_shape(code)
    unknown = members.keys() - {"Type", *shape.members, *shape.headers}
    if unknown:
        raise ValueError(
            f"{code} has no member {', '.join(sorted(unknown))}. "
            f"It has: {', '.join(('Type', *shape.members, *shape.headers))}."
        )
    body = {"Type": shape.type, **members}
    headers = {shape.headers[name]: str(body.pop(name)) for name in shape.headers if name in body}
    return AwsError(
        code,
        message,
        status=shape.status,
        members={name: value for name, value in body.items() if value is not None},
        message_key=shape.message_key,
        headers=headers,
    )


def unknown_operation() -> AwsError:
    """Make AWS's answer to a path or method that is no operation of Lambda's.

    The authoriser stands in front of Lambda and cannot name the action, so AWS answers 403,
    not 404. Seen by many users of hand-signed requests: confidence M.

    Examples
    --------
    >>> unknown_operation().status
    403
    """
    return aws_error(
        "AccessDeniedException", "Unable to determine service/operation name to be authorized"
    )


def not_authorized(action: str, resource: str, account: str) -> AwsError:
    """Make AWS's answer to a change of what belongs to another account.

    The words are those of every service's authoriser (IAM User Guide, Troubleshoot access denied
    error messages); who is named as the user is ours.

    Parameters
    ----------
    action
        For example ``lambda:CreateFunction``.
    resource
        ARN.
    account
        The account that asks.

    Examples
    --------
    >>> not_authorized("lambda:CreateFunction", "arn:f", "123456789012").status
    403
    """
    return aws_error(
        "AccessDeniedException",
        f"User: arn:aws:iam::{account}:root is not authorized to perform: {action} on resource: "
        f"{resource} because no resource-based policy allows the {action} action",
    )
