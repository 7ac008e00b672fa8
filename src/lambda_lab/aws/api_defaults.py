"""Lambda's API: what AWS says about settings that a function does not have.

Terraform and other tools ask for every setting when they read a function. Most of these settings
cannot be made here, so that a function never has them; this is AWS's answer to that. Each name in
:data:`DEFAULTS` gives way to the operation itself when the region learns it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from lambda_lab.aws.api_functions import named
from lambda_lab.aws.backend import LabLambdaBackend
from lambda_lab.aws.errors import aws_error
from lambda_lab.aws.function import LabFunction
from lambda_lab.aws.names import FunctionName, function_arn
from lambda_lab.errors import AwsError, NotModelledError

__all__ = ["DEFAULTS"]

Params = dict[str, Any]
Operation = Callable[[LabLambdaBackend, Params], Params]


def _missing(text: str) -> AwsError:
    return aws_error("ResourceNotFoundException", text)


def _latest(backend: LabLambdaBackend, params: Params) -> LabFunction:
    name = named(backend, params)
    return backend.find(FunctionName(name.name, None, name.account))


def _qualified_arn(backend: LabLambdaBackend, params: Params, qualifier: str | None) -> str:
    name = named(backend, params)
    account = name.account or backend.account_id
    return function_arn(backend.region_name, account, name.name, name.qualifier or qualifier)


# -- code signing ----------------------------------------------------------------------------------


def _function_code_signing(backend: LabLambdaBackend, params: Params) -> Params:
    # Without a configuration the answer is an empty object: confidence M.
    _latest(backend, params)
    return {}


def _no_code_signing(backend: LabLambdaBackend, params: Params) -> Params:
    del backend
    arn = params["CodeSigningConfigArn"]
    raise _missing(f"The Lambda code signing configuration {arn} can not be found.")


# -- runtime ---------------------------------------------------------------------------------------


def _runtime_management(backend: LabLambdaBackend, params: Params) -> Params:
    # API reference, GetRuntimeManagementConfig: in this mode the runtime's ARN is null.
    name = named(backend, params)
    arn = backend.find(name).unqualified_arn
    qualified = f"{arn}:{name.qualifier}" if name.qualifier else arn
    return {"UpdateRuntimeOn": "Auto", "FunctionArn": qualified}


def _keep_runtime_management(backend: LabLambdaBackend, params: Params) -> Params:
    answer = _runtime_management(backend, params)
    if params["UpdateRuntimeOn"] != "Auto" or params.get("RuntimeVersionArn"):
        raise NotModelledError("Choosing a runtime's version")
    return answer


# -- URLs ------------------------------------------------------------------------------------------


def _url_config(backend: LabLambdaBackend, params: Params) -> Params:
    del backend, params
    raise _missing("The resource you requested does not exist.")


def _url_configs(backend: LabLambdaBackend, params: Params) -> Params:
    try:
        _latest(backend, params)
    except AwsError:
        raise _missing("Function does not exist") from None  # confidence M
    return {"FunctionUrlConfigs": []}


def _nothing(member: str) -> Operation:
    def answer(backend: LabLambdaBackend, params: Params) -> Params:
        del backend, params
        return {member: []}

    return answer


DEFAULTS: Mapping[str, Operation] = MappingProxyType(
    {
        "GetCodeSigningConfig": _no_code_signing,
        "GetFunctionCodeSigningConfig": _function_code_signing,
        "GetFunctionUrlConfig": _url_config,
        "GetRuntimeManagementConfig": _runtime_management,
        "ListCodeSigningConfigs": _nothing("CodeSigningConfigs"),
        "ListFunctionUrlConfigs": _url_configs,
        "ListFunctionsByCodeSigningConfig": _no_code_signing,
        "PutRuntimeManagementConfig": _keep_runtime_management,
    }
)
"""Operations by AWS's name. The one that puts takes the default only: it changes nothing."""
