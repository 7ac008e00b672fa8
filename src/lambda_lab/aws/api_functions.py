"""Lambda's API: functions, their code, their configuration and their versions."""

from __future__ import annotations

from typing import Any

from lambda_lab.aws.backend import LabLambdaBackend, services
from lambda_lab.aws.errors import aws_error
from lambda_lab.aws.function import LabFunction
from lambda_lab.aws.names import FunctionName, function_arn, parse_function_name
from lambda_lab.errors import NotModelledError

__all__ = ["find", "named", "resolve_unqualified"]

Params = dict[str, Any]

NOT_MODELLED_SETTINGS = {
    "FileSystemConfigs": "Mounting a file system",
    "CodeSigningConfigArn": "Code signing",
    "DurableConfig": "A durable function",
    "CapacityProviderConfig": "A function on managed instances",
    "TenancyConfig": "Tenant isolation",
    "AcceleratorConfig": "An accelerator",
    "RuntimeConfig": "A customer-managed runtime",
}
"""Members of a function's configuration that AWS acts on and this package does not."""


def named(backend: LabLambdaBackend, params: Params) -> FunctionName:
    """Read ``FunctionName`` and ``Qualifier``."""
    return parse_function_name(
        params["FunctionName"], params.get("Qualifier"), backend.region_name
    )


def find(backend: LabLambdaBackend, params: Params) -> LabFunction:
    """Return the function, version or alias target that *params* name."""
    return backend.find(named(backend, params))


def resolve_unqualified(backend: LabLambdaBackend, params: Params) -> LabFunction:
    """Return the function that *params* name, refusing a version or alias."""
    name = named(backend, params)
    if name.qualifier is not None and name.qualifier != "$LATEST":
        raise aws_error(
            "InvalidParameterValueException",
            "This operation is permitted on Lambda functions only. Aliases and versions do not "
            "support this operation. Please specify either a function name or an unqualified "
            "function ARN.",
        )
    return backend.find(FunctionName(name.name, None, name.account))


def refuse_not_modelled(params: Params) -> None:
    """Refuse settings that would have no effect here.

    Raises
    ------
    NotModelledError
        Naming the first such setting.
    """
    for member, what in NOT_MODELLED_SETTINGS.items():
        if params.get(member):
            raise NotModelledError(what)
    if params.get("PackageType") == "Image":
        raise NotModelledError("A function from a container image")
    if (params.get("VpcConfig") or {}).get("SubnetIds"):
        raise NotModelledError("A function in a VPC")
    if (params.get("DeadLetterConfig") or {}).get("TargetArn"):
        raise NotModelledError("A dead-letter queue")
    if (params.get("SnapStart") or {}).get("ApplyOn", "None") != "None":
        raise NotModelledError("SnapStart")


def create_function(backend: LabLambdaBackend, params: Params) -> Params:
    """Create a function (``CreateFunction``)."""
    refuse_not_modelled(params)
    name = parse_function_name(params["FunctionName"], None, backend.region_name)
    if params.get("PackageType", "Zip") == "Zip":
        for member in ("Runtime", "Handler"):
            if not params.get(member):
                raise aws_error(
                    "InvalidParameterValueException",
                    "Runtime and Handler are mandatory parameters for functions created with "
                    "deployment packages.",
                )
    function = backend.create_function({**params, "FunctionName": name.name})
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
    functions = backend.functions()
    listed: list[Params] = []
    for function in functions:
        config = _without_state(function.get_configuration())
        if params.get("FunctionVersion") == "ALL":
            config["FunctionArn"] = f"{function.unqualified_arn}:$LATEST"
            listed.append(config)
            versions = backend.versions_of(function)
            listed += [_without_state(version.get_configuration()) for version in versions]
        else:
            listed.append(config)
    return paged("Functions", listed, params, 50)


def _without_state(config: Params) -> Params:
    # Lists leave the state out: API reference, FunctionConfiguration.
    return {
        name: value
        for name, value in config.items()
        if not name.startswith(("State", "LastUpdateStatus", "RuntimeVersionConfig"))
    }


