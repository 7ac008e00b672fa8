"""Errors that need a small world of their own: each one is what the region answers to a run."""

from __future__ import annotations

import json
from typing import Any

import pytest

from api_region import ApiRegion, package
from lambda_lab import facts
from lambda_lab.aws.backend import backend_of

GIGABYTE = 1024**3
DAY = 86_400
READER = "import os\ndef handler(event, context):\n    return os.environ['WORD']\n"


# -- what does not fit any more --------------------------------------------------------------------


def large() -> bytes:
    """Return a small zip of the largest package there may be."""
    return package(
        {"index.py": "0", "zeros": bytes(int(facts.value("package.unzipped-maximum")) - 1)}
    )


@pytest.mark.slow
@pytest.mark.makes("CodeStorageExceededException")
@pytest.mark.fidelity("code-storage")
def test_a_region_keeps_so_much_code_and_no_more(api: ApiRegion) -> None:
    """DG:gettingstarted-limits: zip packages and layers together, unzipped."""
    archive = large()
    name = api.active(Code={"ZipFile": archive})
    backend = backend_of("us-east-1")
    function = backend.functions()[-1]
    assert function.function_name == name
    room = facts.value("storage.code") * GIGABYTE // facts.value("package.unzipped-maximum")
    with backend.lock:  # version after version, without a request for each
        for number in range(int(room) - 1):
            function.timeout = 1 + number % 2
            backend.publish(function, None)
    api.client.update_function_configuration(FunctionName=name, Timeout=17)
    api.later()
    layer = {"LayerName": "more", "Content": {"ZipFile": archive}}
    for operation, params in (
        ("publish_version", {"FunctionName": name}),
        ("publish_layer_version", layer),
        ("create_function", made_of(api, archive)),
    ):
        refusal = api.refused(operation, **params)
        assert (refusal.status, refusal.code) == (400, "CodeStorageExceededException"), operation
    # Code that replaces other code of its size needs no room.
    api.client.update_function_code(FunctionName=name, ZipFile=archive)
    api.later()
    api.client.delete_function(FunctionName=name, Qualifier="1")
    # The room that is free now is a layer's as well as a version's.
    made = api.client.publish_layer_version(LayerName="more", Content={"ZipFile": archive})
    refusal = api.refused("publish_version", FunctionName=name)
    assert refusal.code == "CodeStorageExceededException"
    api.client.delete_layer_version(LayerName="more", VersionNumber=made["Version"])
    assert api.client.publish_version(FunctionName=name)["Version"] == str(int(room))


def made_of(api: ApiRegion, archive: bytes) -> dict[str, Any]:
    return {
        "FunctionName": api.name(),
        "Role": api.role,
        "Runtime": "python3.12",
        "Handler": "index.handler",
        "Code": {"ZipFile": archive},
    }


