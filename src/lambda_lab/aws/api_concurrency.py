"""Lambda's API: reserved and provisioned concurrency.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
"""

from __future__ import annotations

from typing import Any

from lambda_lab.aws.account import total_provisioned, unreserved
from lambda_lab.aws.api_functions import named, resolve_unqualified
from lambda_lab.aws.backend import LabLambdaBackend, services
from lambda_lab.aws.errors import aws_error
from lambda_lab.aws.function import LabFunction
from lambda_lab.aws.names import FunctionName, function_arn, parse_function_name
from lambda_lab.aws.paging import paged
from lambda_lab.aws.provisioned import check_qualifier, describe, follow, without
from lambda_lab.aws.provisioned_config import ProvisionedConfig
from lambda_lab.errors import AwsError

__all__ = [
    "delete_function_concurrency",
    "delete_provisioned_concurrency_config",
    "get_function_concurrency",
    "get_provisioned_concurrency_config",
    "list_provisioned_concurrency_configs",
    "put_function_concurrency",
    "put_provisioned_concurrency_config",
]

Params = dict[str, Any]


def _invalid(text: str, **members: Any) -> AwsError:
    return aws_error("InvalidParameterValueException", text, **members)


# -- reserved concurrency --------------------------------------------------------------------------


def put_function_concurrency(backend: LabLambdaBackend, params: Params) -> Params:
    """Reserve concurrency (``PutFunctionConcurrency``); it binds at the next invocation."""
    function = _unqualified(backend, params, refuses_latest=True)
    wanted = int(params["ReservedConcurrentExecutions"])
    admission = services().plane().admission
    keep = admission.limits.unreserved_minimum
    if unreserved(backend, without=function) - wanted < keep:
        raise _invalid(
            "Specified ReservedConcurrentExecutions for function decreases account's "
            f"UnreservedConcurrentExecution below its minimum value of [{keep}]."
        )
    provisioned = total_provisioned(function)
    if wanted < provisioned:
        # Recorded, blanks and all, and without a Type.
        raise _invalid(
            f" ReservedConcurrentExecutions  {wanted} should not be lower than function's total "
            f"provisioned concurrency [{provisioned}].",
            Type=None,
        )
    function.reserved_concurrency = wanted
    admission.reserve(function.unqualified_arn, wanted)
    return {"ReservedConcurrentExecutions": wanted}


def _unqualified(
    backend: LabLambdaBackend, params: Params, *, refuses_latest: bool = False
) -> LabFunction:
    name = parse_function_name(params["FunctionName"], None, backend.region_name)
    if name.qualifier is not None and (refuses_latest or name.qualifier != "$LATEST"):
        return resolve_unqualified(backend, {**params, "Qualifier": None}, refuses_latest=True)
    try:
        return backend.find(FunctionName(name.name, None, name.account))
    except AwsError:
        # Recorded: these operations name the unknown function with its qualifier.
        account = name.account or backend.account_id
        arn = function_arn(backend.region_name, account, name.name, "$LATEST")
        raise aws_error("ResourceNotFoundException", f"Function not found: {arn}") from None


def get_function_concurrency(backend: LabLambdaBackend, params: Params) -> Params:
    """Return the reserved concurrency (``GetFunctionConcurrency``)."""
    function = _unqualified(backend, params)
    return {"ReservedConcurrentExecutions": function.reserved_concurrency}


def delete_function_concurrency(backend: LabLambdaBackend, params: Params) -> Params:
    """Reserve nothing any more (``DeleteFunctionConcurrency``)."""
    function = _unqualified(backend, params)
    function.reserved_concurrency = None
    services().plane().admission.reserve(function.unqualified_arn, None)
    return {}


# -- provisioned concurrency -----------------------------------------------------------------------


