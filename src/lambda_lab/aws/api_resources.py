"""Lambda's API: what hangs on a function - tags, aliases, permissions, reserved concurrency."""

from __future__ import annotations

from typing import Any

from lambda_lab import facts
from lambda_lab.aws.api_functions import check_revision, named, resolve_unqualified
from lambda_lab.aws.backend import LabLambdaBackend, services
from lambda_lab.aws.checks import check_tags
from lambda_lab.aws.errors import aws_error
from lambda_lab.aws.function import LabFunction
from lambda_lab.aws.moto_seam import LambdaAlias
from lambda_lab.aws.names import FunctionName, function_arn, parse_function_name
from lambda_lab.aws.paging import paged
from lambda_lab.errors import AwsError, NotModelledError

__all__ = [
    "create_alias",
    "delete_alias",
    "delete_function_concurrency",
    "get_alias",
    "get_function_concurrency",
    "list_aliases",
    "list_tags",
    "put_function_concurrency",
    "tag_resource",
    "untag_resource",
    "update_alias",
]

Params = dict[str, Any]

# -- tags ------------------------------------------------------------------------------------------


def _tagged(backend: LabLambdaBackend, arn: str) -> LabFunction:
    if arn.split(":")[5] != "function":
        raise _no_tags(backend, arn)
    name = parse_function_name(arn, None, backend.region_name)
    if name.qualifier is not None:
        raise aws_error(
            "InvalidParameterValueException",
            "Tags on function aliases and versions are not supported. Please specify a function "
            "ARN.",
        )
    return backend.find(name)


def _no_tags(backend: LabLambdaBackend, arn: str) -> AwsError | NotModelledError:
    """Return why *arn*, which is no function's, has no tags here.

    Of what else can have tags, the region has layers only. The words about an event source
    mapping: confidence M; about the others: L.
    """
    kind = arn.split(":")[5]
    if kind == "layer":
        if any(layer["LayerArn"] == arn for layer in backend.list_layers()):
            return NotModelledError("Tags on a layer")
        text = "The resource you requested does not exist."
    else:
        text = f"{kind.replace('-', ' ').capitalize()} not found: {arn}"
    return aws_error("ResourceNotFoundException", text)


def tag_resource(backend: LabLambdaBackend, params: Params) -> Params:
    """Add tags (``TagResource``)."""
    function = _tagged(backend, params["Resource"])
    if not params["Tags"]:
        raise aws_error(
            "InvalidParameterValueException",
            "An error occurred and the request cannot be processed.",
        )
    tags = {**function.tags, **params["Tags"]}
    check_tags(tags)
    function.tags = tags
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


# -- aliases ---------------------------------------------------------------------------------------


def _alias(
    backend: LabLambdaBackend, params: Params, missing: str
) -> tuple[LabFunction, LambdaAlias]:
    function = resolve_unqualified(backend, params)
    for alias in backend.list_aliases(function.function_name):
        if alias.name == params["Name"]:
            return function, alias
    arn = f"{function.unqualified_arn}:{params['Name']}"
    raise aws_error("ResourceNotFoundException", f"{missing}: {arn}")


def _describe(function: LabFunction, alias: LambdaAlias) -> Params:
    return {
        "AliasArn": f"{function.unqualified_arn}:{alias.name}",
        "Name": alias.name,
        "FunctionVersion": str(alias.function_version),
        "Description": alias.description or "",
        "RevisionId": alias.revision_id,
    }


def _check_target(
    backend: LabLambdaBackend, name: str, version: str, routing: Params | None
) -> None:
    """Check the version an alias is to name, and the one it is to share with.

    Raises
    ------
    AwsError
        In AWS's words, for what AWS refuses.
    NotModelledError
        For a routing that AWS would take.
    """
    backend.find(FunctionName(name, version, None))
    weights = (routing or {}).get("AdditionalVersionWeights") or {}
    if len(weights) > 1:
        raise aws_error(
            "InvalidParameterValueException",
            "Number of items in AdditionalVersionWeights cannot be greater than 1",
        )
    for key in weights:
        if key == version:
            raise aws_error(
                "InvalidParameterValueException",
                f"Invalid function version {version}. Function version {version} is already "
                "included in routing configuration.",
            )
        if version == "$LATEST":
            raise aws_error(
                "InvalidParameterValueException",
                "$LATEST is not supported for an alias pointing to more than 1 version",
            )
        backend.find(FunctionName(name, key, None))
        raise NotModelledError("Routing an alias by weight to two versions")


def create_alias(backend: LabLambdaBackend, params: Params) -> Params:
    """Name a version (``CreateAlias``)."""
    asked = named(backend, params)
    version = params["FunctionVersion"]
    _check_target(backend, asked.name, version, params.get("RoutingConfig"))
    function = resolve_unqualified(backend, params)
    if any(a.name == params["Name"] for a in backend.list_aliases(function.function_name)):
        arn = f"{function.unqualified_arn}:{params['Name']}"
        raise aws_error("ResourceConflictException", f"Alias already exists: {arn}")
    alias = backend.create_alias(
        params["Name"],
        function.function_name,
        version,
        params.get("Description") or "",
        None,  # type: ignore[arg-type] # moto's own caller gives None too
    )
    alias.revision_id = services().ids.uuid()
    return _describe(function, alias)


def get_alias(backend: LabLambdaBackend, params: Params) -> Params:
    """Describe an alias (``GetAlias``)."""
    return _describe(*_alias(backend, params, "Cannot find alias arn"))


def list_aliases(backend: LabLambdaBackend, params: Params) -> Params:
    """List a function's aliases (``ListAliases``)."""
    function = resolve_unqualified(backend, params)
    wanted = params.get("FunctionVersion")
    aliases = [
        _describe(function, alias)
        for alias in backend.list_aliases(function.function_name)
        if wanted in (None, str(alias.function_version))
    ]
    return paged("Aliases", aliases, params, lambda alias: (alias["Name"],))


def update_alias(backend: LabLambdaBackend, params: Params) -> Params:
    """Point an alias elsewhere (``UpdateAlias``)."""
    function, alias = _alias(backend, params, "Alias not found")
    check_revision(alias, params)
    version = params.get("FunctionVersion") or str(alias.function_version)
    _check_target(backend, function.function_name, version, params.get("RoutingConfig"))
    if params.get("FunctionVersion") is not None:
        alias.function_version = params["FunctionVersion"]
    if params.get("Description") is not None:
        alias.description = params["Description"]
    alias.revision_id = services().ids.uuid()
    return _describe(function, alias)


def delete_alias(backend: LabLambdaBackend, params: Params) -> Params:
    """Remove an alias (``DeleteAlias``); one that is not there is no error."""
    function = resolve_unqualified(backend, params)
    backend.delete_alias(params["Name"], function.function_name)
    function.policies.forget(params["Name"])
    function.event_settings.pop(params["Name"], None)
    return {}


# -- reserved concurrency --------------------------------------------------------------------------


def put_function_concurrency(backend: LabLambdaBackend, params: Params) -> Params:
    """Reserve concurrency (``PutFunctionConcurrency``); it binds at the next invocation."""
    function = _concurrency_target(backend, params, refuses_latest=True)
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


def _concurrency_target(
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
    function = _concurrency_target(backend, params)
    return {"ReservedConcurrentExecutions": function.reserved_concurrency}


def delete_function_concurrency(backend: LabLambdaBackend, params: Params) -> Params:
    """Reserve nothing any more (``DeleteFunctionConcurrency``)."""
    _concurrency_target(backend, params).reserved_concurrency = None
    return {}
