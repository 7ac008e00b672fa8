"""Settings of a package that would have no effect here are refused, and the others are taken."""

from __future__ import annotations

from typing import Any

import pytest

from api_region import ApiRegion, package

KEY = "arn:aws:kms:us-east-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef"
BUCKET = {"S3Bucket": "of-the-reader", "S3Key": "code.zip"}


@pytest.mark.parametrize(
    ("code", "named"),
    [
        ({"ZipFile": package(), "SourceKMSKeyArn": KEY}, "a key of your own"),
        (BUCKET | {"S3ObjectStorageMode": "REFERENCE"}, "a bucket of your own"),
    ],
)
def test_what_has_no_effect_is_refused(api: ApiRegion, code: dict[str, Any], named: str) -> None:
    refusal = api.refused(
        "create_function", FunctionName=api.name(), Role=api.role, Runtime="python3.14",
        Handler="index.handler", Code=code,
    )  # fmt: skip
    assert (refusal.status, refusal.code) == (501, "NotModelledException")
    assert named in refusal.message
    name = api.create()["FunctionName"]
    refusal = api.refused("update_function_code", FunctionName=name, **code)
    assert (refusal.status, refusal.code) == (501, "NotModelledException")


def test_a_layer_is_copied_too(api: ApiRegion) -> None:
    content = BUCKET | {"S3ObjectStorageMode": "REFERENCE"}
    refusal = api.refused("publish_layer_version", LayerName="kept-there", Content=content)
    assert (refusal.status, refusal.code) == (501, "NotModelledException")
    assert "a bucket of your own" in refusal.message


def test_copying_is_what_happens(api: ApiRegion) -> None:
    api.service("s3").create_bucket(Bucket="copied-from")
    api.service("s3").put_object(Bucket="copied-from", Key="code.zip", Body=package())
    name = api.create()["FunctionName"]
    api.client.get_waiter("function_active_v2").wait(FunctionName=name)
    told = api.client.update_function_code(
        FunctionName=name, S3Bucket="copied-from", S3Key="code.zip", S3ObjectStorageMode="COPY"
    )
    assert told["CodeSize"] == len(package())
