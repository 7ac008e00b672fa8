"""Quotas at their edges: what fits, what does not, and that the region goes on."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lambda_lab import facts
from lambda_lab.deploy import make_zip
from live_region import LiveRegion, private_root, shared_root, until

GOOD = "def handler(event, context):\n    return 1\n"
MEGABYTE = 1 << 20
UNREADABLE = "Could not unzip uploaded file. Please check your file, then try to upload again."


def refusal(call: Callable[[], Any]) -> tuple[str, int, str]:
    """Return code, HTTP status and message of the error that *call* must get."""
    with pytest.raises(ClientError) as refused:
        call()
    answer = refused.value.response
    error = answer["Error"]
    return error["Code"], answer["ResponseMetadata"]["HTTPStatusCode"], error["Message"]


# -- payloads --------------------------------------------------------------------------------------


@pytest.mark.fidelity("payload-limits")
def test_the_largest_event(lab: LiveRegion) -> None:
    limit = int(facts.value("payload.sync.request"))
    assert limit == 6 * MEGABYTE
    name = lab.deploy("def handler(event, context):\n    return len(event)\n", MemorySize=256)
    raw = b'"' + b"x" * (limit - 2) + b'"'
    assert lab.call(name, raw=raw).value == limit - 2
    code, status, message = refusal(lambda: lab.call(name, raw=raw + b" "))
    assert (code, status) == ("RequestTooLargeException", 413)
    assert message.endswith(f"{limit} bytes for the InvokeFunction operation")
    assert lab.call(name, raw=b'"x"').value == 1


@pytest.mark.fidelity("payload-limits")
def test_the_largest_result(lab: LiveRegion) -> None:
    limit = int(facts.value("payload.sync.response-message-bytes"))
    code = "def handler(event, context):\n    return 'x' * event\n"
    name = lab.deploy(code, MemorySize=256)
    assert len(lab.call(name, limit - 2).raw) == limit
    answer = lab.call(name, limit - 1)
    document = answer.fails("Function.ResponseSizeTooLarge")
    assert document["errorMessage"] == (
        f"Response payload size exceeded maximum allowed payload size ({limit} bytes)."
    )
    assert lab.call(name, 1).value == "x"
    assert len(lab.idle(name)) == 1


@pytest.mark.fidelity("payload-limits")
def test_a_result_far_too_large(lab: LiveRegion) -> None:
    name = lab.deploy("def handler(event, context):\n    return 'x' * event\n", MemorySize=512)
    lab.call(name, 40 * MEGABYTE).fails("Function.ResponseSizeTooLarge")
    assert lab.call(name, 1).value == "x"


@private_root
def test_an_event_has_a_smaller_limit(lab: LiveRegion) -> None:
    limit = int(facts.value("payload.async"))
    name = lab.deploy(GOOD)
    raw = b'"' + b"x" * (limit - 1) + b'"'
    found = refusal(lambda: lab.call(name, raw=raw, InvocationType="Event"))
    assert found[:2] == ("RequestTooLargeException", 413)
    accepted = lab.call(name, raw=raw[:-2] + b'"', InvocationType="Event")
    assert (accepted.status, accepted.raw) == (202, b"")


# -- variables -------------------------------------------------------------------------------------


@private_root
def test_four_kilobytes_of_variables(lab: LiveRegion) -> None:
    def settings(length: int) -> dict[str, Any]:
        return {"Environment": {"Variables": {"LARGE": "x" * length}}}

    frame = len(json.dumps({"LARGE": ""}, separators=(",", ":")))
    code = "import os\ndef handler(event, context):\n    return len(os.environ['LARGE'])\n"
    limit = int(facts.value("environment.maximum"))
    fits = limit - frame
    assert lab.run(code, **settings(fits)).value == fits
    code_, status, message = refusal(lambda: lab.create(code, **settings(limit)))
    assert (code_, status) == ("InvalidParameterValueException", 400)
    assert "exceeded the 4KB limit. String measured: " in message


# -- packages --------------------------------------------------------------------------------------


def zipped(name: str, content: bytes, mode: int = 0o644, code: str = GOOD, **options: Any) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", **options) as archive:
        archive.writestr("lambda_function.py", code)
        entry = zipfile.ZipInfo(name)
        entry.external_attr = mode << 16
        entry.compress_type = archive.compression
        archive.writestr(entry, content)
    return target.getvalue()


@shared_root
@pytest.mark.fidelity("package-limits")
@pytest.mark.makes("RequestEntityTooLargeException")
def test_a_package_larger_than_a_direct_upload(lab: LiveRegion) -> None:
    limit = int(facts.value("package.zip.direct-maximum"))
    package = zipped("large", bytes(limit))
    assert len(package) > limit
    code, status, _ = refusal(lambda: lab.create(package))
    assert (code, status) == ("RequestEntityTooLargeException", 413)


@shared_root
def test_a_package_too_large_unzipped(lab: LiveRegion) -> None:
    limit = int(facts.value("package.unzipped-maximum"))
    package = zipped("large", bytes(limit), compression=zipfile.ZIP_DEFLATED, compresslevel=1)
    found = refusal(lambda: lab.create(package))
    message = f"Unzipped size must be smaller than {limit} bytes"
    assert found == ("InvalidParameterValueException", 400, message)


@shared_root
@pytest.mark.fidelity("package-limits")
def test_layers_count_towards_the_unzipped_size(lab: LiveRegion) -> None:
    half = int(facts.value("package.unzipped-maximum")) // 2
    options = {"compression": zipfile.ZIP_DEFLATED, "compresslevel": 1}
    package = zipped("python/large", bytes(half), **options)
    content = {"ZipFile": package}
    layer = lab.lam.publish_layer_version(LayerName="half", Content=content)["LayerVersionArn"]
    code, status, message = refusal(lambda: lab.create(package, Layers=[layer]))
    assert (code, status) == ("InvalidParameterValueException", 400)
    assert "250" in message or "262144000" in message
    lab.lam.delete_layer_version(LayerName="half", VersionNumber=1)


@private_root
@pytest.mark.parametrize(
    "package",
    [b"nope", b"PK\x03\x04 nope", make_zip({"a.py": "x"})[:-10], b"PK\x05\x06" + bytes(18)],
    ids=["text", "a beginning", "cut off", "nothing in it"],
)
def test_what_is_not_a_package(lab: LiveRegion, package: bytes) -> None:
    code, status, message = refusal(lambda: lab.create(package, "nope"))
    assert (code, status) == ("InvalidParameterValueException", 400)
    assert message in (UNREADABLE, "Uploaded file must be a non-empty zip")
    with pytest.raises(lab.lam.exceptions.ResourceNotFoundException):
        lab.lam.get_function(FunctionName="nope")


@private_root
def test_an_empty_upload(lab: LiveRegion) -> None:
    code, status, _ = refusal(lambda: lab.create(b"", "nope"))
    assert (code, status) == ("InvalidParameterValueException", 400)


@private_root
@pytest.mark.parametrize("name", ["../out.txt", "/abs.txt", "a/../../out.txt", "a\\..\\..\\out"])
def test_a_package_that_climbs_out(lab: LiveRegion, name: str) -> None:
    found = refusal(lambda: lab.create(zipped(name, b"x"), "nope"))
    assert found == ("InvalidParameterValueException", 400, UNREADABLE)


@private_root
def test_a_link_in_a_package_leads_nowhere_else(lab: LiveRegion) -> None:
    """A link is kept; what it names is looked up in the function's own root."""
    code = "import os\ndef handler(event, context):\n    return open('link').read()\n"
    secret = f"{lab.region.folder}/secret"
    Path(secret).write_text("of the reader")
    for target in (secret, f"../../../..{secret}", "/etc/passwd"):
        package = zipped("link", target.encode(), 0o120777, code=code)
        answer = lab.run(package)
        if target == "/etc/passwd":
            assert answer.value.startswith("root:x:0:0:root:/root:/sbin/nologin\nsbx_user")
        else:
            answer.fails("FileNotFoundError")


