"""Functions: what each operation answers, member by member, and what AWS refuses."""

from __future__ import annotations

import gc
import io
import json
import urllib.request
import zipfile
from typing import Any

import pytest

from api_region import ECHO, RUNTIME, ApiRegion, package
from lambda_lab import facts
from lambda_lab.records import FunctionSpec
from live_region import until

CONFIGURATION = {
    *("Architectures", "CodeSha256", "CodeSize", "Description", "EphemeralStorage", "FunctionArn"),
    *("FunctionName", "Handler", "LastModified", "LoggingConfig", "MemorySize", "PackageType"),
    *("RevisionId", "Role", "Runtime", "RuntimeVersionConfig", "SnapStart", "Timeout"),
    *("TracingConfig", "Version"),
}
"""Members that every description of a function has (recorded from AWS)."""
PENDING = {"State", "StateReason", "StateReasonCode"}
ACTIVE = {"State", "LastUpdateStatus"}
UPDATING = {*ACTIVE, "LastUpdateStatusReason", "LastUpdateStatusReasonCode"}
REASON = "The function is being created."


def members(answer: dict[str, Any]) -> set[str]:
    return set(answer) - {"ResponseMetadata"}


def status(answer: dict[str, Any]) -> int:
    code: int = answer["ResponseMetadata"]["HTTPStatusCode"]
    return code


# -- creating ------------------------------------------------------------------------------


@pytest.mark.fidelity("states")
def test_a_new_function_is_pending_with_every_default(api: ApiRegion) -> None:
    name = api.name()
    made = api.create(name)
    assert status(made) == 201
    assert members(made) == CONFIGURATION | PENDING
    assert made["FunctionArn"] == api.arn(name)
    expected = {
        "State": "Pending",
        "StateReason": REASON,
        "StateReasonCode": "Creating",
        "Version": "$LATEST",
        "Timeout": facts.value("timeout.default"),
        "MemorySize": 128,
        "Description": "",
        "PackageType": "Zip",
        "Architectures": ["x86_64"],
        "EphemeralStorage": {"Size": 512},
        "TracingConfig": {"Mode": "PassThrough"},
        "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
        "LoggingConfig": {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{name}"},
    }
    assert {key: made[key] for key in expected} == expected


def test_it_becomes_active_with_a_new_revision(api: ApiRegion) -> None:
    made = api.create(Environment={"Variables": {}})
    api.later()
    got = api.client.get_function(FunctionName=made["FunctionName"])
    assert members(got) == {"Configuration", "Code"}
    assert set(got["Code"]) == {"Location", "RepositoryType"}
    config = got["Configuration"]
    assert set(config) == CONFIGURATION | ACTIVE | {"Environment"}
    assert (config["State"], config["LastUpdateStatus"]) == ("Active", "Successful")
    assert config["Environment"] == {"Variables": {}}
    assert config["RevisionId"] != made["RevisionId"]


@pytest.mark.fidelity("waiters")
def test_waiters_see_real_time_pass(api: ApiRegion) -> None:
    name = api.create()["FunctionName"]
    quick = {"Delay": 0, "MaxAttempts": 10_000}
    api.client.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig=quick)
    api.client.update_function_configuration(FunctionName=name, Timeout=9)
    api.client.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig=quick)
    assert api.client.get_function_configuration(FunctionName=name)["Timeout"] == 9


def test_the_code_can_be_downloaded_as_it_was_uploaded(api: ApiRegion) -> None:
    code = package({"index.py": ECHO, "data/é.txt": "x"})
    name = api.active(Code={"ZipFile": code})
    location = api.client.get_function(FunctionName=name)["Code"]["Location"]
    with urllib.request.urlopen(location) as answer:
        assert answer.read() == code


@pytest.mark.fidelity("code-from-s3")
def test_code_from_s3(api: ApiRegion) -> None:
    s3 = api.service("s3")
    s3.create_bucket(Bucket="code")
    s3.put_object(Bucket="code", Key="one.zip", Body=package())
    name = api.active(Code={"S3Bucket": "code", "S3Key": "one.zip"})
    assert api.invoke(name, {"a": 1}) == {"a": 1}
    prefix = "Error occurred while GetObject. S3 Error Code: "
    for bucket, text in (
        ("code", "NoSuchKey. S3 Error Message: The specified key does not exist."),
        ("none", "NoSuchBucket. S3 Error Message: The specified bucket does not exist"),
    ):
        code = {"S3Bucket": bucket, "S3Key": "two.zip"}
        expected = [400, "InvalidParameterValueException", prefix + text]
        asked = {"Role": api.role, "Runtime": RUNTIME, "Handler": "i.h", "Code": code}
        assert [*api.refused("create_function", FunctionName="from-s3", **asked)] == expected
        assert [*api.refused("update_function_code", FunctionName=name, **code)] == expected