def paged(member: str, items: list[Params], params: Params, default: int) -> Params:
    """Cut *items* into the page that ``Marker`` and ``MaxItems`` ask for."""
    start = int(params["Marker"]) if str(params.get("Marker", "")).isdigit() else 0
    size = min(int(params.get("MaxItems") or default), default)
    output: Params = {member: items[start : start + size]}
    if start + size < len(items):
        output["NextMarker"] = str(start + size)
    return output


def check_revision(function: LabFunction, params: Params) -> None:
    """Refuse a change made from an older state than the newest.

    Raises
    ------
    AwsError
        ``PreconditionFailedException``.
    """
    wanted = params.get("RevisionId")
    if wanted and wanted != function.revision_id:
        raise aws_error(
            "PreconditionFailedException",
            "The RevisionId provided does not match the latest RevisionId. Call the "
            "GetFunction or the GetAlias API to retrieve the latest RevisionId for your resource.",
        )


def update_function_code(backend: LabLambdaBackend, params: Params) -> Params:
    """Replace a function's package (``UpdateFunctionCode``)."""
    refuse_not_modelled(params)
    function = resolve_unqualified(backend, params)
    check_revision(function, params)
    backend.begin_update(function)
    layers = backend.layer_specs([layer["Arn"] for layer in function.layers])
    code = backend.package(params, layers, "UpdateFunctionCode")
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
    refuse_not_modelled(params)
    function = resolve_unqualified(backend, params)
    check_revision(function, params)
    backend.begin_update(function)
    backend.check_changes(params)
    layers = params.get("Layers")
    if layers is not None:
        backend.layer_specs(layers)
    if "LoggingConfig" in params:
        function.set_logging({**_current_logging(function, params), **params["LoggingConfig"]})
    _apply(function, params)
    backend.end_update(function)
    return function.get_configuration()


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
        "TracingConfig": "tracing_config",
    }
    for member, attribute in plain.items():
        if params.get(member) is not None:
            setattr(function, attribute, params[member])
    if params.get("Environment") is not None:
        function.environment_vars = params["Environment"].get("Variables") or {}
        function.environment_given = True
    if params.get("EphemeralStorage"):
        function.ephemeral_storage = params["EphemeralStorage"]["Size"]
    if params.get("Layers") is not None:
        function.layers = function._get_layers_data(params["Layers"])


def delete_function(backend: LabLambdaBackend, params: Params) -> Params:
    """Delete a function, or one version of it (``DeleteFunction``)."""
    name = named(backend, params)
    if name.qualifier == "$LATEST":
        raise aws_error(
            "InvalidParameterValueException",
            "$LATEST version cannot be deleted without deleting the function.",
        )
    unqualified = FunctionName(name.name, None, name.account)
    latest = backend.find(unqualified)
    if name.qualifier is None:
        backend.delete(latest, None)
        return {}
    if not name.qualifier.isdigit():
        raise aws_error(
            "InvalidParameterValueException", "Deletion of aliases is not currently supported."
        )
    using = [
        alias.name
        for alias in backend.list_aliases(latest.function_name)
        if str(alias.function_version) == name.qualifier
    ]
    if using:
        arn = function_arn(backend.region_name, backend.account_id, name.name, name.qualifier)
        raise aws_error(
            "ResourceConflictException",
            f"Function version {arn} cannot be deleted because it is referenced by aliases: {using}",
        )
    if any(str(v.version) == name.qualifier for v in backend.versions_of(latest)):
        backend.delete(latest, name.qualifier)
    # Deleting a version that does not exist succeeds on AWS.
    return {}


def publish_version(backend: LabLambdaBackend, params: Params) -> Params:
    """Publish a version (``PublishVersion``)."""
    function = resolve_unqualified(backend, params)
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
    return paged("Versions", [_without_state(c) for c in (first, *versions)], params, 50)
