"""The resource-based policy of a function: who may call it.

AWS keeps one policy for the function itself and one for each version and alias. A policy has no
revision of its own: it shares the RevisionId of what it is attached to.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from lambda_lab import facts
from lambda_lab.aws.errors import aws_error

__all__ = ["Policies", "check_length", "make_statement", "policy_text"]

_ACCOUNT = re.compile(r"\d{12}")
_SERVICE = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.amazonaws\.com(\.cn)?|apidomains\.[a-z.]+")
_ARN = re.compile(r"arn:aws[a-z-]*:(iam|sts)::\d{12}:.+")


class Policies:
    """The policies of one function by qualifier; the function's own stands under ``""``."""

    def __init__(self) -> None:
        self._statements: dict[str, dict[str, dict[str, Any]]] = {}

    def statements(self, qualifier: str | None) -> dict[str, dict[str, Any]]:
        """Return the statements for *qualifier* by ``Sid``, oldest first."""
        return self._statements.setdefault(qualifier or "", {})

    def forget(self, qualifier: str) -> None:
        """Drop the policy of a version or alias that is gone."""
        self._statements.pop(qualifier, None)


def make_statement(resource: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """Word a statement as AWS does.

    Parameters
    ----------
    resource
        ARN of the function, version or alias.
    params
        Parameters of ``AddPermission``.

    Raises
    ------
    AwsError
        ``InvalidParameterValueException`` for a principal that cannot be one.

    Examples
    --------
    >>> asked = {"StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "123456789012"}
    >>> make_statement("arn:f", asked)["Principal"]
    {'AWS': 'arn:aws:iam::123456789012:root'}
    """
    statement: dict[str, Any] = {
        "Sid": params["StatementId"],
        "Effect": "Allow",
        "Principal": _principal(params["Principal"]),
        "Action": params["Action"],
        "Resource": resource,
    }
    conditions = _conditions(params)
    if conditions:
        statement["Condition"] = conditions
    return statement


def policy_text(statements: Iterable[Mapping[str, Any]]) -> str:
    """Return the policy that has these statements, as AWS writes it.

    Examples
    --------
    >>> policy_text([])
    '{"Version":"2012-10-17","Id":"default","Statement":[]}'
    """
    document = {"Version": "2012-10-17", "Id": "default", "Statement": [*statements]}
    return json.dumps(document, separators=(",", ":"))


def check_length(statements: Iterable[Mapping[str, Any]]) -> None:
    """Refuse a policy that these statements would make too long.

    Raises
    ------
    AwsError
        ``PolicyLengthExceededException`` in the words users of AWS report (confidence M). That
        the text is measured as it is read back is confidence L.
    """
    size = len(policy_text(statements).encode())
    limit = int(facts.value("function.policy.maximum"))
    if size > limit:
        raise aws_error(
            "PolicyLengthExceededException",
            f"The final policy size ({size}) is bigger than the limit ({limit}).",
        )


def _principal(principal: str) -> str | dict[str, str]:
    if principal == "*":
        return principal
    if _ACCOUNT.fullmatch(principal):
        return {"AWS": f"arn:aws:iam::{principal}:root"}
    if _ARN.fullmatch(principal):
        return {"AWS": principal}
    if _SERVICE.fullmatch(principal):
        return {"Service": principal}
    raise aws_error(
        "InvalidParameterValueException",
        "The provided principal was invalid. Please check the principal and try again.",
    )


def _conditions(params: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    rows = (
        ("StringEquals", "lambda:FunctionUrlAuthType", params.get("FunctionUrlAuthType")),
        ("StringEquals", "aws:PrincipalOrgID", params.get("PrincipalOrgID")),
        ("StringEquals", "AWS:SourceAccount", params.get("SourceAccount")),
        ("StringEquals", "lambda:EventSourceToken", params.get("EventSourceToken")),
        ("ArnLike", "AWS:SourceArn", params.get("SourceArn")),
    )
    conditions: dict[str, dict[str, str]] = {}
    for operator, key, value in rows:
        if value:
            conditions.setdefault(operator, {})[key] = value
    if params.get("InvokedViaFunctionUrl") is not None:
        wanted = "true" if params["InvokedViaFunctionUrl"] else "false"
        conditions["Bool"] = {"lambda:InvokedViaFunctionUrl": wanted}
    return conditions
