"""Names with parts left out, as the service model allows; and S3 as Lambda tells of it."""

from __future__ import annotations

from typing import Any

import pytest

from api_region import RUNTIME, ApiRegion, package


@pytest.mark.parametrize(
    "form",
    [
        "us-east-1:123456789012:function:{n}",
        "us-east-1:function:{n}",
        "us-east-1:{n}",
        "123456789012:{n}",
        "arn:aws:lambda:{n}",
        "arn:aws:lambda:us-east-1:{n}",
        "arn:aws:lambda:123456789012:{n}",
        "arn:aws:lambda:us-east-1:123456789012:{n}",
    ],
)
@pytest.mark.parametrize("qualifier", ["", ":$LATEST", ":1"])
def test_any_part_but_the_name_may_be_left_out(api: ApiRegion, form: str, qualifier: str) -> None:
    name = api.active(Publish=True)
    text = form.format(n=name) + qualifier
    answer = api.client.get_function_configuration(FunctionName=text)
    assert answer["FunctionArn"] == api.arn(name) + qualifier
    assert api.invoke(text, 5) == 5


def test_what_only_looks_like_a_function(api: ApiRegion) -> None:
    # The model's pattern lets this through: a function "layer" with the qualifier "tool".
    arn = "arn:aws:lambda:us-east-1:123456789012:layer:tool"
    for operation in ("get_function", "invoke"):
        refusal = api.refused(operation, FunctionName=arn)
        assert refusal.message == f"Function not found: {api.arn('layer')}:tool"
    refusal = api.refused("get_function", FunctionName="eu-west-1:f")
    assert "not reachable in this region ('us-east-1')" in refusal.message


def test_latest_is_written_in_capitals(api: ApiRegion) -> None:
    name = api.active()
    for operation in ("get_function", "get_function_configuration", "invoke"):
        refusal = api.refused(operation, FunctionName=name, Qualifier="$latest")
        assert [*refusal] == [
            404, "ResourceNotFoundException", f"Function not found: {api.arn(name)}:$latest",
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (
            {"S3Bucket": "code-west", "S3Key": "one.zip"},
            (
                "PermanentRedirect. S3 Error Message: The bucket is in this region: eu-west-1. "
                "Please use this region to retry the request"
            ),
        ),
        (
            {"S3Bucket": "code-east", "S3Key": "one.zip", "S3ObjectVersion": "none"},
            "NoSuchVersion. S3 Error Message: The specified version does not exist.",
        ),
        (
            {"S3Bucket": "code-east", "S3Key": "two.zip", "S3ObjectVersion": "none"},
            "NoSuchKey. S3 Error Message: The specified key does not exist.",
        ),
    ],
)
def test_code_that_s3_does_not_give(api: ApiRegion, code: dict[str, Any], error: str) -> None:
    east, west = api.service("s3"), api.service("s3", "eu-west-1")
    east.create_bucket(Bucket="code-east")
    west.create_bucket(
        Bucket="code-west", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    for s3, bucket in ((east, "code-east"), (west, "code-west")):
        s3.put_object(Bucket=bucket, Key="one.zip", Body=package())
    asked = {"FunctionName": "s3", "Role": api.role, "Runtime": RUNTIME, "Handler": "i.h"}
    refusal = api.refused("create_function", Code=code, **asked)
    assert refusal.message == f"Error occurred while GetObject. S3 Error Code: {error}"
    for bucket, s3 in (("code-east", east), ("code-west", west)):
        s3.delete_object(Bucket=bucket, Key="one.zip")
        s3.delete_bucket(Bucket=bucket)
