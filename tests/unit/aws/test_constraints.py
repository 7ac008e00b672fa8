"""AWS's words for parameters that are out of bounds."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Callable
from typing import Any

import pytest

from lambda_lab import facts
from lambda_lab.aws.constraints import DOCUMENTED_BOUNDS, validate
from lambda_lab.aws.model import operation_model, service_model
from lambda_lab.aws.rules import RECORDED_ENUMS, RECORDED_PATTERNS, constraints_of
from lambda_lab.errors import AwsError

LAYER = "arn:aws:lambda:us-east-1:123456789012:layer:tools:1"
ROLE = "arn:aws:iam::123456789012:role/lambda-role"


def refusal(operation: str, **params: Any) -> str:
    with pytest.raises(AwsError) as caught:
        validate(operation, params)
    assert caught.value.code == "ValidationException"
    assert caught.value.status == 400
    assert caught.value.body() == {"message": caught.value.message}
    return caught.value.message


def create(**changes: Any) -> dict[str, Any]:
    return {"FunctionName": "hello", "Role": ROLE, "Code": {"ZipFile": b"PK"}} | changes


def one(value: str, path: str, text: str) -> str:
    return (
        f"1 validation error detected: Value {value} at '{path}' "
        f"failed to satisfy constraint: {text}"
    )


# -- recorded from AWS ---------------------------------------------------------------------


def test_an_enum_in_the_order_aws_prints() -> None:
    message = refusal("PutFunctionRecursionConfig", FunctionName="f", RecursiveLoop="InvalidValue")
    text = "Member must satisfy enum value set: [Terminate, Allow]"
    assert message == one("'InvalidValue'", "recursiveLoop", text)


def test_a_required_member_that_is_absent() -> None:
    message = refusal("UntagResource", Resource="arn:aws:lambda:us-east-1:123456789012:function:f")
    assert message == one("null", "tagKeys", "Member must not be null")


def test_a_pattern_deep_inside() -> None:
    destination = "arn:aws:_-/!lambda:us-east-1:123456789012:function:f"
    message = refusal(
        "PutFunctionEventInvokeConfig",
        FunctionName="f",
        DestinationConfig={"OnFailure": {"Destination": destination}},
    )
    pattern = service_model().shape_for("DestinationArn").metadata["pattern"]
    text = f"Member must satisfy regular expression pattern: {pattern}"
    assert message == one(f"'{destination}'", "destinationConfig.onFailure.destination", text)
    assert pattern.startswith("$|kafka://")


def test_a_pattern_aws_prints_otherwise_than_its_model_has_it() -> None:
    message = refusal("ListTags", Resource="arn:aws:something")
    pattern = RECORDED_PATTERNS["TaggableResource"]
    text = f"Member must satisfy regular expression pattern: {pattern}"
    assert message == one("'arn:aws:something'", "resource", text)


@pytest.mark.parametrize(
    "resource",
    [
        "arn:aws:lambda:us-east-1:123456789012:function:f",
        "arn:aws:lambda:us-east-1:123456789012:function:f:$LATEST",
        "arn:aws:lambda:us-east-1:123456789012:layer:tools",
        "arn:aws:lambda:us-east-1:123456789012:network-connector:n",
        "arn:aws:lambda:us-gov-west-1:123456789012:function:f",
    ],
)
def test_either_pattern_will_do(resource: str) -> None:
    validate("ListTags", {"Resource": resource})


def test_recorded_rows_name_shapes_that_exist_and_change_something() -> None:
    for name, values in RECORDED_ENUMS.items():
        modelled = service_model().shape_for(name).enum
        assert sorted(values) == sorted(modelled)
        assert list(values) != modelled
    for name, pattern in RECORDED_PATTERNS.items():
        assert service_model().shape_for(name).metadata["pattern"] != pattern


# -- documented bounds below the API's own -------------------------------------------------


@pytest.mark.parametrize(
    ("params", "value", "path", "maximum"),
    [
        ({"Timeout": 901}, "'901'", "timeout", 900),
        ({"MemorySize": 10241}, "'10241'", "memorySize", 10240),
        ({"EphemeralStorage": {"Size": 10241}}, "'10241'", "ephemeralStorage.size", 10240),
    ],
)
@pytest.mark.parametrize("operation", ["CreateFunction", "UpdateFunctionConfiguration"])
@pytest.mark.fidelity("defaults-and-validation")
def test_the_documented_quota_is_the_limit(
    operation: str, params: dict[str, Any], value: str, path: str, maximum: int
) -> None:
    text = f"Member must have value less than or equal to {maximum}"
    assert refusal(operation, **create(**params)) == one(value, path, text)


@pytest.mark.parametrize(
    "params",
    [
        {"Timeout": 900},
        {"Timeout": 1},
        {"MemorySize": 10240},
        {"MemorySize": 128},
        {"EphemeralStorage": {"Size": 10240}},
        {"EphemeralStorage": {"Size": 512}},
        {"FunctionName": "a" * 64},
        {"Environment": {"Variables": {"AB": ""}}},
        {"Layers": [LAYER], "Architectures": ["arm64"], "Tags": {"a": ""}},
        {"Runtime": "python3.14", "KMSKeyArn": ""},
    ],
    ids=str,
)
def test_the_limit_itself_is_allowed(params: dict[str, Any]) -> None:
    validate("CreateFunction", create(**params))


@pytest.mark.parametrize(
    ("params", "value", "path", "minimum"),
    [
        ({"Timeout": 0}, "'0'", "timeout", 1),
        ({"Timeout": -5}, "'-5'", "timeout", 1),
        ({"MemorySize": 127}, "'127'", "memorySize", 128),
        ({"EphemeralStorage": {"Size": 511}}, "'511'", "ephemeralStorage.size", 512),
    ],
)
def test_below_the_lower_bound(params: dict[str, Any], value: str, path: str, minimum: int) -> None:
    text = f"Member must have value greater than or equal to {minimum}"
    assert refusal("CreateFunction", **create(**params)) == one(value, path, text)


def test_managed_instances_and_accelerators_have_the_larger_bounds() -> None:
    for shape_name, bound in DOCUMENTED_BOUNDS.items():
        api = service_model().shape_for(shape_name).metadata["max"]
        assert facts.value(bound.fact) < api
        for operation in ("CreateFunction", "UpdateFunctionConfiguration"):
            assert bound.waived_by in operation_model(operation).input_shape.members
    provider = {
        "LambdaManagedInstancesCapacityProviderConfig": {
            "CapacityProviderArn": "arn:aws:lambda:us-east-1:123456789012:capacity-provider:c"
        }
    }
    validate("CreateFunction", create(Timeout=5400, CapacityProviderConfig=provider))
    message = refusal("CreateFunction", **create(Timeout=5401, CapacityProviderConfig=provider))
    assert "less than or equal to 5400" in message
    message = refusal(
        "CreateFunction",
        **create(EphemeralStorage={"Size": 10241}, CapacityProviderConfig=provider),
    )
    assert "'ephemeralStorage.size'" in message


def test_a_new_name_is_shorter_than_an_arn() -> None:
    text = "Member must have length less than or equal to 64"
    name = "a" * 65
    assert refusal("CreateFunction", **create(FunctionName=name)) == one(
        f"'{name}'", "functionName", text
    )
    validate("CreateFunction", create(FunctionName=f"123456789012:{name}"))
    validate("GetFunction", {"FunctionName": name})
    long = f"123456789012:{'a' * 140}"
    assert "less than or equal to 140" in refusal("CreateFunction", **create(FunctionName=long))


# -- forms ---------------------------------------------------------------------------------


@pytest.mark.fidelity("defaults-and-validation")
def test_several_errors_in_one_answer() -> None:
    assert refusal("PutProvisionedConcurrencyConfig", FunctionName="f!") == (
        "3 validation errors detected: Value 'f!' at 'functionName' failed to satisfy "
        "constraint: Member must satisfy regular expression pattern: "
        + service_model().shape_for("FunctionName").metadata["pattern"]
        + "; Value null at 'qualifier' failed to satisfy constraint: Member must not be null"
        "; Value null at 'provisionedConcurrentExecutions' failed to satisfy constraint: "
        "Member must not be null"
    )


def test_one_value_can_break_two_rules() -> None:
    message = refusal("GetFunction", FunctionName="f", Qualifier="?" * 129)
    assert message.startswith("2 validation errors detected: ")
    assert message.index("length less than or equal to 128") < message.index("pattern")


def test_an_empty_value_is_no_absent_value() -> None:
    message = refusal("GetAlias", FunctionName="f", Name="")
    assert "Value '' at 'name' failed to satisfy constraint: Member must have length" in message


def test_plain_elements_of_a_list_are_reported_at_the_list() -> None:
    message = refusal("CreateFunction", **create(Architectures=["sparc"]))
    text = (
        "Member must satisfy constraint: "
        "[Member must satisfy enum value set: [x86_64, arm64], Member must not be null]"
    )
    assert message == one("'[sparc]'", "architectures", text)


def test_a_layer_without_its_version() -> None:
    layer = LAYER.removesuffix(":1")
    message = refusal("UpdateFunctionConfiguration", FunctionName="f", Layers=[LAYER, layer])
    assert message.startswith(
        f"1 validation error detected: Value '[{LAYER}, {layer}]' at 'layers' failed to satisfy "
        "constraint: Member must satisfy constraint: [Member must have length less than or equal "
        "to 2048, Member must have length greater than or equal to 1, Member must satisfy regular "
        "expression pattern: "
    )
    assert message.endswith(", Member must not be null]")


def test_nothing_in_a_list_may_be_null() -> None:
    message = refusal("CreateFunction", **create(Layers=[None]))
    assert "Value '[null]' at 'layers'" in message


def test_structures_in_a_list_have_paths_of_their_own() -> None:
    message = refusal(
        "CreateEventSourceMapping",
        FunctionName="f",
        FilterCriteria={"Filters": [{"Pattern": "{}"}, {"Pattern": "x" * 4097}, None]},
    )
    assert "at 'filterCriteria.filters.2.member.pattern' failed" in message
    assert "Value null at 'filterCriteria.filters.3.member' failed" in message
    assert message.startswith("2 validation errors detected: ")


def test_lists_in_a_map_have_paths_of_their_own() -> None:
    endpoints = {"KAFKA_BOOTSTRAP_SERVERS": []}
    message = refusal(
        "CreateEventSourceMapping",
        FunctionName="f",
        SelfManagedEventSource={"Endpoints": endpoints},
    )
    path = "selfManagedEventSource.endpoints.KAFKA_BOOTSTRAP_SERVERS.member"
    assert message == one("'[]'", path, "Member must have length greater than or equal to 1")


def test_keys_and_values_of_a_map() -> None:
    message = refusal(
        "CreateAlias",
        FunctionName="f",
        Name="live",
        FunctionVersion="1",
        RoutingConfig={"AdditionalVersionWeights": {"two": 1.5}},
    )
    assert message.startswith("2 validation errors detected: Value '{two=1.5}' at ")
    assert "Map keys must satisfy constraint: [Member must have length" in message
    assert "Map value must satisfy constraint: [Member must have value less than" in message


def test_environment_variables_are_not_repeated() -> None:
    variables = {"MY-SECRET": "hunter2"}
    message = refusal("CreateFunction", **create(Environment={"Variables": variables}))
    assert message == (
        "1 validation error detected: Value at 'environment.variables' failed to satisfy "
        "constraint: Map keys must satisfy constraint: [Member must satisfy regular expression "
        "pattern: [a-zA-Z]([a-zA-Z0-9_])+, Member must not be null]"
    )


def test_only_the_first_letter_of_a_member_is_lowered() -> None:
    assert "at 'kMSKeyArn'" in refusal("CreateFunction", **create(KMSKeyArn="key"))
    assert "at 'uUID'" in refusal("GetEventSourceMapping", UUID="short")


def test_a_runtime_that_does_not_exist() -> None:
    with pytest.raises(AwsError) as caught:
        validate("CreateFunction", create(Runtime="python9.9"))
    error = caught.value
    assert error.code == "InvalidParameterValueException"
    assert error.members == {"Type": "User"}
    assert error.message.startswith(
        "Value python9.9 at 'runtime' failed to satisfy constraint: "
        "Member must satisfy enum value set: ["
    )
    assert error.message.endswith("] or be a valid ARN")
    # Everything else is checked first.
    assert "'timeout'" in refusal("CreateFunction", **create(Runtime="python9.9", Timeout=0))


# -- Java's patterns in Python -------------------------------------------------------------


def test_tag_keys_take_letters_numbers_and_separators_of_every_script() -> None:
    (pattern,) = (rule for rule in constraints_of("TagKey") if "pattern" in rule.text)
    extra = set("_.:/=+-@")
    wrong = [
        hex(code)
        for code in range(sys.maxunicode + 1)
        if pattern.holds(chr(code))
        != (unicodedata.category(chr(code))[0] in "LZN" or chr(code) in extra)
    ]
    assert wrong == []


ARABIC_ACCOUNT = "١٢٣٤٥٦٧٨٩٠١٢:hello"


@pytest.mark.parametrize("name", ["hello\n", "hell\u00f6", "١", "a b", "a/b", "", ARABIC_ACCOUNT])
def test_a_pattern_covers_the_whole_value_in_ascii(name: str) -> None:
    assert "'functionName'" in refusal("GetFunction", FunctionName=name)


def _holds_in_reasonable_time(holds: Callable[[Any], bool]) -> None:
    for text in ("a" * 100_000, "arn:aws:" + "a" * 100_000, "a." * 50_000, "-" * 100_000 + "!"):
        assert holds(text) in (True, False)


@pytest.mark.timeout(20)
def test_no_pattern_can_be_made_slow() -> None:
    for name in service_model().shape_names:
        if "pattern" in service_model().shape_for(name).metadata:
            for rule in constraints_of(name):
                _holds_in_reasonable_time(rule.holds)
