"""The generic front of the Lambda API, held against botocore's own client side.

Every operation of the service model is built by botocore's serialiser and read back by ours, and
answered by our serialiser and read back by botocore's parser. A newer botocore brings its newer
operations into these tables by itself.
"""

from __future__ import annotations

import base64
import io
import json
import timeit
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from botocore.awsrequest import HeadersDict, create_request_object, prepare_request_dict
from botocore.parsers import create_parser
from botocore.serialize import create_serializer

from lambda_lab.aws.application import Headers
from lambda_lab.aws.errors import aws_error, error_shapes, unknown_operation
from lambda_lab.aws.model import operation_model, service_model
from lambda_lab.aws.operations import Match, match, parse
from lambda_lab.aws.serialise import serialise, serialise_error
from lambda_lab.errors import AwsError, NotModelledError

OPERATIONS = list(service_model().operation_names)
STREAMED = [name for name in OPERATIONS if operation_model(name).has_event_stream_output]
MOMENT = datetime(2026, 11, 21, 10, 0, 0, tzinfo=UTC)
AWKWARD = 'a b/c%2Fd:é&e=f?g#h+$LATEST"'
ARN = "arn:aws:lambda:us-east-1:123456789012:function:hello:PROD"


def sample(shape: Any, *, full: bool, text: str = "text", depth: int = 0) -> Any:
    """Make a value of a shape: required members alone, or every member there is."""
    if shape.type_name == "structure":
        required = shape.required_members
        return {
            name: sample(member, full=full, text=_text_for(member, text), depth=depth + 1)
            for name, member in shape.members.items()
            if (name in required or (full and depth < 6))
            and not member.serialization.get("eventstream")
        }
    if shape.type_name == "list":
        return [sample(shape.member, full=full, text=text, depth=depth + 1)]
    if shape.type_name == "map":
        return {text: sample(shape.value, full=full, text=text, depth=depth + 1)}
    return {
        "string": text,
        "integer": 207,
        "long": 8_000_000_000,
        "double": 0.25,
        "boolean": True,
        "blob": b"\x00\xff{not json",
        "timestamp": MOMENT,
    }[shape.type_name]


def _text_for(member: Any, text: str) -> str:
    # Headers hold ASCII without spaces at the ends; everything else may hold anything.
    return "plain-text" if member.serialization.get("location") == "header" else text


def send(operation: str, params: dict[str, Any]) -> dict[str, Any]:
    """Build the request as boto3 does and take it apart as our server does."""
    serializer = create_serializer("rest-json", include_validation=False)
    request = serializer.serialize_to_request(params, operation_model(operation))
    prepare_request_dict(request, endpoint_url="http://127.0.0.1:4566", context={})
    prepared = create_request_object(request).prepare()
    body = prepared.body or b""
    if hasattr(body, "read"):
        body = body.read()
    url = urlsplit(prepared.url)
    return {
        "method": prepared.method,
        "raw_path": url.path,
        "query": parse_qs(url.query, keep_blank_values=True),
        "headers": {
            name.lower(): value.decode() if isinstance(value, bytes) else value
            for name, value in prepared.headers.items()
        },
        "body": body.encode() if isinstance(body, str) else body,
    }


def receive(request: dict[str, Any]) -> tuple[Match, dict[str, Any]]:
    found = match(request["method"], request["raw_path"], request["query"])
    assert found is not None
    return found, parse(found, request["headers"], request["query"], request["body"])


# -- requests ------------------------------------------------------------------------------


@pytest.mark.parametrize("full", [False, True], ids=["required members", "every member"])
@pytest.mark.parametrize("text", ["text", AWKWARD, ARN], ids=["plain", "awkward", "arn"])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_what_boto3_sends_comes_back(operation: str, text: str, full: bool) -> None:
    shape = operation_model(operation).input_shape
    params = {} if shape is None else sample(shape, full=full, text=text)
    found, received = receive(send(operation, params))
    payload = None if shape is None else shape.serialization.get("payload")
    if payload in received and received[payload] == {}:
        params[payload] = {}  # botocore sends `{}` for a structure that was not given
    assert found.operation == operation
    assert received == params


