"""From the wire to Python: JSON values and plain text, by the shapes of the service model.

A value of the wrong type is AWS's `SerializationException`, before any constraint is looked at.
The texts are those of AWS's own service framework. They were not recorded from Lambda itself:
"... can not be converted to ..." and "Start of structure or map found where not expected." are
seen by many users of Lambda and its sister services (confidence M), the rest is ours in their
manner (confidence L).
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from datetime import UTC, datetime
from itertools import accumulate
from typing import Any, NoReturn

from lambda_lab.aws.errors import aws_error

__all__ = ["MAX_DEPTH", "decode", "decode_text", "depth_of", "read_json_object"]

_JAVA_NAMES = {
    "string": "a String",
    "blob": "a ByteBuffer",
    "integer": "an Integer",
    "long": "a Long",
    "double": "a Double",
    "boolean": "a Boolean",
    "timestamp": "a Timestamp",
}
_MOST_DIGITS = 1000
"""Of a number in JSON: far more than any member holds. Python itself refuses to read 4,301."""
_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,19}")
MAX_DEPTH = 200
"""How deep a request may nest. An item of DynamoDB, the deepest there is, has 32 levels of two.
How far Python's reader goes differs from one Python to the next (under 1,000 to over 50,000), and
what reads the value after it follows every level with a call of its own."""
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"', re.DOTALL)
_STEPS = {ord("{"): 1, ord("["): 1, ord("}"): -1, ord("]"): -1}
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


def _refuse(text: str) -> NoReturn:
    raise aws_error("SerializationException", text)


def read_json_object(body: bytes) -> dict[str, Any]:
    """Read a request body that must be one JSON object; nothing at all counts as ``{}``.

    Raises
    ------
    AwsError
        `SerializationException` when the body is not JSON in UTF-8, or is not an object.

    Examples
    --------
    >>> read_json_object(b'{"Timeout": 3}'), read_json_object(b"")
    ({'Timeout': 3}, {})
    >>> read_json_object(b"{'Timeout': 3}")
    Traceback (most recent call last):
    ...
    lambda_lab.errors.AwsError: SerializationException: Could not parse request body into json: ...
    """
    if not body.strip():
        return {}
    if depth_of(body) > MAX_DEPTH:
        _refuse("Could not parse request body into json: it is nested too deeply")
    try:
        # Decoded here: json.loads would also guess UTF-16 and UTF-32, which AWS does not read.
        value = json.loads(body.decode("utf-8"), parse_int=_integer, parse_constant=_no_constant)
    except ValueError as error:
        _refuse(f"Could not parse request body into json: {error}")
    if _SURROGATE.search(body):
        _check_unicode(value)
    if not isinstance(value, dict):
        if isinstance(value, list):
            _refuse("Start of list found where not expected.")
        _refuse(f"Unexpected {_token(value)} where an object was expected.")
    return value


def _check_unicode(value: Any) -> None:
    """Refuse half a surrogate pair: JSON can escape one, and no text can be written with it."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        _refuse("Could not parse request body into json: half a surrogate pair is no character")


def depth_of(body: bytes) -> int:
    """Return how deep the brackets of *body* nest, or how many there are if they are few.

    Examples
    --------
    >>> depth_of(b'{"a": [1, {}]}'), depth_of(b"[" * 500 + b"]" * 500)
    (3, 500)
    """
    deepest = body.count(b"{") + body.count(b"[")
    if deepest <= MAX_DEPTH:
        return deepest
    steps = (_STEPS[byte] for byte in _STRING.sub(b"", body) if byte in _STEPS)
    return max(accumulate(steps), default=0)


def _no_constant(name: str) -> NoReturn:
    # Python reads NaN and Infinity; they are no JSON (RFC 8259, section 6).
    raise ValueError(f"{name} is not a JSON number")


def _integer(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise ValueError(f"a number of {len(digits)} digits is too long")
    return int(digits)


def _token(value: Any) -> str:
    """Name the kind of JSON token, as AWS's parser does."""
    if isinstance(value, bool):
        return "TRUE_VALUE" if value else "FALSE_VALUE"
    if isinstance(value, str):
        return "STRING_VALUE"
    return "NULL_VALUE" if value is None else "NUMBER_VALUE"


def decode(shape: Any, value: Any) -> Any:
    """Turn a JSON *value* into what boto3 would hold for *shape*.

    Members the model does not have are dropped, as AWS drops them; a member that is ``null``
    counts as absent.

    Parameters
    ----------
    shape
        A shape of the service model.
    value
        What `json.loads` returned for it; ``None`` stays ``None``.

    Raises
    ------
    AwsError
        `SerializationException` for a value of another type.
    """
    if value is None:
        return None
    kind = shape.type_name
    if kind == "structure":
        members = shape.members
        return {
            name: decode(members[name], item)
            for name, item in _of(dict, value).items()
            if name in members and item is not None
        }
    if kind == "map":
        return {name: decode(shape.value, item) for name, item in _of(dict, value).items()}
    if kind == "list":
        return [decode(shape.member, item) for item in _of(list, value)]
    return _scalar(kind, value)


def _of(container: type, value: Any) -> Any:
    if isinstance(value, container):
        return value
    if isinstance(value, dict):
        _refuse("Start of structure or map found where not expected.")
    if isinstance(value, list):
        _refuse("Start of list found where not expected.")
    wanted = "a list" if container is list else "a structure or map"
    _refuse(f"{_token(value)} can not be converted to {wanted}")


def _scalar(kind: str, value: Any) -> Any:
    if isinstance(value, dict | list):
        _of(type(None), value)
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if kind == "string" and isinstance(value, str):
        return value
    if kind == "boolean" and isinstance(value, bool):
        return value
    if kind in ("integer", "long") and number:
        return _whole(value)
    if kind == "double" and number:
        return _finite(value)
    if kind == "blob" and isinstance(value, str):
        return _base64(value)
    if kind == "timestamp" and (number or isinstance(value, str)):
        return _moment(value)
    _refuse(f"{_token(value)} can not be converted to {_JAVA_NAMES[kind]}")


def _whole(value: float) -> int:
    # AWS's parser cuts a fraction off (its class is called TruncatingBigNumber): 3.7 reads as 3.
    return int(_finite(value))


def _finite(value: float) -> float:
    if value in (float("inf"), float("-inf")):
        _refuse("NUMBER_VALUE is too large")  # 1e999 reads as infinity
    return value


def _base64(value: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        _refuse("STRING_VALUE can not be converted to a ByteBuffer: it is not base64")


def _moment(value: float | str) -> datetime:
    from botocore.utils import parse_timestamp

    try:
        moment: datetime = parse_timestamp(value)
    except (ValueError, OverflowError, RuntimeError):
        _refuse(f"{_token(value)} can not be converted to a Timestamp")
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def decode_text(shape: Any, text: str) -> Any:
    """Turn the *text* of a path label, query parameter or header into a value of *shape*.

    Raises
    ------
    AwsError
        `SerializationException` for a number, boolean or timestamp that is none.

    Examples
    --------
    >>> from lambda_lab.aws.model import service_model
    >>> decode_text(service_model().shape_for("MaxListItems"), "50")
    50
    """
    kind = shape.type_name
    if kind == "string":
        return text
    if kind in ("integer", "long") and _WHOLE_NUMBER.fullmatch(text):
        return int(text)
    if kind == "boolean" and text.lower() in ("true", "false"):
        return text.lower() == "true"
    if kind == "timestamp":
        return _moment(text)
    _refuse(f"STRING_VALUE can not be converted to {_JAVA_NAMES[kind]}")
