"""Lambda's HTTP API: from a request to the operation that answers it.

What AWS has and this table lacks answers 501 and says so: never a silent success.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from lambda_lab.aws import api_functions, api_invoke, api_layers, api_resources
from lambda_lab.aws.backend import LabLambdaBackend, backend_of, services
from lambda_lab.aws.constraints import validate
from lambda_lab.aws.moto_seam import JsonRESTError, translate
from lambda_lab.aws.operations import Match, parse
from lambda_lab.aws.serialise import serialise, serialise_error
from lambda_lab.errors import AwsError, NotModelledError

__all__ = ["OPERATIONS", "answer"]

log = logging.getLogger(__name__)

Operation = Callable[[LabLambdaBackend, dict[str, Any]], dict[str, Any]]

OPERATIONS: Mapping[str, Operation] = {
    "AddPermission": api_resources.add_permission,
    "CreateAlias": api_resources.create_alias,
    "CreateFunction": api_functions.create_function,
    "DeleteAlias": api_resources.delete_alias,
    "DeleteFunction": api_functions.delete_function,
    "DeleteFunctionConcurrency": api_resources.delete_function_concurrency,
    "DeleteLayerVersion": api_layers.delete_layer_version,
    "GetAccountSettings": api_invoke.get_account_settings,
    "GetAlias": api_resources.get_alias,
    "GetFunction": api_functions.get_function,
    "GetFunctionConcurrency": api_resources.get_function_concurrency,
    "GetFunctionConfiguration": api_functions.get_function_configuration,
    "GetLayerVersion": api_layers.get_layer_version,
    "GetLayerVersionByArn": api_layers.get_layer_version_by_arn,
    "GetPolicy": api_resources.get_policy,
    "ListAliases": api_resources.list_aliases,
    "ListFunctions": api_functions.list_functions,
    "ListLayerVersions": api_layers.list_layer_versions,
    "ListLayers": api_layers.list_layers,
    "ListTags": api_resources.list_tags,
    "ListVersionsByFunction": api_functions.list_versions_by_function,
    "PublishLayerVersion": api_layers.publish_layer_version,
    "PublishVersion": api_functions.publish_version,
    "PutFunctionConcurrency": api_resources.put_function_concurrency,
    "RemovePermission": api_resources.remove_permission,
    "TagResource": api_resources.tag_resource,
    "UntagResource": api_resources.untag_resource,
    "UpdateAlias": api_resources.update_alias,
    "UpdateFunctionCode": api_functions.update_function_code,
    "UpdateFunctionConfiguration": api_functions.update_function_configuration,
}
"""Every operation that is answered here, beside ``Invoke`` and ``InvokeAsync``."""

INVOKES: Mapping[str, Callable[[LabLambdaBackend, dict[str, Any], str], dict[str, Any]]] = {
    "Invoke": api_invoke.invoke,
    "InvokeAsync": api_invoke.invoke_async,
}


def answer(
    match: Match,
    region: str,
    headers: Mapping[str, str],
    query: Mapping[str, list[str]],
    body: bytes,
) -> tuple[int, Mapping[str, str], bytes]:
    """Answer one request of the Lambda API; never raises.

    Returns
    -------
    tuple
        HTTP status, headers and body.
    """
    ids = services().call_ids if match.operation in INVOKES else services().ids
    request_id = ids.uuid()
    try:
        return _answer(match, region, headers, query, body, request_id)
    except (AwsError, NotModelledError) as error:
        return serialise_error(error, request_id)
    except JsonRESTError as error:
        return serialise_error(translate(error), request_id)
    except Exception as error:
        log.exception("%s failed", match.operation)
        failure = AwsError(
            "ServiceException",
            f"lambda_lab failed to answer: {type(error).__name__}: {error}. Please report this.",
            status=500,
            members={"Type": "Service"},
        )
        return serialise_error(failure, request_id)


def _answer(
    match: Match,
    region: str,
    headers: Mapping[str, str],
    query: Mapping[str, list[str]],
    body: bytes,
    request_id: str,
) -> tuple[int, Mapping[str, str], bytes]:
    operation = match.operation
    invoke = INVOKES.get(operation)
    known = OPERATIONS.get(operation)
    if invoke is None and known is None:
        raise NotModelledError(f"The operation {operation}")
    params = parse(match, headers, query, body)
    validate(operation, params)
    backend = backend_of(region)
    if invoke is not None:
        trace = headers.get("x-amzn-trace-id")
        if trace:
            params["TraceHeader"] = trace
        return serialise(operation, invoke(backend, params, request_id), request_id)
    assert known is not None
    return serialise(operation, known(backend, params), request_id)