@private_root
def test_a_package_that_writes_through_a_link(lab: LiveRegion, tmp_path: Path) -> None:
    target = io.BytesIO(zipped("link", str(tmp_path).encode(), 0o120777))
    with zipfile.ZipFile(target, "a") as archive:
        archive.writestr("link/out.txt", "x")
    found = refusal(lambda: lab.create(target.getvalue(), "nope"))
    assert found == ("InvalidParameterValueException", 400, UNREADABLE)
    assert list(tmp_path.iterdir()) == []


@private_root
def test_a_damaged_package(lab: LiveRegion) -> None:
    package = bytearray(zipped("data", b"0123456789" * 100))
    place = package.index(b"0123456789")
    package[place : place + 4] = b"oops"  # the checksum is wrong now
    found = refusal(lambda: lab.create(bytes(package), "nope"))
    assert found == ("InvalidParameterValueException", 400, UNREADABLE)


@private_root
def test_strange_but_sound_packages(lab: LiveRegion) -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("empty/", "")
        archive.writestr("twice.txt", "1")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("twice.txt", "2")
        archive.writestr("ü 漢.txt", "3")
        archive.writestr(
            "lambda_function.py",
            "import os\ndef handler(event, context):\n"
            "    return [open('twice.txt').read(), open('ü 漢.txt').read(), os.listdir('empty')]\n",
        )
    assert lab.run(target.getvalue()).value == ["2", "3", []]


