"""Put, Update, Get, List and DeleteFunctionEventInvokeConfig.

The expectations about answers and texts were recorded on AWS by others; a test that goes beyond
them says so.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from event_tools import allowed, queue, role, unused
from live_region import LiveRegion

CODE = "def handler(event, context):\n    return event\n"
NOT_THERE = "The function doesn't exist."
MISMATCH = "The derived qualifier from the function name does not match the specified qualifier."


@pytest.fixture(scope="module")
def name(lab: LiveRegion) -> str:
    """Return a function with version 1 and the alias ``eventinvokealias``."""
    made = lab.deploy(CODE)
    lab.lam.publish_version(FunctionName=made)
    lab.lam.create_alias(FunctionName=made, Name="eventinvokealias", FunctionVersion="1")
    return made


@pytest.fixture(autouse=True)
def _nothing_set(lab: LiveRegion, name: str) -> None:
    for config in lab.lam.list_function_event_invoke_configs(FunctionName=name)[
        "FunctionEventInvokeConfigs"
    ]:
        lab.lam.delete_function_event_invoke_config(FunctionName=config["FunctionArn"])


def arn(name: str, qualifier: str | None = None) -> str:
    bare = f"arn:aws:lambda:us-east-1:123456789012:function:{name}"
    return bare if qualifier is None else f"{bare}:{qualifier}"


def put(lab: LiveRegion, name: str, **settings: Any) -> dict[str, Any]:
    return plain(lab.lam.put_function_event_invoke_config(FunctionName=name, **settings))


def plain(answer: dict[str, Any]) -> dict[str, Any]:
    answer.pop("ResponseMetadata", None)
    answer.pop("LastModified")
    return answer


def destinations(**arns: str) -> dict[str, Any]:
    return {member: {"Destination": arn} for member, arn in arns.items()}


def refused(operation: Any, **params: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        operation(**params)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


NONE_SET: dict[str, Any] = {"OnSuccess": {}, "OnFailure": {}}


@pytest.mark.fidelity("event-invoke-config")
def test_put_get_and_overwrite(lab: LiveRegion, name: str) -> None:
    before = lab.region.clock.now()
    first = lab.lam.put_function_event_invoke_config(
        FunctionName=name, MaximumRetryAttempts=2, MaximumEventAgeInSeconds=60
    )
    assert abs(first["LastModified"] - before) < timedelta(seconds=5)
    expected = {
        "FunctionArn": arn(name, "$LATEST"),
        "MaximumRetryAttempts": 2,
        "MaximumEventAgeInSeconds": 60,
        "DestinationConfig": NONE_SET,
    }
    assert plain(first) == expected
    got = lab.lam.get_function_event_invoke_config(FunctionName=name)
    assert plain(got) == expected
    # What is not named again is forgotten.
    again = put(lab, name, MaximumRetryAttempts=0)
    assert again == {
        "FunctionArn": arn(name, "$LATEST"),
        "MaximumRetryAttempts": 0,
        "DestinationConfig": NONE_SET,
    }
    assert plain(lab.lam.get_function_event_invoke_config(FunctionName=name)) == again


def test_update_keeps_what_it_does_not_name(lab: LiveRegion, name: str) -> None:
    put(lab, name, MaximumRetryAttempts=2, MaximumEventAgeInSeconds=60)
    changed = lab.lam.update_function_event_invoke_config(FunctionName=name, MaximumRetryAttempts=0)
    assert plain(changed) == {
        "FunctionArn": arn(name, "$LATEST"),
        "MaximumRetryAttempts": 0,
        "MaximumEventAgeInSeconds": 60,
        "DestinationConfig": NONE_SET,
    }


def test_update_changes_one_destination(lab: LiveRegion, name: str) -> None:
    # Not recorded.
    (_, first), (_, second) = queue(lab), queue(lab)
    put(lab, name, DestinationConfig=destinations(OnSuccess=first))
    update = lab.lam.update_function_event_invoke_config
    both = update(FunctionName=name, DestinationConfig=destinations(OnFailure=second))
    assert both["DestinationConfig"] == destinations(OnSuccess=first, OnFailure=second)
    one = update(FunctionName=name, DestinationConfig={"OnSuccess": {}})
    assert one["DestinationConfig"] == {**NONE_SET, **destinations(OnFailure=second)}


@pytest.mark.parametrize(
    ("function", "qualifier", "expected"),
    [
        ("{name}", None, "$LATEST"),
        ("{name}", "$LATEST", "$LATEST"),
        ("{name}:$LATEST", None, "$LATEST"),
        ("{name}:$LATEST", "$LATEST", "$LATEST"),
        ("{name}", "1", "1"),
        ("{name}:1", None, "1"),
        ("{name}", "eventinvokealias", "eventinvokealias"),
        ("{name}:eventinvokealias", None, "eventinvokealias"),
        ("{name}:eventinvokealias", "eventinvokealias", "eventinvokealias"),
        ("{arn}:eventinvokealias", None, "eventinvokealias"),
        ("{arn}:eventinvokealias", "eventinvokealias", "eventinvokealias"),
        ("123456789012:function:{name}", None, "$LATEST"),
    ],
)
def test_ways_to_name_it(
    lab: LiveRegion, name: str, function: str, qualifier: str | None, expected: str
) -> None:
    asked = {"FunctionName": function.format(name=name, arn=arn(name))}
    if qualifier is not None:
        asked["Qualifier"] = qualifier
    made = lab.lam.put_function_event_invoke_config(**asked, MaximumRetryAttempts=1)
    assert made["FunctionArn"] == arn(name, expected)
    assert lab.lam.get_function_event_invoke_config(**asked)["FunctionArn"] == arn(name, expected)


@pytest.mark.parametrize(
    ("function", "qualifier"),
    [
        ("{name}:1", "2"),
        ("{name}:$LATEST", "1"),
        ("{name}:1", "$LATEST"),
        ("{name}:eventinvokealias", "1"),
        ("{arn}:eventinvokealias", "1"),
    ],
)
def test_two_qualifiers_must_agree(
    lab: LiveRegion, name: str, function: str, qualifier: str
) -> None:
    got = refused(
        lab.lam.put_function_event_invoke_config,
        FunctionName=function.format(name=name, arn=arn(name)),
        Qualifier=qualifier,
        MaximumRetryAttempts=1,
    )
    assert got == ("InvalidParameterValueException", MISMATCH)


def test_something_must_be_set(lab: LiveRegion, name: str) -> None:
    text = "You must specify at least one of error handling or destination setting."
    for operation in ("put", "update"):
        call = getattr(lab.lam, f"{operation}_function_event_invoke_config")
        got = refused(call, FunctionName=name)
        assert got == ("InvalidParameterValueException", text)


@pytest.mark.parametrize("member", ["OnSuccess", "OnFailure"])
def test_an_empty_destination_is_something(lab: LiveRegion, name: str, member: str) -> None:
    made = put(lab, name, DestinationConfig={member: {}})
    assert made == {"FunctionArn": arn(name, "$LATEST"), "DestinationConfig": NONE_SET}


def test_what_is_not_there(lab: LiveRegion, name: str) -> None:
    lam, missing = lab.lam, "ResourceNotFoundException"
    for asked in (
        {"FunctionName": "doesnotexist"},
        {"FunctionName": arn("doesnotexist")},
        {"FunctionName": name, "Qualifier": "doesnotexist"},
        {"FunctionName": name, "Qualifier": "7"},
    ):
        for call in (
            lam.put_function_event_invoke_config,
            lam.update_function_event_invoke_config,
        ):
            assert refused(call, **asked, MaximumRetryAttempts=1) == (missing, NOT_THERE)
    listing = refused(lam.list_function_event_invoke_configs, FunctionName="doesnotexist")
    assert listing == (missing, NOT_THERE)


def test_nothing_set_is_not_found(lab: LiveRegion, name: str) -> None:
    lam = lab.lam
    for asked, named in (
        ({"FunctionName": name}, arn(name, "$LATEST")),
        ({"FunctionName": "doesnotexist"}, arn("doesnotexist", "$LATEST")),
        ({"FunctionName": name, "Qualifier": "doesnotexist"}, arn(name, "doesnotexist")),
        ({"FunctionName": f"{name}:eventinvokealias"}, arn(name, "eventinvokealias")),
    ):
        text = f"The function {named} doesn't have an EventInvokeConfig"
        for call in (
            lam.get_function_event_invoke_config,
            lam.delete_function_event_invoke_config,
        ):
            assert refused(call, **asked) == ("ResourceNotFoundException", text)
    text = f"The function {arn(name, 'eventinvokealias')} doesn't have an EventInvokeConfig"
    got = refused(
        lam.update_function_event_invoke_config,
        FunctionName=name,
        Qualifier="eventinvokealias",
        MaximumRetryAttempts=1,
    )
    assert got == ("ResourceNotFoundException", text)


def test_list_in_order_and_in_pages(lab: LiveRegion, name: str) -> None:
    put(lab, name, Qualifier="eventinvokealias", MaximumRetryAttempts=1)
    put(lab, name, Qualifier="1", MaximumRetryAttempts=1)
    put(lab, name, MaximumRetryAttempts=0, MaximumEventAgeInSeconds=60)
    ask = lab.lam.list_function_event_invoke_configs
    configs = [plain(c) for c in ask(FunctionName=name)["FunctionEventInvokeConfigs"]]
    assert configs == [
        {
            "FunctionArn": arn(name, "$LATEST"),
            "MaximumRetryAttempts": 0,
            "MaximumEventAgeInSeconds": 60,
            "DestinationConfig": NONE_SET,
        },
        *(
            {
                "FunctionArn": arn(name, qualifier),
                "MaximumRetryAttempts": 1,
                "DestinationConfig": NONE_SET,
            }
            for qualifier in ("1", "eventinvokealias")
        ),
    ]
    pages = lab.lam.get_paginator("list_function_event_invoke_configs").paginate(
        FunctionName=name, PaginationConfig={"PageSize": 1}
    )
    listed = [c["FunctionArn"] for page in pages for c in page["FunctionEventInvokeConfigs"]]
    assert listed == [config["FunctionArn"] for config in configs]
    for config in configs:
        lab.lam.delete_function_event_invoke_config(FunctionName=config["FunctionArn"])
    assert ask(FunctionName=name)["FunctionEventInvokeConfigs"] == []


@pytest.mark.fidelity("event-invoke-config")
def test_settings_go_with_their_alias(lab: LiveRegion) -> None:
    # Not recorded.
    made = lab.deploy(CODE)
    lab.lam.publish_version(FunctionName=made)
    lab.lam.create_alias(FunctionName=made, Name="a", FunctionVersion="1")
    put(lab, made, Qualifier="a", MaximumRetryAttempts=1)
    put(lab, made, Qualifier="1", MaximumRetryAttempts=1)
    lab.lam.delete_alias(FunctionName=made, Name="a")
    lab.lam.delete_function(FunctionName=made, Qualifier="1")
    left = lab.lam.list_function_event_invoke_configs(FunctionName=made)
    assert left["FunctionEventInvokeConfigs"] == []


@pytest.mark.parametrize(
    ("settings", "member"),
    [
        ({"MaximumRetryAttempts": 3}, "maximumRetryAttempts"),
        ({"MaximumRetryAttempts": -1}, "maximumRetryAttempts"),
        ({"MaximumEventAgeInSeconds": 59}, "maximumEventAgeInSeconds"),
        ({"MaximumEventAgeInSeconds": 21_601}, "maximumEventAgeInSeconds"),
    ],
)
def test_numbers_out_of_bounds(
    lab: LiveRegion, name: str, settings: dict[str, int], member: str
) -> None:
    lam = boto3.client("lambda", config=Config(parameter_validation=False))
    code, message = refused(lam.put_function_event_invoke_config, FunctionName=name, **settings)
    assert code == "ValidationException"
    assert f"at '{member}' failed to satisfy constraint" in message


# -- destinations ----------------------------------------------------------------------------------


def put_destination(lab: LiveRegion, name: str, **arns: str) -> tuple[str, str]:
    return refused(
        lab.lam.put_function_event_invoke_config,
        FunctionName=name,
        DestinationConfig=destinations(**arns),
    )


def test_another_function_may_be_one(lab: LiveRegion, name: str) -> None:
    other = arn(lab.deploy(CODE))
    made = put(lab, name, DestinationConfig=destinations(OnSuccess=other))
    assert made["DestinationConfig"] == {"OnFailure": {}, "OnSuccess": {"Destination": other}}


def test_a_pattern_that_no_arn_has(lab: LiveRegion, name: str) -> None:
    broken = arn(name).replace(":lambda:", ":_-/!lambda:")
    code, message = put_destination(lab, name, OnFailure=broken)
    assert code == "ValidationException"
    assert message == (
        f"1 validation error detected: Value '{broken}' at 'destinationConfig.onFailure."
        "destination' failed to satisfy constraint: Member must satisfy regular expression "
        r"pattern: $|kafka://([^.]([a-zA-Z0-9\-_.]{0,248}))|arn:(aws[a-zA-Z0-9-]*):"
        r"([a-zA-Z0-9\-])+:((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1})?:(\d{12})?:(.*)"
    )


def test_a_service_that_cannot_be_one(lab: LiveRegion, name: str) -> None:
    iam = arn(name).replace(":lambda:", ":iam:")
    code, message = put_destination(lab, name, OnSuccess=iam)
    assert code == "InvalidParameterValueException"
    assert message == (
        "The provided destination config DestinationConfig(onSuccess=OnSuccess(destination="
        f"{iam}), onFailure=null) is invalid."
    )
    bucket = "arn:aws:s3:::bucket"  # not recorded: a bucket takes failures only
    _, message = put_destination(lab, name, OnSuccess=bucket)
    assert f"onSuccess=OnSuccess(destination={bucket})" in message
    _, message = put_destination(lab, name, OnFailure="kafka://topic")
    assert "onSuccess=null, onFailure=OnFailure(destination=kafka://topic)" in message


def test_a_function_that_is_not_there(lab: LiveRegion, name: str) -> None:
    missing = arn("doesnotexist")
    assert put_destination(lab, name, OnSuccess=missing) == (
        "InvalidParameterValueException",
        f"The destination ARN {missing} is invalid.",
    )


@pytest.mark.parametrize("suffix", ["", ":$LATEST", ":1", ":eventinvokealias"])
def test_itself(lab: LiveRegion, name: str, suffix: str) -> None:
    # Recorded for the bare ARN.
    assert put_destination(lab, name, OnFailure=arn(name) + suffix) == (
        "InvalidParameterValueException",
        "You can't specify the function as a destination for itself.",
    )


@pytest.mark.parametrize(
    "target",
    [
        "arn:aws:sqs:us-east-1:123456789012:no-such-queue",
        "arn:aws:sqs:us-east-1:999999999999:queue",
        "arn:aws:sqs:xx-north-1:123456789012:queue",
        "arn:aws:sqs:us-east-1:123456789012:queue.fifo",
        "arn:aws:sns:us-east-1:123456789012:no-such-topic",
        "arn:aws:events:us-east-1:123456789012:event-bus/no-such-bus",
        "arn:aws:s3:::no-such-bucket",
    ],
)
def test_what_is_no_destination(lab: LiveRegion, name: str, target: str) -> None:
    # Not recorded.
    code, message = put_destination(lab, name, OnFailure=target)
    assert code == "InvalidParameterValueException"
    assert message == f"The destination ARN {target} is invalid."


def test_a_fifo_queue_that_is_there(lab: LiveRegion, name: str) -> None:
    # Not recorded.
    _, fifo = queue(lab, FifoQueue="true")
    _, message = put_destination(lab, name, OnSuccess=fifo)
    assert message == f"The destination ARN {fifo} is invalid."


def test_the_role_must_be_allowed_to(lab: LiveRegion) -> None:
    # Not recorded; as users of AWS report it.
    _, queue_arn = queue(lab)
    own = role(lab, allowed("sqs:SendMessage", f"{queue_arn}-other"))
    made = lab.deploy(CODE)
    lab.lam.update_function_configuration(FunctionName=made, Role=own)
    lab.settle()
    code, message = put_destination(lab, made, OnSuccess=queue_arn)
    assert code == "InvalidParameterValueException"
    assert message == (
        "The function's execution role does not have permissions to call SendMessage on "
        f"{queue_arn}"
    )
    bucket = unused("bucket")
    lab.client("s3").create_bucket(Bucket=bucket)
    _, message = put_destination(lab, made, OnFailure=f"arn:aws:s3:::{bucket}")
    assert "call PutObject on" in message
