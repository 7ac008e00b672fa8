"""What Lambda says about an asynchronous event that has ended: pure text, sent by others.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from lambda_lab import facts
from lambda_lab.invoke.event_rules import Condition
from lambda_lab.runtime.report import iso_time

__all__ = [
    "ERROR_MESSAGE_BYTES",
    "Ended",
    "Response",
    "dead_letter_attributes",
    "detail_type",
    "error_message",
    "object_key",
    "record",
    "record_for",
]

ERROR_MESSAGE_BYTES = 1024
"""``ErrorMessage`` of a dead letter carries the first KB (the page above, "Dead-letter queues")."""


@dataclass(frozen=True, slots=True)
class Response:
    """What the last try came to."""

    status: int
    """200 if the function ran, else the status of the refusal."""
    message: str
    """Why it failed; empty on success."""
    payload: bytes | None = None
    """What the function answered; ``None`` if it did not run."""
    executed_version: str = ""
    function_error: str | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """An event that has ended."""

    time_ns: int
    request_id: str
    function_arn: str
    """Qualified: with the version or alias that was invoked, else ``$LATEST``."""
    payload: bytes
    condition: Condition
    invocations: int
    """How often the function ran with it."""
    response: Response | None
    """``None`` if it was never tried."""


def record(ended: Ended, *, payloads: bool = True) -> str:
    """Return the invocation record that a destination gets.

    Event and answer stand in it as they were: numbers keep their digits.

    Parameters
    ----------
    ended
        What there is to tell.
    payloads
        Whether the event and the answer are in it.

    Examples
    --------
    >>> response = Response(200, "", b'{"n": 1}', "$LATEST")
    >>> ended = Ended(0, "r", "arn:f:$LATEST", b"{}", Condition.SUCCESS, 1, response)
    >>> json.loads(record(ended))["responsePayload"]
    {'n': 1}
    """
    head = {
        "version": "1.0",
        "timestamp": iso_time(ended.time_ns),
        "requestContext": {
            "requestId": ended.request_id,
            "functionArn": ended.function_arn,
            "condition": str(ended.condition),
            "approximateInvokeCount": ended.invocations,
        },
    }
    parts = {name: _compact(value) for name, value in head.items()}
    if payloads:
        parts["requestPayload"] = ended.payload.decode(errors="replace")
    response = ended.response
    if response is not None and response.payload is not None:
        context: dict[str, object] = {
            "statusCode": response.status,
            "executedVersion": response.executed_version,
        }
        if response.function_error:
            context["functionError"] = response.function_error
        parts["responseContext"] = _compact(context)
        if payloads:
            parts["responsePayload"] = _as_json(response.payload)
    return "{" + ",".join(f'"{name}":{text}' for name, text in parts.items()) + "}"


def _compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def _as_json(payload: bytes) -> str:
    """Return an answer as it may stand in a JSON document; a text that is no JSON as a string."""
    text = payload.decode(errors="replace")
    try:
        json.loads(text, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return json.dumps(text) if text else "null"
    return text


def record_for(service: str, ended: Ended) -> str:
    """Return the record in the form that a destination of *service* takes.

    A topic's messages are small. Of a failure that does not fit, Lambda sends the record without
    the two payloads (botocore, ``OnFailure``); a success that does not fit is not sent.
    """
    text = record(ended)
    small = int(facts.value("async.sns-destination.maximum"))
    failed = ended.condition is not Condition.SUCCESS
    if service == "sns" and failed and len(text.encode()) > small:
        return record(ended, payloads=False)
    return text


def detail_type(condition: Condition) -> str:
    """Return the ``detail-type`` of the event that a bus gets.

    Examples
    --------
    >>> detail_type(Condition.EVENT_AGE_EXCEEDED)
    'Lambda Function Invocation Result - Failure'
    """
    word = "Success" if condition is Condition.SUCCESS else "Failure"
    return f"Lambda Function Invocation Result - {word}"


def object_key(function: str, time_ns: int, unique: str) -> str:
    """Return the key of the object that a bucket gets.

    Examples
    --------
    >>> object_key("f", 0, "u")
    'aws/lambda/async/f/1970/01/01/1970-01-01T00.00.00-u'
    """
    moment = datetime.fromtimestamp(time_ns // 1_000_000_000, tz=UTC)
    return f"aws/lambda/async/{function}/{moment:%Y/%m/%d/%Y-%m-%dT%H.%M.%S}-{unique}"


def dead_letter_attributes(
    request_id: str, response: Response | None
) -> Mapping[str, tuple[str, str]]:
    """Return the message attributes of a dead letter: name to (data type, text).

    Examples
    --------
    >>> attributes = dead_letter_attributes("r", Response(429, "Rate Exceeded."))
    >>> attributes["ErrorCode"], attributes["ErrorMessage"]
    (('Number', '429'), ('String', 'Rate Exceeded.'))
    """
    attributes = {"RequestID": ("String", request_id)}
    if response is None:
        return attributes
    attributes["ErrorCode"] = ("Number", str(response.status))
    message = response.message.encode()[:ERROR_MESSAGE_BYTES].decode(errors="ignore")
    if message:  # an attribute must not be empty
        attributes["ErrorMessage"] = ("String", message)
    return attributes


def error_message(payload: bytes) -> str:
    """Return ``errorMessage`` of a function's error document, or the document where it has none.

    Examples
    --------
    >>> error_message(b'{"errorMessage": "boom", "errorType": "ValueError"}')
    'boom'
    """
    text = payload.decode(errors="replace")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return text
    message = document.get("errorMessage") if isinstance(document, dict) else None
    return message if isinstance(message, str) else text
