"""Requests without a signature, and bytes that are no request: refused, and the region goes on."""

from __future__ import annotations

import json
import socket
import urllib.parse
import urllib.request
from typing import Any

import pytest

from api_region import ApiRegion

FUNCTIONS = "/2015-03-31/functions"
SCOPE = "Credential=A/20261121/us-east-1/lambda/aws4_request"
HASHED = "hashed with sha-256 and encoded with base64"


def send(
    api: ApiRegion, method: str, path: str, body: bytes = b"", **headers: str
) -> tuple[int, dict[str, str], bytes]:
    """Send a request that is not signed, unless *headers* do it."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return api.raw(method, path, body, {"Authorization": ""} | named)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", FUNCTIONS),
        ("POST", FUNCTIONS),
        ("POST", f"{FUNCTIONS}/f/invocations"),
        ("GET", "/2018-10-31/layers"),
        ("GET", f"{FUNCTIONS}?X-Amz-Signature=1"),
    ],
)
@pytest.mark.fidelity("signatures")
@pytest.mark.makes("MissingAuthenticationTokenException")
def test_lambda_answers_nobody_who_does_not_sign(api: ApiRegion, method: str, path: str) -> None:
    status, headers, body = send(api, method, path, b"{}")
    assert (status, json.loads(body)) == (403, {"message": "Missing Authentication Token"})
    assert headers["x-amzn-errortype"] == "MissingAuthenticationTokenException"


@pytest.mark.parametrize(
    ("authorization", "said"),
    [
        ("Bearer abc", "Invalid key=value pair (missing equal-sign) in Authorization header"),
        ("nonsense", "Invalid key=value pair (missing equal-sign) in Authorization header"),
        (
            f"AWS4-HMAC-SHA256 {SCOPE}",
            (
                "Authorization header requires 'Signature' parameter. "
                "Authorization header requires 'SignedHeaders' parameter."
            ),
        ),
        (
            "AWS4-HMAC-SHA256 SignedHeaders=host, Signature=0",
            "Authorization header requires 'Credential' parameter.",
        ),
        (
            "AWS4-HMAC-SHA256 Credential=A/lambda, SignedHeaders=host, Signature=0",
            (
                "Credential must have exactly 5 slash-delimited elements, e.g. "
                "keyid/date/region/service/term, got 'A/lambda'"
            ),
        ),
    ],
)
@pytest.mark.makes("IncompleteSignatureException")
def test_half_a_signature(api: ApiRegion, authorization: str, said: str) -> None:
    status, headers, body = send(api, "GET", FUNCTIONS, Authorization=authorization)
    assert (status, headers["x-amzn-errortype"]) == (403, "IncompleteSignatureException")
    message = json.loads(body)["message"]
    assert message.startswith(said)
    assert authorization not in message, "AWS repeats no more than a digest of the header"
    if "Credential must" not in message:
        assert HASHED in message.casefold()


def test_other_services_answer_nobody_either(api: ApiRegion) -> None:
    status, headers, body = send(
        api, "POST", "/", b"{}", X_Amz_Target="DynamoDB_20120810.ListTables"
    )
    assert (status, json.loads(body)["__type"]) == (400, "MissingAuthenticationTokenException")
    assert headers["x-amzn-errortype"] == "MissingAuthenticationTokenException"
    form = "application/x-www-form-urlencoded"
    status, _, body = send(
        api, "POST", "/", b"Action=ListQueues&Version=2012-11-05", Content_Type=form
    )
    assert status == 403
    assert b"<Code>MissingAuthenticationToken</Code>" in body


def test_what_needs_no_signature(api: ApiRegion) -> None:
    assert send(api, "GET", "/_lab/health")[0] == 200
    s3, bucket = api.service("s3"), api.name("bucket")
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="k", Body=b"public", ACL="public-read")
    link = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"})
    with urllib.request.urlopen(link) as answer:
        assert answer.read() == b"public"
    assert send(api, "GET", f"/{bucket}/k")[2] == b"public"
    web = urllib.parse.urlencode(
        {
            "Action": "AssumeRoleWithWebIdentity",
            "RoleArn": api.role,
            "RoleSessionName": "me",
            "WebIdentityToken": "token",
            "Version": "2011-06-15",
        }
    ).encode()
    form = "application/x-www-form-urlencoded"
    status, _, body = send(api, "POST", "/", web, Content_Type=form)
    assert status == 200, body


def exchange(api: ApiRegion, data: bytes) -> bytes:
    """Send bytes, say no more, and return what comes back until the connection ends."""
    with socket.create_connection(("127.0.0.1", api.region.port), 20) as sock:
        try:
            sock.sendall(data)
            sock.shutdown(socket.SHUT_WR)
            pieces = iter(lambda: sock.recv(65_536), b"")
            return b"".join(pieces)
        except OSError:
            return b""  # the region hung up first


HEAD = b"POST " + FUNCTIONS.encode() + b" HTTP/1.1\r\nHost: x\r\n"
RAW: dict[str, bytes] = {
    "garbage": bytes(range(256)) * 40,
    "cut short": HEAD + b"Content-Length: 100\r\n\r\n{",
    "chunk cut short": HEAD + b"Transfer-Encoding: chunked\r\n\r\nff\r\n{",
    "chunk of a negative size": HEAD + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n{}\r\n0\r\n\r\n",
    "chunk of a huge size": HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 40 + b"\r\n{}",
    "two lengths": HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "length and chunks": HEAD + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a huge length": HEAD + b"Content-Length: 99999999999999999999999\r\n\r\n{}",
    "a header of NUL": HEAD + b"X-A: \x00\r\n\r\n",
    "many headers": HEAD + b"X-A: b\r\n" * 60_000 + b"\r\n",
    "no version": b"GET /\r\n\r\n",
    "another version": b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
    "a bare newline": b"\n" * 10_000,
    "a path upwards": b"GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n",
    "a path upwards, encoded": b"GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n",
    "a path of NUL": b"GET /bucket/%00 HTTP/1.1\r\nHost: x\r\n\r\n",
    "a path that is no text": b"GET /%ff%fe/%80 HTTP/1.1\r\nHost: x\r\n\r\n",
}


@pytest.mark.parametrize("data", RAW.values(), ids=RAW)
def test_bytes_that_are_no_request(api: ApiRegion, data: bytes) -> None:
    answer = exchange(api, data)
    assert answer == b"" or answer.split()[1][:1] in b"245", answer[:200]
    assert not answer.startswith(b"HTTP/1.1 5"), answer[:300]
    assert b"root:" not in answer
    api.client.list_functions()


@pytest.mark.parametrize("depth", [300, 10_000])  # one that every Python reads, and one that few do
def test_json_of_great_depth(api: ApiRegion, depth: int) -> None:
    deep = b'{"a":' * depth + b"1" + b"}" * depth
    services = {
        "lambda": ("", FUNCTIONS),
        "dynamodb": ("DynamoDB_20120810.PutItem", "/"),
        "kinesis": ("Kinesis_20131202.PutRecord", "/"),
        "events": ("AWSEvents.PutEvents", "/"),
        "logs": ("Logs_20140328.PutLogEvents", "/"),
    }
    for service, (target, path) in services.items():
        scope = f"Credential=A/20261121/us-east-1/{service}/aws4_request"
        headers: dict[str, Any] = {
            "Authorization": f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0",
            "Content-Type": "application/x-amz-json-1.1",
        }
        status, _, body = api.raw(
            "POST", path, deep, headers | ({"X-Amz-Target": target} if target else {})
        )
        assert status == 400, (service, body[:300])
        assert b"SerializationException" in body or b"nested too deeply" in body
