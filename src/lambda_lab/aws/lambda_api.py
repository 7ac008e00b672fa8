"""Lambda's HTTP API: from a request to the operation that answers it.

What AWS has and this table lacks answers 501 and says so: never a silent success.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lambda_lab.aws import (
    account,
    api_aliases,
    api_concurrency,
    api_events,
    api_functions,
    api_invoke,
    api_layer_permissions,
    api_layers,
    api_mappings,
    api_permissions,
    api_recursion,
    mapping_tags,
)
from lambda_lab.aws.api_defaults import DEFAULTS
from lambda_lab.aws.backend import LabLambdaBackend, backend_of
from lambda_lab.aws.constraints import validate
from lambda_lab.aws.moto_seam import JsonRESTError, translate
from lambda_lab.aws.operations import Match, parse
from lambda_lab.aws.serialise import serialise, serialise_error
from lambda_lab.aws.services import services
from lambda_lab.errors import AwsError, NotModelledError

__all__ = ["OPERATIONS", "Call", "answer"]

log = logging.getLogger(__name__)

Operation = Callable[[LabLambdaBackend, dict[str, Any]], dict[str, Any]]

OPERATIONS: Mapping[str, Operation] = {
    **DEFAULTS,
    "AddLayerVersionPermission": api_layer_permissions.add_layer_version_permission,
    "AddPermission": api_permissions.add_permission,
    "CreateAlias": api_aliases.create_alias,
    "CreateEventSourceMapping": api_mappings.create_event_source_mapping,
    "CreateFunction": api_functions.create_function,
    "DeleteAlias": api_aliases.delete_alias,
    "DeleteEventSourceMapping": api_mappings.delete_event_source_mapping,
    "DeleteFunction": api_functions.delete_function,
    "DeleteFunctionConcurrency": api_concurrency.delete_function_concurrency,
    "DeleteFunctionEventInvokeConfig": api_events.delete_function_event_invoke_config,
    "DeleteLayerVersion": api_layers.delete_layer_version,
    "DeleteProvisionedConcurrencyConfig": api_concurrency.delete_provisioned_concurrency_config,
    "GetAccountSettings": account.get_account_settings,
    "GetAlias": api_aliases.get_alias,
    "GetEventSourceMapping": api_mappings.get_event_source_mapping,
    "GetFunction": api_functions.get_function,
    "GetFunctionConcurrency": api_concurrency.get_function_concurrency,
    "GetFunctionConfiguration": api_functions.get_function_configuration,
    "GetFunctionEventInvokeConfig": api_events.get_function_event_invoke_config,
    "GetFunctionRecursionConfig": api_recursion.get_function_recursion_config,
    "GetLayerVersion": api_layers.get_layer_version,
    "GetLayerVersionByArn": api_layers.get_layer_version_by_arn,
    "GetLayerVersionPolicy": api_layer_permissions.get_layer_version_policy,
    "GetPolicy": api_permissions.get_policy,
    "GetProvisionedConcurrencyConfig": api_concurrency.get_provisioned_concurrency_config,
    "ListAliases": api_aliases.list_aliases,
    "ListEventSourceMappings": api_mappings.list_event_source_mappings,
    "ListFunctionEventInvokeConfigs": api_events.list_function_event_invoke_configs,
    "ListFunctions": api_functions.list_functions,
    "ListLayerVersions": api_layers.list_layer_versions,
    "ListLayers": api_layers.list_layers,
    "ListProvisionedConcurrencyConfigs": api_concurrency.list_provisioned_concurrency_configs,
    "ListTags": mapping_tags.list_tags,
    "ListVersionsByFunction": api_functions.list_versions_by_function,
    "PublishLayerVersion": api_layers.publish_layer_version,
    "PublishVersion": api_functions.publish_version,
    "PutFunctionConcurrency": api_concurrency.put_function_concurrency,
    "RemoveLayerVersionPermission": api_layer_permissions.remove_layer_version_permission,
    "PutFunctionEventInvokeConfig": api_events.put_function_event_invoke_config,
    "PutFunctionRecursionConfig": api_recursion.put_function_recursion_config,
    "PutProvisionedConcurrencyConfig": api_concurrency.put_provisioned_concurrency_config,
    "RemovePermission": api_permissions.remove_permission,
    "TagResource": mapping_tags.tag_resource,
    "UntagResource": mapping_tags.untag_resource,
    "UpdateAlias": api_aliases.update_alias,
    "UpdateEventSourceMapping": api_mappings.update_event_source_mapping,
    "UpdateFunctionCode": api_functions.update_function_code,
    "UpdateFunctionConfiguration": api_functions.update_function_configuration,
    "UpdateFunctionEventInvokeConfig": api_events.update_function_event_invoke_config,
}
"""Every operation that is answered here, beside ``Invoke`` and ``InvokeAsync``."""

_WAIT_FOR_PROCESSES = frozenset({"DeleteFunction"})
"""Operations that wait for processes to end; they take the backend's lock themselves."""

INVOKES: Mapping[str, Callable[[LabLambdaBackend, dict[str, Any], str], dict[str, Any]]] = {
    "Invoke": api_invoke.invoke,
    "InvokeAsync": api_invoke.invoke_async,
}


@dataclass(frozen=True, slots=True)
class Call:
    """One request of the Lambda API, as it came in."""

    match: Match
    region: str
    headers: Mapping[str, str]
    query: Mapping[str, list[str]]
    body: bytes


def answer(call: Call) -> tuple[int, Mapping[str, str], bytes]:
    """Answer one request of the Lambda API; never raises.

    Returns
    -------
    tuple
        HTTP status, headers and body.
    """
    operation = call.match.operation
    ids = services().call_ids if operation in INVOKES else services().ids
    request_id = ids.uuid()
    try:
        return serialise(operation, _answer(call, request_id), request_id)
    except (AwsError, NotModelledError) as error:
        return serialise_error(error, request_id)
    except JsonRESTError as error:
        return serialise_error(translate(error), request_id)
    except Exception as error:
        # The last resort of a server: one request fails, the region goes on.
        log.exception("%s failed", operation)
        failure = AwsError(
            "ServiceException",
            f"lambda_lab failed to answer: {type(error).__name__}: {error}. Please report this.",
            status=500,
            members={"Type": "Service"},
        )
        return serialise_error(failure, request_id)


def _answer(call: Call, request_id: str) -> dict[str, Any]:
    operation = call.match.operation
    params = parse(call.match, call.headers, call.query, call.body)
    validate(operation, params)
    backend = backend_of(call.region)
    invoke = INVOKES.get(operation)
    if invoke is not None:
        trace = call.headers.get("x-amzn-trace-id")
        if trace:
            params["TraceHeader"] = trace
        return invoke(backend, params, request_id)
    known = OPERATIONS.get(operation)
    if known is None:
        # Validation first: what AWS refuses is refused in AWS's words.
        raise NotModelledError(f"The operation {operation}")
    if operation in _WAIT_FOR_PROCESSES:
        return known(backend, params)
    with backend.lock:
        return known(backend, params)