def test_the_model_keeps_members_only_where_the_front_looks() -> None:
    known = {None, "uri", "querystring", "header", "statusCode"}
    for operation in OPERATIONS:
        model = operation_model(operation)
        for shape in (model.input_shape, model.output_shape):
            members = {} if shape is None else shape.members
            places = {member.serialization.get("location") for member in members.values()}
            assert places <= known, f"{operation}: teach operations.py the new places"


def _all_members(shape: Any, seen: frozenset[str] = frozenset()) -> Iterator[Any]:
    if shape is None or shape.name in seen:
        return
    yield shape
    for child in getattr(shape, "members", {}).values():
        yield from _all_members(child, seen | {shape.name})


def test_the_model_still_has_no_shape_the_front_cannot_read() -> None:
    known = {
        *("structure", "list", "map", "string", "blob", "timestamp"),
        *("integer", "long", "double", "boolean"),
    }
    for operation in OPERATIONS:
        for shape in _all_members(operation_model(operation).input_shape):
            assert shape.type_name in known, f"{operation}: teach wire.py {shape.type_name}"


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_slash_at_the_end_changes_nothing(operation: str) -> None:
    shape = operation_model(operation).input_shape
    request = send(operation, {} if shape is None else sample(shape, full=False))
    request["raw_path"] += "/"
    assert receive(request)[0].operation == operation


@pytest.mark.parametrize(
    ("method", "path", "query", "operation"),
    [
        ("GET", "/2015-03-31/functions", {}, "ListFunctions"),
        ("GET", "/2015-03-31/functions/", {"MaxItems": ["5"]}, "ListFunctions"),
        ("POST", "/2015-03-31/functions", {}, "CreateFunction"),
        ("GET", "/2015-03-31/functions/f", {}, "GetFunction"),
        ("DELETE", "/2015-03-31/functions/functions", {}, "DeleteFunction"),
        ("GET", "/2015-03-31/functions/versions/versions", {}, "ListVersionsByFunction"),
        ("POST", "/2015-03-31/functions/f/invocations", {}, "Invoke"),
        ("POST", "/2014-11-13/functions/f/invoke-async/", {}, "InvokeAsync"),
        ("GET", "/2015-03-31/event-source-mappings/", {}, "ListEventSourceMappings"),
        ("POST", "/2015-03-31/event-source-mappings/", {}, "CreateEventSourceMapping"),
        ("GET", "/2018-10-31/layers", {}, "ListLayers"),
        ("GET", "/2018-10-31/layers", {"find": ["other"]}, "ListLayers"),
        ("GET", "/2018-10-31/layers", {"find": ["LayerVersion"]}, "GetLayerVersionByArn"),
        (
            "GET",
            "/2019-09-30/functions/f/provisioned-concurrency",
            {"List": ["ALL"]},
            "ListProvisionedConcurrencyConfigs",
        ),
        (
            "GET",
            "/2019-09-30/functions/f/provisioned-concurrency",
            {"Qualifier": ["1"]},
            "GetProvisionedConcurrencyConfig",
        ),
        (
            "GET",
            "/2019-09-25/functions/f/event-invoke-config/list",
            {},
            "ListFunctionEventInvokeConfigs",
        ),
        (
            "POST",
            "/2019-09-25/functions/f/event-invoke-config",
            {},
            "UpdateFunctionEventInvokeConfig",
        ),
        ("PUT", "/2019-09-25/functions/f/event-invoke-config", {}, "PutFunctionEventInvokeConfig"),
    ],
)
def test_neighbours_are_told_apart(
    method: str, path: str, query: dict[str, list[str]], operation: str
) -> None:
    found = match(method, path, query)
    assert found is not None
    assert found.operation == operation


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PATCH", "/2015-03-31/functions"),
        ("post", "/2015-03-31/functions"),
        ("GET", ""),
        ("GET", "/"),
        ("GET", "*"),
        ("GET", "2015-03-31/functions"),
        ("GET", "//2015-03-31/functions"),
        ("GET", "/2015-03-31/functions//"),
        ("GET", "/2016-03-31/functions"),
        ("GET", "/2015-03-31/Functions"),
        ("POST", "/2015-03-31/functions//invocations"),
        ("POST", "/2015-03-31/functions/f/invocations/g"),
        ("POST", "/2015-03-31/functions/f/g/invocations"),
        ("GET", "/2015-03-31/functions/f/invocations"),
        ("GET", "/2015-03-31/functions?MaxItems=1"),
    ],
)
def test_what_is_no_operation_is_not_matched(method: str, path: str) -> None:
    assert match(method, path, {}) is None


