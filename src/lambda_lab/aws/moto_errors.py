"""Errors that leave one of moto's services: what our own rooms raise inside it, and its own bugs.

They become answers that the caller's SDK understands, so that one request fails and the region
goes on.
"""

from __future__ import annotations

import json
import logging
from html import escape
from typing import Any

from lambda_lab.errors import AwsError, NotModelledError

__all__ = ["refusal"]

log = logging.getLogger("lambda_lab")


def refusal(error: Exception) -> Any:
    """Turn *error* into the answer of the service that met it.

    moto's own answers are exceptions too; they pass as they are.
    """
    from werkzeug.exceptions import HTTPException

    if isinstance(error, HTTPException):
        return error
    if isinstance(error, NotModelledError):
        status, code, message = 501, "NotModelledException", str(error)
    elif isinstance(error, NotImplementedError):
        # moto's own word for what it leaves out. A 501 is not tried again, a 500 is.
        status, code = 501, "NotModelledException"
        message = f"moto does not model this: {error}"
    elif isinstance(error, AwsError):
        status, code, message = error.status, error.code, error.message
    else:
        log.exception("moto failed to answer", exc_info=error)
        status, code = 500, "InternalFailure"
        message = f"moto failed to answer: {type(error).__name__}: {error}."
    return _response(status, code, message)


def _response(status: int, code: str, message: str) -> Any:
    from flask import Response, request

    if _speaks_json():
        body = json.dumps({"__type": code, "message": message})
        kind = request.content_type or "application/json"
        return Response(body, status, {"x-amzn-ErrorType": code}, content_type=kind)
    body = (
        f"<ErrorResponse><Error><Type>Sender</Type><Code>{escape(code)}</Code>"
        f"<Message>{escape(message)}</Message></Error></ErrorResponse>"
    )
    return Response(body, status, content_type="text/xml")


def _speaks_json() -> bool:
    """Whether the caller's protocol is JSON: it names a target, or sends JSON itself."""
    from flask import request

    return "X-Amz-Target" in request.headers or "json" in (request.content_type or "")
