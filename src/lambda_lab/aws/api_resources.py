"""Lambda's API: what hangs on a function - tags, aliases, permissions, reserved concurrency."""

from __future__ import annotations

import json
from typing import Any

from lambda_lab import facts
from lambda_lab.aws.api_functions import check_revision, find, paged, resolve_unqualified
from lambda_lab.aws.backend import LabLambdaBackend, services
from lambda_lab.aws.errors import aws_error
from lambda_lab.aws.function import LabFunction
from lambda_lab.aws.moto_seam import LambdaAlias
from lambda_lab.aws.names import FunctionName, function_arn, parse_function_name
from lambda_lab.errors import NotModelledError

__all__: list[str] = []

Params = dict[str, Any]

# -- tags -------------------------------------------------------------------------------------------


def _tagged(backend: LabLambdaBackend, arn: str) -> LabFunction:
    if ":function:" not in arn:
        raise NotModelledError("Tags on anything but functions")
    name = parse_function_name(arn, None, backend.region_name)
    if name.qualifier is not None:
        raise aws_error(
            "InvalidParameterValueException",
            "Tags on function aliases and versions are not supported. Please specify a function ARN.",
        )
    return backend.find(name)


def tag_resource(backend: LabLambdaBackend, params: Params) -> Params:
    """Add tags (``TagResource``)."""
    function = _tagged(backend, params["Resource"])
    if not params["Tags"]:
        raise aws_error(
            "InvalidParameterValueException", "An error occurred and the request cannot be processed."
        )
    function.tags.update(params["Tags"])
    return {}


def untag_resource(backend: LabLambdaBackend, params: Params) -> Params:
    """Remove tags (``UntagResource``); unknown keys are ignored."""
    function = _tagged(backend, params["Resource"])
    if not params.get("TagKeys"):
        raise aws_error(
            "ValidationException",
            "1 validation error detected: Value null at 'tagKeys' failed to satisfy constraint: "
            "Member must not be null",
        )
    for key in params["TagKeys"]:
        function.tags.pop(key, None)
    return {}


def list_tags(backend: LabLambdaBackend, params: Params) -> Params:
    """List tags (``ListTags``)."""
    return {"Tags": dict(_tagged(backend, params["Resource"]).tags)}


# -- aliases ----------------------------------------------------------------------------------------


def _alias(backend: LabLambdaBackend, params: Params) -> tuple[LabFunction, LambdaAlias]:
    function = resolve_unqualified(backend, params)
    for alias in backend.list_aliases(function.function_name):
        if alias.name == params["Name"]:
            return function, alias
    arn = function_arn(
        backend.region_name, backend.account_id, function.function_name, params["Name"]
    )
    raise aws_error("ResourceNotFoundException", f"Cannot find alias arn: {arn}")


def _describe(backend: LabLambdaBackend, function: LabFunction, alias: LambdaAlias) -> Params:
    return {
        "AliasArn": f"{function.unqualified_arn}:{alias.name}",
        "Name": alias.name,
        "FunctionVersion": str(alias.function_version),
        "Description": alias.description or "",
        "RevisionId": alias.revision_id,
    }


def _check_target(backend: LabLambdaBackend, function: LabFunction, params: Params) -> None:
    weights = (params.get("RoutingConfig") or {}).get("AdditionalVersionWeights")
    if weights:
        raise NotModelledError("Routing an alias by weight to two versions")
    version = params.get("FunctionVersion")
    if version is not None:
        backend.find(FunctionName(function.function_name, version, None))


def create_alias(backend: LabLambdaBackend, params: Params) -> Params:
    """Name a version (``CreateAlias``)."""
    function = resolve_unqualified(backend, params)
    _check_target(backend, function, params)
    if any(a.name == params["Name"] for a in backend.list_aliases(function.function_name)):
        arn = f"{function.unqualified_arn}:{params['Name']}"
        raise aws_error("ResourceConflictException", f"Alias already exists: {arn}")
    alias = backend.create_alias(
        params["Name"],
        function.function_name,
        params["FunctionVersion"],
        params.get("Description") or "",
        None,  # type: ignore[arg-type]
    )
    alias.revision_id = services().ids.uuid()
    return _describe(backend, function, alias)


def get_alias(backend: LabLambdaBackend, params: Params) -> Params:
    """Describe an alias (``GetAlias``)."""
    return _describe(backend, *_alias(backend, params))


def list_aliases(backend: LabLambdaBackend, params: Params) -> Params:
    """List a function's aliases (``ListAliases``)."""
    function = resolve_unqualified(backend, params)
    wanted = params.get("FunctionVersion")
    aliases = [
        _describe(backend, function, alias)
        for alias in backend.list_aliases(function.function_name)
        if wanted in (None, str(alias.function_version))
    ]
    return paged("Aliases", aliases, params, 50)