@pytest.mark.parametrize(
    ("change", "code", "text"),
    [
        (
            {"Code": {"ZipFile": b"no zip"}},
            "InvalidParameterValueException",
            "Could not unzip uploaded file. Please check your file, then try to upload again.",
        ),
        (
            {"Code": {"ZipFile": package({})}},
            "InvalidParameterValueException",
            "Uploaded file must be a non-empty zip",
        ),
        (
            {"Code": {}},
            "InvalidParameterValueException",
            "Please provide a source for function code.",
        ),
        (
            {"Handler": None},
            "InvalidParameterValueException",
            (
                "Runtime and Handler are mandatory parameters for functions created with "
                "deployment packages."
            ),
        ),
        (
            {"Role": "arn:aws:iam::123456789012:role/nobody"},
            "InvalidParameterValueException",
            "The role defined for the function cannot be assumed by Lambda.",
        ),
        (
            {"Role": "arn:aws:iam::111111111111:role/lambda-role"},
            "AccessDeniedException",
            "Cross-account pass role is not allowed.",
        ),
        (
            {"Runtime": "python3.7"},
            "InvalidParameterValueException",
            (
                "The runtime parameter of python3.7 is no longer supported for creating or "
                "updating AWS Lambda functions. We recommend you use a supported runtime while "
                "creating or updating functions."
            ),
        ),
        (
            {"LoggingConfig": {"LogFormat": "Text", "SystemLogLevel": "INFO"}},
            "InvalidParameterValueException",
            "To use ApplicationLogLevel or SystemLogLevel, you must set LogFormat to JSON.",
        ),
        (
            {"Tags": {f"k{number}": "v" for number in range(51)}},
            "InvalidParameterValueException",
            "Number of tags exceeds resource tag limit.",
        ),
        (
            {"Environment": {"Variables": {"AWS_REGION": "x"}}},
            "InvalidParameterValueException",
            (
                "Lambda was unable to configure your environment variables because the environment "
                "variables you have provided contains reserved keys that are currently not "
                "supported for modification. Reserved keys used in this request: AWS_REGION"
            ),
        ),
        (
            {"Architectures": ["x86_64", "arm64"]},
            "ValidationException",
            (
                "1 validation error detected: Value '[x86_64, arm64]' at 'architectures' failed to "
                "satisfy constraint: Member must have length less than or equal to 1"
            ),
        ),
    ],
)
@pytest.mark.fidelity("defaults-and-validation")
def test_what_cannot_be_created(
    api: ApiRegion, change: dict[str, Any], code: str, text: str
) -> None:
    asked = {"Role": api.role, "Runtime": RUNTIME, "Handler": "index.handler"}
    asked |= {"Code": {"ZipFile": package()}} | change
    asked = {key: value for key, value in asked.items() if value is not None}
    refusal = api.refused("create_function", FunctionName="never", **asked)
    assert (refusal.code, refusal.message) == (code, text)
    assert api.refused("get_function", FunctionName="never").status == 404


