"""The text that destinations and dead-letter queues get."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from lambda_lab.invoke.event_records import (
    Ended,
    Response,
    dead_letter_attributes,
    detail_type,
    error_message,
    object_key,
    record,
    record_for,
)
from lambda_lab.invoke.event_rules import Condition

ARN = "arn:aws:lambda:us-east-1:123456789012:function:my-function:$LATEST"
MOMENT = 1_795_284_965_568_999_999  # 2026-11-21T18:16:05.568Z, less than a millisecond later
FAILED = Response(200, "no", b'{"errorMessage": "no"}', "$LATEST", "Unhandled")
ENDED = Ended(MOMENT, "r-1", ARN, b'{"n": 1}', Condition.RETRIES_EXHAUSTED, 3, FAILED)
SUCCEEDED = replace(ENDED, condition=Condition.SUCCESS, response=Response(200, "", b"1", "7"))


def test_the_whole_record() -> None:
    assert json.loads(record(ENDED)) == {
        "version": "1.0",
        "timestamp": "2026-11-21T18:16:05.568Z",
        "requestContext": {
            "requestId": "r-1",
            "functionArn": ARN,
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": {"n": 1},
        "responseContext": {
            "statusCode": 200,
            "executedVersion": "$LATEST",
            "functionError": "Unhandled",
        },
        "responsePayload": {"errorMessage": "no"},
    }


def test_a_success_names_no_error() -> None:
    context = json.loads(record(SUCCEEDED))["responseContext"]
    assert context == {"statusCode": 200, "executedVersion": "7"}


@pytest.mark.parametrize("response", [None, Response(429, "Rate Exceeded.")])
def test_a_function_that_never_ran_has_no_response(response: Response | None) -> None:
    parts = json.loads(record(replace(ENDED, response=response)))
    assert set(parts) == {"version", "timestamp", "requestContext", "requestPayload"}


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b"null", None),
        (b"", None),
        (b'"text"', "text"),
        (b"no json", "no json"),
        (b"\xff", "\ufffd"),
        (b"[" * 100_000, "[" * 100_000),
    ],
)
def test_answers_of_every_kind(payload: bytes, expected: object) -> None:
    response = Response(200, "", payload, "$LATEST")
    assert json.loads(record(replace(ENDED, response=response)))["responsePayload"] == expected


def test_long_numbers_stay_as_they_are() -> None:
    digits = b"1" * 10_000
    text = record(replace(ENDED, payload=digits, response=replace(FAILED, payload=digits)))
    assert text.count(digits.decode()) == 2


def test_only_a_topic_gets_a_failure_without_payloads() -> None:
    large = replace(ENDED, payload=b'"' + b"x" * 262_144 + b'"')
    assert "requestPayload" not in json.loads(record_for("sns", large))
    assert "responsePayload" not in json.loads(record_for("sns", large))
    assert json.loads(record_for("sns", large))["responseContext"]["functionError"] == "Unhandled"
    assert record_for("sqs", large) == record(large)
    assert record_for("sns", ENDED) == record(ENDED)
    success = replace(large, condition=Condition.SUCCESS)
    assert record_for("sns", success) == record(success)


def test_detail_types() -> None:
    words = {condition: detail_type(condition).rpartition(" ")[2] for condition in Condition}
    assert {c for c, word in words.items() if word == "Success"} == {Condition.SUCCESS}
    assert set(words.values()) == {"Success", "Failure"}


def test_the_key_of_an_object() -> None:
    expected = "aws/lambda/async/my-function/2026/11/21/2026-11-21T18.16.05-u"
    assert object_key("my-function", MOMENT, "u") == expected


def test_the_attributes_of_a_dead_letter() -> None:
    assert dead_letter_attributes("r-1", FAILED) == {
        "RequestID": ("String", "r-1"),
        "ErrorCode": ("Number", "200"),
        "ErrorMessage": ("String", "no"),
    }
    assert dead_letter_attributes("r-1", None) == {"RequestID": ("String", "r-1")}


@pytest.mark.parametrize(
    ("message", "expected"),
    [("x" * 1024, "x" * 1024), ("x" * 1025, "x" * 1024), ("x" + "é" * 512, "x" + "é" * 511)],
)
def test_a_message_is_cut_between_characters(message: str, expected: str) -> None:
    attributes = dead_letter_attributes("r", Response(200, message))
    assert attributes["ErrorMessage"] == ("String", expected)


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b'{"errorMessage": "boom"}', "boom"),
        (b'{"errorMessage": 7}', '{"errorMessage": 7}'),
        (b'{"errorType": "E"}', '{"errorType": "E"}'),
        (b'"boom"', '"boom"'),
        (b"boom", "boom"),
        (b"", ""),
    ],
)
def test_the_message_in_an_error_document(payload: bytes, expected: str) -> None:
    assert error_message(payload) == expected
