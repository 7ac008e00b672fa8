"""The ledger of behaviours as a page, and the pages of event shapes and of symptoms."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup

from devtools import Browser
from lambda_lab import facts
from repository import ROOT

LEDGER = "chapters/reference/fidelity-ledger.html"
SHAPES = "chapters/reference/event-shapes.html"
TROUBLE = "chapters/reference/troubleshooting.html"


def made(build: Callable[..., Any], name: str) -> BeautifulSoup:
    built = build(f"# Page\n\n```{{{name}-sheet}}\n```\n")
    assert built.warnings == ""
    page: BeautifulSoup = built.page()
    return page


def test_a_row_for_each_behaviour(build: Callable[..., Any]) -> None:
    page = made(build, "fidelity")
    rows = {row["id"]: row for row in page.select(".ll-sheet tbody tr")}
    assert len(rows) == len(facts.behaviours())
    for one in facts.behaviours():
        row = rows[f"behaviour-{one.key}"]
        assert one.text.replace("`", "") in row.get_text()
        assert row["data-kind"].lower() == one.kind.value
        links = [link["href"] for link in row.select("a")]
        assert links == ([one.url] if one.url else [])
        assert bool(row.select("details li")) == one.needs_a_test


def test_each_test_it_names_is_there(build: Callable[..., Any]) -> None:
    named = [code.get_text() for code in made(build, "fidelity").select("details li code")]
    assert len(named) > 250
    for name in set(named):
        path, _, test = name.partition("::")
        assert f"\ndef {test}(" in (ROOT / path).read_text(encoding="utf-8"), name


def test_the_comparison_has_every_cell(build: Callable[..., Any]) -> None:
    page = made(build, "emulators")
    told = facts.emulators()
    heads = [head.get_text() for head in page.select("th")]
    assert heads == ["Question", *(one.head for one in told.emulators)]
    rows = [[cell.get_text() for cell in row.select("td")] for row in page.select("tbody tr")]
    assert len(rows) == len(told.rows)
    for found, row in zip(rows, told.rows, strict=True):
        plain = [re.sub(r" (\[\d\])", r"\1", cell).replace("`", "") for cell in row.cells]
        assert found == [row.question, *plain]
    assert len(page.select("ol li")) == len(told.footnotes)


def test_the_counts_add_up(site: Path) -> None:
    page = BeautifulSoup((site / LEDGER).read_text(encoding="utf-8"), "html.parser")
    counts = [
        int(row.select("td")[2].get_text()) for row in page.select("table")[0].select("tr")[1:]
    ]
    assert sum(counts) == len(facts.behaviours())


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ("amazon-s3", ['"aws:s3"', '"ObjectCreated:Put"', "K%C3%A4the+am+See.jpg"]),
        ("amazon-sns", ['"EventSource": "aws:sns"', r'"{\"n\": 1}"', '"Type": "Number"']),
        ("amazon-sqs-standard-queue", ['"aws:sqs"', '"ApproximateReceiveCount": "1"']),
        ("amazon-sqs-fifo-queue", ['"MessageGroupId": "hall-1"', '"SequenceNumber"']),
        ("amazon-kinesis", ['"data": "eyJncmFtcyI6IDUxMn0="', "shardId-000000000000:"]),
        ("dynamodb-stream", ['"INSERT"', '"N": "7"', '"NEW_AND_OLD_IMAGES"']),
        ("eventbridge-rule", ['"detail-type": "Order placed"', '"order": 17']),
        ("schedule-of-a-rule", ['"Scheduled Event"', '"aws.events"', "rule/hourly"]),
        ("eventbridge-scheduler", ['"aws.scheduler"', "schedule/default/with-input"]),
        ("cloudwatch-logs-subscription", ['"H4sIAA', '"DATA_MESSAGE"', "ERROR no such page"]),
        ("secrets-manager-rotation", ['"finishSecret"', '"ClientRequestToken"']),
        ("rds-event-by-eventbridge", ['"RDS-EVENT-0087"', '"DB_INSTANCE"']),
        ("rds-event-by-sns", ["#RDS-EVENT-0088", '"Event Message"']),
        ("destination-of-a-success", ['"Success"', '"one plum cake"']),
        ("destination-of-a-failure", ['"RetriesExhausted"', '"functionError": "Unhandled"']),
        ("dead-letter", ['"ErrorCode"', '"StringValue": "200"', '"burnt"']),
    ],
)
def test_each_shape_was_delivered(site: Path, section: str, words: list[str]) -> None:
    """A field that is renamed, or a source that no longer delivers, turns this red."""
    page = BeautifulSoup((site / SHAPES).read_text(encoding="utf-8"), "html.parser")
    found = page.find("section", id=section)
    assert found is not None
    printed = "".join(output.get_text() for output in found.select(".output"))
    assert [word for word in words if word not in printed] == []
    assert page.select_one(f'table a[href="#{section}"]') is not None


def test_the_first_tables_name_what_the_events_have(site: Path) -> None:
    page = BeautifulSoup((site / SHAPES).read_text(encoding="utf-8"), "html.parser")
    printed = "".join(output.get_text() for output in page.select(".output"))
    rows = page.select("#which-shape-comes-from-where table tbody tr")
    paths = [code.get_text() for row in rows for code in row.select("td:nth-of-type(2) code")]
    names = [name for path in paths for name in re.split(r"\W+", path) if name]
    assert [name for name in names if f'"{name}"' not in printed] == []
    assert len(names) > 20


def test_each_symptom_leads_to_a_section(site: Path) -> None:
    page = BeautifulSoup((site / TROUBLE).read_text(encoding="utf-8"), "html.parser")
    links = [link["href"] for link in page.select("table a")]
    assert len(links) > 15
    for link in links:
        found = page.find("section", id=str(link).removeprefix("#"))
        assert found is not None, link
        assert len(found.select("ol li")) >= 2, f"{link}: causes in their order"


@pytest.mark.browser
def test_the_ledger_is_filtered_on_a_phone(on_a_phone: Callable[[str], Browser]) -> None:
    page = on_a_phone(LEDGER)
    shown = page.run("""(() => {
      const form = document.querySelector(".ll-sheet-form");
      form.kind.value = "Simulated";
      form.dispatchEvent(new Event("input"));
      const rows = document.querySelectorAll('tr[id^="behaviour-"]:not([hidden])');
      return [...rows].map((row) => row.id);
    })()""")
    wanted = [one.key for one in facts.behaviours() if one.kind is facts.Fidelity.SIMULATED]
    assert shown == [f"behaviour-{key}" for key in wanted]
    assert page.run("document.documentElement.scrollWidth") <= 390
