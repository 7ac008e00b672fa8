"""Where results and dead letters of asynchronous events may go: what AWS refuses.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lambda_lab.aws.deliveries import missing_permission, service_of, target_exists
from lambda_lab.aws.errors import aws_error
from lambda_lab.aws.moto_seam import lambda_backend
from lambda_lab.aws.names import parse_function_name
from lambda_lab.errors import AwsError

if TYPE_CHECKING:
    from lambda_lab.aws.function import LabFunction

__all__ = ["check_dead_letter", "check_destinations"]

ON_SUCCESS = ("sqs", "sns", "lambda", "events")
ON_FAILURE = (*ON_SUCCESS, "s3")
"""Buckets take failures only (API reference, PutFunctionEventInvokeConfig)."""
DEAD_LETTER = {"sqs": "SQS", "sns": "SNS"}


def check_destinations(function: LabFunction, config: Mapping[str, Any]) -> None:
    """Check a ``DestinationConfig``: kinds, existence, and what the execution role may do.

    Raises
    ------
    AwsError
        ``InvalidParameterValueException``. Recorded from AWS are the texts about a kind of service,
        a function that is not there, and a function that names itself. The one about the role is
        as users of AWS report it (confidence M); that a missing queue, topic, bus or bucket, and a
        FIFO one, are refused in the same words as a missing function is ours (confidence L).
    """
    chosen = {
        member: (config.get(member) or {}).get("Destination") or None
        for member in ("OnSuccess", "OnFailure")
    }
    for member, kinds in (("OnFailure", ON_FAILURE), ("OnSuccess", ON_SUCCESS)):
        arn = chosen[member]
        if arn is None:
            continue
        if service_of(arn) not in kinds:
            raise _wrong_kind(chosen)
        _check_destination(function, arn)


def _wrong_kind(chosen: Mapping[str, str | None]) -> AwsError:
    parts = [
        f"{member[0].lower()}{member[1:]}={member}(destination={arn})"
        if arn
        else f"{member[0].lower()}{member[1:]}=null"
        for member, arn in chosen.items()
    ]
    return aws_error(
        "InvalidParameterValueException",
        f"The provided destination config DestinationConfig({', '.join(parts)}) is invalid.",
    )


def _check_destination(function: LabFunction, arn: str) -> None:
    if service_of(arn) == "lambda":
        _check_function(function, arn)
    elif _is_fifo(arn) or not target_exists(arn):
        raise _not_valid(arn)
    action = missing_permission(function.role, arn)
    if action is not None:
        raise aws_error(
            "InvalidParameterValueException",
            "The function's execution role does not have permissions to call "
            f"{action.partition(':')[2]} on {arn}",
        )


def _check_function(function: LabFunction, arn: str) -> None:
    region = arn.split(":")[3]
    try:
        named = parse_function_name(arn, None, region)
        found = lambda_backend(region).find(named)
    except (AwsError, KeyError):
        raise _not_valid(arn) from None
    if found.unqualified_arn == function.unqualified_arn:
        raise aws_error(
            "InvalidParameterValueException",
            "You can't specify the function as a destination for itself.",
        )


def _not_valid(arn: str) -> AwsError:
    return aws_error("InvalidParameterValueException", f"The destination ARN {arn} is invalid.")


def _is_fifo(arn: str) -> bool:
    return service_of(arn) in ("sqs", "sns") and arn.endswith(".fifo")


def check_dead_letter(role_arn: str, config: Mapping[str, Any] | None) -> None:
    """Check a ``DeadLetterConfig``: a standard queue or topic that the role may write to.

    Raises
    ------
    AwsError
        ``InvalidParameterValueException``. The text about the role is as users of AWS report it
        (confidence M), the one about other targets is ours (confidence L).
    """
    arn = (config or {}).get("TargetArn")
    if not arn:
        return
    service = DEAD_LETTER.get(service_of(arn))
    if service is None or _is_fifo(arn):
        raise aws_error(
            "InvalidParameterValueException",
            f"The provided dead letter target {arn} is invalid. Specify the ARN of a standard "
            "Amazon SQS queue or a standard Amazon SNS topic.",
        )
    action = missing_permission(role_arn, arn)
    if action is not None:
        raise aws_error(
            "InvalidParameterValueException",
            "The provided execution role does not have permissions to call "
            f"{action.partition(':')[2]} on {service}",
        )
