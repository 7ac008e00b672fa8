"""Settings that a plain function does not have: AWS's own answer, so that tools can read it."""

from __future__ import annotations

from typing import Any

import pytest

from api_region import ApiRegion

NOTHING_THERE = "The resource you requested does not exist."
SIGNING = "arn:aws:lambda:us-east-1:123456789012:code-signing-config:csc-12345678901234567"
MAPPING = "14e0db71-5d35-4eb5-b481-8945cf9d10c2"


def read(api: ApiRegion, operation: str, **params: Any) -> dict[str, Any]:
    answer: dict[str, Any] = getattr(api.client, operation)(**params)
    assert answer.pop("ResponseMetadata")["HTTPStatusCode"] == 200
    return answer


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ("get_function_code_signing_config", {}),
        ("get_function_concurrency", {}),
        ("get_function_recursion_config", {"RecursiveLoop": "Terminate"}),
        ("list_function_event_invoke_configs", {"FunctionEventInvokeConfigs": []}),
        ("list_function_url_configs", {"FunctionUrlConfigs": []}),
        ("list_provisioned_concurrency_configs", {"ProvisionedConcurrencyConfigs": []}),
    ],
)
def test_what_a_plain_function_has(
    api: ApiRegion, operation: str, expected: dict[str, Any]
) -> None:
    name = api.active()
    for text in (name, api.arn(name), f"123456789012:function:{name}"):
        assert read(api, operation, FunctionName=text) == expected
    refusal = api.refused(operation, FunctionName="nobody")
    assert (refusal.status, refusal.code) == (404, "ResourceNotFoundException")


@pytest.mark.parametrize("qualifier", ["", "$LATEST", "1", "live"])
def test_the_runtime_is_updated_by_aws(api: ApiRegion, qualifier: str) -> None:
    name = api.active(Publish=True)
    api.client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    asked = {"FunctionName": name} | ({"Qualifier": qualifier} if qualifier else {})
    arn = f"{api.arn(name)}:{qualifier}" if qualifier else api.arn(name)
    expected = {"UpdateRuntimeOn": "Auto", "FunctionArn": arn}
    assert read(api, "get_runtime_management_config", **asked) == expected
    assert read(api, "put_runtime_management_config", UpdateRuntimeOn="Auto", **asked) == expected


@pytest.mark.fidelity("runtime-management")
def test_another_way_to_update_the_runtime_is_not_modelled(api: ApiRegion) -> None:
    name = api.active()
    version = {"RuntimeVersionArn": f"arn:aws:lambda:us-east-1::runtime:{'0' * 64}"}
    for mode, more in (("FunctionUpdate", {}), ("Manual", version), ("Auto", version)):
        refusal = api.refused(
            "put_runtime_management_config", FunctionName=name, UpdateRuntimeOn=mode, **more
        )
        assert (refusal.status, refusal.code) == (501, "NotModelledException")
    for operation, params in (
        ("get_runtime_management_config", {}),
        ("put_runtime_management_config", {"UpdateRuntimeOn": "Manual"}),
    ):
        refusal = api.refused(operation, FunctionName="nobody", **params)
        assert refusal.message == f"Function not found: {api.arn('nobody')}"


def test_what_is_missing_is_missing_in_awss_words(api: ApiRegion) -> None:
    name = api.active(Publish=True)
    arn = api.arn(name)
    unsigned = f"The Lambda code signing configuration {SIGNING} can not be found."
    no_events = "The function {} doesn't have an EventInvokeConfig"
    for operation, params, message in (
        ("get_function_event_invoke_config", {"FunctionName": name},
         no_events.format(f"{arn}:$LATEST")),
        ("get_function_event_invoke_config", {"FunctionName": name, "Qualifier": "1"},
         no_events.format(f"{arn}:1")),
        ("get_function_event_invoke_config", {"FunctionName": "nobody"},
         no_events.format(f"{api.arn('nobody')}:$LATEST")),
        ("list_function_event_invoke_configs", {"FunctionName": "nobody"},
         "The function doesn't exist."),
        ("get_function_url_config", {"FunctionName": name}, NOTHING_THERE),
        ("list_function_url_configs", {"FunctionName": "nobody"}, "Function does not exist"),
        ("get_event_source_mapping", {"UUID": MAPPING}, NOTHING_THERE),
        ("get_code_signing_config", {"CodeSigningConfigArn": SIGNING}, unsigned),
        ("list_functions_by_code_signing_config", {"CodeSigningConfigArn": SIGNING}, unsigned),
        ("get_provisioned_concurrency_config", {"FunctionName": name, "Qualifier": "9"},
         f"Function not found: {arn}:9"),
        ("get_provisioned_concurrency_config", {"FunctionName": name, "Qualifier": "gone"},
         f"Cannot find alias arn: {arn}:gone"),
    ):  # fmt: skip
        refusal = api.refused(operation, **params)
        assert [*refusal] == [404, "ResourceNotFoundException", message], operation


def test_nothing_is_provisioned(api: ApiRegion) -> None:
    asked = {"FunctionName": api.active(Publish=True)}
    assert [*api.refused("get_provisioned_concurrency_config", Qualifier="1", **asked)] == [
        404,
        "ProvisionedConcurrencyConfigNotFoundException",
        "No Provisioned Concurrency Config found for this function",
    ]
    refusal = api.refused("get_provisioned_concurrency_config", Qualifier="$LATEST", **asked)
    assert refusal.message == (
        "The function resource provided must be an alias or a published version."
    )


@pytest.mark.parametrize(
    ("operation", "member"),
    [
        ("list_event_source_mappings", "EventSourceMappings"),
        ("list_code_signing_configs", "CodeSigningConfigs"),
    ],
)
def test_lists_of_the_account_are_empty(api: ApiRegion, operation: str, member: str) -> None:
    assert read(api, operation) == {member: []}
