"""Invoking a function as an instance does: with the role that is attached for Lambda."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from lambda_lab.aws.api_invoke import invoke
from lambda_lab.aws.backend import backend_of
from lambda_lab.aws.constraints import validate
from lambda_lab.aws.moto_seam import ACCOUNT, role_trusts
from lambda_lab.aws.names import function_arn, parse_function_name
from lambda_lab.aws.permissions import role_allows
from lambda_lab.aws.rds.roles import SERVICE
from lambda_lab.aws.services import services
from lambda_lab.errors import AwsError

__all__ = ["arn_of", "call_function", "role_works"]

ACTION = "lambda:InvokeFunction"


def role_works(region: str, role: str) -> bool:
    """Whether RDS can assume *role*: it exists, and trusts the service."""
    return role_trusts(region, role, SERVICE)


def arn_of(region: str, name: str, qualifier: str | None) -> str:
    """Return the ARN that a caller's name for a function stands for.

    Raises
    ------
    AwsError
        If it names another region, or two qualifiers.
    """
    named = parse_function_name(name, qualifier, region)
    return function_arn(region, named.account or ACCOUNT, named.name, named.qualifier)


def call_function(role: str, session: str, region: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Call a function, and wait for its result if that was asked for.

    No trace header goes with it: a database ends a chain of requests that Lambda could follow.

    Parameters
    ----------
    role
        ARN of the role that calls.
    session
        The name that its sessions have.
    region
        Where the function is.
    asked
        Parameters of Lambda's ``Invoke``; ``ClientContext`` is JSON text, not yet base64.

    Returns
    -------
    dict
        The output of ``Invoke``.

    Raises
    ------
    AwsError
        In Lambda's words.
    NotModelledError
        For what is not modelled.
    """
    params = {name: value for name, value in asked.items() if value is not None}
    if "ClientContext" in params:
        params["ClientContext"] = base64.b64encode(params["ClientContext"].encode()).decode()
    validate("Invoke", params)
    arn = arn_of(region, params["FunctionName"], params.get("Qualifier"))
    if not role_allows(role, ACTION, arn):
        # As IAM words it.
        user = f"arn:aws:sts::{ACCOUNT}:assumed-role/{role.rpartition('/')[2]}/{session}"
        raise AwsError(
            "AccessDeniedException",
            f"User: {user} is not authorized to perform: {ACTION} on resource: {arn} because no "
            f"identity-based policy allows the {ACTION} action",
            status=403,
        )
    return invoke(backend_of(region), params, services().call_ids.uuid())
