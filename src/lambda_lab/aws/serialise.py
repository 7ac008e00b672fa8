"""From Python to the wire: a backend's answer as the HTTP response AWS would send."""

from __future__ import annotations

import base64
import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lambda_lab.aws.model import operation_model
from lambda_lab.errors import AwsError, NotModelledError

__all__ = ["RECORDED_STATUS", "Response", "serialise", "serialise_error"]

Response = tuple[int, dict[str, str], bytes]
"""HTTP status, headers and body."""

RECORDED_STATUS: Mapping[str, int] = {"DeleteFunction": 204}
"""Statuses that AWS was recorded to send instead of the model's ``responseCode``."""

_JSON = "application/json"
_WITHOUT_BODY = (204, 304)


@dataclass(frozen=True, slots=True)
class _Plan:
    """Where the members of one operation's output travel."""

    status: int
    status_member: str | None
    headers: tuple[tuple[str, str], ...]
    """Member, header."""
    payload: tuple[str, Any] | None
    body: tuple[tuple[str, Any], ...]
    """Members of the JSON body: name, shape."""
    has_output: bool


@functools.cache
def _plan(operation: str) -> _Plan:
    model = operation_model(operation)
    if model.has_event_stream_output:
        raise NotModelledError(
            f"The streamed answer of {operation}", "Call Invoke, which returns the whole answer."
        )
    shape = model.output_shape
    members = {} if shape is None else shape.members
    places = {name: member.serialization.get("location") for name, member in members.items()}
    payload = None if shape is None else shape.serialization.get("payload")
    return _Plan(
        status=RECORDED_STATUS.get(operation, model.http.get("responseCode", 200)),
        status_member=next((name for name, at in places.items() if at == "statusCode"), None),
        headers=tuple(
            (name, members[name].serialization.get("name", name))
            for name, at in places.items()
            if at == "header"
        ),
        payload=None if payload is None else (payload, members[payload]),
        body=tuple(
            (name, members[name])
            for name, at in places.items()
            if at is None and name != payload and payload is None
        ),
        has_output=shape is not None,
    )


def serialise(operation: str, output: Mapping[str, Any], request_id: str | None = None) -> Response:
    """Turn a backend's answer into an HTTP response.

    Parameters
    ----------
    operation
        AWS's name of the operation.
    output
        The answer, named and typed as boto3 returns it. Members that are ``None`` are left out;
        members that the model does not have are never sent. A timestamp is an aware datetime, or
        seconds since the epoch.
    request_id
        Sent as ``x-amzn-RequestId``.

    Returns
    -------
    tuple
        Status, headers and body. The status is the answer's own where the model has a member for
        it (`Invoke`: 200, 202 or 204), otherwise the operation's.

    Raises
    ------
    NotModelledError
        For an operation whose answer is a stream of events.

    Examples
    --------
    >>> serialise("PutFunctionConcurrency", {"ReservedConcurrentExecutions": 5})
    (200, {'Content-Type': 'application/json'}, b'{"ReservedConcurrentExecutions":5}')
    >>> serialise("Invoke", {"StatusCode": 200, "ExecutedVersion": "$LATEST", "Payload": b"1"})
    (200, {'Content-Type': 'application/json', 'X-Amz-Executed-Version': '$LATEST'}, b'1')
    >>> serialise("DeleteAlias", {})
    (204, {}, b'')
    """
    plan = _plan(operation)
    status = plan.status
    if plan.status_member is not None and output.get(plan.status_member) is not None:
        status = int(output[plan.status_member])
    body = b"" if status in _WITHOUT_BODY else _body(plan, output)
    headers = {"Content-Type": _JSON} if body else {}
    headers |= _request_id(request_id)
    for member, name in plan.headers:
        if (value := output.get(member)) is not None:
            headers[name] = str(value)
    return status, headers, body


def _request_id(request_id: str | None) -> dict[str, str]:
    return {} if request_id is None else {"x-amzn-RequestId": request_id}


def _body(plan: _Plan, output: Mapping[str, Any]) -> bytes:
    if plan.payload is not None:
        member, shape = plan.payload
        value = output.get(member)
        if shape.type_name == "structure":
            return _dump(_encode(shape, value or {}))
        return value.encode() if isinstance(value, str) else bytes(value or b"")
    if not plan.has_output:
        return b""
    return _dump(
        {
            name: _encode(shape, value)
            for name, shape in plan.body
            if (value := output.get(name)) is not None
        }
    )


def _dump(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def _encode(shape: Any, value: Any) -> Any:
    """Turn *value* into what JSON can hold for *shape*."""
    kind = shape.type_name
    if kind == "structure":
        members = shape.members
        return {
            name: _encode(members[name], item)
            for name, item in value.items()
            if name in members and item is not None
        }
    if kind == "map":
        return {name: _encode(shape.value, item) for name, item in value.items()}
    if kind == "list":
        return [_encode(shape.member, item) for item in value]
    if kind == "blob":
        data = value.encode() if isinstance(value, str) else bytes(value)
        return base64.b64encode(data).decode("ascii")
    if kind == "timestamp" and isinstance(value, datetime):
        return _epoch_seconds(value)
    return value


def _epoch_seconds(moment: datetime) -> float:
    """Return seconds since the epoch, to the millisecond: the form REST-JSON prescribes."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round(moment.timestamp(), 3)


def serialise_error(error: AwsError | NotModelledError, request_id: str | None = None) -> Response:
    """Turn an error into an HTTP response.

    Parameters
    ----------
    error
        What AWS would answer, or the statement that this package does not model it: status 501
        with code ``NotModelledException``, which no AWS client takes for AWS's or retries.
    request_id
        Sent as ``x-amzn-RequestId``.

    Examples
    --------
    >>> from lambda_lab.aws.errors import aws_error
    >>> error = aws_error("ResourceNotFoundException", "Function not found: f")
    >>> status, headers, body = serialise_error(error, "7f8c1c5e")
    >>> status, headers["x-amzn-ErrorType"], body
    (404, 'ResourceNotFoundException', b'{"Type":"User","Message":"Function not found: f"}')
    """
    if isinstance(error, NotModelledError):
        error = AwsError("NotModelledException", str(error), status=501, members={})
    headers = {"Content-Type": _JSON, "x-amzn-ErrorType": error.code}
    return error.status, headers | _request_id(request_id) | error.headers, _dump(error.body())