@pytest.mark.parametrize(
    "name",
    [ARN, quote(ARN, safe=""), quote(ARN, safe="").replace("%3A", "%3a")],
    ids=["raw colons", "encoded", "small hex digits"],
)
def test_an_arn_in_the_path(name: str) -> None:
    found = match("POST", f"/2015-03-31/functions/{name}/invocations", {})
    assert found == Match("Invoke", {"FunctionName": ARN})


@pytest.mark.parametrize(
    ("raw", "label"),
    [("a%252Fb", "a%2Fb"), ("a+b", "a+b"), ("a%2Fb", "a/b"), ("100%", "100%"), ("%ff", "\ufffd")],
)
def test_labels_are_decoded_once(raw: str, label: str) -> None:
    found = match("GET", f"/2015-03-31/functions/{raw}", {})
    assert found == Match("GetFunction", {"FunctionName": label})


def test_greedy_labels_take_slashes(monkeypatch: pytest.MonkeyPatch) -> None:
    from lambda_lab.aws import operations

    table = operations._Node()
    operations._add(table, "GetThing", "GET", "/v1/{Bucket}/{Key+}/acl")
    operations._add(table, "GetBucket", "GET", "/v1/{Bucket}")
    monkeypatch.setattr(operations, "_table", lambda: table)
    assert match("GET", "/v1/b/x/acl/y/acl", {}) == Match(
        "GetThing", {"Bucket": "b", "Key": "x/acl/y"}
    )
    assert match("GET", "/v1/b", {}) == Match("GetBucket", {"Bucket": "b"})
    assert match("GET", "/v1/b/acl", {}) is None


def test_matching_an_invocation_does_not_scan_the_table() -> None:
    path = "/2015-03-31/functions/hello/invocations"
    # With a query, because answers to plain paths are remembered.
    runs = timeit.repeat(lambda: match("POST", path, {"Qualifier": ["1"]}), number=500, repeat=40)
    # The aim is under 10 microseconds on a quiet machine (4 measured); trying every operation's
    # pattern in turn takes far longer than this bound.
    assert min(runs) / 500 < 50e-6


def test_header_names_in_any_case_and_first_of_two_values() -> None:
    found = match("POST", "/2015-03-31/functions/f/invocations", {})
    assert found is not None
    environ = {}
    for name, value in (("x-AMZ-log-TYPE", "Tail"), ("X-Other", "1")):
        environ[f"HTTP_{name.upper().replace('-', '_')}"] = value
    headers = Headers(environ)
    assert dict(headers) == {"x-amz-log-type": "Tail", "x-other": "1"}
    params = parse(found, headers, {"Qualifier": ["1", "2"]}, b"")
    assert params == {"FunctionName": "f", "LogType": "Tail", "Qualifier": "1"}


def test_unknown_members_and_nulls_are_dropped() -> None:
    body = b'{"FunctionName": "f", "Timeout": null, "Color": "red", "Layers": []}'
    assert receive(_create(body))[1] == {"FunctionName": "f", "Layers": []}


def test_a_label_cannot_be_overwritten_from_the_body() -> None:
    found = match("PUT", "/2015-03-31/functions/f/configuration", {})
    assert found is not None
    params = parse(found, {}, {}, b'{"FunctionName": "g", "Timeout": 4}')
    assert params == {"FunctionName": "f", "Timeout": 4}


