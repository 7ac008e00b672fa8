"""Lambda's API: how asynchronous events of a function, version or alias are treated.

Answers and words are those recorded from AWS, where nothing else is said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from lambda_lab.aws.api_functions import named
from lambda_lab.aws.backend import LabLambdaBackend
from lambda_lab.aws.errors import aws_error
from lambda_lab.aws.event_settings import EventSettings
from lambda_lab.aws.event_targets import check_destinations
from lambda_lab.aws.function import LabFunction
from lambda_lab.aws.names import FunctionName, function_arn, parse_function_name
from lambda_lab.aws.paging import paged
from lambda_lab.aws.services import services
from lambda_lab.errors import AwsError

__all__ = [
    "delete_function_event_invoke_config",
    "get_function_event_invoke_config",
    "list_function_event_invoke_configs",
    "put_function_event_invoke_config",
    "update_function_event_invoke_config",
]

Params = dict[str, Any]
LATEST = "$LATEST"


def put_function_event_invoke_config(backend: LabLambdaBackend, params: Params) -> Params:
    """Set it anew (``PutFunctionEventInvokeConfig``): what is not named falls back to AWS's."""
    _check_anything(params)
    function, qualifier = _target(backend, params)
    check_destinations(function, params.get("DestinationConfig") or {})
    settings = EventSettings(services().clock.now(), **_numbers(params), **_arns(params))
    function.event_settings[qualifier] = settings
    return _describe(function, qualifier, settings)


def update_function_event_invoke_config(backend: LabLambdaBackend, params: Params) -> Params:
    """Change some of it (``UpdateFunctionEventInvokeConfig``).

    Destinations are changed one by one: to name one leaves the other (confidence M).
    """
    _check_anything(params)
    function, qualifier = _target(backend, params)
    current = function.event_settings.get(qualifier)
    if current is None:
        raise _nothing_set(f"{function.unqualified_arn}:{qualifier}")
    check_destinations(function, params.get("DestinationConfig") or {})
    changes = {**_numbers(params), **_arns(params)}
    settings = replace(current, modified=services().clock.now(), **changes)
    function.event_settings[qualifier] = settings
    return _describe(function, qualifier, settings)


def get_function_event_invoke_config(backend: LabLambdaBackend, params: Params) -> Params:
    """Describe it (``GetFunctionEventInvokeConfig``)."""
    function, qualifier, settings = _existing(backend, params)
    return _describe(function, qualifier, settings)


def delete_function_event_invoke_config(backend: LabLambdaBackend, params: Params) -> Params:
    """Forget it (``DeleteFunctionEventInvokeConfig``): AWS's defaults hold again."""
    function, qualifier, _ = _existing(backend, params)
    del function.event_settings[qualifier]
    return {}


def list_function_event_invoke_configs(backend: LabLambdaBackend, params: Params) -> Params:
    """List it for the function, its versions and aliases (``ListFunctionEventInvokeConfigs``)."""
    function, _ = _target(backend, params)
    listed = [
        _describe(function, qualifier, settings)
        for qualifier, settings in function.event_settings.items()
    ]
    return paged("FunctionEventInvokeConfigs", listed, params, _place)


def _place(config: Params) -> tuple[str | int, ...]:
    """Order ``$LATEST`` before versions by number, and those before aliases by name."""
    qualifier = config["FunctionArn"].rpartition(":")[2]
    if qualifier == LATEST:
        return 0, 0, ""
    return (1, int(qualifier), "") if qualifier.isdecimal() else (2, 0, qualifier)


# -- finding ---------------------------------------------------------------------------------------


def _target(backend: LabLambdaBackend, params: Params) -> tuple[LabFunction, str]:
    """Return the function, and the qualifier that *params* name; the function keeps its settings.

    Raises
    ------
    AwsError
        ``ResourceNotFoundException`` if there is no such function, version or alias.
    """
    name = named(backend, params)
    try:
        backend.find(name)
        latest = backend.find(FunctionName(name.name, None, name.account))
    except AwsError:
        raise aws_error("ResourceNotFoundException", "The function doesn't exist.") from None
    return latest, name.qualifier or LATEST


def _existing(backend: LabLambdaBackend, params: Params) -> tuple[LabFunction, str, EventSettings]:
    # Recorded: a function that is not there is told the same as one with nothing set.
    name = parse_function_name(params["FunctionName"], params.get("Qualifier"), backend.region_name)
    qualifier = name.qualifier or LATEST
    account = name.account or backend.account_id
    arn = function_arn(backend.region_name, account, name.name, qualifier)
    try:
        function = backend.find(FunctionName(name.name, None, name.account))
    except AwsError:
        raise _nothing_set(arn) from None
    settings = function.event_settings.get(qualifier)
    if settings is None:
        raise _nothing_set(arn)
    return function, qualifier, settings


def _nothing_set(arn: str) -> AwsError:
    return aws_error(
        "ResourceNotFoundException", f"The function {arn} doesn't have an EventInvokeConfig"
    )


# -- reading and wording ---------------------------------------------------------------------------


def _check_anything(params: Mapping[str, Any]) -> None:
    members = ("MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig")
    if all(params.get(member) is None for member in members):
        raise aws_error(
            "InvalidParameterValueException",
            "You must specify at least one of error handling or destination setting.",
        )


def _numbers(params: Mapping[str, Any]) -> dict[str, Any]:
    rows = (("retries", "MaximumRetryAttempts"), ("max_age_seconds", "MaximumEventAgeInSeconds"))
    return {name: params[member] for name, member in rows if params.get(member) is not None}


def _arns(params: Mapping[str, Any]) -> dict[str, Any]:
    config = params.get("DestinationConfig") or {}
    rows = (("on_success", "OnSuccess"), ("on_failure", "OnFailure"))
    return {
        name: config[member].get("Destination") or None
        for name, member in rows
        if config.get(member) is not None
    }


def _describe(function: LabFunction, qualifier: str, settings: EventSettings) -> Params:
    described: Params = {
        "LastModified": settings.modified,
        "FunctionArn": f"{function.unqualified_arn}:{qualifier}",
        "DestinationConfig": {
            "OnSuccess": _destination(settings.on_success),
            "OnFailure": _destination(settings.on_failure),
        },
    }
    if settings.retries is not None:
        described["MaximumRetryAttempts"] = settings.retries
    if settings.max_age_seconds is not None:
        described["MaximumEventAgeInSeconds"] = settings.max_age_seconds
    return described


def _destination(arn: str | None) -> dict[str, str]:
    return {} if arn is None else {"Destination": arn}
