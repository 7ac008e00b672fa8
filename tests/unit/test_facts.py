"""The loader, the records and the prose of the facts room."""

from __future__ import annotations

import dataclasses
import math
import tomllib
from datetime import date
from decimal import Decimal
from importlib import resources
from typing import Any

import pytest

from lambda_lab import facts
from lambda_lab.errors import LabError
from lambda_lab.facts import __main__ as command
from lambda_lab.facts import loader, upgrade
from lambda_lab.facts.prose import display

ENTRY: dict[str, Any] = {
    "value": 5,
    "unit": "layers",
    "kind": "documented quota",
    "scope": "function",
    "adjustable": False,
    "source": "DG:gettingstarted-limits",
    "checked": date(2026, 11, 21),
    "confidence": "H",
}


def test_a_fact_says_where_it_was_read() -> None:
    fact = facts.get("timeout.maximum")
    assert (fact.value, fact.unit, fact.text) == (900, "s", "900 seconds (15 minutes)")
    assert fact.kind is facts.Kind.QUOTA
    assert fact.url == "https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html"


def test_facts_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        facts.get("timeout.maximum").value = 901  # type: ignore[misc]
    with pytest.raises(TypeError):
        facts.all()["timeout.maximum"] = facts.get("timeout.default")  # type: ignore[index]


def test_an_unknown_key_names_the_nearest() -> None:
    with pytest.raises(facts.UnknownFactError, match=r"timeout\.maximum") as caught:
        facts.value("timeout.maximun")
    assert isinstance(caught.value, LabError)
    assert isinstance(caught.value, KeyError)
    assert not str(caught.value).startswith(("'", '"'))


@pytest.mark.parametrize("key", ["", "zzz", "TIMEOUT", "a" * 10_000])
def test_a_key_like_no_other_still_says_what_to_do(key: str) -> None:
    with pytest.raises(facts.UnknownFactError, match=r"facts\.all\(\)"):
        facts.get(key)


@pytest.mark.parametrize("key", [None, 5, math.nan, True, [], {}, {1}, b"timeout.maximum", object])
def test_what_is_no_key_at_all(key: Any) -> None:
    for ask in (facts.get, facts.value):
        with pytest.raises(facts.UnknownFactError, match=r"facts\.all\(\) lists every key"):
            ask(key)


def test_a_long_key_is_not_said_in_full() -> None:
    with pytest.raises(facts.UnknownFactError) as caught:
        facts.get("a" * 10_000)
    assert len(str(caught.value)) < 150


def test_data_is_read_once() -> None:
    assert facts.all() is facts.all()
    assert facts.metrics() is facts.metrics()


def test_prices_are_exact() -> None:
    assert facts.value("price.requests") == Decimal("0.20")
    assert isinstance(facts.value("alias.weight.maximum"), float)
    prices = [fact for fact in facts.all().values() if fact.kind is facts.Kind.PRICE]
    assert len(prices) > 20
    for fact in prices:
        assert isinstance(fact.value, Decimal), fact.key
        assert fact.unit == "USD", fact.key


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0, "s", "0 seconds"),
        (60, "s", "60 seconds (1 minute)"),
        (90, "s", "90 seconds"),
        (1, "layers", "1 layer"),
        (0, "retries", "0 retries"),
        (Decimal("8"), "USD", "$8.00"),
        (Decimal("1234.5"), "USD", "$1,234.50"),
        (("a",), "names", "`a`"),
        (("a", "b"), "text", "a and b"),
    ],
)
def test_display(value: Any, unit: str, text: str) -> None:
    assert display(value, unit) == text


