"""Messages, statements' names, metrics: what needs no server."""

from __future__ import annotations

import pytest

from lambda_lab.rds.proxy.metrics import DatabaseMetrics, Readings, Snapshot
from lambda_lab.rds.proxy.refusals import TIMED_OUT, Refusal
from lambda_lab.rds.proxy.settings import ProxySettings
from lambda_lab.rds.proxy.statements import StatementNames, deallocated
from lambda_lab.rds.proxy.wire import (
    ProtocolError,
    check_frame,
    error,
    error_fields,
    parameters_of,
    startup_body,
)


def test_errors_there_and_back() -> None:
    fields = error_fields(error("FATAL", "08000", "text\0 with a zero, é")[5:])
    assert fields == {"S": "FATAL", "V": "FATAL", "C": "08000", "M": "text with a zero, é"}
    assert error_fields(TIMED_OUT.as_message()[5:])["C"] == "08000"
    assert Refusal.of_database({}).code == "XX000"


@pytest.mark.parametrize(
    "body", [b"", b"\0", b"user\0", b"user\0app\0", b"user\0app", b"a\0b\0c\0\0"]
)
def test_parameters_that_are_none(body: bytes) -> None:
    if body == b"\0":
        assert parameters_of(body) == {}
        return
    with pytest.raises(ProtocolError):
        parameters_of(body)


def test_parameters_there_and_back() -> None:
    words = {"user": "é", "database": "", "application_name": "a b"}
    assert parameters_of(startup_body(words)) == words


@pytest.mark.parametrize(
    ("letter", "length", "good"),
    [
        ("Q", 4, True), ("Q", 2**30 - 2, True), ("Q", 2**30, False), ("Q", 3, False),
        ("S", 4, True), ("S", 10_000, True), ("S", 10_001, False), ("z", 4, False), ("p", 9, False),
    ],
)  # fmt: skip
def test_frames(letter: str, length: int, good: bool) -> None:
    if good:
        check_frame(ord(letter), length)
    else:
        with pytest.raises(ProtocolError):
            check_frame(ord(letter), length)


def test_names_of_statements_are_bounded() -> None:
    names = StatementNames()
    first = names.of(b"first")
    for number in range(5000):
        names.of(b"%d" % number)
    assert len(names._known) == 2000
    assert names.of(b"first").name != first.name
    assert first.shared
    assert not names.private(b"x").shared


@pytest.mark.parametrize(
    ("sql", "name"),
    [
        (b"DEALLOCATE PREPARE x;", b"x"), (b'deallocate "My Name"', b"My Name"),
        (b"DEALLOCATE Mine", b"mine"), (b"DISCARD ALL", b""), (b"DEALLOCATE PREPARE ALL", b""),
        (b"DEALLOCATE x; SELECT 1", None), (b"DISCARD TEMP", None), (b"DEALLOCATE", None),
    ],
)  # fmt: skip
def test_deallocated(sql: bytes, name: bytes | None) -> None:
    assert deallocated(sql) == name


def test_half_of_the_share_may_be_idle() -> None:
    settings = ProxySettings(lambda user: None, max_connections_percent=60)
    assert settings.idle_percent == 30
    with pytest.raises(PermissionError):
        settings.check_token("app", "token")


def test_stalls_and_availability() -> None:
    metrics = DatabaseMetrics()
    metrics.went_down(2)
    metrics.went_down(7)
    assert metrics.down
    metrics.came_up(3)
    metrics.came_up(0)
    (stall,) = metrics.stalls
    assert stall.waited == 7
    assert stall.seconds > 0
    empty = Readings()
    before = Snapshot({}, empty, 1000, 0)
    assert Snapshot({}, empty, 2000, 250).availability(before) == 75
    assert before.availability(before) == 100