def test_fractions_of_whole_numbers_are_cut_off() -> None:
    assert receive(_create(b'{"Timeout": 3.7}'))[1] == {"Timeout": 3}


def test_timestamps_in_every_form_aws_reads() -> None:
    found = match("POST", "/2015-03-31/event-source-mappings", {})
    assert found is not None
    for text in ("1795255200", "1795255200.0", '"2026-11-21T10:00:00Z"', '"2026-11-21T10:00:00"'):
        body = f'{{"StartingPositionTimestamp": {text}}}'.encode()
        assert parse(found, {}, {}, body) == {"StartingPositionTimestamp": MOMENT}


def _create(body: bytes) -> dict[str, Any]:
    return {
        "method": "POST",
        "raw_path": "/2015-03-31/functions",
        "query": {},
        "headers": {},
        "body": body,
    }


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"{'FunctionName': 'f'}",
        b"hello",
        b"\xff\xfe{}",
        '{"FunctionName": "f"}'.encode("utf-16"),
        b"\xef\xbb\xbf{}",
        b'{"Timeout": NaN}',
        b'{"Timeout": Infinity}',
        b'{"Timeout": ' + b"9" * 5000 + b"}",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"{} {}",
    ],
    ids=lambda body: repr(body[:24]),
)
def test_bodies_that_are_not_json(body: bytes) -> None:
    with pytest.raises(AwsError) as caught:
        receive(_create(body))
    assert caught.value.code == "SerializationException"
    assert caught.value.status == 400
    assert caught.value.message.startswith("Could not parse request body into json: ")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("[]", "Start of list found where not expected."),
        ('"text"', "Unexpected STRING_VALUE where an object was expected."),
        ("null", "Unexpected NULL_VALUE where an object was expected."),
        ('{"FunctionName": 1}', "NUMBER_VALUE can not be converted to a String"),
        ('{"FunctionName": true}', "TRUE_VALUE can not be converted to a String"),
        ('{"FunctionName": {}}', "Start of structure or map found where not expected."),
        ('{"FunctionName": []}', "Start of list found where not expected."),
        ('{"Timeout": "3"}', "STRING_VALUE can not be converted to an Integer"),
        ('{"Timeout": false}', "FALSE_VALUE can not be converted to an Integer"),
        ('{"Timeout": 1e999}', "NUMBER_VALUE is too large"),
        ('{"Publish": "true"}', "STRING_VALUE can not be converted to a Boolean"),
        ('{"Publish": 1}', "NUMBER_VALUE can not be converted to a Boolean"),
        ('{"Environment": "A=1"}', "STRING_VALUE can not be converted to a structure or map"),
        ('{"Environment": []}', "Start of list found where not expected."),
        ('{"Environment": {"Variables": {"A": 1}}}', "NUMBER_VALUE can not be converted to a Str"),
        ('{"Layers": "arn"}', "STRING_VALUE can not be converted to a list"),
        ('{"Layers": {"0": "arn"}}', "Start of structure or map found where not expected."),
        ('{"Layers": [["arn"]]}', "Start of list found where not expected."),
        ('{"Code": {"ZipFile": "not base64!"}}', "STRING_VALUE can not be converted to a ByteB"),
        ('{"Code": {"ZipFile": "AAAA!"}}', "STRING_VALUE can not be converted to a ByteBuffer"),
        ('{"Code": {"ZipFile": "é"}}', "STRING_VALUE can not be converted to a ByteBuffer"),
        ('{"Code": {"ZipFile": 1}}', "NUMBER_VALUE can not be converted to a ByteBuffer"),
    ],
)
def test_values_of_the_wrong_type(body: str, message: str) -> None:
    with pytest.raises(AwsError) as caught:
        receive(_create(body.encode()))
    assert caught.value.code == "SerializationException"
    assert caught.value.message.startswith(message)