def test_every_unit_has_a_singular_and_a_plural() -> None:
    measured = [fact for fact in facts.all().values() if not isinstance(fact.value, str | tuple)]
    units = {fact.unit for fact in measured} - {"USD", "count", "ratio"}
    written_out = {"s": "second", "ms": "millisecond", "min": "minute", "h": "hour"}
    irregular = {
        "addresses": "address",
        "batches": "batch",
        "concurrent batches": "concurrent batch",
        "polls per second": "poll per second",
        "processes and threads": "process and thread",
        "proxies": "proxy",
        "requests per second": "request per second",
        "retries": "retry",
    }
    # Signs, and facts whose text is their own.
    alone = {"%", "GB", "GiB", "KB", "MB", "Mbps", "percent"}
    alone |= {"HTTP status", "port"}
    for unit in sorted(units):
        one, two = display(1, unit).partition(" ")[2], display(2, unit).partition(" ")[2]
        if unit in written_out:
            assert (one, two) == (written_out[unit], f"{written_out[unit]}s"), unit
        elif unit in alone:
            assert (one, two) == (unit, unit), unit
        else:
            assert (one, two) == (irregular.get(unit, unit.removesuffix("s")), unit), unit
            assert one != two, f"{unit}: say how one of it is called"
    for fact in measured:
        if fact.value == 1 and " " in fact.text:
            assert not fact.text.endswith(("s", "he")), f"{fact.key}: {fact.text}"


def test_substitutions_are_names_myst_can_take() -> None:
    found = facts.substitutions()
    assert found["memory_maximum"] == "10,240 MB"
    assert found["price_duration_x86"] == "$0.0000166667"
    assert all(name.isidentifier() and text for name, text in found.items())
    printable = [fact for fact in facts.all().values() if fact.printable]
    assert len(found) == len(printable), "two keys give the same substitution"


def test_low_confidence_stays_out_of_prose_unless_it_says_why() -> None:
    low = [fact for fact in facts.all().values() if fact.confidence is facts.Confidence.LOW]
    assert low
    names = facts.substitutions()
    for fact in low:
        name = fact.key.replace(".", "_").replace("-", "_")
        assert (name in names) == (fact.print_anyway and bool(fact.reason)), fact.key
    silent = loader.build_fact("k", {**ENTRY, "confidence": "L"}, "f.toml")
    spoken = loader.build_fact(
        "k", {**ENTRY, "confidence": "L", "print_anyway": True, "reason": "why"}, "f.toml"
    )
    assert (silent.printable, spoken.printable) == (False, True)
    assert not {source.name for source in facts.sources()} & {
        source.name
        for source in facts.sources(unconfirmed=True)
        if source.confidence is facts.Confidence.LOW
    }


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"value": None}, "no number"),
        ({"value": True}, "no number"),
        ({"value": []}, "no number"),
        ({"value": ["a", 1]}, "no number"),
        ({"kind": "price"}, "decimal point"),
        ({"unit": ...}, "missing field unit"),
        ({"source": ...}, "missing field source"),
        ({"colour": "red"}, "unknown field colour"),
        ({"kind": "rumour"}, "rumour"),
        ({"confidence": "X"}, "X"),
        ({"checked": "yesterday"}, "checked must be a date"),
        ({"source": "WIKI:Lambda"}, r"pages\.toml"),
        ({"source": "DG"}, "does not fit"),
        ({"source": "CFL:page"}, "does not fit"),
        ({"confidence": "L", "print_anyway": True}, "needs a reason"),
    ],
)
def test_a_bad_entry_is_refused(change: dict[str, Any], complaint: str) -> None:
    entry = {k: v for k, v in {**ENTRY, **change, "text": "x"}.items() if v is not ...}
    with pytest.raises(facts.FactsDataError, match=complaint):
        loader.build_fact("k", entry, "f.toml")


def test_no_key_stands_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = resources.files("lambda_lab.facts") / "data"
    keys = [
        key
        for file in folder.iterdir()
        if file.name.endswith(".toml")
        for key in tomllib.loads(file.read_text(encoding="utf-8")).get("fact", {})
    ]
    assert len(keys) == len(set(keys)) == len(facts.all())
    pages = {"page": {"DG": "https://docs.aws.amazon.com/{page}"}}
    twice = {"a.toml": {"fact": {"k": ENTRY}}, "b.toml": {"fact": {"k": ENTRY}}}
    monkeypatch.setattr(loader, "_files", lambda: {"pages.toml": pages, **twice})
    with pytest.raises(facts.FactsDataError, match="another file"):
        loader.load_facts()


def test_no_record_stands_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    line = {"name": "END", "template": "END", "when": "At the end."}
    shared = {key: ENTRY[key] for key in ("source", "checked", "confidence")}
    pages = {"page": {"DG": "https://docs.aws.amazon.com/{page}"}}
    files = {"pages.toml": pages, "lines.toml": {**shared, "line": [line, line]}}
    monkeypatch.setattr(loader, "_files", lambda: files)
    with pytest.raises(facts.FactsDataError, match="twice"):
        loader.load_records(facts.LogLine, "line")


