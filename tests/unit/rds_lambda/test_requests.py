"""What the extension asks: read strictly, and told in texts that PostgreSQL can hold."""

from __future__ import annotations

import base64
import json
import random

import pytest

from lambda_lab.rds.aws_lambda.requests import (
    SqlError,
    WrongRequest,
    milliseconds,
    read,
    refused,
    told,
)


def encoded(value: object) -> bytes:
    return base64.b64encode(json.dumps(value).encode())


def test_lines_in_base64_do_not_matter() -> None:
    # PostgreSQL breaks base64 into lines of 76.
    event = base64.encodebytes(b"x" * 200)
    request = read(b"t " + encoded({"a": 1}) + b" " + event)
    assert request is not None
    assert (request.token, request.parameters, request.event) == ("t", {"a": 1}, b"x" * 200)


def test_no_event_is_none() -> None:
    request = read(b"t e30=")
    assert request is not None
    assert request.event is None


@pytest.mark.parametrize(
    "query",
    [
        *(b"", b"t", b"SELECT 1 2 3", b"t \xff", b"t !!!!", b"t bnVsbA==", b"t W10="),
        *(b"\xff e30=", b"t e30= A", b"t " + base64.b64encode(b"[" * 100_000)),
    ],
)
def test_what_cannot_be_read(query: bytes) -> None:
    with pytest.raises(WrongRequest):
        read(query)


def test_noise() -> None:
    chance = random.Random(3)
    good = b"token " + encoded({"function_name": "f"}) + b" MQ=="
    for _ in range(2000):
        data = bytearray(good)
        for _ in range(chance.randrange(1, 8)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        try:
            read(bytes(data))
        except WrongRequest:
            continue


def test_answers_are_ascii_without_zeros() -> None:
    row = refused(SqlError("a\0b € \ud800", "detail"))
    assert row[1] is None
    text = base64.b64decode(row[0]).decode("ascii")
    assert "\\u0000" not in text
    assert json.loads(text)["detail"] == "detail"
    assert told({"status_code": 200}, b"\xff")[1] == b"/w=="


@pytest.mark.parametrize(
    ("text", "value"), [("1", 1), ("900000", 900_000), (" 5 s ", 5000), ("15min", 900_000)]
)
def test_durations(text: str, value: int) -> None:
    assert milliseconds({"connect_timeout_ms": text}, "connect_timeout_ms") == value


def test_an_error_names_the_setting() -> None:
    with pytest.raises(SqlError, match=r"aws_lambda\.request_timeout_ms") as failure:
        milliseconds({"request_timeout_ms": "0"}, "request_timeout_ms")
    assert failure.value.code == "22023"
