"""Bad input of every kind: AWS's error each time, never a 500, and the region goes on."""

from __future__ import annotations

import json
import random
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from api_region import RUNTIME, ApiRegion, package
from lambda_lab.aws.checks import DIRECT_UPLOAD_BYTES
from lambda_lab.aws.lambda_api import INVOKES, OPERATIONS
from lambda_lab.aws.model import operation_model, service_model

FUNCTIONS = "/2015-03-31/functions"


@pytest.mark.fidelity("bad-requests")
@pytest.mark.makes("SerializationException")
def test_bodies_that_are_not_json(api: ApiRegion) -> None:
    for body in (b"{", b"[]", b"\xff", b"null", b'{"FunctionName": 1}', b'{"a":' * 50_000):
        status, headers, text = api.raw("POST", FUNCTIONS, body)
        assert status == 400, text
        assert headers["x-amzn-errortype"] == "SerializationException"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PATCH", FUNCTIONS),
        ("GET", "/2015-03-31/nothing"),
        ("GET", f"{FUNCTIONS}//f"),
        ("DELETE", f"{FUNCTIONS}/f/g/h"),
        ("OPTIONS", "/"),
    ],
)
@pytest.mark.makes("AccessDeniedException")
def test_paths_that_are_no_operation(api: ApiRegion, method: str, path: str) -> None:
    status, headers, _ = api.raw(method, path)
    assert (status, headers["x-amzn-errortype"]) == (403, "AccessDeniedException")


@pytest.mark.parametrize(
    "head",
    [
        b"POST /2015-03-31/functions HTTP/1.1\r\nHost: x\r\nContent-Length: minus\r\n\r\n",
        b"POST /2015-03-31/functions HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Amz-A: " + b"a" * 600_000 + b"\r\n\r\n",
        b"NONSENSE\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET /2015-03-31/functions\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
    ],
    ids=lambda head: repr(head[:60]),
)
def test_requests_that_are_not_http(api: ApiRegion, head: bytes) -> None:
    with socket.create_connection(("127.0.0.1", api.region.port), timeout=20) as connection:
        connection.settimeout(20)
        try:
            connection.sendall(head)
            connection.shutdown(socket.SHUT_WR)
            answer = connection.recv(65_536)
        except OSError:
            answer = b""
    assert answer == b"" or int(answer.split()[1]) // 100 in (2, 4), answer[:200]
    api.client.list_functions()


def test_headers_in_the_guise_of_others(api: ApiRegion) -> None:
    # To WSGI, Content_Length is Content-Length: a proxy before a server has been fooled with that.
    guises = {"Content_Length": "none", "Content_Type": "text/plain", "X_Amz_Log_Type": "Nope"}
    status, headers, text = api.raw("POST", FUNCTIONS, b"{}", guises)
    assert (status, headers["x-amzn-errortype"]) == (400, "ValidationException"), text
    name = api.active()
    status, _, text = api.raw("POST", f"{FUNCTIONS}/{name}/invocations", b"{}", guises)
    assert status == 200, text


@pytest.mark.parametrize("head", [b"GET /", b"GET / HTTP/1.1\r\nX-A: ", b"GET / HTTP/1.1\r\nX"])
def test_a_head_without_an_end(api: ApiRegion, head: bytes) -> None:
    with socket.create_connection(("127.0.0.1", api.region.port), 20) as sock:
        try:
            sock.sendall(head + b"a" * 1_400_000)
            answer = sock.recv(65_536)
        except ConnectionError:
            answer = b""  # refused, while the rest was still on its way
    assert answer == b"" or b"headers are too large" in answer
    api.client.list_functions()


def test_headers_in_any_script(api: ApiRegion) -> None:
    objects = api.service("s3")
    bucket = api.name("b")
    objects.create_bucket(Bucket=bucket)
    objects.put_object(Bucket=bucket, Key="k", Body=b"x", Metadata={"a": "1"})
    name = "attachment; filename=\u2603.txt"
    got = objects.get_object(Bucket=bucket, Key="k", ResponseContentDisposition=name)
    assert got["Body"].read() == b"x"
    assert got["ContentDisposition"].encode("latin-1").decode() == name


def test_a_number_longer_than_any_member(api: ApiRegion) -> None:
    status, _, text = api.raw("POST", FUNCTIONS, b'{"Timeout":' + b"9" * 5000 + b"}")
    assert (status, json.loads(text)["Message"]) == (
        400,
        "Could not parse request body into json: a number of 5000 digits is too long",
    )