def test_every_page_is_one_of_aws() -> None:
    records: list[Any] = [*facts.all().values(), *facts.runtimes(), *facts.metrics()]
    records += [*facts.sources(unconfirmed=True), *facts.errors(), *facts.log_lines()]
    records += facts.environment_variables()
    hosts = ("https://docs.aws.amazon.com/", "https://aws.amazon.com/", "https://github.com/aws/")
    for record in records:
        assert record.url.startswith(hosts), record
        assert record.checked >= date(2026, 11, 21), record


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("python3.14", "supported"),
        ("nodejs24.x", "supported"),
        ("dotnet8", "deprecated"),
        ("nodejs14.x", "create blocked"),
        ("python2.7", "blocked"),
        ("python3.15", "preview"),
        ("java17.al2023", "supported"),
    ],
)
def test_runtime_status_on_the_day_of_the_book(name: str, status: str) -> None:
    runtime = {one.name: one for one in facts.runtimes()}[name]
    assert runtime.status(date(2026, 11, 21)) == status


def test_a_runtime_is_deprecated_from_the_day_itself() -> None:
    dotnet = {one.name: one for one in facts.runtimes()}["dotnet8"]
    assert dotnet.status(date(2026, 11, 9)) == "supported"
    assert dotnet.status(date(2026, 11, 10)) == "deprecated"
    assert dotnet.status(date(2027, 2, 1)) == "create blocked"
    assert dotnet.status(date(2027, 3, 3)) == "blocked"


def test_the_three_ways_are_all_there() -> None:
    models = {source.name: source.model for source in facts.sources()}
    assert models["Amazon S3"] is facts.InvocationModel.ASYNCHRONOUS
    assert models["Amazon SQS"] is facts.InvocationModel.POLL
    assert models["Amazon API Gateway"] is facts.InvocationModel.SYNCHRONOUS
    assert models["AWS Step Functions"] is facts.InvocationModel.EITHER
    polled = [name for name, model in models.items() if model is facts.InvocationModel.POLL]
    assert len(polled) == 7, "the guide names seven event source mappings"


def test_reserved_variables() -> None:
    reserved = {one.name for one in facts.environment_variables() if one.reserved}
    assert {"AWS_REGION", "_HANDLER", "LAMBDA_TASK_ROOT"} <= reserved
    assert not reserved & {"TZ", "PATH", "PYTHONPATH"}


def test_the_numbers_hang_together() -> None:
    value = facts.value
    assert value("async.attempts.default") == 1 + value("async.retries.default")
    per_environment = value("concurrency.requests-per-environment")
    assert value("concurrency.requests.default") == per_environment * value("concurrency.default")
    assert value("payload.sync.response-message-bytes") == value("payload.sync.response") + 100
    assert str(value("package.unzipped-maximum")) in value("package.unzipped-maximum.message")
    for architecture, dollar_buys in (("x86", 60_000), ("arm", 75_000)):
        bought = 1 / value(f"price.duration.{architecture}")
        assert abs(bought - dollar_buys) < 10
        assert value(f"price.gb-seconds-per-dollar.{architecture}") == dollar_buys


def test_differences_are_told() -> None:
    model: dict[str, Any] = {"shapes": {name: dict(shape) for name, shape in _shapes().items()}}
    assert list(upgrade.differences(model)) == []
    model["shapes"]["Timeout"]["max"] = 7200
    model["shapes"]["Runtime"]["enum"] = ["python9.9"]
    told = list(upgrade.differences(model))
    assert "timeout.api-maximum: stored 5400, botocore's Timeout.max is 7200" in told
    assert any(one.startswith("runtime python9.9: botocore offers it") for one in told)
    assert any(one.startswith("runtime python3.14: listed here, no longer") for one in told)


def _shapes() -> dict[str, Any]:
    shapes: dict[str, Any] = upgrade.lambda_model()["shapes"]
    return shapes


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["diff"]) == 0
    assert "agrees" in capsys.readouterr().out
    assert command.main([]) == 2
    assert command.main(["diff", "more"]) == 2
    assert "Usage" in capsys.readouterr().err