@pytest.mark.parametrize("value", ["", "ten", "1.5", "0x10", "١", "1_000", "9" * 5000])
def test_query_numbers_that_are_none(value: str) -> None:
    found = match("GET", "/2015-03-31/functions", {})
    assert found is not None
    with pytest.raises(AwsError, match="STRING_VALUE can not be converted to an Integer"):
        parse(found, {}, {"MaxItems": [value]}, b"")


@pytest.mark.parametrize("value", ["soon", "1e400", "99999999999999999999", ""])
def test_moments_that_are_none(value: str) -> None:
    found = match("GET", "/2025-12-01/functions/f/durable-executions", {})
    assert found is not None
    with pytest.raises(AwsError, match="can not be converted to a Timestamp"):
        parse(found, {}, {"StartedAfter": [value]}, b"")


def test_a_query_boolean_that_is_none() -> None:
    found = match("GET", "/2025-12-01/functions/f/durable-executions", {})
    assert found is not None
    assert parse(found, {}, {"ReverseOrder": ["TRUE"]}, b"")["ReverseOrder"] is True
    with pytest.raises(AwsError, match="can not be converted to a Boolean"):
        parse(found, {}, {"ReverseOrder": ["yes"]}, b"")


# -- answers -------------------------------------------------------------------------------


def read(operation: str, response: tuple[int, dict[str, str], bytes]) -> dict[str, Any]:
    """Read an answer as boto3 does."""
    status, headers, body = response
    model = operation_model(operation)
    stream = io.BytesIO(body) if model.has_streaming_output else body
    parsed = create_parser("rest-json").parse(
        {"status_code": status, "headers": HeadersDict(headers), "body": stream}, model.output_shape
    )
    assert isinstance(parsed, dict)
    if model.has_streaming_output:
        parsed["Payload"] = parsed["Payload"].read()
    return parsed


@pytest.mark.parametrize("full", [False, True], ids=["required members", "every member"])
@pytest.mark.parametrize("operation", [name for name in OPERATIONS if name not in STREAMED])
def test_what_is_answered_reaches_boto3(operation: str, full: bool) -> None:
    model = operation_model(operation)
    members = {} if model.output_shape is None else model.output_shape.members
    output = {} if model.output_shape is None else sample(model.output_shape, full=full)
    parsed = read(operation, serialise(operation, output, "request-1"))
    metadata = parsed.pop("ResponseMetadata")
    assert metadata["RequestId"] == "request-1"
    for name, member in members.items():
        # boto3 fills these two in where the answer did not name them.
        if member.serialization.get("location") == "statusCode":
            output.setdefault(name, metadata["HTTPStatusCode"])
        elif name == "Payload" and model.has_streaming_output:
            output.setdefault(name, b"")
    assert parsed == output


@pytest.mark.fidelity("response-streaming")
def test_a_streamed_answer_is_refused_with_a_pointer() -> None:
    assert STREAMED == ["InvokeWithResponseStream"]
    with pytest.raises(NotModelledError, match="Call Invoke"):
        serialise("InvokeWithResponseStream", {})


def test_an_invocations_answer() -> None:
    tail = base64.b64encode(b"START\n").decode()
    status, headers, body = serialise(
        "Invoke",
        {
            "StatusCode": 200,
            "FunctionError": "Unhandled",
            "LogResult": tail,
            "ExecutedVersion": "$LATEST",
            "Payload": b'{"errorType":"E"}',
        },
    )
    assert (status, body) == (200, b'{"errorType":"E"}')
    assert headers == {
        "Content-Type": "application/json",
        "X-Amz-Function-Error": "Unhandled",
        "X-Amz-Log-Result": tail,
        "X-Amz-Executed-Version": "$LATEST",
    }


@pytest.mark.parametrize(("kind", "status"), [("Event", 202), ("DryRun", 204)])
def test_an_invocation_nobody_waits_for(kind: str, status: int) -> None:
    assert serialise("Invoke", {"StatusCode": status, "Payload": b""}) == (status, {}, b""), kind