def test_a_client_that_offers_another_protocol(api: ApiRegion) -> None:
    # Java's HTTP client does, with each first request; its headers come with and without a body.
    body = json.dumps({"FunctionName": "f"}).encode()
    offer = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAA\r\n"
    length = b"Content-Length: %d\r\n" % len(body)
    scope = b"Credential=A/20261121/us-east-1/lambda/aws4_request"
    signed = b"Authorization: AWS4-HMAC-SHA256 " + scope + b", SignedHeaders=host, Signature=0\r\n"
    with socket.create_connection(("127.0.0.1", api.region.port), 10) as sock:
        for head in (
            b"GET /_lab/health HTTP/1.1\r\nHost: x\r\n" + offer + b"\r\n",
            b"POST /2015-03-31/functions HTTP/1.1\r\n" + signed + offer + length + b"\r\n" + body,
            b"GET /_lab/health HTTP/1.1\r\nHost: x\r\n\r\n",
        ):
            sock.sendall(head)
            answer = sock.recv(65536).split(b"\r\n")[0]
            wanted = b"400 Bad Request" if head.startswith(b"POST") else b"200 OK"
            assert answer == b"HTTP/1.1 " + wanted


def test_a_client_that_takes_the_region_for_a_proxy(api: ApiRegion) -> None:
    head = b"CONNECT lambda.us-east-1.amazonaws.com:443 HTTP/1.1\r\nHost: x\r\n\r\n"
    with socket.create_connection(("127.0.0.1", api.region.port), 20) as sock:
        sock.sendall(head)
        assert sock.recv(65_536).startswith(b"HTTP/1.1 400 Bad Request\r\n")
        assert sock.recv(1) == b"", "the connection ends"
    api.client.list_functions()


