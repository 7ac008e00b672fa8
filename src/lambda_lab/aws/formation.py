"""Functions in CloudFormation templates: from a template's properties to the API's operations.

moto's own reading of ``AWS::Lambda::Function`` drops half of the properties. Here a template goes
the way of CreateFunction and the two updates, so that what they refuse is refused.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lambda_lab import facts
from lambda_lab.aws import api_functions
from lambda_lab.aws.api_concurrency import delete_function_concurrency, put_function_concurrency
from lambda_lab.aws.api_recursion import TERMINATE, put_function_recursion_config
from lambda_lab.aws.checks import NOT_MODELLED_SETTINGS, refuse_not_modelled
from lambda_lab.aws.constraints import validate
from lambda_lab.aws.errors import aws_error
from lambda_lab.aws.model import operation_model
from lambda_lab.aws.moto_seam import template_response_module
from lambda_lab.aws.names import FunctionName
from lambda_lab.errors import AwsError, NotModelledError

if TYPE_CHECKING:
    from lambda_lab.aws.backend import LabLambdaBackend
    from lambda_lab.aws.function import LabFunction

__all__ = ["create_function", "input_members", "typed", "update_function"]

_SPELT = {"KmsKeyArn": "KMSKeyArn"}
"""Properties whose name differs from the API's, by the template's name."""
_OF_OTHER_OPERATIONS = ("RecursiveLoop", "ReservedConcurrentExecutions")


def create_function(
    backend: LabLambdaBackend, name: str, properties: Mapping[str, Any]
) -> LabFunction:
    """Create the function that *properties* describe. CloudFormation waits until it is Active."""
    params = {**_read(properties), "FunctionName": name}
    validate("CreateFunction", params)
    with backend.lock:
        api_functions.create_function(backend, params)
        function = backend.find(FunctionName(name, None, None))
        backend.activate(function)
        if function.lab_state == "Failed":
            backend.delete(function, None)
            raise _failed(function)
        _set_beside(backend, name, properties)
        function.template_members = frozenset(properties)
    return function


def update_function(
    backend: LabLambdaBackend, function: LabFunction, properties: Mapping[str, Any]
) -> LabFunction:
    """Bring *function* to what *properties* describe.

    A property that the template had and has no more gets its default again. What the template
    never had stays as somebody else may have set it.
    """
    removed = function.template_members - set(properties)
    gone = {_SPELT.get(name, name) for name in removed}
    unset = {member: value for member, value in _defaults(function).items() if member in gone}
    params = {**unset, **_read(properties), "FunctionName": function.function_name}
    code = params.pop("Code")
    with backend.lock:
        for operation, asked in (
            ("UpdateFunctionConfiguration", params),
            ("UpdateFunctionCode", {**params, **code}),
        ):
            known = input_members(operation)
            wanted = {member: value for member, value in asked.items() if member in known}
            validate(operation, wanted)
            if operation == "UpdateFunctionCode":
                api_functions.update_function_code(backend, wanted)
            else:
                api_functions.update_function_configuration(backend, wanted)
            backend.updated(function, function.make_spec())
            if function.update_status == "Failed":
                raise _failed(function)
        function.tags = params.get("Tags") or {}
        if "ReservedConcurrentExecutions" in removed:
            delete_function_concurrency(backend, {"FunctionName": function.function_name})
        if "RecursiveLoop" in removed:
            function.recursive_loop = TERMINATE
        _set_beside(backend, function.function_name, properties)
        function.template_members = frozenset(properties)
    return function


def _defaults(function: LabFunction) -> dict[str, Any]:
    """Return what each optional setting is where a template does not have it."""
    return {
        "Architectures": [facts.value("function.architecture.default")],
        "DeadLetterConfig": {"TargetArn": ""},
        "Description": "",
        "Environment": {"Variables": {}},
        "EphemeralStorage": {"Size": int(facts.value("ephemeral.default"))},
        "KMSKeyArn": "",
        "Layers": [],
        "LoggingConfig": {
            "LogFormat": facts.value("logs.format.default"),
            "LogGroup": f"{facts.value('logs.group.prefix')}{function.function_name}",
        },
        "MemorySize": int(facts.value("memory.default")),
        "SnapStart": {"ApplyOn": "None"},
        "Timeout": int(facts.value("timeout.default")),
        "TracingConfig": {"Mode": "PassThrough"},
        "VpcConfig": {"SubnetIds": [], "SecurityGroupIds": []},
    }


def _failed(function: LabFunction) -> AwsError:
    """Return why a stack could not make or change a function that was taken at first."""
    problem = function.attach_problem
    return aws_error("InvalidParameterValueException", "" if problem is None else problem.text)


def _set_beside(backend: LabLambdaBackend, name: str, properties: Mapping[str, Any]) -> None:
    """Set the properties that operations of their own set."""
    loop = properties.get("RecursiveLoop")
    if loop is not None:
        asked = {"FunctionName": name, "RecursiveLoop": str(loop)}
        validate("PutFunctionRecursionConfig", asked)
        put_function_recursion_config(backend, asked)
    reserved = properties.get("ReservedConcurrentExecutions")
    if reserved is not None:
        wanted = {"FunctionName": name, "ReservedConcurrentExecutions": int(reserved)}
        put_function_concurrency(backend, wanted)


def input_members(operation: str) -> Mapping[str, Any]:
    """Return the parameters of an operation by name, each with its shape."""
    shape = operation_model(operation).input_shape
    return {} if shape is None else shape.members


def _read(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return a template's properties as the API's parameters.

    Raises
    ------
    NotModelledError
        For what the region does not do, and for a property that it does not know.
    """
    refuse_not_modelled(properties)
    members = input_members("CreateFunction")
    known = ({*members, *NOT_MODELLED_SETTINGS, *_OF_OTHER_OPERATIONS} | {*_SPELT}) - {
        *_SPELT.values()
    }
    for name in properties:
        if name not in known:
            raise NotModelledError(f"The property {name} of a function in a template")
    properties = {_SPELT.get(name, name): value for name, value in properties.items()}
    params = {
        name: typed(members[name], value)
        for name, value in properties.items()
        if name in members and name not in ("Tags", "Code")
    }
    tags = properties.get("Tags") or []
    params["Tags"] = {str(tag["Key"]): str(tag["Value"]) for tag in tags}
    code = dict(properties.get("Code") or {})
    if "ZipFile" in code:
        # In a template, ZipFile is the source itself: AWS::Lambda::Function Code.
        code["ZipFile"] = _zipped(str(code["ZipFile"]), str(properties.get("Runtime", "")))
    params["Code"] = code
    return params


def typed(shape: Any, value: Any) -> Any:
    """Give a template's text the type that the API has: templates often quote numbers."""
    if shape.type_name == "structure" and isinstance(value, Mapping):
        return {
            name: typed(shape.members[name], item)
            for name, item in value.items()
            if name in shape.members
        }
    if shape.type_name == "map" and isinstance(value, Mapping):
        return {str(name): typed(shape.value, item) for name, item in value.items()}
    if shape.type_name == "list" and isinstance(value, list):
        return [typed(shape.member, item) for item in value]
    if shape.type_name in ("integer", "long"):
        return int(value)
    if shape.type_name == "boolean":
        return str(value).lower() == "true"
    return str(value)


def _zipped(source: str, runtime: str) -> bytes:
    archive = io.BytesIO()
    suffix = "js" if runtime.startswith("nodejs") else "py"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr(f"index.{suffix}", source)
        if suffix == "py":
            target.writestr("cfnresponse.py", template_response_module())
    return archive.getvalue()
