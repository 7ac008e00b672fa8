"""Lambda's API: functions, their code, their configuration and their versions."""

from __future__ import annotations

from typing import Any

from lambda_lab.aws.aliases import versions_named_by
from lambda_lab.aws.backend import LabLambdaBackend
from lambda_lab.aws.checks import (
    check_new_name,
    check_unzipped_with_layers,
    check_vpc,
    refuse_not_modelled,
)
from lambda_lab.aws.code_checks import check_package_type, check_source, refuse_image, unzipped_size
from lambda_lab.aws.code_storage import check_room
from lambda_lab.aws.errors import aws_error
from lambda_lab.aws.event_targets import check_dead_letter
from lambda_lab.aws.function import LabFunction
from lambda_lab.aws.moto_seam import LambdaAlias
from lambda_lab.aws.names import FunctionName, parse_function_name
from lambda_lab.aws.paging import by_version, paged
from lambda_lab.aws.services import services
from lambda_lab.aws.snap_start import check_snap_start
from lambda_lab.aws.variables_key import take_grant
from lambda_lab.aws.vpc.config import check_vpc_role, read_vpc_config
from lambda_lab.records import LayerSpec

__all__ = [
    "check_revision",
    "create_function",
    "delete_function",
    "find",
    "get_function",
    "get_function_configuration",
    "list_functions",
    "list_versions_by_function",
    "named",
    "publish_version",
    "resolve_unqualified",
    "update_function_code",
    "update_function_configuration",
]

Params = dict[str, Any]


def named(backend: LabLambdaBackend, params: Params) -> FunctionName:
    """Read ``FunctionName`` and ``Qualifier``."""
    return parse_function_name(params["FunctionName"], params.get("Qualifier"), backend.region_name)


def find(backend: LabLambdaBackend, params: Params) -> LabFunction:
    """Return the function, version or alias target that *params* name."""
    return backend.find(named(backend, params))


def resolve_unqualified(
    backend: LabLambdaBackend, params: Params, *, refuses_latest: bool = False
) -> LabFunction:
    """Return the function that *params* name, refusing a version or alias."""
    name = named(backend, params)
    if name.qualifier is not None and (refuses_latest or name.qualifier != "$LATEST"):
        raise aws_error(
            "InvalidParameterValueException",
            "This operation is permitted on Lambda functions only. Aliases and versions do not "
            "support this operation. Please specify either a function name or an unqualified "
            "function ARN.",
        )
    return backend.find(FunctionName(name.name, None, name.account))


def create_function(backend: LabLambdaBackend, params: Params) -> Params:
    """Create a function (``CreateFunction``)."""
    name = parse_function_name(params["FunctionName"], None, backend.region_name)
    check_new_name(name, params["FunctionName"], backend.region_name, backend.account_id)
    check_package_type(params)
    check_source(params["Code"])
    check_vpc(params)
    refuse_not_modelled(params)
    function = backend.create_function({**params, "FunctionName": name.name})
    take_grant(function)
    return function.get_configuration()


def get_function(backend: LabLambdaBackend, params: Params) -> Params:
    """Describe a function and where its code is (``GetFunction``)."""
    function = find(backend, params)
    endpoint = services().endpoint()
    output: Params = {
        "Configuration": _as_asked(function, named(backend, params)),
        "Code": {
            "RepositoryType": "S3",
            "Location": f"{endpoint}/_lab/packages/{function.code_digest}",
        },
    }
    latest = backend.find(FunctionName(function.function_name, None, None))
    if latest.tags:
        output["Tags"] = latest.tags
    if latest.reserved_concurrency is not None:
        output["Concurrency"] = {"ReservedConcurrentExecutions": latest.reserved_concurrency}
    return output


def get_function_configuration(backend: LabLambdaBackend, params: Params) -> Params:
    """Describe a function's configuration (``GetFunctionConfiguration``)."""
    return _as_asked(find(backend, params), named(backend, params))


def _as_asked(function: LabFunction, name: FunctionName) -> Params:
    config = function.get_configuration()
    if name.qualifier is not None:
        config["FunctionArn"] = f"{function.unqualified_arn}:{name.qualifier}"
    return config