def test_a_service_that_is_not_there(api: ApiRegion) -> None:
    for service in ("nonsense", ""):
        scope = f"Credential=t/20261121/us-east-1/{service}/aws4_request"
        signed = {"Authorization": f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=1"}
        status, _, text = api.raw("GET", "/x", b"", signed)
        assert status == 501
        assert b"NotModelledException" in text


def test_a_request_larger_than_any_upload(api: ApiRegion) -> None:
    body = b" " * (DIRECT_UPLOAD_BYTES + 1)
    status, headers, text = api.raw("POST", FUNCTIONS, body)
    assert (status, headers["x-amzn-errortype"]) == (413, "RequestEntityTooLargeException")
    assert str(DIRECT_UPLOAD_BYTES) in json.loads(text)["Message"]
    api.client.list_functions()


def test_a_region_that_does_not_exist(api: ApiRegion) -> None:
    for region in ("mars-north-1", "..", "US-EAST-1"):
        status, headers, _ = api.raw("GET", FUNCTIONS, region=region)
        assert (status, headers["x-amzn-errortype"]) == (403, "InvalidSignatureException")


def test_a_presigned_url_says_which_region_is_meant(api: ApiRegion) -> None:
    from botocore.auth import SigV4QueryAuth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    name = api.active()
    for region, status in (("us-east-1", 200), ("eu-west-1", 404), ("mars-north-1", 403)):
        request = AWSRequest("GET", f"{api.url}{FUNCTIONS}/{name}")
        SigV4QueryAuth(Credentials("test", "test"), "lambda", region).add_auth(request)
        path = request.url.removeprefix(api.url)
        assert api.raw("GET", path, headers={"Authorization": ""})[0] == status


def test_of_many_who_create_one_name_one_wins(api: ApiRegion) -> None:
    name = api.name()
    body = {
        "FunctionName": name,
        "Role": api.role,
        "Runtime": RUNTIME,
        "Handler": "index.handler",
        "Code": {"ZipFile": package()},
    }

    def create(_: int) -> str:
        try:
            api.service("lambda").create_function(**body)
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return "created"

    with ThreadPoolExecutor(8) as pool:
        outcomes = sorted(pool.map(create, range(16)))
    assert outcomes == ["ResourceConflictException"] * 15 + ["created"]


def test_functions_of_two_regions_do_not_mix(api: ApiRegion) -> None:
    source = "import os\ndef handler(e, c):\n    return os.environ['AWS_REGION']\n"
    code = {"ZipFile": package(source)}
    name = api.active(Code=code)
    west = api.service("lambda", "eu-west-1")
    missing = api.refused("get_function", west, FunctionName=name)
    assert missing.message == f"Function not found: {api.arn(name, 'eu-west-1')}"
    west.create_function(
        FunctionName=name, Role=api.role, Runtime=RUNTIME, Handler="index.handler", Code=code
    )
    api.later()
    answers = [client.invoke(FunctionName=name) for client in (api.client, west)]
    assert [json.loads(a["Payload"].read()) for a in answers] == ["us-east-1", "eu-west-1"]
    west.delete_function(FunctionName=name)
    assert api.invoke(name) == "us-east-1"


NOT_ANSWERED = sorted(
    {*service_model().operation_names} - {*OPERATIONS, *INVOKES} - {"InvokeWithResponseStream"}
)


def sample(shape: Any) -> Any:
    """Make a value that is within the bounds of the most shapes: required members alone."""
    if shape.type_name == "structure":
        return {name: sample(shape.members[name]) for name in shape.required_members}
    if shape.type_name == "list":
        return [sample(shape.member)]
    if shape.type_name == "map":
        return {"A": sample(shape.value)}
    if "enum" in shape.metadata:
        return shape.metadata["enum"][0]
    return {"integer": 1, "long": 1, "boolean": True, "blob": b"x", "double": 1.0}.get(
        shape.type_name, "name"
    )


@pytest.mark.parametrize("operation", NOT_ANSWERED)
@pytest.mark.fidelity("code-signing", "other-operations")
def test_what_is_not_modelled_says_so_once(api: ApiRegion, operation: str) -> None:
    shape = operation_model(operation).input_shape
    client = boto3.client(
        "lambda",
        endpoint_url=api.url,
        config=Config(parameter_validation=False, retries={"mode": "standard", "max_attempts": 5}),
    )
    params = {} if shape is None else sample(shape)
    method = next(
        snake for snake, name in client.meta.method_to_api_mapping.items() if name == operation
    )
    with pytest.raises(ClientError) as caught:
        getattr(client, method)(**params)
    response = caught.value.response
    assert response["ResponseMetadata"]["RetryAttempts"] == 0
    if response["Error"]["Code"] == "ValidationException":
        # The sample breaks a pattern: AWS refuses that first, and so does the region.
        assert "failed to satisfy constraint" in response["Error"]["Message"]
        return
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert response["Error"]["Code"] == "NotModelledException"
    assert operation in response["Error"]["Message"]


def test_validation_comes_before_what_is_not_modelled(api: ApiRegion) -> None:
    refusal = api.refused(
        "put_function_recursion_config", FunctionName="f", RecursiveLoop="InvalidValue"
    )
    assert [*refusal] == [
        400,
        "ValidationException",
        (
            "1 validation error detected: Value 'InvalidValue' at 'recursiveLoop' failed to "
            "satisfy constraint: Member must satisfy enum value set: [Terminate, Allow]"
        ),
    ]


@pytest.mark.fidelity("bad-requests")
def test_five_hundred_requests_of_chance(api: ApiRegion) -> None:
    chance = random.Random(20261121)
    name = api.active(Publish=True)
    texts = [name, "", "$LATEST", "1", "é", "a" * 300, api.arn(name), "%00", "..", "null", "%ff"]
    values: list[Any] = [*texts, 0, -1, 10**30, 1.5, None, True, [], {}, [[]], {"a": {"b": []}}]
    routes = [
        (operation, operation_model(operation))
        for operation in service_model().operation_names
        if operation not in ("DeleteFunction", "InvokeWithResponseStream")
    ]
    for _ in range(500):
        operation, model = chance.choice(routes)
        path = model.http["requestUri"]
        while "{" in path:
            start, rest = path.split("{", 1)
            label = chance.choice([text for text in texts if text.isascii()])
            path = start + label + rest.split("}", 1)[1]
        members = [] if model.input_shape is None else [*model.input_shape.members]
        wanted = chance.sample(members, min(len(members), 5))
        document = {member: chance.choice(values) for member in wanted}
        body = json.dumps(document).encode()
        if chance.random() < 0.2:
            body = bytes(chance.randrange(256) for _ in range(40))
        status, _, text = api.raw(model.http["method"], path, body)
        assert status < 500 or status == 501, (operation, path, body, text)
    assert api.invoke(name, "alive") == "alive"
