"""What the ledger of fidelity calls not modelled: refused with 501, or kept without effect."""

from __future__ import annotations

from typing import Any

import pytest

from api_region import ApiRegion, package

SIGNING = "arn:aws:lambda:us-east-1:123456789012:code-signing-config:csc-0123456789abcdef0"
FILES = "arn:aws:elasticfilesystem:us-east-1:123456789012:access-point/fsap-0123456789abcdef0"
PROVIDER = {
    "LambdaManagedInstancesCapacityProviderConfig": {
        "CapacityProviderArn": "arn:aws:lambda:us-east-1:123456789012:capacity-provider:mine"
    }
}


@pytest.mark.parametrize(
    ("setting", "named"),
    [
        pytest.param(
            {"FileSystemConfigs": [{"Arn": FILES, "LocalMountPath": "/mnt/files"}]},
            "Mounting a file system",
            marks=pytest.mark.fidelity("file-systems"),
        ),
        pytest.param(
            {"CodeSigningConfigArn": SIGNING},
            "Code signing",
            marks=pytest.mark.fidelity("code-signing"),
        ),
        pytest.param(
            {"DurableConfig": {"ExecutionTimeout": 60}},
            "A durable function",
            marks=pytest.mark.fidelity("durable-functions"),
        ),
        pytest.param({"DurableConfig": {}}, "A durable function"),
        pytest.param(
            {"CapacityProviderConfig": PROVIDER},
            "A function on managed instances",
            marks=pytest.mark.fidelity("managed-instances"),
        ),
        pytest.param(
            {"TenancyConfig": {"TenantIsolationMode": "PER_TENANT"}},
            "Tenant isolation",
            marks=pytest.mark.fidelity("tenant-isolation"),
        ),
    ],
)
def test_a_setting_of_a_new_function(api: ApiRegion, setting: dict[str, Any], named: str) -> None:
    name = api.name()
    refusal = api.refused(
        "create_function",
        FunctionName=name,
        Role=api.role,
        Runtime="python3.12",
        Handler="index.handler",
        Code={"ZipFile": package()},
        **setting,
    )
    assert (refusal.status, refusal.code) == (501, "NotModelledException")
    assert refusal.message.startswith(f"{named} is not modelled by lambda_lab.")
    assert api.refused("get_function", FunctionName=name).status == 404, "nothing was made"


@pytest.mark.parametrize(
    ("operation", "params"),
    [
        pytest.param(
            "invoke_with_response_stream", {}, marks=pytest.mark.fidelity("response-streaming")
        ),
        pytest.param(
            "create_function_url_config",
            {"AuthType": "NONE"},
            marks=pytest.mark.fidelity("function-urls"),
        ),
    ],
)
def test_an_operation(api: ApiRegion, operation: str, params: dict[str, Any]) -> None:
    refusal = api.refused(operation, FunctionName=api.active(), **params)
    assert (refusal.status, refusal.code) == (501, "NotModelledException")


@pytest.mark.parametrize(
    ("setting", "shown"),
    [
        pytest.param(
            {"Architectures": ["arm64"]}, ["arm64"], marks=pytest.mark.fidelity("architecture")
        ),
        pytest.param(
            {"TracingConfig": {"Mode": "Active"}},
            {"Mode": "Active"},
            marks=pytest.mark.fidelity("tracing"),
        ),
        pytest.param(
            {"Runtime": "python3.13"}, "python3.13", marks=pytest.mark.fidelity("python-version")
        ),
    ],
)
def test_a_setting_that_is_kept_without_effect(
    api: ApiRegion, setting: dict[str, Any], shown: Any
) -> None:
    """The function shows it, and runs as one without it does."""
    look = "import platform\ndef handler(event, context):\n"
    look += "    return [platform.machine(), platform.python_version()]\n"
    plain = api.active(Code={"ZipFile": package(look)})
    name = api.active(Code={"ZipFile": package(look)}, **setting)
    (member,) = setting
    assert api.client.get_function_configuration(FunctionName=name)[member] == shown
    assert api.invoke(name) == api.invoke(plain)