def list_functions(backend: LabLambdaBackend, params: Params) -> Params:
    """List functions (``ListFunctions``), in pages."""
    listed: list[Params] = []
    for function in _of_master(backend.functions(), params):
        config = _without_state(function.get_configuration())
        if params.get("FunctionVersion") == "ALL":
            config["FunctionArn"] = f"{function.unqualified_arn}:$LATEST"
            listed.append(config)
            versions = backend.versions_of(function)
            listed += [_without_state(version.get_configuration()) for version in versions]
        else:
            listed.append(config)
    return paged("Functions", listed, params, by_version)


def _of_master(functions: list[LabFunction], params: Params) -> list[LabFunction]:
    # API reference, ListFunctions: a region keeps only what Lambda@Edge replicated from there, and
    # goes with FunctionVersion=ALL alone (the words: confidence L). No function here is a replica.
    master = params.get("MasterRegion")
    if master is None:
        return functions
    if params.get("FunctionVersion") != "ALL":
        raise aws_error(
            "InvalidParameterValueException", "MasterRegion requires FunctionVersion to be ALL."
        )
    return functions if master == "ALL" else []


def _without_state(config: Params) -> Params:
    # Lists leave the state out: API reference, FunctionConfiguration.
    return {
        name: value
        for name, value in config.items()
        if not name.startswith(("State", "LastUpdateStatus", "RuntimeVersionConfig"))
    }


def check_revision(resource: LabFunction | LambdaAlias, params: Params) -> None:
    """Refuse a change made from an older state than the newest.

    Raises
    ------
    AwsError
        ``PreconditionFailedException``.
    """
    wanted = params.get("RevisionId")
    if wanted and wanted != resource.revision_id:
        raise aws_error(
            "PreconditionFailedException",
            "The Revision Id provided does not match the latest Revision Id. Call the "
            "GetFunction/GetAlias API to retrieve the latest Revision Id",
        )


def update_function_code(backend: LabLambdaBackend, params: Params) -> Params:
    """Replace a function's package (``UpdateFunctionCode``)."""
    function = resolve_unqualified(backend, params)
    check_source(params)
    refuse_image(params)
    refuse_not_modelled(params)
    check_revision(function, params)
    backend.begin_update(function)
    code = backend.code_of(params, "UpdateFunctionCode")
    check_unzipped_with_layers(code, function.layer_specs)
    check_room(backend, unzipped_size(code) - function.unzipped_size)
    if params.get("DryRun"):
        return function.get_configuration()
    function.set_code(code)
    if params.get("Architectures"):
        function.architectures = params["Architectures"]
    backend.end_update(function)
    if params.get("Publish"):
        return backend.publish(function, None).get_configuration()
    return function.get_configuration()


def update_function_configuration(backend: LabLambdaBackend, params: Params) -> Params:
    """Change a function's configuration (``UpdateFunctionConfiguration``)."""
    function = resolve_unqualified(backend, params)
    refuse_image(params)
    check_vpc(params)
    refuse_not_modelled(params)
    check_revision(function, params)
    backend.begin_update(function)
    backend.check_changes(params)
    vpc = read_vpc_config(backend.region_name, params.get("VpcConfig"), function.vpc)
    if params.get("VpcConfig") or params.get("Role"):
        check_vpc_role(backend.region_name, params.get("Role") or function.role, vpc)
    check_dead_letter(params.get("Role") or function.role, params.get("DeadLetterConfig"))
    layers = function.layer_specs
    if params.get("Layers") is not None:
        layers = _changed_layers(backend, function, params["Layers"])
    check_snap_start(params, function, layers)
    if "LoggingConfig" in params:
        function.set_logging({**_current_logging(function, params), **params["LoggingConfig"]})
    function.set_layers(layers)
    function.vpc = vpc
    _apply(function, params)
    backend.end_update(function)
    return function.get_configuration()


def _changed_layers(
    backend: LabLambdaBackend, function: LabFunction, arns: list[str]
) -> tuple[LayerSpec, ...]:
    # A version that was deleted stays with a function that names it again.
    if arns == [layer.arn for layer in function.layer_specs]:
        return function.layer_specs
    layers = backend.layer_specs(arns)
    check_unzipped_with_layers(function.code_bytes, layers)
    return layers