def test_absent_members_are_left_out_and_foreign_ones_never_sent() -> None:
    output = {
        "FunctionName": "f",
        "Timeout": None,
        "MotoInternal": 1,
        "Layers": [],
        "VpcConfig": {"VpcId": None, "SubnetIds": [], "MotoInternal": 1},
    }
    _, _, body = serialise("GetFunctionConfiguration", output)
    assert json.loads(body) == {"FunctionName": "f", "Layers": [], "VpcConfig": {"SubnetIds": []}}


def test_text_beyond_ascii_goes_as_utf8() -> None:
    assert "é".encode() in serialise("GetFunctionConfiguration", {"Description": "é"})[2]


def test_deleting_a_function_is_answered_with_204() -> None:
    # Recorded from AWS; the model says 200.
    assert serialise("DeleteFunction", {}) == (204, {}, b"")


# -- errors --------------------------------------------------------------------------------


def read_error(error: AwsError | NotModelledError) -> dict[str, Any]:
    parsed = read("GetFunction", serialise_error(error, "request-1"))
    assert parsed.pop("ResponseMetadata")["RequestId"] == "request-1"
    return parsed


@pytest.mark.parametrize("code", sorted(error_shapes()))
def test_every_error_reaches_boto3_as_its_own_class(code: str) -> None:
    parsed = read_error(aws_error(code, "what happened"))
    assert parsed["Error"] == {"Code": code, "Message": "what happened"}


RATE = "ReservedFunctionConcurrentInvocationLimitExceeded"


@pytest.mark.parametrize(
    ("code", "members", "status", "body"),
    [
        ("ResourceNotFoundException", {}, 404, {"Type": "User", "Message": "m"}),
        ("InvalidParameterValueException", {}, 400, {"Type": "User", "message": "m"}),
        ("InvalidParameterValueException", {"Type": None}, 400, {"message": "m"}),
        ("PreconditionFailedException", {}, 412, {"Type": "User", "message": "m"}),
        ("ResourceConflictException", {}, 409, {"Type": "User", "message": "m"}),
        (
            "TooManyRequestsException",
            {"Reason": RATE},
            429,
            {"Type": "User", "Reason": RATE, "message": "m"},
        ),
        ("ValidationException", {}, 400, {"message": "m"}),
        ("ServiceException", {}, 500, {"Type": "Service", "Message": "m"}),
        ("EC2ThrottledException", {}, 502, {"Type": "Service", "Message": "m"}),
        ("RequestTooLargeException", {}, 413, {"Type": "User", "message": "m"}),
    ],
)
def test_which_error_carries_which_members(
    code: str, members: dict[str, Any], status: int, body: dict[str, str]
) -> None:
    error = aws_error(code, "m", **members)
    got_status, headers, got_body = serialise_error(error)
    assert (got_status, json.loads(got_body)) == (status, body)
    assert headers == {"Content-Type": "application/json", "x-amzn-ErrorType": code}


def test_the_wait_before_a_retry_is_a_header() -> None:
    error = aws_error("TooManyRequestsException", "Rate Exceeded.", retryAfterSeconds=2)
    _, headers, body = serialise_error(error)
    assert headers["Retry-After"] == "2"
    assert b"retryAfterSeconds" not in body


def test_a_code_or_member_lambda_does_not_have_is_our_mistake() -> None:
    with pytest.raises(ValueError, match="no error code 'ResourceMissing'"):
        aws_error("ResourceMissing", "m")
    with pytest.raises(ValueError, match="has no member Reason"):
        aws_error("ResourceNotFoundException", "m", Reason="none")


@pytest.mark.fidelity("other-operations")
def test_what_is_not_modelled_is_501() -> None:
    error = NotModelledError("Durable execution", "Use Step Functions.")
    assert serialise_error(error)[0] == 501
    assert read_error(error)["Error"]["Code"] == "NotModelledException"


def test_no_operation_is_a_403() -> None:
    assert read_error(unknown_operation())["Error"]["Code"] == "AccessDeniedException"
