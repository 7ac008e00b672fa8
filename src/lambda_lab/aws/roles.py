"""The execution role: who may assume it."""

from __future__ import annotations

from lambda_lab.aws.errors import aws_error
from lambda_lab.aws.moto_seam import ACCOUNT, role_trusts_lambda

__all__ = ["check_role"]


def check_role(region: str, arn: str) -> None:
    """Check that an execution role is of this account, and that Lambda may assume it.

    Raises
    ------
    AwsError
        ``AccessDeniedException`` or ``InvalidParameterValueException`` in AWS's words.
    """
    if f"::{ACCOUNT}:" not in arn:
        raise aws_error("AccessDeniedException", "Cross-account pass role is not allowed.")
    if not role_trusts_lambda(region, arn):
        raise aws_error(
            "InvalidParameterValueException",
            "The role defined for the function cannot be assumed by Lambda.",
        )
