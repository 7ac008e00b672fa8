"""Requests that no SDK sends, to services that only moto answers: refused, and never a 500."""

from __future__ import annotations

import gzip
import json
from urllib.parse import urlencode

import pytest

from api_region import ApiRegion

JSON = {
    "codedeploy": "CodeDeploy_20141006.ListApplications",
    "kms": "TrentService.Encrypt",
    "secretsmanager": "secretsmanager.GetSecretValue",
}
FORMS = ("ec2", "rds", "sns")
NO_JSON = (b"{", b"[]", b"null", b"\xff", b'{"a":' * 10_000, b'{"a":' + b"9" * 5000 + b"}")


def sent(
    api: ApiRegion, service: str, body: bytes, headers: dict[str, str]
) -> tuple[int, dict[str, str], bytes]:
    scope = f"Credential=A/20261121/us-east-1/{service}/aws4_request"
    signed = f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0"
    return api.raw("POST", "/", body, {"Authorization": signed, **headers})


def target(name: str) -> dict[str, str]:
    return {"X-Amz-Target": name, "Content-Type": "application/x-amz-json-1.1"}


@pytest.mark.parametrize("service", JSON)
def test_bodies_that_are_no_object(api: ApiRegion, service: str) -> None:
    for body in NO_JSON:
        status, headers, text = sent(api, service, body, target(JSON[service]))
        answer = (status, headers["x-amzn-errortype"])
        assert answer == (400, "SerializationException"), (body[:20], text)


@pytest.mark.parametrize("service", JSON)
def test_an_operation_that_no_service_has(api: ApiRegion, service: str) -> None:
    status, headers, _ = sent(api, service, b"{}", target(JSON[service].split(".")[0] + ".Nope"))
    assert (status, headers["x-amzn-errortype"]) == (400, "UnknownOperationException")


@pytest.mark.parametrize("service", FORMS)
@pytest.mark.parametrize("form", [{"Action": "Nope"}, {"Action": ""}, {}])
def test_a_form_for_no_operation(api: ApiRegion, service: str, form: dict[str, str]) -> None:
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    status, _, text = sent(api, service, urlencode(form).encode(), kind)
    assert (status, b"<Code>InvalidAction</Code>" in text) == (400, True), text


@pytest.mark.parametrize("body", [b"", b"{}"])
def test_nothing_at_all_counts_as_an_empty_object(api: ApiRegion, body: bytes) -> None:
    status, _, text = sent(api, "kms", body, target("TrentService.CreateKey"))
    assert (status, json.loads(text)["KeyMetadata"]["Enabled"]) == (200, True)
    status, _, text = sent(api, "dynamodb", body, target("DynamoDB_20120810.ListTables"))
    assert (status, json.loads(text)) == (200, {"TableNames": []})


def test_what_a_model_asks_for(api: ApiRegion) -> None:
    secrets, keys = api.service("secretsmanager"), api.service("kms")
    null = "1 validation error detected: Value null at '{}' failed to satisfy constraint: Member "
    refused = (
        (api.refused("get_secret_value", secrets), "secretId"),
        (api.refused("describe_key", keys), "keyId"),
    )
    for refusal, name in refused:
        text = null.format(name) + "must not be null"
        assert [*refusal] == [400, "ValidationException", text]


def test_compressed_forms_are_left_to_who_can_read_them(api: ApiRegion) -> None:
    form = gzip.compress(urlencode({"Action": "DescribeVpcs", "Version": "2016-11-15"}).encode())
    kind = {"Content-Type": "application/x-www-form-urlencoded", "Content-Encoding": "gzip"}
    status, _, text = sent(api, "ec2", form, kind)
    assert (status, b"<vpcSet>" in text) == (200, True), text
