"""What a function is told: its context, its event, its environment variables."""

from __future__ import annotations

import base64
import json
import re

import pytest
from botocore.exceptions import ClientError

from lambda_lab import facts
from live_region import LiveRegion, private_root

CONTEXT = """
def handler(event, context):
    client = context.client_context
    return {
        **{name: getattr(context, name) for name in (
            "function_name", "function_version", "invoked_function_arn", "memory_limit_in_mb",
            "aws_request_id", "log_group_name", "log_stream_name", "tenant_id")},
        "left": [context.get_remaining_time_in_millis() for _ in range(2)],
        "identity": [context.identity.cognito_identity_id,
                     context.identity.cognito_identity_pool_id],
        "client": client and {"custom": client.custom, "env": client.env,
                              "title": client.client and client.client.app_title},
    }
"""


@pytest.mark.fidelity("context")
def test_the_context_is_complete(lab: LiveRegion) -> None:
    name = lab.deploy(CONTEXT, Timeout=7, MemorySize=192)
    answer = lab.call(name)
    told = answer.value
    arn = f"arn:aws:lambda:us-east-1:123456789012:function:{name}"
    assert told["function_name"] == name
    assert told["function_version"] == "$LATEST" == answer.version
    assert told["invoked_function_arn"] == arn
    assert told["memory_limit_in_mb"] == "192"
    assert told["aws_request_id"] == answer.request_id
    assert told["log_group_name"] == f"/aws/lambda/{name}"
    assert re.fullmatch(r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}", told["log_stream_name"])
    # More than the default timeout would leave; how much it is depends on how busy the machine is.
    assert 3000 < told["left"][1] <= told["left"][0] <= 7000
    assert told["identity"] == [None, None]
    assert told["tenant_id"] is None
    assert told["client"] is None
    assert lab.call(f"{arn}:$LATEST").value["invoked_function_arn"] == f"{arn}:$LATEST"


@pytest.mark.fidelity("context")
def test_the_client_context(lab: LiveRegion) -> None:
    sent = {"custom": {"who": "ü"}, "env": {"locale": "de"}, "client": {"app_title": "t"}}
    encoded = base64.b64encode(json.dumps(sent).encode()).decode()
    answer = lab.call(lab.deploy(CONTEXT), ClientContext=encoded)
    assert answer.value["client"] == {
        "custom": {"who": "ü"}, "env": {"locale": "de"}, "title": "t"
    }  # fmt: skip


VARIABLES = "import os\ndef handler(event, context):\n    return dict(os.environ)\n"
# AWS lists these too. The first never appears in a Python function; the others belong to features
# that are not modelled: Managed Instances and the metadata endpoint.
NOT_IN_PYTHON = {
    "AWS_ACCESS_KEY", "AWS_LAMBDA_MAX_CONCURRENCY", "AWS_LAMBDA_METADATA_API",
    "AWS_LAMBDA_METADATA_TOKEN", "NODE_PATH", "NODE_OPTIONS", "GEM_PATH",
    "AWS_LAMBDA_DOTNET_PREJIT",
}  # fmt: skip
ONLY_WITH_JSON = {"AWS_LAMBDA_LOG_FORMAT", "AWS_LAMBDA_LOG_LEVEL"}


@private_root
@pytest.mark.fidelity("variables")
def test_the_variables_are_exactly_lambdas_and_the_functions(lab: LiveRegion) -> None:
    own = {"Variables": {"COLOUR": "blue $HOME", "TZ": "Europe/Berlin"}}
    seen = lab.run(VARIABLES, Environment=own).value
    documented = {variable.name for variable in facts.environment_variables()}
    assert documented >= NOT_IN_PYTHON | ONLY_WITH_JSON
    assert set(seen) == documented - NOT_IN_PYTHON - ONLY_WITH_JSON | {"COLOUR"}
    assert seen["COLOUR"] == "blue $HOME"
    assert seen["TZ"] == "Europe/Berlin"
    fixed = {
        variable.name: variable.value
        for variable in facts.environment_variables()
        if not variable.reserved and variable.value
    }
    assert {"LANG", "AWS_XRAY_CONTEXT_MISSING"} <= set(fixed)
    for name in ("LANG", "AWS_XRAY_CONTEXT_MISSING"):
        assert seen[name] == fixed[name]
    assert seen["LAMBDA_TASK_ROOT"] == "/var/task"
    assert seen["AWS_EXECUTION_ENV"] == "AWS_Lambda_python3.14"