@private_root
def test_modes_are_kept(lab: LiveRegion) -> None:
    package = zipped("tool.sh", b"#!/bin/sh\necho hello\n", 0o755)
    code = (
        "import subprocess\ndef handler(event, context):\n"
        "    return subprocess.check_output(['/var/task/tool.sh'], text=True)\n"
    )
    name = lab.deploy(package)
    target = io.BytesIO(package)
    with zipfile.ZipFile(target, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("lambda_function.py", code)
    lab.lam.update_function_code(FunctionName=name, ZipFile=target.getvalue())
    lab.settle()
    assert lab.call(name).value == "hello\n"


# -- concurrency -----------------------------------------------------------------------------------


@pytest.mark.makes("ReservedFunctionConcurrentInvocationLimitExceeded")
def test_no_concurrency_at_all(lab: LiveRegion) -> None:
    name = lab.deploy(GOOD)
    lab.lam.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    with pytest.raises(lab.lam.exceptions.TooManyRequestsException) as refused:
        lab.call(name)
    answer = refused.value.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 429
    assert answer["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
    assert answer["Error"]["Message"] == "Rate Exceeded."
    assert lab.environments(name) == []
    lab.lam.delete_function_concurrency(FunctionName=name)
    assert lab.call(name).value == 1


def test_reserved_concurrency_is_a_limit(lab: LiveRegion) -> None:
    name = lab.deploy(
        "import time\ndef handler(event, context):\n    time.sleep(event)\n    return 1\n"
    )
    lab.lam.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=2)
    with ThreadPoolExecutor(2) as pool:
        running = [pool.submit(lab.call, name, 1) for _ in range(2)]
        until(lambda: [one["state"] for one in lab.environments(name)] == ["busy"] * 2)
        until(lambda: lab.region.plane.admission.running == 2)
        with pytest.raises(lab.lam.exceptions.TooManyRequestsException):
            lab.call(name, 0)
        assert [one.result().value for one in running] == [1, 1]
    assert lab.call(name, 0).value == 1


def test_more_descriptors_than_lambda_allows(lab: LiveRegion) -> None:
    code = """
import os
def handler(event, context):
    kept = []
    try:
        while len(kept) < 2000:
            kept.append(os.open("/dev/null", os.O_RDONLY))
    except OSError as error:
        said = os.strerror(error.errno)
    for one in kept:
        os.close(one)
    return [len(kept), said]
"""
    opened, said = lab.run(code).value
    assert said == "Too many open files"
    assert opened < int(facts.value("function.file-descriptors"))