def update_alias(backend: LabLambdaBackend, params: Params) -> Params:
    """Point an alias elsewhere (``UpdateAlias``)."""
    function, alias = _alias(backend, params)
    check_revision(alias, params)
    _check_target(backend, function, params)
    if params.get("FunctionVersion") is not None:
        alias.function_version = params["FunctionVersion"]
    if params.get("Description") is not None:
        alias.description = params["Description"]
    alias.revision_id = services().ids.uuid()
    return _describe(backend, function, alias)


def delete_alias(backend: LabLambdaBackend, params: Params) -> Params:
    """Remove an alias (``DeleteAlias``); one that is not there is no error."""
    function = resolve_unqualified(backend, params)
    backend.delete_alias(params["Name"], function.function_name)
    return {}


# -- permissions ------------------------------------------------------------------------------------


def add_permission(backend: LabLambdaBackend, params: Params) -> Params:
    """Add a statement to a function's resource policy (``AddPermission``)."""
    function = find(backend, params)
    policy = function.policy
    if any(statement["Sid"] == params["StatementId"] for statement in policy.statements):
        raise aws_error(
            "ResourceConflictException",
            f"The statement id ({params['StatementId']}) provided already exists. Please provide "
            "a new statement id, or remove the existing statement.",
        )
    _check_policy_revision(function, params)
    body = {k: v for k, v in params.items() if k not in ("FunctionName", "Qualifier")}
    statement = backend.add_permission(
        function.function_name, params.get("Qualifier"), json.dumps(body)  # type: ignore[arg-type]
    )
    return {"Statement": json.dumps(statement)}


def _check_policy_revision(function: LabFunction, params: Params) -> None:
    wanted = params.get("RevisionId")
    if wanted and wanted != function.policy.revision:
        raise aws_error(
            "PreconditionFailedException",
            "The RevisionId provided does not match the latest RevisionId. Call the "
            "GetPolicy API to retrieve the latest RevisionId for your resource.",
        )


def get_policy(backend: LabLambdaBackend, params: Params) -> Params:
    """Return a function's resource policy (``GetPolicy``)."""
    policy = find(backend, params).policy
    if not policy.statements:
        raise _no_policy()
    document = {"Version": "2012-10-17", "Id": "default", "Statement": policy.statements}
    return {"Policy": json.dumps(document), "RevisionId": policy.revision}


def _no_policy() -> Exception:
    return aws_error("ResourceNotFoundException", "The resource you requested does not exist.")


def remove_permission(backend: LabLambdaBackend, params: Params) -> Params:
    """Remove a statement from a function's resource policy (``RemovePermission``)."""
    function = find(backend, params)
    statement = params["StatementId"]
    if not function.policy.statements:
        raise aws_error(
            "ResourceNotFoundException", "No policy is associated with the given resource."
        )
    if all(known["Sid"] != statement for known in function.policy.statements):
        raise aws_error(
            "ResourceNotFoundException",
            f"Statement {statement} is not found in resource policy.",
        )
    _check_policy_revision(function, params)
    function.policy.del_statement(statement, "")
    return {}


# -- reserved concurrency -----------------------------------------------------------------------------


def put_function_concurrency(backend: LabLambdaBackend, params: Params) -> Params:
    """Reserve concurrency (``PutFunctionConcurrency``); it binds at the next invocation."""
    function = _concurrency_target(backend, params)
    wanted = int(params["ReservedConcurrentExecutions"])
    keep = int(facts.value("concurrency.unreserved-minimum"))
    limit = services().plane().admission.account_limit
    others = sum(f.reserved_concurrency or 0 for f in backend.functions() if f is not function)
    if limit - others - wanted < keep:
        raise aws_error(
            "InvalidParameterValueException",
            "Specified ReservedConcurrentExecutions for function decreases account's "
            f"UnreservedConcurrentExecution below its minimum value of [{keep}].",
        )
    function.reserved_concurrency = wanted
    return {"ReservedConcurrentExecutions": wanted}


def _concurrency_target(backend: LabLambdaBackend, params: Params) -> LabFunction:
    name = parse_function_name(params["FunctionName"], None, backend.region_name)
    if name.qualifier is None:
        try:
            return backend.find(name)
        except Exception:
            # Recorded: this operation names the unknown function with its qualifier.
            arn = function_arn(backend.region_name, backend.account_id, name.name, "$LATEST")
            raise aws_error("ResourceNotFoundException", f"Function not found: {arn}") from None
    return resolve_unqualified(backend, params)


def get_function_concurrency(backend: LabLambdaBackend, params: Params) -> Params:
    """Return the reserved concurrency (``GetFunctionConcurrency``)."""
    return {"ReservedConcurrentExecutions": resolve_unqualified(backend, params).reserved_concurrency}


def delete_function_concurrency(backend: LabLambdaBackend, params: Params) -> Params:
    """Reserve nothing any more (``DeleteFunctionConcurrency``)."""
    resolve_unqualified(backend, params).reserved_concurrency = None
    return {}