def test_the_variables_of_a_json_log(lab: LiveRegion) -> None:
    settings = {"LogFormat": "JSON", "ApplicationLogLevel": "DEBUG"}
    seen = lab.run(VARIABLES, LoggingConfig=settings).value
    assert {name: seen[name] for name in ONLY_WITH_JSON} == {
        "AWS_LAMBDA_LOG_FORMAT": "JSON",
        "AWS_LAMBDA_LOG_LEVEL": "DEBUG",
    }


@pytest.mark.fidelity("reserved-variables")
def test_what_lambda_sets_cannot_be_set(lab: LiveRegion) -> None:
    for name in ("AWS_REGION", "AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT"):
        with pytest.raises(lab.lam.exceptions.InvalidParameterValueException) as refused:
            lab.create(VARIABLES, Environment={"Variables": {name: "x"}})
        assert f"Reserved keys used in this request: {name}" in str(refused.value)


ECHO = "def handler(event, context):\n    return event\n"


@pytest.mark.parametrize(
    "raw",
    [b"null", b"{}", b"[]", b'""', b"0", b"-1.5e3", b"true", '"\\u00fc \U0001f40d"'.encode(),
     b'  {"a": [1, null]}  ', b'{"a":' * 90 + b"1" + b"}" * 90],
    ids=["null", "object", "list", "text", "zero", "number", "true", "unicode", "spaces", "deep"],
)  # fmt: skip
@pytest.mark.fidelity("event-and-result")
def test_events_arrive_as_they_were_sent(lab: LiveRegion, raw: bytes) -> None:
    name = lab.deploy(ECHO)
    assert lab.call(name, raw=raw).value == json.loads(raw)


def test_no_payload_is_an_empty_object(lab: LiveRegion) -> None:
    name = lab.deploy(ECHO)
    assert lab.call(name, raw=b"").value == {}
    assert json.loads(lab.lam.invoke(FunctionName=name)["Payload"].read()) == {}


@pytest.mark.parametrize(
    "raw",
    [b"{", b"nope", b"'a'", b"{} {}", b"NaN", b"[Infinity]", b'"\xff"', b"\x00", b" ", b"[1,]"],
)
def test_what_is_not_json_never_reaches_the_function(lab: LiveRegion, raw: bytes) -> None:
    name = lab.deploy(ECHO)
    with pytest.raises(lab.lam.exceptions.InvalidRequestContentException) as refused:
        lab.call(name, raw=raw)
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert "Could not parse request body into json" in refused.value.response["message"]
    assert lab.environments(name) == []


RESULTS = {
    "nothing": ("None", b"null"),
    "text": ("'ü'", '"ü"'.encode()),
    "not a number": ("float('nan')", b"NaN"),
    "bytes": ("b'raw'", b"raw"),
    "a decimal": ("__import__('decimal').Decimal('1.10')", b"1.10"),
    "keys of other kinds": ("{1: 2, None: 3}", b'{"1": 2, "null": 3}'),
}


@pytest.mark.parametrize("kind", RESULTS)
@pytest.mark.fidelity("python-client")
def test_results_are_what_awss_client_makes_of_them(lab: LiveRegion, kind: str) -> None:
    code, expected = RESULTS[kind]
    answer = lab.run(f"def handler(event, context):\n    return {code}\n")
    assert (answer.error, answer.raw) == (None, expected)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("{1, 2}", "Object of type set is not JSON serializable"),
        ("object()", "Object of type object is not JSON serializable"),
        ("context", "Object of type LambdaContext is not JSON serializable"),
        ("(lambda a: a.append(a) or a)([])", "Circular reference detected"),
    ],
)
@pytest.mark.fidelity("event-and-result")
def test_results_that_are_not_json(lab: LiveRegion, code: str, message: str) -> None:
    name = lab.deploy(f"def handler(event, context):\n    return {code}\n")
    answer = lab.call(name)
    document = answer.fails("Runtime.MarshalError")
    assert document["errorMessage"].startswith(f"Unable to marshal response: {message}")
    assert document["requestId"] == answer.request_id
    assert lab.call(name).fails("Runtime.MarshalError")
    assert len(lab.idle(name)) == 1


@private_root
@pytest.mark.fidelity("wrapper-scripts")
def test_a_wrapper_script_is_not_modelled(lab: LiveRegion) -> None:
    variables = {"Variables": {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/wrapper"}}
    with pytest.raises(ClientError) as refused:
        lab.create("def handler(event, context):\n    pass\n", Environment=variables)
    answer = refused.value.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert "AWS_LAMBDA_EXEC_WRAPPER" in answer["Error"]["Message"]