def put_provisioned_concurrency_config(backend: LabLambdaBackend, params: Params) -> Params:
    """Ask for environments that are ready ahead of calls (``PutProvisionedConcurrencyConfig``).

    The environments are allocated on the region's clock (:mod:`lambda_lab.invoke.provisioned`).
    """
    if named(backend, params).qualifier == "$LATEST":
        # As users of AWS report it: confidence M.
        raise _invalid(
            "Provisioned Concurrency Configs cannot be applied to unpublished function versions."
        )
    function, qualifier = _qualified(backend, params)
    check_qualifier(backend, function, qualifier)
    wanted = int(params["ProvisionedConcurrentExecutions"])
    _check_room(backend, function, qualifier, wanted)
    moment = services().clock.now()
    function.provisioned[qualifier] = ProvisionedConfig(wanted, f"{moment:%Y-%m-%dT%H:%M:%S+0000}")
    follow(backend, function, anew=qualifier)
    return describe(backend, function, qualifier)


def _check_room(
    backend: LabLambdaBackend, function: LabFunction, qualifier: str, wanted: int
) -> None:
    """Refuse more than the function has reserved, or than the account leaves it."""
    total = total_provisioned(function, without=qualifier) + wanted
    if function.reserved_concurrency is not None:
        if total > function.reserved_concurrency:
            raise _invalid(
                "Requested Provisioned Concurrency should not be greater than the "
                "reservedConcurrentExecution for function"
            )
        return
    left = unreserved(backend, without=function)
    keep = services().plane().admission.limits.unreserved_minimum
    # Both texts as users of AWS report them: confidence M.
    if total > left:
        raise _invalid(
            "Specified ConcurrentExecutions for function is greater than account's unreserved "
            f"concurrency [{left}]."
        )
    if left - total < keep:
        raise _invalid(
            "Specified ConcurrentExecutions for function decreases account's "
            f"UnreservedConcurrentExecution below its minimum value of [{keep}]."
        )


def _qualified(backend: LabLambdaBackend, params: Params) -> tuple[LabFunction, str]:
    """Return the function of the version or alias that is named, and that name.

    Raises
    ------
    AwsError
        AWS's texts as its users report them: confidence M.
    """
    name = named(backend, params)
    qualifier = name.qualifier
    if qualifier in (None, "$LATEST"):
        raise _invalid("The function resource provided must be an alias or a published version.")
    try:
        backend.find(name)
    except AwsError:
        if str(qualifier).isdigit():
            raise
        account = name.account or backend.account_id
        arn = function_arn(backend.region_name, account, name.name, qualifier)
        raise aws_error("ResourceNotFoundException", f"Cannot find alias arn: {arn}") from None
    return backend.find(FunctionName(name.name, None, name.account)), str(qualifier)


def get_provisioned_concurrency_config(backend: LabLambdaBackend, params: Params) -> Params:
    """Tell how far an allocation is (``GetProvisionedConcurrencyConfig``)."""
    function, qualifier = _qualified(backend, params)
    if qualifier not in function.provisioned:
        raise aws_error(
            "ProvisionedConcurrencyConfigNotFoundException",
            "No Provisioned Concurrency Config found for this function",
        )
    return describe(backend, function, qualifier)


def list_provisioned_concurrency_configs(backend: LabLambdaBackend, params: Params) -> Params:
    """List the configurations of a function (``ListProvisionedConcurrencyConfigs``), in pages."""
    name = named(backend, params)
    function = backend.find(FunctionName(name.name, None, name.account))
    configs = [
        {
            "FunctionArn": f"{function.unqualified_arn}:{qualifier}",
            **describe(backend, function, qualifier),
        }
        for qualifier in function.provisioned
    ]
    return paged(
        "ProvisionedConcurrencyConfigs", configs, params, lambda config: (config["FunctionArn"],)
    )


def delete_provisioned_concurrency_config(backend: LabLambdaBackend, params: Params) -> Params:
    """Give environments back (``DeleteProvisionedConcurrencyConfig``); none there is no error."""
    function, qualifier = _qualified(backend, params)
    without(backend, function, qualifier)
    return {}