@pytest.mark.fidelity("roles")
def test_a_role_must_trust_lambda(api: ApiRegion) -> None:
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "ec2.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"aws:SourceAccount": "*"}},
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": trust})
    iam = api.service("iam")
    role = iam.create_role(RoleName="ec2-role", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    asked = {"Runtime": RUNTIME, "Handler": "i.h", "Code": {"ZipFile": package()}, "Role": role}
    refusal = api.refused("create_function", FunctionName="untrusted", **asked)
    assert refusal.message == "The role defined for the function cannot be assumed by Lambda."


def test_variables_may_have_four_kilobytes_and_no_more(api: ApiRegion) -> None:
    room = int(facts.value("environment.maximum")) - len('{"LARGE":""}')
    fits = {"LARGE": "x" * room}
    made = api.create(Environment={"Variables": fits})
    assert made["Environment"] == {"Variables": fits}
    asked = {"Runtime": RUNTIME, "Handler": "i.h", "Code": {"ZipFile": package()}}
    variables = {"SMALL": "ok", "LARGE": "x" * room}
    refusal = api.refused(
        "create_function",
        FunctionName="large",
        Role=api.role,
        Environment={"Variables": variables},
        **asked,
    )
    measured = json.dumps(variables, separators=(",", ":"))
    assert refusal.members == {"Type", "message"}
    assert refusal.message == (
        "Lambda was unable to configure your environment variables because the environment "
        "variables you have provided exceeded the 4KB limit. "
        f"String measured: {measured}"
    )


def test_a_package_too_large_unzipped(api: ApiRegion) -> None:
    archive = io.BytesIO()
    limit = int(facts.value("package.unzipped-maximum"))
    with (
        zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target,
        target.open("large.bin", "w", force_zip64=True) as entry,
    ):
        block = bytes(1 << 20)
        for _ in range(limit // len(block) + 1):
            entry.write(block)
    refusal = api.refused(
        "create_function",
        FunctionName="oversized",
        Role=api.role,
        Runtime=RUNTIME,
        Handler="i.h",
        Code={"ZipFile": archive.getvalue()},
    )
    assert refusal.message == facts.value("package.unzipped-maximum.message")
    assert refusal.members == {"Type", "message"}


def test_names_are_taken_once(api: ApiRegion) -> None:
    name = api.active()
    asked = {"Role": api.role, "Runtime": RUNTIME, "Handler": "i.h"}
    refusal = api.refused(
        "create_function", FunctionName=name, Code={"ZipFile": package()}, **asked
    )
    assert [*refusal] == [409, "ResourceConflictException", f"Function already exist: {name}"]


# -- naming --------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["{n}", "function:{n}", "123456789012:function:{n}", "{arn}"])
@pytest.mark.parametrize("qualifier", ["", ":$LATEST", ":1", ":live"])
@pytest.mark.fidelity("names-and-arns")
def test_every_form_of_a_name(api: ApiRegion, form: str, qualifier: str) -> None:
    name = api.active(Publish=True)
    api.client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    text = form.format(n=name, arn=api.arn(name)) + qualifier
    answer = api.client.get_function_configuration(FunctionName=text)
    assert answer["FunctionArn"] == api.arn(name) + qualifier
    assert answer["Version"] == ("1" if qualifier in (":1", ":live") else "$LATEST")


def test_names_that_mean_nothing_here(api: ApiRegion) -> None:
    name = api.active()
    for text, message in (
        ("nobody", f"Function not found: {api.arn('nobody')}"),
        (f"{name}:7", f"Function not found: {api.arn(name)}:7"),
        (f"{name}:gone", f"Function not found: {api.arn(name)}:gone"),
        (
            api.arn(name, "eu-central-1"),
            "Functions from 'eu-central-1' are not reachable in this region ('us-east-1')",
        ),
    ):
        for operation in ("get_function", "get_function_configuration", "invoke"):
            refusal = api.refused(operation, FunctionName=text)
            assert [*refusal] == [404, "ResourceNotFoundException", message]
            assert refusal.members == {"Type", "Message"}


@pytest.mark.fidelity("names-and-arns")
def test_two_qualifiers_that_differ(api: ApiRegion) -> None:
    name = api.active()
    for operation in ("get_function", "get_function_configuration", "invoke", "delete_function"):
        refusal = api.refused(operation, FunctionName=f"{name}:$LATEST", Qualifier="1")
        assert refusal.message == (
            "The derived qualifier from the function name does not match the specified qualifier."
        )


@pytest.mark.parametrize(
    ("operation", "name", "bound", "pattern"),
    [
        ("create_function", "no!", False, True),
        ("create_function", "x" * 65, True, False),
        ("get_function", "arn:aws:lambda:nowhere:123456789012:function:f", False, True),
        ("delete_function", "f:1:2", False, True),
        ("invoke", "f:no!", False, True),
        ("get_function", "x" * 257, True, False),
    ],
)
def test_names_that_cannot_be(
    api: ApiRegion, operation: str, name: str, bound: bool, pattern: bool
) -> None:
    more: dict[str, Any] = {}
    if operation == "create_function":
        more = {"Role": api.role, "Code": {"ZipFile": package()}}
    refusal = api.refused(operation, FunctionName=name, **more)
    assert (refusal.status, refusal.code) == (400, "ValidationException")
    assert f"Value '{name}' at 'functionName' failed to satisfy constraint" in refusal.message
    assert ("Member must have length less than or equal to" in refusal.message) is bound
    assert ("Member must satisfy regular expression pattern" in refusal.message) is pattern
    assert refusal.members == set()


# -- listing -------------------------------------------------------------------------------


def test_lists_leave_the_state_out(api: ApiRegion) -> None:
    name = api.active(Publish=True)
    latest = [
        function
        for page in api.client.get_paginator("list_functions").paginate(
            PaginationConfig={"PageSize": 3}
        )
        for function in page["Functions"]
        if function["FunctionName"] == name
    ]
    assert [function["FunctionArn"] for function in latest] == [api.arn(name)]
    assert set(latest[0]) == CONFIGURATION - {"RuntimeVersionConfig"}
    pages = api.client.get_paginator("list_functions").paginate(FunctionVersion="ALL")
    every = [f for page in pages for f in page["Functions"] if f["FunctionName"] == name]
    assert [f["FunctionArn"] for f in every] == [f"{api.arn(name)}:$LATEST", f"{api.arn(name)}:1"]
    refusal = api.refused("list_functions", FunctionVersion="OLD")
    assert refusal.message == (
        "1 validation error detected: Value 'OLD' at 'functionVersion' failed to satisfy "
        "constraint: Member must satisfy enum value set: [ALL]"
    )


# -- updating ------------------------------------------------------------------------------


@pytest.mark.fidelity("states")
def test_an_update_of_code_is_in_progress_first(api: ApiRegion) -> None:
    name = api.active()
    before = api.client.get_function_configuration(FunctionName=name)
    changed = "def handler(event, context):\n    return 'new'\n"
    with api.region.clock.quiet():  # the update does not end meanwhile
        answer = api.client.update_function_code(FunctionName=name, ZipFile=package(changed))
        assert status(answer) == 200
        assert members(answer) == CONFIGURATION | UPDATING
        assert answer["LastUpdateStatus"] == "InProgress"
        assert answer["LastUpdateStatusReason"] == REASON
        assert answer["LastUpdateStatusReasonCode"] == "Creating"
        assert answer["CodeSha256"] != before["CodeSha256"]
        # Until the update ends, calls run what there was before.
        assert api.invoke(name, "old") == "old"
        again = {"FunctionName": name, "ZipFile": package()}
        refusal = api.refused("update_function_code", **again)
        assert [*refusal] == [
            409,
            "ResourceConflictException",
            (
                "The operation cannot be performed at this time. "
                f"An update is in progress for resource: {api.arn(name)}"
            ),
        ]
    api.later()
    after = api.client.get_function_configuration(FunctionName=name)
    assert members(after) == CONFIGURATION | ACTIVE
    assert len({before["RevisionId"], answer["RevisionId"], after["RevisionId"]}) == 3
    assert api.invoke(name) == "new"


def test_code_that_was_replaced_is_forgotten(api: ApiRegion) -> None:
    """Who uploads his code after each change fills neither memory nor (see PackageStore) disk."""
    name = api.active()
    codes = [package(f"def handler(event, context):\n    return {turn}\n") for turn in range(6)]
    for turn, code in enumerate(codes):
        api.client.update_function_code(FunctionName=name, ZipFile=code)
        api.later()
        assert api.invoke(name) == turn

    def forgotten() -> bool:
        gc.collect()
        specs = [one for one in gc.get_objects() if type(one) is FunctionSpec and one.name == name]
        kept = {one.code for one in specs}
        assert codes[-1] in kept
        return kept.isdisjoint(codes[:3])  # a thread may still hold what it ended last

    until(forgotten)


def test_a_dry_run_changes_nothing(api: ApiRegion) -> None:
    name = api.active()
    before = api.client.get_function_configuration(FunctionName=name)
    api.client.update_function_code(FunctionName=name, ZipFile=package("x = 1\n"), DryRun=True)
    after = api.client.get_function_configuration(FunctionName=name)
    assert after["CodeSha256"] == before["CodeSha256"]
    assert after["RevisionId"] == before["RevisionId"]


def test_every_plain_setting_can_be_changed(api: ApiRegion) -> None:
    name = api.active()
    wanted = {
        "Description": "changed",
        "Handler": "index.other",
        "MemorySize": 256,
        "Timeout": 7,
        "Runtime": "python3.13",
        "EphemeralStorage": {"Size": 1024},
        "TracingConfig": {"Mode": "Active"},
        "Environment": {"Variables": {"A1": "1"}},
    }
    answer = api.client.update_function_configuration(FunctionName=name, **wanted)
    assert members(answer) == CONFIGURATION | UPDATING | {"Environment"}
    api.later()
    after = api.client.get_function_configuration(FunctionName=name)
    assert {key: after[key] for key in wanted} == wanted


def test_the_log_format_switches_and_forgets_its_levels(api: ApiRegion) -> None:
    name = api.active()
    group = {"LogGroup": f"/aws/lambda/{name}"}
    levels = {"ApplicationLogLevel": "INFO", "SystemLogLevel": "INFO"}
    for asked, expected in (
        ({"LogFormat": "JSON"}, {"LogFormat": "JSON", **group, **levels}),
        (
            {"SystemLogLevel": "DEBUG"},
            {"LogFormat": "JSON", **group, **levels, "SystemLogLevel": "DEBUG"},
        ),
        ({"LogFormat": "Text"}, {"LogFormat": "Text", **group}),
        ({"LogGroup": "/own"}, {"LogFormat": "Text", "LogGroup": "/own"}),
    ):
        answer = api.client.update_function_configuration(FunctionName=name, LoggingConfig=asked)
        assert answer["LoggingConfig"] == expected
        api.later()


def test_updates_of_what_is_not_there(api: ApiRegion) -> None:
    message = f"Function not found: {api.arn('nobody')}"
    for operation, more in (
        ("update_function_code", {"ZipFile": package()}),
        ("update_function_configuration", {"Timeout": 5}),
        ("delete_function", {}),
        ("delete_function", {"Qualifier": "1221"}),
        ("publish_version", {}),
        ("list_versions_by_function", {}),
    ):
        refusal = api.refused(operation, FunctionName="nobody", **more)
        assert [*refusal] == [404, "ResourceNotFoundException", message], operation


@pytest.mark.fidelity("revision-guards")
def test_a_change_from_an_old_revision_is_refused(api: ApiRegion) -> None:
    name = api.active()
    message = (
        "The Revision Id provided does not match the latest Revision Id. Call the "
        "GetFunction/GetAlias API to retrieve the latest Revision Id"
    )
    for operation, more in (
        ("update_function_code", {"ZipFile": package()}),
        ("update_function_configuration", {"Timeout": 5}),
        ("publish_version", {}),
    ):
        refusal = api.refused(operation, FunctionName=name, RevisionId="old", **more)
        assert [*refusal] == [412, "PreconditionFailedException", message]
        assert refusal.members == {"Type", "message"}
    newest = api.client.get_function(FunctionName=name)["Configuration"]["RevisionId"]
    api.client.update_function_configuration(FunctionName=name, RevisionId=newest, Timeout=5)


# -- deleting ------------------------------------------------------------------------------


def test_deleted_and_made_again_at_once(api: ApiRegion) -> None:
    name = api.name()
    first = api.create(name)
    answer = api.client.delete_function(FunctionName=name)
    assert status(answer) == 204
    second = api.create(name)
    assert members(second) == CONFIGURATION | PENDING
    assert second["RevisionId"] != first["RevisionId"]
    # The event that would have ended the first one's creation is still on the clock.
    api.later()
    assert api.invoke(name, 1) == 1
    api.client.update_function_configuration(FunctionName=name, Timeout=5)
    api.client.delete_function(FunctionName=name)
    api.later()
    assert api.refused("invoke", FunctionName=name).status == 404


def test_what_deleting_refuses(api: ApiRegion) -> None:
    name = api.active(Publish=True)
    api.client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    for qualifier, text in (
        ("$LATEST", "$LATEST version cannot be deleted without deleting the function."),
        ("live", "Deletion of aliases is not currently supported."),
    ):
        refusal = api.refused("delete_function", FunctionName=name, Qualifier=qualifier)
        assert [*refusal] == [400, "InvalidParameterValueException", text]
    refusal = api.refused("delete_function", FunctionName=name, Qualifier="1")
    assert (refusal.status, refusal.code) == (409, "ResourceConflictException")
    api.client.delete_alias(FunctionName=name, Name="live")
    assert status(api.client.delete_function(FunctionName=name, Qualifier="1")) == 204
    assert status(api.client.delete_function(FunctionName=name, Qualifier="99")) == 204


# -- calling -------------------------------------------------------------------------------


def test_calls_before_a_function_is_active(api: ApiRegion) -> None:
    with api.region.clock.quiet():  # it does not become so meanwhile
        name = api.create()["FunctionName"]
        assert [*api.refused("invoke", FunctionName=name)] == [
            409,
            "ResourceConflictException",
            (
                "The operation cannot be performed at this time. The function is currently in the "
                "following state: Pending"
            ),
        ]


@pytest.mark.parametrize(
    ("kind", "code", "text", "version"),
    [
        ("RequestResponse", 200, b"null", "$LATEST"),
        ("Event", 202, b"", None),
        ("DryRun", 204, b"", None),
    ],
)
@pytest.mark.fidelity("three-ways-to-call")
def test_the_three_ways_to_call(
    api: ApiRegion, kind: str, code: int, text: bytes, version: str | None
) -> None:
    name = api.active(Code={"ZipFile": package("def handler(event, context):\n    pass\n")})
    answer = api.client.invoke(FunctionName=name, InvocationType=kind, Payload=b"{}")
    assert (answer["StatusCode"], answer["Payload"].read()) == (code, text)
    assert answer.get("ExecutedVersion") == version
    assert "FunctionError" not in answer


@pytest.mark.fidelity("timeout", "function-errors")
@pytest.mark.makes("Unhandled")
def test_a_timeout_has_awss_words(api: ApiRegion) -> None:
    source = "def handler(event, context):\n    while True:\n        pass\n"
    name = api.active(Timeout=1, Code={"ZipFile": package(source)})
    answer = api.client.invoke(FunctionName=name)
    request_id = answer["ResponseMetadata"]["RequestId"]
    assert answer["FunctionError"] == "Unhandled"
    assert (answer["StatusCode"], answer["ExecutedVersion"]) == (200, "$LATEST")
    assert json.loads(answer["Payload"].read()) == {
        "errorType": "Sandbox.Timedout",
        "errorMessage": f"RequestId: {request_id} Error: Task timed out after 1.00 seconds",
    }


@pytest.mark.parametrize(
    "payload",
    [b"{", b"nothing", b"{'a': 1}", b"\xff\xfe", "{}".encode("utf-16"), b"[NaN]", b"[" * 100_000],
    ids=lambda payload: repr(payload[:12]),
)
def test_payloads_that_are_not_json(api: ApiRegion, payload: bytes) -> None:
    name = api.active()
    refusal = api.refused("invoke", FunctionName=name, Payload=payload)
    assert (refusal.status, refusal.code) == (400, "InvalidRequestContentException")
    assert refusal.message.startswith(
        "Could not parse request body into json: Could not parse payload into json: "
    )


@pytest.mark.fidelity("payload-limits")
def test_payloads_that_are_too_large(api: ApiRegion) -> None:
    name = api.active()
    limit = int(facts.value("payload.sync.request"))
    text = json.dumps("x" * limit).encode()
    refusal = api.refused("invoke", FunctionName=name, Payload=text)
    assert [*refusal] == [
        413,
        "RequestTooLargeException",
        f"Request must be smaller than {limit} bytes for the InvokeFunction operation",
    ]
    limit = int(facts.value("payload.async"))
    text = json.dumps("x" * limit).encode()
    refusal = api.refused("invoke", FunctionName=name, Payload=text, InvocationType="Event")
    assert refusal.message == (
        f"{len(text)} byte payload is too large for the Event invocation type (limit {limit} bytes)"
    )
    assert api.invoke(name, "still there") == "still there"


def test_a_client_context_must_be_an_object(api: ApiRegion) -> None:
    name = api.active()
    for text in ("no base64!", "WzFd", "eA=="):
        refusal = api.refused("invoke", FunctionName=name, ClientContext=text)
        assert (refusal.status, refusal.code) == (400, "InvalidRequestContentException")
