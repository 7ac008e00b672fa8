"""Lambda's API: calling a function."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import replace
from typing import Any, NoReturn

from lambda_lab import facts
from lambda_lab.aws.aliases import Pointing, pointing
from lambda_lab.aws.api_functions import named
from lambda_lab.aws.api_recursion import stops_loops
from lambda_lab.aws.backend import LabLambdaBackend, services
from lambda_lab.aws.errors import aws_error
from lambda_lab.aws.function import LabFunction
from lambda_lab.aws.names import FunctionName, function_arn
from lambda_lab.aws.snap_start import check_may_be_called
from lambda_lab.aws.variables_key import check_key
from lambda_lab.aws.vpc.attachment import admit
from lambda_lab.errors import NotModelledError
from lambda_lab.records import InvocationType, InvokeRequest

__all__ = ["invoke", "invoke_async"]

Params = dict[str, Any]


def invoke(backend: LabLambdaBackend, params: Params, request_id: str) -> Params:
    """Call a function (``Invoke``): wait for it, hand it an event, or only check."""
    name = named(backend, params)
    points = pointing(backend, name)
    request = _request(points.function, name, params, request_id)
    if request.trace_header:
        request = replace(request, stops_loops=stops_loops(backend, name))
    kind = request.invocation_type
    if kind is InvocationType.REQUEST_RESPONSE and points.additional is not None:
        points, request = _routed(points, points.additional, request)
    check_may_be_called(points.function)
    admit(backend, points.function, wakes=kind is not InvocationType.DRY_RUN)
    if kind is InvocationType.REQUEST_RESPONSE:
        check_key(points.function)  # an event meets it when its turn comes
    if params.get("DurableExecutionName") or params.get("TenantId"):
        raise NotModelledError("Durable execution and tenant isolation")
    plane = services().plane()
    if kind is InvocationType.DRY_RUN:
        return {"StatusCode": int(facts.value("invoke.status.dry-run"))}
    if kind is InvocationType.EVENT:
        services().events().accept(
            request.invoked_arn,
            request.payload,
            request_id=request_id,
            trace_header=request.trace_header,
            source="Invoke",
        )
        return {"StatusCode": int(facts.value("invoke.status.async"))}
    result = plane.invoke(request)
    output: Params = {
        "StatusCode": int(facts.value("invoke.status.sync")),
        "ExecutedVersion": result.executed_version,
        "Payload": result.payload,
    }
    if result.function_error:
        output["FunctionError"] = result.function_error
    if request.tail:
        output["LogResult"] = base64.b64encode(result.log_tail).decode()
    return output


def _routed(
    points: Pointing, additional: LabFunction, request: InvokeRequest
) -> tuple[Pointing, InvokeRequest]:
    """Choose the version that this call runs; an event's is chosen later, at every try."""
    if services().routing.picks_additional(points.weight):
        return Pointing(additional), replace(request, spec=additional.spec, weighted=True)
    return Pointing(points.function), replace(request, weighted=True)


def _request(
    function: LabFunction, name: FunctionName, params: Params, request_id: str
) -> InvokeRequest:
    kind = InvocationType(params.get("InvocationType", InvocationType.REQUEST_RESPONSE))
    payload = bytes(params.get("Payload") or b"")
    _check_size(payload, kind)
    return InvokeRequest(
        spec=function.spec,
        request_id=request_id,
        payload=_event(payload),
        invocation_type=kind,
        invoked_arn=function_arn(
            function.region, function.account_id, function.function_name, name.qualifier
        ),
        qualifier=name.qualifier,
        client_context=_client_context(params.get("ClientContext")),
        trace_header=params.get("TraceHeader"),
        tail=params.get("LogType") == "Tail" and kind is InvocationType.REQUEST_RESPONSE,
    )


def _check_size(payload: bytes, kind: InvocationType) -> None:
    fact = "payload.async" if kind is InvocationType.EVENT else "payload.sync.request"
    _check_within(payload, kind, int(facts.value(fact)))


def _check_within(payload: bytes, kind: InvocationType, limit: int) -> None:
    if len(payload) <= limit:
        return
    # Both texts as users of AWS report them: confidence M.
    if kind is InvocationType.EVENT:
        text = (
            f"{len(payload)} byte payload is too large for the Event invocation type "
            f"(limit {limit} bytes)"
        )
    else:
        text = f"Request must be smaller than {limit} bytes for the InvokeFunction operation"
    raise aws_error("RequestTooLargeException", text)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


# Decoded as UTF-8 and nothing else; numbers keep their text, so that none is too long to read.
_DECODER = json.JSONDecoder(parse_constant=_no_constant, parse_int=str, parse_float=str)


def _event(payload: bytes) -> bytes:
    """Return the event; nothing at all reaches the function as an empty object.

    Raises
    ------
    AwsError
        ``InvalidRequestContentException`` for what is not JSON.
    """
    if not payload:
        return b"{}"
    try:
        _DECODER.decode(payload.decode())
    except (ValueError, RecursionError) as error:
        raise aws_error(
            "InvalidRequestContentException",
            f"Could not parse request body into json: Could not parse payload into json: {error}",
        ) from None
    return payload


def _client_context(encoded: str | None) -> str | None:
    if not encoded:
        return None
    if len(encoded) > int(facts.value("payload.client-context")):
        raise aws_error(
            "InvalidRequestContentException",
            # No recording shows the text: confidence L.
            f"Client context must be at most {facts.value('payload.client-context')} bytes.",
        )
    text = ""
    try:
        text = base64.b64decode(encoded, validate=True).decode()
        valid = isinstance(_DECODER.decode(text), dict)
    except (binascii.Error, ValueError, RecursionError):
        valid = False
    if not valid:
        raise aws_error(
            "InvalidRequestContentException",
            "Client context must be a valid Base64-encoded JSON object.",
        )
    return text


def invoke_async(backend: LabLambdaBackend, params: Params, request_id: str) -> Params:
    """Hand a function an event by the old operation (``InvokeAsync``)."""
    payload = bytes(params.get("InvokeArgs") or b"")
    # The old operation kept the old limit.
    _check_within(payload, InvocationType.EVENT, int(facts.value("payload.async.before-2025")))
    arguments = {
        "FunctionName": params["FunctionName"],
        "InvocationType": InvocationType.EVENT,
        "Payload": payload,
    }
    invoke(backend, arguments, request_id)
    return {"Status": int(facts.value("invoke.status.async"))}
