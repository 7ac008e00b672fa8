"""How a service hands an event to a function: asynchronously, and only if the function lets it."""

from __future__ import annotations

import json
from typing import Any

from lambda_lab.aws.moto_seam import ACCOUNT, lambda_backend
from lambda_lab.aws.names import parse_function_name
from lambda_lab.aws.policy_check import may_invoke
from lambda_lab.aws.services import services
from lambda_lab.errors import AwsError

__all__ = ["exists", "push", "region_of"]


def region_of(arn: str) -> str:
    """Return the region in an ARN; an empty text if it has none.

    Examples
    --------
    >>> region_of("arn:aws:lambda:eu-west-1:123456789012:function:f"), region_of("f")
    ('eu-west-1', '')
    """
    parts = arn.split(":")
    return parts[3] if len(parts) > 3 else ""


def exists(arn: str) -> bool:
    """Whether there is such a function, version or alias now."""
    try:
        backend: Any = lambda_backend(region_of(arn))
        with backend.lock:
            backend.find(parse_function_name(arn, None, backend.region_name))
    except (AwsError, KeyError):
        return False
    return True


def push(
    arn: str,
    event: object,
    *,
    service: str,
    source_arn: str,
    trace_header: str | None = None,
) -> None:
    """Hand *event* to the function, version or alias *arn*, which runs later.

    Parameters
    ----------
    arn, event
        Who gets it, and what: something that JSON can hold.
    service
        The service's principal, for example ``s3.amazonaws.com``.
    source_arn
        The resource it comes from: for conditions of the policy, and for the timeline.
    trace_header
        Of the chain of requests, where the service passes it on.

    Raises
    ------
    AwsError
        ``ResourceNotFoundException`` if there is no such function now, ``AccessDeniedException``
        if its resource-based policy does not let the service in.
    """
    if not exists(arn):
        raise AwsError("ResourceNotFoundException", f"Function not found: {arn}", status=404)
    allowed = may_invoke(
        region_of(arn), arn, service=service, source_arn=source_arn, source_account=ACCOUNT
    )
    if not allowed:
        # As IAM words such refusals; confidence M.
        raise AwsError(
            "AccessDeniedException",
            f"User: {service} is not authorized to perform: lambda:InvokeFunction on resource: "
            f"{arn} because no resource-based policy allows the lambda:InvokeFunction action",
            status=403,
        )
    payload = json.dumps(event, separators=(",", ":")).encode()
    services().events().accept(arn, payload, trace_header=trace_header, source=source_arn)
