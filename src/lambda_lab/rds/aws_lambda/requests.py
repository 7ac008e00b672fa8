"""What the extension asks, and what it is told, as texts.

A request is a token, the parameters of ``aws_lambda.invoke`` as base64 JSON, and, unless it is
null, the event as base64; spaces stand between them. An answer is what there is to tell as base64
JSON - the ``OUT`` parameters, or an SQL error - and the function's result as base64.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lambda_lab import facts

__all__ = ["Request", "SqlError", "WrongRequest", "milliseconds", "read", "refused", "told"]

INVALID_PARAMETER = "22023"
INVOKE_FAILED = "58000"
"""SQLSTATE of a call that failed. AWS does not publish it: confidence L."""
_UNITS = {"": 1, "ms": 1, "s": 1000, "min": 60_000}
_DURATION = re.compile(r"\s*(\d{1,12})\s*([a-z]{0,3})\s*")


class WrongRequest(Exception):
    """Nothing that the extension sends; the message says what is wrong."""


class SqlError(Exception):
    """An error that the session gets.

    Parameters
    ----------
    message
        After ``ERROR:``.
    detail, hint
        After ``DETAIL:`` or ``HINT:``; one of them at most.
    code
        Its SQLSTATE.
    """

    def __init__(
        self,
        message: str,
        detail: str | None = None,
        code: str = INVOKE_FAILED,
        *,
        hint: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message, self.detail, self.code, self.hint = message, detail, code, hint

    @classmethod
    def of_client(cls, text: str, code: str = INVOKE_FAILED) -> SqlError:
        """Return the error for what the SDK inside the extension answers.

        https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/PostgreSQL-Lambda-errors.html
        """
        return cls("invoke API failed", f"AWS Lambda client returned '{text}'", code)


@dataclass(frozen=True, slots=True)
class Request:
    """One call of ``aws_lambda.invoke``."""

    token: str
    parameters: Mapping[str, Any]
    event: bytes | None


def read(query: bytes) -> Request | None:
    """Read a query; ``None`` if it is no request.

    Raises
    ------
    WrongRequest
        If it looks like one and is not.

    Examples
    --------
    >>> read(b"SET client_encoding TO 'UTF8'") is None
    True
    >>> read(b"token e30= MQ==")
    Request(token='token', parameters={}, event=b'1')
    """
    token, *parts = query.split(b" ")
    if token.upper() == b"SET":
        return None
    if len(parts) not in (1, 2):
        raise WrongRequest("a request has two or three parts")
    try:
        parameters = json.loads(base64.b64decode(parts[0]))
        event = base64.b64decode(parts[1]) if len(parts) > 1 else None
        text = token.decode("ascii")
    except (binascii.Error, ValueError, RecursionError) as mistake:
        raise WrongRequest(f"a request cannot be read: {mistake}") from mistake
    if not isinstance(parameters, dict):
        raise WrongRequest("the parameters of a request are an object")
    return Request(text, parameters, event)


def told(output: Mapping[str, Any], result: bytes | None) -> tuple[bytes, bytes | None]:
    """Return the row for a call that went well."""
    return _encoded(output), None if result is None else base64.b64encode(result)


def refused(error: SqlError) -> tuple[bytes, bytes | None]:
    """Return the row for a call that ends in an error."""
    told = {"error": error.message, "code": error.code, "detail": error.detail, "hint": error.hint}
    return _encoded(told), None


def _encoded(output: Mapping[str, Any]) -> bytes:
    # PostgreSQL's texts hold no zero character; an error's text may quote one.
    return base64.b64encode(json.dumps(output).replace("\\u0000", "").encode())


def milliseconds(parameters: Mapping[str, Any], name: str) -> int:
    """Return the value of ``aws_lambda.connect_timeout_ms`` or its like.

    Parameters
    ----------
    parameters
        Of the request: the setting as text, or nothing where none is set.
    name
        The setting without ``aws_lambda.``.

    Raises
    ------
    SqlError
        If it is no duration, or out of bounds.

    Examples
    --------
    >>> milliseconds({"request_timeout_ms": "5s"}, "request_timeout_ms")
    5000
    >>> milliseconds({}, "request_timeout_ms") == facts.value("rds.lambda.request-timeout.default")
    True
    """
    key = f"rds.lambda.{name.removesuffix('_ms').replace('_', '-')}"
    text = parameters.get(name)
    if text in (None, ""):
        return int(facts.value(f"{key}.default"))
    found = _DURATION.fullmatch(str(text))
    longest = int(facts.value("rds.lambda.timeout.maximum"))
    setting = f"aws_lambda.{name}"
    if found is None or found[2] not in _UNITS:
        # As PostgreSQL says it of its own parameters.
        raise SqlError(f'invalid value for parameter "{setting}": "{text}"', code=INVALID_PARAMETER)
    value = int(found[1]) * _UNITS[found[2]]
    if not 1 <= value <= longest:
        raise SqlError(
            f'{value} ms is outside the valid range for parameter "{setting}" '
            f"(1 ms .. {longest} ms)",
            code=INVALID_PARAMETER,
        )
    return value
