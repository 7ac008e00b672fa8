"""What cannot be priced gets a word that says what is allowed, and where that is written."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from lambda_lab import cost
from lambda_lab.cost import Workload, WorkloadError
from lambda_lab.cost.fields import fields
from lambda_lab.errors import LabError

NAN, INF = math.nan, math.inf


class Odd:
    def __repr__(self) -> str:
        raise RuntimeError("no")


EVERYWHERE: list[Any] = [
    -1, -0.001, NAN, INF, -INF, 2e308, 1e300, Decimal("NaN"), Decimal("-Infinity"),
    Decimal("1E+999999"), 10**5000, True, None, "text", "5", "", b"1", [1], {}, 1j, Odd(),
    Fraction(1, 3), object,
]  # fmt: skip


def refused(says: str, **given: Any) -> WorkloadError:
    whole = {"requests": 1000, "duration_ms": 100} | given
    with pytest.raises(WorkloadError) as caught:
        Workload(**whole)
    message = str(caught.value)
    assert says in message
    assert message.endswith(").")
    assert len(message) < 300
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, LabError)
    return caught.value


@pytest.mark.parametrize("name", list(fields()))
@pytest.mark.parametrize("value", EVERYWHERE, ids=range(len(EVERYWHERE)))
def test_no_number_takes_what_is_none(name: str, value: Any) -> None:
    error = refused(fields()[name].label, **{name: value})
    assert error.field == name
    assert "Give a" in str(error)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"memory_mb": 20 * 1024}, "Memory is 20480. Give a whole number from 128 to 10,240 MB"),
        ({"memory_mb": 127}, "128 to 10,240 MB"),
        ({"memory_mb": 512.5}, "a whole number"),
        ({"duration_ms": 16 * 60 * 1000}, "from 0 to 900,000 ms"),
        ({"duration_ms": 900_000.001}, "from 0 to 900,000 ms"),
        ({"duration_ms": 0.0001}, "with at most 3 decimals"),
        ({"requests": 2.5}, "a whole number"),
        ({"requests": 10**15 + 1}, "this book's, not AWS's"),
        ({"cold_percent": 100.001}, "0 to 100"),
        ({"init_ms": 10_001}, "0 to 10,000 ms"),
        ({"ephemeral_mb": 511}, "512 to 10,240 MB"),
        ({"provisioned_hours": 745}, "0 to 744 h"),
    ],
)
def test_what_is_out_of_bounds(given: dict[str, Any], says: str) -> None:
    refused(says, **given)


def test_quotas_name_their_page() -> None:
    assert "https://docs.aws.amazon.com/lambda/" in str(refused("Memory", memory_mb=1))
    assert "https://docs.aws.amazon.com/lambda/" in str(refused("Duration", duration_ms=-1))


@pytest.mark.parametrize("value", ["x86", "ARM64", "", None, 64, ["arm64"], {}, NAN])
def test_an_architecture_that_lambda_has_not(value: Any) -> None:
    assert refused("Architecture is", architecture=value).field == "architecture"


def test_what_is_long_is_not_said_in_full() -> None:
    assert len(str(refused("Architecture is", architecture="x" * 9_000))) < 300
    with pytest.raises(WorkloadError, match="There is no price for 'xxx") as caught:
        cost.charge("x" * 9_000, 1)
    assert len(str(caught.value)) < 700


@pytest.mark.parametrize("value", [3e6, 3_000_000, Decimal("3E+6"), Fraction(3_000_000)])
def test_a_whole_number_may_come_in_any_type(value: Any) -> None:
    found = Workload(requests=value, duration_ms=1).requests
    assert str(found) == "3000000"


def test_the_ends_of_each_range_are_allowed() -> None:
    for name, field in fields().items():
        for end in (field.least, field.most):
            Workload(**{"requests": 1, "duration_ms": 1, name: end})


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("0", 0), ("3,000,000", 3_000_000), (" 3 000 000 ", 3_000_000), ("3_000_000", 3_000_000),
        ("3e6", 3_000_000), ("3E+6", 3_000_000), ("+7", 7), ("7.", 7), ("7.000", 7),
        ("1e15", 10**15),
        ("007", 7), ("0e999", 0), ("0e-999", 0), ("-0", 0), ("70e-1", 7), ("7." + "0" * 400, 7),
    ],
)  # fmt: skip
def test_what_a_reader_may_type(typed: str, number: int) -> None:
    assert fields()["requests"].parse(typed) == number


@pytest.mark.parametrize(
    "typed",
    [
        "", " ", "-1", "nan", "NaN", "inf", "Infinity", "-Infinity", "2e308", "1e-3", "1e9999",
        "text", "1.5", "0x10", "1/2", "١٢", "1e", ".", "--1", "1+1", "10" * 400, "=1", "<b>1</b>",
        "1e16", "1,5.5", "7." + "0" * 400 + "1", "null", "1e-999",
    ],
)  # fmt: skip
def test_what_a_reader_may_not_type(typed: str) -> None:
    with pytest.raises(WorkloadError, match=r"month is (“.+”|empty)\. Give a whole") as caught:
        fields()["requests"].parse(typed)
    assert len(str(caught.value)) < 250


@pytest.mark.parametrize("name", ["nat", "", None, 5, ["logs.gb"]])
def test_a_service_without_a_price(name: Any) -> None:
    with pytest.raises(WorkloadError, match=r"Give one of nat-gateway\.hours"):
        cost.charge(name, 1)


@pytest.mark.parametrize("value", EVERYWHERE, ids=range(len(EVERYWHERE)))
def test_a_quantity_that_cannot_be(value: Any) -> None:
    with pytest.raises(WorkloadError, match="Give a number from 0"):
        cost.charge("logs.gb", value)
    with pytest.raises(WorkloadError, match=r"Servers is .* Give a whole number from 1"):
        cost.server("m7g.large", servers=value)


@pytest.mark.parametrize("name", ["m7g", "", None, "M7G.LARGE", "minimum", []])
def test_an_instance_without_a_price(name: Any) -> None:
    with pytest.raises(WorkloadError, match=r"t3\.large"):
        cost.hourly(name)


def test_reports_that_are_masked_or_of_no_architecture() -> None:
    line = "REPORT RequestId: a\tDuration: … ms\tBilled Duration: … ms\tMemory Size: 128 MB\t"
    with pytest.raises(WorkloadError, match="masked"):
        cost.from_reports([line])
    with pytest.raises(WorkloadError, match="x86_64 or arm64"):
        cost.from_reports([], architecture="sparc")
    assert cost.from_reports(["START RequestId: a", "a line of yours"]).lines == ()
    assert cost.from_reports([]).words == "The bill is $0.00: everything is free."


def test_reports_in_json_are_billed_too() -> None:
    metrics = {"durationMs": 1.2, "billedDurationMs": 3000, "memorySizeMB": 1024}
    record = {"requestId": "a", "metrics": metrics | {"maxMemoryUsedMB": 40}, "status": "success"}
    report = {"time": "2026-11-21T12:00:00.000Z", "type": "platform.report", "record": record}
    other = {"level": "INFO", "message": json.dumps(report), "type": "app"}
    lines = [json.dumps(report), json.dumps(report, separators=(",", ":")), json.dumps(other)]
    found = cost.from_reports(lines)
    assert [line.quantity for line in found.lines] == [2, Decimal(6)]
    with pytest.raises(WorkloadError, match="masked"):
        cost.from_reports([lines[0].replace("3000", "…")])


def test_reports_of_runs_that_failed_are_billed_like_others() -> None:
    report = (
        "REPORT RequestId: a\tDuration: 1.20 ms\tBilled Duration: {} ms\tMemory Size: 1024 MB\t{}"
    )
    lines = [report.format(3000, "Status: timeout"), report.format(1002, "Init Duration: 1000 ms")]
    found = cost.from_reports(lines, architecture="arm64")
    assert [line.quantity for line in found.lines] == [2, Decimal("4.002")]


SINGLE = [None, 5, math.nan, "text", b"text", True, object()]


@pytest.mark.parametrize("value", [*SINGLE, [], {}])
@pytest.mark.parametrize("ask", [cost.bill, lambda value: cost.break_even(value, "m7g.large")])
def test_what_is_priced_is_a_workload(ask: Callable[[Any], object], value: Any) -> None:
    with pytest.raises(WorkloadError, match=r"give a lambda_lab\.cost\.Workload\.$"):
        ask(value)


@pytest.mark.parametrize("value", SINGLE)
def test_services_beside_are_a_list(value: Any) -> None:
    light = cost.Workload(requests=0, duration_ms=100)
    with pytest.raises(WorkloadError, match="give a list of names"):
        cost.break_even(light, "m7g.large", also=value)


@pytest.mark.parametrize("value", SINGLE)
def test_a_log_is_a_list_of_texts(value: Any) -> None:
    """One text would be read letter by letter, and cost nothing."""
    with pytest.raises(WorkloadError, match="give a list of messages"):
        cost.from_reports(value)
    if not isinstance(value, str):
        with pytest.raises(WorkloadError, match="is no message of a log"):
            cost.from_reports([value])


@pytest.mark.parametrize("value", [*SINGLE, 0.5, Decimal("NaN"), Decimal("Infinity"), []])
def test_an_amount_is_exact(value: Any) -> None:
    with pytest.raises(WorkloadError, match="give a finite Decimal"):
        cost.dollars(value)
