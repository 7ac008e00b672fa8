"""Where a function's code comes from, what it may hold, and where it can be downloaded again."""

from __future__ import annotations

import io
import urllib.error
import urllib.request
import zipfile
from typing import Any

import pytest

from api_region import RUNTIME, ApiRegion, package
from lambda_lab import facts
from lambda_lab.aws.code_checks import LONGEST_NAME

UNREADABLE = "Could not unzip uploaded file. Please check your file, then try to upload again."
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/repository:tag"
INVALID = "InvalidParameterValueException"


def fetched(location: str) -> bytes:
    with urllib.request.urlopen(location) as answer:
        content: bytes = answer.read()
    return content


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1", "ap-southeast-2"])
def test_code_of_every_region_can_be_downloaded(api: ApiRegion, region: str) -> None:
    client = api.service("lambda", region)
    mine, tool = package(f"# {region}\n"), package({"python/t.py": f"# {region}\n"})
    name = api.name()
    client.create_function(
        FunctionName=name, Role=api.role, Runtime=RUNTIME, Handler="i.h", Code={"ZipFile": mine}
    )
    assert fetched(client.get_function(FunctionName=name)["Code"]["Location"]) == mine
    layer = client.publish_layer_version(LayerName="tool", Content={"ZipFile": tool})
    assert fetched(layer["Content"]["Location"]) == tool


def test_code_that_is_nobodys_is_not_there(api: ApiRegion) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        fetched(f"{api.url}/_lab/packages/{'0' * 64}")
    with caught.value as answer:
        assert answer.code == 404


def create(api: ApiRegion, **change: Any) -> Any:
    asked = {"Role": api.role, "Runtime": RUNTIME, "Handler": "index.handler"}
    asked |= {"Code": {"ZipFile": package()}} | change
    asked = {key: value for key, value in asked.items() if value is not None}
    return api.refused("create_function", FunctionName="never", **asked)


def test_code_comes_from_one_place(api: ApiRegion) -> None:
    text = "Please do not provide other FunctionCode parameters when providing a ZipFile."
    name = api.active()
    for other in ({"S3Bucket": "code", "S3Key": "one.zip"}, {"ImageUri": IMAGE}):
        code = {"ZipFile": package(), **other}
        assert [*create(api, Code=code)] == [400, INVALID, text]
        assert [*api.refused("update_function_code", FunctionName=name, **code)] == [
            400, INVALID, text,
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (
            {"Code": {"ImageUri": IMAGE}},
            "Please don't provide ImageUri when the package type is Zip.",
        ),
        (
            {"ImageConfig": {"Command": ["a"]}},
            "Please don't provide ImageConfig when the package type is Zip.",
        ),
        (
            {"PackageType": "Image", "Code": {"ImageUri": IMAGE}},
            "Please don't provide handler or runtime or layer when the package type is Image.",
        ),
        (
            {"PackageType": "Image", "Runtime": None, "Handler": None},
            "Please provide ImageUri when the package type is Image.",
        ),
        (
            {"PackageType": "Image", "Runtime": None, "Handler": None, "Code": {}},
            "Please provide ImageUri when the package type is Image.",
        ),
    ],
)
def test_zips_and_images_do_not_mix(api: ApiRegion, change: dict[str, Any], text: str) -> None:
    assert [*create(api, **change)] == [400, INVALID, text]


def test_a_function_with_a_zip_takes_no_image(api: ApiRegion) -> None:
    name = api.active()
    for operation, change, text in (
        (
            "update_function_code",
            {"ImageUri": IMAGE},
            "Please don't provide ImageUri when updating a function with packageType Zip.",
        ),
        (
            "update_function_configuration",
            {"ImageConfig": {"WorkingDirectory": "/"}},
            "Please don't provide ImageConfig when the package type is Zip.",
        ),
    ):
        assert [*api.refused(operation, FunctionName=name, **change)] == [400, INVALID, text]


@pytest.mark.fidelity("container-images")
def test_an_image_is_not_modelled(api: ApiRegion) -> None:
    refusal = create(api, PackageType="Image", Runtime=None, Handler=None, Code={"ImageUri": IMAGE})
    assert (refusal.status, refusal.code) == (501, "NotModelledException")


def test_a_zip_that_only_s3_would_take(api: ApiRegion) -> None:
    limit = int(facts.value("package.zip.direct-maximum"))
    large = bytes(limit + 1)
    name = api.active()
    text = f"Zipped size must be smaller than {limit} bytes"
    for refusal in (
        create(api, Code={"ZipFile": large}),
        api.refused("update_function_code", FunctionName=name, ZipFile=large),
        api.refused("publish_layer_version", LayerName="large", Content={"ZipFile": large}),
    ):
        assert [*refusal] == [413, "RequestEntityTooLargeException", text]


def holding(*names: str) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as target:
        for name in names:
            target.writestr(name, "")
    return archive.getvalue()


@pytest.mark.parametrize(
    "names",
    [
        ["index.py", "index.py/inner"],
        ["index.py/inner", "index.py"],
        ["folder/", "folder"],
        ["a/./b", "a/b/c"],
        ["x" * (LONGEST_NAME + 1)],
        ["é" * LONGEST_NAME],
        ["/".join("d" * 3_000)],
    ],
    ids=lambda names: names[0][:12],
)
def test_names_that_no_file_system_takes(api: ApiRegion, names: list[str]) -> None:
    code = holding(*names)
    assert [*create(api, Code={"ZipFile": code})] == [400, INVALID, UNREADABLE]
    refusal = api.refused("publish_layer_version", LayerName="odd", Content={"ZipFile": code})
    assert [*refusal] == [400, INVALID, UNREADABLE]


def test_names_that_a_file_system_takes(api: ApiRegion) -> None:
    code = package({"a/b": "", "a/": "", "x" * LONGEST_NAME: "", "index.py": "handler = dict\n"})
    name = api.active(Code={"ZipFile": code}, Handler="index.missing")
    answer = api.client.invoke(FunctionName=name)
    assert b"Runtime.HandlerNotFound" in answer["Payload"].read()
