"""IAM tokens that are wrong in every way."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import boto3
import pytest

from lambda_lab.rds.iam_token import TokenRefused, verify_token

REGION, HOST, PORT = "us-east-1", "db.c0.us-east-1.rds.amazonaws.com", 5432
KEYS = {"AKIAGOOD": "good", "ASIATEMP": "temporary"}


def token(
    key: str = "AKIAGOOD", session: str | None = None, user: str = "jane doe", host: str = HOST
) -> str:
    client = boto3.client(
        "rds",
        region_name=REGION,
        aws_access_key_id=key,
        aws_secret_access_key=KEYS[key],
        aws_session_token=session,
    )
    return str(client.generate_db_auth_token(host, PORT, user))


def verify(text: str, late: float = 0, **more: object) -> str:
    asked: dict[str, object] = {"user": "jane doe", "hosts": [HOST], "port": PORT, **more}
    found = re.search(r"X-Amz-Date=(\d{8}T\d{6})Z", text)
    made = datetime.strptime(found[1], "%Y%m%dT%H%M%S") if found else datetime(2026, 1, 1)  # noqa: DTZ001, DTZ007
    now = made.replace(tzinfo=UTC).timestamp() + late

    def secret_of(key: str, session: str | None) -> str | None:
        return KEYS.get(key) if (key == "ASIATEMP") == (session == "the/se+ssion=") else None

    return verify_token(  # type: ignore[arg-type]
        text, region=REGION, age_of=lambda signed: now - signed / 1e9, secret_of=secret_of, **asked
    )


def test_good_ones() -> None:
    assert verify(token()) == "AKIAGOOD"
    assert verify(token("ASIATEMP", "the/se+ssion=")) == "ASIATEMP"
    assert verify(token(host=HOST.upper())) == "AKIAGOOD"
    assert verify(token(user="a+b&c=d/é"), user="a+b&c=d/é") == "AKIAGOOD"


@pytest.mark.parametrize(
    ("late", "good"), [(0, True), (899, True), (902, False), (-299, True), (-302, False)]
)
def test_age(late: float, good: bool) -> None:
    text = token()
    if good:
        verify(text, late)
    else:
        with pytest.raises(TokenRefused):
            verify(text, late)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Action=connect", "Action=disconnect"), ("DBUser=jane%20doe", "DBUser=postgres"),
        (HOST, "elsewhere"), (":5432", ":5433"), (":5432", ":x"), (":5432", ""), ("/?", "/x?"),
        (HOST, f"me@{HOST}"), ("us-east-1%2F", "eu-west-1%2F"), ("rds-db", "s3"),
        ("aws4_request", "aws4"), ("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"),
        ("SignedHeaders=host", "SignedHeaders=host%3Bdate"), ("Expires=900", "Expires=90000"),
        ("Expires=900", "Expires=-1"), ("Expires=900", "Expires=x"), ("Expires=900", "Expires="),
        ("Signature=", "Signature=0"), ("&X-Amz-Signature=", "&X-Amz-Nothing="),
        ("AKIAGOOD", "AKIANONE"), ("AKIAGOOD", "ASIATEMP"), ("Action=", "Action=connect&Action="),
        ("?Action", "?More=1&Action"), ("X-Amz-Date=2", "X-Amz-Date=9"), ("Z&", "&"),
    ],
)  # fmt: skip
def test_changed_ones(old: str, new: str) -> None:
    text = token()
    assert old in text
    with pytest.raises(TokenRefused):
        verify(text.replace(old, new, 1))


@pytest.mark.parametrize(
    "text",
    ["", "?", "a" * 70_000, "\0", "é", "host:5432/?", "[::1/?Action=connect", "x\n", "%zz=&="],
)
def test_what_is_no_token(text: str) -> None:
    with pytest.raises(TokenRefused):
        verify(text)


def test_every_letter_counts() -> None:
    text = token()
    for place in range(len(text)):
        changed = text[:place] + ("a" if text[place] != "a" else "b") + text[place + 1 :]
        if changed.lower() != text.lower():
            with pytest.raises(TokenRefused):
                verify(changed)


def test_a_session_token_that_is_left_out() -> None:
    text = re.sub(r"&X-Amz-Security-Token=[^&]*", "", token("ASIATEMP", "the/se+ssion="))
    with pytest.raises(TokenRefused):
        verify(text)