@pytest.mark.makes("PolicyLengthExceededException")
def test_a_policy_becomes_too_long(api: ApiRegion) -> None:
    name = api.active()
    longest = {"Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com"}
    longest["SourceArn"] = "arn:aws:s3:::" + "b" * 63
    limit = int(facts.value("function.policy.maximum"))
    for number in range(limit // len(longest["SourceArn"])):
        sid = f"{number:0>100}"
        try:
            api.client.add_permission(FunctionName=name, StatementId=sid, **longest)
        except api.client.exceptions.PolicyLengthExceededException:
            break
    refusal = api.refused("add_permission", FunctionName=name, StatementId="one-more", **longest)
    assert (refusal.status, refusal.code) == (400, "PolicyLengthExceededException")
    policy = api.client.get_policy(FunctionName=name)["Policy"]
    assert limit - 400 < len(policy) <= limit


# -- an event that only the runtime cannot read ----------------------------------------------------


@pytest.mark.makes("Runtime.UnmarshalError")
def test_a_number_that_python_does_not_read(api: ApiRegion) -> None:
    """JSON sets no bound on digits, Python does: sys.set_int_max_str_digits."""
    name = api.active()
    answer = api.client.invoke(FunctionName=name, Payload=b"7" * 5000)
    assert answer["StatusCode"] == facts.value("invoke.status.sync")
    told = json.loads(answer["Payload"].read())
    assert told["errorType"] == "Runtime.UnmarshalError"
    assert told["errorMessage"].startswith("Unable to unmarshal input: Exceeds the limit")
    assert api.invoke(name, 7) == 7


# -- a key of your own -----------------------------------------------------------------------------


def locked(api: ApiRegion) -> tuple[str, str]:
    """Return a function whose variables are kept under a key, and the key."""
    key = api.service("kms").create_key()["KeyMetadata"]["Arn"]
    variables = {"Variables": {"WORD": "open"}}
    code = {"ZipFile": package(READER)}
    return api.active(Code=code, Environment=variables, KMSKeyArn=key), key


def bare(arn: str) -> str:
    """Return the id of a key: moto switches keys by nothing else."""
    return arn.rpartition("/")[2]


def refusal(api: ApiRegion, name: str) -> tuple[int, str]:
    found = api.refused("invoke", FunctionName=name)
    return found.status, found.code


@pytest.mark.fidelity("key-of-the-variables")
@pytest.mark.makes("KMSDisabledException")
def test_a_disabled_key(api: ApiRegion) -> None:
    name, key = locked(api)
    kms = api.service("kms")
    kms.disable_key(KeyId=bare(key))
    assert refusal(api, name) == (502, "KMSDisabledException")
    kms.enable_key(KeyId=bare(key))
    assert api.invoke(name) == "open"
    kms.disable_key(KeyId=bare(key))
    assert api.invoke(name) == "open", "a warm environment has its variables"


@pytest.mark.makes("KMSInvalidStateException", "KMSNotFoundException")
def test_a_key_on_its_way_out(api: ApiRegion) -> None:
    name, key = locked(api)
    api.service("kms").schedule_key_deletion(KeyId=bare(key), PendingWindowInDays=7)
    assert refusal(api, name) == (502, "KMSInvalidStateException")
    api.region.clock.advance(7 * DAY + 1)
    assert refusal(api, name) == (502, "KMSNotFoundException")


@pytest.mark.makes("KMSAccessDeniedException")
def test_a_grant_that_was_taken_back(api: ApiRegion) -> None:
    name, key = locked(api)
    kms = api.service("kms")
    (grant,) = kms.list_grants(KeyId=key)["Grants"]
    assert grant["GranteePrincipal"] == api.role
    kms.revoke_grant(KeyId=key, GrantId=grant["GrantId"])
    assert refusal(api, name) == (502, "KMSAccessDeniedException")
    api.client.update_function_configuration(FunctionName=name, KMSKeyArn=key)
    api.later()
    assert api.invoke(name) == "open"


def test_a_role_that_may_decrypt_needs_no_grant(api: ApiRegion) -> None:
    name, key = locked(api)
    kms = api.service("kms")
    kms.revoke_grant(KeyId=key, GrantId=kms.list_grants(KeyId=key)["Grants"][0]["GrantId"])
    statement = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": key}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    where = {"RoleName": "lambda-role", "PolicyName": "decrypt"}
    iam = api.service("iam")
    iam.put_role_policy(**where, PolicyDocument=policy)
    try:
        assert api.invoke(name) == "open"
    finally:
        iam.delete_role_policy(**where)


def test_an_event_waits_for_the_key(api: ApiRegion) -> None:
    name, key = locked(api)
    kms = api.service("kms")
    kms.disable_key(KeyId=bare(key))
    accepted = api.client.invoke(FunctionName=name, InvocationType="Event")
    assert accepted["StatusCode"] == facts.value("invoke.status.async")
    api.later()
    assert api.region.plane.environments(name) == []
    kms.enable_key(KeyId=bare(key))
    api.region.clock.advance(600)
    (environment,) = api.region.plane.environments(name)
    assert environment["invocations"] == 1


def test_an_alias_is_its_key_and_no_variables_need_none(api: ApiRegion) -> None:
    kms = api.service("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    kms.create_alias(AliasName="alias/words", TargetKeyId=key)
    alias = key.rpartition(":")[0] + ":alias/words"
    kms.disable_key(KeyId=bare(key))
    variables = {"Variables": {"WORD": "open"}}
    code = {"ZipFile": package(READER)}
    name = api.active(Code=code, Environment=variables, KMSKeyArn=alias)
    assert refusal(api, name) == (502, "KMSDisabledException")
    assert api.invoke(api.active(KMSKeyArn=alias), 7) == 7


@pytest.mark.parametrize(
    "arn", ["arn:aws:kms:mars-north-1:123456789012:key/k", "arn:aws:s3:::bucket/key", "arn::kms:"]
)
def test_an_arn_that_is_no_keys(api: ApiRegion, arn: str) -> None:
    variables = {"Variables": {"WORD": "open"}}
    name = api.active(Code={"ZipFile": package(READER)}, Environment=variables, KMSKeyArn=arn)
    assert refusal(api, name) == (502, "KMSNotFoundException")


# -- a failure of the service itself ---------------------------------------------------------------


@pytest.mark.makes("ServiceException")
def test_the_service_itself_fails(api: ApiRegion) -> None:
    """Whatever breaks inside the region, one request fails with it and the region goes on."""
    name = api.active(Code={"ZipFile": package(READER)})
    packages = api.region.folder / "packages"
    away = packages.rename(packages.with_name("away"))
    try:
        failed = api.refused("invoke", FunctionName=name)
        assert (failed.status, failed.code) == (500, "ServiceException")
        assert "FileNotFoundError" in failed.message
    finally:
        away.rename(packages)
    answer = api.client.invoke(FunctionName=name)
    assert json.loads(answer["Payload"].read())["errorType"] == "KeyError"