def _current_logging(function: LabFunction, params: Params) -> Params:
    # A switch of format forgets the levels of the old one.
    current: Params = {"LogGroup": function.logging.group}
    wanted = params["LoggingConfig"].get("LogFormat", str(function.logging.format))
    current["LogFormat"] = wanted
    if wanted == "JSON" and function.logging.application_level:
        current["ApplicationLogLevel"] = function.logging.application_level
        current["SystemLogLevel"] = function.logging.system_level
    return current


def _apply(function: LabFunction, params: Params) -> None:
    plain = {
        "Description": "description",
        "Handler": "handler",
        "MemorySize": "memory_size",
        "Role": "role",
        "Runtime": "run_time",
        "Timeout": "timeout",
        "KMSKeyArn": "kms_key_arn",
    }
    for member, attribute in plain.items():
        if params.get(member) is not None:
            setattr(function, attribute, params[member])
    if params.get("Environment") is not None:
        function.environment_vars = params["Environment"].get("Variables") or {}
        function.environment_given = True
    if (params.get("TracingConfig") or {}).get("Mode"):
        function.tracing_config = params["TracingConfig"]
    if params.get("DeadLetterConfig") is not None:
        function.set_dead_letter(params["DeadLetterConfig"])
    if (params.get("SnapStart") or {}).get("ApplyOn"):
        function.snap_start = params["SnapStart"]["ApplyOn"]
    if params.get("EphemeralStorage"):
        function.ephemeral_storage = params["EphemeralStorage"]["Size"]
    take_grant(function)


def delete_function(backend: LabLambdaBackend, params: Params) -> Params:
    """Delete a function, or one version of it (``DeleteFunction``)."""
    name = named(backend, params)
    if name.qualifier == "$LATEST":
        raise aws_error(
            "InvalidParameterValueException",
            "$LATEST version cannot be deleted without deleting the function.",
        )
    if name.qualifier is not None and not name.qualifier.isdigit():
        raise aws_error(
            "InvalidParameterValueException", "Deletion of aliases is not currently supported."
        )
    latest = backend.find(FunctionName(name.name, None, name.account))
    if name.qualifier is None:
        backend.delete(latest, None)
        return {}
    using = [
        alias.name
        for alias in backend.list_aliases(latest.function_name)
        if name.qualifier in versions_named_by(alias)
    ]
    if using:
        # As users of AWS report it: confidence M.
        raise aws_error(
            "ResourceConflictException",
            "Unable to delete version because the following aliases reference it: "
            f"[{', '.join(using)}]",
        )
    if any(str(v.version) == name.qualifier for v in backend.versions_of(latest)):
        backend.delete(latest, name.qualifier)
    # Deleting a version that does not exist succeeds on AWS.
    return {}


def publish_version(backend: LabLambdaBackend, params: Params) -> Params:
    """Publish a version (``PublishVersion``)."""
    function = resolve_unqualified(backend, params)
    refuse_not_modelled(params)
    wanted = params.get("CodeSha256")
    if wanted and wanted != function.code_sha_256:
        raise aws_error(
            "InvalidParameterValueException",
            f"CodeSHA256 ({wanted}) is different from current CodeSHA256 in $LATEST "
            f"({function.code_sha_256}). Please try again with the CodeSHA256 in $LATEST.",
        )
    check_revision(function, params)
    backend.begin_update(function)
    return backend.publish(function, params.get("Description")).get_configuration()


def list_versions_by_function(backend: LabLambdaBackend, params: Params) -> Params:
    """List the versions of a function, ``$LATEST`` first (``ListVersionsByFunction``)."""
    latest = resolve_unqualified(backend, params)
    first = latest.get_configuration()
    first["FunctionArn"] = f"{latest.unqualified_arn}:$LATEST"
    versions = [version.get_configuration() for version in backend.versions_of(latest)]
    listed = [_without_state(config) for config in (first, *versions)]
    return paged("Versions", listed, params, by_version)
